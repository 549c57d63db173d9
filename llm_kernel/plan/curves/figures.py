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
from dataclasses import replace

from llm_kernel.plan.curves.classes import area, of_five
from llm_kernel.plan.curves.course import Course
from llm_kernel.plan.curves.kinds import SHARES
from llm_kernel.plan.curves.meanings import Many
from llm_kernel.plan.curves.memory import Memory
from llm_kernel.plan.curves.nearness import off
from llm_kernel.plan.curves.numerals import as_long, close, number_of, role_value, shown_value, timed
from llm_kernel.plan.curves.places import Place, Row
from llm_kernel.plan.curves.roles import Role, written
from llm_kernel.plan.curves.trails import Trails
from llm_kernel.plan.nodes import Hole

__all__ = ["Figures"]

_BASES = {"loss": "loss", "ppl": "loss", "rmse": "loss", "accuracy": "accuracy", "correct": "accuracy"}
_AVERAGED = re.compile(r"\bavg\b|\.avg|average|\bmean_|running_avg|smooth", re.IGNORECASE)
_AFTER = 0.72
"""What a step of the network that tells true from made leaves of its word for what is made."""
_OF_ONE = re.compile(r"(?:acc|prec|top)\w*[ _@-]*1\D{1,3}(\d+\.\d+)", re.IGNORECASE)
"""An accuracy of the likeliest class that the program itself drew, beside that of five."""
_QUOTIENT = re.compile(r"(\d+) / (\w+)")
"""A number over what another place of the row shows."""
_TESTING, _OF_A_TURN = "eval_seconds", 0.1
"""The seconds of a test behind a turn, and how much of the turn they are."""
_LONGEST = 400
"""Characters of a row beyond which its figures are not looked for."""
_STEPS = re.compile(r"\b(?:it|steps|batch(?:es)?)/s", re.IGNORECASE)
_FRACTIONS = frozenset(["f1", "precision", "recall", "auc"])
"""Shares that libraries give as fractions, also where a script makes its accuracy a percentage."""


class Figures:
    """The figures of one run of so many ``epochs``; ``replaced`` counts those that nobody said, by the reason."""

    def __init__(self, places: list[Place], course: Course, epochs: float = 1.0, memory: Memory | None = None) -> None:
        self._places, self._course, self._schedule = places, course, course.schedule
        self._memory = memory
        for place in places:
            place.roles = _own_split(place.roles, course)
        self._in_percent = any(map(_in_percent, places))
        self._seed = f"{course.seed}/{course.recipe.seed}"
        self._trails = Trails(course, self._seed)
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
            self._trails.begin()
        self._turn, self._progress = row.turn, row.progress
        spots = list(self._spots(place, found))
        known: dict[tuple[str, str], float] = {}
        for group, role, digits in sorted(spots, key=lambda spot: spot[1].kind != "correct"):
            role = self._written_as(place, group, role, digits)
            base = self._base(role)
            if base and not role.best and (role.split, base) not in known and (number := number_of(digits)) is not None:
                expr = place.hole(group).expr
                known[role.split, base] = self._trails.settled(
                    role, base, role_value(role, number) / self._times(role), row, expr, several=place.several(row)
                )
        self._tie(known, row)
        if (first := _OF_ONE.search(text)) is not None and first[1] not in {found[group] for group in place.groups}:
            known.setdefault(("test", "accuracy"), float(first[1]))
        pieces: list[tuple[int, str]] = []
        for group, role, digits in spots:
            role = self._written_as(place, group, role, digits)
            over = role.kind == "time" and place.last and elapsed is not None
            value = timed(place, group, elapsed or 0.0) if over else self._value(role, known, row, place, group)
            if value is not None:
                pieces.append((group, self._text(place, group, role, value, digits)))
        return _put(place, found, dict(pieces))

    def clocked(self, text: str, elapsed: float, turn: float = 0.0) -> str | None:
        """``text`` with its times since the run began, ``elapsed`` seconds ago; None where it tells none.

        ``turn``: the seconds of the turn that ends with it, by which its examples a second are told.
        """
        place, found = self._place(text) if len(text) <= _LONGEST else (None, None)
        if (
            place is None
            or found is None
            or (
                not any(role.run or (role.kind == "rate" and turn) for role in place.roles)
                and not (turn and _tested(place))
            )
        ):
            return None
        done, new = self._progress, dict[int, str]()
        for group, role, digits in self._spots(place, found):
            match role.kind if role.run and done > 0 and elapsed > 0 else f"{role.kind} of a turn" if turn else "":
                case "time":
                    value = timed(place, group, elapsed)
                case "eta":
                    value = timed(place, group, elapsed * max(self._epochs / done - 1, 0.0))
                case "rate":
                    value = self._each_second(place, group) * done / elapsed
                case "rate of a turn":
                    value = self._each_second(place, group) / turn
                case "time of a turn" if place.hole(group).expr == _TESTING:
                    value = _OF_A_TURN * turn
                case _:
                    continue
            new[group] = self._text(place, group, role, value, digits)
        return _put(place, found, new)

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
        if self._in_percent and scaled.kind in SHARES - _FRACTIONS and not place.hole(group).format.endswith("%"):
            scaled = replace(scaled, percent=True)
        if self._percents.setdefault((id(place), group), scaled.percent) == scaled.percent:
            return scaled
        return replace(scaled, percent=not scaled.percent)

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

    def _value(
        self, role: Role, known: Mapping[tuple[str, str], float], row: Row, place: Place, group: int
    ) -> float | None:
        """What a hole shows, in its own terms; None where training does not tell."""
        base = self._base(role)
        if role.best and (base or role.kind == "epoch"):
            return self._best_of(role, base)
        if base:
            figure = self._averaged(known.get((role.split, base)), role, base, row, place.hole(group))
            if figure is not None and role.kind == "d_g" and place.hole(group).expr.endswith("2"):
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
                best = self._trails.best(("test", "loss"), ("test", "accuracy"))
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
                share = self._averaged(share, role, "accuracy", row, place.hole(group))
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
        mean = self._trails.so_far(role.split, base, row.turn)
        return mean if row.inner and mean is not None and _AVERAGED.search(hole.expr) else figure

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
        held = self._trails.best(*keys)
        if held is None:
            return None
        return shown_value(role, held[0]) if base else float(held[1] + 1)

    def _text(self, place: Place, group: int, role: Role, value: float, digits: str) -> str:
        """``value`` as the text of a hole; what stands there where it says the same."""
        hole = place.hole(group)
        new = written(value, hole)
        said = number_of(digits)
        if said is not None and (new.strip() == digits.strip() or (not hole.format and close(said, value))):
            return digits
        self.replaced[role.kind] += 1
        if hole.kind == "int" and not hole.format and math.isfinite(value):
            return str(round(value))
        return new if hole.format else as_long(value, digits)


def _tested(place: Place) -> bool:
    """Whether a row tells how long a test took."""
    return any(place.hole(group).expr == _TESTING for group in place.groups)


def _put(place: Place, found: re.Match[str], new: Mapping[int, str]) -> str:
    """The row with new texts in its places; what is a known number by the second follows from its seconds."""
    shown = {place.hole(group).expr: new.get(group, found[group]) for group in place.groups}
    text = found.string
    for group in reversed(place.groups):
        hole, said = place.hole(group), new.get(group)
        of = _QUOTIENT.fullmatch(hole.expr)
        if of is not None and (seconds := number_of(shown.get(of[2], ""))):
            said = written(int(of[1]) / seconds, hole)
        if said is not None:
            text = f"{text[: found.start(group)]}{said}{text[found.end(group) :]}"
    return text


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
    number = number_of(digits)
    if role.kind in SHARES and not role.percent and number is not None and number > 1.5:
        return replace(role, percent=True)
    return role


def _in_percent(place: Place) -> bool:
    """Whether a variable is shown in percents as it stands, so that the script's shares are percents."""
    holes = [part for part in place.line.parts if isinstance(part, Hole)]
    pairs = zip(holes, place.roles, strict=True)
    return any(role.percent and role.kind in SHARES and "100" not in hole.expr for hole, role in pairs)
