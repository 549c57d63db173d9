"""``qsort`` and ``bsearch``, which call a function of the program to compare."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from llm_kernel.plan.foreign.computed.code import Routine
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import INT, ULONG, VOID, Array, Function, Kind, Pointer, size, slots
from llm_kernel.plan.foreign.computed.memory import Block

__all__ = ["SORTING"]

_ANY = Pointer(VOID)
_COMPARES = Pointer(Function(INT, (_ANY, _ANY)))


def _rows(place: Any, count: int, each: int) -> tuple[Any, int, int]:
    """The block of an array, where it begins, and how many slots one of its values takes."""
    block, at = place
    if not isinstance(block, Block) or not block.alive or not isinstance(block.kind, Array):
        raise Unsure("no array to sort")
    kind: Kind = block.kind.of
    while size(kind) > each and isinstance(kind, Array):
        kind = kind.of
    step = slots(kind)
    if size(kind) != each or not 0 <= at <= len(block.cells) - count * step:
        raise Unsure("no array to sort")
    return block, at, step


def _sort(call: Callable[..., Any], place: Any, count: int, each: int, compare: Any) -> None:
    block, at, step = _rows(place, count, each)
    routine = compare[0]
    if not isinstance(routine, Routine) or None in block.cells[at : at + count * step]:
        raise Unsure("no function that compares")
    rows = [block.cells[at + number * step : at + (number + 1) * step] for number in range(count)]
    shown = Block(Array(block.kind.of, 2) if step == slots(block.kind.of) else block.kind, [None] * (2 * step))

    def told(one: list[Any], two: list[Any]) -> int:
        shown.cells = [*one, *two]
        value: int = call(routine, [(shown, 0), (shown, step)])
        if value == 0 and one != two:
            raise Unsure("an order of equals")
        return -1 if value < 0 else 1 if value > 0 else 0

    ordered = sorted(rows, key=cmp_to_key(told))
    if any(told(one, two) > 0 or told(two, one) < 0 for one, two in pairwise(ordered)):
        raise Unsure("an order that is none")
    block.cells[at : at + count * step] = [cell for row in ordered for cell in row]


SORTING: dict[str, tuple[tuple[Kind, ...], Kind, Callable[..., Any]]] = {
    "qsort": ((_ANY, ULONG, ULONG, _COMPARES), VOID, _sort),
}
"""Each takes what calls a function of the program first."""
