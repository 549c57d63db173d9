"""The names that a program's conditions hang on: what would decide its way if it were known."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

__all__ = ["bearing"]

_ROUNDS = 4
"""How many names may stand between a figure and the condition that hangs on it."""


def bearing(tree: ast.Module) -> frozenset[str]:
    """The names that a condition hangs on: by itself, through other names, and through the arguments of a call."""
    found: set[str] = set()
    settings: list[tuple[frozenset[str], ast.expr]] = []
    calls: list[ast.Call] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While, ast.IfExp)):
            found |= _names(node.test)
        elif isinstance(node, ast.Assign):
            settings.append((frozenset(map(ast.unparse, node.targets)), node.value))
        elif isinstance(node, ast.Call):
            calls.append(node)
            found |= {name for value in _decisive(node) for name in _names(value)}
    functions, objects = _functions(tree), _objects(tree)
    for _ in range(_ROUNDS):
        before = len(found)
        for targets, value in settings:
            found |= _names(value) if targets & found else set()
        for call in calls:
            found |= _passed(call, functions, objects, found)
        if len(found) == before:
            break
    return frozenset(found)


def _decisive(node: ast.Call) -> list[ast.expr]:
    """What a call decides by: the best of several, and the metric that a scheduler watches."""
    match node.func:
        case ast.Name(id="max" | "min"):
            return node.args
        case ast.Attribute(attr="step"):
            return [*node.args, *(each.value for each in node.keywords)]
    return []


def _names(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            found.add(one.id)
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            found.add(f"{one.value.id}.{one.attr}")
    return found


def _functions(tree: ast.Module) -> dict[str, list[list[str]]]:
    """The parameters of each function, by the name it is called by; those of ``__call__`` stand under no name."""
    found: dict[str, list[list[str]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            words = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            words = words[1:] if words[:1] == ["self"] else words
            found.setdefault("" if node.name == "__call__" else node.name, []).append(words)
    return found


def _objects(tree: ast.Module) -> frozenset[str]:
    """What is made by a call of a class, by its look: it may be called itself."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
            found |= {ast.unparse(target) for target in node.targets if node.value.func.id[:1].isupper()}
    return frozenset(found)


def _passed(
    node: ast.Call, functions: Mapping[str, Sequence[list[str]]], objects: frozenset[str], found: set[str]
) -> set[str]:
    """The names that a call hands to a parameter which a condition hangs on."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    called = functions.get(name, ())
    if not called and "" in functions and ast.unparse(node.func) in objects:
        called = functions[""]
    out: set[str] = set()
    for words in called:
        for word, value in zip(words, node.args, strict=False):
            out |= _names(value) if word in found else set()
        for given in node.keywords:
            out |= _names(given.value) if given.arg in found and given.arg in words else set()
    return out
