"""The frozen commands: each with the machine it needs and what is true of a good answer, read from ``cases.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["NEVER", "Agreement", "Case", "Check", "load"]

FILE = Path(__file__).with_name("cases.json")
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Check:
    """A cell that is run behind the command, by exact programs only, and what its output must match."""

    cell: str
    must: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A cell whose output names, by the pattern ``there``, what the command's output must name by ``here``."""

    cell: str
    there: str
    here: str


@dataclass(frozen=True, slots=True)
class Case:
    """One command. ``setup`` is always computed; ``before`` runs the way the command does, and is not judged.

    ``real`` is what such a machine prints, with its status: it must pass, or the expectation is wrong.
    """

    id: str
    kind: str
    cell: str
    status: tuple[int, ...]
    must: tuple[str, ...]
    never: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    then: tuple[Check, ...] = ()
    agrees: tuple[Agreement, ...] = ()
    real: tuple[str, int] = ("", 0)


def load(path: Path = FILE) -> tuple[Case, ...]:
    """All cases, in their order.

    Raises:
        ValueError: for a file of another format.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("format") != FORMAT:
        raise ValueError(f"{path.name} has format {data.get('format')}; this reads {FORMAT}")
    return tuple(_case(row) for row in data["cases"])


def _case(row: dict[str, Any]) -> Case:
    lists = {name: tuple(row.get(name, ())) for name in ("status", "must", "never", "setup", "before")}
    return Case(
        row["id"],
        row["kind"],
        row["cell"],
        then=tuple(Check(**check) for check in row.get("then", ())),
        agrees=tuple(Agreement(**agreement) for agreement in row.get("agrees", ())),
        real=(row["real"]["output"], row["real"]["status"]),
        **lists,
    )


NEVER: tuple[str, ...] = tuple(json.loads(FILE.read_text(encoding="utf-8"))["never"])
"""What no answer may hold, whatever was asked: fences, prompt signs, apologies, talk about the command."""
