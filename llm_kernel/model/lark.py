"""A grammar in Lark's notation, for tools that take one: OpenAI's custom tools read it, as llguidance does.

Terminals are read greedily there: free text in a terminal of its own would swallow what follows it. So each line is one
terminal, a single regular expression, as far as it names no rule that is more than characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

__all__ = ["lark"]

_RULE = re.compile(r"^([a-z][a-z0-9-]*) ::= ?(.*)$", re.MULTILINE)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<chars>\[\^?(?:[^\]\\]|\\.)*\])|(?P<name>[a-z][a-z0-9-]*)"""
    r"""|(?P<many>[*+?]|\{\d+(?:,\d*)?\})|(?P<mark>[()|]))"""
)
_ESCAPE = re.compile(r"\\(U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_SPECIAL = frozenset(".^$*+?{}[]\\|()/")
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class _Item:
    """A part of a rule and how often it comes: a text, a class of characters, a rule's name, or ways in brackets."""

    kind: str
    text: str = ""
    ways: _Ways = ()
    many: str = ""


_Ways: TypeAlias = "tuple[tuple[_Item, ...], ...]"


def lark(gbnf: str) -> str:
    """The same grammar; ``gbnf`` is llama.cpp's notation, as far as plans are written in it.

    Raises:
        ValueError: for a grammar that is not.
    """
    rules = {name: _Reader(body).ways() for name, body in _RULE.findall(gbnf)}
    if "root" not in rules or any(name not in rules for ways in rules.values() for name in _names(ways)):
        raise ValueError("a rule is missing")
    patterns: dict[str, str] = {}
    short = {name: ways for name, ways in rules.items() if not _breaks(ways)}
    while fresh := {
        name: made
        for name, ways in short.items()
        if name not in patterns and (made := _pattern(ways, patterns)) is not None
    }:
        patterns |= fresh
    used, todo = {"root"}, ["root"]
    while todo:
        for name in _names(rules[todo.pop()]):
            if name not in patterns and name not in used:
                used.add(name)
                todo.append(name)
    return "".join(
        f"{_rule(name)}: {_written(rules[name], patterns)}".rstrip() + "\n" for name in rules if name in used
    )


class _Reader:
    """Reads one rule's body."""

    def __init__(self, body: str) -> None:
        self._tokens = list(_tokens(body))

    def ways(self, depth: int = 0) -> _Ways:
        """The ways to the end, or to the bracket that closes them.

        Raises:
            ValueError: where a bracket is missing, or too many are inside each other.
        """
        if depth > _DEEPEST:
            raise ValueError("a rule is too deep")
        ways: list[list[_Item]] = [[]]
        while self._tokens:
            kind, text = self._tokens.pop(0)
            if text == ")" and kind == "mark":
                if not depth:
                    raise ValueError("a rule closes what is not open")
                return tuple(map(tuple, ways))
            if text == "|" and kind == "mark":
                ways.append([])
                continue
            inner = self.ways(depth + 1) if kind == "mark" else ()
            many = self._tokens.pop(0)[1] if self._tokens and self._tokens[0][0] == "many" else ""
            if kind == "many":
                raise ValueError("a rule counts nothing")
            ways[-1].append(_Item("group" if kind == "mark" else kind, text, inner, many))
        if depth:
            raise ValueError("a rule is open")
        return tuple(map(tuple, ways))


def _tokens(body: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(body.rstrip())
    while at < end:
        match = _TOKEN.match(body, at)
        if match is None:
            raise ValueError(f"this is no rule: {body[at : at + 40]}")
        yield str(match.lastgroup), match[str(match.lastgroup)]
        at = match.end()


def _names(ways: _Ways) -> Iterator[str]:
    for way in ways:
        for item in way:
            if item.kind == "name":
                yield item.text
            yield from _names(item.ways)


def _breaks(ways: _Ways) -> bool:
    """Whether a line ends in one of these ways."""
    return any(_breaks(item.ways) or (item.kind == "text" and "\n" in _said(item.text)) for way in ways for item in way)


def _rule(name: str) -> str:
    return "start" if name == "root" else name.replace("-", "_")


# -- characters: regular expressions


def _pattern(ways: _Ways, patterns: Mapping[str, str]) -> str | None:
    """Ways as one regular expression; None where they name a rule that is none."""
    made = []
    for way in ways:
        parts = [_atom(item, patterns) for item in way]
        if None in parts:
            return None
        made.append("".join(part or "" for part in parts))
    return made[0] if len(made) == 1 else f"(?:{'|'.join(made)})"


def _atom(item: _Item, patterns: Mapping[str, str]) -> str | None:
    match item.kind:
        case "text":
            plain = "".join(_escaped(letter) for letter in _said(item.text))
            return f"(?:{plain}){item.many}" if item.many else plain
        case "chars":
            return item.text.replace("/", "\\/") + item.many
        case "name":
            found = patterns.get(item.text)
        case _:
            found = _pattern(item.ways, patterns)
    return f"(?:{found}){item.many}" if found is not None and item.many else found


def _escaped(letter: str) -> str:
    if letter in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[letter]
    return f"\\{letter}" if letter in _SPECIAL else letter


# -- lines: rules


def _written(ways: _Ways, patterns: Mapping[str, str]) -> str:
    return " | ".join(_sequence(way, patterns) for way in ways)


def _sequence(way: tuple[_Item, ...], patterns: Mapping[str, str]) -> str:
    """Parts in their order, what lies between two names as a terminal for each line."""
    parts: list[str] = []
    line = ""
    for item in (piece for one in way for piece in _lines(one)):
        ends = _breaks(((item,),))
        made = None if ends and item.kind == "group" else _atom(item, patterns)
        if made is not None and item.many and ends:
            turn = _terminal(_atom(replace(item, many=""), patterns) or "")
            parts += [_terminal(line), turn + _times(item.many)]
            line = ""
            continue
        if made is not None:
            line += made
            if ends:
                parts.append(_terminal(line))
                line = ""
            continue
        parts.append(_terminal(line))
        line = ""
        inner = _rule(item.text) if item.kind == "name" else f"({_written(item.ways, patterns)})"
        parts.append(inner + _times(item.many))
    return " ".join(filter(None, [*parts, _terminal(line)]))


def _lines(item: _Item) -> list[_Item]:
    """A text of several lines as so many texts."""
    if item.kind != "text" or item.many:
        return [item]
    return [
        _Item("text", f'"{piece}"') for piece in re.findall(r"(?:[^\\]|\\[^n])*(?:\\n|\Z)", item.text[1:-1]) if piece
    ]


def _terminal(pattern: str) -> str:
    """A regular expression as Lark has it; it may not match nothing."""
    if not pattern:
        return ""
    if re.fullmatch(pattern, "") is None:
        return f"/{pattern}/"
    found = re.fullmatch(r"(\[(?:[^\]\\]|\\.)*\])(\*|\?|\{0,(\d+)\})", pattern)
    if found is None:
        raise ValueError("a rule may be nothing at all")
    more = {"*": "+", "?": ""}.get(found[2], f"{{1,{found[3]}}}")
    return f"/{found[1]}{more}/?"


def _times(many: str) -> str:
    """A count of turns: ``~2..5``."""
    if not many.startswith("{"):
        return many
    low, comma, high = many[1:-1].partition(",")
    if not comma:
        return f"~{low}"
    if high:
        return f"~{low}..{high}"
    return {"0": "*", "1": "+"}.get(low, "*")


def _said(text: str) -> str:
    """What a quoted text means."""

    def plain(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if len(code) > 1 else _PLAIN.get(code, code)

    return _ESCAPE.sub(plain, text[1:-1])
