"""What can be seen of the machine's files, and by whom: paths and links, kinds, bytes, permissions. Changes nothing."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from llm_kernel.machine.actor import READ, SEARCH, WRITE, Actor
from llm_kernel.machine.ledger import Ledger, Raw
from llm_kernel.machine.names import Names
from llm_kernel.machine.nodes import Nodes
from llm_kernel.machine.paths import fault, join, kind_of, normal, parent, resolve
from llm_kernel.machine.stat import Meta, Stat

__all__ = ["BLOCK", "Seen"]

BLOCK = 4096
"""The bytes of a directory on a disk."""

_STICKY = 0o1000
_SLOT = 20
"""The bytes that a name adds to the size of a directory in memory."""
_FOLDERS = 10_000
"""Of how many directories it is remembered whether they lie in memory."""
_ACCOUNTS = ("/etc/passwd", "/etc/group")


class Seen:
    """All paths are absolute; ``absolute`` makes them so. Errors are ``OSError`` with the words of the C library."""

    def __init__(self, nodes: Nodes, ledger: Ledger) -> None:
        self._nodes = nodes
        self._ledger = ledger
        self._actor: Actor | None = None
        self.heeds = False
        """Whether somebody acts, be it root; else the system itself does."""
        self._lies: tuple[dict[str, bool], dict[str, bool]] = {}, {}
        self._origins: tuple[int, list[str]] = (-1, [])
        self.memory: dict[str, bool] = {}
        """The mount points, and whether what is mounted there lies in memory."""
        self.stale: Callable[[], None] | None = None
        """What brings ``/proc`` up to date before it is looked at; None while it is."""

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

    def enter(self, path: str) -> None:
        """Make sure that ``path`` leads to a directory, however many names it holds.

        Raises:
            OSError: where it does not.
        """
        kind = kind_of(self._nodes, self.resolve(path))
        if kind != "directory":
            raise fault(errno.ENOTDIR if kind else errno.ENOENT, path)

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

    def head(self, path: str) -> bytes:
        """The bytes that a program reads from a file: all of them, or how a binary file without bytes begins."""
        if not self.is_sized(path):
            return self.read(path)
        data = self._nodes.read_file(self.resolve(path))
        return b"" if data == b"\0" else data

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

    def count(self) -> int:
        """How many paths there are, the root included."""
        return len(self._ledger.scan("/"))

    def names(self) -> Names:
        """Users and groups, as ``/etc/passwd`` and ``/etc/group`` have them now."""
        texts = [self.read(path).decode(errors="replace") if self.exists(path) else "" for path in _ACCOUNTS]
        return Names.parse(texts[0], texts[1])

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

    def weigh(self, data: bytes) -> int:
        """How long ``data`` would be, had every file without bytes been read in full where its beginning stands."""
        return self._ledger.weigh(data)

    # who may

    @property
    def open(self) -> bool:
        """Whether nothing is closed to who acts now."""
        return self._actor is None

    @contextmanager
    def acting(self, actor: Actor | None, *, system: bool = False) -> Iterator[None]:
        """What happens now is done by ``actor``, who may not do everything; when None by root, or the ``system``."""
        before = self._actor, self.heeds
        self._actor, self.heeds = actor, not system
        try:
            yield
        finally:
            self._actor, self.heeds = before

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
            return (len(self._ledger.inside(place)) + 2) * _SLOT if self._in_memory(place) else BLOCK
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
