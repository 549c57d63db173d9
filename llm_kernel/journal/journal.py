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
from llm_kernel.journal.bearing import LEAST, STRONG, Question, Read, bears
from llm_kernel.journal.entry import Entry, show
from llm_kernel.journal.essence import ending

__all__ = ["Journal", "Memory"]

_FORMAT = 1
_COMMAND = 2000
_OLD, _STEP = 60, 40
"""How many entries are kept whole; older ones are shortened, so many at a time."""
_SHORT, _RECENT = 400, 600
"""How many characters are kept of an old output, and told of a recent one."""
_FILES = 60


@dataclass(frozen=True, slots=True)
class Memory:
    """What a request is told: ``recent`` in their order, of which those at ``brought`` are of long ago.

    ``ties`` are those that bear on what is asked: what the answer depends on.
    """

    recent: tuple[Entry, ...] = ()
    brought: frozenset[int] = frozenset()
    ties: tuple[Entry, ...] = ()

    @property
    def bearing(self) -> frozenset[int]:
        """Where in ``recent`` those stand that bear on what is asked."""
        names = {_name(entry) for entry in self.ties}
        return frozenset(at for at, entry in enumerate(self.recent) if _name(entry) in names)


class Journal:
    """The entries of one notebook, oldest first, never more than ``most``; of an output about ``tail`` characters.

    ``high`` and ``low`` are the characters of recent entries from which on, and down to which, the oldest leave.
    """

    def __init__(self, *, most: int = 400, tail: int = 1200, high: int = 2500, low: int = 1250) -> None:
        self._most, self._tail = most, tail
        self._high, self._low = high, low
        self._reads: list[Read] = []
        self._whole = 0
        self._window: list[tuple[Entry, bool]] = []
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
        kept = _bounded(entry, self._tail)
        self._reads.append(Read.of(kept))
        self._shorten()
        if _tells(kept):
            self._call(kept, brought=False)
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

    def recall(self, command: str, reads: Collection[str] = (), *, most: int = 3) -> Memory:
        """What a program's answer is told; ``reads`` are the paths that it reads.

        What is called to mind from long ago is recent from then on, so that the next request finds it in its place.
        """
        ties = self._ties(Question.of(command, reads), most)
        for entry in reversed(ties):
            self._call(entry, brought=True)
        self._step(ties)
        recent = tuple(replace(entry, tail=ending(entry.tail, _RECENT)) for entry, _ in self._window)
        return Memory(recent, frozenset(at for at, (_, brought) in enumerate(self._window) if brought), tuple(ties))

    def about(self, question: str, *, most: int = 5, budget: int = 1600) -> Memory:
        """What the answer to a person's ``question`` is told; where nothing bears on it, what was shown last."""
        found = self._ties(Question.of(question, spoken=True), most)
        kept: list[Entry] = []
        for entry in found:
            budget -= len(entry.command) + len(entry.tail)
            if budget >= 0 or not kept:
                kept.append(entry)
        if not found and self.seen:
            kept = [self.seen]
        return Memory(tuple(reversed(kept)), frozenset(), tuple(one for one in kept if _tells(one) and found))

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
            "recent": [[entry.to_state(), brought] for entry, brought in self._window],
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
            window, whole, seen, entries = state["recent"], state["whole"], state["seen"], state["entries"]
            recent = [(Entry.from_state(one), brought) for one, brought in window]
        except (KeyError, TypeError, ValueError) as err:
            raise StateError(f"the stored journal is damaged: {err!r}") from err
        if not (isinstance(entries, list) and type(whole) is int and all(type(flag) is bool for _, flag in recent)):
            raise StateError("the stored journal is damaged: a part is of another kind")
        if not (len(entries) <= journal._most and len(recent) <= journal._high and 0 <= whole <= len(entries)):
            raise StateError("the stored journal is damaged: its counts do not fit")
        journal._reads = [Read.of(_bounded(Entry.from_state(one), journal._tail)) for one in entries]
        journal.seen = None if seen is None else _bounded(Entry.from_state(seen), journal._tail)
        journal._whole = whole
        journal._window = [(_bounded(entry, journal._tail), brought) for entry, brought in recent]
        journal._step()
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
        weak: set[bool] = set()
        for minus, _, entry in sorted(scored, key=lambda one: one[:2]):
            if minus > -STRONG and not question.spoken:
                if entry.meta in weak:
                    continue
                weak.add(entry.meta)
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

    def _call(self, entry: Entry, *, brought: bool) -> None:
        """Let an entry be recent, if it is not."""
        if not any(_name(entry) == _name(one) for one, _ in self._window):
            self._window.append((replace(entry, command=entry.command[:_SHORT]), brought))

    def _step(self, but: Collection[Entry] = ()) -> None:
        """Let the oldest of the recent entries leave, where they are more than ``high``, down to ``low`` characters."""
        sizes = [len(show([replace(entry, tail=ending(entry.tail, _RECENT))])) for entry, _ in self._window]
        total = sum(sizes)
        if total <= self._high:
            return
        held = {_name(entry) for entry in but}
        kept = []
        for at, (one, size) in enumerate(zip(self._window, sizes, strict=True)):
            if total > self._low and at < len(sizes) - 1 and _name(one[0]) not in held:
                total -= size
            else:
                kept.append(one)
        self._window = kept

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


def _name(entry: Entry) -> tuple[str, str]:
    """What tells an entry apart, however much of it is left."""
    return entry.command[:_SHORT], entry.mark
