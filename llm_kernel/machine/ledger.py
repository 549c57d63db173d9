"""What is known of each path beside its bytes. A record holds while the host's stamp is the one it was made for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from copy import copy
from typing import Any

from llm_kernel.machine.clock import Clock
from llm_kernel.machine.heads import LENGTH, PART, stub
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import join, kind_of, parent
from llm_kernel.machine.stat import Meta

__all__ = ["Ledger", "Raw"]

Raw = dict[str, Any]
"""A path as the tree below describes it: ``file_type``, ``size``, ``mode``, ``modified``, ``created``."""

_SHORTEST = 64
"""From how many bytes on the beginning of a file tells whose it is."""
_NODES = {"/dev/null": (1, 3), "/dev/zero": (1, 5), "/dev/random": (1, 8), "/dev/urandom": (1, 9)}
"""What a new tree below may bring along, with its device numbers; the shell library answers for it."""


class Ledger:
    """Records by path, mended whenever a path is looked at after somebody else wrote it.

    ``before``: what was recorded of the same tree until now.
    """

    def __init__(self, clock: Clock, root: Nodes, before: Ledger | None = None) -> None:
        self.owner = (0, 0)
        self.umask = 0o022
        self.inodes = 2
        self.metas: dict[str, Meta] = {}
        self.version = 0
        """Another number where a record outside ``/proc`` may have changed."""
        self._clock = clock
        self._root = root
        self._linked: dict[int, set[str]] = {}
        self._still: dict[str, dict[str, Raw]] | None = None
        if before is not None:
            self.inodes, self.metas = before.inodes, dict(before.metas)
            self._linked = {ino: set(paths) for ino, paths in before._linked.items()}
            return
        for path, raw in self.scan("/"):
            meta = self.metas[path] = self._born(raw, clock.now)
            if path in _NODES:
                meta.kind, meta.mode, meta.device = "character", 0o666, _NODES[path]

    def raw(self, path: str) -> Raw | None:
        """What the tree below says of ``path``, or None where nothing is."""
        try:
            return self._root.stat(path)
        except (RuntimeError, UnicodeEncodeError):
            return None

    def scan(self, top: str, without: str = "") -> list[tuple[str, Raw]]:
        """``top`` and everything below it, sorted, parents first; nothing below ``without``."""
        raw = self.raw(top)
        return [] if raw is None else [(top, raw), *self._below(top, raw, without)]

    def see(self, path: str, raw: Raw, inside: Mapping[str, Raw] | None = None) -> Meta:
        """The record of ``path``, made or mended to fit what is there now; ``inside`` is a directory's content."""
        meta = self.metas.get(path)
        if meta is not None and meta.ino in self._linked and meta.kind != "symlink" and not self._root.joined(path):
            meta = self._alone(path, meta)
            self.mark(path)
        if meta is None or not _fits(meta, raw):
            meta = self.metas[path] = self._born(raw, self._clock.stamp(raw["modified"]))
            meta.size = self._copied(path, raw)
            self.anchor(path)
            self._came(path, meta)
        elif meta.host != raw["modified"]:
            if meta.kind != "symlink" or meta.ino not in self._linked:  # names of one link have a stamp each
                self._rewritten(path, meta, raw)
        elif meta.mode != raw["mode"] and meta.kind != "symlink":
            meta.mode = raw["mode"]
            self.mark(path)
        if meta.kind == "directory":
            self._look_inside(path, meta, self.inside(path) if inside is None else inside)
        return self.metas[path]

    def weigh(self, data: bytes) -> int:
        """How long ``data`` would be, had every file without bytes been read in full where its beginning stands."""
        if len(data) < _SHORTEST:
            return len(data)
        more, beginnings = 0, self._beginnings()
        for start in sorted(beginnings, key=len, reverse=True):  # what was joined begins with what it was joined of
            more += data.count(start) * (beginnings[start] - len(start))
            data = data.replace(start, bytes(len(start)))
        return len(data) + more

    def _beginnings(self) -> dict[bytes, int]:
        """The bytes that there are of files without bytes, and how long these files are; copies begin alike."""
        found: dict[bytes, int] = {}
        for path, meta in self.metas.items():
            if meta.size is not None and kind_of(self._root, path) == "file":
                found.setdefault(self._root.read_file(path), meta.size)
        return {start: size for start, size in found.items() if len(start) >= _SHORTEST}

    def mark(self, path: str) -> None:
        """Note that the record of ``path`` may be another now."""
        # a name in /proc may stand for a file that has another name outside
        self.version += bool(self._linked) or not path.startswith("/proc/")

    def written(self, path: str, *, size: int | None = None, mode: int | None = None) -> Meta:
        """Note that ``path`` was made or written just now; ``size`` where it has no bytes, ``mode`` its new bits."""
        raw = self.raw(path)
        assert raw is not None
        meta = self.metas.get(path)
        if meta is None or not _fits(meta, raw):
            meta = self.metas[path] = self._born(raw, self._clock.now)
            self.changed(parent(path))
        meta.size, meta.origin = size, None
        meta.mtime = meta.ctime = self._clock.now
        meta.mode = meta.mode if mode is None else mode
        self.anchor(path)
        return meta

    def anchor(self, path: str) -> None:
        """Bind the record of ``path`` to what is there now, and give the tree below its mode."""
        self.mark(path)
        meta, raw = self.metas[path], self.raw(path)
        assert raw is not None
        meta.host = raw["modified"]
        if meta.kind != "symlink" and raw["mode"] != meta.mode:
            self._root.chmod(path, meta.mode)

    def changed(self, folder: str) -> None:
        """Note that a name came to or went from the directory ``folder`` just now."""
        meta = self.metas.get(folder)
        if meta is not None:
            meta.mtime = meta.ctime = self._clock.now
            meta.names = None
            self.mark(folder)

    def forget(self, top: str) -> None:
        """Drop the records of ``top`` and everything below it."""
        self.mark(top)
        for path in self._at(top):
            self._leave(path, self.metas.pop(path))
        self.changed(parent(top))

    def carry(self, old: str, new: str) -> None:
        """Take the records of ``old`` and everything below it along to ``new``."""
        self.mark(old)
        for path in self._at(old):
            meta, place = self.metas.pop(path), new + path[len(old) :]
            if self.raw(place) is None:  # somebody took it away before
                self._leave(path, meta)
                continue
            self.metas[place] = meta
            twins = self._linked.get(meta.ino)
            if twins is not None:
                twins.discard(path)
                twins.add(place)
            self.anchor(place)
        self.metas[new].ctime = self._clock.now
        self.changed(parent(old))
        self.changed(parent(new))

    def join(self, path: str, twin: str) -> None:
        """Let ``twin`` be another name of the file ``path``."""
        meta = self.metas[twin] = self.metas[path]
        self.anchor(twin)
        self._linked.setdefault(meta.ino, {path}).add(twin)
        meta.ctime = self._clock.now
        self.changed(parent(twin))

    def links(self, path: str, meta: Meta) -> int:
        """How many names the file has; for a directory, its own two and one for each directory in it."""
        if meta.kind != "directory":
            return len(self._linked.get(meta.ino, (path,)))
        return 2 + len([raw for raw in self.inside(path).values() if raw["file_type"] == "directory"])

    def twins(self, path: str, other: str) -> bool:
        """Whether both are names of one file."""
        meta = self.metas.get(path)
        return meta is not None and {path, other} <= self._linked.get(meta.ino, set())

    def settle(self, *, without: str = "") -> list[tuple[str, Raw]]:
        """See every path and drop the records of those that are gone; what there is, as ``scan`` lists it.

        What is below ``without`` is not looked at.
        """
        there = self.scan("/", without)
        inside: dict[str, dict[str, Raw]] = {}
        for path, raw in there[1:]:
            folder, _, name = path.rpartition("/")
            inside.setdefault(folder or "/", {})[name] = raw
        for path, raw in there:
            self.see(path, raw, inside.get(path, {}))
        kept = f"{without}/" if without else "\0"
        for path in self.metas.keys() - {path for path, _ in there}:
            if path in self.metas and not path.startswith(kept):
                self.forget(path)
        return there

    def look(self, path: str) -> None:
        """See one path, and its directory where it may have come or gone."""
        known = path in self.metas
        for one in (path,) if known and self.raw(path) is not None else (path, parent(path)):
            raw = self.raw(one)
            if raw is not None:
                self.see(one, raw)
            elif one in self.metas:
                self.forget(one)

    def replace(self, metas: dict[str, Meta], inodes: int, written: Set[str]) -> None:
        """Take other records for all that is there; those of ``written`` are bound to what is there now."""
        self.metas, self.inodes, self._linked = metas, inodes, {}
        self.version += 1
        families: dict[int, set[str]] = {}
        for path, meta in metas.items():
            if meta.kind != "directory":
                families.setdefault(meta.ino, set()).add(path)
        self._linked = {ino: paths for ino, paths in families.items() if len(paths) > 1}
        joined = [path for names in self._linked.values() for path in self._rejoin(sorted(names))]
        for path in metas.keys() & written | set(joined):
            self.anchor(path)
        inside: dict[str, list[str]] = {path: [] for path, meta in metas.items() if meta.kind == "directory"}
        for path in metas.keys() - {"/"}:
            folder, _, name = path.rpartition("/")
            inside[folder or "/"].append(name)
        for path, names in inside.items():
            metas[path].names = frozenset(names)

    def _rejoin(self, names: list[str]) -> list[str]:
        """Let all of ``names`` be the first one's file; the names that had to become so."""
        first, *others = names
        apart = []
        for path in others:
            if self.metas[first].kind != "symlink" and self._root.home(path) != self._root.home(first):
                self._root.remove(path)
                self._root.join(first, path)
                apart.append(path)
            self.metas[path] = self.metas[first]
        return [first, *apart] if apart else []

    def _below(self, top: str, raw: Raw, without: str) -> Iterator[tuple[str, Raw]]:
        if raw["file_type"] != "directory" or top == without:
            return
        for entry in sorted(self._root.read_dir(top), key=lambda entry: str(entry["name"])):
            path = join(top, entry["name"])
            yield path, entry["metadata"]
            yield from self._below(path, entry["metadata"], without)

    def _born(self, raw: Raw, when: float) -> Meta:
        self.inodes += 1
        kind, mode = raw["file_type"], int(raw["mode"])
        # the tree below gives these modes whatever the mask is; any other mode was meant
        if (kind, mode) in (("file", 0o644), ("directory", 0o755)):
            mode = (0o666 if kind == "file" else 0o777) & ~self.umask
        uid, gid = self.owner
        return Meta(kind, raw["modified"], mode, when, uid, gid, self.inodes, when, when, when)

    def _came(self, path: str, meta: Meta) -> None:
        folder = self.metas.get(parent(path))
        if folder is not None and folder is not meta:
            folder.mtime = folder.ctime = max(folder.mtime, meta.birth)
            folder.names = None
            self.mark(parent(path))

    def _rewritten(self, path: str, meta: Meta, raw: Raw) -> None:
        grown = self._grown(path, meta)
        meta.size = meta.origin = None  # it begins no copy of its own
        meta.size = self._copied(path, raw) if grown is None else grown
        meta.mtime = meta.ctime = self._clock.stamp(raw["modified"])
        self.anchor(path)

    def _grown(self, path: str, meta: Meta) -> int | None:
        """The size of a file without bytes behind which the shell wrote; what it wrote has no bytes either, then."""
        if meta.kind != "file" or not meta.size:
            return None
        data, start = self._root.read_file(path), stub(path, meta.size)
        if len(data) <= len(start) or not data.startswith(start):
            return None
        size = meta.size + self.weigh(data[len(start) :])
        self._root.write_file(path, stub(path, size))
        return size

    def _copied(self, path: str, raw: Raw) -> int | None:
        """The size of what the shell wrote from whole files without bytes, of each its beginning; None for all else."""
        if raw["file_type"] != "file" or not raw["size"] or raw["size"] % LENGTH:
            return None
        data = self._root.read_file(path)
        size = len(data) if data[:LENGTH].isascii() else self.weigh(data)
        if size == len(data):
            return None
        for start, length in self._beginnings().items():
            if length == size and data.startswith(start[:-PART]):  # all its parts, joined again
                self._root.write_file(path, start)
        return size

    def _alone(self, path: str, meta: Meta) -> Meta:
        """A record of its own for a name that stands no longer for the common file."""
        if path not in self._linked[meta.ino]:
            return meta
        self._leave(path, meta)
        self.inodes += 1
        mine = self.metas[path] = copy(meta)
        mine.ino = self.inodes
        return mine

    def _leave(self, path: str, meta: Meta) -> None:
        names = self._linked.get(meta.ino)
        if names is not None:
            names.discard(path)
            if len(names) == 1:
                del self._linked[meta.ino]

    def _look_inside(self, path: str, meta: Meta, inside: Mapping[str, Raw]) -> None:
        names = frozenset(inside)
        if names == meta.names:
            return
        fresh = [raw for name, raw in inside.items() if join(path, name) not in self.metas]
        born = [self._clock.stamp(raw["created"]) for raw in fresh]
        if meta.names is not None and not born:
            born = [self._clock.now]
        meta.mtime = meta.ctime = max([meta.mtime, *born])
        meta.names = names
        self.mark(path)

    def inside(self, path: str) -> dict[str, Raw]:
        """What the tree below says of each name in a directory; in a ``still`` moment it is asked once."""
        if self._still is not None and path in self._still:
            return self._still[path]
        found = {str(entry["name"]): entry["metadata"] for entry in self._root.read_dir(path)}
        if self._still is not None:
            self._still[path] = found
        return found

    @contextmanager
    def still(self) -> Iterator[None]:
        """A moment in which nothing changes: looking into a directory takes as long as all files are many."""
        before, self._still = self._still, {} if self._still is None else self._still
        try:
            yield
        finally:
            self._still = before

    def anew(self) -> None:
        """Something changed in a still moment after all: directories are read again."""
        if self._still is not None:
            self._still.clear()

    def _at(self, top: str) -> list[str]:
        meta = self.metas.get(top)
        if meta is not None and meta.kind != "directory":
            return [top]
        below = top.rstrip("/") + "/"
        return [path for path in self.metas if path == top or path.startswith(below)]


def _fits(meta: Meta, raw: Raw) -> bool:
    return meta.kind == raw["file_type"] or (meta.device is not None and raw["file_type"] == "file")
