"""Why a computed program stops before its end: it ended itself, died of a fault, or did what is not surely known."""

from __future__ import annotations

__all__ = ["Died", "Ended", "Unsure"]


class Unsure(Exception):  # noqa: N818
    """What the program does next is not known, or not defined by its language."""


class Ended(Exception):  # noqa: N818
    """The program ended itself with ``status``; ``abrupt``: what it had not shown yet is lost."""

    def __init__(self, status: int, *, abrupt: bool = False) -> None:
        super().__init__(status)
        self.abrupt = abrupt
        self.status = status & 0xFF


class Died(Exception):  # noqa: N818
    """A signal ended the program: its exit status is ``128 + signal``."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal
