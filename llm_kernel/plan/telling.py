"""How much of a long loop is told turn by turn: what nobody would ever read to the end is told by its form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llm_kernel.plan.nodes import Choice, Line, Loop, Node, Scope
from llm_kernel.plan.walk import Walk

__all__ = ["told", "unheard"]

_ROOM = 40000
"""Pieces of lines that one loop may have."""


def told(w: Walk, turn: tuple[Node, ...], count: int) -> int:
    """How many of ``count`` turns like this one are told one by one."""
    pieces = max(1, _pieces(turn))
    most = min(count, max(4, min(_ROOM, w.room) // pieces))
    w.room -= most * pieces
    return most


@contextmanager
def unheard(w: Walk, *, when: bool) -> Iterator[None]:
    """While this is open, what is walked is not told, and its loops are told as shortly as can be."""
    held = w.room
    w.room = 0 if when else held
    try:
        yield
    finally:
        w.room = held if when else w.room


def _pieces(nodes: tuple[Node, ...]) -> int:
    total = 0
    for node in nodes:
        match node:
            case Line():
                total += len(node.parts) + 1
            case Loop() if node.turns:
                total += sum(_pieces(each) for each in node.turns)
            case Loop():
                total += _pieces(node.body) * (node.count or 1)
            case Choice():
                total += sum(_pieces(each) for each in node.branches)
            case Scope():
                total += _pieces(node.body) + _pieces(node.then)
    return total
