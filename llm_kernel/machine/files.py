"""The machine's files: one tree for the shell library and for everybody else.

The tree below stores bytes, a mode and the host's time; owners, the machine's times, hard links, device nodes and
sizes without bytes are in a ledger beside it. Links are followed here.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from typing import Any

from bashkit import FileSystem

from llm_kernel.errors import StateError
from llm_kernel.machine.actor import READ, SEARCH, WRITE, Actor
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.heads import head
from llm_kernel.machine.ledger import Ledger, Raw
from llm_kernel.machine.names import Names
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import fault, join, kind_of, normal, parent, resolve
from llm_kernel.machine.snapshot import Change, Snapshot, compare
from llm_kernel.machine.stat import Kind, Meta, Stat
from llm_kernel.machine.whole import Whole
from llm_kernel.machine.writers import Writers

__all__ = ["LIMIT", "Change", "Files", "Snapshot", "Stat"]

LIMIT = 10_000_000
"""The most bytes one file can hold; a larger file is a size without bytes."""

_BLOCK = 4096
_STICKY = 0o1000
_SLOT = 20
"""The bytes that a name adds to the size of a directory in memory."""
_FOLDERS = 10_000
"""Of how many directories it is remembered whether they lie in memory."""
_SHORTEST = 64
"""From how many bytes on the beginning of a file tells whose it is."""


class Files:
    """All paths are absolute; ``absolute`` makes them so. Errors are ``OSError`` with the words of the C library.

    ``before``: whose tree these files take over, as it is; they are not used any more then.
    """

    def __init__(self, clock: Clock, root: FileSystem | None = None, *, before: Files | None = None) -> None:
        if before is not None:
            before.moment()
        self.root: FileSystem = before.root if before else FileSystem() if root is None else root
        self._nodes: Nodes = before._nodes if before else Nodes(self.root)
        self._actor: Actor | None = None
        self._clock = clock
        self._ledger: Ledger = Ledger(clock, self._nodes, before._ledger if before else None)
        self.writers = Writers()
        """Where the shell library may have written by itself."""
        self._whole: Whole = Whole(self._nodes, self._ledger, self.writers, before._whole if before else None)
        self._lies: tuple[dict[str, bool], dict[str, bool]] = {}, {}
        self._origins: tuple[int, list[str]] = (-1, [])
        self.no_room: Callable[[str], bool] = lambda path: False
        """Whether the disk under a path is full: nothing there can grow."""
        self.memory: dict[str, bool] = {}
        """The mount points, and whether what is mounted there lies in memory."""
        self.stale: Callable[[], None] | None = None
        """What brings ``/proc`` up to date before it is looked at; None while it is."""

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

    # reading

    def absolute(self, name: str, cwd: str) -> str:
        """``name`` as an absolute path without ``.`` and ``..``, seen from ``cwd``; an empty name leads nowhere."""
        return normal(self._nodes, name, cwd)

    def resolve(self, path: str, *, follow: bool = True) -> str:
        """The path free of links (a last one stays when not ``follow``); its last part need not exist."""
        place = resolve(self._nodes, path, follow=follow)
        if self.stale is not None and (place.startswith("/proc") or place == "/"):
            self.catch_up()
            place = resolve(self._nodes, path, follow=follow)
        if self._actor:
            self._permit_way(place, path)
        return place

    def catch_up(self) -> None:
        """Bring ``/proc`` up to date, if it is not."""
        stale, self.stale = self.stale, None
        if stale is not None:
            stale()
            self._ledger.anew()

    def lstat(self, path: str) -> Stat:
        """What ``path`` itself is, be it a link."""
        return self._stat(self.resolve(path, follow=False), path)

    def stat(self, path: str) -> Stat:
        """What ``path`` means after following links."""
        return self._stat(self.resolve(path), path)

    def exists(self, path: str) -> bool:
        """Whether ``path`` leads to something; a broken link does not."""
        try:
            return kind_of(self._nodes, self.resolve(path)) is not None
        except OSError:
            return False

    @property
    def shared(self) -> bool:
        """Whether any file has several names; each is a link in ``root``."""
        return self._nodes.shared

    def is_dir(self, path: str) -> bool:
        """Whether ``path`` leads to a directory."""
        try:
            return kind_of(self._nodes, self.resolve(path)) == "directory"
        except OSError:
            return False

    def is_sized(self, path: str) -> bool:
        """Whether ``path`` leads to a file that has a size and no bytes."""
        try:
            return self.stat(path).sized
        except OSError:
            return False

    def read(self, path: str) -> bytes:
        """The bytes of a file; none for a sized file or a device."""
        place = self.resolve(path)
        stat = self._stat(place, path)
        if stat.kind == "directory":
            raise fault(errno.EISDIR, path)
        self._permit(place, path, READ)
        return b"" if stat.sized or stat.device else self._nodes.read_file(place)

    def listdir(self, path: str) -> list[str]:
        """The names in a directory, sorted by code point."""
        place = self._folder(path)
        self._permit(place, path, READ)
        return sorted(str(entry["name"]) for entry in self._nodes.read_dir(place))

    def still(self) -> AbstractContextManager[None]:
        """A moment in which files are only looked at: the same directory is then read once."""
        return self._ledger.still()

    def entries(self, path: str) -> dict[str, Stat]:
        """What each name in a directory itself is, sorted by code point; one look for all of them."""
        with self._ledger.still():
            place = self._folder(path)
            self._permit(place, path, READ)
            found = sorted(self._ledger.inside(place).items())
            return {name: self._seen(join(place, name), raw) for name, raw in found}

    def readlink(self, path: str) -> str:
        """The text of a symbolic link."""
        place = self.resolve(path, follow=False)
        if self._meta(place, path).kind != "symlink":
            raise fault(errno.EINVAL, path)
        return self._nodes.read_link(place)

    def walk(self, top: str = "/") -> Iterator[str]:
        """Every path below ``top``, sorted, parents first; links are not followed."""
        place = self._folder(top)
        return (path for path, _ in self._ledger.scan(place) if path != place)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Every path but those in ``/proc`` with the bytes that it takes, directories in memory none."""
        for path, entry in self.moment().entries.items():
            if entry.meta.kind == "directory":
                yield path, 0 if path == "/proc" or self._in_memory(path) else _BLOCK
            else:
                yield path, len(entry.target.encode()) if entry.meta.device or entry.target else entry.size

    def count(self) -> int:
        """How many paths there are, the root included."""
        return len(self._ledger.scan("/"))

    def names(self) -> Names:
        """Users and groups, as ``/etc/passwd`` and ``/etc/group`` have them now."""
        texts = [self.read(path).decode(errors="replace") if self.exists(path) else "" for path in _ACCOUNTS]
        return Names.parse(texts[0], texts[1])

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

    def origin(self, path: str) -> str:
        """What the file at ``path`` is, where its content is still to be imagined; else empty."""
        try:
            meta = self._meta(self.resolve(path), path)
        except OSError:
            return ""
        return meta.origin or "" if meta.size is not None else ""

    def latents(self, below: str = "/") -> dict[str, str]:
        """Every path below ``below`` whose content is still to be imagined, with its origin."""
        top = below.rstrip("/") + "/"
        version, found = self._origins
        if version != self._ledger.version:
            found = sorted(path for path, meta in self._ledger.metas.items() if meta.origin and meta.size is not None)
            self._origins = self._ledger.version, found
        there = [path for path in found if path.startswith(top) and kind_of(self._nodes, path) == "file"]
        return {path: origin for path in there if (origin := self.origin(path))}

    def imagine(self, origin: str, data: bytes) -> None:
        """Give every file of ``origin`` its content; no time of it changes."""
        for path in [path for path, found in self.latents().items() if found == origin]:
            stat = self.stat(path)
            self._fill(path, data)
            self.set_times(path, mtime=stat.mtime, atime=stat.atime)

    def head(self, path: str) -> bytes:
        """The bytes that a program reads from a file: all of them, or how a binary file without bytes begins."""
        if not self.is_sized(path):
            return self.read(path)
        data = self._nodes.read_file(self.resolve(path))
        return b"" if data == b"\0" else data

    def weigh(self, data: bytes) -> int:
        """How long ``data`` would be, had every file without bytes been read in full where its beginning stands."""
        size = len(data)
        if size < _SHORTEST:
            return size
        for path, meta in self._ledger.metas.items():
            if meta.size is not None and kind_of(self._nodes, path) == "file":
                start = self._nodes.read_file(path)
                if len(start) >= _SHORTEST:
                    size += data.count(start) * (meta.size - len(start))
        return size

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

    # who may

    @property
    def open(self) -> bool:
        """Whether nothing is closed to who acts now."""
        return self._actor is None

    @contextmanager
    def acting(self, actor: Actor | None) -> Iterator[None]:
        """What happens now is done by ``actor``, who may not do everything; by root and the kernel when None."""
        before, self._actor = self._actor, actor
        try:
            yield
        finally:
            self._actor = before

    @contextmanager
    def as_root(self) -> Iterator[None]:
        """What happens now is done by the system itself, and new files are root's."""
        before, self._ledger.owner = self._ledger.owner, (0, 0)
        try:
            with self.acting(None):
                yield
        finally:
            self._ledger.owner = before

    def _permit(self, place: str, path: str, wanted: int) -> None:
        raw = self._ledger.raw(place) if self._actor else None
        if self._actor and raw and not self._actor.may(self._ledger.see(place, raw), wanted):
            raise fault(errno.EACCES, path)

    def _permit_way(self, place: str, path: str) -> None:
        above = place
        while above != "/":
            above = parent(above)
            self._permit(above, path, SEARCH)

    def _permit_owner(self, meta: Meta, path: str) -> None:
        if self._actor and not self._actor.owns(meta):
            raise fault(errno.EPERM, path)

    def _permit_removal(self, place: str, path: str) -> None:
        if not self._actor:
            return
        above = self._meta(parent(place), path)
        if not self._actor.may(above, WRITE | SEARCH):
            raise fault(errno.EACCES, path)
        if above.mode & _STICKY and not self._actor.owns(above):
            self._permit_owner(self._meta(place, path), path)

    # the way down

    def _meta(self, place: str, path: str) -> Meta:
        raw = self._ledger.raw(place)
        if raw is None:
            raise fault(errno.ENOENT, path)
        return self._ledger.see(place, raw)

    def _changing(self, place: str, path: str) -> Meta:
        """The record of ``place``, for who changes it."""
        self._ledger.mark(place)
        return self._meta(place, path)

    def _stat(self, place: str, path: str) -> Stat:
        raw = self._ledger.raw(place)
        if raw is None:
            raise fault(errno.ENOENT, path)
        return self._seen(place, raw)

    def _seen(self, place: str, raw: Raw) -> Stat:
        meta = self._ledger.see(place, raw)
        target = self._nodes.read_link(place) if meta.kind == "symlink" else ""
        return Stat(
            kind=meta.kind,
            size=self._size(place, meta, target, raw),
            mode=0o777 if target else meta.mode,
            mtime=meta.mtime,
            uid=meta.uid,
            gid=meta.gid,
            nlink=self._ledger.links(place, meta),
            target=target,
            ino=meta.ino,
            atime=meta.atime,
            ctime=meta.ctime,
            birth=meta.birth,
            device=meta.device,
            sized=meta.size is not None,
            memory=self._in_memory(place),
        )

    def _size(self, place: str, meta: Meta, target: str, raw: Raw) -> int:
        if place == "/proc" or place.startswith("/proc/"):
            return len(target)  # what the kernel makes up while it is read has no size
        if meta.kind == "directory":
            return (len(self._ledger.inside(place)) + 2) * _SLOT if self._in_memory(place) else _BLOCK
        if meta.device or target:
            return len(target.encode())
        return int(raw["size"]) if meta.size is None else meta.size

    def _in_memory(self, place: str) -> bool:
        if place in self.memory or place == "/" or not self.memory:
            return self.memory.get(place, False)
        told, lies = self._lies
        if told is not self.memory or len(lies) > _FOLDERS:
            told, lies = self._lies = self.memory, {}
        above = parent(place)
        if above not in lies:
            lies[above] = self._in_memory(above)
        return lies[above]

    def _folder(self, path: str) -> str:
        place = self.resolve(path)
        if self._meta(place, path).kind != "directory":
            raise fault(errno.ENOTDIR, path)
        return place

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

_ACCOUNTS = ("/etc/passwd", "/etc/group")
