"""The record and its fields: each is made of the other when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from llm_kernel.programs.awk.faults import TroubleError
from llm_kernel.programs.awk.values import Read, Value, integer, number

__all__ = ["Record", "Splitter"]

Splitter = Callable[[str], list[str]]
"""Parts a text into fields."""

_MOST = 1_000_000
"""Fields of one record."""


class Record:
    """``$0`` and ``$1`` to ``$NF``; ``splitter`` and ``joined`` are asked when a side is made anew."""

    def __init__(self, splitter: Callable[[], Splitter], joined: Callable[[list[Value]], str]) -> None:
        self._splitter, self._joined = splitter, joined
        self._text: Value = ""
        self._fields: list[str] | None = []
        self._given: dict[int, Value] = {}
        self._split: Splitter = splitter()
        self._stale = False

    def load(self, text: str) -> None:
        """A new record was read."""
        self._renew(Read(text))

    def _renew(self, text: Value) -> None:
        self._text, self._fields, self._stale = text, None, False
        self._given.clear()
        self._split = self._splitter()

    def text(self) -> Value:
        """``$0``."""
        if self._stale:
            values = [self._given.get(at, part) for at, part in enumerate(self._parts(), 1)]
            self._text, self._stale = Read(self._joined(values)), False
        return self._text

    def _parts(self) -> list[str]:
        if self._fields is None:
            self._fields = self._split(self._text if isinstance(self._text, str) else "")
        return self._fields

    @property
    def count(self) -> int:
        """``NF``."""
        return len(self._parts())

    def resize(self, value: Value) -> None:
        """Set ``NF``."""
        count = integer(number(value), _MOST + 1)
        if count < 0:
            raise TroubleError("negative value assigned to NF")
        del self._parts()[count:]
        self._given = {at: given for at, given in self._given.items() if at <= count}
        self._grow(count)
        self._stale = True

    def _grow(self, count: int) -> None:
        parts = self._parts()
        if count > _MOST:
            raise TroubleError(f"program limit exceeded: maximum number of fields size={_MOST}", placed=False)
        for at in range(len(parts) + 1, count + 1):
            parts.append("")
            self._given[at] = None

    def get(self, index: Value) -> Value:
        """A field by its number."""
        if index == 0.0:
            return self.text()
        at = self._at(index)
        if at == 0:
            return self.text()
        if at in self._given:
            return self._given[at]
        parts = self._parts()
        return Read(parts[at - 1]) if at <= len(parts) else None

    def put(self, index: Value, value: Value, text: str) -> None:
        """Give a field a value, which as a text is ``text``."""
        at = self._at(index)
        if at == 0:
            self._renew(value if type(value) is not float else text)
            return
        self._grow(at)
        self._parts()[at - 1], self._given[at] = text, value
        self._stale = True

    def _at(self, index: Value) -> int:
        at = number(index)
        if at < 0:
            raise TroubleError(f"negative field index ${at:.6g}")
        return max(integer(at, _MOST + 1), 0)
