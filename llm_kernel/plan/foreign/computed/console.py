"""What a computed program prints and reads, and how long it waits meanwhile."""

from __future__ import annotations

from typing import TypeAlias

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.nodes import Stream

__all__ = ["Console", "Piece", "Waits"]

_MOST = 100_000
Piece: TypeAlias = tuple[Stream, bytes] | float
"""Something that is printed, or the seconds until the next."""


class Waits(Unsure):
    """The program reads what nobody has typed yet."""


class Console:
    """``pieces`` are what was printed; ``typed`` is what can be read, ``more`` whether somebody may still type."""

    def __init__(self, typed: bytes, *, more: bool) -> None:
        self.pieces: list[Piece] = []
        self._typed, self._more = typed, more
        self._at = 0
        self._left = _MOST
        self._flushed = 0

    def write(self, stream: Stream, data: bytes) -> None:
        """Print something."""
        self._left -= len(data) + 1
        if self._left < 0:
            raise Unsure("much output")
        if data:
            self.pieces.append((stream, data))

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._left -= 1
        if self._left < 0:
            raise Unsure("much output")
        self.pieces.append(seconds)

    def flush(self) -> None:
        """Let everything be seen that was printed."""
        self._flushed = len(self.pieces)

    def cut(self) -> None:
        """Lose what a terminal has not been shown: the beginning of a line that nothing ended."""
        held = list(enumerate(self.pieces))[self._flushed :]
        for at, piece in reversed(held):
            if isinstance(piece, tuple) and piece[0] == "stdout":
                whole, end, _ = piece[1].rpartition(b"\n")
                self.pieces[at] = ("stdout", whole + end)
                if end:
                    break

    def peek(self, beyond: int = 0) -> int:
        """The next letter of the input, or one ``beyond`` it; -1 at its end."""
        at = self._at + beyond
        if at < len(self._typed):
            return self._typed[at]
        if self._more:
            raise Waits("what somebody types")
        return -1

    def take(self) -> int:
        """The next letter of the input, which is gone then."""
        self.flush()
        letter = self.peek()
        self._at += letter >= 0
        return letter
