"""Names that are read, also those that only a class knows."""

from __future__ import annotations

import ast
import builtins
from typing import Any

from .code import Says, expression, says
from .frames import Frame
from .scopes import Scope
from .world import Doubt

__all__ = ["fetch", "mangled"]


@says(ast.Name)
def name(node: ast.Name, scope: Scope) -> Says:
    """A name that is read."""
    return fetch(node.id, scope, node)


def fetch(word: str, scope: Scope, node: ast.AST) -> Says:
    """What gives the value that a name has."""
    depth = scope.place(word)
    if word == "__class__" and depth is None:
        return lambda frame: frame.cell[0] if frame.cell else _global(frame, word, node)
    if depth is None or scope.kind == "module":
        return lambda frame: _global(frame, word, node)
    if scope.kind == "class":
        return _of_class(word, depth, scope, node)

    def run(frame: Frame) -> Any:
        holder: Any = frame
        for _ in range(depth):
            holder = holder.up
        try:
            return holder.vars[word]
        except KeyError:
            pass
        frame.node = node
        if depth == 0 and scope.kind != "comprehension":
            raise UnboundLocalError(
                f"cannot access local variable '{word}' where it is not associated with a value"
            ) from None
        raise NameError(
            f"cannot access free variable '{word}' where it is not associated with a value in enclosing scope"
        ) from None

    return run


def _of_class(word: str, depth: int, scope: Scope, node: ast.AST) -> Says:
    outer = Scope("function", ast.Module([], []), scope.around).place(word) if depth == 0 else depth + 1

    def run(frame: Frame) -> Any:
        if depth == 0:
            try:
                return frame.vars[word]
            except KeyError:
                pass
        holder: Any = frame
        if outer is None:
            return _global(frame, word, node)
        for _ in range(outer):
            holder = holder.up
        if word in holder.vars:
            return holder.vars[word]
        return _global(frame, word, node)

    return run


def _global(frame: Frame, word: str, node: ast.AST) -> Any:
    names = frame.module.names
    if word in names:
        return names[word]
    own = names["__builtins__"]
    if word in own:
        return own[word]
    if hasattr(builtins, word) or frame.module.stars:
        raise Doubt(f"builtin: {word}")
    frame.node = node
    raise NameError(f"name '{word}' is not defined", name=word)


@says(ast.NamedExpr)
def named(node: ast.NamedExpr, scope: Scope) -> Says:
    """An assignment within an expression."""
    value, word = expression(node.value, scope), node.target.id
    depth = scope.place(word)

    def run(frame: Frame) -> Any:
        found = value(frame)
        if depth is None:
            frame.module.names[word] = found
        else:
            holder: Any = frame
            for _ in range(depth):
                holder = holder.up
            holder.vars[word] = found
        return found

    return run


def mangled(word: str, scope: Scope) -> str:
    """A private name is its class's own."""
    if not word.startswith("__") or word.endswith("__"):
        return word
    inner: Scope | None = scope
    while inner is not None and inner.kind != "class":
        inner = inner.around
    owner = inner.path.rpartition(".")[2].lstrip("_") if inner is not None else ""
    return f"_{owner}{word}" if owner else word
