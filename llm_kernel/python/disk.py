"""A script's files: the machine's, read when asked for, with what the script writes kept aside until it has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_monty import MontyFileHandle

from llm_kernel.machine import Machine
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

    def fresh(self) -> Disk:
        """The same files before the first write."""
        return Disk(self._machine, self.cwd)

    @property
    def written(self) -> tuple[str, ...]:
        """The files that changed."""
        return tuple(self._written)

    def commit(self) -> None:
        """Write the changed files to the machine."""
        for path, data in self._written.items():
            self._machine.files.write(path, data)

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
        if handle.mode[0] == "w":
            self._written[path] = b""
        elif handle.mode[0] == "a":
            self._written[path] = self._data(path) if there else b""
        return handle

    def _plain(self, path: str) -> None:
        """Let only plain files with bytes pass, and those that the user may read and write."""
        stat = self._machine.files.stat(path)
        user = self._machine.system.user
        if stat.sized or stat.kind != "file" or stat.device or (user != "root" and not stat.mode & 0o044):
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
        self._written[self._key(path)] = text.encode("utf-8")
        return len(text)

    def _append_text(self, path: Any, text: str) -> int:
        key = self._key(path)
        self._written[key] = self._data(key) + text.encode("utf-8")
        return len(text)
