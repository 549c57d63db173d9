"""What can be changed of the machine's files, and by whom: bytes, sizes, owners, times, names, links.

Some of it nobody changes but the system itself: what lies in ``/proc`` and ``/sys`` (see ``pseudo.py``).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from llm_kernel.machine.actor import WRITE
from llm_kernel.machine.clock import Clock
from llm_kernel.machine.heads import stub
from llm_kernel.machine.ledger import Ledger
from llm_kernel.machine.names import Names
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import fault, kind_of, parent
from llm_kernel.machine.pseudo import making, taking, writing
from llm_kernel.machine.seen import Seen
from llm_kernel.machine.stat import Kind, Meta

__all__ = ["LIMIT", "Changed"]

LIMIT = 10_000_000
"""The most bytes one file can hold; a larger file is a size without bytes."""


class Changed(Seen):
    """Files that can be changed; each change permits itself, is guarded by the disk's room, and is written down."""

    def __init__(self, nodes: Nodes, ledger: Ledger, clock: Clock) -> None:
        super().__init__(nodes, ledger)
        self._clock = clock
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
            with self.acting(None, system=True):
                yield
        finally:
            self._ledger.owner = before

    def settle(self) -> None:
        """Take note of what the shell library did: times and owners of new files, modes it lost, hard links' bytes.

        Call it when a command has ended: what is noted later is noted with the later time.
        """
        self._ledger.settle()

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
        self._heed(writing(place, self._meta(place, path).mode), path)
        self._guard(path, lambda: self._nodes.append_file(place, data))
        self._ledger.look(place)

    def sized(self, path: str, size: int, data: bytes = b"") -> None:
        """Make ``path`` a file of ``size`` bytes that holds none of them, or only ``data``, with which it begins."""
        if size < 0:
            raise fault(errno.EINVAL, path)
        self._fill(path, data or stub(path, size), size or None)

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
        begin = data if size is None else data or stub(path, size)
        place = self.resolve(path)
        if self._ledger.raw(place) is None and self._actor is None:
            self._guard(path, lambda: self._nodes.write_file(place, begin))
            meta: Meta | None = self._ledger.written(place, size=size or None, mode=mode)
        else:
            meta = self._fill(path, begin, size or None, mode)
        if meta is not None:
            meta.uid, meta.gid = owner
            meta.atime, meta.mtime = times or (meta.atime, meta.mtime)

    def lay_folder(
        self, path: str, *, mode: int = 0o755, owner: tuple[int, int] = (0, 0), times: tuple[float, float] | None = None
    ) -> None:
        """Make ``path`` a directory in one that is there, with its bits, owner and times (access, change) at once."""
        place = self.resolve(path)
        if self._ledger.raw(place) is None:
            self._guard(path, lambda: self._nodes.mkdir(place))
        meta = self._ledger.written(place, mode=mode)
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
        place = self._free(path, folder=True)
        if self.heeds and self.no_room(place):
            raise fault(errno.ENOSPC, path)
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
        self._heed(taking(place), path)
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
        self._heed(taking(source) or (making(place) if there is None else taking(place)), old)
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
        self._guard(new, lambda: self._nodes.rename(source, place))
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

    def shift(self, seconds: float) -> None:
        """Move every file in time: nothing happened to it, the whole machine lives at another time now."""
        self.settle()
        for meta in {id(meta): meta for meta in self._ledger.metas.values()}.values():  # hard links share one
            meta.atime, meta.mtime = meta.atime + seconds, meta.mtime + seconds
            meta.ctime, meta.birth = meta.ctime + seconds, meta.birth + seconds
        self._ledger.version += 1

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

    # the way down

    def _changing(self, place: str, path: str) -> Meta:
        """The record of ``place``, for who changes it."""
        self._ledger.mark(place)
        return self._meta(place, path)

    def _heed(self, number: int, path: str) -> None:
        """Somebody who is not the system meets the error ``number``, if it is one."""
        if number and self.heeds:
            raise fault(number, path)

    def _free(self, path: str, *, folder: bool = False) -> str:
        place = self.resolve(path, follow=False)
        if kind_of(self._nodes, place) is not None:
            raise fault(errno.EEXIST, path)
        self._heed(making(place, folder=folder), path)
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
        self._heed(making(place, folder=True), path)
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
        if raw is None:
            self._heed(making(place), path)
        self._permit(place if raw is not None else parent(place), path, WRITE)
        if raw is not None and self.heeds and (number := writing(place, self._ledger.see(place, raw).mode)):
            if data or number != errno.EIO:
                raise fault(number, path)
            return None
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
