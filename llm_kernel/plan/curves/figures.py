"""The figures of a run as its rows pass: taken where they can be, replaced where they cannot, all hanging together.

Base figures (a loss, an accuracy, each of a split) are held to the course of the run and to what was said before; the
others are computed from them: a perplexity from its loss, a count from its share, the best from all so far.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from llm_kernel.plan.curves.classes import area, of_five
from llm_kernel.plan.curves.course import Course
from llm_kernel.plan.curves.kinds import SHARES
from llm_kernel.plan.curves.meanings import Many
from llm_kernel.plan.curves.memory import Memory
from llm_kernel.plan.curves.nearness import alike, apart, far, off
from llm_kernel.plan.curves.places import Place, Row
from llm_kernel.plan.curves.roles import Role, written
from llm_kernel.plan.nodes import Hole

__all__ = ["Figures"]

_BASES = {"loss": "loss", "ppl": "loss", "rmse": "loss", "accuracy": "accuracy", "correct": "accuracy"}
_AVERAGED = re.compile(r"\bavg\b|\.avg|average|\bmean_|running_avg|smooth", re.IGNORECASE)
_UNTAUGHT = 0.02
"""How far the loss of the very first batch may lie off chance."""
_STILL = 0.004
"""The share of a value within which the third of its kind in a row does not move."""
_EARLY, _BEGINNING = 1.5, 0.1
"""Above so much of their mean the first of a turn's batches tells of the run's first steps, such a part of the turn."""
_AFTER = 0.72
"""What a step of the network that tells true from made leaves of its word for what is made."""
_BEHIND = 0.15
"""How far a figure behind the main loop may lie off, where none of its kind was seen in it."""
_OF_ONE = re.compile(r"(?:acc|prec|top)\w*[ _@-]*1\D{1,3}(\d+\.\d+)", re.IGNORECASE)
"""An accuracy of the likeliest class that the program itself drew, beside that of five."""
_LONGEST = 400
"""Characters of a row beyond which its figures are not looked for."""
_STEPS = re.compile(r"\b(?:it|steps|batch(?:es)?)/s", re.IGNORECASE)
_WHOLE = 8
"""Decimals beyond which a number is shown as a whole."""
_FRACTIONS = frozenset(["f1", "precision", "recall", "auc"])
"""Shares that libraries give as fractions, also where a script makes its accuracy a percentage."""
_ENOUGH = 4
"""Batches whose losses must have been shown before their mean says what the epoch's is."""


@dataclass(slots=True)
class _Trail:
    """What was shown of one figure: its last place and value, and the last three that were proposed."""

    at: float = -1.0
    value: float = 0.0
    said: list[float] = field(default_factory=list)


class Figures:
    """The figures of one run of so many ``epochs``; ``replaced`` counts those that nobody said, by the reason."""

    def __init__(self, places: list[Place], course: Course, epochs: float = 1.0, memory: Memory | None = None) -> None:
        self._places, self._course, self._schedule = places, course, course.schedule
        self._memory = memory
        for place in places:
            place.roles = _own_split(place.roles, course)
        self._in_percent = any(map(_in_percent, places))
        self._seed = f"{course.seed}/{course.recipe.seed}"
        self._trails: dict[tuple[str, str, bool], _Trail] = {}
        self._batches: dict[tuple[int, str, str], list[float]] = {}
        self._same: dict[tuple[str, str, str, int], float] = {}
        self._best: dict[tuple[str, str], tuple[float, int]] = {}
        self._each: dict[str, float] = {}
        self._turn, self._progress, self._epochs = 0, 0.0, epochs
        self._percents: dict[tuple[int, int], bool] = {}
        self.replaced: Counter[str] = Counter()

    def held(self, text: str, elapsed: float | None = None) -> str:
        """``text``, one row, with its figures as they can be; ``elapsed``: the run's seconds so far."""
        place, found = self._place(text) if len(text) <= _LONGEST else (None, None)
        if place is None or found is None:
            return text
        row = place.row(found)
        if row.turn < self._turn:
            self._begin()  # another run of the same loop: the next fold, the next seed
        self._turn, self._progress = row.turn, row.progress
        spots = list(self._spots(place, found))
        known: dict[tuple[str, str], float] = {}
        for group, role, digits in sorted(spots, key=lambda spot: spot[1].kind != "correct"):
            role = self._written_as(place, group, role, digits)
            base = self._base(role)
            if base and not role.best and (role.split, base) not in known and (number := _number(digits)) is not None:
                expr = self._hole_at(place, group).expr
                known[role.split, base] = self._settled(
                    role, base, role_value(role, number) / self._times(role), row, expr, several=place.several(row)
                )
        self._tie(known, row)
        if (first := _OF_ONE.search(text)) is not None and first[1] not in {found[group] for group in place.groups}:
            known.setdefault(("test", "accuracy"), float(first[1]))
        pieces: list[tuple[int, str]] = []
        for group, role, digits in spots:
            role = self._written_as(place, group, role, digits)
            timed = role.kind == "time" and place.last and elapsed is not None
            value = _timed(place, group, elapsed or 0.0) if timed else self._value(role, known, row, place, group)
            if value is not None:
                pieces.append((group, self._text(place, group, role, value, digits)))
        for group, new in reversed(pieces):
            text = f"{text[: found.start(group)]}{new}{text[found.end(group) :]}"
        return text

    def clocked(self, text: str, elapsed: float, turn: float = 0.0) -> str | None:
        """``text`` with its times since the run began, ``elapsed`` seconds ago; None where it tells none.

        ``turn``: the seconds of the turn that ends with it, by which its examples a second are told.
        """
        place, found = self._place(text) if len(text) <= _LONGEST else (None, None)
        if (
            place is None
            or found is None
            or not any(role.run or (role.kind == "rate" and turn) for role in place.roles)
        ):
            return None
        done = self._progress
        for group, role, digits in reversed(list(self._spots(place, found))):
            match role.kind if role.run and done > 0 and elapsed > 0 else f"{role.kind} of a turn" if turn else "":
                case "time":
                    value = _timed(place, group, elapsed)
                case "eta":
                    value = _timed(place, group, elapsed * max(self._epochs / done - 1, 0.0))
                case "rate":
                    value = self._each_second(place, group) * done / elapsed
                case "rate of a turn":
                    value = self._each_second(place, group) / turn
                case _:
                    continue
            text = (
                f"{text[: found.start(group)]}{self._text(place, group, role, value, digits)}{text[found.end(group) :]}"
            )
        return text

    def _each_second(self, place: Place, group: int) -> int:
        """How many of what is told by the second there are in an epoch."""
        recipe = self._course.recipe
        return recipe.updates if _STEPS.search(place.around(group)) else recipe.examples

    def _base(self, role: Role) -> str | None:
        """What a figure is held as: a loss, an accuracy, or one of those that only such runs have."""
        pair = self._course.recipe.pair
        if role.kind in pair.figures:
            return role.kind
        return None if pair.family == "policy" else _BASES.get(role.kind)

    def _tie(self, known: dict[tuple[str, str], float], row: Row) -> None:
        """The losses of two networks at odds are about those of what the one says of the other's work."""
        for split in ("train", "test"):
            real, made = known.get((split, "d_x")), known.get((split, "d_g"))
            if not real or not made or not math.isfinite(real + made):
                continue
            draw = random.Random(f"{self._seed}/odds/{row.progress:.5f}")
            if (split, "loss_d") in known:
                known[split, "loss_d"] = -(math.log(real) + math.log1p(-min(made, 0.99))) * draw.uniform(1.02, 1.25)
            if (split, "loss_g") in known:
                known[split, "loss_g"] = -math.log(made * _AFTER) * draw.uniform(1.02, 1.25)

    def _written_as(self, place: Place, group: int, role: Role, digits: str) -> Role:
        """The role with its unit, which stays as the first row has it."""
        scaled = _scaled(role, digits)
        if (
            self._in_percent
            and scaled.kind in SHARES - _FRACTIONS
            and not self._hole_at(place, group).format.endswith("%")
        ):
            scaled = replace(scaled, percent=True)
        if self._percents.setdefault((id(place), group), scaled.percent) == scaled.percent:
            return scaled
        return replace(scaled, percent=not scaled.percent)

    def _begin(self) -> None:
        for held in (self._trails, self._batches, self._same, self._best):
            held.clear()

    def _place(self, text: str) -> tuple[Place | None, re.Match[str] | None]:
        """The place whose row ``text`` is: one that has its counters, before one of the same words."""
        alike: tuple[Place | None, re.Match[str] | None] = None, None
        for place in self._places:
            found = place.pattern.fullmatch(text)
            if found is not None and any(role.kind for role in place.roles):
                if place.has(found):
                    return place, found
                alike = alike if alike[0] is not None else (place, found)
        return alike

    @staticmethod
    def _spots(place: Place, found: re.Match[str]) -> Iterator[tuple[int, Role, str]]:
        for group, role in zip(place.groups, place.roles, strict=True):
            yield group, role, found[group]

    def _settled(self, role: Role, base: str, said: float, row: Row, expr: str, *, several: bool) -> float:
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
        own = 0.04 * (course.gone(base, value) if role.steps else 1.0) * course.own(base, role.split)
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
        away = (lively if role.steps else 0.02) * min(self._course.regime.noise, 3.0) * draw
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

    def _value(
        self, role: Role, known: Mapping[tuple[str, str], float], row: Row, place: Place, group: int
    ) -> float | None:
        """What a hole shows, in its own terms; None where training does not tell."""
        base = self._base(role)
        if role.best and (base or role.kind == "epoch"):
            return self._best_of(role, base)
        if base:
            figure = self._averaged(known.get((role.split, base)), role, base, row, self._hole_at(place, group))
            if figure is not None and role.kind == "d_g" and self._hole_at(place, group).expr.endswith("2"):
                figure *= _AFTER
            return None if figure is None else shown_value(role, figure) * self._times(role)
        match role.kind:
            case "peak" | "tensors" | "reserved":
                return None if self._memory is None else getattr(self._memory, role.kind) * role.unit
            case "lr":
                if self._schedule is None or self._schedule.rate <= 0:
                    return None
                return self._schedule.at(row.progress, self._course.recipe.updates, over=place.last)
            case "patience":
                best = self._best.get(("test", "loss")) or self._best.get(("test", "accuracy"))
                return None if best is None else float(max(row.turn - best[1], 0))
            case "f1" | "precision" | "recall" | "auc":
                share = known.get((role.split, "accuracy"))
                return None if share is None else role.shown(self._of_classes(role.kind, share, row))
            case "iou" | "dice" | "map":
                share = known.get((role.split, "accuracy"))
                if share is None:
                    return None
                draw = random.Random(f"{self._seed}/{group}/{row.progress:.4f}").uniform(0.0, 0.6)
                return role.shown(max(share - draw * (100 - share) / 10, 0.0))
            case "top5":
                share = known.get((role.split, "accuracy"))
                share = self._averaged(share, role, "accuracy", row, self._hole_at(place, group))
                return None if share is None else role.shown(of_five(share, self._course.recipe.pair.classes))
            case "r2":
                loss = known.get((role.split, "loss"))
                return None if loss is None else 1 - loss / max(self._course.recipe.pair.variance, 1e-9)
            case "mae":
                loss = known.get((role.split, "loss"))
                return None if loss is None else 0.78 * math.sqrt(max(loss, 0.0))
        return None

    def _of_classes(self, kind: str, share: float, row: Row) -> float:
        """How well the classes are told apart, from the accuracy: F1 lies between precision and recall."""
        if kind == "auc":
            return area(share, self._course.recipe.pair.classes)
        draw = random.Random(f"{self._seed}/classes/{row.progress:.4f}")
        precision, recall = (off(share, draw.uniform(-0.25, 0.25), "accuracy") for _ in range(2))
        return {"precision": precision, "recall": recall}.get(kind, 2 * precision * recall / (precision + recall or 1))

    def _averaged(self, figure: float | None, role: Role, base: str, row: Row, hole: Hole) -> float | None:
        """A figure of a batch, or the mean of its turn's so far where the hole shows that."""
        shown = self._batches.get((row.turn, role.split, base), [])
        return sum(shown) / len(shown) if row.inner and shown and _AVERAGED.search(hole.expr) else figure

    def _times(self, role: Role) -> float:
        """How many losses a shown one is made of."""
        return self._many(role.over, role.split) / self._many(role.by, role.split)

    def _many(self, what: Many, split: str) -> float:
        recipe = self._course.recipe
        examples = (recipe.test or recipe.pair.test) if split == "test" else recipe.examples
        match what:
            case "batch":
                return float(recipe.batch)
            case "batches":
                return float(max(examples // recipe.batch, 1) if split == "test" else recipe.updates)
            case "examples":
                return float(max(examples, 1))
        return 1.0

    def _best_of(self, role: Role, base: str | None) -> float | None:
        keys = [(role.split, base)] if base else [("test", "accuracy"), ("test", "loss"), ("train", "loss")]
        held = next((self._best[key] for key in keys if key in self._best), None)
        if held is None:
            return None
        return shown_value(role, held[0]) if base else float(held[1] + 1)

    def _text(self, place: Place, group: int, role: Role, value: float, digits: str) -> str:
        """``value`` as the text of a hole; what stands there where it says the same."""
        hole = self._hole_at(place, group)
        new = written(value, hole)
        said = _number(digits)
        if said is not None and (new.strip() == digits.strip() or (not hole.format and _close(said, value))):
            return digits
        self.replaced[role.kind] += 1
        if hole.kind == "int" and not hole.format and math.isfinite(value):
            return str(round(value))
        return new if hole.format else _as_long(value, digits)

    @staticmethod
    def _hole_at(place: Place, group: int) -> Hole:
        at = place.groups.index(group)
        return [part for part in place.line.parts if isinstance(part, Hole)][at]


def _own_split(roles: tuple[Role, ...], course: Course) -> tuple[Role, ...]:
    """A count out of as many as there are to train on is one of training; a percentage behind a count is its share."""
    recipe = course.recipe
    counts = [role for role in roles if role.kind == "correct"]
    if counts:
        share = replace(counts[0], kind="accuracy", percent=True, out_of=0)
        roles = tuple(share if role.percent and not role.kind else role for role in roles)
    whole = recipe.examples != (recipe.test or recipe.pair.test)
    if whole and any(role.out_of == recipe.examples for role in roles):
        return tuple(replace(role, split="train") if role.kind in ("accuracy", "correct") else role for role in roles)
    return roles


def _scaled(role: Role, digits: str) -> Role:
    """A share of which nothing says how it is written: what is above 1 are percents."""
    number = _number(digits)
    if role.kind in SHARES and not role.percent and number is not None and number > 1.5:
        return replace(role, percent=True)
    return role


def _in_percent(place: Place) -> bool:
    """Whether a variable is shown in percents as it stands, so that the script's shares are percents."""
    holes = [part for part in place.line.parts if isinstance(part, Hole)]
    pairs = zip(holes, place.roles, strict=True)
    return any(role.percent and role.kind in SHARES and "100" not in hole.expr for hole, role in pairs)


def _timed(place: Place, group: int, elapsed: float) -> float:
    """The part of ``elapsed`` that a hole shows: seconds, or the minutes and hours before them."""
    parts = place.line.parts
    holes = [at for at, part in enumerate(parts) if isinstance(part, Hole)]
    number = place.groups.index(group)
    after = [
        "".join(part.text for part in parts[at + 1 : at + 2] if not isinstance(part, Hole)).lstrip() for at in holes
    ]
    if after[number].startswith("min") and not any(text.startswith("s") for text in after[number + 1 :]):
        return elapsed / 60
    if re.match(r"h", after[number]):
        return elapsed / 3600 if number + 1 == len(holes) else elapsed // 3600
    if re.match(r"m(?!s)", after[number]):
        return (elapsed % 3600 if number and after[number - 1].startswith("h") else elapsed) // 60
    return elapsed % 60 if number and re.match(r"m(?!s)", after[number - 1]) else elapsed


def role_value(role: Role, number: float) -> float:
    """The base figure behind a number in a hole: the loss of a perplexity, the percents of a share."""
    if role.kind == "ppl":
        return math.log(number) if number > 0 and math.isfinite(number) else number
    return number * number if role.kind == "rmse" else role.meant(number)


def shown_value(role: Role, figure: float) -> float:
    """The number of a base figure in a hole."""
    if role.kind == "ppl":
        return math.exp(min(figure, 700.0)) if math.isfinite(figure) else figure
    if role.kind == "rmse":
        return math.sqrt(max(figure, 0.0)) if math.isfinite(figure) else figure
    return role.shown(figure)


def _number(digits: str) -> float | None:
    text = digits.strip().replace(",", "")
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None


def _close(said: float, value: float) -> bool:
    return abs(said - value) <= 1e-6 * max(abs(said), abs(value), 1e-12)


def _as_long(value: float, digits: str) -> str:
    """A number without a format, with about as many digits as the one in its place has."""
    if not math.isfinite(value):
        return str(value)
    if re.fullmatch(r"\s*[-+]?\d+\s*", digits):
        return str(round(value))
    places = len(digits.strip().rstrip("%").partition(".")[2])
    short = len(repr(value).partition(".")[2])
    if places > _WHOLE > short:  # it was shown with few digits, and has more
        value += random.Random(repr(value)).uniform(-0.45, 0.45) * 10.0**-short
    return f"{value:.{places}f}" if places else repr(round(value, 4))
