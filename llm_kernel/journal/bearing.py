"""How much an entry bears on what is asked now: by the files it left, its program, its words, what it said.

A score depends on the entry and the question alone, never on the other entries: an unrelated cell that comes in
between must not change what a request is made of, or its recording could not be found again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from llm_kernel.journal.entry import Entry
from llm_kernel.journal.nouns import concepts, names, nouns

__all__ = ["LEAST", "STRONG", "Question", "Read", "bears"]

LEAST = 3.0
"""The score from which on an entry bears on a question at all."""
STRONG = 8.0
"""The score from which on several entries are told; of those below it, such as of the same program, one."""

_SAME, _LEFT, _SHARED, _PROGRAM, _NOUN, _CONCEPT = 10.0, 8.0, 4.0, 3.0, 1.0, 3.0
_OWN, _WORD, _TOLD = 6.0, 1.5, 3.0
"""What a shared name weighs that belongs to one thing (``orion-7``, ``fit.pt``, a hash), and an ordinary word: more
where a person asks or has told it, for people say little that does not matter."""
_SAID = 0.6
"""The share of that for a word that a program only said; to a person who asks it is as good as its command."""
_MADE = 2.0
"""What an instruction wrote is mostly a script, whose text the request shows anyway."""
_MOST_SAID = 4
_PARTICULAR = re.compile(
    r"^[^a-z\n]*[a-z].*[\d._-]|^[^\d\n]*\d.*[a-z]|\d{4}|\d+\.\d+\.\d+", re.IGNORECASE | re.MULTILINE
)
_VERSION = re.compile(r"(?:^|\s)(?:--?version|-V|-v|version)(?:\s|$)")
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
    words = _words(on.text)
    program = "" if on.spoken or not words else words[0].rpartition("/")[2]
    about = on.names - _INTERPRETERS - {program.lower()}
    score = (_MADE if entry.meta else _LEFT) * bool(set(left) & set(entry.wrote))
    word = _TOLD if on.spoken or entry.meta else _WORD
    said = _weight((about - read.asked) & read.said, word)
    score += _weight(about & read.asked, word) + (said if on.spoken else _SAID * said)
    if on.spoken:
        loose = on.nouns - on.names
        score += _NOUN * (len(loose & read.nouns) + min(_MOST_SAID, len((loose - read.nouns) & read.said)))
        return score + _CONCEPT * len(on.concepts & read.concepts)
    score += _SAME * (entry.command == on.text) + _SHARED * bool(on.reads & set(entry.reads))
    if entry.meta:
        return score + _PROGRAM * (program.lower() in read.asked)
    before = _words(entry.command)
    if before and _family(before[0]) == _family(program):
        score += _PROGRAM * (program not in _INTERPRETERS or bool(_VERSION.search(entry.command)))
        places = {one for one in {*words[1:]} & {*before[1:]} if "/" in one or ":" in one}
        score += _weight(places, _WORD)
    return score


def _weight(names: Collection[str], word: float) -> float:
    """What names weigh that two texts share: a particular one much, a few ordinary words ``word`` each."""
    own = sum(bool(_PARTICULAR.search(name)) for name in names)
    return _OWN * own + word * min(_MOST_SAID, len(names) - own)


def _family(program: str) -> str:
    """What programs of one kind have in common: ``pg_dump`` and ``pg_restore``."""
    name = program.rpartition("/")[2]
    return re.split(r"[-_.\d]", name)[0] or name


def _words(text: str) -> list[str]:
    return text[:2000].split()
