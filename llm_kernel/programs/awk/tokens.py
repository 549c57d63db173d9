"""The words of an awk program, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

from llm_kernel.programs.awk.faults import MistakeError

__all__ = ["BUILTINS", "KEYWORDS", "Token", "tokens", "unescaped"]

KEYWORDS = frozenset(
    """BEGIN END break continue delete do else exit for func function getline if in next nextfile print printf return
    while""".split()
)
BUILTINS = {
    "atan2": (2, 2),
    "close": (1, 1),
    "cos": (1, 1),
    "exp": (1, 1),
    "fflush": (0, 1),
    "gsub": (2, 3),
    "index": (2, 2),
    "int": (1, 1),
    "length": (0, 1),
    "log": (1, 1),
    "match": (2, 2),
    "mktime": (1, 1),
    "rand": (0, 0),
    "sin": (1, 1),
    "split": (2, 3),
    "sprintf": (1, 255),
    "sqrt": (1, 1),
    "srand": (0, 1),
    "strftime": (0, 3),
    "sub": (2, 3),
    "substr": (2, 3),
    "system": (1, 1),
    "systime": (0, 0),
    "tolower": (1, 1),
    "toupper": (1, 1),
}
"""Each function of the language with the fewest and the most arguments that it takes."""

_SPACE = re.compile(r"(?:[ \t\r\v\f]|\\[ \t\r]*\n|#[^\n]*)+")
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_MARK = re.compile(r"\+\+|--|&&|\|\||>>|!~|[-+*/%^=!<>]=|[-+*/%^!<>=~?:,;(){}\[\]$|\n]")
_STRING = re.compile(r'"((?:[^"\\\n]|\\(?:.|\n))*)"')
_REGEX = re.compile(r"/((?:[^/\\\n\[]|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^]\\\n])*\])*)/")
_ESCAPE = re.compile(r'\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(\n)|(["\\abfnrtv/]))')
_LETTERS = {'"': '"', "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_OPERANDS = frozenset(["number", "string", "regex", "name"])
_AFTER = frozenset([")", "]", "++", "--", "getline"])
"""What a slash behind it divides."""

_SHOWN = 10
"""Letters that are shown of a text without an end."""


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is the mark or keyword itself, or what a text of it is; ``called``: a bracket follows at once."""

    kind: str
    text: str
    line: int
    called: bool = False

    @property
    def shown(self) -> str:
        """How a complaint names it."""
        if self.kind == "\n":
            return "end of line"
        if self.kind == "end":
            return "end of file"
        return f"/{self.text}/" if self.kind == "regex" else self.text


def unescaped(text: str) -> str:
    """The contents of a string as they were meant; an unknown escape stays as it is."""
    return _ESCAPE.sub(_letter, text) if "\\" in text else text


def _letter(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 8) & 255)
    if found[2]:
        return chr(int(found[2], 16))
    return "" if found[3] else _LETTERS.get(found[4], found[0])


def tokens(text: str, unknown: Set[str] = frozenset()) -> Iterator[Token]:
    """The tokens of a program, the last of kind ``end``; words that are ``unknown`` are names."""
    at, line, before = 0, 1, "\n"
    while at < len(text):
        if space := _SPACE.match(text, at):
            line += space[0].count("\n")
            at = space.end()
            continue
        token, at = _token(text, at, line, before)
        if token.text in unknown and token.kind in ("builtin", token.text):
            token = replace(token, kind="name")
        yield token
        line += text.count("\n", at - 1, at) if token.kind == "\n" else token.text.count("\\\n")
        before = token.kind
    yield Token("\n", "\n", line)
    yield Token("end", "", line + 1)


def _token(text: str, at: int, line: int, before: str) -> tuple[Token, int]:
    letter = text[at]
    if found := _NUMBER.match(text, at):
        return Token("number", found[0], line), found.end()
    if found := _NAME.match(text, at):
        called = text[found.end() : found.end() + 1] == "("
        kind = found[0] if found[0] in KEYWORDS else "builtin" if found[0] in BUILTINS else "name"
        return Token(kind, found[0], line, called), found.end()
    if letter == '"':
        if found := _STRING.match(text, at):
            return Token("string", unescaped(found[1]), line), found.end()
        raise MistakeError(f"runaway string constant {_begun(text, at)} ...", line)
    if letter == "/" and before not in _OPERANDS and before not in _AFTER and before != "builtin":
        if found := _REGEX.match(text, at):
            return Token("regex", found[1].replace("\\/", "/"), line), found.end()
        raise MistakeError(f"runaway regular expression {_begun(text, at)} ...", line)
    if found := _MARK.match(text, at):
        return Token(found[0], found[0], line), found.end()
    raise MistakeError(f"{line}: unexpected character '{letter}'")


def _begun(text: str, at: int) -> str:
    return text[at : at + 1 + _SHOWN].partition("\n")[0]
