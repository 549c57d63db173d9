"""What an agent of Stable-Baselines3 tells while it learns: its tables, drawn as such runs usually go.

Counts follow from the algorithm's settings; rewards from the environment's task; seconds and frames agree.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from llm_kernel.plan.environments import Environment, Task
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Value

__all__ = ["ALGORITHMS", "Run", "tables", "tried"]

_BEHIND = 50
"""Half of the episodes whose mean is told: so many lie behind what the agent can."""
Figure: TypeAlias = "int | float | str"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An algorithm's usual settings: its rate, its steps between updates, its updates each time.

    ``ahead``: it learns from what it remembers, and is told by episodes. ``pace`` is how many steps a second one
    environment takes, ``quick`` how many of PPO's steps one of its own stands for.
    """

    rate: float
    steps: int
    each: int
    every: int
    pace: float
    quick: float
    ahead: bool = False


ALGORITHMS: dict[str, Algorithm] = {
    "PPO": Algorithm(3e-4, 2048, 10, 1, 900, 1.0),
    "A2C": Algorithm(7e-4, 5, 1, 100, 650, 0.8),
    "DQN": Algorithm(1e-4, 4, 1, 4, 900, 0.5, ahead=True),
    "SAC": Algorithm(3e-4, 1, 1, 4, 75, 12.0, ahead=True),
    "TD3": Algorithm(1e-3, 1, 1, 4, 95, 9.0, ahead=True),
    "DDPG": Algorithm(1e-3, 1, 1, 4, 95, 6.0, ahead=True),
}
"""By name."""


@dataclass(slots=True)
class Run:
    """An agent on its way: what it was made with, and how many steps and updates lie behind it."""

    name: str
    env: Environment
    task: Task
    given: Mapping[str, Value]
    seed: str
    late: bool
    steps: int = 0
    updates: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(f"{self.seed}/{self.steps}")

    @property
    def kind(self) -> Algorithm:
        """The algorithm's usual settings."""
        return ALGORITHMS[self.name]

    def whole(self, name: str, usual: int) -> int:
        """A setting that is a number of steps."""
        found = self.given.get(name, usual)
        if isinstance(found, bool) or not isinstance(found, int) or found < 1:
            raise Vague
        return found

    @property
    def rate(self) -> float:
        """The learning rate."""
        found = self.given.get("learning_rate", self.kind.rate)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise Vague
        return float(found)

    def skill(self, steps: float) -> float:
        """How far the agent has come after so many steps in all."""
        fit = math.exp(-(abs(math.log(max(self.rate, 1e-12) / self.kind.rate)) ** 2) / 8)
        way = steps * self.kind.quick * fit / self.task.steps
        return 1 - math.exp(-(way**1.5))


def tables(run: Run, total: int, every: int | None) -> Iterator[list[str]]:
    """The tables of so many steps more, each as its lines."""
    told = _ahead(run, total, every) if run.kind.ahead else _at_once(run, total, every)
    for rows in told:
        yield _table(rows)


def tried(run: Run, count: int, where: str) -> tuple[float, float]:
    """The mean reward of so many episodes in which nothing is left to chance, and its deviation."""
    task, chance = run.task, random.Random(f"{run.seed}/{run.steps}/{where}")
    skill = min(1.25 * run.skill(run.steps), 1.0)
    spread = 0.0 if skill == 1.0 and task.whole else (0.05 + 0.6 * skill * (1 - skill)) * abs(task.last - task.first)
    low, high = sorted((task.first, task.last))
    mean = task.reward(skill)
    found = [
        min(max(chance.gauss(mean, spread), low * 0.4 if task.whole else low - spread), high) for _ in range(count)
    ]
    if task.whole:
        found = [float(round(each)) for each in found]
    middle = sum(found) / count
    return middle, math.sqrt(sum((each - middle) ** 2 for each in found) / count)


def _at_once(run: Run, total: int, every: int | None) -> Iterator[dict[str, Figure]]:
    """Of algorithms that learn from each rollout and forget it: told by rounds."""
    count, epochs = run.env.count, run.whole("n_epochs", run.kind.each)
    size, every = run.whole("n_steps", run.kind.steps) * count, every or run.kind.every
    start, seconds, turn, noise = run.steps, 0.0, 0, 0.0
    pace = run.kind.pace * count**0.75 * run.chance.uniform(0.85, 1.15)
    while turn * size < total:
        turn += 1
        run.steps = start + turn * size
        seconds += size / (pace * (2.0 if turn == 1 and run.name == "PPO" else 1.0)) * run.chance.uniform(0.97, 1.03)
        if turn % every == 0:
            noise = 0.6 * noise + run.chance.gauss(0, 0.025)
            rows = _rollout(run, start, size, noise)
            rows |= _time(run.steps - start, seconds, "iterations", turn)
            yield rows | (_learnt(run) if run.updates else {})
        run.updates += epochs if run.name == "PPO" else 1


def _rollout(run: Run, start: int, size: int, noise: float) -> dict[str, Figure]:
    """The means of the last hundred episodes, which lie behind what the agent can now."""
    task = run.task
    if not run.env.watched or (run.steps - start) / run.env.count < task.early:
        return {}
    begun = max(run.steps - size, 0)  # in a rollout the agent is as it was at its beginning
    skill = run.skill(begun - min(max(_BEHIND * task.length(run.skill(begun)) - size, 0), begun / 2))
    skill = min(max(skill * (1 + noise) + 0.15 * noise, 0.0), 1.0)
    return {"rollout/ep_len_mean": task.length(skill), "rollout/ep_rew_mean": task.reward(skill)}


def _time(steps: int, seconds: float, counter: str, count: int) -> dict[str, Figure]:
    return {"time/fps": int(steps / max(seconds, 1e-3)), f"time/{counter}": count,
            "time/time_elapsed": int(seconds), "time/total_timesteps": steps}  # fmt: skip


def _learnt(run: Run) -> dict[str, Figure]:
    """What PPO and A2C say of their last update."""
    task, chance, skill = run.task, run.chance, run.skill(run.steps)
    known = min(0.05 + 1.1 * skill + 0.25 * math.log10(1 + run.updates / 10), 0.98) * chance.uniform(0.85, 1.0)
    size = max(abs(task.first), abs(task.reward(skill))) / max(task.length(skill), 1.0)
    error = (size * min(task.length(skill), 60.0)) ** 2 * (1 - known) * chance.uniform(0.02, 0.06) + 0.02
    if task.actions:
        entropy = -math.log(task.actions) * (1 - 0.45 * skill) * chance.uniform(0.985, 0.999)
    else:
        spread = math.exp(-0.5 * skill)
        entropy = -task.numbers * (1.4189 + math.log(spread)) * chance.uniform(0.99, 1.01)
    rows: dict[str, Figure] = {"train/entropy_loss": entropy, "train/explained_variance": known,
                               "train/learning_rate": run.rate, "train/n_updates": run.updates}  # fmt: skip
    rows["train/value_loss"] = error
    if not task.actions:
        rows["train/std"] = spread
    if run.name == "A2C":
        return rows | {"train/policy_loss": chance.gauss(0, 0.4) * math.sqrt(error)}
    moved = chance.uniform(0.004, 0.011)
    clip = run.given.get("clip_range", 0.2)
    if isinstance(clip, bool) or not isinstance(clip, (int, float)):
        raise Vague
    gain = -chance.uniform(0.004, 0.019)
    return rows | {"train/approx_kl": _single(moved), "train/clip_fraction": moved * chance.uniform(6, 12),
                   "train/clip_range": float(clip), "train/loss": gain + 0.5 * error * chance.uniform(0.5, 1.4),
                   "train/policy_gradient_loss": gain}  # fmt: skip


def _single(number: float) -> str:
    """A number of single precision, which is shown with all of its digits."""
    import numpy

    return str(numpy.float32(number))


def _ahead(run: Run, total: int, every: int | None) -> Iterator[dict[str, Figure]]:
    """Of algorithms that remember: told by episodes."""
    if run.env.count != 1:
        raise Vague
    begins = run.given.get("learning_starts", 50_000 if run.name == "DQN" and not run.late else 100)
    every, step = every or run.kind.every, run.whole("train_freq", run.kind.steps)
    if isinstance(begins, bool) or not isinstance(begins, int) or "gradient_steps" in run.given:
        raise Vague
    if run.name in ("TD3", "DDPG") and not run.late:
        raise Vague  # it learnt behind each episode
    start, base, seconds = run.steps, run.updates, 0.0
    lengths: list[float] = []
    pace = run.kind.pace * run.chance.uniform(0.85, 1.15)
    while True:
        seen = max(run.steps - max(begins, 0), 0)
        length = max(run.task.length(run.skill(seen)) * run.chance.lognormvariate(-0.02, 0.3), 8.0)
        steps = round(run.task.early if run.task.steady else min(length, max(run.task.early, run.task.late)))
        if run.steps - start + steps > total:
            run.updates = base + max((total - 1) // step - begins // step, 0)
            run.steps = start + total
            return
        run.steps += steps
        told = run.steps - start
        run.updates = base + max((told - 1) // step - begins // step, 0)
        seconds += steps / (pace * (1.0 if run.updates > base else 6.0))
        lengths.append(float(steps))
        if len(lengths) % every == 0:
            rows = _noted(run, lengths[-100:], seen) if run.env.watched else {}
            if run.name == "DQN":
                rows["rollout/exploration_rate"] = _explored(run, told, total)
            rows |= _time(told, seconds, "episodes", len(lengths))
            yield rows | (_remembered(run) if run.updates else {})


def _noted(run: Run, lengths: list[float], seen: int) -> dict[str, Figure]:
    task, mean = run.task, sum(lengths) / len(lengths)
    if not task.steady:
        skill = (mean - task.early) / (task.late - task.early)
    else:
        skill = run.skill(seen - min(_BEHIND * task.length(0.5), seen / 2))
        skill = min(max(skill + run.chance.gauss(0, 0.15) / math.sqrt(len(lengths)), 0.0), 1.0)
    return {"rollout/ep_len_mean": mean, "rollout/ep_rew_mean": task.reward(skill)}


def _explored(run: Run, told: int, total: int) -> float:
    share, first, last = (run.given.get(name, usual) for name, usual in (
        ("exploration_fraction", 0.1), ("exploration_initial_eps", 1.0), ("exploration_final_eps", 0.05)))  # fmt: skip
    if not all(isinstance(each, (int, float)) for each in (share, first, last)):
        raise Vague
    done: Any = told / total
    whole: Any = share
    high: Any = first
    low: Any = last
    return float(low if done > whole else high + done * (low - high) / whole)


def _remembered(run: Run) -> dict[str, Figure]:
    """What DQN, SAC, TD3 and DDPG say of their last updates."""
    task, chance, skill = run.task, run.chance, run.skill(run.steps)
    worth = task.reward(skill) * min(1.0, 60 / max(task.length(skill), 1.0)) * min(1.0, run.updates / 2000)
    scale = max(abs(worth) * 0.02, 0.05)
    rows: dict[str, Figure] = {"train/learning_rate": run.rate, "train/n_updates": run.updates}
    if run.name == "DQN":
        return rows | {"train/loss": scale * chance.lognormvariate(-1, 0.7)}
    rows |= {"train/actor_loss": -worth * chance.uniform(0.9, 1.1), "train/critic_loss": scale * chance.uniform(0.4, 2)}
    if run.name != "SAC":
        return rows
    coefficient = max(math.exp(-run.rate * run.updates), 0.01) * chance.uniform(0.97, 1.03)
    if "ent_coef" in run.given:
        raise Vague
    return rows | {"train/ent_coef": coefficient, "train/ent_coef_loss": 1.5 * math.log(coefficient) * task.numbers}


def _table(rows: Mapping[str, Figure]) -> list[str]:
    """The rows under the names of their groups, as wide as they need."""
    cells: list[tuple[str, str]] = []
    group = ""
    for name in sorted(rows):
        home, _, last = name.partition("/")
        if home != group:
            cells.append((f"{home}/", ""))
            group = home
        value = rows[name]
        cells.append((f"   {last}", f"{value:<8.3g}" if isinstance(value, float) else str(value)))
    wide, far = (max(len(cell[at]) for cell in cells) for at in (0, 1))
    rule = "-" * (wide + far + 7)
    return [rule, *(f"| {name:<{wide}} | {value:<{far}} |" for name, value in cells), rule]
