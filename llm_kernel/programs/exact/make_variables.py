"""The variables of a makefile, and what a text is with them in their places."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llm_kernel.programs.exact.make_functions import FUNCTIONS, substituted
from llm_kernel.programs.table import NotExact

__all__ = ["Stop", "Variables", "Wants"]

_ASSIGNED = re.compile(r"(?:(export|override)\s+)?([^\s:=+?!#$()]+)\s*(::=|:=|\?=|\+=|!=|=)\s*(.*)$", re.DOTALL)
_MOST = 100_000
_DEEP = 40
Origin: TypeAlias = Literal["default", "environment", "file", "command line"]

_BUILT_IN = {
    "CC": "cc", "CXX": "g++", "AR": "ar", "ARFLAGS": "-rv", "RM": "rm -f", "AS": "as", "LD": "ld", "CPP": "$(CC) -E",
    "MAKE": "make", "SHELL": "/bin/sh", "FC": "f77", "YACC": "yacc", "LEX": "lex", "MAKE_COMMAND": "make",
    "OUTPUT_OPTION": "-o $@",
    "COMPILE.c": "$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c",
    "COMPILE.cc": "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c", "COMPILE.cpp": "$(COMPILE.cc)",
    "LINK.o": "$(CC) $(LDFLAGS) $(TARGET_ARCH)",
    "LINK.c": "$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)",
    "LINK.cc": "$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(LDFLAGS) $(TARGET_ARCH)", "LINK.cpp": "$(LINK.cc)",
}  # fmt: skip


class Stop(Exception):  # noqa: N818
    """The makefile is wrong: what is said of it, and at which line."""

    def __init__(self, said: str, line: int = 0) -> None:
        super().__init__(said)
        self.said, self.line = said, line


class Wants(Exception):  # noqa: N818
    """A ``$(shell ...)`` whose command nobody has run yet."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self.command = command


@dataclass(frozen=True, slots=True)
class _Variable:
    text: str
    later: bool
    origin: Origin


class Variables:
    """``names`` gives the files of the folder, ``shells`` is what the commands of ``$(shell ...)`` said.

    ``given`` are the variables of the command line, ``environment`` those of the process.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        given: Mapping[str, str],
        *,
        names: Callable[[], Sequence[str]],
        shells: Mapping[str, str],
    ) -> None:
        self._names, self._shells = names, shells
        self._held = {name: _Variable(text, True, "default") for name, text in _BUILT_IN.items()}
        self._held |= {
            name: _Variable(text.replace("$", "$$"), True, "environment")
            for name, text in environment.items()
            if name not in ("SHELL", "MAKE")
        }
        self._held |= {name: _Variable(text, True, "command line") for name, text in given.items()}
        self.exported: set[str] = set()
        self._work = _MOST

    def __contains__(self, name: str) -> bool:
        held = self._held.get(name)
        return held is not None and bool(held.text)

    def value(self, name: str) -> str:
        """A variable with all that it names in its place."""
        return self.expanded(f"$({name})")

    def take(self, line: str) -> bool:
        """Take a line where it is an assignment."""
        if found := re.fullmatch(r"export(?:\s+([\w\s.-]*))?", line):
            self.exported.update((found[1] or "*").split())
            return True
        found = _ASSIGNED.match(line)
        if found is None:
            return False
        lead, name, sign, text = found.groups()
        if lead == "export":
            self.exported.add(name)
        old = self._held.get(name)
        if old and (sign == "?=" or (old.origin == "command line" and lead != "override")):
            return True
        if sign == "+=" and old and old.origin != "default":
            text = self.expanded(text) if not old.later else text
            return self._put(name, f"{old.text} {text}".strip() if old.text else text, later=old.later)
        if sign == "!=":
            text = f"$(shell {text})"
        now = sign in (":=", "::=", "!=")
        return self._put(name, self.expanded(text) if now else text, later=not now)

    def put(self, name: str, text: str) -> None:
        """Set a variable as make itself does."""
        self._held[name] = _Variable(text, False, "default")

    def changed(self) -> set[str]:
        """The names to which the makefile gives a value."""
        return {name for name, held in self._held.items() if held.origin == "file"}

    def _put(self, name: str, text: str, *, later: bool) -> bool:
        self._held[name] = _Variable(text, later, "file")
        return True

    # -- expanding

    def expanded(self, text: str, own: Mapping[str, str] | None = None, depth: int = 0) -> str:
        """A text with its variables and functions in their places; ``own`` are those of a recipe (``@``, ``<``)."""
        self._work -= 1
        if depth > _DEEP or self._work < 0:
            raise NotExact("make")
        made, at = "", 0
        while (start := text.find("$", at)) >= 0 and start + 1 < len(text):
            made += text[at:start]
            sign = text[start + 1]
            if sign == "$":
                made, at = made + "$", start + 2
            elif sign in "({":
                end = _closing(text, start + 1)
                made += self._named(text[start + 2 : end], own, depth)
                at = end + 1
            else:
                made, at = made + self._named(sign, own, depth), start + 2
        made += text[at:]
        if len(made) > _MOST:
            raise NotExact("make")
        return made

    def _named(self, said: str, own: Mapping[str, str] | None, depth: int) -> str:
        def expand(text: str, more: Mapping[str, str] | None = None) -> str:
            return self.expanded(text, {**(own or {}), **(more or {})}, depth + 1)

        word, _, rest = said.partition(" ")
        if rest and word == "shell":
            command = expand(rest)
            if command not in self._shells:
                raise Wants(command)
            return self._shells[command]
        if rest and word == "wildcard":
            return " ".join(name for one in expand(rest).split() for name in self._matching(one))
        if rest and word == "call":
            name, *arguments = _commas(rest)
            given = {str(at): expand(one) for at, one in enumerate(arguments, 1)}
            held = self._held.get(expand(name).strip())
            return expand(held.text, given) if held else ""
        if rest and word in FUNCTIONS:
            return FUNCTIONS[word](_commas(rest), expand)
        if rest and word in ("error", "warning", "info", "eval", "origin", "value", "file", "flavor", "guile"):
            raise NotExact("make")
        name = expand(said) if "$" in said else said
        if found := re.fullmatch(r"([^:\s]+):([^=]*)=(.*)", name):
            old, new = (one if "%" in one else f"%{one}" for one in (found[2], found[3]))
            return substituted(old, new, self._named(found[1], own, depth))
        if own and name in own:
            return own[name]
        if own and len(name) == 2 and name[1] in "DF" and name[0] in own:
            parts = [posixpath.split(one) for one in own[name[0]].split()]
            return " ".join((folder or ".") if name[1] == "D" else base for folder, base in parts)
        held = self._held.get(name)
        if held is None:
            return ""
        return expand(held.text) if held.later else held.text

    def _matching(self, pattern: str) -> list[str]:
        if not re.search(r"[*?\[]", pattern):
            return [pattern] if pattern in self._names() else []
        return sorted(
            name
            for name in self._names()
            if fnmatch.fnmatchcase(name, pattern)
            and name.count("/") == pattern.count("/")
            and not (name.rpartition("/")[2].startswith(".") and not pattern.rpartition("/")[2].startswith("."))
        )


def _closing(text: str, at: int) -> int:
    """Where the bracket at ``at`` closes."""
    opening = text[at]
    closing = ")" if opening == "(" else "}"
    depth = 0
    for number in range(at, len(text)):
        depth += (text[number] == opening) - (text[number] == closing)
        if depth == 0:
            return number
    raise Stop("unterminated variable reference.  Stop.")


def _commas(text: str) -> list[str]:
    """The arguments of a function."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "({") - (letter in ")}")
        if letter == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
