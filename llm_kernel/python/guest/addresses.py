"""Places in memory as the machine tells them: one for each object, the same each time, and never the host's."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Addresses"]

_SHOWN = re.compile(r"(?<= at 0x)[0-9a-f]{8,16}(?=[>,])")
_MARK = " at 0x"
_FIRST = 0x7F0000000000
_PAGES = 1 << 26
_SPREAD = 2654435761
_STEP = 0x30


class Addresses:
    """Turns the host's places into the machine's, one behind the other as they are told, from where ``seed`` says."""

    def __init__(self, seed: int) -> None:
        self._next = _FIRST + seed * _SPREAD % _PAGES * 0x1000
        self._known: dict[int, int] = {}
        self._held: dict[int, Any] = {}

    def of(self, value: Any) -> int:
        """The builtin ``id``; what was asked for stays, so that no other comes to lie there."""
        self._held[id(value)] = value
        return self._told(id(value))

    def shown(self, text: str) -> str:
        """A text that may tell of objects, with the machine's places."""
        if _MARK not in text:
            return text
        return _SHOWN.sub(lambda found: f"{self._told(int(found[0], 16)):x}", text)

    def _told(self, place: int) -> int:
        if place not in self._known:
            self._next += _STEP * (1 + self._next // _STEP % 7)
            self._known[place] = self._known[self._next] = self._next  # what is told once is not turned again
        return self._known[place]
