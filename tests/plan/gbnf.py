"""Reads GBNF and says whether a text follows it: an independent reader of the dialect that the plan writes."""

from __future__ import annotations

import re
import sys

_TOKEN = re.compile(
    r'\s*(?:(?P<rule>[a-zA-Z][\w-]*)\s*::=|(?P<name>[a-zA-Z][\w-]*)|"(?P<text>(?:[^"\\]|\\.)*)"'
    r"|(?P<chars>\[(?:[^\]\\]|\\.)*\])|(?P<times>\{\d+(?:,\d*)?\})|(?P<sign>[()|*+?]))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def _plain(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        body = match[1]
        return chr(int(body[1:], 16)) if body[0] == "U" else _ESCAPES.get(body, body)

    return re.sub(r"\\(U[0-9A-F]{8}|.)", one, text)


class Gbnf:
    """A grammar that can be asked whether it accepts a text."""

    def __init__(self, source: str) -> None:
        self._tokens = [(m.lastgroup or "", m[m.lastgroup or 0]) for m in self._scan(source)]
        self._rules: dict[str, list] = {}
        while self._tokens:
            kind, name = self._tokens.pop(0)
            assert kind == "rule", name
            self._rules[name] = self._ways()

    @staticmethod
    def _scan(source: str):
        at = 0
        while source[at:].strip():
            match = _TOKEN.match(source, at)
            assert match, f"not GBNF: {source[at : at + 40]!r}"
            at = match.end()
            yield match

    def _ways(self) -> list:
        ways: list = [[]]
        while self._tokens:
            kind, text = self._tokens[0]
            if kind == "rule" or text == ")":
                break
            self._tokens.pop(0)
            if text == "|":
                ways.append([])
                continue
            if text == "(":
                atom = ("ways", self._ways())
                assert self._tokens.pop(0)[1] == ")"
            elif kind == "text":
                atom = ("text", _plain(text))
            elif kind == "chars":
                atom = ("chars", re.compile(text))
            else:
                assert kind == "name", text
                atom = ("name", text)
            ways[-1].append((*atom, *self._times()))
        return ways

    def _times(self) -> tuple[int, int]:
        if self._tokens and self._tokens[0][1] in ("*", "+", "?"):
            return {"*": (0, 10**9), "+": (1, 10**9), "?": (0, 1)}[self._tokens.pop(0)[1]]
        if self._tokens and self._tokens[0][0] == "times":
            low, comma, high = self._tokens.pop(0)[1][1:-1].partition(",")
            return int(low), int(high) if high else (10**9 if comma else int(low))
        return 1, 1

    def accepts(self, text: str) -> bool:
        """Whether the whole text follows the root rule."""
        sys.setrecursionlimit(20000)
        return len(text) in self._rule("root", text, frozenset({0}))

    def _rule(self, name: str, text: str, places: frozenset[int]) -> frozenset[int]:
        return self._any(self._rules[name], text, places)

    def _any(self, ways: list, text: str, places: frozenset[int]) -> frozenset[int]:
        found: set[int] = set()
        for way in ways:
            here = places
            for kind, what, low, high in way:
                here = self._repeat(kind, what, low, high, text, here)
                if not here:
                    break
            found |= here
        return frozenset(found)

    def _repeat(self, kind, what, low: int, high: int, text: str, places: frozenset[int]) -> frozenset[int]:
        reached: set[int] = set(places) if low == 0 else set()
        here, times = places, 0
        while here and times < high:
            here = frozenset(self._once(kind, what, text, here))
            times += 1
            if times >= low:
                fresh = here - reached
                reached |= here
                if not fresh and times > low:
                    break
        return frozenset(reached)

    def _once(self, kind, what, text: str, places: frozenset[int]):
        if kind == "text":
            return {at + len(what) for at in places if text.startswith(what, at)}
        if kind == "chars":
            return {at + 1 for at in places if at < len(text) and what.match(text, at)}
        return self._rule(what, text, places) if kind == "name" else self._any(what, text, places)
