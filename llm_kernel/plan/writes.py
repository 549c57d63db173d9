"""The files that a Python source surely names as written: ``torch.save(x, "a.pt")``, ``open("log.txt", "w")``."""

from __future__ import annotations

import ast
from collections.abc import Iterable

__all__ = ["writes"]

_FIRST = frozenset({"savefig", "to_csv", "to_json", "to_parquet", "to_pickle", "to_excel", "savetxt", "save_weights",
                    "save_model", "imwrite"})  # fmt: skip


def writes(tree: ast.Module, nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Literal paths that a source of these nodes writes, in their order; constants at its top level are known."""
    known = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.Call) and (path := _path(node, known)):
            found[path] = None
    return tuple(found)


def _path(call: ast.Call, known: dict[str, str]) -> str:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    arguments = [_text(argument, known) for argument in call.args]
    if name == "open":
        mode = arguments[1] if len(arguments) > 1 else next(
            (_text(word.value, known) for word in call.keywords if word.arg == "mode"), ""
        )  # fmt: skip
        return arguments[0] if arguments and set(mode) & set("wax") else ""
    if name in _FIRST:
        return arguments[0] if arguments else ""
    if name in ("save", "dump"):
        return next((text for text in arguments if "." in text), "")
    return ""


def _text(node: ast.expr, known: dict[str, str]) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return known.get(node.id, "") if isinstance(node, ast.Name) else ""
