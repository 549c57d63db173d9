"""The memory of a computed program: blocks of slots, each of which holds one number or one pointer."""

from __future__ import annotations

from typing import Any

from llm_kernel.plan.foreign.computed.doubt import Died, Unsure
from llm_kernel.plan.foreign.computed.kinds import Array, Kind, fields_at, nothing, size, slots

__all__ = ["SEGMENT", "Block", "Space", "put_text", "read", "text_at", "write"]

SEGMENT = 11
_MOST = 400_000
"""Slots that a program may hold at one time."""


class Space:
    """How much memory a program has left."""

    def __init__(self) -> None:
        self.left = _MOST

    def take(self, count: int) -> None:
        """Use some of it.

        Raises:
            Unsure: where there is no more.
        """
        self.left -= count
        if self.left < 0 or count < 0:
            raise Unsure("much memory")


class Block:
    """Slots that were made together; one that nothing was put into holds None.

    ``kind`` is None as long as nobody said what a piece of the heap of ``length`` bytes is for.
    """

    __slots__ = ("alive", "cells", "clear", "fixed", "heap", "kind", "length", "space")

    def __init__(self, kind: Kind | None, cells: list[Any], *, fixed: bool = False) -> None:
        self.kind, self.cells, self.fixed = kind, cells, fixed
        self.alive, self.heap, self.clear, self.length = True, False, False, 0
        self.space: Space | None = None

    @classmethod
    def piece(cls, length: int, space: Space, *, clear: bool) -> Block:
        """A piece of the heap."""
        made = cls(None, [])
        made.heap, made.length, made.clear, made.space = True, length, clear, space
        return made

    def see(self, at: int, kind: Kind) -> None:
        """Look at the slot ``at`` as the beginning of a value of this type.

        Raises:
            Unsure: where it is none.
        """
        if self.kind is None and self.space is not None:
            count = self.length // size(kind)
            self.space.take(count * slots(kind))
            self.kind = Array(kind, count)
            self.cells = nothing(kind) * count if self.clear else [None] * (slots(kind) * count)
        if self.kind is None or not (at == len(self.cells) or fields_at(self.kind, at, kind)):
            raise Unsure("a pointer to another type")


def read(place: tuple[Block | None, int]) -> Any:
    """The value that a pointer points to.

    Raises:
        Died: where it points to nothing.
        Unsure: where no value is.
    """
    block, at = place
    if block is None:
        if at == 0:
            raise Died(SEGMENT)
        raise Unsure("a pointer beside nothing")
    if not block.alive or at < 0:
        raise Unsure("a pointer to what is gone")
    try:
        value = block.cells[at]
    except IndexError:
        raise Unsure("outside of an array") from None
    if value is None:
        raise Unsure("a value that was never set")
    return value


def write(place: tuple[Block | None, int], value: Any) -> None:
    """Put a value where a pointer points to.

    Raises:
        Died: where it points to nothing, or into a text of the source.
        Unsure: where no value is.
    """
    block, at = place
    if block is None:
        if at == 0:
            raise Died(SEGMENT)
        raise Unsure("a pointer beside nothing")
    if not block.alive or not 0 <= at < len(block.cells):
        raise Unsure("outside of an array")
    if block.fixed:
        raise Died(SEGMENT)
    block.cells[at] = value


def text_at(place: tuple[Block | None, int]) -> bytes:
    """The letters from a pointer on, up to the zero."""
    block, at = place
    if block is None:
        raise Died(SEGMENT) if at == 0 else Unsure("a pointer beside nothing")
    if not block.alive or not 0 <= at < len(block.cells):
        raise Unsure("a text that is gone")
    cells = block.cells
    try:
        end = cells.index(0, at)
        return bytes(value & 0xFF for value in cells[at:end])
    except (ValueError, TypeError):
        raise Unsure("a text without an end") from None


def put_text(place: tuple[Block | None, int], said: bytes, *, end: bool = True) -> None:
    """Put letters where a pointer points to, and a zero behind them."""
    block, at = place
    cells = [one - 256 if one > 127 else one for one in said] + [0] * end
    if block is None or block.fixed:
        raise Died(SEGMENT)
    if not block.alive or not 0 <= at <= len(block.cells) - len(cells):
        raise Unsure("outside of an array")
    block.cells[at : at + len(cells)] = cells
