"""What variables of awk hold: numbers, texts, and texts that were read and may be meant as numbers.

A text is one of Latin-1: each of its letters is a byte.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

from llm_kernel.programs.awk.faults import TroubleError

__all__ = ["Dialect", "Read", "Value", "c_format", "integer", "number", "true"]


class Read(str):
    """A text that was read: it is compared as a number where it looks like one."""

    __slots__ = ()


Value: TypeAlias = float | str | None
"""None is what no value was given yet."""

_NUMBER = re.compile(
    r"[ \t\n\r\v\f]*([-+]?(?:0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][-+]?\d+)?"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|(?i:inf(?:inity)?|nan)))"
)
_LOOKS = re.compile(rf"(?=[ \t\n\r\v\f]*[-+.\d]){_NUMBER.pattern}[ \t\n\r\v\f]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between the versions: the largest whole number, whether ``{n}`` counts, and what is ``old``.

    That is how arrays are strewn and chance is made, no ``[:alpha:]``, no functions of time, no length of an array.
    """

    version: str
    whole: int = 2**31 - 1
    intervals: bool = False
    old: bool = False

    @property
    def top(self) -> int:
        """The largest number without a sign."""
        return 2 * self.whole + 1


def number(value: Value) -> float:
    """A value as a number: what a text begins with, and zero for none."""
    if type(value) is float:
        return value
    if value is None:
        return 0.0
    assert isinstance(value, str)
    if value.isdecimal():
        return float(value)
    found = _NUMBER.match(value)
    return _float(found[1]) if found else 0.0


def _float(text: str) -> float:
    if "x" in text or "X" in text:
        return float.fromhex(text)
    return float(text)


def looked(value: Read) -> float | str:
    """A text that was read as what it looks like."""
    found = _LOOKS.fullmatch(value)
    return _float(found[1]) if found else str(value)


def true(value: Value) -> bool:
    """Whether a value holds as a condition."""
    if type(value) is Read:
        value = looked(value)
    return bool(value)


def integer(value: float, whole: int) -> int:
    """A number without its fraction; the largest there is for those beyond."""
    if value >= whole:
        return whole
    return int(value) if value > -whole else -whole


def c_format(form: str, value: float) -> str:
    """A number by a conversion of C."""
    if value != value:
        form, value = form.replace("0", " ", 1) if form.startswith("%0") else form, 0.0 * value
        shown = (form.partition(".")[0].rstrip("eEfFgGdi") + "s") % ("-nan" if math.copysign(1, value) < 0 else "nan")
        return shown.upper() if form[-1] in "EFG" else shown
    try:
        return form % value
    except (ValueError, TypeError, OverflowError) as err:
        raise TroubleError(f"illegal format assigned to CONVFMT: {form}") from err
