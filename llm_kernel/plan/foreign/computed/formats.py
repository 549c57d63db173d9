"""What ``printf`` makes of its arguments."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import Float, Int, Kind, Pointer, promoted
from llm_kernel.plan.foreign.computed.memory import text_at

__all__ = ["formatted"]

_SPEC = re.compile(rb"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(hh|h|ll|l|j|z|t)?([diouxXcsfFeEgG%])")
_BYTES = {b"hh": 1, b"h": 2, b"": 4, b"l": 8, b"ll": 8, b"j": 8, b"z": 8, b"t": 8}
_WIDEST = 2_000


def formatted(template: bytes, given: Sequence[tuple[Any, Kind]]) -> bytes:
    """The text of ``template`` with these values.

    Raises:
        Unsure: where a value is none of the kind that the template asks for, or a conversion none of those known.
    """
    made, at = b"", 0
    left = list(given)
    while (start := template.find(b"%", at)) >= 0:
        made += template[at:start]
        spec = _SPEC.match(template, start)
        if spec is None:
            raise Unsure("a conversion of printf")
        at = spec.end()
        made += b"%" if spec[5] == b"%" else _converted(spec, left)
    return made + template[at:]


def _converted(spec: re.Match[bytes], left: list[tuple[Any, Kind]]) -> bytes:
    flags, width, digits, length, letter = spec.groups(default=b"")
    if width == b"*":
        width = str(_number(left, 4)).encode()
        if width.startswith(b"-"):
            flags, width = flags + b"-", width[1:]
    if digits == b"*":
        digits = str(_number(left, 4)).encode()
    exact = b"." in spec[0]
    if digits.startswith(b"-"):
        exact, digits = False, b""
    precision = int(digits or 0) if exact else None
    if int(width or 0) > _WIDEST or (precision or 0) > _WIDEST:
        raise Unsure("a wide conversion")
    body, numeric = _body(letter, length, flags, precision, left)
    room = int(width or 0)
    if b"-" in flags:
        return body.ljust(room)
    if b"0" in flags and numeric and (precision is None or letter in b"fFeEgG"):
        sign = len(body) - len(body.lstrip(b"+- "))
        sign += 2 if body[sign : sign + 2] in (b"0x", b"0X") else 0
        return body[:sign] + body[sign:].rjust(room - sign, b"0")
    return body.rjust(room)


def _body(
    letter: bytes, length: bytes, flags: bytes, precision: int | None, left: list[tuple[Any, Kind]]
) -> tuple[bytes, bool]:
    """What a conversion says without its width, and whether zeros may stand before it."""
    if letter == b"s":
        value, kind = _next(left)
        if not isinstance(kind, Pointer) or not isinstance(kind.to, Int) or kind.to.bytes_ != 1:
            raise Unsure("no text")
        return (b"(null)" if value[0] is None and precision is None else text_at(value)[:precision]), False
    if letter == b"c":
        return bytes([_number(left, 4) & 0xFF]), False
    if letter in b"diouxX":
        return _integer(letter, _number(left, _BYTES[length]), _BYTES[length], flags, precision), True
    value, kind = _next(left)
    if not isinstance(kind, Float) or length not in (b"", b"l"):
        raise Unsure("no number with a point")
    if not math.isfinite(value):
        said = "inf" if math.isinf(value) else "nan"
        if said == "nan":
            raise Unsure("the sign of what is no number")
        said = ("-" if value < 0 else "+" if b"+" in flags else " " if b" " in flags else "") + said
        return (said.upper() if letter.isupper() else said).encode(), False
    shape = "%" + "".join(one for one in "+ #" if one.encode() in flags)
    return (f"{shape}.{6 if precision is None else precision}{letter.decode()}" % value).encode(), True


def _integer(letter: bytes, value: int, bytes_: int, flags: bytes, precision: int | None) -> bytes:
    value %= 1 << (8 * bytes_)
    if letter in b"di":
        value -= (value >> (8 * bytes_ - 1)) << (8 * bytes_)
    digits = format(abs(value), {b"o": "o", b"x": "x", b"X": "X"}.get(letter, "d"))
    digits = "" if precision == 0 and value == 0 else digits.rjust(precision or 0, "0")
    if b"#" in flags and letter == b"o" and not digits.startswith("0"):
        digits = "0" + digits
    if b"#" in flags and letter in b"xX" and value:
        digits = f"0{letter.decode()}{digits}"
    signed = letter in b"di"
    sign = "-" if value < 0 else "+" if signed and b"+" in flags else " " if signed and b" " in flags else ""
    return (sign + digits).encode()


def _next(left: list[tuple[Any, Kind]]) -> tuple[Any, Kind]:
    if not left:
        raise Unsure("too few values to print")
    return left.pop(0)


def _number(left: list[tuple[Any, Kind]], bytes_: int) -> int:
    """The next value, an integer of at least as many bytes."""
    value, kind = _next(left)
    kind = promoted(kind)
    if not isinstance(kind, Int) or kind.bytes_ != max(bytes_, 4) or type(value) is not int:
        raise Unsure("another number than printf is told")
    return value
