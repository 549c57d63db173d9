"""Which names the indexes of Python and of npm hold beyond the described packages; others do not exist."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from llm_kernel.machine.catalog import load

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
    row = _rows("python").get(name)
    if row is None:
        return None
    version, month, *words = row.split(" ")
    return Listing(name, version.strip("-"), month.strip("-"), " ".join(words))


def npm(name: str) -> str:
    """The newest version of a package of npm's registry; empty where it has no such package that anybody uses."""
    return _rows("npm").get(name, "")


def all_npm() -> frozenset[str]:
    """Every name of npm's registry that is known."""
    return frozenset(_rows("npm"))


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


@cache
def _rows(kind: str) -> dict[str, str]:
    pairs = (row.partition(" ") for row in load("index")[kind])
    return {name: rest for name, _, rest in pairs}
