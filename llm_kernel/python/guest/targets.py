"""What is assigned to and deleted: names, attributes, items, and several of them at once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeAlias

from .code import expression
from .frames import Frame
from .names import mangled
from .scopes import Scope
from .world import Doubt

__all__ = ["Keep", "assign", "delete"]

Keep: TypeAlias = "Callable[[Frame, Any], None]"


def assign(node: ast.AST, scope: Scope) -> Keep:
    """What binds a target to a value."""
    match node:
        case ast.Name(id=word):
            return _name(mangled(word, scope), scope.place(word), scope)
        case ast.Attribute(value=value, attr=attr):
            return _attribute(node, expression(value, scope), mangled(attr, scope))
        case ast.Subscript(value=value, slice=key):
            return _item(node, expression(value, scope), expression(key, scope))
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            return _several(node, elts, scope)
    raise Doubt(f"target: {type(node).__name__}")


def _name(word: str, depth: int | None, scope: Scope) -> Keep:
    if depth is None:

        def to_module(frame: Frame, value: Any) -> None:
            frame.module.names[word] = value

        return to_module
    if depth == 0:

        def here(frame: Frame, value: Any) -> None:
            frame.vars[word] = value

        return here

    def further(frame: Frame, value: Any) -> None:
        holder: Any = frame
        for _ in range(depth):
            holder = holder.up
        holder.vars[word] = value

    return further


def _attribute(node: ast.AST, value: Any, word: str) -> Keep:
    def keep(frame: Frame, new: Any) -> None:
        holder = value(frame)
        frame.node = node
        frame.module.run.reach.set(holder, word, new)

    return keep


def _item(node: ast.AST, value: Any, key: Any) -> Keep:
    def keep(frame: Frame, new: Any) -> None:
        holder, word = value(frame), key(frame)
        frame.node = node
        holder[word] = new

    return keep


def _several(node: ast.AST, elts: list[ast.expr], scope: Scope) -> Keep:
    starred = [index for index, part in enumerate(elts) if isinstance(part, ast.Starred)]
    keeps = [assign(part.value if isinstance(part, ast.Starred) else part, scope) for part in elts]
    count = len(elts)

    def keep(frame: Frame, value: Any) -> None:
        frame.node = node
        values = _unpacked(value, count, starred[0] if starred else None)
        for one, item in zip(keeps, values, strict=True):
            one(frame, item)

    return keep


def _unpacked(value: Any, count: int, starred: int | None) -> list[Any]:
    """The items of a value, as many as there are targets."""
    try:
        source = iter(value)
    except TypeError:
        if hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__"):
            raise
        raise TypeError(f"cannot unpack non-iterable {type(value).__name__} object") from None
    if starred is None:
        found: list[Any] = []
        for item in source:
            if len(found) == count:
                raise ValueError(f"too many values to unpack (expected {count})")
            found.append(item)
        if len(found) < count:
            raise ValueError(f"not enough values to unpack (expected {count}, got {len(found)})")
        return found
    found, behind = list(source), count - starred - 1
    if len(found) < count - 1:
        raise ValueError(f"not enough values to unpack (expected at least {count - 1}, got {len(found)})")
    last = len(found) - behind
    return [*found[:starred], found[starred:last], *found[last:]]


def delete(node: ast.AST, scope: Scope) -> Callable[[Frame], None]:
    """What removes a target."""
    match node:
        case ast.Name(id=word):
            return _unbind(word, scope.place(word), node)
        case ast.Attribute(value=value, attr=attr):
            holder, name = expression(value, scope), mangled(attr, scope)

            def attribute(frame: Frame) -> None:
                target = holder(frame)
                frame.node = node
                frame.module.run.reach.delete(target, name)

            return attribute
        case ast.Subscript(value=value, slice=key):
            owner, wanted = expression(value, scope), expression(key, scope)

            def item(frame: Frame) -> None:
                target, word = owner(frame), wanted(frame)
                frame.node = node
                del target[word]

            return item
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            parts = [delete(part, scope) for part in elts]

            def several(frame: Frame) -> None:
                for part in parts:
                    part(frame)

            return several
    raise Doubt(f"target: {type(node).__name__}")


def _unbind(word: str, depth: int | None, node: ast.AST) -> Callable[[Frame], None]:
    def run(frame: Frame) -> None:
        frame.node = node
        holder: Any = frame
        for _ in range(depth or 0):
            holder = holder.up
        names = frame.module.names if depth is None else holder.vars
        if word not in names:
            if depth == 0:
                raise UnboundLocalError(
                    f"cannot access local variable '{word}' where it is not associated with a value"
                )
            raise NameError(f"name '{word}' is not defined")
        del names[word]

    return run
