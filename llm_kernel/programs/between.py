"""Values that nobody said: between two that were said, along the curve that training runs follow, else a usual one."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence

from llm_kernel.plan import Hole, Line, Literal
from llm_kernel.plan.curves import Values, course
from llm_kernel.plan.curves.meanings import definitions
from llm_kernel.plan.curves.roles import Role, role_of

__all__ = ["Between", "formed"]

_NUMBER = re.compile(r"[-+]?(?:\d[\d,_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_STEPS = re.compile(r"\blr\b|learning_rate|get_last_lr|param_groups|best|\bmax\b|\bmin\b|patience|total", re.IGNORECASE)
"""Values that step instead of flickering."""
_COUNTED = re.compile(r"(?:i|t|it|\w*(?:epoch|step|iter|batch|idx|episode)\w*)( \+ 1)?")
"""Values that count up from line to line."""
_NOISE = 0.08
"""How far a value may lie off its curve, as a share of the way between its neighbours."""
_FLICKER = 0.004
"""The same where the neighbours are alike, as a share of the value."""


class Between:
    """Fills the holes of lines of the program ``source``, called with ``argv``; ``now`` writes the time in a form."""

    def __init__(self, source: str, argv: Sequence[str], seed: str, now: Callable[[str], str]) -> None:
        self._now = now
        self._course = course(source, argv, seed)
        self._meanings = definitions(source)
        self._seed = seed
        self._noise = random.Random(seed)

    def text(self, line: Line, number: int, at: int, said: Mapping[int, tuple[str, ...]], count: int) -> str:
        """What stands in the hole ``number`` of the ``at``-th line of its kind, of about ``count``.

        ``said`` holds what stood in the holes of those lines of this kind that were said.
        """
        hole = [part for part in line.parts if isinstance(part, Hole)][number]
        if _dated(hole):
            return self._now(hole.format)
        before = max((one for one in said if one <= at), default=None)
        after = min((one for one in said if one >= at), default=None)
        if before is None and after is None:
            return self._usually(line, hole, at, count)
        first = said[before if before is not None else after or 0][number]
        last = said[after if after is not None else before or 0][number]
        low, high = _value(first), _value(last)
        if first == last and (low is None or _STEPS.search(f"{_label(line, hole)} {hole.expr}") or hole.kind == "int"):
            return first
        share = _share(at, before, after)
        if low is None or high is None or not math.isfinite(low) or not math.isfinite(high):
            return first if share < 0.5 else last
        return self._drawn(line, hole, (first, last), (low, high), share)

    def _drawn(self, line: Line, hole: Hole, texts: tuple[str, str], ends: tuple[float, float], share: float) -> str:
        low, high = ends
        if _STEPS.search(f"{_label(line, hole)} {hole.expr}"):
            return texts[0] if share < 1 else texts[1]
        value = self._role(line, hole).blend(low, high, share)
        if hole.kind != "int":
            room = max(_NOISE * abs(high - low), _FLICKER * abs(value) * (0 < share < 1))
            value += self._noise.uniform(-room, room)
        if min(low, high) >= 0:
            value = max(value, 0.0)
        if self._role(line, hole).percent:
            value = min(value, 100.0)
        return _written(value, hole, texts[0])

    def _usually(self, line: Line, hole: Hole, at: int, count: int) -> str:
        """A value where none of its kind was ever said."""
        if hole.among:
            return hole.among[self._noise.randrange(len(hole.among))]
        place = line.parts.index(hole)
        if self._course is not None and hole.kind in ("float", "any") and self._role(line, hole).kind:
            return Values(line, self._course, self._seed, self._meanings).value(place, at, count)
        match hole.kind:
            case "float":
                return _written(self._noise.uniform(0.1, 0.9), hole, "")
            case "time":
                return _written(self._noise.uniform(4.0, 6.0), hole, "")
            case "int" if counted := _COUNTED.fullmatch(hole.expr):
                return _written(float(at + (1 if counted[1] else 0)), hole, "")
            case "int":
                return _written(float(self._noise.randrange(1, 100)), hole, "")
            case "shape":
                return "torch.Size([1])"
            case _:
                return "None"

    def _role(self, line: Line, hole: Hole) -> Role:
        return role_of(line, line.parts.index(hole), self._meanings)


def formed(text: str, hole: Hole) -> str:
    """What a model wrote for a value, as the source writes it; the same text where that cannot be said."""
    value = _value(text)
    if value is None or not math.isfinite(value) or not hole.format:
        return text.strip()
    return _written(value, hole, text)


def _share(at: int, before: int | None, after: int | None) -> float:
    """How far ``at`` lies on the way, in the time of learning: as much happens from 1 to 10 as from 10 to 100."""
    if before is None or after is None or before == after:
        return 0.0
    return math.log((at + 1) / (before + 1)) / math.log((after + 1) / (before + 1))


def _label(line: Line, hole: Hole) -> str:
    """The words before a hole."""
    at = next(at for at, part in enumerate(line.parts) if part is hole)
    before = line.parts[at - 1] if at else None
    return before.text[-24:].rpartition(",")[2] if isinstance(before, Literal) else ""


def _dated(hole: Hole) -> bool:
    return hole.kind == "time" and "%" in hole.format[:-1]


def _value(text: str) -> float | None:
    """The number that a hole's text is; None where it is none."""
    plain = text.strip().rstrip("%").replace(",", "")
    if plain.lstrip("+-").lower() in ("nan", "inf"):
        return float(plain)
    return float(plain.replace("_", "")) if _NUMBER.fullmatch(plain) else None


def _written(value: float, hole: Hole, like: str) -> str:
    """A number as the source writes it, else with as many digits as ``like``."""
    form = hole.format
    whole = hole.kind == "int" or form.endswith("d")
    if like.strip().endswith("%"):
        value /= 100
    if form and "%" not in form[:-1]:
        try:
            return format(round(value) if whole else value, form)
        except ValueError:
            pass
    if whole or (like and "." not in like and "e" not in like):
        return str(round(value))
    digits = len(like.partition(".")[2].rstrip("%")) if like else 4
    return f"{value:.{min(digits, 16)}f}"
