"""What boosted trees measure round by round: drawn once for a call, as such runs usually go."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llm_kernel.plan.nodes import Hole, Literal, Loop, Node, Part
from llm_kernel.plan.shapes.estimators import CLASSES, rate, told
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["Watched", "course", "ended", "figures", "outcome", "say_rounds"]

_UPWARD = ("auc", "accuracy", "ndcg", "map", "f1")
"""Figures of which more is better."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One figure that is told each round: of which data, under which name; ``values`` where they are known."""

    data: str
    metric: str
    values: tuple[float, ...]

    @property
    def best(self) -> int:
        """The round in which it is best."""
        high = any(word in self.metric.lower() for word in _UPWARD)
        return (max if high else min)(range(len(self.values)), key=self.values.__getitem__)


def course(rows: Value, metric: str, rounds: int, eta: float, seed: str) -> tuple[float, ...]:
    """How a figure goes; nothing where its scale is not known."""
    name, data = metric.lower(), told(rows, "set")
    train, count = told(rows, "part") != "test", rows.dims[0] if isinstance(rows, Tensor) and rows.dims else 0
    classes = len(CLASSES[data]) if data in CLASSES else 2
    missed = 1 - rate(data, "boosting", scaled=False, train=False) if data in CLASSES else 0.1
    if "logloss" in name or "multiclass" in name:
        start, floor = math.log(classes), 0.006 if train else 0.03 + 1.6 * missed
    elif "error" in name:
        start, floor = 1.8 * missed + 0.02, 0.0 if train else missed
    elif "auc" in name:
        start, floor = 1 - 1.2 * missed, 1.0 if train else 1 - 0.15 * missed
    elif "accuracy" in name:
        start, floor = 1 - 1.8 * missed, 1.0 if train else 1 - missed
    else:
        return ()
    chance, pace = random.Random(f"{seed}/{metric}/{data}/{train}/{count}"), 1.1 * eta
    found = []
    for turn in range(1, rounds + 1):
        value = floor + (start - floor) * math.exp(-pace * turn)
        if not train:
            value += (start - floor) * (0.004 * max(0.0, pace * turn - 5) + 0.004 * chance.uniform(-1, 1))
        if ("error" in name or "accuracy" in name) and count:
            value = round(value * count) / count
        found.append(min(max(value, 0.0), 1.0) if floor in (0.0, 1.0) or "auc" in name else max(value, 0.0))
    return tuple(found)


def ended(watched: Sequence[Watched], rounds: int, patience: Value) -> tuple[int, int]:
    """How many rounds there are, and which is the best by the last figure that is watched."""
    if not watched or not watched[-1].values:
        return rounds, rounds - 1
    last = watched[-1]
    if not isinstance(patience, int) or patience < 1:
        return rounds, last.best
    best = 0
    for turn in range(rounds):
        if Watched(last.data, last.metric, last.values[: turn + 1]).best == turn:
            best = turn
        elif turn - best >= patience:
            return turn + 1, best
    return rounds, best


def figures(watched: Sequence[Watched], turn: int, label: Callable[[Watched], str], form: str) -> list[Part]:
    """The figures of one round, each behind its label."""
    parts: list[Part] = []
    for one in watched:
        parts.append(Literal(label(one)))
        said = f"{one.values[turn]:{form}}" if one.values else None
        parts.append(Hole("float", form, f"{one.data} {one.metric}") if said is None else Literal(said))
    return parts


def say_rounds(w: Walk, turns: Sequence[int], lines: Sequence[tuple[Node, ...]], early: bool) -> None:
    """The lines of the rounds that are told; ``early``: there may be fewer of them."""
    if lines:
        w.emit(Loop(len(lines), "round", tuple(turns), lines[0], tuple(lines), early))


def outcome(watched: Sequence[Watched], best: int) -> list[tuple[str, Value]]:
    """What a model remembers of its rounds."""
    sure = bool(watched) and bool(watched[-1].values)
    return [("<best>", best if sure else Unknown("int")),
            ("<score>", watched[-1].values[best] if sure else Unknown("float"))]  # fmt: skip
