"""The person who uses the machine, as far as a running cell reaches him: what he is asked and told."""

from __future__ import annotations

import logging

from llm_kernel.output import Output

__all__ = ["Seat"]

_log = logging.getLogger(__name__)


class Seat:
    """``output`` is the screen and the keyboard of the cell that runs; None between two cells."""

    def __init__(self) -> None:
        self.output: Output | None = None
        self._told = ""

    def take(self, output: Output) -> None:
        """Sit down before a cell's screen."""
        self.output, self._told = output, ""

    def leave(self) -> str:
        """The cell is over; the end of what its commands showed."""
        said, self.output = self.output.said if self.output else "", None
        return said

    def listens(self) -> bool:
        """Whether somebody can be asked now."""
        return self.output is not None and self.output.asks

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that is typed at the keyboard; None at end of file."""
        assert self.output is not None
        return await self.output.ask(prompt, hidden)

    def waiting(self, state: str, done: int, total: int) -> None:
        """Tell the person at the keyboard how far the embedded model is; a batch run only has it in its log."""
        text = _place(done) if state == "waiting" else _WAITING.get(state, "").format(done / 1e9, total / 1e9)
        if text == self._told or self.output is None:
            return
        self._told = text
        _log.info(text.strip())
        self.output.tell(text)


_WAITING = {
    "fetching": "\rfetching the embedded model, once: {:.2f} of {:.2f} GB",
    "loading": "\rloading the embedded model, which takes some seconds \n",
}


def _place(number: int) -> str:
    """The place in a shared server's queue, written over the one before; nothing for who is served."""
    if not number:
        return f"\r{' ' * _WIDTH}\r"
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"\r{f'waiting, {number}{ending}':{_WIDTH}}"


_WIDTH = 16
"""Columns that the longest word of a place takes."""
