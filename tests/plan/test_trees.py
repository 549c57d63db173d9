"""All nodes of a tree are those that Python's own walk gives, but for what has no place of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from llm_kernel.plan.trees import every

SOURCES = sorted(Path(__file__).parents[2].joinpath("llm_kernel", "plan").glob("*.py"))[::12]
SMALL = """
def f(a, /, b: int = 1, *c, d=2, **e) -> None:
    global g, h
    match a:
        case {"k": [x, *y], **z} | P(q, w=1) as u if u:
            del x[1:2, ...]
    async with m as n, o: await p
    try: raise E from None
    except (A, B) as err: assert err, f"{a!r:>{b}}"
    else: lambda s, *t: [v async for v in s if v < 1 < t]
    return {**a, 1: (yield)}, {i for i in -b}
@dec
class C(D, metaclass=M): x: int = (y := 3)
"""


@pytest.mark.parametrize("source", [SMALL, *(each.read_text("utf-8") for each in SOURCES)])
def test_all_nodes_are_found_in_the_order_of_pythons_own_walk(source):
    tree = ast.parse(source)
    bare = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    assert every(tree) == [node for node in ast.walk(tree) if not isinstance(node, bare)]
