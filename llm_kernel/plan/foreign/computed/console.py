"""What a computed program prints and reads."""

from __future__ import annotations

from typing import Literal

from llm_kernel.plan.foreign.computed.doubt import Unsure

__all__ = ["Console"]

_MOST = 400_000


class Console:
    """``pieces`` are what was printed, each with its stream; ``typed`` is what can be read, None where nobody knows."""

    def __init__(self, typed: bytes | None) -> None:
        self.pieces: list[tuple[Literal["stdout", "stderr"], bytes]] = []
        self.typed = typed
        self.at = 0
        self._left = _MOST

    def write(self, stream: Literal["stdout", "stderr"], data: bytes) -> None:
        """Print something."""
        self._left -= len(data)
        if self._left < 0:
            raise Unsure("much output")
        if data:
            self.pieces.append((stream, data))

    def peek(self) -> int:
        """The next letter of the input, -1 at its end."""
        if self.typed is None:
            raise Unsure("what somebody types")
        return self.typed[self.at] if self.at < len(self.typed) else -1

    def take(self) -> int:
        """The next letter of the input, which is gone then."""
        letter = self.peek()
        self.at += letter >= 0
        return letter
