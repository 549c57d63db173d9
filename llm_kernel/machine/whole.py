"""All files at once: what they are at a moment, and how they become again what they were at another.

Going back writes only what differs. Hard links are parted and joined anew where any of their names does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from typing import cast

from llm_kernel.machine.ledger import Ledger, Raw
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import parent
from llm_kernel.machine.snapshot import Entry, Snapshot
from llm_kernel.machine.writers import Writers

__all__ = ["Whole"]


class Whole:
    """What ``nodes`` and ``ledger`` tell of every path; ``writers``: where somebody wrote who told the ledger nothing.

    ``before``: who looked at the same tree until now; nobody has written since it looked.
    """

    def __init__(self, nodes: Nodes, ledger: Ledger, writers: Writers, before: Whole | None = None) -> None:
        self._nodes = nodes
        self._ledger = ledger
        self._writers = writers
        self._bytes: dict[str, tuple[float, bytes]] = dict(before._bytes) if before else {}
        self._last: Mapping[str, Entry] = before._last if before else {}
        self._version = -1
        if before:
            writers.take()

    # looking

    def snapshot(self, *, without: str = "") -> Snapshot:
        """All files now, but what is below ``without``; unchanged contents are the same objects as before."""
        below = f"{without}/" if without else "\0"
        found = self._ledger.settle()
        entries = {path: self._entry(path, raw) for path, raw in found if not path.startswith(below)}
        self._bytes = {path: kept for path, kept in self._bytes.items() if path in entries}
        return Snapshot(entries, self._ledger.inodes)

    def moment(self) -> Snapshot:
        """All files now but ``/proc``'s; only where somebody may have written since the last one is looked.

        Entries that are as they were are the same objects, and all of them together where nothing changed.
        """
        ledger, last = self._ledger, cast("Mapping[str, Entry | None]", self._last)
        paths = self._writers.take()
        if paths is None or not last:
            ledger.settle(without="/proc")
        else:
            for path in paths:
                ledger.look(path)
        if self._version == ledger.version:
            return Snapshot(self._last, ledger.inodes)
        self._version, metas = ledger.version, ledger.metas
        if any(path not in last and not path.startswith("/proc/") for path in metas):
            last = {**dict.fromkeys(sorted(path for path in metas if not path.startswith("/proc/"))), **last}
        if any(entry is None or entry.meta != metas.get(path) for path, entry in last.items()):
            self._last = dict(self._anew(last))
        return Snapshot(self._last, ledger.inodes)

    def _anew(self, last: Mapping[str, Entry | None]) -> Iterator[tuple[str, Entry]]:
        """The entries of these paths now; those that are as they were are the same objects."""
        for path, old in last.items():
            meta = self._ledger.metas.get(path)
            if old is not None and old.meta == meta:
                yield path, old
            elif meta is not None and (raw := self._ledger.raw(path)) is not None:
                yield path, self._entry(path, raw)

    def _entry(self, path: str, raw: Raw) -> Entry:
        meta = self._ledger.metas[path]
        if meta.kind == "symlink":
            return Entry(copy(meta), target=self._nodes.read_link(path))
        if meta.kind != "file" or (meta.size is not None and raw["size"] < 2):
            return Entry(copy(meta))
        stamp, data = self._bytes.get(path, (-1.0, b""))
        if stamp != meta.host or len(data) != raw["size"]:
            data = self._nodes.read_file(path)
            self._bytes[path] = (meta.host, data)
        return Entry(copy(meta), data)

    # going back

    def restore(self, snapshot: Snapshot) -> None:
        """Make the files what they were at ``snapshot``; only what differs is written."""
        wanted, now = snapshot.entries, self._present(snapshot)
        written = {"/proc", *self._part(now, wanted), *_links(now)}
        left = self._clear(now, wanted, written)
        for path, entry in wanted.items():
            if path not in left or _bytes(entry) != _bytes(now[path]):
                self.lay(path, entry)
                written |= {path, parent(path)}
        metas = {path: copy(entry.meta) for path, entry in wanted.items()}
        for path in wanted.keys() & left - written:
            metas[path].host = now[path].meta.host
            if metas[path].mode != now[path].meta.mode:
                written.add(path)
        self._ledger.replace(metas, snapshot.inodes, written | (wanted.keys() - left))
        self._remember(snapshot, now, left - written)

    def lay(self, path: str, entry: Entry) -> None:
        """Write what ``entry`` is at ``path``; its record is not looked at."""
        match entry.meta.kind:
            case "directory":
                self._nodes.mkdir(path)
            case "symlink":
                self._nodes.symlink(entry.target, path)
            case _:
                self._nodes.write_file(path, _bytes(entry))

    def _present(self, snapshot: Snapshot) -> Mapping[str, Entry]:
        """All that is there; a snapshot without what lies in ``/proc`` asks for nothing there."""
        if any(path.startswith("/proc/") for path in snapshot.entries):
            return self.snapshot().entries
        there = dict(self.moment().entries)
        if "/proc" in snapshot.entries and "/proc" in there and there["/proc"].meta.kind == "directory":
            for entry in self._nodes.read_dir("/proc"):
                self._nodes.remove(f"/proc/{entry['name']}", True)
        return there

    def _part(self, now: Mapping[str, Entry], wanted: Mapping[str, Entry]) -> set[str]:
        """Where other names share a file than will, give each its own; the names for which that was done."""
        names = self._nodes.families()
        shared = {path for family in names for path in family}
        if names == _families(wanted) and not any(_other(now[path], wanted[path]) for path in shared):
            return set()
        self._nodes.part()
        return shared

    def _clear(self, now: Mapping[str, Entry], wanted: Mapping[str, Entry], written: set[str]) -> set[str]:
        """Take away what is not wanted or something else; the paths that are left."""
        left, gone = set(now), "\0"
        for path in sorted(now, key=lambda path: path.replace("/", "\0")):
            if path.startswith(gone):
                left.remove(path)
            elif path != "/" and ((entry := wanted.get(path)) is None or _other(now[path], entry)):
                self._nodes.remove(path, True)
                left.remove(path)
                written.add(parent(path))
                gone = f"{path}/"
        return left

    def _remember(self, snapshot: Snapshot, now: Mapping[str, Entry], same: set[str]) -> None:
        """Nobody has written since: what the next look finds is what was just laid."""
        metas = self._ledger.metas
        self._bytes = {path: (metas[path].host, entry.data) for path, entry in snapshot.entries.items() if entry.data}
        kept = [path for path in snapshot.entries if path in same and not path.startswith("/proc/")]
        self._last = {path: now[path] for path in kept if now[path].meta == metas[path]}
        self._writers.take()


def _families(entries: Mapping[str, Entry]) -> set[frozenset[str]]:
    """Which paths are names of one file, links' apart: these share no bytes."""
    found: dict[int, list[str]] = {}
    for path, entry in entries.items():
        if entry.meta.kind not in ("directory", "symlink"):
            found.setdefault(entry.meta.ino, []).append(path)
    return {frozenset(paths) for paths in found.values() if len(paths) > 1}


def _links(entries: Mapping[str, Entry]) -> list[str]:
    """The symbolic links, of which some may share a record and none a stamp."""
    return [path for path, entry in entries.items() if entry.target]


def _other(old: Entry, new: Entry) -> bool:
    sized = (old.meta.size is None) != (new.meta.size is None)
    return old.meta.kind != new.meta.kind or old.target != new.target or sized


def _bytes(entry: Entry) -> bytes:
    """What stands in the tree below for the file's content: a size without bytes is not empty for the shell."""
    return entry.data or (b"\0" if entry.meta.size else b"")
