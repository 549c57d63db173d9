"""``torch.save`` and ``torch.load`` as the walker meets them."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from llm_kernel.plan.files import written
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.saves import Record
from llm_kernel.plan.shapes.checkpoint import STATE, State, file_size, state, told
from llm_kernel.plan.values import SPREAD, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["load", "save", "size"]


def save(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.save(what, path)``: prints nothing, and is remembered."""
    path = args[1] if len(args) > 1 else named.get("f")
    what = args[0] if args else None
    path = path_of(path)
    if isinstance(path, str):
        written(w, path)
        items = [(STATE, what)] if isinstance(what, State) else what.items() if isinstance(what, dict) else []
        plain = [(key, told(each) if isinstance(each, State) else each) for key, each in items if isinstance(key, str)]
        holds = tuple((key, each) for key, each in plain if isinstance(each, (bool, int, float, str)))
        w.saved.append(Record(getattr(node, "lineno", 0), path, holds, file_size(what, path)))
    return None


def size(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``os.path.getsize(path)`` of a file that this program has saved."""
    path = args[0] if args else None
    found = next((each.size for each in reversed(w.saved) if each.path == path), None)
    return Unknown("int") if found is None else found


def load(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.load(path)``: what the machine knows of the checkpoint, and any other keys."""
    known = w.facts.get("load")
    path = args[0] if args else named.get("f")
    holds = known(path) if isinstance(path, str) and callable(known) else None
    if not isinstance(holds, Mapping):
        return {SPREAD: SPREAD}
    held = {key: state(each) or each for key, each in holds.items()}
    return held.get(STATE, {**held, SPREAD: SPREAD})
