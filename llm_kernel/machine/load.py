"""The load on each GPU over time. Steps are only added at the end; of a long trail the oldest are merged.

What sensors show lags behind the load, so the load of the last minutes has to be known, also of processes that ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["IDLE", "Loads", "Step", "Trail"]

_MOST = 40


@dataclass(frozen=True, slots=True)
class Step:
    """From ``time`` (machine seconds) on ``jobs`` processes load a GPU with ``util`` percent and ``mem`` MiB."""

    time: float
    jobs: int
    util: float
    mem: int

    def same(self, other: Step) -> bool:
        """Whether both are the same load, whenever it began."""
        return (self.jobs, self.util, self.mem) == (other.jobs, other.util, other.mem)


Trail: TypeAlias = "tuple[Step, ...]"
"""The steps of one GPU, oldest first; before the first one it was idle."""

IDLE = Step(0.0, 0, 0, 0)


def _merged(trail: list[Step]) -> list[Step]:
    """The two oldest steps as one of their mean: what is so long ago has nearly faded."""
    first, second, third = trail[:3]
    whole = third.time - first.time
    share = (second.time - first.time) / whole if whole > 0 else 0.0
    util = first.util * share + second.util * (1 - share)
    return [Step(first.time, max(first.jobs, second.jobs), util, second.mem), *trail[2:]]


class Loads:
    """A trail for each GPU that was ever loaded, by its index."""

    def __init__(self) -> None:
        self._trails: dict[int, list[Step]] = {}

    def trail(self, index: int) -> Trail:
        """What GPU ``index`` had to do so far."""
        return tuple(self._trails.get(index, ()))

    def note(self, index: int, step: Step) -> None:
        """Let ``step`` begin; one of the same moment replaces the last, and time never goes back."""
        trail = self._trails.setdefault(index, [])
        while trail and trail[-1].time >= step.time:
            trail.pop()
        if not (trail[-1] if trail else IDLE).same(step):
            trail.append(step)
        if len(trail) > _MOST:
            self._trails[index] = _merged(trail)

    def forget(self, indexes: Iterable[int] | None = None) -> None:
        """Drop the past of these GPUs, or of all: other boards are in their place."""
        for index in list(self._trails if indexes is None else indexes):
            self._trails.pop(index, None)

    def shift(self, seconds: float) -> None:
        """Move all steps with a clock that was set."""
        for index, trail in self._trails.items():
            self._trails[index] = [Step(s.time + seconds, s.jobs, s.util, s.mem) for s in trail]

    def to_state(self) -> dict[str, Any]:
        """The trails as JSON-able data."""
        return {str(index): [[s.time, s.jobs, s.util, s.mem] for s in trail] for index, trail in self._trails.items()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Loads:
        """The trails that ``to_state`` described."""
        made = cls()
        made._trails = {int(index): [Step(*row) for row in rows] for index, rows in state.items()}
        return made
