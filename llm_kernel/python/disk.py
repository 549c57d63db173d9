"""A script's files: the machine's, read when asked for, with what the script writes kept aside until it has ended."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Callable
from typing import Any

from pydantic_monty import MontyFileHandle

from llm_kernel.machine import Machine
from llm_kernel.machine.actor import READ
from llm_kernel.machine.pseudo import taking
from llm_kernel.python.script import Unsure

__all__ = ["Disk"]


class Disk:
    """The files of ``machine`` seen from ``cwd``; ``commit`` writes what changed, and nothing does before."""

    def __init__(self, machine: Machine, cwd: str) -> None:
        self._machine = machine
        self.cwd = cwd
        self.spelled: dict[str, str] = {}
        self.read: list[str] = []
        self._written: dict[str, bytes] = {}
        self._made: list[str] = []
        self._gone: list[str] = []

    def fresh(self) -> Disk:
        """The same files before the first write."""
        return Disk(self._machine, self.cwd)

    @property
    def written(self) -> tuple[str, ...]:
        """The files that changed."""
        return tuple(self._written)

    def commit(self) -> None:
        """Write the changed files to the machine."""
        for path in self._gone:
            self._machine.files.remove(path, recursive=self._machine.files.is_dir(path))
        for path in self._made:
            self._machine.files.mkdir(path)
        for path, data in self._written.items():
            self._machine.files.write(path, data)

    def land(self) -> None:
        """Write the changed files now, for a command that the script runs."""
        self.commit()
        self._written, self._made, self._gone = {}, [], []

    def spell(self, name: Any) -> Any:
        """Remember how the script spells a path, for messages."""
        if isinstance(name, str) and "\0" not in name:
            self.spelled[self._machine.files.absolute(name, self.cwd)] = name
        return name

    def calls(self) -> dict[str, Callable[..., Any]]:
        """What a run may ask of the files."""
        return {
            "open": self._open,
            "Path.read_text": self._read_text,
            "Path.write_text": self._write_text,
            "Path.append_text": self._append_text,
        }

    # the files as a program sees them by name

    def kind(self, name: str) -> str:
        """``file``, ``directory``, another kind, or empty where nothing is."""
        path = self._machine.files.absolute(name, self.cwd)
        if path in self._made:
            return "directory"
        if path in self._written:
            return "file"
        there = path not in self._gone and self._machine.files.exists(path)
        return self._machine.files.stat(path).kind if there else ""

    def size(self, name: str) -> int:
        """A file's bytes; what ``stat`` says of others."""
        path = self._machine.files.absolute(name, self.cwd)
        if not self.kind(name):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)
        return len(self._written[path]) if path in self._written else self._machine.files.stat(path).size

    def listdir(self, name: str) -> list[str]:
        """The names in a directory."""
        path = self._machine.files.absolute(name, self.cwd)
        match self.kind(name):
            case "":
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)
            case "directory":
                names = [] if path in self._made else self._machine.files.listdir(path)
                new = [posixpath.split(other) for other in (*self._written, *self._made)]
                names = [one for one in names if posixpath.join(path, one) not in self._gone]
                return list(dict.fromkeys([*names, *(base for folder, base in new if folder == path)]))
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory", name)

    def mkdir(self, name: str) -> None:
        """Make a directory in one that is there."""
        if self.kind(name):
            raise FileExistsError(errno.EEXIST, "File exists", name)
        path = self._machine.files.absolute(name, self.cwd)
        match self.kind(posixpath.dirname(path)):
            case "":
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)
            case "directory":
                self._check_user(path)
                self._made.append(path)
                return
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory", name)

    def makedirs(self, name: str) -> None:
        """Make a directory and those above it."""
        path = self._machine.files.absolute(name, self.cwd)
        above = posixpath.dirname(path)
        if not self.kind(above):
            self.makedirs(above)
        if self.kind(name):
            raise FileExistsError(errno.EEXIST, "File exists", name)
        self.mkdir(path)

    def remove(self, name: str) -> None:
        """Take a file away."""
        path = self._machine.files.absolute(name, self.cwd)
        match self.kind(name):
            case "":
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)
            case "file":
                self._check_user(path)
            case other:
                raise Unsure(f"removing a {other}")
        self._written.pop(path, None)
        if self._machine.files.exists(path):
            self._gone.append(path)

    def rmdir(self, name: str) -> None:
        """Take an empty directory away."""
        path = self._machine.files.absolute(name, self.cwd)
        match self.kind(name):
            case "":
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)
            case "directory":
                self._check_user(path)
            case _:
                raise NotADirectoryError(errno.ENOTDIR, "Not a directory", name)
        if self.listdir(name):
            raise OSError(errno.ENOTEMPTY, "Directory not empty", name)
        if path in self._made:
            self._made.remove(path)
        if self._machine.files.exists(path):
            self._gone.append(path)

    def opened(self, name: str, mode: str) -> bytes:
        """The bytes with which an open file begins; ``mode`` has one of ``rwax``, and ``+``."""
        path = self._machine.files.absolute(name, self.cwd)
        kind = self.kind(name)
        if kind == "directory":
            raise IsADirectoryError(errno.EISDIR, "Is a directory", name)
        if kind and "x" in mode:
            raise FileExistsError(errno.EEXIST, "File exists", name)
        if not kind and ("r" in mode or not self.kind(posixpath.dirname(path))):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", name)
        if not kind and self.kind(posixpath.dirname(path)) != "directory":
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", name)
        if path not in self._written:
            if kind:
                self._plain(path)
            if mode != "r":
                self._check_user(path)
        data = self._data(path) if kind and "w" not in mode else b""
        if mode not in ("r", "r+"):
            self.save(name, data)
        return data

    def save(self, name: str, data: bytes) -> None:
        """Note what a file has now."""
        self._put(self._machine.files.absolute(name, self.cwd), data)

    def _put(self, path: str, data: bytes) -> None:
        """What a full disk does to a program shows where its buffer is emptied, which is not computed."""
        if len(data) > len(self._written.get(path, b"")) and self._machine.no_room(path):
            raise Unsure("a full disk")
        self._written[path] = data

    def _check_user(self, path: str) -> None:
        """Who may change what is asked of the real rules only for the one who may change all."""
        system = self._machine.system
        home = next((row.home for row in system.users if row.name == system.user), "/")
        if (system.user != "root" and not path.startswith(f"{home}/")) or taking(path):
            raise Unsure("who may write here")
        try:
            self._machine.files.resolve(path)
        except OSError as err:
            if err.errno == errno.ENAMETOOLONG:
                raise Unsure("a name that is too long") from err

    def _key(self, path: Any) -> str:
        name = path.path if isinstance(path, MontyFileHandle) else str(path)
        return self._machine.files.absolute(name, self.cwd)

    def _fail(self, kind: type[OSError], number: int, words: str, path: str) -> OSError:
        return kind(f"[Errno {number}] {words}: {self.spelled.get(path, path)!r}")

    def _open(self, name: Any, mode: str) -> MontyFileHandle:
        handle, path, files = MontyFileHandle(str(name), mode), self._key(name), self._machine.files
        if handle.binary or "+" in mode or "x" in mode:
            raise Unsure("mode of a file")
        parent = path.rpartition("/")[0] or "/"
        if files.is_dir(path):
            raise self._fail(IsADirectoryError, 21, "Is a directory", path)
        there = path in self._written or files.exists(path)
        if not there and (handle.mode[0] == "r" or not files.exists(parent)):
            raise self._fail(FileNotFoundError, 2, "No such file or directory", path)
        if not there and not files.is_dir(parent):
            raise self._fail(NotADirectoryError, 20, "Not a directory", path)
        if there and path not in self._written:
            self._plain(path)
        if handle.mode[0] != "r":
            self._check_user(path)
        if handle.mode[0] == "w":
            self._written[path] = b""
        elif handle.mode[0] == "a":
            self._written[path] = self._data(path) if there else b""
        return handle

    def _plain(self, path: str) -> None:
        """Let only plain files with bytes pass, and those that the user may read and write."""
        files, actor = self._machine.files, self._machine.actor()
        with files.acting(actor):
            try:
                stat = files.stat(path)
            except PermissionError as err:
                raise Unsure(f"file: {path}") from err
        if stat.sized or stat.kind != "file" or stat.device or (actor and not actor.may(stat, READ)):
            raise Unsure(f"file: {path}")

    def _data(self, path: str) -> bytes:
        if path in self._written:
            return self._written[path]
        self.read.append(path)
        return self._machine.files.read(path)

    def _read_text(self, path: Any) -> str:
        try:
            text = self._data(self._key(path)).decode("utf-8")
        except UnicodeDecodeError as err:
            raise Unsure("bytes that are not text") from err
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _write_text(self, path: Any, text: str) -> int:
        self._put(self._key(path), text.encode("utf-8"))
        return len(text)

    def _append_text(self, path: Any, text: str) -> int:
        key = self._key(path)
        self._put(key, self._data(key) + text.encode("utf-8"))
        return len(text)
