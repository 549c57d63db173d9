"""C's library, as far as it is known: each function with the types of its parameters and of its result."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.console import Console
from llm_kernel.plan.foreign.computed.doubt import Died, Ended, Unsure
from llm_kernel.plan.foreign.computed.formats import formatted
from llm_kernel.plan.foreign.computed.kinds import (
    CHAR,
    DOUBLE,
    INT,
    LONG,
    NULL,
    UINT,
    ULONG,
    VOID,
    Float,
    Int,
    Kind,
    Pointer,
    promoted,
)  # fmt: skip
from llm_kernel.plan.foreign.computed.memory import Space, put_text, text_at, write
from llm_kernel.plan.foreign.computed.operators import Expr, Frame, converted, value_of
from llm_kernel.plan.foreign.computed.pieces import PIECES
from llm_kernel.plan.foreign.computed.randomness import Random
from llm_kernel.plan.foreign.computed.scanning import scanned
from llm_kernel.plan.foreign.computed.sorting import SORTING
from llm_kernel.plan.foreign.computed.texts import TEXTS

__all__ = ["CONSTANTS", "Library"]

TEXT = Pointer(CHAR)
_FILE = Pointer(Int(1, signed=False, long=9))
"""A stream, which is a type of its own."""

CONSTANTS: dict[str, tuple[Kind, Any]] = {
    "NULL": (Pointer(VOID), NULL), "EOF": (INT, -1), "EXIT_SUCCESS": (INT, 0), "EXIT_FAILURE": (INT, 1),
    "RAND_MAX": (INT, INT.high), "INT_MAX": (INT, INT.high), "INT_MIN": (INT, INT.low), "UINT_MAX": (UINT, UINT.high),
    "LONG_MAX": (LONG, LONG.high), "LONG_MIN": (LONG, LONG.low), "ULONG_MAX": (ULONG, ULONG.high),
    "LLONG_MAX": (Int(8, long=2), LONG.high), "LLONG_MIN": (Int(8, long=2), LONG.low),
    "ULLONG_MAX": (Int(8, signed=False, long=2), ULONG.high),
    "CHAR_BIT": (INT, 8), "CHAR_MAX": (INT, 127), "CHAR_MIN": (INT, -128), "UCHAR_MAX": (INT, 255),
    "SCHAR_MAX": (INT, 127), "SCHAR_MIN": (INT, -128), "SHRT_MAX": (INT, 32767), "SHRT_MIN": (INT, -32768),
    "USHRT_MAX": (INT, 65535), "SIZE_MAX": (ULONG, ULONG.high), "INT8_MAX": (INT, 127), "INT8_MIN": (INT, -128),
    "INT16_MAX": (INT, 32767), "INT16_MIN": (INT, -32768), "INT32_MAX": (INT, INT.high), "INT32_MIN": (INT, INT.low),
    "INT64_MAX": (LONG, LONG.high), "INT64_MIN": (LONG, LONG.low), "UINT8_MAX": (INT, 255), "UINT16_MAX": (INT, 65535),
    "UINT32_MAX": (UINT, UINT.high), "UINT64_MAX": (ULONG, ULONG.high), "M_PI": (DOUBLE, math.pi),
    "M_E": (DOUBLE, math.e), "DBL_MAX": (DOUBLE, 1.7976931348623157e308), "DBL_MIN": (DOUBLE, 2.2250738585072014e-308),
    "DBL_EPSILON": (DOUBLE, 2.0**-52), "FLT_MAX": (Float(4), 3.4028234663852886e38), "DBL_DIG": (INT, 15),
    "FLT_DIG": (INT, 6), "FLT_EPSILON": (Float(4), 2.0**-23), "INFINITY": (Float(4), math.inf),
    "true": (INT, 1), "false": (INT, 0),
    "stdin": (_FILE, (Console, 0)), "stdout": (_FILE, (Console, 1)), "stderr": (_FILE, (Console, 2)),
}  # fmt: skip
"""The names of the library that are numbers and places."""


class Library:
    """The functions of one program; ``call`` calls one of the program's own."""

    def __init__(self, console: Console, space: Space, call: Callable[..., Any]) -> None:
        self._console, self._space = console, space
        self._random = Random()
        self._rest: Any = NULL
        self._table: dict[str, tuple[tuple[Kind, ...], Kind, Callable[..., Any]]] = {
            **_PLAIN, **TEXTS,
            **{name: (kinds, result, _bound(run, space)) for name, (kinds, result, run) in PIECES.items()},
            **{name: (kinds, result, _bound(run, call)) for name, (kinds, result, run) in SORTING.items()},
            "puts": ((TEXT,), INT, lambda place: self._say("stdout", text_at(place) + b"\n")),
            "putchar": ((INT,), INT, lambda value: self._letter("stdout", value)),
            "fputs": ((TEXT, _FILE), INT, lambda place, file: self._say(_stream(file), text_at(place))),
            "fputc": ((INT, _FILE), INT, lambda value, file: self._letter(_stream(file), value)),
            "putc": ((INT, _FILE), INT, lambda value, file: self._letter(_stream(file), value)),
            "fflush": ((_FILE,), INT, self._flush),
            "sleep": ((UINT,), UINT, lambda seconds: self._pause(float(seconds))),
            "usleep": ((UINT,), INT, lambda micro: self._pause(micro / 1e6)),
            "getchar": ((), INT, console.take),
            "fgets": ((TEXT, INT, _FILE), TEXT, self._line),
            "strtok": ((TEXT, TEXT), TEXT, self._piece),
            "rand": ((), INT, self._random.next),
            "random": ((), LONG, self._random.next),
            "srand": ((UINT,), VOID, self._random.begin),
            "srandom": ((UINT,), VOID, self._random.begin),
        }  # fmt: skip

    def call(self, node: Node, name: str, given: list[Expr]) -> Expr:
        """A call of one of them.

        Raises:
            Unsure: where it is none that is known here.
        """
        if name in _TELLING:
            return self._telling(name, given)
        if name == "assert" and len(given) == 1:
            raise Unsure("an assertion")
        if name not in self._table:
            raise Unsure(f"a call of {name}")
        kinds, result, run = self._table[name]
        if len(kinds) != len(given):
            raise Unsure(f"a call of {name}")
        runs = tuple(converted(one, kind).run for one, kind in zip(given, kinds, strict=True))
        if len(runs) == 1:
            (only,) = runs
            return Expr(result, lambda frame: run(only(frame)))
        return Expr(result, lambda frame: run(*[one(frame) for one in runs]))

    def _telling(self, name: str, given: list[Expr]) -> Expr:
        """``printf`` and its like, which take what they are given."""
        before = _TELLING[name]
        if len(given) <= len(before):
            raise Unsure(f"a call of {name}")
        first = tuple(converted(one, kind).run for one, kind in zip(given, (*before, TEXT), strict=False))
        rest = [_promoted(one) for one in given[len(first) :]]
        runs = [(one.run, one.kind) for one in rest]
        do: Callable[..., int] = getattr(self, f"_{name}")

        def tell(frame: Frame) -> int:
            ahead = [one(frame) for one in first]
            return do(*ahead, [(run(frame), kind) for run, kind in runs])

        return Expr(INT, tell)

    def _printf(self, template: Any, values: list[tuple[Any, Kind]]) -> int:
        return self._say("stdout", formatted(text_at(template), values))

    def _fprintf(self, file: Any, template: Any, values: list[tuple[Any, Kind]]) -> int:
        return self._say(_stream(file), formatted(text_at(template), values))

    def _sprintf(self, place: Any, template: Any, values: list[tuple[Any, Kind]]) -> int:
        said = formatted(text_at(template), values)
        put_text(place, said)
        return len(said)

    def _snprintf(self, place: Any, room: int, template: Any, values: list[tuple[Any, Kind]]) -> int:
        said = formatted(text_at(template), values)
        if room:
            put_text(place, said[: room - 1])
        return len(said)

    def _scanf(self, template: Any, values: list[tuple[Any, Kind]]) -> int:
        return scanned(self._console, text_at(template), values)

    def _say(self, stream: Any, data: bytes) -> int:
        self._console.write(stream, data)
        return len(data)

    def _letter(self, stream: Any, value: int) -> int:
        self._console.write(stream, bytes([value & 0xFF]))
        return value & 0xFF

    def _flush(self, file: Any) -> int:
        self._console.flush()
        return 0

    def _pause(self, seconds: float) -> int:
        self._console.sleep(seconds)
        return 0

    def _piece(self, place: Any, between: Any) -> Any:
        """``strtok``, which remembers where it was."""
        block, at = place if place[0] is not None else self._rest
        if block is None:
            return NULL
        said, letters = text_at((block, at)), text_at(between)
        start = len(said) - len(said.lstrip(letters))
        end = next((one for one in range(start, len(said)) if said[one] in letters), len(said))
        self._rest = (block, at + end + 1) if end < len(said) else NULL
        if end < len(said):
            write((block, at + end), 0)
        return (block, at + start) if start < len(said) else NULL

    def _line(self, place: Any, room: int, file: Any) -> Any:
        if file != CONSTANTS["stdin"][1] or room < 2:
            raise Unsure("another file")
        if self._console.peek() < 0:
            return NULL
        made = bytearray()
        while len(made) < room - 1 and (letter := self._console.take()) >= 0:
            made.append(letter)
            if letter == 10:
                break
        put_text(place, bytes(made))
        return place


_TELLING: dict[str, tuple[Kind, ...]] = {
    "printf": (), "fprintf": (_FILE,), "sprintf": (TEXT,), "snprintf": (TEXT, ULONG), "scanf": (),
}  # fmt: skip


def _promoted(expr: Expr) -> Expr:
    """A value as it is handed where no type is asked for."""
    expr = value_of(expr)
    return converted(expr, DOUBLE if isinstance(expr.kind, Float) else promoted(expr.kind))


def _bound(run: Callable[..., Any], first: Any) -> Callable[..., Any]:
    return lambda *values: run(first, *values)


def _stream(file: Any) -> str:
    number = {CONSTANTS["stdout"][1]: "stdout", CONSTANTS["stderr"][1]: "stderr"}.get(file)
    if number is None:
        raise Unsure("another file")
    return number


def _end(status: int) -> None:
    raise Ended(status)


def _end_at_once(status: int) -> None:
    raise Ended(status, abrupt=True)


def _abort() -> None:
    raise Died(6)


def _real(run: Callable[..., float]) -> Callable[..., float]:
    """A function of numbers, where it has a result that every library gives."""

    def work(*values: float) -> float:
        try:
            return float(run(*values))
        except (ValueError, OverflowError, ZeroDivisionError):
            raise Unsure("a number that is none") from None

    return work


def _away(value: float) -> float:
    """The nearest whole number, a half away from zero."""
    whole = math.floor(abs(value) + 0.5) if abs(value) < 2**52 else abs(value)
    if abs(value) == 0.49999999999999994:
        whole = 0
    return math.copysign(whole, value)


def _signed(run: Callable[[float], float]) -> Callable[[float], float]:
    """A rounding, which keeps the sign of zero, and leaves alone what is no number."""
    return lambda value: math.copysign(run(value), value) if math.isfinite(value) else value


def _absolute(value: int) -> int:
    if value == INT.low:
        raise Unsure("an overflow")
    return abs(value)


_ONE, _TWO = (DOUBLE,), (DOUBLE, DOUBLE)
_PLAIN: dict[str, tuple[tuple[Kind, ...], Kind, Callable[..., Any]]] = {
    **{
        name: (_ONE, DOUBLE, _real(getattr(math, name)))
        for name in "sqrt sin cos tan asin acos atan sinh cosh tanh exp log log2 log10 log1p".split()
    },
    "cbrt": (_ONE, DOUBLE, _real(lambda value: _cube_root(value))),
    "fabs": (_ONE, DOUBLE, abs),
    "floor": (_ONE, DOUBLE, _signed(math.floor)),
    "ceil": (_ONE, DOUBLE, _signed(math.ceil)),
    "trunc": (_ONE, DOUBLE, _signed(math.trunc)),
    "round": (_ONE, DOUBLE, _signed(_away)),
    "pow": (_TWO, DOUBLE, _real(math.pow)),
    "fmod": (_TWO, DOUBLE, _real(math.fmod)),
    "atan2": (_TWO, DOUBLE, _real(math.atan2)),
    "fmax": (_TWO, DOUBLE, _real(max)),
    "fmin": (_TWO, DOUBLE, _real(min)),
    "abs": ((INT,), INT, _absolute),
    "labs": ((LONG,), LONG, abs),
    "exit": ((INT,), VOID, _end),
    "_exit": ((INT,), VOID, _end_at_once),
    "abort": ((), VOID, _abort),
}


def _cube_root(value: float) -> float:
    near = round(abs(value) ** (1 / 3))
    if near**3 != abs(value):
        raise ValueError
    return math.copysign(near, value)
