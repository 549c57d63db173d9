"""Extended regular expressions as mawk has them: the leftmost match and the longest of those, without slow ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from llm_kernel.programs.awk.faults import MistakeError
from llm_kernel.programs.patterns import CLASSES

__all__ = ["Pattern", "pattern"]

_PLAIN = re.compile(r"[^][\\^$.|?*+(){}/]*")
_LIST = re.compile(r"\[(\^?)(\]?(?:\[:\w+:\]|\\.|[^]\\])*)\]")
_CLASS = re.compile(r"\[:(\w+):\]")
_PLAINLY = re.compile(r"\[(\^?)(\]?(?:\\.|[^]\\])*)\]")
"""A list where classes have no names."""

_INTERVAL = re.compile(r"\{(?:\d+(?:,\d*)?|(,\d+))\}")
_ESCAPES = {"n": r"\n", "t": r"\t", "r": r"\r", "f": r"\f", "v": r"\v", "a": r"\a", '"': '"', "/": "/"}
_ONE = r"(?:[^][\\^$.|?*+(){}]|\.|\\[^0-9]|\[\^?(?:\\.|[^]\\])*\])"
_QUICK = re.compile(rf"(\^?{_ONE}*[*+?]?{_ONE}*)(\$?)")
"""Patterns with one repetition at most, of one letter: of these the first match is the longest."""

_LONG = 5000
"""Letters of a text in which even such a pattern is not looked for by trying."""

_KEPT = 500
"""Patterns that are kept as they were understood."""


class Pattern:
    """A pattern of an awk program, with where it is found in a text."""

    def __init__(self, source: str, *, intervals: bool, classes: bool) -> None:
        self._source = source
        self._plain = _PLAIN.fullmatch(source) is not None
        text = "" if self._plain else _translated(source, intervals, classes)
        self._sure = None if self._plain else _sure(text, source)
        self._last = "", b""
        quick = None if self._plain else _QUICK.fullmatch(text)
        self._quick = re.compile(quick[1] + (r"\Z" if quick[2] else ""), re.DOTALL | re.ASCII) if quick else None

    def within(self, text: str) -> bool:
        """Whether it is found at all."""
        return self._source in text if self._plain else self.find(text) is not None

    def find(self, text: str, at: int = 0) -> tuple[int, int] | None:
        """Where the first match from ``at`` on begins and ends."""
        if self._plain:
            begin = text.find(self._source, at)
            return (begin, begin + len(self._source)) if begin >= 0 else None
        if self._quick and len(text) < _LONG:
            quick = self._quick.search(text, at)
            return quick.span() if quick else None
        assert self._sure is not None
        if text is not self._last[0]:
            self._last = text, text.encode("latin-1")
        found = self._sure().search(self._last[1], at)
        return found.span() if found else None


@lru_cache(_KEPT)
def pattern(source: str, intervals: bool, classes: bool) -> Pattern:
    """The pattern of a text.

    Raises:
        MistakeError: it is none.
    """
    return Pattern(source, intervals=intervals, classes=classes)


def _sure(text: str, source: str) -> Callable[[], Any]:
    """The engine that takes no more time than a text is long; made when it is first asked for."""

    @lru_cache(1)
    def made() -> Any:
        import re2  # it takes a while to load, and few commands need it

        options = re2.Options()
        options.longest_match = options.posix_syntax = options.one_line = options.dot_nl = True
        options.log_errors = False
        options.encoding = re2.Options.Encoding.LATIN1
        try:
            return re2.compile(text.encode("latin-1"), options)  # type: ignore[no-untyped-call]
        except re2.error as err:
            raise MistakeError(f"regular expression compile failed (missing operand)\n{source}") from err

    return made


def _translated(source: str, intervals: bool, classes: bool) -> str:
    """The same pattern in the engine's words."""
    pieces: list[str] = []
    at = depth = 0
    while at < len(source):
        letter = source[at]
        if letter == "[":
            found = (_LIST if classes else _PLAINLY).match(source, at)
            if found is None:
                raise MistakeError(f"regular expression compile failed (bad class -- [], [^] or [)\n{source}")
            pieces.append(_listed(found[1], found[2], source, classes))
            at = found.end()
            continue
        if letter == "\\" and at + 1 < len(source):
            behind = source[at + 1]
            pieces.append(_ESCAPES.get(behind) or re.escape(behind))
            at += 2
            continue
        if letter == "{":
            found = _INTERVAL.match(source, at) if intervals else None
            pieces.append((f"{{0{found[1]}}}" if found[1] else found[0]) if found else r"\{")
            at = found.end() if found else at + 1
            continue
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth < 0:
                letter, depth = r"\)", 0
        elif letter in "*+?" and (at == 0 or (source[at - 1] in "(|" and source[at - 2 : at - 1] != "\\")):
            raise MistakeError(f"regular expression compile failed (missing operand)\n{source}")
        elif letter in "*+?" and pieces[-1:] and pieces[-1] in ("*", "+", "?"):
            pieces[-1] = pieces[-1] if pieces[-1] == letter else "*"  # one repetition of another
            letter = ""
        elif letter in "}\\":
            letter = f"\\{letter}"
        elif letter == "|" and (at + 1 == len(source) or at == 0 or source[at + 1] in "|)"):
            raise MistakeError(f"regular expression compile failed (missing operand)\n{source}")
        pieces.append(letter)
        at += 1
    if depth:
        raise MistakeError(f"regular expression compile failed (missing ')')\n{source}")
    return "".join(pieces)


def _listed(caret: str, inner: str, source: str, classes: bool) -> str:
    """A list of letters."""
    pieces, at = [], 0
    while at < len(inner):
        found = _CLASS.match(inner, at) if classes else None
        if found:
            if found[1] not in CLASSES:
                raise MistakeError(f"regular expression compile failed (bad class -- [], [^] or [)\n{source}")
            pieces.append(CLASSES[found[1]])
            at = found.end()
        elif inner[at] == "\\" and at + 1 < len(inner):
            pieces.append(_ESCAPES.get(inner[at + 1]) or re.escape(inner[at + 1]))
            at += 2
        elif inner[at + 1 : at + 2] == "-" and at + 2 < len(inner) and inner[at] > inner[at + 2]:
            pieces += [re.escape(inner[at]), re.escape(inner[at + 2])]  # no range, but both its ends
            at += 3
        else:
            pieces.append(inner[at] if inner[at] == "-" and pieces and at + 1 < len(inner) else re.escape(inner[at]))
            at += 1
    return f"[{caret}{''.join(pieces)}]"
