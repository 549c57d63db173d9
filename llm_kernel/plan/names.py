"""The names that code reads and writes, by its text alone."""

from __future__ import annotations

import ast

_PURE = frozenset(
    {"item", "format", "size", "join", "numpy", "cpu", "detach", "sum", "mean", "items", "keys", "values", "get"}
)


def reads(node: ast.AST) -> frozenset[str]:
    """Every name and attribute that the code mentions."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(each.attr)
    return frozenset(found)


def writes(node: ast.AST) -> frozenset[str]:
    """Every name and attribute that the code may change; an object is changed by its methods."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            found.add(each.id)
        elif isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            found.add(each.attr)
        elif isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store):
            found |= reads(each.value)
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr not in _PURE:
            found |= {name.id for name in ast.walk(each.func) if isinstance(name, ast.Name)}
    return frozenset(found)


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


def calls(node: ast.AST) -> frozenset[str]:
    """The names of what the code calls; an object that is called has its class's ``__call__`` or ``forward`` walked."""
    found: set[str] = {"__call__", "forward"}
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            function = each.func
            found.add(function.id if isinstance(function, ast.Name) else getattr(function, "attr", ""))
    return frozenset(found)


def lasting(node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """What code reads and writes beyond its own local names: attributes and globals."""
    shared = {name for each in ast.walk(node) if isinstance(each, (ast.Global, ast.Nonlocal)) for name in each.names}
    attrs = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
    return frozenset(reads(node) & (shared | attrs)), frozenset(writes(node) & (shared | attrs)) | _receivers(node)


def _receivers(node: ast.AST) -> frozenset[str]:
    """The attributes whose objects are changed by a method: ``self.items`` in ``self.items.append(x)``."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr not in _PURE:
            found |= {inner.attr for inner in ast.walk(each.func.value) if isinstance(inner, ast.Attribute)}
    return frozenset(found)
