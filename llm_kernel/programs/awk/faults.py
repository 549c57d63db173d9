"""What ends a program of awk: a text that cannot be read, and what it may not do."""

from __future__ import annotations

__all__ = ["EndlessError", "MistakeError", "TroubleError"]


class MistakeError(Exception):
    """A program that cannot be read; ``line`` is where, and 0 where the words say it themselves."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.words, self.line = words, line


class TroubleError(Exception):
    """What ends a program that runs; ``placed``: it is told behind which record."""

    def __init__(self, words: str, *, placed: bool = True) -> None:
        super().__init__(words)
        self.words, self.placed = words, placed
        self.said = ""
        """What was already written of what it ends."""


class EndlessError(Exception):
    """A program that takes more turns than any that ends."""
