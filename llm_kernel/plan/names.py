"""The names that code mentions, by its text alone."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from llm_kernel.plan.trees import every

__all__ = ["Mentions", "mentions", "yields"]

_PURE = frozenset(
    {"item", "format", "size", "join", "numpy", "cpu", "detach", "sum", "mean", "items", "keys", "values", "get",
     "startswith", "endswith", "lower", "upper", "strip", "lstrip", "rstrip", "split", "splitlines", "encode", "decode"}
)  # fmt: skip
"""Methods that change nothing of their object."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a piece of code mentions: ``names`` and ``attributes``, together ``reads``, and the names of its ``calls``.

    ``writes`` is what it may change; an object is changed by its methods. ``lasting`` are what it reads and what it
    writes beyond its own local names: attributes and globals.
    """

    names: frozenset[str]
    attributes: frozenset[str]
    reads: frozenset[str]
    writes: frozenset[str]
    calls: frozenset[str]
    lasting: tuple[frozenset[str], frozenset[str]]


def mentions(node: ast.AST) -> Mentions:
    """What ``node`` mentions; an object that is called has its class's ``__call__`` or ``forward`` walked."""
    names: set[str] = set()
    attributes: set[str] = set()
    writes: set[str] = set()
    receivers: set[str] = set()
    shared: set[str] = set()
    calls: set[str] = {"__call__", "forward"}
    for each in every(node):
        match each:
            case ast.Name(id=word):
                names.add(word)
                if isinstance(each.ctx, ast.Store):
                    writes.add(word)
            case ast.Attribute(attr=word):
                attributes.add(word)
                if isinstance(each.ctx, ast.Store):
                    writes.add(word)
            case ast.Subscript(value=owner, ctx=ast.Store()):
                writes |= _within(owner, ast.Name) | _within(owner, ast.Attribute)
            case ast.Call(func=function):
                calls.add(function.id if isinstance(function, ast.Name) else getattr(function, "attr", ""))
                if isinstance(function, ast.Attribute) and function.attr not in _PURE:
                    writes |= _within(function, ast.Name)
                    receivers |= _within(function.value, ast.Attribute)
            case ast.Global(names=words) | ast.Nonlocal(names=words):
                shared.update(words)
    reads, beyond = names | attributes, shared | attributes
    lasting = frozenset(reads & beyond), frozenset(writes & beyond | receivers)
    return Mentions(
        frozenset(names), frozenset(attributes), frozenset(reads), frozenset(writes), frozenset(calls), lasting
    )


def _within(node: ast.AST, kind: type[ast.Name] | type[ast.Attribute]) -> set[str]:
    """The names, or the attributes, in an expression."""
    return {each.id if isinstance(each, ast.Name) else each.attr for each in every(node) if isinstance(each, kind)}


def yields(node: ast.AST) -> bool:
    """Whether a function is a generator."""
    stack: list[ast.AST] = list(ast.iter_child_nodes(node))
    while stack:
        each = stack.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            stack += ast.iter_child_nodes(each)
    return False
