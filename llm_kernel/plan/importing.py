"""Which module a name means, and which names a star brings."""

from __future__ import annotations

import ast

from llm_kernel.plan.values import Env, Unknown, Value, known, spread
from llm_kernel.plan.walk import Walk

__all__ = ["IMPORTS", "absolute", "starred"]


def absolute(name: str, within: Env | None) -> str:
    """The full name of a module; dots at the beginning climb from the package of ``within``."""
    word = name.lstrip(".")
    level = len(name) - len(word)
    names = within.root.names if within is not None else {}
    here, path = names.get("__name__"), names.get("<path>")
    if not level or not isinstance(here, str) or not isinstance(path, str):
        return word  # what the program itself imports stands beside it
    parts = here.split(".")
    climbs = level - 1 if path.endswith("/__init__.py") else level
    kept = parts[: len(parts) - climbs]
    return ".".join([*kept, word] if word else kept)


def starred(module: Env) -> dict[str, Value]:
    """What ``from module import *`` brings."""
    told = module.names.get("__all__")
    if isinstance(told, (list, tuple)) and known(told) and not spread(told):
        return {str(name): module.names[str(name)] for name in told if name in module.names}
    return {name: value for name, value in module.names.items() if name[:1] not in ("_", "<")}


def _module(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``importlib.import_module(name)``; a relative name begins in a package that nobody knows here."""
    name = args[0] if args else named.get("name")
    return w.module(name) if isinstance(name, str) and name and not name.startswith(".") else Unknown()


def _first(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``__import__(name)``, which gives the outermost package."""
    found = _module(w, args[:1], {}, node)
    return w.module(str(args[0]).partition(".")[0]) if not isinstance(found, Unknown) else found


IMPORTS = {"importlib.import_module": _module, "builtins.__import__": _first}
"""Handlers of calls that import, by full name."""
