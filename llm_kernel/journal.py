"""What happened before that bears on later answers: commands, what they changed and the tails of what they said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Entry", "Journal"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One command or instruction; ``tail`` is the end of its output, ``changes`` what it did to the machine."""

    command: str
    tail: str
    status: int
    changes: tuple[str, ...] = ()
    meta: bool = False


class Journal:
    """The entries of one notebook, oldest first, never more than ``most``."""

    def __init__(self, *, most: int = 400, tail: int = 1200) -> None:
        self._most = most
        self._tail = tail
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Keep an entry; only the end of a long output."""
        text = entry.tail
        if len(text) > self._tail:
            text = "...\n" + text[-self._tail :].partition("\n")[2]
        self.entries.append(Entry(entry.command, text, entry.status, entry.changes, entry.meta))
        del self.entries[: -self._most]

    def bearing_on(self, text: str, *, most: int = 3, budget: int = 2400) -> list[Entry]:
        """The entries that bear on ``text``: those that share a file or a program with it, newest first to be kept.

        ``budget`` is in characters of all tails together.
        """
        wanted = _nouns(text)
        chosen: list[Entry] = []
        for entry in reversed(self.entries):
            if len(chosen) == most or budget <= 0:
                break
            if wanted & _nouns(entry.command) or any(wanted & _nouns(change) for change in entry.changes):
                chosen.append(entry)
                budget -= len(entry.tail) + len(entry.command)
        return chosen[::-1]

    def last(self, most: int) -> list[Entry]:
        """The newest entries, oldest first."""
        return self.entries[-most:]


_NOUN = re.compile(r"[\w./-]+")
_COMMON = frozenset("the and for with from that this all are was has have its not you use what how many does".split())


def _nouns(text: str) -> set[str]:
    words = (word.rpartition("/")[2].strip(".-").lower() for word in _NOUN.findall(text[:20_000]))
    return {word for word in words if 3 <= len(word) <= 255} - _COMMON


def show(entries: Iterable[Entry]) -> str:
    """Entries as the end of a terminal's scrollback, for a prompt."""
    parts = []
    for entry in entries:
        parts.append(f"# {entry.command}" if entry.meta else f"$ {entry.command}")
        if entry.tail.strip():
            parts.append(entry.tail.rstrip("\n"))
    return "\n".join(parts)
