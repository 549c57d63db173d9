"""The turns of a loop as they are walked, and the node that tells what they print."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from llm_kernel.plan.nodes import Line, Loop, Node, Target, leaves
from llm_kernel.plan.targets import word_of
from llm_kernel.plan.unrolling import repeated
from llm_kernel.plan.values import Env, Value
from llm_kernel.plan.walk import Exited, Flow, Raised, Walk

Turns: TypeAlias = list[tuple[Value, tuple[Node, ...]]]
"""For each turn that was walked, its counter, where that is known, and what it prints."""
LONG = 300
"""Turns beyond which a ``while`` that counts is walked as a ``for``."""


_OUT: tuple[Target, ...] = ("break", "return", "exit")


@contextmanager
def around(w: Walk, count: int) -> Iterator[None]:
    """While this is open, what is walked is walked several times."""
    w.around += count > 2
    w.long += count > LONG
    try:
        yield
    finally:
        w.around -= count > 2
        w.long -= count > LONG


@contextmanager
def interrupted(w: Walk, node: ast.For | ast.AsyncFor | ast.While, turns: Turns, mark: int) -> Iterator[None]:
    """A turn that ends the loop by an exception: what was printed before it stays before it."""
    try:
        yield
    except (Raised, Exited):
        turns.append((None, w.taken(mark)))
        emit_turns(w, node, turns, len(turns), False)
        raise


def watched(w: Walk, body: Sequence[ast.stmt], env: Env) -> tuple[Flow, tuple[Node, ...], bool]:
    """Walk one turn, and see whether it changed anything."""
    flow, nodes, moved = noted(w, lambda: w.execute(body, env))
    return flow, nodes, not moved


def noted(w: Walk, way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...], set[str]]:
    """Walk one turn; the names that it leaves with another value than they had before."""
    held = w.state.watch()
    w.state.begin()
    try:
        flow, nodes = w.record(way)
    except (Raised, Exited):
        w.state.commit()
        w.state.seen(held)
        raise
    moved = w.state.commit().moved()
    inner = w.state.changed & moved
    w.state.seen(held)
    return flow, nodes, {key for _, key in inner}


def emit_turns(
    w: Walk,
    node: ast.For | ast.AsyncFor | ast.While,
    turns: Turns,
    count: int,
    steady: bool,
) -> None:
    """Emit a loop of ``count`` turns; ``steady``: those that were not walked are like the last one."""
    word = "" if isinstance(node, ast.While) else word_of(node.target)
    most = any(leaves_loop(nodes) for _, nodes in turns)
    if steady and len(turns) > 1:
        first, last = turns[0][1], turns[-1][1]
        if first == last:
            if last:
                emit_all(w, repeated(Loop(count, word, (), last, (), most)))
            return
        rest = Loop(count - len(turns) + 1, word, (), last, (), most)
        printing = [(value, nodes) for value, nodes in turns[:-1] if nodes]
        for _, nodes in printing:
            for each in nodes:
                w.emit(each)
        if last:
            w.emit(rest)
        return
    printing = [(value, nodes) for value, nodes in turns if nodes]
    if printing:
        values = tuple(value for value, _ in printing)
        bodies = tuple(nodes for _, nodes in printing)
        w.emit(Loop(count, word, values, bodies[0], bodies, most))


def emit_all(w: Walk, nodes: tuple[Node, ...]) -> None:
    """Emit one node after the other."""
    for each in nodes:
        w.emit(each)


def leaves_loop(nodes: tuple[Node, ...]) -> bool:
    """Whether control may leave the loop from these nodes before its last turn."""
    return not all(type(node) is Line for node in nodes) and any(leaves(nodes, target) for target in _OUT)
