"""Places in memory as expressions: what is kept there, and what puts a value there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import Function, Kind, Pointer, Struct, Void, single, slots
from llm_kernel.plan.foreign.computed.memory import read, write
from llm_kernel.plan.foreign.computed.operators import Expr, Frame, Place

__all__ = ["held", "pointed", "read_slice", "stored"]


def held(kind: Kind, place: Place) -> Expr:
    """What is kept at a place."""
    if single(kind):
        return Expr(kind, lambda frame: read(place(frame)), place=place)
    if isinstance(kind, Struct) and kind.known:
        count = slots(kind)
        return Expr(kind, lambda frame: read_slice(*place(frame), count), place=place)
    return Expr(kind, place, place=place)


def read_slice(block: Any, at: int, count: int) -> list[Any]:
    """The slots of a structure."""
    if block is None:
        read((None, at))
    if not block.alive or not 0 <= at <= len(block.cells) - count:
        raise Unsure("outside of an array")
    cells: list[Any] = block.cells[at : at + count]
    return cells


def pointed(expr: Expr) -> Expr:
    """What a pointer points to."""
    if not isinstance(expr.kind, Pointer) or isinstance(expr.kind.to, Void):
        raise Unsure("no pointer")
    if isinstance(expr.kind.to, Function):
        return Expr(expr.kind.to, expr.run)
    return held(expr.kind.to, expr.run)


def stored(target: Expr, run: Callable[[Frame], Any]) -> Expr:
    """The expression that puts a value into its place, and gives it."""
    slot, place = target.local, target.place
    if slot is not None:
        at = slot

        def put(frame: Frame) -> Any:
            value = frame[at] = run(frame)
            return value

        return Expr(target.kind, put)
    if place is None:
        raise Unsure("no place")
    where = place

    def store(frame: Frame) -> Any:
        value = run(frame)
        write(where(frame), value)
        return value

    return Expr(target.kind, store)
