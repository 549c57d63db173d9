"""The language of ``bc``, read line by line."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Node", "Reader", "Wrong"]

_TOKEN = re.compile(
    r"(?P<skip>[ \t\f]+|\\\n|/\*.*?\*/|\#[^\n]*)|(?P<number>[0-9A-F]*\.[0-9A-F]+|[0-9A-F]+\.?)"
    r"|(?P<name>[a-z][a-z0-9_]*)"
    r'|(?P<string>"[^"]*")|(?P<op>\+\+|--|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^=<>!;(){},\[\]\n])|(?P<bad>.)',
    re.S,
)
_WORDS = frozenset("if else while for define auto return break continue quit halt print length scale sqrt read".split())

Node = tuple[Any, ...]
"""A part of a program: what it is, and its parts."""


class Wrong(Exception):  # noqa: N818 - what bc says of its program
    """A mistake in the program or while it runs."""


class Reader:
    """Takes a program apart, one line at a time; ``address`` follows where bc's own code would stand."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        row = 1
        for found in _TOKEN.finditer(text):
            if found.lastgroup != "skip":
                self.tokens.append((found.lastgroup or "", found[0], row))
            row += found[0].count("\n")
        self.at, self.row, self.last, self.address = 0, 1, row, 0

    @property
    def ended(self) -> bool:
        return self.at >= len(self.tokens)

    def _peek(self) -> tuple[str, str]:
        if self.ended:
            self.row = self.last
            return "end", ""
        kind, text, self.row = self.tokens[self.at]
        return kind, text

    def _is(self, *words: str) -> bool:
        kind, text = self._peek()
        return kind in ("op", "name") and text in words

    def _take(self) -> str:
        _, text = self._peek()
        self.at += 1
        return text

    def _want(self, word: str) -> None:
        if not self._is(word):
            if self._peek() == ("op", "\n"):
                self.at += 1
                self._peek()
            raise Wrong("syntax error")
        self.at += 1

    def skip(self) -> None:
        """Go on behind the line's end."""
        while not self.ended and self._take() != "\n":
            pass

    def line(self) -> list[Node]:
        """The statements up to the end of the line."""
        self.address, nodes = 0, []
        while not self.ended and not self._is("\n"):
            if self._is(";"):
                self.at += 1
                continue
            if self._is("define"):
                nodes.append(self._define())
                continue
            nodes.append(self._statement())
            if not self.ended and not self._is(";", "\n"):
                raise Wrong("syntax error")
        self.at += 1
        return nodes

    def _newlines(self) -> None:
        while self._is("\n"):
            self.at += 1

    def _define(self) -> Node:
        self.at += 1
        if self._is("void"):
            self.at += 1
        name = self._take()
        self._want("(")
        parameters = self._list(")")
        self._newlines()
        self._want("{")
        self._newlines()
        local = []
        if self._is("auto"):
            self.at += 1
            local = self._list("\n", ";")
        return ("define", name, parameters, local, self._body())

    def _list(self, *ends: str) -> list[str]:
        found = []
        while not self._is(*ends):
            word = self._take()
            if self._is("["):
                self.at += 1
                self._want("]")
            if word != ",":
                found.append(word)
            if self.ended:
                raise Wrong("syntax error")
        self.at += 1
        return found

    def _body(self) -> list[Node]:
        nodes = []
        while not self._is("}"):
            if self.ended:
                raise Wrong("syntax error")
            if self._is(";", "\n"):
                self.at += 1
            else:
                nodes.append(self._statement())
        self.at += 1
        return nodes

    def _statement(self) -> Node:
        kind, text = self._peek()
        if kind == "string":
            self.at += 1
            return ("string", text[1:-1])
        if self._is("{"):
            self.at += 1
            return ("block", self._body())
        if kind == "name" and text in ("if", "while", "for"):
            self.at += 1
            return self._compound(text)
        if kind == "name" and text in ("break", "continue", "quit", "halt"):
            self.at += 1
            return ("quit" if text == "halt" else text,)
        if self._is("return"):
            self.at += 1
            return ("return", None if self._is(";", "\n", "}") else self._expression())
        if self._is("print"):
            self.at += 1
            parts: list[Node] = []
            while True:
                parts.append(("string", self._take()[1:-1]) if self._peek()[0] == "string" else self._expression())
                if not self._is(","):
                    return ("print", parts)
                self.at += 1
        node = self._expression()
        return ("drop" if node[0] == "set" else "show", node)

    def _compound(self, word: str) -> Node:
        self._want("(")
        if word == "for":
            parts: list[Node | None] = []
            for end in (";", ";", ")"):
                parts.append(None if self._is(end) else self._expression())
                self._want(end)
            self._newlines()
            return ("for", *parts, self._statement())
        test = self._expression()
        self._want(")")
        self._newlines()
        if word == "while":
            return ("for", None, test, None, self._statement())
        then, mark = self._statement(), self.at
        self._newlines()
        if self._is("else"):
            self.at += 1
            self._newlines()
            return ("if", test, then, self._statement())
        self.at = mark
        return ("if", test, then, None)

    def _expression(self) -> Node:
        return self._level(0)

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        left = self._level(level + 1)
        while self._is(*_LEVELS[level]):
            operator = self._take()
            right = self._level(level + 1)
            if operator in ("&&", "||"):
                left = ("both" if operator == "&&" else "either", left, right)
            else:
                left = ("binary", operator, left, right)
            self.address += 1
        return left

    def _signed(self) -> Node:
        if self._is("-"):
            self.at += 1
            return ("minus", self._signed())
        if self._is("!"):
            self.at += 1
            return ("not", self._signed())
        base = self._atom()
        if self._is("^"):
            self.at += 1
            node: Node = ("binary", "^", base, self._signed())
            self.address += 1
            return node
        return base

    def _atom(self) -> Node:
        kind, text = self._peek()
        if self._is("(") or (kind == "op" and text in ("++", "--")):
            self.at += 1
            if text == "(":
                node = self._expression()
                self._want(")")
                # what stands in brackets is shown, an assignment too
                return ("binary", "+", node, ("number", "0")) if node[0] == "set" else node
            return ("step", self._atom(), 1 if text == "++" else -1, False)
        if kind == "number":
            self.at += 1
            self.address += 1 if text in ("0", "1") else 2 + len(text)
            return ("number", text)
        if kind != "name" or (text in _WORDS and text not in ("length", "scale", "sqrt")):
            if (kind, text) == ("op", "\n"):
                self.at += 1
                self._peek()
            raise Wrong("syntax error")
        self.at += 1
        self.address += 2
        if self._is("("):
            self.at += 1
            arguments: list[Node] = []
            while not self._is(")"):
                arguments.append(self._expression())
                if not self._is(")"):
                    self._want(",")
            self.at += 1
            return ("call", text, arguments)
        target: Node = ("name", text)
        if self._is("["):
            self.at += 1
            target = ("item", text, self._expression())
            self._want("]")
        return self._assigned(target)

    def _assigned(self, target: Node) -> Node:
        if self._is("=", "+=", "-=", "*=", "/=", "%=", "^="):
            return ("set", target, self._take()[:-1], self._expression())
        if self._is("++", "--"):
            return ("step", target, 1 if self._take() == "++" else -1, True)
        return target


_LEVELS = (("||",), ("&&",), ("<", ">", "<=", ">=", "==", "!="), ("+", "-"), ("*", "/", "%"))
