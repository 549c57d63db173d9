"""What ``string.h``, ``ctype.h`` and the conversions of ``stdlib.h`` do with texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import CHAR, DOUBLE, INT, LONG, NULL, ULONG, Kind, Pointer
from llm_kernel.plan.foreign.computed.memory import put_text, text_at, write
from llm_kernel.plan.foreign.computed.sign import Sign

__all__ = ["TEXTS"]

_TEXT = Pointer(CHAR)
_WHOLE = re.compile(rb"[ \t\n\v\f\r]*([-+]?\d+)")
_REAL = re.compile(rb"[ \t\n\v\f\r]*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_ODD = re.compile(rb"[ \t\n\v\f\r]*[-+]?(?:0[xX]|[iInN])")


def _copy(to: Any, source: Any) -> Any:
    put_text(to, text_at(source))
    return to


def _copy_some(to: Any, source: Any, count: int) -> Any:
    put_text(to, text_at(source)[:count].ljust(count, b"\0"), end=False)
    return to


def _append(to: Any, source: Any) -> Any:
    put_text((to[0], to[1] + len(text_at(to))), text_at(source))
    return to


def _append_some(to: Any, source: Any, count: int) -> Any:
    put_text((to[0], to[1] + len(text_at(to))), text_at(source)[:count])
    return to


def _compare(left: bytes, right: bytes) -> int:
    return 0 if left == right else Sign(1 if left > right else -1)


def _at(place: Any, index: int) -> Any:
    return NULL if index < 0 else (place[0], place[1] + index)


def _letter(place: Any, letter: int, *, last: bool = False) -> Any:
    said = text_at(place) + b"\0"
    wanted = bytes([letter & 0xFF])
    return _at(place, said.rfind(wanted) if last else said.find(wanted))


def _whole(place: Any, low: int, high: int) -> int:
    found = _WHOLE.match(text_at(place))
    value = int(found[1]) if found else 0
    if not low <= value <= high:
        raise Unsure("a number that is too great")
    return value


def _real(place: Any) -> float:
    said = text_at(place)
    if _ODD.match(said):
        raise Unsure("a number of another kind")
    found = _REAL.match(said)
    return float(found[1]) if found else 0.0


def _to_long(place: Any, end: Any, base: int) -> int:
    if base != 10:
        raise Unsure("a number of another base")
    value = _whole(place, LONG.low, LONG.high)
    if end[0] is not None:
        found = _WHOLE.match(text_at(place))
        write(end, (place[0], place[1] + (found.end() if found else 0)))
    return value


def _run_of(place: Any, accepted: bytes, *, inside: bool) -> int:
    said = text_at(place)
    return next((at for at, one in enumerate(said) if (one in accepted) != inside), len(said))


def _class(pattern: str) -> Callable[[int], int]:
    """Whether a letter is one of these; nobody says with which number that is told."""
    letters = frozenset(ord(one) for one in map(chr, range(128)) if re.fullmatch(pattern, one))

    def told(letter: int) -> int:
        if not -1 <= letter <= 255:
            raise Unsure("no letter")
        return Sign(1) if letter in letters else 0

    return told


TEXTS: dict[str, tuple[tuple[Kind, ...], Kind, Callable[..., Any]]] = {
    "strlen": ((_TEXT,), ULONG, lambda place: len(text_at(place))),
    "strcpy": ((_TEXT, _TEXT), _TEXT, _copy),
    "strncpy": ((_TEXT, _TEXT, ULONG), _TEXT, _copy_some),
    "strcat": ((_TEXT, _TEXT), _TEXT, _append),
    "strncat": ((_TEXT, _TEXT, ULONG), _TEXT, _append_some),
    "strcmp": ((_TEXT, _TEXT), INT, lambda one, two: _compare(text_at(one), text_at(two))),
    "strcasecmp": ((_TEXT, _TEXT), INT, lambda one, two: _compare(text_at(one).lower(), text_at(two).lower())),
    "strncmp": ((_TEXT, _TEXT, ULONG), INT, lambda one, two, n: _compare(text_at(one)[:n], text_at(two)[:n])),
    "strchr": ((_TEXT, INT), _TEXT, _letter),
    "strrchr": ((_TEXT, INT), _TEXT, lambda place, letter: _letter(place, letter, last=True)),
    "strstr": ((_TEXT, _TEXT), _TEXT, lambda place, part: _at(place, text_at(place).find(text_at(part)))),
    "strspn": ((_TEXT, _TEXT), ULONG, lambda place, of: _run_of(place, text_at(of), inside=True)),
    "strcspn": ((_TEXT, _TEXT), ULONG, lambda place, of: _run_of(place, text_at(of), inside=False)),
    "atoi": ((_TEXT,), INT, lambda place: _whole(place, INT.low, INT.high)),
    "atol": ((_TEXT,), LONG, lambda place: _whole(place, LONG.low, LONG.high)),
    "atof": ((_TEXT,), DOUBLE, _real),
    "strtol": ((_TEXT, Pointer(_TEXT), INT), LONG, _to_long),
    "isalpha": ((INT,), INT, _class("[A-Za-z]")),
    "isdigit": ((INT,), INT, _class("[0-9]")),
    "isalnum": ((INT,), INT, _class("[A-Za-z0-9]")),
    "isspace": ((INT,), INT, _class(r"[ \t\n\v\f\r]")),
    "isupper": ((INT,), INT, _class("[A-Z]")),
    "islower": ((INT,), INT, _class("[a-z]")),
    "ispunct": ((INT,), INT, _class(r"[!-/:-@\[-`{-~]")),
    "isprint": ((INT,), INT, _class("[ -~]")),
    "isxdigit": ((INT,), INT, _class("[0-9A-Fa-f]")),
    "toupper": ((INT,), INT, lambda letter: letter - 32 if 97 <= letter <= 122 else letter),
    "tolower": ((INT,), INT, lambda letter: letter + 32 if 65 <= letter <= 90 else letter),
}
