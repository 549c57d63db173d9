"""What ended processes did: the processor time they used stays used, and their load fades. Only the last is kept."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import Any

__all__ = ["Past"]

_MEMORY = 5400.0
"""Seconds after which a span has faded from the average over 15 minutes."""
_MOST = 200


class Past:
    """``spent``: processor seconds of all that ended; the spans are when each that ran began and ended."""

    def __init__(self) -> None:
        self.spent = 0.0
        self._spans: list[tuple[float, float]] = []

    def note(self, start: float, end: float, cpu: float, *, running: bool) -> None:
        """Remember a process that ended now."""
        self.spent += max(0.0, cpu)
        self._spans = [span for span in self._spans if end - span[1] < _MEMORY]
        if running and end > start:
            self._spans = [*self._spans[1 - _MOST :], (start, end)]

    def load(self, now: float, seconds: float) -> float:
        """What is left of it in the average over ``seconds``: each span rose while it lasted, and fell since."""
        return sum(
            (1 - exp(-(end - start) / seconds)) * exp(-max(0.0, now - end) / seconds) for start, end in self._spans
        )

    def shift(self, seconds: float) -> None:
        """Move all spans with a clock that was set."""
        self._spans = [(start + seconds, end + seconds) for start, end in self._spans]

    def to_state(self) -> dict[str, Any]:
        """The past as JSON-able data."""
        return {"spent": self.spent, "spans": [list(span) for span in self._spans]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Past:
        """The past that ``to_state`` described; a machine stored without one has none."""
        made = cls()
        made.spent = float(state.get("spent", 0.0))
        made._spans = list(_pairs(state.get("spans", [])))
        return made


def _pairs(rows: list[list[float]]) -> Iterator[tuple[float, float]]:
    for start, end in rows:
        yield float(start), float(end)
