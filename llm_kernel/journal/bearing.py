"""How much an entry bears on what is asked now: by the files it left, its program, its words, what it said.

A score depends on the entry and the question alone, never on the other entries: an unrelated cell that comes in
between must not change what a request is made of, or its recording could not be found again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from llm_kernel.journal.entry import Entry
from llm_kernel.journal.nouns import concepts, names, nouns

__all__ = ["LEAST", "Question", "Read", "bears"]

LEAST = 3.0
"""The score from which on an entry bears on a question at all."""

_SAME, _LEFT, _SHARED, _PROGRAM, _NAME, _SAID, _NOUN, _CONCEPT = 10.0, 8.0, 4.0, 3.0, 3.0, 2.0, 1.0, 2.0
_MADE = 2.0
"""What an instruction wrote is mostly a script, whose text the request shows anyway."""
_MOST_SAID = 4
_INTERPRETERS = frozenset(
    "python python3 node java ruby perl php rscript julia bash sh sudo env time torchrun deno bun lua".split()
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a command with the files it reads, or, ``spoken``, a person's words."""

    text: str
    reads: frozenset[str]
    spoken: bool
    names: frozenset[str]
    nouns: frozenset[str]
    concepts: frozenset[str]

    @classmethod
    def of(cls, text: str, reads: Collection[str] = (), *, spoken: bool = False) -> Question:
        """The question with all that is seen in it."""
        files = " ".join(reads)
        about = f"{text} {files}"
        known = frozenset(concepts(about) if spoken else ())
        return cls(text, frozenset(reads), spoken, frozenset(names(about)), frozenset(nouns(about)), known)


@dataclass(frozen=True, slots=True)
class Read:
    """An entry with all that is seen in it."""

    entry: Entry
    asked: frozenset[str]
    nouns: frozenset[str]
    said: frozenset[str]
    concepts: frozenset[str]

    @classmethod
    def of(cls, entry: Entry) -> Read:
        """The entry, read once."""
        about = " ".join((entry.command, *entry.changes))
        whole = f"{about} {' '.join(entry.wrote)} {entry.tail}"
        return cls(
            entry,
            frozenset(names(about)),
            frozenset(nouns(about)),
            frozenset(nouns(entry.tail) | names(entry.tail)),
            frozenset(concepts(whole)),
        )


def bears(read: Read, on: Question, left: Collection[str]) -> float:
    """How much it bears; ``left`` are the paths whose contents come down to what is read now."""
    entry = read.entry
    score = (_MADE if entry.meta else _LEFT) * bool(set(left) & set(entry.wrote))
    score += _SAID * min(_MOST_SAID, len(on.names & read.said))
    if on.spoken:
        score += _NAME * len(on.names & read.asked) + _NOUN * len((on.nouns - on.names) & read.nouns)
        score += _NOUN * min(_MOST_SAID, len((on.nouns - on.names) & read.said))
        return score + _CONCEPT * len(on.concepts & read.concepts)
    words = _words(on.text)
    program = words[0].rpartition("/")[2] if words else ""
    score += _SAME * (entry.command == on.text) + _SHARED * bool(on.reads & set(entry.reads))
    before, told = [] if entry.meta else _words(entry.command), _INTERPRETERS
    if before and program not in _INTERPRETERS and before[0].rpartition("/")[2] == program:
        score += _PROGRAM + _NOUN * len(set(words[1:]) & set(before[1:]))
        told |= {program.lower()}
    return score + _NAME * len((on.names & read.asked) - told)


def _words(text: str) -> list[str]:
    return text[:2000].split()
