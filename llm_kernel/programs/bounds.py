"""Losses and accuracies of a training run within what such a run gives: a value far off is replaced, and that is said.

What is usual comes from ``plan/typical.py``. A small model forgets to go on, or leaps to the end of its curve.
"""

from __future__ import annotations

import random
import re

from llm_kernel.plan import Hole, Line
from llm_kernel.plan.typical import Typical

__all__ = ["Bounds"]

_LOSS = re.compile(r"loss|nll|entropy", re.IGNORECASE)
_ACCURACY = re.compile(r"acc|correct", re.IGNORECASE)
_LEAST, _MOST = 0.72, 1.38
"""How far a loss may lie from the usual one, as factors."""
_STILL = 0.004
"""The share of a value within which the third of its kind in a row does not move."""


class Bounds:
    """The numbers of one kind of line; ``replaced`` counts those that came from the table instead of the model."""

    def __init__(self, line: Line, usual: Typical, first: int, seed: str) -> None:
        self._usual, self._first = usual, first
        self._noise = random.Random(seed)
        self.replaced = 0
        self._before: dict[int, list[float]] = {}
        pieces, self._kinds = [], list[tuple[str, bool]]()
        for at, part in enumerate(line.parts):
            if not isinstance(part, Hole):
                pieces.append(re.sub(r"\d+", r"\\d+", re.escape(part.text.rstrip("\n"))))
                continue
            before = line.parts[at - 1] if at else None
            label = "" if before is None or isinstance(before, Hole) else before.text[-24:]
            after = line.parts[at + 1] if at + 1 < len(line.parts) else None
            percent = after is not None and not isinstance(after, Hole) and after.text.startswith("%")
            kind = self._kind(f"{label} {part.expr}")
            pieces.append(r"(\d+(?:\.\d+)?)" if kind else ".*?")
            if kind:
                self._kinds.append((kind, percent or part.format.endswith("%")))
        self._pattern = re.compile("".join(pieces))

    @staticmethod
    def _kind(text: str) -> str:
        last = max(
            (
                (found.start(), kind)
                for kind, one in (("loss", _LOSS), ("acc", _ACCURACY))
                for found in one.finditer(text)
            ),
            default=(0, ""),
        )
        return last[1]

    def held(self, text: str, turn: int) -> str:
        """``text`` of the line of ``turn``, counted from 0, with its numbers within bounds."""
        found = self._pattern.fullmatch(text)
        if found is None or not self._kinds:
            return text
        epoch = self._first + turn
        for number, (kind, percent) in reversed(list(enumerate(self._kinds, 1))):
            digits = found[number]
            still = self._still(number, float(digits))
            value = (
                self._loss(digits, epoch, still) if kind == "loss" else self._accuracy(digits, epoch, percent, still)
            )
            if value is not None:
                self.replaced += 1
                places = len(digits.partition(".")[2])
                text = f"{text[: found.start(number)]}{value:.{places}f}{text[found.end(number) :]}"
        return text

    def _still(self, number: int, value: float) -> bool:
        """Whether the model says the same for the third time: a run's figures flicker."""
        before = self._before.setdefault(number, [])
        before.append(value)
        return len(before) > 2 and max(before[-3:]) - min(before[-3:]) <= _STILL * abs(value)

    def _loss(self, digits: str, epoch: int, still: bool) -> float | None:
        value, usual = float(digits), self._usual.loss(epoch)
        if _LEAST * usual <= value <= _MOST * usual and not still:
            return None
        return usual * self._noise.uniform(0.96, 1.04)

    def _accuracy(self, digits: str, epoch: int, percent: bool, still: bool) -> float | None:
        value, usual = float(digits), self._usual.accuracy(epoch)
        if not percent and value <= 1.0:
            value, scale = value * 100, 0.01
        elif percent:
            scale = 1.0
        else:
            return None  # a count, or something else that is no share
        room = max(1.5, 0.2 * (100 - usual))
        if abs(value - usual) <= room and not still:
            return None
        return (usual + self._noise.uniform(-0.03, 0.03) * (100 - usual)) * scale
