"""Classes, and what a program imports."""

from __future__ import annotations

import ast
import types
from typing import Any

from .code import Does, block, does, expression, expressions
from .frames import Frame
from .functions import qualified
from .guards import DUNDERS
from .names import mangled
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__: list[str] = []


@does(ast.ClassDef)
def define(node: ast.ClassDef, scope: Scope) -> Does:
    """``class``."""
    inner = Scope("class", node, scope, qualified(node.name, scope))
    bases, body = expressions(node.bases, scope), block(node.body, inner)
    words = [(word.arg, expression(word.value, scope)) for word in node.keywords]
    wraps = [(expression(decorator, scope), decorator) for decorator in node.decorator_list]
    keep = assign(ast.copy_location(ast.Name(mangled(node.name, scope), ast.Store()), node), scope)
    doc = ast.get_docstring(node, clean=False)
    if any(word is None for word, _ in words):
        raise Doubt("keywords of a class")

    def run(frame: Frame) -> None:
        decorators = [(wrap(frame), decorator) for wrap, decorator in wraps]
        kinds = tuple(bases(frame))
        named = {str(word): value(frame) for word, value in words}
        cell: list[Any] = [None]
        up = frame.up if scope.kind == "class" else None if scope.kind == "module" else frame

        def filled(names: Any) -> None:
            names["__module__"] = frame.module.names.get("__name__", "__main__")
            names["__qualname__"] = inner.path
            if doc is not None:
                names["__doc__"] = doc
            own = Frame(frame.module, node.name, up, names, cell)
            try:
                body(own)
            except BaseException as error:
                frame.module.run.note(error, own)
                raise

        frame.node = node
        made: Any = types.new_class(node.name, kinds, named, filled)
        frame.module.run.reach.hashes.give(made)
        cell[0] = made
        for wrapper, decorator in reversed(decorators):
            frame.node = decorator
            made = wrapper(made)
        keep(frame, made)

    return run


@does(ast.Import)
def load(node: ast.Import, scope: Scope) -> Does:
    """``import``."""
    parts = []
    for alias in node.names:
        word = alias.asname or alias.name.partition(".")[0]
        keep = assign(ast.copy_location(ast.Name(word, ast.Store()), node), scope)
        parts.append((alias.name, alias.asname is not None, keep))

    def run(frame: Frame) -> None:
        for name, whole, keep in parts:
            frame.node = node
            module = frame.module.names["__builtins__"]["__import__"](name, ("*",) if whole else (), frame.module)
            keep(frame, module)

    return run


def _all(name: str, node: ast.ImportFrom) -> Does:
    """``from ... import *``."""

    def run(frame: Frame) -> None:
        frame.node = node
        names = frame.module.names
        module = names["__builtins__"]["__import__"](name, ("*",), frame.module)
        known = vars(module)
        frame.module.stars = frame.module.stars or module.__name__ not in frame.module.run.reach.modules
        for word in known.get("__all__", [word for word in known if not word.startswith("_")]):
            if type(word) is not str or (word.startswith("__") and word not in DUNDERS):
                raise Doubt(f"name: {word}")
            names[word] = known[word]

    return run


@does(ast.ImportFrom)
def take(node: ast.ImportFrom, scope: Scope) -> Does:
    """``from ... import``."""
    if any(alias.name == "*" for alias in node.names):
        return _all("." * node.level + (node.module or ""), node)
    parts = [
        (alias.name, assign(ast.copy_location(ast.Name(alias.asname or alias.name, ast.Store()), node), scope))
        for alias in node.names
    ]
    name = "." * node.level + (node.module or "")

    def run(frame: Frame) -> None:
        if name == "__future__":
            return
        frame.node = node
        wanted = tuple(word for word, _ in parts)
        module = frame.module.names["__builtins__"]["__import__"](name, wanted, frame.module)
        for word, keep in parts:
            frame.node = node
            if word.startswith("__") and (word not in DUNDERS or word not in vars(module)):
                raise Doubt(f"name: {word}")
            if not hasattr(module, word):
                if module.__name__ not in frame.module.run.reach.modules:
                    raise Doubt(f"not compared: {name}.{word}")
                raise ImportError(
                    f"cannot import name '{word}' from '{module.__name__}' ({getattr(module, '__file__', '')})"
                )
            keep(frame, getattr(module, word))

    return run
