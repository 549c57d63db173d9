"""The machine's files: one tree for the shell library and for everybody else.

The tree below stores bytes, a mode and the host's time; owners, the machine's times, hard links, device nodes and
sizes without bytes are in a ledger beside it. How they are seen, and by whom, is in ``seen.py``.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any

from bashkit import FileSystem

from llm_kernel.errors import StateError
from llm_kernel.machine.actor import WRITE
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.heads import head
from llm_kernel.machine.ledger import Ledger
from llm_kernel.machine.names import Names
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import fault, join, kind_of, parent
from llm_kernel.machine.seen import BLOCK, Seen
from llm_kernel.machine.snapshot import Change, Snapshot, compare
from llm_kernel.machine.stat import Kind, Meta, Stat
from llm_kernel.machine.whole import Whole
from llm_kernel.machine.writers import Writers

__all__ = ["LIMIT", "Change", "Files", "Snapshot", "Stat"]

LIMIT = 10_000_000
"""The most bytes one file can hold; a larger file is a size without bytes."""


class Files(Seen):
    """Files that can be seen and changed, and brought back to what they were at a moment.

    ``before``: whose tree these files take over, as it is; they are not used any more then.
    """

    def __init__(self, clock: Clock, root: FileSystem | None = None, *, before: Files | None = None) -> None:
        if before is not None:
            before.moment()
        self.root: FileSystem = before.root if before else FileSystem() if root is None else root
        nodes = before._nodes if before else Nodes(self.root)
        super().__init__(nodes, Ledger(clock, nodes, before._ledger if before else None))
        self._clock = clock
        self.writers = Writers()
        """Where the shell library may have written by itself."""
        self._whole: Whole = Whole(self._nodes, self._ledger, self.writers, before._whole if before else None)
        self.no_room: Callable[[str], bool] = lambda path: False
        """Whether the disk under a path is full: nothing there can grow."""

    @property
    def owner(self) -> tuple[int, int]:
        """The user and group number that new files belong to."""
        return self._ledger.owner

    @owner.setter
    def owner(self, owner: tuple[int, int]) -> None:
        self.settle()
        self._ledger.owner = owner

    @property
    def umask(self) -> int:
        """The permission bits that new files do not get."""
        return self._ledger.umask

    @umask.setter
    def umask(self, umask: int) -> None:
        self.settle()
        self._ledger.umask = umask

    @contextmanager
    def as_root(self) -> Iterator[None]:
        """What happens now is done by the system itself, and new files are root's."""
        before, self._ledger.owner = self._ledger.owner, (0, 0)
        try:
            with self.acting(None):
                yield
        finally:
            self._ledger.owner = before

    # writing

    def write(self, path: str, data: bytes, *, mode: int | None = None, owner: str | None = None) -> None:
        """Write a whole file and make its parents; a file that is there keeps its mode and owner when none is given.

        Raises:
            OSError: for more than ``LIMIT`` bytes, a directory in the way, or a full disk.
            LookupError: for an owner who is not in ``/etc/passwd``.
        """
        names = self.names() if owner not in (None, "root") else Names()
        uid = None if owner is None else names.uid(owner)
        meta = self._fill(path, data)
        if meta is None:
            return
        if uid is not None:
            meta.uid, meta.gid = uid, names.primary.get(uid, uid)
        if mode is not None:
            self.chmod(path, mode)

    def append(self, path: str, data: bytes) -> None:
        """Write behind what the file at ``path`` holds."""
        place = self.resolve(path)
        self._permit(place, path, WRITE)
        self._guard(path, lambda: self._nodes.append_file(place, data))
        self._ledger.look(place)

    def sized(self, path: str, size: int, data: bytes = b"") -> None:
        """Make ``path`` a file of ``size`` bytes that holds none of them, or only ``data``, with which it begins."""
        if size < 0:
            raise fault(errno.EINVAL, path)
        # at least one byte, so that the shell's own `[ -s FILE ]` is right
        self._fill(path, data or head(path, size) or (b"\0" if size else b""), size or None)

    def lay(
        self,
        path: str,
        data: bytes,
        *,
        size: int | None = None,
        mode: int = 0o644,
        owner: tuple[int, int] = (0, 0),
        times: tuple[float, float] | None = None,
    ) -> None:
        """Make ``path`` a file with its bytes or size, its bits, owner and times (access, change) at once."""
        begin = data if size is None else data or head(path, size) or (b"\0" if size else b"")
        place = self.resolve(path)
        if self._ledger.raw(place) is None and self._actor is None:
            self._guard(path, lambda: self._nodes.write_file(place, begin))
            meta: Meta | None = self._ledger.written(place, size=size or None, mode=mode)
        else:
            meta = self._fill(path, begin, size or None, mode)
        if meta is not None:
            meta.uid, meta.gid = owner
            meta.atime, meta.mtime = times or (meta.atime, meta.mtime)

    def latent(self, path: str, size: int, origin: str) -> None:
        """Make ``path`` a text of about ``size`` bytes that is imagined when it is first read."""
        self.sized(path, size)
        if size:
            self.come_from(path, origin)

    def come_from(self, path: str, origin: str) -> None:
        """Say what the file without bytes at ``path`` is, so that it can be imagined."""
        self._changing(self.resolve(path), path).origin = origin

    def imagine(self, origin: str, data: bytes) -> None:
        """Give every file of ``origin`` its content; no time of it changes."""
        for path in [path for path, found in self.latents().items() if found == origin]:
            stat = self.stat(path)
            self._fill(path, data)
            self.set_times(path, mtime=stat.mtime, atime=stat.atime)

    def device(self, path: str, kind: Kind, major: int, minor: int, *, mode: int = 0o666) -> None:
        """Make ``path`` a device node (``character`` or ``block``); writing to it changes nothing."""
        place = self.resolve(path)
        meta = self._fill(path, b"") or self._changing(place, path)
        meta.kind, meta.device = kind, (major, minor)
        self.chmod(path, mode)

    def mkdir(self, path: str, *, parents: bool = True) -> None:
        """Make a directory; with ``parents`` also those above it, and one that is there is no error."""
        if parents:
            self._make(path)
            return
        place = self._free(path)
        self._guard(path, lambda: self._nodes.mkdir(place))
        self._ledger.written(place)

    def symlink(self, target: str, link: str) -> None:
        """Make ``link`` a symbolic link with the text ``target``."""
        place = self._free(link)
        self._guard(link, lambda: self._nodes.symlink(target, place))
        self._ledger.written(place)

    def link(self, path: str, new: str) -> None:
        """Make ``new`` another name of the file ``path`` (a hard link)."""
        place = self.resolve(path, follow=False)
        stat = self._stat(place, path)
        if stat.kind == "directory":
            raise fault(errno.EPERM, path)
        twin = self._free(new)
        if stat.kind == "symlink":
            self._nodes.symlink(stat.target, twin)
        else:
            self._guard(new, lambda: self._nodes.join(place, twin))
        self._ledger.join(place, twin)

    def remove(self, path: str, recursive: bool = False) -> None:
        """Take away a file, a link, an empty directory, or with ``recursive`` a whole tree."""
        place = self.resolve(path, follow=False)
        kind = self._meta(place, path).kind
        self._permit_removal(place, path)
        if kind == "directory" and not recursive and self._nodes.read_dir(place):
            raise fault(errno.ENOTEMPTY, path)
        self._nodes.remove(place, recursive)
        self._ledger.forget(place)

    def rename(self, old: str, new: str) -> None:
        """Move as ``rename(2)`` does: a file replaces a file, a directory only an empty directory."""
        source, place = self.resolve(old, follow=False), self.resolve(new, follow=False)
        folder = self._meta(source, old).kind == "directory"
        there = kind_of(self._nodes, place)
        if source == place:
            return
        self._permit_removal(source, old)
        self._permit(parent(place), new, WRITE)
        if self._ledger.twins(source, place):
            self.remove(old)
            return
        if place.startswith(source + "/"):
            raise fault(errno.EINVAL, new)
        if there is not None and (there == "directory") != folder:
            raise fault(errno.ENOTDIR if folder else errno.EISDIR, new)
        if there is not None:
            self.remove(place)
        self._nodes.rename(source, place)
        self._ledger.carry(source, place)

    def copy(self, source: str, new: str) -> None:
        """Copy one file's contents and, where ``new`` was not there, its mode; a sized file stays one."""
        stat = self.stat(source)
        if stat.kind == "directory":
            raise fault(errno.EISDIR, source)
        fresh = not self.exists(new)
        if stat.sized:
            self._fill(new, self._nodes.read_file(self.resolve(source)), stat.size)
            self._changing(self.resolve(new), new).origin = self.origin(source) or None
        else:
            self.write(new, self.read(source))
        if fresh:
            self.chmod(new, stat.mode & ~self.umask)

    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits of what ``path`` leads to."""
        place = self.resolve(path)
        meta = self._changing(place, path)
        self._permit_owner(meta, path)
        meta.mode, meta.ctime = mode & 0o7777, self._clock.now
        self._ledger.anchor(place)

    def chown(self, path: str, user: str | int | None, group: str | int | None, *, follow: bool = True) -> None:
        """Give ``path`` to a user and a group, by name or number; None leaves one as it is.

        Raises:
            LookupError: for a name that is not in ``/etc/passwd`` or ``/etc/group``.
        """
        place, names = self.resolve(path, follow=follow), self.names()
        meta = self._changing(place, path)
        uid = meta.uid if user is None else names.uid(user)
        if self._actor and (uid != meta.uid or not self._actor.owns(meta)):
            raise fault(errno.EPERM, path)
        meta.gid = meta.gid if group is None else names.gid(group)
        meta.uid, meta.ctime = uid, self._clock.now

    def touch(self, path: str, when: float) -> None:
        """Set both times of ``path`` to the machine time ``when``, making an empty file where none is."""
        if not self.exists(path):
            self.write(path, b"")
        self.set_times(path, mtime=when, atime=when)

    def set_times(
        self, path: str, *, mtime: float | None = None, atime: float | None = None, follow: bool = True
    ) -> None:
        """Set the time of change, of access, or both."""
        place = self.resolve(path, follow=follow)
        meta = self._changing(place, path)
        if self._actor and not self._actor.owns(meta):
            self._permit(place, path, WRITE)
        meta.mtime = meta.mtime if mtime is None else mtime
        meta.atime = meta.atime if atime is None else atime
        meta.ctime = self._clock.now

    # moments

    def settle(self) -> None:
        """Take note of what the shell library did: times and owners of new files, modes it lost, hard links' bytes.

        Call it when a command has ended: what is noted later is noted with the later time.
        """
        self._ledger.settle()

    def snapshot(self, *, without: str = "") -> Snapshot:
        """All files now, but what is below ``without``; unchanged contents are the same objects as before."""
        return self._whole.snapshot(without=without)

    def moment(self) -> Snapshot:
        """All files now but ``/proc``'s; only where the shell library may have written since the last one is looked.

        Entries that are as they were are the same objects, and all of them together where nothing changed.
        """
        return self._whole.moment()

    def restore(self, snapshot: Snapshot) -> None:
        """Make the files what they were at ``snapshot``; only what differs is written."""
        self._whole.restore(snapshot)

    def cover(self, path: str, mode: int) -> dict[str, Any]:
        """Empty a directory, as a mount does; what ``uncover`` brings back."""
        place = self._folder(path)
        whole = self.snapshot()
        there = {name: entry for name, entry in whole.entries.items() if name == place or name.startswith(f"{place}/")}
        for name in self.listdir(place):
            self.remove(join(place, name), recursive=True)
        self.chmod(place, mode)
        self.chown(place, 0, 0)
        return Snapshot(there, whole.inodes).to_state()

    def uncover(self, path: str, covered: Mapping[str, Any]) -> None:
        """Let a directory be again what it was before ``cover``."""
        place = self._folder(path)
        for name in self.listdir(place):
            self.remove(join(place, name), recursive=True)
        for name, entry in sorted(Snapshot.from_state(covered).entries.items()):
            if name != place:
                self._whole.lay(name, entry)
            self._ledger.metas[name] = copy(entry.meta)
            self._ledger.anchor(name)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Every path but those in ``/proc`` with the bytes that it takes, directories in memory none."""
        for path, entry in self.moment().entries.items():
            if entry.meta.kind == "directory":
                yield path, 0 if path == "/proc" or self._in_memory(path) else BLOCK
            else:
                yield path, len(entry.target.encode()) if entry.meta.device or entry.target else entry.size

    def diff(self, before: Snapshot, after: Snapshot) -> list[Change]:
        """What changed between two moments, by path."""
        return compare(before, after)

    def to_state(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        return {**self.habits(), **self.snapshot().to_state()}

    def habits(self) -> dict[str, Any]:
        """How new files are made, as JSON can hold it."""
        return {"owner": list(self.owner), "umask": self.umask}

    @classmethod
    def from_state(
        cls, clock: Clock, state: Mapping[str, Any], snapshot: Snapshot | None = None, before: Files | None = None
    ) -> Files:
        """The files back, those of ``snapshot``, or of the state; on a new tree, or on that of ``before``.

        Raises:
            StateError: when the state is damaged.
        """
        files = cls(clock, before=before)
        try:
            uid, gid = state["owner"]
            files._ledger.owner, files._ledger.umask = (int(uid), int(gid)), int(state["umask"])
        except (KeyError, TypeError, ValueError) as err:
            raise StateError(f"the stored files are damaged: {err!r}") from err
        files.restore(Snapshot.from_state(state) if snapshot is None else snapshot)
        return files

    # the way down

    def _changing(self, place: str, path: str) -> Meta:
        """The record of ``place``, for who changes it."""
        self._ledger.mark(place)
        return self._meta(place, path)

    def _free(self, path: str) -> str:
        place = self.resolve(path, follow=False)
        if kind_of(self._nodes, place) is not None:
            raise fault(errno.EEXIST, path)
        self._permit(parent(place), path, WRITE)
        return place

    def _make(self, path: str) -> None:
        if self.is_dir(path):
            return
        self._make(parent(path))
        place = self.resolve(path)
        there = kind_of(self._nodes, place)
        if there is not None:
            raise fault(errno.EEXIST, path)
        self._permit(parent(place), path, WRITE)
        self._guard(path, lambda: self._nodes.mkdir(place))
        self._ledger.written(place)

    def _fill(self, path: str, data: bytes, size: int | None = None, mode: int | None = None) -> Meta | None:
        if len(data) > LIMIT:
            raise fault(errno.EFBIG, path)
        self._make(parent(path))
        place = self.resolve(path)
        raw = self._ledger.raw(place)
        if raw is not None and raw["file_type"] == "directory":
            raise fault(errno.EISDIR, path)
        if raw is not None and self._ledger.see(place, raw).device:
            return None
        self._permit(place if raw is not None else parent(place), path, WRITE)
        if (size or len(data)) > (self._meta(place, path).size or raw["size"] if raw else 0) and self.no_room(place):
            raise fault(errno.ENOSPC, path)
        self._guard(path, lambda: self._nodes.write_file(place, data))
        return self._ledger.written(place, size=size, mode=mode)

    def _guard(self, path: str, work: Callable[[], None]) -> None:
        try:
            work()
        except RuntimeError as err:
            text = str(err)
            number = next((number for words, number in _REFUSALS.items() if words in text), errno.EINVAL)
            raise fault(number, path) from err


_REFUSALS = {
    "not found": errno.ENOENT,
    "too long": errno.ENAMETOOLONG,
    "too deep": errno.ENAMETOOLONG,
    "limit": errno.ENOSPC,
}
"""What the tree below says when it refuses, and the error that a disk would give."""
