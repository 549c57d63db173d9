"""What is wrong with a script for ``sed`` that the library's would run all the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["complaint", "script_of"]

_END = "extra characters after command"
_NO_FILE = "missing filename in r/R/w/W commands"
_NUMBER = re.compile(r"\d+")
_BRACKET = re.compile(r"\[\^?\]?[^]]*\]")
_ZERO = re.compile(r"0+(?![0-9~])")
_LONGEST = 4000
"""A longer script is left to the library: brackets that never end make the reading slow."""
_SIMPLE = "=dDFgGhHnNpPxz"
_COUNTED = "lLqQ"
_ALONE = re.compile(
    r"-[nErsuz]+|-i.*|--(?:quiet|silent|regexp-extended|in-place(?:=.*)?|separate|null-data|unbuffered)"
)


class _Wrong(Exception):  # noqa: N818 - what sed says, no fault of ours
    pass


class _LeftToLibrary(Exception):  # noqa: N818 - a way to stop
    pass


def script_of(args: Sequence[str]) -> str:
    """The one script among the words of a command line; empty where there are more, or it is in a file."""
    scripts, rest = [], list(args)
    while rest:
        word = rest.pop(0)
        if word in ("-e", "--expression") or re.fullmatch(r"-[nErsuz]+e", word):
            scripts += rest[:1]
            rest = rest[1:]
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        elif word.startswith("-") and not _ALONE.fullmatch(word):
            return ""
        elif not word.startswith("-") and not scripts:
            return "" if any(one.startswith("-") for one in rest) else word
    return scripts[0] if len(scripts) == 1 else ""


def complaint(script: str) -> str:
    """``char 3: extra characters after command``; empty where nothing is wrong, or the library says it."""
    if len(script) > _LONGEST:
        return ""
    reader = _Reader(script)
    try:
        while reader.more():
            reader.command()
    except _LeftToLibrary:
        return ""
    except _Wrong as wrong:
        return f"char {reader.at}: {wrong}"
    return ""


class _Reader:
    """The script, and how far it is read: as far as the real one counts where it complains."""

    def __init__(self, script: str) -> None:
        self._script = script
        self.at = 0

    def more(self) -> bool:
        """Whether another command begins."""
        self._skip(" \t\n;")
        return self.at < len(self._script)

    def command(self) -> None:
        """Read a command with its addresses."""
        nothing = _ZERO.match(self._script, self.at) is not None
        if self._address():
            self._skip(" \t")
            if self._next() == ",":
                self._take()
                self._skip(" \t")
                nothing = nothing and self._next() not in "/\\"
                self._second()
        else:
            nothing = False
        self._skip(" \t")
        if self._next() == "!":
            self._take()
            self._skip(" \t")
            if self._next() == "!":
                self._take()
                raise _Wrong("multiple `!'s")
        name = self._take()
        if nothing:
            raise _Wrong("invalid usage of line address 0")
        self._rest(name)

    def _rest(self, name: str) -> None:
        if name in _SIMPLE or name == "}":
            self._end()
        elif name in _COUNTED:
            self._skip(" \t0123456789")
            self._end()
        elif name in "aic":
            self._skip(" \t")
            if not self._next():
                raise _Wrong("expected \\ after `a', `c' or `i'")
            raise _LeftToLibrary
        elif name in "rRwW":
            self._file()
        elif name in "sy":
            mark = self._take()
            self._until(mark)
            self._until(mark)
            self._flags() if name == "s" else self._end()
        elif name == "#":
            self._line()
        elif name != "{":
            raise _LeftToLibrary

    def _flags(self) -> None:
        given: set[str] = set()
        while (flag := self._next()) and flag not in "\n;}#":
            number = _NUMBER.match(self._script, self.at)
            if flag not in "gpiImMw0123456789":
                raise _LeftToLibrary
            self.at = number.end() if number else self.at + 1
            kind = "number" if number else f"`{flag}'"
            if kind in given and flag not in "iImM":
                raise _Wrong(f"multiple {kind} options to `s' command")
            given.add(kind)
            if flag == "w":
                self._file()
                return

    def _file(self) -> None:
        self._skip(" \t")
        if self._next() in ("", "\n"):
            raise _Wrong(_NO_FILE)
        self._line()

    def _end(self) -> None:
        self._skip(" \t")
        if (follows := self._next()) and follows not in "\n;}#":
            self._take()
            raise _Wrong(_END)

    def _address(self) -> bool:
        first = self._next()
        if first.isdigit():
            self._skip("0123456789~")
        elif first == "$":
            self._take()
        elif first in ("/", "\\") and first:
            self._take()
            self._until(self._take() if first == "\\" else first)
            self._skip("IM")
        else:
            return False
        return True

    def _second(self) -> None:
        if self._next() in ("+", "~") and self._next():
            self._take()
            self._skip("0123456789")
        elif not self._address():
            self._take()
            raise _Wrong("unexpected `,'")

    def _until(self, mark: str) -> None:
        while (letter := self._take()) != mark:
            if (found := _BRACKET.match(self._script, self.at - 1)) and mark in found[0]:
                raise _LeftToLibrary  # releases differ in whether it ends there
            if letter == "\\":
                self._take()

    def _line(self) -> None:
        end = self._script.find("\n", self.at)
        self.at = len(self._script) if end < 0 else end

    def _skip(self, letters: str) -> None:
        while self._next() and self._next() in letters:
            self.at += 1

    def _next(self) -> str:
        return self._script[self.at : self.at + 1]

    def _take(self) -> str:
        if not self._next():
            raise _LeftToLibrary
        self.at += 1
        return self._script[self.at - 1]
