"""A notebook at one moment, and the step of a line that holds it. Plain values: they know no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llm_kernel.machine.snapshot import Snapshot

__all__ = ["Moment", "Saved", "Step"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Named texts (JSON or shell text, opaque here), and every path with its entry."""

    parts: Mapping[str, str]
    files: Snapshot


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a line: its ``number`` there, ``key`` in the store, and ``when`` on the machine's clock.

    ``kind`` is what made it (start, cell, load, undo, redo, restore), ``label`` the first line of the cell.
    """

    number: int
    key: int
    kind: str
    label: str
    when: float


@dataclass(frozen=True, slots=True)
class Saved:
    """A name of the user for a step; ``kind`` is save or branch, ``session`` where it was given."""

    name: str
    kind: str
    when: float
    session: str
    label: str
