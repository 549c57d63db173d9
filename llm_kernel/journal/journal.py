"""What happened that bears on later answers: what the model said and did, and how files came to be what they are.

Cells that only look leave no entry. The newest entries are ``recent``: they stand in every request in the same order,
and are shortened in steps, so that a prompt cache keeps them; older ones come back where they bear on what is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from llm_kernel.errors import StateError
from llm_kernel.journal.bearing import LEAST, Question, Read, bears
from llm_kernel.journal.entry import Entry, show
from llm_kernel.journal.essence import ending

__all__ = ["Journal", "Memory"]

_FORMAT = 1
_COMMAND = 2000
_OLD, _STEP = 60, 40
"""How many entries are kept whole; older ones are shortened, so many at a time."""
_SHORT = 400
_RECENT = 800
_FILES = 60


@dataclass(frozen=True, slots=True)
class Memory:
    """What a request is told: ``recent`` in their order, ``linked`` the older ones that bear on it, best first.

    ``ties`` are all that bear on it, be they recent or not: what the answer depends on.
    """

    recent: tuple[Entry, ...] = ()
    linked: tuple[Entry, ...] = ()
    ties: tuple[Entry, ...] = ()


class Journal:
    """The entries of one notebook, oldest first, never more than ``most``; of an output about ``tail`` characters.

    ``high`` and ``low`` are the characters of recent entries from which on, and down to which, the oldest leave.
    """

    def __init__(self, *, most: int = 400, tail: int = 1200, high: int = 2400, low: int = 1000) -> None:
        self._most, self._tail = most, tail
        self._high, self._low = high, low
        self._reads: list[Read] = []
        self._whole = 0
        self._since = 0
        self._told: set[str] = set()
        self.seen: Entry | None = None
        """The last command cell as it was shown, be it of consequence or not."""

    @property
    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        return [read.entry for read in self._reads]

    def add(self, entry: Entry) -> None:
        """Keep an entry; of a long output its end, and what the rest comes down to."""
        self._told |= set(entry.wrote)
        self._reads.append(Read.of(_bounded(entry, self._tail)))
        self._shorten()
        self._step()

    def begin(self) -> None:
        """A cell of commands begins."""
        self._told = set()

    def saw(self, cell: Entry) -> None:
        """A cell of commands is over; of what was computed only the files stay that nothing in it has told of."""
        self.seen = _bounded(cell, self._tail)
        wrote = tuple(path for path in cell.wrote if path not in self._told)
        if cell.by == "model":
            self.add(cell)
        elif wrote:
            self.add(replace(cell, tail="", wrote=wrote))

    def recall(self, command: str, reads: Collection[str] = (), *, most: int = 3, budget: int = 2400) -> Memory:
        """What a program's answer is told; ``reads`` are the paths that it reads, ``budget`` bounds the linked ones."""
        recent = [read.entry for read in self._reads[self._since :] if _tells(read.entry)]
        ties = self._ties(Question.of(command, reads), most)
        shown = {id(entry) for entry in recent}
        linked: list[Entry] = []
        for entry in ties:
            budget -= len(entry.command) + len(entry.tail)
            if id(entry) not in shown and (budget >= 0 or not linked):
                linked.append(entry)
        return Memory(tuple(map(_recently, recent)), tuple(linked), tuple(ties))

    def about(self, question: str, *, most: int = 3, budget: int = 1600) -> Memory:
        """What the answer to a person's ``question`` is told; where nothing bears on it, what was shown last."""
        found = self._ties(Question.of(question, spoken=True), most)
        kept: list[Entry] = []
        for entry in found:
            budget -= len(entry.command) + len(entry.tail)
            if budget >= 0 or not kept:
                kept.append(entry)
        recent = (self.seen,) if self.seen and not found else ()
        return Memory(recent, tuple(kept), tuple(one for one in kept if one.by == "model"))

    def bearing_on(self, text: str, *, most: int = 3, budget: int = 2400) -> list[Entry]:
        """The entries that bear on ``text``, oldest first."""
        left: list[Entry] = []
        for entry in self._ties(Question.of(text), most):
            budget -= len(entry.command) + len(entry.tail)
            if budget >= 0 or not left:
                left.append(entry)
        return left[::-1]

    @staticmethod
    def relevant(texts: Collection[str], question: str, reads: Collection[str] = (), *, most: int = 5) -> list[str]:
        """Those of ``texts``, sentences that were stated, that bear on a command or a question, the best first."""
        asked = Question.of(question, reads, spoken=True)
        scores = [bears(Read.of(Entry(text, "", 0, meta=True)), asked, ()) for text in texts]
        found = sorted((-score, -at, text) for at, (score, text) in enumerate(zip(scores, texts, strict=True)))
        return [text for score, _, text in found[:most] if -score >= LEAST]

    def last(self, most: int) -> list[Entry]:
        """The newest entries, oldest first."""
        return self.entries[-most:]

    def to_state(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {
            "format": _FORMAT,
            "since": self._since,
            "whole": self._whole,
            "seen": self.seen.to_state() if self.seen else None,
            "entries": [read.entry.to_state() for read in self._reads],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Journal:
        """The journal back.

        Raises:
            StateError: for another format, or where it is damaged.
        """
        journal = cls()
        try:
            if state["format"] != _FORMAT:
                raise StateError(f"the stored journal has the format {state['format']!r}; this version reads {_FORMAT}")
            since, whole, seen, entries = state["since"], state["whole"], state["seen"], state["entries"]
        except (KeyError, TypeError) as err:
            raise StateError(f"the stored journal is damaged: {err!r}") from err
        if not (isinstance(entries, list) and type(since) is int and type(whole) is int):
            raise StateError("the stored journal is damaged: a part is of another kind")
        if not (len(entries) <= journal._most and 0 <= since <= len(entries) and 0 <= whole <= len(entries)):
            raise StateError("the stored journal is damaged: its counts do not fit")
        journal._reads = [Read.of(_bounded(Entry.from_state(one), journal._tail)) for one in entries]
        journal.seen = None if seen is None else _bounded(Entry.from_state(seen), journal._tail)
        journal._since, journal._whole = since, whole
        return journal

    # -- what bears on what -------------------------------------------------------------------------------------

    def _ties(self, question: Question, most: int) -> list[Entry]:
        """The entries that bear on it most, best first, of equal ones the newest; of equal commands one."""
        sources = self._sources(question.reads)
        scored = []
        for at, read in enumerate(self._reads):
            if _tells(read.entry) or (question.spoken and read.entry.tail):
                score = bears(read, question, sources)
                if score >= LEAST:
                    scored.append((-score, -at, read.entry))
        first: dict[str, Entry] = {}
        for _, _, entry in sorted(scored, key=lambda one: one[:2]):
            first.setdefault(entry.command, entry)
        return list(islice(first.values(), most))

    def _sources(self, reads: Collection[str]) -> set[str]:
        """The paths that those in ``reads`` came from, by copies and moves, and by programs that read and wrote."""
        found, wanted = set(reads), set(reads)
        for read in reversed(self._reads):
            entry = read.entry
            if wanted & set(entry.wrote) and len(found) < _FILES:
                new = set(entry.reads) - found
                found |= new
                wanted |= new
        return found

    # -- keeping it short ---------------------------------------------------------------------------------------

    def _step(self) -> None:
        """Let the oldest of the recent entries leave, where they are more than ``high``, down to ``low`` characters."""
        sizes = [_size(read.entry) for read in self._reads[self._since :]]
        if sum(sizes) <= self._high:
            return
        while len(sizes) > 1 and sum(sizes) > self._low:
            sizes.pop(0)
            self._since += 1

    def _shorten(self) -> None:
        """Shorten what has become old, a whole step at a time, and forget what is too much."""
        old = len(self._reads) - _OLD
        if old - self._whole >= _STEP:
            for at in range(self._whole, old):
                entry = self._reads[at].entry
                self._reads[at] = Read.of(replace(entry, tail=ending(entry.tail, _SHORT)))
            self._whole = old
        over = len(self._reads) - self._most
        for _ in range(max(0, over)):
            self._forget()

    def _forget(self) -> None:
        """Forget the oldest entry that a newer one of the same command has replaced, else the oldest of all."""
        later: set[str] = set()
        at = 0
        for number in range(len(self._reads) - 1, -1, -1):
            command = self._reads[number].entry.command
            at = number if command in later else at
            later.add(command)
        del self._reads[at]
        self._since -= at < self._since
        self._whole -= at < self._whole


def _bounded(entry: Entry, tail: int) -> Entry:
    """The entry within the journal's bounds, with a mark of all that it said."""
    said = hashlib.sha256(entry.tail.encode("utf-8", "surrogatepass")).hexdigest()
    return replace(
        entry,
        mark=entry.mark[:64] or said[:12],
        command=entry.command[:_COMMAND],
        tail=ending(entry.tail, tail),
        changes=tuple(change[:200] for change in entry.changes[:_FILES]),
        reads=entry.reads[:_FILES],
        wrote=entry.wrote[:_FILES],
    )


def _tells(entry: Entry) -> bool:
    """Whether there is anything in it that only it knows."""
    return entry.by == "model"


def _recently(entry: Entry) -> Entry:
    """A recent entry as it is shown in every request."""
    return replace(entry, command=entry.command[:_SHORT], tail=ending(entry.tail, _RECENT))


def _size(entry: Entry) -> int:
    return len(show([_recently(entry)])) if _tells(entry) else 0
