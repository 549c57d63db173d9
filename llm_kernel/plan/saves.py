"""The checkpoints that a training script saves: which file after which turn of its loop, and what of them is known.

A loop's body is walked for its first turns only; what grows by the same step from the first to the second is taken to
go on so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Record", "Saved", "saved"]


@dataclass(frozen=True, slots=True)
class Record:
    """One call of ``torch.save`` that was walked: its line, the path, and the plain values in the dict it saves.

    ``size`` is what the file will have, where a model's whole state is saved.
    """

    line: int
    path: str
    holds: tuple[tuple[str, object], ...]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that is saved: after each turn of the main loop (``each``), or once at the end."""

    first: Record
    second: Record | None

    @property
    def each(self) -> bool:
        """Whether every turn saves it."""
        return self.second is not None

    def at(self, turn: int) -> tuple[str, dict[str, object]]:
        """The path and what is known of the contents after ``turn``, counted from 0."""
        if self.second is None:
            return self.first.path, dict(self.first.holds)
        then = dict(self.second.holds)
        holds = {name: _ahead(value, then.get(name), turn) for name, value in self.first.holds}
        return _path(self.first.path, self.second.path, turn), {k: v for k, v in holds.items() if v is not None}


def saved(records: Sequence[Record]) -> tuple[Saved, ...]:
    """The files that are saved, by the calls that save them, in the order of the run."""
    found: dict[int, list[Record]] = {}
    for record in records:
        own = found.setdefault(record.line, [])
        if (len(own) < 2 and record not in own[:1]) or len(own) == 1:
            own.append(record)
    return tuple(Saved(own[0], own[1] if len(own) > 1 else None) for own in found.values())


def _ahead(first: object, second: object, turn: int) -> object | None:
    if isinstance(first, bool) or not isinstance(first, int):
        return first if first == second else None
    if not isinstance(second, int):
        return None
    return first + (second - first) * turn


def _path(first: str, second: str, turn: int) -> str:
    one, two = re.split(r"(\d+)", first), re.split(r"(\d+)", second)
    if len(one) != len(two) or one[::2] != two[::2]:
        return second if turn else first
    parts = list(one)
    for at in range(1, len(one), 2):
        step = int(two[at]) - int(one[at])
        parts[at] = f"{int(one[at]) + step * turn:0{len(one[at])}d}" if step else one[at]
    return "".join(parts)
