"""All files at one moment. Contents are shared by reference; two moments can be compared."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from llm_kernel.errors import StateError
from llm_kernel.machine.stat import Meta

__all__ = ["Change", "Entry", "Snapshot", "compare"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One path: ``data`` is a file's bytes (empty for anything else), ``target`` a link's text."""

    meta: Meta
    data: bytes = b""
    target: str = ""

    @property
    def size(self) -> int:
        """The size in bytes that the machine shows."""
        return len(self.data) if self.meta.size is None else self.meta.size

    def same(self, other: Entry) -> bool:
        """Whether both hold the same: kind, contents, mode and owners; times do not count."""
        return self._essence() == other._essence() and (self.data is other.data or self.data == other.data)

    def _essence(self) -> tuple[object, ...]:
        meta = self.meta
        return (meta.kind, meta.size, self.target, meta.mode, meta.uid, meta.gid, meta.device)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every path with its entry, parents before children; ``inodes`` is the number the next new file gets."""

    entries: Mapping[str, Entry]
    inodes: int

    def to_state(self) -> dict[str, Any]:
        """The snapshot as JSON can hold it: text as text, other bytes in base64."""
        return {"inodes": self.inodes, "entries": {path: _entry_out(entry) for path, entry in self.entries.items()}}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Snapshot:
        """The snapshot back.

        Raises:
            StateError: when a field is missing or of another type.
        """
        try:
            return cls({path: _entry_in(row) for path, row in state["entries"].items()}, int(state["inodes"]))
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise StateError(f"the stored files are damaged: {err!r}") from err


@dataclass(frozen=True, slots=True)
class Change:
    """A path that came (``+``), went (``-``) or is another now (``~``).

    ``lines`` counts newlines, as ``wc -l`` does, and is None where the contents are not text; ``size`` is in bytes;
    ``folder``: it is a directory.
    """

    kind: Literal["+", "-", "~"]
    path: str
    lines: int | None
    size: int
    folder: bool = False


def compare(before: Snapshot, after: Snapshot) -> list[Change]:
    """What must be told of the way from ``before`` to ``after``, by path; a directory only when it came or went."""
    changes = []
    for path in sorted(before.entries.keys() | after.entries.keys()):
        old, new = before.entries.get(path), after.entries.get(path)
        if old is None and new is not None:
            changes.append(_change("+", path, new))
        elif new is None and old is not None:
            changes.append(_change("-", path, old))
        elif old is not None and new is not None and not old.same(new):
            changes.append(_change("~", path, new))
    return changes


def _change(kind: Literal["+", "-", "~"], path: str, entry: Entry) -> Change:
    return Change(kind, path, _lines(entry), entry.size, entry.meta.kind == "directory")


def _lines(entry: Entry) -> int | None:
    if entry.meta.kind != "file" or entry.meta.size is not None or b"\0" in entry.data:
        return None
    try:
        entry.data.decode()
    except UnicodeDecodeError:
        return None
    return entry.data.count(b"\n")


def _entry_out(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {"meta": entry.meta.to_state()}
    if entry.target:
        row["target"] = entry.target
    if entry.data:
        try:
            row["text"] = entry.data.decode()
        except UnicodeDecodeError:
            row["base64"] = base64.b64encode(entry.data).decode()
    return row


def _entry_in(row: Mapping[str, Any]) -> Entry:
    data = base64.b64decode(row["base64"]) if "base64" in row else str(row.get("text", "")).encode()
    return Entry(Meta.from_state(row["meta"]), data, str(row.get("target", "")))
