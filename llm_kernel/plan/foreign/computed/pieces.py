"""The heap of a computed program: what ``malloc`` and its like give, and what copies memory as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_kernel.plan.foreign.computed.doubt import Died, Unsure
from llm_kernel.plan.foreign.computed.kinds import (
    CHAR,
    INT,
    NULL,
    ULONG,
    VOID,
    Array,
    Float,
    Int,
    Kind,
    Pointer,
    Struct,
    size,
    slots,
)  # fmt: skip
from llm_kernel.plan.foreign.computed.memory import SEGMENT, Block, Space, put_text, text_at

__all__ = ["PIECES"]

_ANY, _TEXT = Pointer(VOID), Pointer(CHAR)


def _malloc(space: Space, length: int) -> Any:
    return Block.piece(length, space, clear=False), 0


def _calloc(space: Space, count: int, each: int) -> Any:
    return Block.piece(count * each, space, clear=True), 0


def _realloc(space: Space, place: Any, length: int) -> Any:
    block, at = place
    if block is None:
        return _malloc(space, length)
    if not isinstance(block, Block) or not block.heap or not block.alive or at or not length:
        raise Unsure("what cannot be made longer")
    made = Block.piece(length, space, clear=False)
    if isinstance(block.kind, Array):
        made.see(0, block.kind.of)
        count = min(len(made.cells), len(block.cells))
        made.cells[:count] = block.cells[:count]
    elif block.clear:
        raise Unsure("a piece that was cleared")
    _free(space, place)
    return made, 0


def _free(space: Space, place: Any) -> None:
    block, at = place
    if block is None:
        return
    if not isinstance(block, Block) or not block.heap or not block.alive or at:
        raise Unsure("what cannot be given back")
    block.alive = False
    space.left += len(block.cells)


def _copied(space: Space, place: Any) -> Any:
    said = text_at(place)
    made = Block.piece(len(said) + 1, space, clear=False)
    made.see(0, CHAR)
    put_text((made, 0), said)
    return made, 0


def _part(place: Any, length: int) -> tuple[Any, int, int]:
    """The block of a pointer, where it points to, and how many slots these bytes are."""
    block, at = place
    if block is None:
        raise Died(SEGMENT) if length else Unsure("nothing of nothing")
    if not isinstance(block, Block) or not block.alive or block.fixed:
        raise Unsure("memory that cannot be changed")
    each = _even(block.kind)
    if length % size(each) or not 0 <= at <= len(block.cells) - length // size(each):
        raise Unsure("outside of an array")
    return block, at, length // size(each)


def _even(kind: Kind | None) -> Kind:
    """The type of every slot of a block, where they are all of one."""
    while isinstance(kind, Array):
        kind = kind.of
    if isinstance(kind, Struct) and kind.known:
        kinds = {_even(one) for one, _ in kind.fields.values()}
        if len(kinds) == 1 and size(kind) == slots(kind) * size(next(iter(kinds))):
            return kinds.pop()
    if not isinstance(kind, Int | Float | Pointer):
        raise Unsure("memory of several types")
    return kind


def _set(space: Space, place: Any, value: int, length: int) -> Any:
    block, at, count = _part(place, length)
    each = _even(block.kind)
    if isinstance(each, Int) and (each.bytes_ == 1 or value in (0, -1)):
        part = (value & 0xFF) - 256 * (value & 0xFF > 127) if each.signed else value & 0xFF
        block.cells[at : at + count] = [
            part if each.bytes_ == 1 or not value else -1 if each.signed else each.high
        ] * count
    elif value == 0:
        block.cells[at : at + count] = [NULL if isinstance(each, Pointer) else 0.0] * count
    else:
        raise Unsure("numbers of single bytes")
    return place


def _move(space: Space, to: Any, source: Any, length: int) -> Any:
    from_, start = source
    if not isinstance(from_, Block) or not from_.alive:
        raise Unsure("memory that is gone")
    if isinstance(to[0], Block) and to[0].kind is None:
        to[0].see(0, _even(from_.kind))
    block, at, count = _part(to, length)
    if _even(block.kind) != _even(from_.kind) or not 0 <= start <= len(from_.cells) - count:
        raise Unsure("memory of another type")
    block.cells[at : at + count] = from_.cells[start : start + count]
    return to


PIECES: dict[str, tuple[tuple[Kind, ...], Kind, Callable[..., Any]]] = {
    "malloc": ((ULONG,), _ANY, _malloc),
    "calloc": ((ULONG, ULONG), _ANY, _calloc),
    "realloc": ((_ANY, ULONG), _ANY, _realloc),
    "free": ((_ANY,), VOID, _free),
    "strdup": ((_TEXT,), _TEXT, _copied),
    "memset": ((_ANY, INT, ULONG), _ANY, _set),
    "memcpy": ((_ANY, _ANY, ULONG), _ANY, _move),
    "memmove": ((_ANY, _ANY, ULONG), _ANY, _move),
}
"""Each takes the room of the program first."""
