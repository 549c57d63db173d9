"""A subcommand's words taken apart as git does: its own wordings for what it does not know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from llm_kernel.programs.git.fault import Fatal, Stop
from llm_kernel.programs.table import NotExact

__all__ = ["Given", "parse"]


@dataclass(slots=True)
class Given:
    """Options by long name in their order, the words that are none, and those behind ``--``."""

    options: list[tuple[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    behind: list[str] | None = None

    def __contains__(self, name: str) -> bool:
        return any(given == name for given, _ in self.options)

    def value(self, name: str, fallback: str = "") -> str:
        """The argument of the last ``name``."""
        return next((value for given, value in reversed(self.options) if given == name), fallback)

    def number(self, name: str, fallback: int) -> int:
        """The last ``name`` as a number.

        Raises:
            Fatal: where it is none.
        """
        text = self.value(name)
        if text and not re.fullmatch(r"-?\d{1,9}", text):
            raise Fatal(f"'{text}': not an integer")
        return int(text) if text else fallback

    def values(self, name: str) -> list[str]:
        """The arguments of every ``name``."""
        return [value for given, value in self.options if given == name]

    @property
    def paths(self) -> list[str]:
        """Every word that is no option."""
        return [*self.words, *(self.behind or ())]


def parse(args: Sequence[str], spec: str, usage: str, *, rare: str = "", numbers: bool = False) -> Given:
    """Take ``args`` apart.

    ``spec`` names options: ``a,all`` takes nothing, ``m,message=`` a value, ``color?`` maybe one after ``=``.
    ``rare`` are options that git has and we do not compute. ``numbers``: ``-3`` means ``--max-count=3``.

    Raises:
        NotExact: for a rare option.
        Stop: for an unknown one, with the usage line.
    """
    short, long = _table(spec)
    given, todo = Given(), list(args)
    while todo:
        word = todo.pop(0)
        if word == "--":
            given.behind = todo
            break
        if numbers and word[:1] == "-" and word[1:].isdigit():
            given.options.append(("max-count", word[1:]))
        elif word.startswith("--"):
            _long(word, todo, given, long, rare.split(), usage)
        elif word.startswith("-") and word != "-":
            _short(word, todo, given, short, rare.split(), usage)
        else:
            given.words.append(word)
    return given


def _table(spec: str) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    short: dict[str, tuple[str, str]] = {}
    long: dict[str, str] = {}
    for row in spec.split():
        takes = row[-1] if row[-1] in "=?" else ""
        letter, comma, name = row.rstrip("=?").partition(",")
        if not comma:
            letter, name = ("", letter) if len(letter) > 1 else (letter, letter)
        if letter:
            short[letter] = (name, takes)
        if len(name) > 1:
            long[name] = takes
    return short, long


def _long(word: str, todo: list[str], given: Given, long: dict[str, str], rare: list[str], usage: str) -> None:
    typed, eq, value = word[2:].partition("=")
    found = [typed] if typed in long else [name for name in long if name.startswith(typed)]
    if len(found) != 1:
        if any(name.startswith(typed) for name in rare):
            raise NotExact(word)
        raise Stop(f"error: unknown option `{typed}'\nusage: {usage}\n", 129)
    if long[found[0]] == "=" and not eq:
        if not todo:
            raise Stop(f"error: option `{found[0]}' requires a value\n", 129)
        value = todo.pop(0)
    if eq and not long[found[0]]:
        raise Stop(f"error: option `{found[0]}' takes no value\n", 129)
    given.options.append((found[0], value))


def _short(
    word: str, todo: list[str], given: Given, short: dict[str, tuple[str, str]], rare: list[str], usage: str
) -> None:
    rest = word[1:]
    while rest:
        letter, rest = rest[0], rest[1:]
        if letter not in short:
            if letter in rare:
                raise NotExact(word)
            raise Stop(f"error: unknown switch `{letter}'\nusage: {usage}\n", 129)
        name, takes = short[letter]
        value = ""
        if takes == "?" or (takes == "=" and rest):
            value, rest = rest, ""
        elif takes == "=":
            if not todo:
                raise Stop(f"error: switch `{letter}' requires a value\n", 129)
            value = todo.pop(0)
        given.options.append((name, value))
