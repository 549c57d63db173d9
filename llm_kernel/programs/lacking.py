"""What a Python file needs and the machine does not have, each with the command that brings it."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Mapping

from llm_kernel.machine import Machine, releases
from llm_kernel.programs.standard import span
from llm_kernel.programs.startup import present, python_of
from llm_kernel.python.beside import own_paths

__all__ = ["lacks"]

_SHARED = ("google",)
"""Names that many packages share: there the next part tells whose module it is."""
_LOADERS = ("import_module", "__import__")


def lacks(machine: Machine, source: str, path: str, cwd: str, env: Mapping[str, str]) -> list[str]:
    """The modules that a Python file needs and that are not there, each in a sentence with what installs it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    root = env.get("VIRTUAL_ENV", "")
    manager = f"pip:{root}" if root in machine.packages.environments else "pip"
    named = posixpath.relpath(path, cwd) if path.startswith(f"{cwd.rstrip('/')}/") else path
    folders = [*_above(path, cwd), cwd, *own_paths(env, cwd)]
    missing = {}
    for module in dict.fromkeys(_imports(tree)):
        top = module.partition(".")[0]
        if present(machine, top, folders, [manager]):
            continue
        holder = _holder(module)
        if not holder or machine.packages.find(manager, holder) is None:
            missing[_short(module)] = holder
    python = python_of(machine, manager)
    return [
        f"{named} imports {module}, which is not installed: {_remedy(module, holder, python)}"
        for module, holder in missing.items()
    ]


def _above(path: str, cwd: str) -> Iterator[str]:
    """The directories from the file's own up to where the shell is, which may be where it is started from."""
    folder = posixpath.dirname(path)
    yield folder
    while folder.startswith(f"{cwd.rstrip('/')}/"):
        folder = posixpath.dirname(folder)
        yield folder


def _imports(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, wherever it does, but for those that it can do without."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop(0)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module in _SHARED or node.module == "google.cloud":
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Try) and any(_forgives(handler) for handler in node.handlers):
            todo += [*node.orelse, *node.finalbody]
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _LOADERS:
                yield from _loaded(node)
            todo += ast.iter_child_nodes(node)


def _loaded(node: ast.Call) -> Iterator[str]:
    """The module that ``importlib.import_module("x")`` loads, where its name stands there."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and not first.value.startswith("."):
        yield first.value


def _forgives(handler: ast.ExceptHandler) -> bool:
    caught = ast.dump(handler.type) if handler.type else "ImportError"
    return any(name in caught for name in ("ImportError", "ModuleNotFoundError", "'Exception'"))


def _short(module: str) -> str:
    """The module as the summary names it: as much of it as tells which package it is from."""
    parts = module.split(".")
    deep = 3 if module.startswith("google.cloud.") else 2 if parts[0] in _SHARED else 1
    return ".".join(parts[:deep])


def _holder(module: str) -> str:
    """The package that brings ``module``; empty where no known one does."""
    top = module.partition(".")[0]
    if top not in _SHARED:
        return releases.importing(top)
    short = _short(module)
    name = "protobuf" if short == "google.protobuf" else short.replace(".", "-").replace("_", "-")
    return name if releases.importing(name) == name or releases.project(name) else ""


def _remedy(module: str, holder: str, python: str) -> str:
    """What brings ``module``: a package, or another Python."""
    since, until = span(module)
    if until:
        return f"Python 3.{until} took it out; machine python 3.{until - 1}"
    if since and python:
        return f"Python 3.{since} brings it; machine python 3.{since}"
    return f"pip install {holder}" if holder else f"no known package brings it; machine install pip {module}"
