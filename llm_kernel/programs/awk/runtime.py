"""A program of awk while it runs: its variables, its record, and what it has open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from llm_kernel.machine.clock import Clock
from llm_kernel.programs.awk.arrays import Array
from llm_kernel.programs.awk.chance import Chance, Early
from llm_kernel.programs.awk.desk import Desk, Over
from llm_kernel.programs.awk.faults import EndlessError, MistakeError, TroubleError
from llm_kernel.programs.awk.inputs import Input, Mark
from llm_kernel.programs.awk.matching import Pattern, pattern
from llm_kernel.programs.awk.records import Record, Splitter
from llm_kernel.programs.awk.streams import Streams
from llm_kernel.programs.awk.tokens import unescaped
from llm_kernel.programs.awk.tree import Program
from llm_kernel.programs.awk.values import Dialect, Read, Value, c_format, integer, looked, number

__all__ = ["Runtime", "assignment"]

_STEPS = 200_000_000
"""Turns of loops and calls of a program before it is ended as one that does not end."""

_LONGEST = 100_000_000
"""Letters of one text."""

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL | re.ASCII)
_STARTING: dict[str, Value] = {
    "FS": " ",
    "OFS": " ",
    "RS": "\n",
    "ORS": "\n",
    "SUBSEP": "\x1c",
    "CONVFMT": "%.6g",
    "OFMT": "%.6g",
    "NR": 0.0,
    "FNR": 0.0,
    "RSTART": 0.0,
    "RLENGTH": -1.0,
}


def assignment(word: str) -> tuple[str, str] | None:
    """``name=value`` as both; None for any other word."""
    found = _ASSIGNMENT.fullmatch(word)
    return (found[1], unescaped(found[2])) if found else None


class Runtime:
    """``values`` and ``arrays`` are the program's, by the place of their name; ``frame`` those of a function."""

    def __init__(
        self,
        program: Program,
        dialect: Dialect,
        streams: Streams,
        desk: Desk,
        args: Sequence[str],
        env: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self.dialect, self.streams, self._desk, self.clock = dialect, streams, desk, clock
        self._slots = {name: at for at, name in enumerate(program.names)}
        self.values: list[Value] = [None] * len(program.names)
        for name, value in _STARTING.items():
            self.values[self.slot(name)] = value
        self.arrays = {name: self.array() for scope, name in program.arrays if not scope}
        self.frame: list[Value | Array] = []
        self._fs, self._rs, self._nr, self._fnr = map(self.slot, ("FS", "RS", "NR", "FNR"))
        self._parting: tuple[tuple[Value, Value], Splitter] = (" ", "\n"), _words
        self.record = Record(self._splitter, self._joined)
        self.seed: Value = float(int(clock.now))
        self.sow(int(clock.now))
        self._steps = 0
        self._arg = 0
        self._main: Input | None = None
        self._asked = False
        words = [word.encode("utf-8", "surrogateescape").decode("latin-1") for word in args]
        for at, word in enumerate(words):
            self.arrays["ARGV"].put(at, Read(word))
        self.values[self._slots["ARGC"]] = float(len(words))
        for name, text in env.items():
            self.arrays["ENVIRON"].put(name, Read(text.encode("utf-8", "surrogateescape").decode("latin-1")))

    def sow(self, seed: int) -> None:
        """Begin chance anew."""
        self.chance = Early(seed) if self.dialect.old else Chance(seed)

    def array(self) -> Array:
        """A new array."""
        return Array(old=self.dialect.old)

    # -- variables ----------------------------------------------------------------------------------------------

    def slot(self, name: str) -> int:
        """The place of a variable among ``values``."""
        return self._slots[name]

    def special(self, name: str) -> Value:
        """The value of a variable of the language."""
        return self.values[self._slots[name]]

    def assign(self, name: str, text: str) -> None:
        """What ``name=text`` among the arguments does; a name that the program has not is of no use to it."""
        if name in self.arrays:
            raise TroubleError(f"cannot command line assign to {name}\n\ttype clash or keyword", placed=False)
        if name == "NF":
            self.record.resize(Read(text))
        elif name in self._slots:
            self.values[self._slots[name]] = Read(text)

    def text(self, value: Value) -> str:
        """A value as letters."""
        if type(value) is float:
            return self._number(value, "CONVFMT")
        return value if value is not None else ""  # type: ignore[return-value]

    def shown(self, value: Value) -> str:
        """A value as ``print`` shows it."""
        return self._number(value, "OFMT") if type(value) is float else self.text(value)

    def _number(self, value: float, form: str) -> str:
        whole, wide = self.dialect.whole, self.dialect.intervals
        if wide and -whole - 1 <= value <= self.dialect.top + 1 and value == int(value):
            return str(min(int(value), self.dialect.top))
        if -whole <= value <= whole and value == (found := int(value)):
            return str(found)
        return c_format(self.text(self.special(form)), value)

    def key(self, value: Value) -> str | int:
        """A value as the name of an array's element; whole numbers are names by themselves."""
        if type(value) is float:
            found = integer(value, self.dialect.whole)
            return found if found == value else self.text(value)
        return self.text(value)

    def keys(self, values: Sequence[Value]) -> str | int:
        """Several values as the name of one element."""
        if len(values) == 1:
            return self.key(values[0])
        return self.text(self.special("SUBSEP")).join(map(self.text, values))

    def compared(self, left: Value, right: Value) -> int:
        """Less than zero, zero or more, as the left one is less, the same or more."""
        if type(left) is Read:
            left = looked(left)
        if type(right) is Read:
            right = looked(right)
        if isinstance(left, str) or isinstance(right, str):
            one, other = self.text(left), self.text(right)
            return (one > other) - (one < other)
        low, high = left or 0.0, right or 0.0
        return (low > high) - (low < high)

    def bounded(self, text: str) -> str:
        """A text that is not too long."""
        if len(text) > _LONGEST:
            raise TroubleError("out of memory", placed=False)
        return text

    def tick(self) -> None:
        """One turn of a loop, or one call."""
        self._steps += 1
        if self._desk.over:
            raise Over
        if self._steps > _STEPS:
            raise EndlessError

    # -- patterns -----------------------------------------------------------------------------------------------

    def pattern(self, source: str) -> Pattern:
        """A text as a pattern."""
        return pattern(source, self.dialect.intervals, not self.dialect.old)

    def _splitter(self) -> Splitter:
        asked = self.values[self._fs], self.values[self._rs]
        if asked != self._parting[0]:
            fields, lines = self.text(asked[0]), asked[1] == ""
            self._parting = asked, _splitter(fields, lines, self.dialect.intervals, not self.dialect.old)
        return self._parting[1]

    def splitter(self, separator: str) -> Splitter:
        """How ``split`` parts a text at a separator."""
        return _splitter(separator, False, self.dialect.intervals, not self.dialect.old)

    def _joined(self, parts: Sequence[Value]) -> str:
        return self.bounded(self.text(self.special("OFS")).join(map(self.text, parts)))

    def _mark(self) -> Mark:
        mark = self.text(self.values[self._rs])
        return mark if len(mark) < 2 else self.pattern(mark)

    # -- input --------------------------------------------------------------------------------------------------

    def read(self) -> str | None:
        """The next record of the input, counted; None at its end."""
        if self._desk.over:
            raise Over
        while True:
            if self._main is None and not self._another():
                return None
            assert self._main is not None
            if (text := self._main.next(self._mark())) is not None:
                values, nr, fnr = self.values, self._nr, self._fnr
                values[nr], values[fnr] = number(values[nr]) + 1.0, number(values[fnr]) + 1.0
                return text
            self._main = None

    def leave(self) -> None:
        """Read no more of this file."""
        self._main = None

    def _another(self) -> bool:
        """Open the next argument that is a file, or standard input where none is."""
        while self._arg + 1 < number(self.special("ARGC")):
            self._arg += 1
            if not self.arrays["ARGV"].has(self._arg):
                continue
            word = self.text(self.arrays["ARGV"].get(self._arg))
            if pair := assignment(word):
                self.assign(*pair)
            elif word:
                self._open(word)
                return True
        if self._asked:
            return False
        self._open("")
        return True

    def _open(self, name: str) -> None:
        self._asked = True
        found = self.streams.opened(name or "-")
        if isinstance(found, OSError):
            shown = f'"{name}"' if self.dialect.intervals else name
            raise TroubleError(f"cannot open {shown} ({found.strerror})", placed=False)
        self._main = found
        self.values[self._slots["FILENAME"]] = Read(name)
        self.values[self._slots["FNR"]] = 0.0

    def getline(self, name: str, *, command: bool) -> str | int:
        """A record of a file or a command; -1 for a file that cannot be read, 0 at the end."""
        source = self.streams.reading(name, command=command)
        if source is None:
            return -1
        text = source.next(self._mark())
        return 0 if text is None else text

    def place(self) -> str:
        """Behind which record the program is, for a complaint."""
        name, counts = self.text(self.special("FILENAME")), [self.special(one) for one in ("FNR", "NR")]
        return f'\tFILENAME="{name}" FNR={number(counts[0]):.0f} NR={number(counts[1]):.0f}\n'


@lru_cache(200)
def _splitter(separator: str, lines: bool, intervals: bool, classes: bool) -> Splitter:
    """What parts a text at a separator, and at the ends of lines too where records are paragraphs."""
    if separator == " ":
        return _words
    if separator == "":
        return list
    if len(separator) == 1 and not lines:
        return lambda text: text.split(separator) if text else []
    if len(separator) == 1:
        return lambda text: text.replace("\n", separator).split(separator) if text else []
    try:
        found = pattern(f"({separator})|\n" if lines else separator, intervals, classes)
    except MistakeError as err:
        raise MistakeError(f"line 0: {err.words}") from err
    return lambda text: _parted(text, found)


def _words(text: str) -> list[str]:
    """What stands between spaces and ends of lines."""
    return text.split() if text.isascii() else [part.decode("latin-1") for part in text.encode("latin-1").split()]


def _parted(text: str, mark: Pattern) -> list[str]:
    """What stands between the matches of a pattern that are not empty."""
    parts, at, begin = [], 0, 0
    while text and (found := mark.find(text, at)):
        if found[0] == found[1]:
            at = found[1] + 1
            if at > len(text):
                break
            continue
        parts.append(text[begin : found[0]])
        at = begin = found[1]
    return [*parts, text[begin:]] if text else []
