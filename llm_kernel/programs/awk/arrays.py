"""Arrays whose elements come in the order in which mawk's do.

They lie in lists, strewn by a hash of their name, or by their number where one was given; what was asked for last
stands at its list's front. A ``split`` array is a row until it is asked for what a row cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llm_kernel.programs.awk.faults import TroubleError
from llm_kernel.programs.awk.values import Read, Value

__all__ = ["Array", "strewn"]

_FIRST, _LENGTH = 64, 12
"""Lists of a new array, and how long they are on average before there are twice as many."""


_MOST, _HEAVIEST = 3_000_000, 200_000_000
"""Elements of one array, and letters of all its texts."""


class Array:
    """Names and values. ``_texts`` and ``_numbers`` hold the names of each kind, what was asked for last at the end."""

    def __init__(self, *, old: bool = False) -> None:
        self._old = old
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._values: dict[str, Value] = {}
        self._texts: dict[str, None] | None = None
        self._numbers: dict[int, None] = {}
        self._row = False
        self._lists = _FIRST
        self._weight = 0

    def load(self, parts: Sequence[str]) -> None:
        """Hold what ``split`` found, and nothing else."""
        self.clear()
        self._values = {str(at): Read(part) for at, part in enumerate(parts, 1)}
        self._row = True

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str | int) -> Value:
        """The value of an element, which is there from now on."""
        name = self._asked(key, make=True)
        return self._values[name]

    def put(self, key: str | int, value: Value) -> None:
        """Give an element a value."""
        name = self._asked(key, make=True)
        self._weight += _weight(value) - _weight(self._values[name])
        if self._weight > _HEAVIEST:
            raise TroubleError("out of memory", placed=False)
        self._values[name] = value

    def has(self, key: str | int) -> bool:
        """Whether there is such an element; it is not made by the question."""
        return bool(self._values) and self._asked(key, make=False) in self._values

    def remove(self, key: str | int) -> None:
        """Take an element away."""
        if not self.has(key):
            return
        if self._row:
            self._spread()
        name = str(key)
        del self._values[name]
        if self._texts is not None:
            self._texts.pop(name, None)
        if name.lstrip("-").isdecimal():
            self._numbers.pop(int(name), None)
        if not self._values:
            self.clear()

    def names(self) -> list[str]:
        """The names of all elements, as a loop meets them."""
        texts = self._named() if self._values else {}
        lists: dict[int, list[str]] = {}
        for name in reversed(texts):
            lists.setdefault(strewn(name, old=self._old) % self._lists, []).append(name)
        return [name for at in sorted(lists) for name in lists[at]]

    def _asked(self, key: str | int, *, make: bool) -> str:
        """The name of an element that is asked for, which moves to its list's front."""
        name = str(key)
        if isinstance(key, int):
            if self._row:
                if 1 <= key <= len(self._values) or not make:
                    return name
                self._spread()
            if key in self._numbers:
                self._numbers[key] = self._numbers.pop(key)
                return name
            known = name in self._values
            if self._texts is not None:
                self._touched(name, self._texts, make=make)
            elif make and not known:
                self._made(name)
            if make or known:
                self._numbers[key] = None
            return name
        self._touched(name, self._named(), make=make)
        return name

    def _touched(self, name: str, texts: dict[str, None], *, make: bool) -> None:
        if name in texts:
            del texts[name]
            texts[name] = None
        elif make:
            self._made(name)
            texts[name] = None

    def _made(self, name: str) -> None:
        self._values[name] = None
        if len(self._values) > _MOST:
            raise TroubleError("out of memory", placed=False)
        if len(self._values) > self._lists * _LENGTH:
            self._lists *= 2

    def _named(self) -> dict[str, None]:
        """The names by their texts; those that were numbers only are strewn among them now."""
        if self._texts is None:
            if self._row:
                self._spread()
            lists: dict[int, list[int]] = {}
            for key in reversed(self._numbers):
                lists.setdefault(key % self._lists, []).append(key)
            self._texts = {str(key): None for at in sorted(lists) for key in lists[at]}
        return self._texts

    def _spread(self) -> None:
        """Make lists of a row."""
        self._row = False
        while len(self._values) > self._lists * _LENGTH:
            self._lists *= 2
        self._numbers = dict.fromkeys(range(1, len(self._values) + 1))


def _weight(value: Value) -> int:
    return len(value) if isinstance(value, str) else 0


def strewn(name: str, *, old: bool = False) -> int:
    """The hash of a name: FNV-1a, and in old versions a sum of sums."""
    data = name.encode("latin-1")
    if old:
        return _summed(len(data), data if len(data) <= _SHORT else _ends(data))
    found = 2166136261
    for byte in data:
        found = (found ^ byte) * 16777619 & 0xFFFFFFFF
    return found


_SHORT = 10


def _ends(data: bytes) -> Iterable[int]:
    """Five letters of the front and five of the back, by turns."""
    return (letter for pair in zip(data[:5], data[:-6:-1], strict=True) for letter in pair)


def _summed(first: int, letters: Iterable[int]) -> int:
    one = two = first
    for letter in letters:
        one = (one * 2 + letter) & 0xFFFFFFFF
        two = (two + one) & 0xFFFFFFFF
    return two
