"""Syntax turned into what carries it out: a function of a frame for every expression and every statement.

No line of a program is compiled or run by the host's Python: these functions do what the syntax says, one node each.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias, TypeVar

from .frames import Frame
from .scopes import Scope
from .world import Doubt

__all__ = [
    "BREAK",
    "CONTINUE",
    "Does",
    "Goes",
    "Says",
    "block",
    "does",
    "expression",
    "expressions",
    "says",
    "statement",
]

Says: TypeAlias = "Callable[[Frame], Any]"
"""Gives an expression's value."""
Does: TypeAlias = "Callable[[Frame], Any]"
"""Carries a statement out: None, BREAK, CONTINUE, or a tuple with the value that the function returns."""
Goes: TypeAlias = "Callable[[Frame], Generator[Any, Any, Any]]"
"""Carries a statement of a generator out, and yields what it yields."""

BREAK, CONTINUE = "break", "continue"

_Maker = TypeVar("_Maker", bound=Callable[..., Any])
_EXPRESSIONS: dict[type[ast.AST], Callable[[Any, Scope], Says]] = {}
_STATEMENTS: dict[type[ast.AST], Callable[[Any, Scope], Does]] = {}


def says(*kinds: type[ast.AST]) -> Callable[[_Maker], _Maker]:
    """Register what makes the functions of these expressions."""

    def register(maker: _Maker) -> _Maker:
        _EXPRESSIONS.update(dict.fromkeys(kinds, maker))
        return maker

    return register


def does(*kinds: type[ast.AST]) -> Callable[[_Maker], _Maker]:
    """Register what makes the functions of these statements."""

    def register(maker: _Maker) -> _Maker:
        _STATEMENTS.update(dict.fromkeys(kinds, maker))
        return maker

    return register


def expression(node: ast.AST, scope: Scope) -> Says:
    """What gives the value of an expression."""
    maker = _EXPRESSIONS.get(type(node))
    if maker is None:
        raise Doubt(f"syntax: {type(node).__name__}")
    return maker(node, scope)


def expressions(nodes: Sequence[ast.AST], scope: Scope) -> Callable[[Frame], list[Any]]:
    """What gives the values of several, of which some may be starred."""
    parts = [
        (expression(node.value, scope), True) if isinstance(node, ast.Starred) else (expression(node, scope), False)
        for node in nodes
    ]
    plain = [part for part, _ in parts]
    if not any(starred for _, starred in parts):
        return lambda frame: [part(frame) for part in plain]

    def run(frame: Frame) -> list[Any]:
        values: list[Any] = []
        for part, starred in parts:
            if starred:
                values.extend(part(frame))
            else:
                values.append(part(frame))
        return values

    return run


def statement(node: ast.stmt, scope: Scope) -> Does:
    """What carries a statement out."""
    maker = _STATEMENTS.get(type(node))
    if maker is None:
        raise Doubt(f"syntax: {type(node).__name__}")
    return maker(node, scope)


def block(body: Sequence[ast.stmt], scope: Scope) -> Does:
    """What carries statements out, one after the other."""
    steps = [statement(node, scope) for node in body]
    if len(steps) == 1:
        return steps[0]

    def run(frame: Frame) -> Any:
        for step in steps:
            signal = step(frame)
            if signal is not None:
                return signal
        return None

    return run
