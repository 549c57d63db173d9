"""The functions of the language that take values and give one, and what ``sub`` and ``gsub`` make of a text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from llm_kernel.programs.awk.formats import formatted
from llm_kernel.programs.awk.matching import Pattern
from llm_kernel.programs.awk.runtime import Runtime
from llm_kernel.programs.awk.values import Value, integer, number

__all__ = ["FUNCTIONS", "power", "quotient", "remainder", "replaced"]

Function = Callable[[Runtime, Sequence[Value]], Value]

_DATE = "%c"
_NOT_A_NUMBER = math.copysign(math.nan, -1.0)
"""What the processor makes of what has no answer."""

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_UPPER = {value: key for key, value in _LOWER.items()}


def quotient(left: float, right: float) -> float:
    """What C divides."""
    if right:
        return left / right
    if left != left or left == 0.0:
        return _NOT_A_NUMBER
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def remainder(left: float, right: float) -> float:
    """What is left over by C's ``fmod``."""
    return math.fmod(left, right) if right and abs(left) < math.inf else _NOT_A_NUMBER


def power(left: float, right: float) -> float:
    """C's ``pow``."""
    try:
        return math.pow(left, right)
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf
    except ValueError:
        return math.inf if left == 0 else _NOT_A_NUMBER


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _log(value: float) -> float:
    if value > 0:
        return math.log(value)
    return -math.inf if value == 0 else _NOT_A_NUMBER


def _of_one(function: Callable[[float], float]) -> Function:
    return lambda _, args: function(number(args[0]))


def _wave(function: Callable[[float], float]) -> Function:
    return lambda _, args: function(value) if abs(value := number(args[0])) < math.inf else _NOT_A_NUMBER


def _cut(value: float) -> float:
    return float(math.trunc(value)) if abs(value) < math.inf else value


def _length(runtime: Runtime, args: Sequence[Value]) -> Value:
    return float(len(runtime.text(args[0] if args else runtime.record.text())))


def _substr(runtime: Runtime, args: Sequence[Value]) -> Value:
    text, whole = runtime.text(args[0]), (1 << 31) - 1
    if runtime.dialect.old:
        return _between(text, *map(number, args[1:]))
    count = len(text) if len(args) == 2 else integer(number(args[2]), whole)
    begin = integer(number(args[1]), whole) - 1
    if begin < 0:
        count, begin = count - begin - 1, 0
    return text[begin : begin + count] if count > 0 else ""


def _between(text: str, begin: float, count: float = math.inf) -> str:
    """What old versions cut out: from a place to another, of which the fractions are left out."""
    first = int(begin) if abs(begin) < math.inf else 1
    last = int(begin + count) if begin + count < math.inf else len(text) + 1
    return text[max(first, 1) - 1 : max(last - 1, 0)]


def _index(runtime: Runtime, args: Sequence[Value]) -> Value:
    return float(runtime.text(args[0]).find(runtime.text(args[1])) + 1)


def _sprintf(runtime: Runtime, args: Sequence[Value]) -> Value:
    said = formatted(runtime.text(args[0]), args[1:], runtime.dialect, "sprintf", runtime.text)
    return runtime.bounded(said)


def _srand(runtime: Runtime, args: Sequence[Value]) -> Value:
    before = runtime.seed
    runtime.seed = args[0] if args else float(int(runtime.clock.now))
    runtime.sow(integer(number(runtime.seed), (1 << 31) - 1))
    return before


def _moment(runtime: Runtime, seconds: float) -> datetime:
    return runtime.clock.at(seconds)


def _strftime(runtime: Runtime, args: Sequence[Value]) -> Value:
    form = runtime.text(args[0]) if args else _DATE
    seconds = number(args[1]) if len(args) > 1 else float(int(runtime.clock.now))
    try:
        at = _moment(runtime, seconds)
        utc = len(args) > 2 and bool(number(args[2]))
        return (at - at.utcoffset()).strftime(form) if utc else at.strftime(form)  # type: ignore[operator]
    except (ValueError, OverflowError, OSError):
        return ""


def _mktime(runtime: Runtime, args: Sequence[Value]) -> Value:
    words = runtime.text(args[0]).split()
    try:
        year, month, day, hour, minute, second = map(int, words[:6])
        zone = runtime.clock.local.tzinfo
        first = datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return -1.0
    return first + (day - 1) * 86400.0 + hour * 3600.0 + minute * 60.0 + second


def _system(runtime: Runtime, args: Sequence[Value]) -> Value:
    return float(runtime.streams.system(runtime.text(args[0])))


def _close(runtime: Runtime, args: Sequence[Value]) -> Value:
    return float(runtime.streams.close(runtime.text(args[0])))


def _fflush(runtime: Runtime, args: Sequence[Value]) -> Value:
    runtime.streams.flush()
    return 0.0


FUNCTIONS: dict[str, Function] = {
    "atan2": lambda _, args: math.atan2(number(args[0]), number(args[1])),
    "close": _close,
    "cos": _wave(math.cos),
    "exp": _of_one(_exp),
    "fflush": _fflush,
    "index": _index,
    "int": _of_one(_cut),
    "length": _length,
    "log": _of_one(_log),
    "mktime": _mktime,
    "rand": lambda runtime, _: runtime.chance.next(),
    "sin": _wave(math.sin),
    "sprintf": _sprintf,
    "sqrt": lambda _, args: math.sqrt(value) if (value := number(args[0])) >= 0 else _NOT_A_NUMBER,
    "srand": _srand,
    "strftime": _strftime,
    "substr": _substr,
    "system": _system,
    "systime": lambda runtime, _: float(int(runtime.clock.now)),
    "tolower": lambda runtime, args: runtime.text(args[0]).translate(_LOWER),
    "toupper": lambda runtime, args: runtime.text(args[0]).translate(_UPPER),
}


def replaced(text: str, mark: Pattern, by: str, *, every: bool) -> tuple[str, int]:
    """``text`` with its first match replaced, or with all of them, and how many there were."""
    pieces: list[str] = []
    at = begin = count = 0
    behind, parts = -1, _pieces(by)
    while at <= len(text) and (found := mark.find(text, at)) is not None:
        first, last = found
        if first == last:
            at = last + 1
            if first == behind:  # what is empty right behind another match is none
                continue
        else:
            at = behind = last
        pieces += [text[begin:first], *(text[first:last] if part is None else part for part in parts)]
        begin, count = last, count + 1
        if not every:
            break
    return "".join([*pieces, text[begin:]]), count


def _pieces(by: str) -> list[str | None]:
    """A replacement in parts, with None for the match."""
    parts: list[str | None] = []
    at = begin = 0
    while at < len(by):
        if by.startswith("\\\\&", at) or by.startswith("\\&", at):
            skipped = 2 if by.startswith("\\\\&", at) else 1
            parts.append(by[begin:at] + ("\\" if skipped == 2 else "&"))
            begin = at = at + 2
        elif by[at] == "&":
            parts += [by[begin:at], None]
            begin = at = at + 1
        else:
            at += 1
    return [*parts, by[begin:]]
