"""Where a kernel stands on its tape: how often each key was asked, and which of its replies are under way.

A reply takes its turn when it begins, since others of the same key may stream beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from llm_kernel.errors import TapeError

__all__ = ["Place"]

MOST_KEYS = 1_000_000


class Place:
    """Counts the askings of each key, by the key's digest."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._under_way: set[tuple[str, int]] = set()
        self.resumed = False

    def claim(self, key: str) -> int:
        """The next turn of ``key``, for a reply that begins now."""
        turn = self._asked[key]
        self._asked[key] += 1
        self._under_way.add((key, turn))
        return turn

    def done(self, key: str, turn: int) -> None:
        """A reply was read to its end."""
        self._under_way.discard((key, turn))

    def give_back(self, key: str, turn: int) -> None:
        """A reply was broken off, and its turn is free again unless another one began meanwhile."""
        self._under_way.discard((key, turn))
        if self._asked[key] == turn + 1:
            self._asked[key] = turn

    def next(self, key: str) -> int:
        """The turn that ``key`` is asked next."""
        return self._asked[key]

    def to_state(self) -> dict[str, int]:
        """How often each key was answered; 0 for one whose first reply is under way, and has to be asked again."""
        found = {key: count for key, count in sorted(self._asked.items()) if count}
        for key in found:
            while (key, found[key] - 1) in self._under_way:
                found[key] -= 1
        return found

    def resume(self, state: Any) -> None:
        """Go on where another kernel stood.

        Raises:
            TapeError: when it is no place.
        """
        pairs = list(state.items()) if isinstance(state, Mapping) else [("", -1)]
        if len(pairs) > MOST_KEYS or not all(
            isinstance(key, str) and len(key) <= 64 and type(count) is int and 0 <= count <= MOST_KEYS
            for key, count in pairs
        ):
            raise TapeError("The place on the tape that was kept is none; restart the kernel to begin the tape again.")
        self._asked, self._under_way = Counter(dict(pairs)), set()
        self.resumed = self.resumed or bool(pairs)
