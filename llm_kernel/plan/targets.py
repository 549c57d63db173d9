"""The names that a loop binds anew in every turn, and what is known of them there."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from llm_kernel.plan.expressions import assign
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.trees import every
from llm_kernel.plan.values import Env, Unknown, Value, known
from llm_kernel.plan.walk import Walk


def loop_names(target: ast.expr) -> set[str]:
    """The names that a target binds."""
    return {each.id for each in every(target) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def remade(w: Walk, node: ast.For | ast.AsyncFor, statements: Sequence[ast.stmt]) -> set[str]:
    """The loop's own names that these statements of its body set as well."""
    names = loop_names(node.target)
    return {name for each in statements for name in w.writes(each) & names}


def bind_turn(w: Walk, node: ast.For | ast.AsyncFor, item: Value, env: Env, made: set[str]) -> None:
    """Bind the loop's names; what a turn has made of some of them is the same in all turns."""
    held = {name: names[name] for name in made if name in (names := env.home(name).names)}
    assign(w, node.target, item, env, quiet=True)
    for name, value in held.items():
        assign(w, ast.Name(name, ast.Store()), value, env, quiet=True)


def varying(target: ast.expr, value: Value) -> set[str]:
    """The loop's names whose value differs from turn to turn as far as anybody knows."""
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, tuple) and len(value) == len(target.elts):
        return {name for each, one in zip(target.elts, value, strict=True) for name in varying(each, one)}
    if not _tells(value):
        return set()
    return {each.id for each in every(target) if isinstance(each, ast.Name)}


def _tells(value: Value) -> bool:
    """Whether anything of a value is known but its form."""
    if isinstance(value, (list, tuple)) and value:
        return any(_tells(each) for each in value)
    return not isinstance(value, Unknown) or (isinstance(value, Tensor) and value.cell is not None)


def label_of(target: ast.expr, value: Value) -> Value:
    """The value of the loop's first name."""
    while isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, tuple) and value:
        target, value = target.elts[0], value[0]
    return value if known(value) else None


def word_of(target: ast.expr) -> str:
    """The first name of a target."""
    names = [each.id for each in every(target) if isinstance(each, ast.Name)]
    return names[0] if names else "_"
