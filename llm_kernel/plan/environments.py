"""Environments of agents: which one is made, how many of it run side by side, and what is usually reached in it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llm_kernel.plan.known import Handler
from llm_kernel.plan.values import Function, Unknown, Value
from llm_kernel.plan.walk import Flow, Walk

__all__ = ["ENVIRONMENTS", "TASKS", "Environment", "Task", "environment_of"]


@dataclass(frozen=True, slots=True)
class Environment(Unknown):
    """An environment of which is known what it is; ``count`` run side by side, ``watched``: its episodes are noted."""

    name: str = ""
    count: int = 0
    watched: bool = False

    def told(self, name: str) -> Value:
        """The spaces of one environment, and what counts as its solution."""
        task = TASKS.get(self.name)
        if task is None or self.origin != "gymnasium.make()":
            return None
        shape = () if task.actions else (task.numbers,)
        known: dict[str, dict[str, Value]] = {
            "observation_space": {"shape": task.sees, "n": task.states or None},
            "action_space": {"shape": shape, "n": task.actions or None},
            "spec": {"id": self.name, "reward_threshold": task.threshold},
        }
        return Told(origin=f"{self.origin}.{name}", attributes=known[name]) if name in known else None


@dataclass(frozen=True, slots=True)
class Told(Unknown):
    """A thing of which only some attributes are known."""

    attributes: Mapping[str, Value] = field(default_factory=dict)

    def told(self, name: str) -> Value:
        """What is known of it under a name."""
        return self.attributes.get(name)


@dataclass(frozen=True, slots=True)
class Task:
    """What is reached in an environment: the reward of chance and of skill, and the lengths of such episodes.

    ``steps`` is how many PPO takes for two thirds of the way; ``actions`` the choices of an action (0: it is made of
    ``numbers``). ``whole``: a reward is a whole number. ``sees`` is the shape of what is observed, which is one of
    ``states`` where it is not of numbers; above ``threshold`` the environment counts as solved.
    """

    first: float
    last: float
    early: float
    late: float
    steps: float
    actions: int
    numbers: int = 0
    whole: bool = False
    sees: tuple[int, ...] = ()
    states: int = 0
    threshold: float | None = None

    @property
    def steady(self) -> bool:
        """Whether its episodes are all as long."""
        return self.early == self.late

    def reward(self, skill: float) -> float:
        """The mean reward of an episode; ``skill`` lies between 0 and 1."""
        return self.first + (self.last - self.first) * skill

    def length(self, skill: float) -> float:
        """The mean length of an episode."""
        return self.early + (self.late - self.early) * skill


TASKS: dict[str, Task] = {
    "CartPole-v0": Task(22, 200, 22, 200, 25_000, 2, whole=True, sees=(4,), threshold=195.0),
    "CartPole-v1": Task(22, 500, 22, 500, 40_000, 2, whole=True, sees=(4,), threshold=475.0),
    "Acrobot-v1": Task(-497, -84, 497, 85, 30_000, 3, whole=True, sees=(6,), threshold=-100.0),
    "MountainCar-v0": Task(-200, -200, 200, 200, 100_000, 3, whole=True, sees=(2,), threshold=-110.0),
    "MountainCarContinuous-v0": Task(-35, -2, 999, 999, 60_000, 0, 1, sees=(2,), threshold=90.0),
    "Pendulum-v0": Task(-1230, -180, 200, 200, 120_000, 0, 1, sees=(3,)),
    "Pendulum-v1": Task(-1230, -180, 200, 200, 120_000, 0, 1, sees=(3,)),
    "LunarLander-v2": Task(-185, 235, 92, 330, 350_000, 4, sees=(8,), threshold=200),
    "LunarLander-v3": Task(-185, 235, 92, 330, 350_000, 4, sees=(8,), threshold=200),
    "LunarLanderContinuous-v2": Task(-210, 260, 100, 260, 350_000, 0, 2, sees=(8,), threshold=200),
    "LunarLanderContinuous-v3": Task(-210, 260, 100, 260, 350_000, 0, 2, sees=(8,), threshold=200),
    "BipedalWalker-v3": Task(-108, 280, 320, 1050, 1_500_000, 0, 4, sees=(24,), threshold=300),
    "FrozenLake-v1": Task(0.014, 0.72, 7.6, 42, 150_000, 4, states=16, threshold=0.7),
    "Taxi-v3": Task(-770, 7.6, 198, 13.2, 900_000, 6, states=500, threshold=8),
}
"""By the environment's name."""


def environment_of(value: Value) -> Environment | None:
    """The environment that a value is or names."""
    if isinstance(value, str):
        return Environment(name=value, count=1)
    return value if isinstance(value, Environment) and value.name else None


def _made(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``gymnasium.make(name)``."""
    name = args[0] if args else named.get("id")
    return Environment(origin="gymnasium.make()", name=name if isinstance(name, str) else "", count=1)


def _many(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``make_vec_env(name, n_envs)``: each is watched."""
    name = args[0] if args else named.get("env_id")
    count = named.get("n_envs", args[1] if len(args) > 1 else 1)
    sure = isinstance(name, str) and isinstance(count, int)
    return _vectors(str(name) if sure else "", count if isinstance(count, int) else 0, watched=True)


def _vectors(name: str, count: int, *, watched: bool) -> Environment:
    return Environment(origin="stable_baselines3.common.vec_env.VecEnv()", name=name, count=count, watched=watched)


def _listed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``DummyVecEnv([make, make])``."""
    makers = args[0] if args else named.get("env_fns")
    if not isinstance(makers, list) or not makers or not isinstance(makers[0], Function):
        return _vectors("", 0, watched=False)
    found: list[Value] = []

    def once() -> Flow:
        found.append(w.call(makers[0], [], {}, node))
        return None

    _, said = w.record(once)
    for each in said:
        w.emit(each)
    one = environment_of(found[0]) if found else None
    return _vectors(one.name if one else "", len(makers) if one else 0, watched=one is not None and one.watched)


def _kept(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """A wrapper that leaves rewards and episodes as they are."""
    inner = args[0] if args else named.get("venv", named.get("env"))
    return inner if isinstance(inner, Environment) else _vectors("", 0, watched=False)


def _watched(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``Monitor(env)``."""
    inner = args[0] if args else named.get("env")
    return replace(inner, watched=True) if isinstance(inner, Environment) else Unknown(origin="Monitor()")


_VEC = "stable_baselines3.common.vec_env"
ENVIRONMENTS: dict[str, Handler] = {
    "gym.make": _made, "gymnasium.make": _made,
    **dict.fromkeys(("stable_baselines3.common.env_util.make_vec_env",
                     "stable_baselines3.common.cmd_util.make_vec_env"), _many),
    **{f"{_VEC}{home}.{name}": _listed for name, home in (
        ("DummyVecEnv", ""), ("SubprocVecEnv", ""), ("DummyVecEnv", ".dummy_vec_env"),
        ("SubprocVecEnv", ".subproc_vec_env"))},
    **{f"{_VEC}.{name}": _kept for name in ("VecNormalize", "VecMonitor", "VecCheckNan")},
    "stable_baselines3.common.monitor.Monitor": _watched,
}  # fmt: skip
"""Handlers by full name."""
