"""The names that a source can ever bind: what is not among them is certainly undefined."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from llm_kernel.plan.trees import every

__all__ = ["ALWAYS", "attributes", "bound"]

ALWAYS = frozenset({"__builtins__", "__spec__", "__package__", "__loader__", "__annotations__", "__cached__"})
_OPEN = frozenset({"exec", "globals", "locals", "vars", "setattr", "__dict__", "eval", "__getattr__", "update"})


def bound(tree: ast.AST) -> frozenset[str] | None:
    """The names bound in a module or a function, those of inner functions left out; None where nobody can tell."""
    found: set[str] = set()
    for node in _inside(tree):
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()):
                found.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Import() | ast.ImportFrom():
                if any(alias.name == "*" for alias in node.names):
                    return None
                found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.arg():
                found.add(node.arg)
            case ast.Call(func=ast.Name(id="exec" | "globals" | "locals" | "vars")):
                return None
    for node in every(tree):
        if isinstance(node, ast.Global | ast.Nonlocal):
            found |= set(node.names)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("exec", "globals"):
            return None
    return frozenset(found)


def _inside(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a scope; of the functions in it only their names."""
    stack: list[ast.AST] = list(ast.iter_child_nodes(tree))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        stack += ast.iter_child_nodes(node)


def attributes(nodes: Iterable[ast.AST]) -> frozenset[str] | None:
    """The attributes that a source of these nodes ever sets by name; None where it may set any."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Store | ast.Del):
                found.add(node.attr)
            elif node.attr in _OPEN - {"update"}:
                return None
        elif (isinstance(node, ast.Name) and node.id in _OPEN) or (
            isinstance(node, ast.FunctionDef) and node.name in ("__getattr__", "__getattribute__")
        ):
            return None
    return frozenset(found)
