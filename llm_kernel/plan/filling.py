"""Turns that are not walked: filled in from a few others where only the counter differs."""

from __future__ import annotations

import ast

from llm_kernel.plan.expressions import assign
from llm_kernel.plan.nodes import Loop, Node
from llm_kernel.plan.recurring import by_kind, kinds
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.skips import Skip
from llm_kernel.plan.targets import label_of, varying, word_of
from llm_kernel.plan.telling import told, unheard
from llm_kernel.plan.templates import fitting, indifferent
from llm_kernel.plan.turns import Turns, noted
from llm_kernel.plan.values import Collated, Env, Items, Unknown, Value
from llm_kernel.plan.walk import Flow, Walk

TURNS = 20000
"""The most turns that are told one by one."""
FEW = 16
"""Turns up to which each is walked."""
_SETTLING = 6
"""How often all turns are looked at again after one of them changed what the others see."""


def ends_oddly(items: Items) -> bool:
    """Whether the last turn meets something of another shape, as the last batch of an epoch often is."""
    count = items.count or 0
    return count > 2 and _shapes(items.at(count - 1)) != _shapes(items.at(count - 2))


def _shapes(value: Value) -> object:
    if isinstance(value, (list, tuple)):
        return [_shapes(each) for each in value]
    if isinstance(value, Tensor):
        return value.shape
    return value.rows if isinstance(value, Collated) else value.size if isinstance(value, Unknown) else None


def odd_turn(w: Walk, node: ast.For | ast.AsyncFor, items: Items, env: Env) -> tuple[Flow, tuple[Node, ...]]:
    """Walk the last turn as a whole."""
    assign(w, node.target, items.at((items.count or 1) - 1), env, quiet=True)
    with w.pending("break", "continue"):
        return w.record(lambda: w.execute(node.body, env))


def follow(w: Walk, node: ast.For | ast.AsyncFor, items: Items, turns: Turns, env: Env) -> bool:
    """Fill in all turns from the second, the third and the last, when they differ only in the counter."""
    (one, first), (two, second) = turns[1:3]
    odd = ends_oddly(items)
    count = (items.count or 0) - odd
    last = label_of(node.target, items.at(count - 1))
    names = varying(node.target, items.at(0))
    if not (isinstance(one, int) and isinstance(two, int) and isinstance(last, int)) or one == two:
        return False
    if len(names) != 1 or not indifferent(w, node.body, names):
        return False

    def walked(turn: int) -> tuple[Node, ...] | None:
        assign(w, node.target, items.at(turn), env, quiet=True)
        flow, nodes, changes = noted(w, lambda: w.execute(node.body, env))
        return None if flow is not None or changes - {"[]"} else nodes

    w.state.begin()
    nodes = walked(count - 1)
    made = fitting(first, second, one, two - one, last, nodes) if nodes is not None else None
    end = walked(count) if odd and made is not None else None
    if nodes is None or made is None or (odd and end is None):
        w.state.rollback()
        return False
    most = told(w, nodes, count)
    _tail(w, node, items, turns, count - most, env)
    w.state.open_up(w.state.commit(), count - 4)
    labels = [label_of(node.target, items.at(turn)) for turn in range(3, min(count - 1, most))]
    turns[3:3] = [(label, made(label)) for label in labels if isinstance(label, int)]
    if most < count:
        return True
    turns.append((last, nodes))
    if end is not None:
        turns.append((label_of(node.target, items.at(count)), end))
    return True


def fill_kinds(w: Walk, node: ast.For | ast.AsyncFor, items: Items, turns: Turns, env: Env) -> bool:
    """Fill in all turns from a few of each kind."""
    count, labels = items.count or 0, [label for label, _ in turns]
    names, first = varying(node.target, items.at(0)), labels[0]
    last = label_of(node.target, items.at(count - 1))
    if len(names) != 1 or not isinstance(first, int) or labels != [*range(first, first + len(labels))]:
        return False
    if last != first + count - 1:
        return False

    opened = False

    def visit(turn: int) -> tuple[Node, ...] | None:
        nonlocal opened
        assign(w, node.target, items.at(turn), env, quiet=True)
        w.state.begin()
        with unheard(w, when=turn >= most):
            flow, nodes, changes = noted(w, lambda: w.execute(node.body, env))
        if not changes - {"[]"}:
            w.state.commit()
            return nodes if flow is None else None
        held = w.state.rollback()
        w.state.begin()
        w.state.merge([{}, held], widen=True)
        if not w.state.commit().moved():
            return nodes if flow is None else None
        opened = True
        return None

    alike = kinds(w, node.body, names.pop(), range(first, first + count), len(turns), ends_oddly(items), env)
    if alike is None:
        return False
    begun, most = len(turns), told(w, turns[-1][1], count)
    w.state.begin()
    for _ in range(_SETTLING):
        opened = False
        if by_kind(w, alike, first, most, turns, visit) and visit(count - 1) is not None:
            _tail(w, node, items, turns, count - most, env)
            w.state.open_up(w.state.commit(), TURNS)
            return True
        del turns[begun:]
        if not opened:
            break
    w.state.rollback()
    return False


def fill_fired(
    w: Walk,
    node: ast.For | ast.AsyncFor,
    items: Items,
    turns: Turns,
    skip: Skip,
    turn: int,
    env: Env,
) -> bool:
    """Fill in the turns in which something happens from two of them and the last, when only the counter differs."""
    printing = [(label, nodes) for label, nodes in turns if nodes]
    count = items.count or 0
    if len(printing) != 4:
        return False
    left: list[int] = []
    at = turn
    while (at := skip(at, count)) < count:
        left.append(at)
    (one, first), (two, second) = printing[2:]
    last = label_of(node.target, items.at(left[-1])) if left else None
    if len(left) < FEW or not (isinstance(one, int) and isinstance(two, int) and isinstance(last, int)):
        return False
    inside = [each for stmt in node.body if isinstance(stmt, ast.If) for each in stmt.body]
    plain = [stmt for stmt in node.body if not isinstance(stmt, ast.If)]
    if not indifferent(w, [*plain, *inside], varying(node.target, items.at(0))):
        return False
    w.state.begin()
    assign(w, node.target, items.at(left[-1]), env, quiet=True)
    flow, nodes, changes = noted(w, lambda: w.execute(node.body, env))
    made = fitting(first, second, one, two - one, last, nodes)
    if flow is not None or changes - {"[]"} or made is None:
        w.state.rollback()
        return False
    w.state.open_up(w.state.commit(), len(left) - 1)
    labels = [label_of(node.target, items.at(each)) for each in left]
    turns += [(label, made(label)) for label in labels if isinstance(label, int)]
    return True


def _tail(
    w: Walk,
    node: ast.For | ast.AsyncFor,
    items: Items,
    turns: Turns,
    count: int,
    env: Env,
) -> None:
    """Add ``count`` last turns by their form: one turn whose counter nobody knows stands for them."""
    if count <= 0:
        return
    w.doubt += 1
    w.state.begin()
    try:
        assign(w, node.target, items.at(None), env, quiet=True)
        _, nodes = w.record(lambda: w.execute(node.body, env))
    finally:
        w.state.rollback()
        w.doubt -= 1
    if nodes:
        turns.append((None, (Loop(count, word_of(node.target), (), nodes),)))
