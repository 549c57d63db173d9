"""The values that a line of a training run would show, where nobody imagined them: by the run's course and its anchors.

Values between two anchors are interpolated (a loss on a logarithmic scale, an accuracy by its error), with noise of at
most three hundredths of the span.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from llm_kernel.plan.curves.course import Course
from llm_kernel.plan.curves.roles import Role, role_of, written
from llm_kernel.plan.nodes import Hole, Line

__all__ = ["Values"]

_NOISE = 0.03


class Values:
    """The holes of one line of a run; ``seed`` makes its noise."""

    def __init__(self, line: Line, course: Course | None, seed: str, meanings: Mapping[str, str] | None = None) -> None:
        self._line, self._course, self._seed = line, course, seed
        self._roles = {at: role_of(line, at, meanings or {}) for at, part in enumerate(line.parts)
                       if isinstance(part, Hole)}  # fmt: skip

    def role(self, at: int) -> Role | None:
        """What the hole at part ``at`` shows."""
        return self._roles.get(at)

    def value(
        self, at: int, turn: int, of: int, anchors: Mapping[int, float] | None = None, *, epochs: float | None = None
    ) -> str:
        """The text of the hole at part ``at`` in turn ``turn`` of ``of``, both counted from 0.

        ``anchors`` are values of this hole in other turns; ``epochs`` is the progress where it is not ``turn + 1``.
        """
        hole = self._line.parts[at]
        assert isinstance(hole, Hole)
        number = self.number(at, turn, of, anchors, epochs=epochs)
        return written(number, hole)

    def number(
        self, at: int, turn: int, of: int, anchors: Mapping[int, float] | None = None, *, epochs: float | None = None
    ) -> float:
        """The value behind the text."""
        role = self._roles[at]
        if anchors:
            if turn in anchors:
                return anchors[turn]
            return _between(anchors, turn, role, random.Random(f"{self._seed}/{at}/{turn}"))
        noise = random.Random(f"{self._seed}/{at}/{turn}/{of}")
        return role.figure(self._course, turn + 1 if epochs is None else epochs, noise)


def _between(anchors: Mapping[int, float], turn: int, role: Role, noise: random.Random) -> float:
    before = max((one for one in anchors if one < turn), default=None)
    after = min((one for one in anchors if one > turn), default=None)
    if before is None or after is None:
        near = before if after is None else after
        assert near is not None
        return anchors[near]
    low, high = anchors[before], anchors[after]
    if not (math.isfinite(low) and math.isfinite(high)):
        return low if not math.isfinite(low) else high
    share = (turn - before) / (after - before)
    value = role.blend(low, high, share)
    value += noise.uniform(-_NOISE, _NOISE) * abs(high - low)
    return min(max(value, min(low, high)), max(low, high))
