"""Places in an expression at which a generator stops, and what it goes on with is put in."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from .code import Goes, Says, expression
from .frames import Frame
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__ = ["OWN", "Going", "Item", "Sent", "asked", "awaited", "yields"]

Going: TypeAlias = "Generator[Any, Any, Any]"

OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)
_STOPS = (ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)
_PARTS = (ast.Call, ast.BinOp, ast.Tuple, ast.List, ast.Compare, ast.JoinedStr, ast.FormattedValue, ast.Subscript,
          ast.Attribute, ast.NamedExpr, ast.UnaryOp, ast.keyword, ast.Starred)  # fmt: skip
"""Syntax whose parts are taken one after the other, so that one of them may be put off."""

_WHOLES: dict[type[ast.AST], Any] = {ast.ListComp: list, ast.SetComp: set, ast.DictComp: dict}
"""Syntax that makes something of items, and what it makes."""


class Item:
    """What an asynchronous generator yields: its steps yield what they await as well."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def yields(node: ast.AST) -> bool:
    """Whether what carries it out may stop within it."""
    if isinstance(node, _STOPS) or (isinstance(node, ast.comprehension) and node.is_async):
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
            return self._put_off(node, _stop(node, expression(value, self._scope), streams=self._scope.streams))
        if type(node) in _WHOLES and yields(node):
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


def _stop(node: ast.Yield | ast.YieldFrom | ast.Await, before: Says, *, streams: bool) -> Goes:
    def run(frame: Frame) -> Going:
        value = before(frame)
        frame.node = node
        if isinstance(node, ast.Yield):
            return (yield Item(value) if streams else value)
        return (yield from awaited(value) if isinstance(node, ast.Await) else value)

    return run


def _gathered(node: Any, scope: Scope) -> Goes:
    """A list, set or dict whose items are awaited one after the other."""
    part, *more = node.generators
    if more or yields(part.iter) or any(map(yields, part.ifs)):
        raise Doubt(f"a yield within {type(node).__name__}")
    inner = Scope("comprehension", node, scope, scope.path)
    items, keep = expression(part.iter, scope), assign(part.target, inner)
    pair = ast.Tuple([node.key, node.value], ast.Load()) if isinstance(node, ast.DictComp) else None
    passing, sent = [expression(test, inner) for test in part.ifs], Sent(pair or node.elt, inner)
    whole = _WHOLES[type(node)]

    def turn(own: Frame, value: Any, found: list[Any]) -> Going:
        own.module.run.step()
        keep(own, value)
        if all(test(own) for test in passing):
            found.append((yield from sent.run(own)))

    def run(frame: Frame) -> Going:
        own = Frame(frame.module, frame.function, frame, {}, frame.cell)
        found: list[Any] = []
        values = items(frame)
        if not part.is_async:
            for value in values:
                yield from turn(own, value, found)
            return frame.module.run.came(whole(found))
        following = asked(values)
        while True:
            frame.node = node
            try:
                value = yield from following()
            except StopAsyncIteration:
                return frame.module.run.came(whole(found))
            yield from turn(own, value, found)

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


def asked(values: Any) -> Callable[[], Any]:
    """What is asked for each next item of ``async for``."""
    kind = type(values)
    if not hasattr(kind, "__aiter__"):
        raise TypeError(f"'async for' requires an object with __aiter__ method, got {kind.__name__}")
    source = kind.__aiter__(values)
    return lambda: awaited(type(source).__anext__(source))
