"""``expr``: numbers, texts and patterns that stand as words of their own."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from llm_kernel.programs.options import Options
from llm_kernel.programs.patterns import extended
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["expr"]

_EXPR = Options("", usage="EXPRESSION", about="Print the value of EXPRESSION to standard output.", status=2)
_NUMBER = re.compile(r"-?\d+")
_COMPARES: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
_TAKES = {"match": 2, "substr": 3, "index": 2, "length": 1}
_DEEPEST = 50
"""Brackets within brackets."""

_LONGEST = 2000
"""Digits of a number, and characters of a text that a pattern is tried on."""

_REPEATS = re.compile(r"\*|\\\+|\\\{")
_NESTED = re.compile(r"\\\((?:[^\\]|\\[^)])*?(?:\*|\\\+|\\\{)(?:[^\\]|\\[^)])*\\\)(?:\*|\\\+|\\\{)")
_TRIES = 10**8
"""How often a pattern may be tried, as far as its repeats tell."""


class _Wrong(Exception):  # noqa: N818 - what the program says, not a fault
    """The expression cannot be computed."""


@exact("expr")
def expr(call: Call) -> Answer:
    """Compute; the status is 1 for nothing or zero, 2 for a wrong expression."""
    if call.args in (("--help",), ("--version",)):
        told = _EXPR.parse(call)
        assert isinstance(told, Answer)
        return told
    words = list(call.args[1:] if call.args[:1] == ("--",) else call.args)
    if not words:
        return _EXPR.refuse(call, "missing operand")
    try:
        reader = _Reader(words, call.env)
        value = reader.value()
        if reader.at < len(words):
            raise _Wrong(f"syntax error: unexpected argument {said(words[reader.at], call.env)}")
    except _Wrong as wrong:
        return Answer(stderr=f"expr: {wrong}\n", status=2)
    return Answer(f"{value}\n", status=int(_nothing(value)))


class _Reader:
    """Words read by recursive descent, weakest operator first."""

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        self.words, self.env, self.at, self._deep = words, env, 0, 0

    def value(self) -> str:
        """What the words from here on come to."""
        self._deep += 1
        if self._deep > _DEEPEST:
            raise _Wrong("memory exhausted")
        left = self._both()
        while self._takes("|"):
            right = self._both()
            left = ("0" if _nothing(right) else right) if _nothing(left) else left
        self._deep -= 1
        return left

    def _both(self) -> str:
        left = self._compared()
        while self._takes("&"):
            right = self._compared()
            left = "0" if _nothing(left) or _nothing(right) else left
        return left

    def _compared(self) -> str:
        left = self._sum()
        while sign := self._takes(*_COMPARES):
            right = self._sum()
            numbers = _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right)
            pair = (_number(left), _number(right)) if numbers else (left, right)
            left = str(int(_COMPARES[sign](*pair)))
        return left

    def _sum(self) -> str:
        left = self._product()
        while sign := self._takes("+", "-"):
            one, other = _number(left), _number(self._product())
            left = str(one + other if sign == "+" else one - other)
        return left

    def _product(self) -> str:
        left = self._matched()
        while sign := self._takes("*", "/", "%"):
            one, other = _number(left), _number(self._matched())
            if sign != "*" and not other:
                raise _Wrong("division by zero")
            if sign == "*":
                left = str(one * other)
            else:
                whole = abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
                left = str(whole if sign == "/" else one - whole * other)
            if len(left) > _LONGEST:
                raise _Wrong("memory exhausted")
        return left

    def _matched(self) -> str:
        left = self._single()
        while self._takes(":"):
            left = _match(left, self._single())
        return left

    def _single(self) -> str:
        word = self._next()
        if word == "(":
            inner = self.value()
            if self.at >= len(self.words):
                raise _Wrong(f"syntax error: expecting ')' after {said(self.words[-1], self.env)}")
            if not self._takes(")"):
                raise _Wrong(f"syntax error: expecting ')' instead of {said(self.words[self.at], self.env)}")
            return inner
        if word == ")":
            raise _Wrong("syntax error: unexpected ')'")
        if word == "+":
            return self._next()
        if word not in _TAKES:
            return word
        given = [self._single() for _ in range(_TAKES[word])]
        return self._named(word, given)

    def _named(self, word: str, given: list[str]) -> str:
        text = given[0]
        if word == "match":
            return _match(text, given[1])
        if word == "length":
            return str(len(text))
        if word == "index":
            return str(min((text.find(char) + 1 for char in given[1] if char in text), default=0))
        if not (_NUMBER.fullmatch(given[1]) and _NUMBER.fullmatch(given[2])):
            return ""
        start, length = int(given[1]), int(given[2])
        return text[start - 1 : start - 1 + length] if start > 0 and length > 0 else ""

    def _next(self) -> str:
        if self.at >= len(self.words):
            raise _Wrong(f"syntax error: missing argument after {said(self.words[-1], self.env)}")
        self.at += 1
        return self.words[self.at - 1]

    def _takes(self, *words: str) -> str:
        if self.at < len(self.words) and self.words[self.at] in words:
            self.at += 1
            return self.words[self.at - 1]
        return ""


def _nothing(value: str) -> bool:
    return not value or bool(re.fullmatch(r"-?0+", value))


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST:
        raise _Wrong("non-integer argument")
    return int(text)


def _match(text: str, pattern: str) -> str:
    text = text[:_LONGEST]
    if _NESTED.search(pattern) or len(text) ** len(_REPEATS.findall(pattern)) > _TRIES:
        raise _Wrong("Regular expression too big")
    try:
        found = re.match(extended(pattern), text, re.DOTALL)
    except re.error as err:
        raise _Wrong("Invalid regular expression") from err
    grouped = r"\(" in pattern
    if found is None:
        return "" if grouped else "0"
    return found[1] or "" if grouped else str(found.end())
