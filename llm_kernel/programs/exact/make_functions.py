"""The functions of a makefile that work on words."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from llm_kernel.programs.table import NotExact

__all__ = ["FUNCTIONS", "substituted"]


class _Expand(Protocol):
    def __call__(self, text: str, more: dict[str, str] | None = None) -> str: ...


def substituted(old: str, new: str, words: str) -> str:
    """The words that fit the pattern ``old``, as ``new`` has them; the others as they are."""
    before, sign, after = old.partition("%")
    made = []
    for word in words.split():
        if sign and word.startswith(before) and word.endswith(after) and len(word) >= len(before) + len(after):
            made.append(new.replace("%", word[len(before) : len(word) - len(after)], 1))
        else:
            made.append(new if not sign and word == old else word)
    return " ".join(made)


def _fits(patterns: str, word: str) -> bool:
    return any(
        re.fullmatch(".*".join(re.escape(part) for part in one.split("%", 1)), word) is not None
        for one in patterns.split()
    )


def _number(text: str) -> int:
    if not text.strip().isdecimal():
        raise NotExact("make")
    return int(text)


def _plain(count: int, run: Callable[..., str]) -> Callable[[Sequence[str], _Expand], str]:
    """A function of ``count`` arguments, which are worked out before; the last keeps its commas."""

    def work(arguments: Sequence[str], expand: _Expand) -> str:
        if len(arguments) < count:
            raise NotExact("make")
        head = [expand(one) for one in arguments[: count - 1]]
        return run(*head, expand(",".join(arguments[count - 1 :])))

    return work


def _each(run: Callable[[str], str]) -> Callable[[str], str]:
    return lambda words: " ".join(filter(None, map(run, words.split())))


def _if(arguments: Sequence[str], expand: _Expand) -> str:
    condition, *ways = arguments
    if expand(condition.strip()):
        return expand(ways[0]) if ways else ""
    return expand(",".join(ways[1:])) if ways[1:] else ""


def _or(arguments: Sequence[str], expand: _Expand) -> str:
    return next((said for one in arguments if (said := expand(one.strip()))), "")


def _and(arguments: Sequence[str], expand: _Expand) -> str:
    said = ""
    for one in arguments:
        said = expand(one.strip())
        if not said:
            return ""
    return said


def _foreach(arguments: Sequence[str], expand: _Expand) -> str:
    if len(arguments) < 3:
        raise NotExact("make")
    name, words, text = expand(arguments[0]).strip(), expand(arguments[1]), ",".join(arguments[2:])
    return " ".join(expand(text, {name: word}) for word in words.split())


def _list(first: str, last: str, words: str) -> str:
    return " ".join(words.split()[max(_number(first) - 1, 0) : _number(last)])


def _joined(one: str, two: str) -> str:
    left, right = one.split(), two.split()
    longest = max(len(left), len(right))
    pad = [""] * longest
    return " ".join(a + b for a, b in zip((left + pad)[:longest], (right + pad)[:longest], strict=True))


FUNCTIONS: dict[str, Callable[[Sequence[str], _Expand], str]] = {
    "subst": _plain(3, lambda old, new, text: text.replace(old, new) if old else text + new),
    "patsubst": _plain(3, lambda old, new, text: substituted(old.strip(), new.strip(), text)),
    "strip": _plain(1, lambda text: " ".join(text.split())),
    "findstring": _plain(2, lambda part, text: part if part in text else ""),
    "filter": _plain(2, lambda patterns, text: " ".join(one for one in text.split() if _fits(patterns, one))),
    "filter-out": _plain(2, lambda patterns, text: " ".join(one for one in text.split() if not _fits(patterns, one))),
    "sort": _plain(1, lambda text: " ".join(sorted(set(text.split())))),
    "word": _plain(2, lambda at, text: _list(at, at, text)),
    "wordlist": _plain(3, _list),
    "words": _plain(1, lambda text: str(len(text.split()))),
    "firstword": _plain(1, lambda text: next(iter(text.split()), "")),
    "lastword": _plain(1, lambda text: next(reversed(text.split()), "")),
    "dir": _plain(1, _each(lambda word: word[: word.rfind("/") + 1] or "./")),
    "notdir": _plain(1, _each(lambda word: word.rpartition("/")[2])),
    "suffix": _plain(1, _each(lambda word: posixpath.splitext(word)[1])),
    "basename": _plain(1, _each(lambda word: posixpath.splitext(word)[0])),
    "addprefix": _plain(2, lambda prefix, text: " ".join(prefix + one for one in text.split())),
    "addsuffix": _plain(2, lambda suffix, text: " ".join(one + suffix for one in text.split())),
    "join": _plain(2, _joined),
    "if": _if,
    "or": _or,
    "and": _and,
    "foreach": _foreach,
}
"""Each takes its arguments as they stand there, and what works them out."""
