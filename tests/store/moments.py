"""Moments for the tests: small ones by hand, and those of a real machine."""

from __future__ import annotations

import json
from collections.abc import Mapping

from llm_kernel.machine import Machine
from llm_kernel.machine.snapshot import Entry, Snapshot
from llm_kernel.machine.stat import Meta
from llm_kernel.store import Moment

__all__ = ["entry", "moment", "of", "plain"]


def entry(
    data: bytes = b"", *, kind: str = "file", when: float = 1.0, target: str = "", size: int | None = None
) -> Entry:
    """An entry that has its bytes, and little else."""
    return Entry(Meta(kind, 0.0, 0o644, when, 0, 0, 7, when, when, when, size=size), data, target)  # type: ignore[arg-type]


def moment(files: Mapping[str, Entry] | None = None, **parts: str) -> Moment:
    """A moment with a root and these files."""
    return Moment(parts, Snapshot({"/": entry(kind="directory"), **(files or {})}, 9))


def of(machine: Machine) -> Moment:
    """What a machine is now."""
    parts = {name: json.dumps(part) for name, part in machine.essence().items()}
    return Moment(parts, machine.files.snapshot())


def plain(found: Moment) -> object:
    """All that a moment holds, to be compared; without what belongs to the running machine."""
    return dict(found.parts), found.files.to_state()
