"""The tree with hard links. The library's own tree has none: there, each name is a link to where the bytes lie.

So whoever writes through any name, the shell library too, writes the one file; a name that the library replaces by a
file of its own is a file of its own, as after ``sed -i``.
"""

from __future__ import annotations

from typing import Any

from bashkit import FileSystem

__all__ = ["Nodes"]

_FOLDER, _NAME = "/dev", ".inodes"
_PLACE = f"{_FOLDER}/{_NAME}"
"""Where the bytes of files with several names lie; no listing shows it."""

_SINKS = ("/dev/null", "/dev/zero")
"""What keeps nothing that is written to it."""


class Nodes:
    """What ``FileSystem`` offers, with names that share a file; ``below`` is the tree that the shell library reads."""

    def __init__(self, below: FileSystem) -> None:
        self.below = below
        self._homes: dict[str, str] = {}
        self._count = 0

    # several names

    def join(self, path: str, name: str) -> None:
        """Let ``name``, where nothing is, be another name of the file ``path``."""
        home = self.home(path)
        if home == path:
            self._count += 1
            home = f"{_PLACE}/{self._count}"
            self.below.mkdir(_PLACE, True)
            self.below.rename(path, home)
            self._point(path, home)
        self._point(name, home)

    def joined(self, path: str) -> bool:
        """Whether ``path`` shares its file with other names."""
        return self.home(path) != path

    @property
    def shared(self) -> bool:
        """Whether any file has several names."""
        return bool(self._homes)

    def families(self) -> set[frozenset[str]]:
        """Which names share a file with which others."""
        found: dict[str, list[str]] = {}
        for path, home in list(self._homes.items()):
            if self.joined(path):
                found.setdefault(home, []).append(path)
        return {frozenset(paths) for paths in found.values() if len(paths) > 1}

    def part(self) -> None:
        """Give every name a file of its own."""
        for path, home in list(self._homes.items()):
            if self.joined(path):
                data = self.below.read_file(home)
                self.below.remove(path)
                self._put(path, data)
        self._homes = {}
        if self.below.exists(_PLACE):
            self.below.remove(_PLACE, True)

    def home(self, path: str) -> str:
        """Where the bytes of ``path`` lie; a name that was replaced from outside lies where it stands."""
        home = self._homes.get(path)
        if home is None:
            return path
        try:
            if self.below.read_link(path) == home:
                return home
        except RuntimeError:
            pass
        self._drop(path)
        return path

    def _point(self, path: str, home: str) -> None:
        self.below.symlink(home, path)
        self._homes[path] = home

    def _drop(self, path: str) -> None:
        """Forget a name; the last one that is left is the file itself."""
        home = self._homes.pop(path)
        left = [name for name, place in self._homes.items() if place == home]
        if not left:
            self.below.remove(home)
        elif len(left) == 1 and self.home(left[0]) == home:
            del self._homes[left[0]]
            self.below.remove(left[0])
            self.below.rename(home, left[0])
        if not self._homes and self.below.exists(_PLACE):
            self.below.remove(_PLACE, True)

    # what a tree offers

    def exists(self, path: str) -> bool:
        """Whether anything is at ``path``."""
        return bool(self.below.exists(path))

    def stat(self, path: str) -> dict[str, Any]:
        """What is at ``path``; raises ``RuntimeError`` where nothing is."""
        return dict(self.below.stat(self.home(path) if self._homes else path))

    def read_dir(self, path: str) -> list[dict[str, Any]]:
        """The names in a directory with what they are."""
        found = [dict(entry) for entry in self.below.read_dir(path)]
        if not self._homes:
            return found
        top = path.rstrip("/")
        for entry in found:
            if entry["metadata"]["file_type"] == "symlink" and self.joined(f"{top}/{entry['name']}"):
                entry["metadata"] = self.stat(f"{top}/{entry['name']}")
        return [entry for entry in found if entry["name"] != _NAME] if path == _FOLDER else found

    def read_file(self, path: str) -> bytes:
        """The bytes of a file."""
        return bytes(self.below.read_file(self.home(path)))

    def write_file(self, path: str, data: bytes) -> None:
        """Write a whole file."""
        self._put(self.home(path), data)

    def _put(self, place: str, data: bytes) -> None:
        if place in _SINKS:  # the tree below keeps no such file unless it is moved there
            self.below.write_file(f"{place}.", data)
            self.below.rename(f"{place}.", place)
            return
        self.below.write_file(place, data)

    def append_file(self, path: str, data: bytes) -> None:
        """Write behind what a file holds."""
        self.below.append_file(self.home(path), data)

    def chmod(self, path: str, mode: int) -> None:
        """Set the permission bits."""
        self.below.chmod(self.home(path), mode)

    def mkdir(self, path: str, recursive: bool = False) -> None:
        """Make a directory."""
        self.below.mkdir(path, recursive)

    def symlink(self, target: str, link: str) -> None:
        """Make a symbolic link."""
        self.below.symlink(target, link)

    def read_link(self, path: str) -> str:
        """The text of a symbolic link."""
        return str(self.below.read_link(path))

    def remove(self, path: str, recursive: bool = False) -> None:
        """Take away a name, or with ``recursive`` a whole tree."""
        self.below.remove(path, recursive)
        for name in self._at(path):
            if name in self._homes:
                self._drop(name)

    def rename(self, old: str, new: str) -> None:
        """Move a name, and a directory with all that is in it."""
        self.below.rename(old, new)
        for name in self._at(old):
            self._homes[new + name[len(old) :]] = self._homes.pop(name)

    def _at(self, path: str) -> list[str]:
        return [name for name in self._homes if name == path or name.startswith(f"{path}/")]
