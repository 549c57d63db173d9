"""A command line taken apart as GNU programs do: bundles, long names cut short, operands anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from llm_kernel.machine.profiles import profile
from llm_kernel.programs.quoting import said
from llm_kernel.shell.call import Answer, Call

__all__ = ["Choices", "Options", "Parsed"]

_YEARS = {"8.22": "2013", "8.28": "2017", "8.30": "2018", "8.32": "2020", "9.1": "2022", "9.4": "2023", "9.5": "2024"}
_LICENSE = """\
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.
"""

Choices: TypeAlias = tuple[tuple[str, ...], ...]
"""The words an option takes; those of one row mean the same."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was given: options in their order, by long name where one exists, and the operands."""

    options: tuple[tuple[str, str | None], ...]
    operands: tuple[str, ...]

    def __contains__(self, name: str) -> bool:
        return any(given == name for given, _ in self.options)

    def last(self, *names: str) -> str:
        """Which of ``names`` was given last, or an empty text."""
        return next((given for given, _ in reversed(self.options) if given in names), "")

    def value(self, name: str) -> str | None:
        """The argument of the last ``name``."""
        return next((value for given, value in reversed(self.options) if given == name), None)

    def values(self, name: str) -> list[str]:
        """The arguments of every ``name``."""
        return [value for given, value in self.options if given == name and value is not None]


class Options:
    """The options of one program.

    ``spec`` names them: ``a,all`` takes no argument, ``w,width=`` needs one, ``color?`` may have one. ``usage`` is
    what follows the program's name in its usage lines; ``status`` the exit status for a wrong command line;
    ``package`` names the package and its version (``diffutils 3.8``) where it is not the core utilities;
    ``ordered``: what follows the first operand is no option.
    """

    def __init__(
        self,
        spec: str,
        *,
        usage: str,
        about: str,
        authors: str = "",
        status: int = 1,
        package: str = "",
        ordered: bool = False,
    ) -> None:
        self._usage, self._about, self._authors, self._status = usage, about, authors, status
        self._package, self._ordered = package, ordered
        self._short: dict[str, tuple[str, str]] = {}
        self._long: dict[str, tuple[str, str]] = {}
        for row in [*spec.split(), "help", "version"]:
            self._add(row)

    def parse(self, call: Call) -> Parsed | Answer:
        """The command line taken apart, or the answer where that is all there is to say."""
        state = _State(list(call.args))
        while state.todo:
            word = state.todo.pop(0)
            if word == "--":
                state.operands.extend(state.todo)
                break
            if word.startswith("--"):
                wrong = self._take_long(word, state)
            elif word.startswith("-") and word != "-":
                wrong = self._take_short(word, state)
            else:
                state.operands.append(word)
                if self._ordered:
                    state.operands.extend(state.todo)
                    break
                continue
            if wrong:
                return self.refuse(call, wrong)
        return self._told(call, state) or Parsed(tuple(state.options), tuple(state.operands))

    def refuse(self, call: Call, text: str, *, warning: bool = False) -> Answer:
        """What a wrong command line gets: ``text``, the way to the help, and the status."""
        # the comparing programs put their name before both lines
        again = f"{call.name}: " if self._package.startswith("diffutils") else ""
        hint = f"{again}Try '{call.name} --help' for more information.\n"
        mark = "warning: " if warning else ""
        return Answer(stderr=f"{call.name}: {mark}{text}\n{hint}", status=self._status)

    def choose(self, call: Call, name: str, value: str, choices: Choices) -> str | Answer:
        """The choice that ``value`` names or begins, or what a wrong ``value`` for ``--name`` gets."""
        words = {word: row[0] for row in choices for word in row}
        found = {value} & words.keys() or {word for word in words if word.startswith(value)}
        meant = {words[word] for word in found}
        if len(meant) == 1:
            return meant.pop()
        rows = "".join(f"  - {', '.join(said(word, call.env) for word in row)}\n" for row in choices)
        what = "ambiguous" if meant else "invalid"
        text = f"{call.name}: {what} argument {said(value, call.env)} for {said('--' + name, call.env)}\n"
        hint = f"Try '{call.name} --help' for more information.\n"
        return Answer(stderr=f"{text}Valid arguments are:\n{rows}{hint}", status=1)

    def _add(self, row: str) -> None:
        takes = row[-1] if row[-1] in "=?" else ""
        letters, _, long = row.rstrip("=?").rpartition(",")
        if len(long) == 1:
            letters, long = letters + long, ""
        name = long or letters[0]
        for letter in letters.replace(",", ""):
            self._short[letter] = (name, takes)
        if long:
            self._long[long] = (name, takes)

    def _take_short(self, word: str, state: _State) -> str:
        rest = word[1:]
        while rest:
            letter, rest = rest[0], rest[1:]
            if letter not in self._short:
                return f"invalid option -- '{letter}'"
            name, takes = self._short[letter]
            value: str | None = None
            if takes and rest:
                value, rest = rest, ""
            elif takes == "=":
                if not state.todo:
                    return f"option requires an argument -- '{letter}'"
                value = state.todo.pop(0)
            state.options.append((name, value))
        return ""

    def _take_long(self, word: str, state: _State) -> str:
        typed, eq, value = word[2:].partition("=")
        found = [typed] if typed in self._long else [long for long in self._long if long.startswith(typed)]
        if not found:
            return f"unrecognized option '{word}'"
        if len({self._long[long] for long in found}) > 1:
            return f"option '{word}' is ambiguous; possibilities: " + " ".join(f"'--{long}'" for long in found)
        name, takes = self._long[found[0]]
        if eq and not takes:
            return f"option '--{found[0]}' doesn't allow an argument"
        if takes == "=" and not eq:
            if not state.todo:
                return f"option '--{found[0]}' requires an argument"
            eq, value = "=", state.todo.pop(0)
        state.options.append((name, value if eq else None))
        return ""

    def _told(self, call: Call, state: _State) -> Answer | None:
        told = next((name for name, _ in state.options if name in ("help", "version")), "")
        base = call.name.rpartition("/")[2]
        if told == "help":
            usage = "\n  or:  ".join(f"{call.name} {line}" for line in self._usage.split("\n"))
            return Answer(f"Usage: {usage}\n{self._about}\n\n{''.join(self._rows())}")
        if told == "version":
            version = profile(call.machine.system.os, call.machine.system.release).coreutils
            owner = f"Copyright (C) {_YEARS.get(version, '2023')} Free Software Foundation, Inc.\n"
            author = f"\nWritten by {self._authors}.\n" if self._authors else ""
            package, _, number = (self._package or f"coreutils {version}").partition(" ")
            return Answer(f"{base} (GNU {package}) {number}\n{owner}{_LICENSE}{author}")
        return None

    def _rows(self) -> Iterator[str]:
        by_name: dict[str, list[str]] = {}
        for letter, (name, _) in self._short.items():
            by_name.setdefault(name, []).append(f"-{letter}")
        for long, (name, takes) in self._long.items():
            tail = {"=": "=ARG", "?": "[=ARG]", "": ""}[takes]
            by_name.setdefault(name, []).append(f"--{long}{tail}")
        for words in by_name.values():
            yield ("  " if words[0][1] != "-" else "      ") + ", ".join(words) + "\n"


@dataclass(slots=True)
class _State:
    todo: list[str]
    options: list[tuple[str, str | None]] = field(default_factory=list)
    operands: list[str] = field(default_factory=list)
