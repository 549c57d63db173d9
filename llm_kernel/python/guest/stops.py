"""Places in an expression at which a generator stops, and what it goes on with is put in."""

from __future__ import annotations

import ast
from collections.abc import Generator
from typing import Any, TypeAlias

from .code import Goes, Says, expression
from .frames import Frame
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__ = ["OWN", "Going", "Sent", "awaited", "yields"]

Going: TypeAlias = "Generator[Any, Any, Any]"

OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)
_STOPS = (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)
_PARTS = (ast.Call, ast.BinOp, ast.Tuple, ast.List, ast.Compare, ast.JoinedStr, ast.FormattedValue, ast.Subscript,
          ast.Attribute, ast.NamedExpr, ast.UnaryOp, ast.keyword, ast.Starred)  # fmt: skip
"""Syntax whose parts are taken one after the other, so that one of them may be put off."""


def yields(node: ast.AST) -> bool:
    """Whether what carries it out may stop within it."""
    if isinstance(node, _STOPS):
        return True
    return any(yields(part) for part in ast.iter_child_nodes(node) if not isinstance(part, OWN))


class Sent:
    """An expression with such places."""

    def __init__(self, node: ast.expr, scope: Scope) -> None:
        self._yields: list[tuple[Goes, str]] = []
        self._scope = scope
        self._whole: Says | None = None
        self._alone = isinstance(node, ast.Yield | ast.YieldFrom | ast.Await)
        changed = self._taken(node)
        if not self._alone:
            self._whole = expression(changed, scope)

    def _taken(self, node: Any) -> Any:
        """The expression with names of ours where it yields; what stands before a yield must change nothing."""
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await):
            value = self._taken(node.value) if node.value is not None else ast.Constant(None)
            return self._put_off(node, _stop(node, expression(value, self._scope)))
        if isinstance(node, ast.ListComp) and yields(node.elt):
            return self._put_off(node, _gathered(node, self._scope))
        parts = list(ast.iter_child_nodes(node))
        if not any(yields(part) for part in parts):
            return node
        if not isinstance(node, _PARTS):
            raise Doubt(f"a yield within {type(node).__name__}")
        fields: dict[str, Any] = {}
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[field] = [
                    self._taken(part) if isinstance(part, ast.expr | ast.keyword) else part for part in value
                ]
            else:
                fields[field] = self._taken(value) if isinstance(value, ast.expr) else value
        for part in parts:
            if isinstance(part, ast.expr | ast.keyword) and not (yields(part) or _still(part)):
                raise Doubt("a yield beside a call")
        made: Any = type(node)
        return ast.copy_location(made(**fields), node)

    def run(self, frame: Frame) -> Going:
        """Yield, and give the expression's value."""
        value: Any = None
        for going_on, word in self._yields:
            value = yield from going_on(frame)
            frame.vars[word] = value
        return value if self._whole is None else self._whole(frame)

    def _put_off(self, node: ast.expr, step: Goes) -> ast.expr:
        word = f".{len(self._yields)}"
        self._yields.append((step, word))
        self._scope.bound.add(word)
        return ast.copy_location(ast.Name(word, ast.Load()), node)


def _stop(node: ast.Yield | ast.YieldFrom | ast.Await, before: Says) -> Goes:
    def run(frame: Frame) -> Going:
        value = before(frame)
        frame.node = node
        if isinstance(node, ast.Yield):
            return (yield value)
        return (yield from awaited(value) if isinstance(node, ast.Await) else value)

    return run


def _gathered(node: ast.ListComp, scope: Scope) -> Goes:
    """A list whose items are awaited one after the other."""
    part, *more = node.generators
    if more or part.is_async or yields(part.iter) or any(map(yields, part.ifs)):
        raise Doubt("a yield within ListComp")
    inner = Scope("comprehension", node, scope, scope.path)
    items, keep = expression(part.iter, scope), assign(part.target, inner)
    passing, sent = [expression(test, inner) for test in part.ifs], Sent(node.elt, inner)

    def run(frame: Frame) -> Going:
        own = Frame(frame.module, frame.function, frame, {}, frame.cell)
        found = []
        for value in items(frame):
            frame.module.run.step()
            keep(own, value)
            if all(test(own) for test in passing):
                found.append((yield from sent.run(own)))
        return found

    return run


def _still(node: ast.AST) -> bool:
    """Whether it is the same before and after what stands beside it."""
    if isinstance(node, ast.Attribute | ast.Starred | ast.keyword):
        return _still(node.value)
    return isinstance(node, ast.Name | ast.Constant)


def awaited(value: Any) -> Any:
    """What is asked for the value of ``await``."""
    if not hasattr(type(value), "__await__"):
        raise TypeError(f"object {type(value).__name__} can't be used in 'await' expression")
    return type(value).__await__(value)
