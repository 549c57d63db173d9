"""A command and the signals that its shell is sent meanwhile: who traps them, who looks for them, and when."""

from __future__ import annotations

from collections.abc import Collection

from tree_sitter import Node

from llm_kernel.shell.background import CONTROL
from llm_kernel.shell.lacks import WRAPPERS
from llm_kernel.shell.lead import AT, Edit, text_of
from llm_kernel.shell.signals import TRAPS
from llm_kernel.shell.spot import Spot
from llm_kernel.shell.statement import statement

__all__ = ["Heeding"]

_OURS = "__llm_kernel_"


class Heeding:
    """One command of these words; ``forks``: it is known to run in a process of its own."""

    def __init__(self, words: list[Node], spot: Spot, functions: Collection[str]) -> None:
        names = [*map(text_of, words), "", ""]
        self._name = names[2] if names[0] == CONTROL else names[0]
        self._spot = spot
        self._functions = functions
        self.forks = False

    def told(self, words: list[Node], name: str) -> list[Edit]:
        """``trap`` says what the traps are from now on, ``wait`` is told which it has to heed."""
        first, last = words[0].start_byte, words[-1].end_byte
        if name == "trap" and self._spot.lead.trapped:
            return [(first, first, "{ "), (last, last, f'; {self._spot.asks("traps")} $? "$(trap -p)"; }}')]
        heeds = [(first, first, f"{TRAPS}={self._traps} ")] if name == "wait" and self._heeds else []
        return heeds + (self.placed(words) if name != "trap" else [])

    def placed(self, words: list[Node]) -> list[Edit]:
        """A word of job control in an inner shell knows where it stands, for what it complains of."""
        start = words[0].start_byte
        return [(start, start, f"{AT}={self._spot.who} ")] if self._spot.lead.inner else []

    def looks(self) -> list[Edit]:
        """Behind a statement in which time may pass the shell looks for signals."""
        whole = statement(self._spot.node) if self._heeds else None
        if whole is None:
            return []
        # the spaces let it stand before what else is put there
        after = f'; eval "$({self._spot.asks("t")} $? {self._traps})"; }}'
        return [(whole.start_byte, whole.start_byte, "   { "), (whole.end_byte, whole.end_byte, after)]

    @property
    def _heeds(self) -> bool:
        """Whether its shell looks for signals when it is over."""
        name, lead = self._name, self._spot.lead
        if name == "kill" or (name == "wait" and lead.inner):
            return True
        runs = self.forks or name in WRAPPERS or (name not in lead.ours and name not in self._functions)
        return lead.trapped and (name == "wait" or (runs and not name.startswith(_OURS)))

    @property
    def _traps(self) -> str:
        return '"$(trap -p)"' if self._spot.lead.trapped or self._name == "kill" else "''"
