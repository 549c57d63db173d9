"""The statements of a loop that matter from its third turn on.

Those that neither print nor change anything, nor read what changes, are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.turns import noted
from llm_kernel.plan.values import Env
from llm_kernel.plan.walk import Flow, Walk

_INNER = frozenset(["array", "slope"])
"""What changes in a tensor without its name being written."""


def set_anew(w: Walk, body: Sequence[ast.stmt]) -> set[str]:
    """The names that every turn sets before it, or a function that it calls, reads them."""
    found: set[str] = set()
    seen: set[str] = set()
    for each in body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value is not None:
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            seen |= w.touches(each.value)[0]
            found |= {one.id for one in targets if isinstance(one, ast.Name)} - seen
        seen |= w.touches(each)[0] | w.touches(each)[1]
    return found


def second_turn(
    w: Walk, body: Sequence[ast.stmt], targets: set[str], env: Env
) -> tuple[Flow, Any, list[ast.stmt], bool]:
    """Walk the second turn and see which statements matter in the following ones."""
    seen: list[tuple[ast.stmt, bool, bool]] = []
    idle: set[int] = set()

    def turned(each: ast.stmt) -> frozenset[str]:
        return w.reads(each.value if id(each) in idle and isinstance(each, ast.Assign) else each) & targets

    def walk() -> Flow:
        for each in body:
            before, calls = len(w.state.changed), w.calls
            ended, nodes = w.record(lambda each=each: w.execute([each], env))  # type: ignore[misc]
            for one in nodes:
                w.emit(one)
            seen.append((each, bool(nodes) or len(w.state.changed) > before, w.calls > calls))
            if _into_unknown(each, env):
                idle.add(id(each))
            if ended is not None:
                return ended
        return None

    flow, nodes, moved = noted(w, walk)
    quiet = not moved
    if flow is not None or moved & _INNER:
        return flow, nodes, list(body), False
    kept = {n for n, (each, did, called) in enumerate(seen)
            if did or (called and not quiet) or turned(each) or w.touches(each)[0] & moved}  # fmt: skip
    rest = _with_friends(w, list(body), kept)
    steady = quiet and not any(turned(each) for each in rest)
    return flow, nodes, rest, steady


def _into_unknown(node: ast.stmt, env: Env) -> bool:
    """Whether a statement sets a part of a tensor none of whose numbers is known: that leaves it as it was."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=word))]):
            held = env.home(word).names.get(word)
            return isinstance(held, Tensor) and held.numbers is None
    return False


def _with_friends(w: Walk, body: list[ast.stmt], kept: set[int]) -> list[ast.stmt]:
    """The kept statements, and every other one that touches a name they write."""
    while True:
        written = {name for n in kept for name in w.touches(body[n])[1]}
        more = {n for n, each in enumerate(body) if n not in kept and w.touches(each)[0] & written}
        if not more:
            return [each for n, each in enumerate(body) if n in kept]
        kept |= more
