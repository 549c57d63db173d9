"""Stable-Baselines3: what an agent says when it is made and while it learns, and the file it is saved in."""

from __future__ import annotations

import ast
import posixpath
from dataclasses import replace

from llm_kernel.plan.environments import TASKS, Environment, environment_of
from llm_kernel.plan.files import written
from llm_kernel.plan.known import Handler
from llm_kernel.plan.nodes import Free, Line, Literal, Loop
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.rollouts import ALGORITHMS, Run, tables, tried
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value, truth
from llm_kernel.plan.walk import Walk

__all__ = ["AGENT", "AGENTS", "agent_attribute"]

AGENT = "agent"
"""The kind of things that stand for an agent."""
_MOST = 2000
"""Tables that are told."""


def _agent(name: str) -> Handler:
    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        """``PPO(policy, env, verbose=1)``."""
        verbose, env = named.get("verbose", 0), args[1] if len(args) > 1 else named.get("env")
        if verbose in (1, 2):
            cards = w.facts.get("torch.cuda.is_available()")
            device = named.get("device", "auto")
            w.say(f"Using {'cuda' if cards is True and device in ('auto', 'cuda') else 'cpu'} device")
            if isinstance(env, str):
                w.say(f"Creating environment from the given name '{env}'")
            if not (isinstance(env, Unknown) and "VecEnv" in env.origin):
                if not (isinstance(env, Environment) and env.watched):
                    w.say("Wrapping the env with a `Monitor` wrapper")
                w.say("Wrapping the env in a DummyVecEnv.")
        late = not before(w.facts, "stable_baselines3", (2, 3))
        return Thing(
            AGENT,
            {"<verbose>": verbose, "<logs>": _logs(name, named), "<run>": _run(w, name, env, named, node, late=late)},
        )

    return make


def _logs(name: str, named: dict[str, Value]) -> Value:
    """Where the first run of this kind is noted for TensorBoard; empty where it is not."""
    folder = path_of(named.get("tensorboard_log"))
    return "" if folder is None else posixpath.join(folder, name) if isinstance(folder, str) else None


def _run(w: Walk, name: str, env: Value, named: dict[str, Value], node: ast.AST | None, *, late: bool) -> Run | None:
    """The way that the agent will go; None where its environment is not known."""
    found = environment_of(env)
    task = TASKS.get(found.name) if found is not None else None
    if found is None or task is None:
        return None
    if not found.origin.startswith("stable_baselines3"):
        found = replace(found, watched=True)  # the agent watches what is not yet watched
    seed = f"{w.facts.get('chance')} {getattr(node, 'lineno', 0)} {named.get('seed')}"
    return Run(name, found, task, named, f"agent {seed}", late)


def agent_attribute(this: Thing, name: str) -> Value:
    """``agent.name``."""
    path = f"stable_baselines3.<{name}>"
    return Bound(Lib(path), this) if path in AGENTS else Unknown(origin=f"stable_baselines3.PPO().{name}")


def _learn(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``agent.learn(total_timesteps)``: its tables, or lines of its own where nobody knows them."""
    this = args[0]
    assert isinstance(this, Thing)
    run, told = this.attrs["<run>"], this.attrs["<verbose>"]
    total = args[1] if len(args) > 1 else named.get("total_timesteps")
    open_ = named.get("callback") is not None or named.get("progress_bar") is True
    try:
        if not isinstance(run, Run) or open_ or isinstance(total, bool) or not isinstance(total, (int, float)):
            raise Vague
        _noted(w, this.attrs["<logs>"], named.get("tb_log_name"), told in (1, 2))
        run = _tell(w, run, int(total), told in (1, 2), named.get("log_interval"))
        w.state.put(this.attrs, "<run>", run)
    except Vague:
        w.state.put(this.attrs, "<run>", None)
        if truth(told) is not False or open_:
            w.emit(Free(expr=w.source(node)))
    return this


def _noted(w: Walk, logs: Value, name: Value, aloud: bool) -> None:
    """Where the run is noted, in a folder of the next number."""
    exists = w.facts.get("exists")
    if not logs or not aloud:
        return
    if not isinstance(logs, str) or not callable(exists) or not isinstance(name, (str, type(None))):
        raise Vague
    base = logs if name is None else posixpath.join(posixpath.dirname(logs), name)
    number = next(n for n in range(1, _MOST) if not exists(f"{base}_{n}"))
    w.say(f"Logging to {base}_{number}")


def _tell(w: Walk, run: Run, total: int, aloud: bool, every: Value) -> Run:
    """The run after so many steps more, whose tables are told unless it keeps still."""
    if not isinstance(every, int) and every is not None:
        raise Vague
    told = []
    run = replace(run)
    for table in tables(run, total, every):
        told.append(tuple(Line((Literal(line),)) for line in table))
        if len(told) > _MOST:
            raise Vague
    if told and aloud:
        w.drawn.add("what an agent tells of its learning")
        w.emit(Loop(len(told), "table", tuple(range(len(told))), told[0], tuple(told)))
    return run


def _saved(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    path = path_of(args[1] if len(args) > 1 else named.get("path"))
    if isinstance(path, str):
        written(w, path if "." in path.rsplit("/", 1)[-1] else f"{path}.zip")
    return None


def _predicted(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return (Unknown("ints"), None)


def _evaluated(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``evaluate_policy(model, env, n_eval_episodes)``: a mean and a deviation."""
    this, count = args[0] if args else named.get("model"), named.get("n_eval_episodes", 10)
    run = this.attrs["<run>"] if isinstance(this, Thing) and this.kind == AGENT else None
    count = args[2] if len(args) > 2 else count
    if (
        not isinstance(run, Run)
        or not isinstance(count, int)
        or named.get("return_episode_rewards", False) is not False
    ):
        return (Unknown("float", "mean_reward"), Unknown("float", "std_reward"))
    w.drawn.add("how an agent does when it is tried")
    return tried(run, count, f"{getattr(node, 'lineno', 0)}")


AGENTS: dict[str, Handler] = {
    **{f"stable_baselines3{home}.{name}": _agent(name) for name in ALGORITHMS for home in ("", f".{name.lower()}")},
    "stable_baselines3.<learn>": _learn, "stable_baselines3.<save>": _saved, "stable_baselines3.<predict>": _predicted,
    "stable_baselines3.common.evaluation.evaluate_policy": _evaluated,
}  # fmt: skip
"""Handlers by full name."""
