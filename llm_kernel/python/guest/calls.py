"""Calls, and what comes of them."""

from __future__ import annotations

import ast
from types import BuiltinMethodType
from typing import Any

from .code import Says, expression, expressions, says
from .frames import Frame
from .scopes import Scope
from .world import Doubt

__all__: list[str] = []


@says(ast.Call)
def called(node: ast.Call, scope: Scope) -> Says:
    """A call."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and scope.place("super") is None:
        return _super(node, scope)
    func, args = expression(node.func, scope), expressions(node.args, scope)
    words = [(word.arg, expression(word.value, scope)) for word in node.keywords]
    if not words:

        def plain(frame: Frame) -> Any:
            target = func(frame)
            values = args(frame)
            frame.node = node
            if target is type and len(values) != 1:
                raise Doubt("a class that is made by a call")
            return _came(frame, target, values, target(*values))

        return plain

    def run(frame: Frame) -> Any:
        target = func(frame)
        values = args(frame)
        named: dict[str, Any] = {}
        for word, value in words:
            found = value(frame)
            more = {word: found} if word is not None else found
            if word is None and not all(isinstance(key, str) for key in found):
                raise Doubt("keywords")
            if more.keys() & named.keys():
                raise Doubt("a keyword twice")
            named.update(more)
        frame.node = node
        return _came(frame, target, values, target(*values, **named))

    return run


def _came(frame: Frame, target: Any, values: list[Any], found: Any) -> Any:
    """What a call gave."""
    if target is map:
        frame.module.run.reach.hashes.check_mapped(values[0])
    if found is not None:
        return frame.module.run.came(found)
    if type(target) is BuiltinMethodType and type(target.__self__) is set:
        frame.module.run.reach.hashes.check_added(target, values)
    return None


def _super(node: ast.Call, scope: Scope) -> Says:
    depth, inner = 0, scope
    while inner.kind == "comprehension" and inner.around is not None:
        depth, inner = depth + 1, inner.around

    def run(frame: Frame) -> Any:
        holder: Any = frame
        for _ in range(depth):
            holder = holder.up
        frame.node = node
        if not holder.cell or not holder.cell[0]:
            raise Doubt("super without a class")
        return super(holder.cell[0], holder.first)

    return run
