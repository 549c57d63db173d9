"""What was shown of each base figure of a run, and what may stand where another is proposed.

A base figure is a loss, an accuracy, or one that only such runs have, each of a split. It is held to the course of the
run and to what was said before.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from llm_kernel.plan.curves.course import Course
from llm_kernel.plan.curves.nearness import alike, apart, far, off
from llm_kernel.plan.curves.places import Row
from llm_kernel.plan.curves.roles import Role

__all__ = ["Trails"]

_UNTAUGHT = 0.02
"""How far the loss of the very first batch may lie off chance."""
_STILL = 0.004
"""The share of a value within which the third of its kind in a row does not move."""
_EARLY, _BEGINNING = 1.5, 0.1
"""Above so much of their mean the first of a turn's batches tells of the run's first steps, such a part of the turn."""
_BEHIND = 0.15
"""How far a figure behind the main loop may lie off, where none of its kind was seen in it."""
_ENOUGH = 4
"""Batches whose losses must have been shown before their mean says what the epoch's is."""


@dataclass(slots=True)
class _Trail:
    """What was shown of one figure: its last place and value, and the last three that were proposed."""

    at: float = -1.0
    value: float = 0.0
    said: list[float] = field(default_factory=list)


class Trails:
    """The base figures of one run of a course, as they were shown; ``seed`` is that of what nobody said."""

    def __init__(self, course: Course, seed: str) -> None:
        self._course, self._seed = course, seed
        self._each: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        """Forget what was shown: another run of the same loop begins, the next fold, the next seed."""
        self._trails: dict[tuple[str, str, bool], _Trail] = {}
        self._batches: dict[tuple[int, str, str], list[float]] = {}
        self._same: dict[tuple[str, str, str, int], float] = {}
        self._best: dict[tuple[str, str], tuple[float, int]] = {}

    def best(self, *keys: tuple[str, str]) -> tuple[float, int] | None:
        """The best of the first of these figures that was shown, each by split and base, and its turn."""
        return next((self._best[key] for key in keys if key in self._best), None)

    def so_far(self, split: str, base: str, turn: int) -> float | None:
        """The mean of what was shown of a turn's batches; None where nothing was."""
        shown = self._batches.get((turn, split, base), [])
        return sum(shown) / len(shown) if shown else None

    def settled(self, role: Role, base: str, said: float, row: Row, expr: str, *, several: bool) -> float:
        """The figure that stands at this place, ``said`` where that can be."""
        again = (expr, role.split, base, row.turn)
        if expr and not row.inner and again in self._same:
            return self._same[again]
        figures = self._course.recipe.pair.figures
        if several and base not in figures:
            return self._one_of(role, base, said, row, expr)
        trail = self._trail(role, base)
        if not row.inner and trail.at == row.progress:
            return trail.value
        value = self._besides(role, base, said, row) if base in figures else self._taken(role, base, said, row)
        if base == "accuracy":
            value = self._counted(role, value)
        trail.at, trail.value = row.progress, value
        if row.inner:
            self._batches.setdefault((row.turn, role.split, base), []).append(value)
        if not row.inner:
            self._same[again] = value
            self._note(role.split, base, value, row.turn)
        return value

    def _one_of(self, role: Role, base: str, said: float, row: Row, expr: str) -> float:
        """One of several figures of a moment, such as the accuracy of a class: about that of all."""
        around = self._trail(role, base).value if self._trail(role, base).at >= 0 else None
        around = self._usual(role, base, row.progress) if around is None else around
        again = self._each.get(expr) == said and 0 < said < 100
        self._each[expr] = said
        if not math.isfinite(around) or (math.isfinite(said) and apart(said, around, base) <= 0.9 and not again):
            return said if math.isfinite(around) else around
        draw = random.Random(f"{self._seed}/{expr}/{row.counters}/{row.name}/{said}").gauss(0, 0.3)
        return off(around, draw, base)

    def _trail(self, role: Role, base: str) -> _Trail:
        return self._trails.setdefault((role.split, base, role.steps), _Trail())

    def _taken(self, role: Role, base: str, said: float, row: Row) -> float:
        """``said`` where it lies within what such a run gives and goes on from what was shown; else another."""
        course, regime = self._course, self._course.regime
        usual = self._usual(role, base, row.progress)
        trail = self._trail(role, base)
        trail.said = [*trail.said[-2:], said]
        if regime.kind == "diverge" or not math.isfinite(usual):
            return said if alike(said, usual) else usual
        if not math.isfinite(said):
            return self._moved(role, base, usual, row)
        if regime.kind == "chance":
            room = 0.02 * abs(usual) if base == "loss" else max(2.0, 300 / course.recipe.pair.test)
            return said if abs(said - usual) <= room and not regime.frozen else usual
        mean = self._mean(role, base, row)
        if mean is not None:
            return said if abs(far(said, mean, base)) <= 0.08 else mean
        if regime.floor == -math.inf and base == "loss":
            return said if said < 0 and abs(said - usual) < abs(usual) else usual
        expected, room = self._expected(role, base, row, usual)
        still = len(trail.said) > 2 and max(trail.said) - min(trail.said) <= _STILL * abs(said) and said not in (0, 100)
        wide = 0.36 if course.usual else 0.5 if course.recipe.pair.data else 1.1 if course.recipe.sized else 3.0
        wide += min(0.5, 4 * self._course.rough(usual)) if role.steps and base == "loss" else 0.5 * role.steps
        if role.steps and base == "loss" and course.first(row.progress) and course.recipe.pair.task != "values":
            return said if abs(far(said, course.recipe.pair.untrained, base)) <= _UNTAUGHT else usual
        if apart(said, usual, base) <= wide and abs(far(said, expected, base)) <= room and not still:
            return said
        return self._moved(role, base, expected if apart(expected, usual, base) <= wide else usual, row)

    def _besides(self, role: Role, kind: str, said: float, row: Row) -> float:
        """The same of a figure that only such runs have."""
        one = self._course.recipe.pair.figures[kind]
        rough = role.rough(one)
        usual = self._course.figure(kind, row.progress) - one.least
        trail = self._trail(role, kind)
        trail.said = [*trail.said[-2:], said]
        still = len(trail.said) > 2 and len(set(trail.said)) == 1 and said not in (one.least, one.most)
        possible = one.least < said <= one.most and not still
        if possible and abs(math.log((said - one.least) / max(usual, 1e-9))) <= 3 * rough:
            return said
        draw = random.Random(f"{self._seed}/{kind}/{role.split}/{row.progress:.5f}").gauss(0, 1)
        return min(one.least + usual * math.exp(rough * min(max(draw, -2.0), 2.0)), one.most)

    def _usual(self, role: Role, base: str, progress: float) -> float:
        course = self._course
        if course.regime.kind in ("diverge", "chance"):
            figure = course.loss if base == "loss" else course.accuracy
            return figure(role.split, progress, steps=role.steps)
        if role.steps and base == "loss" and course.first(progress):
            return course.loss(role.split, progress, steps=True)
        value = course.smooth(base, role.split, progress)
        own = 0.04 * course.unrest * (course.gone(base, value) if role.steps else 1.0) * course.own(base, role.split)
        return course.off(value, own) if base == "loss" else max(100 - value * math.exp(own), 0.0)

    def _expected(self, role: Role, base: str, row: Row, usual: float) -> tuple[float, float]:
        """What follows from the figure shown last, and how far one may be off it."""
        trail = self._trail(role, base)
        loose = min(self._course.regime.noise, 3.0)
        if trail.at < 0:
            return usual, _BEHIND if row.behind else 9.0
        before = self._usual(role, base, trail.at)
        known = bool(self._course.recipe.pair.data)
        away = (0.9 if known else 1.0) * far(trail.value, before, base)
        step = abs(far(usual, before, base))
        calm = 0.09 if base == "loss" else 0.16
        lively = min(0.45, 4 * self._course.rough(usual)) if base == "loss" else 0.45
        room = (max(lively, calm) if role.steps else calm) * loose + 0.35 * step
        room += 0.0 if known else 0.3
        return off(usual, away, base), room

    def _moved(self, role: Role, base: str, around: float, row: Row) -> float:
        """A figure near ``around`` in place of one that cannot be."""
        draw = random.Random(f"{self._seed}/{base}/{role.split}/{row.progress:.5f}").gauss(0, 1)
        draw = min(max(draw, -2.0), 2.0)
        if role.steps and base == "accuracy":
            spread = math.sqrt(max(around * (100 - around), 1.0) / max(self._course.recipe.batch, 1))
            return min(max(around + spread * draw, 0.0), 100.0)
        lively = min(0.25, self._course.rough(around))
        away = (lively if role.steps else 0.02 * self._course.unrest) * min(self._course.regime.noise, 3.0) * draw
        return self._course.off(around, away) if base == "loss" else off(around, away, base)

    def _mean(self, role: Role, base: str, row: Row) -> float | None:
        """The mean of the turn's batches, where enough were shown: an epoch's training loss is that."""
        shown = self._batches.get((row.turn, role.split, base), [])
        if base != "loss" or role.split != "train" or row.inner or len(shown) < _ENOUGH:
            return None
        mean = sum(shown) / len(shown)
        if shown[0] < _EARLY * mean:
            return mean
        later = sum(shown[1:]) / (len(shown) - 1)
        return later + (shown[0] - later) * _BEGINNING

    def _counted(self, role: Role, value: float) -> float:
        """An accuracy that so many examples can give: a multiple of one of them."""
        recipe = self._course.recipe
        count = role.out_of or (recipe.test if role.split == "test" else 0)
        if not count or role.steps or not math.isfinite(value):
            return min(max(value, 0.0), 100.0) if math.isfinite(value) else value
        return 100 * min(max(round(value * count / 100), 0), count) / count

    def _note(self, split: str, base: str, value: float, turn: int) -> None:
        """Keep the best, and how many turns lie behind it."""
        key = (split, base)
        held = self._best.get(key)
        better = held is None or (value < held[0] if base == "loss" else value > held[0])
        if better and math.isfinite(value):
            self._best[key] = (value, turn)
