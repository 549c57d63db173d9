"""Which names the indexes of Python and of npm hold beyond the described packages; others do not exist."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from llm_kernel.machine.catalog import load, text

__all__ = ["Listing", "all_npm", "listed", "npm"]


@dataclass(frozen=True, slots=True)
class Listing:
    """A row of a public list of the index: the newest version, empty where the list has none, and its month."""

    name: str
    version: str
    month: str
    summary: str

    def at(self, month: str) -> str:
        """The newest version in ``month``: the listed one, else a plausible one before it that nobody wrote down."""
        chance = Random(self.name)  # the name is the seed, so that every machine agrees
        if not self.version:
            return f"{chance.choice((0, 1, 1, 2))}.{chance.randrange(1, 15)}.{chance.randrange(0, 7)}"
        if self.month <= month:
            return self.version
        return _before(self.version, month, chance)


def listed(name: str) -> Listing | None:
    """The row of this canonical name, or None where the index has no such package that anybody uses."""
    row = _row("python", name)
    if row is None:
        return None
    version, month, *words = row.split(" ")
    return Listing(name, version.strip("-"), month.strip("-"), " ".join(words))


def npm(name: str, month: str = "") -> str:
    """The newest version in ``month`` of a package of npm's registry; empty where it has no such package.

    Where nobody wrote down when its versions came, the newest of all.
    """
    known = _known()
    rows = [row.split("@") for row in known["releases"].get(name, "").split()]
    if month and rows and month <= known["until"]:
        there = [str(version) for version, born in rows if born <= month or born == rows[0][1]]
        return there[-1]
    return _row("npm", name) or ""


@cache
def _known() -> dict[str, Any]:
    found: dict[str, Any] = load("npm")
    return found


def all_npm() -> frozenset[str]:
    """Every name of npm's registry that is known."""
    return frozenset(row.partition(" ")[0] for row in load("index")["npm"])


def _before(version: str, month: str, chance: Random) -> str:
    """A version below ``version``: the same way of counting, fewer steps; a year stays a year."""
    numbers = [int(part) for part in version.split(".") if part.isdigit()] or [1]
    if numbers[0] >= 2000:
        return f"{month[:4]}.{int(month[5:])}.{chance.randrange(1, 20)}"
    for place, number in enumerate(numbers[:3]):
        if number:
            rest = [chance.randrange(0, 9) for _ in numbers[place + 1 : 3]]
            return ".".join(str(n) for n in [*numbers[:place], chance.randrange(number // 2, number), *rest])
    return "0.0.1"


def _row(kind: str, name: str) -> str | None:
    """What the sorted list says behind ``name``; found in the text, for as objects the lists take many megabytes."""
    whole = text("index")
    low, high = _span(kind)
    while low < high:
        begin = whole.rfind("\n", low, (low + high) // 2 + 1) + 1 or low
        end = whole.index("\n", begin)
        row: str = json.loads(whole[begin:end].rstrip(","))
        key, _, rest = row.partition(" ")
        if key == name:
            return rest
        low, high = (end + 1, high) if key < name else (low, begin - 1)
    return None


@cache
def _span(kind: str) -> tuple[int, int]:
    """Where in the text the rows of ``kind`` begin and end, one a line."""
    whole = text("index")
    start = whole.index("\n", whole.index(f'"{kind}": [')) + 1
    return start, whole.index("\n]", start)
