"""What more of ``os``, and what of ``shutil``, ``glob`` and ``tempfile``, a program finds: on the machine's files."""

from __future__ import annotations

import fnmatch
import importlib
import posixpath
from collections.abc import Collection, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

from .world import Doubt, Files

__all__ = ["NATIVE", "Stat", "opening", "storage"]

NATIVE = ("rename", "rmdir", "stat", "replace")
"""Functions that are no Python code in CPython, whose frames do not show."""


class Stat:
    """What ``stat`` says of a file, as far as it is known here."""

    def __init__(self, size: int) -> None:
        self.st_size = size


class _Storage:
    def __init__(self, files: Files, system: ModuleType, seed: str) -> None:
        self._files, self._os, self._path = files, system, system.path
        self._chance: Any = importlib.import_module("random").Random(seed) if seed else None

    # os

    def walk(self, top: Any, topdown: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
        if not topdown:
            raise Doubt("walk from below")
        names = self._os.listdir(top)
        inner = [name for name in names if self._path.isdir(posixpath.join(top, name))]
        yield top, inner, [name for name in names if name not in inner]
        for name in inner:
            yield from self.walk(posixpath.join(top, name))

    def rename(self, old: Any, new: Any) -> None:
        if self._path.isdir(old) or self._path.isdir(new):
            raise Doubt("a directory's new name")
        data = self._read(old)
        self._write(new, data)
        self._os.remove(old)

    def rmdir(self, name: Any) -> None:
        self._files.ask("rmdir", name)

    def stat(self, name: Any) -> Stat:
        return Stat(int(self._files.ask("size", name)))

    # shutil

    def copy(self, old: Any, new: Any) -> Any:
        place = posixpath.join(new, posixpath.basename(old)) if self._path.isdir(new) else new
        self._write(place, self._read(old))
        return place

    def copytree(self, old: Any, new: Any, *, dirs_exist_ok: bool = False) -> Any:
        self._os.makedirs(new, exist_ok=dirs_exist_ok)
        for name in self._os.listdir(old):
            inner, place = posixpath.join(old, name), posixpath.join(new, name)
            if self._path.isdir(inner):
                self.copytree(inner, place, dirs_exist_ok=dirs_exist_ok)
            else:
                self.copy(inner, place)
        return new

    def move(self, old: Any, new: Any) -> Any:
        place = posixpath.join(new, posixpath.basename(old)) if self._path.isdir(new) else new
        self.rename(old, place)
        return place

    def rmtree(self, top: Any, ignore_errors: bool = False) -> None:
        if ignore_errors and not self._path.isdir(top):
            return
        for name in self._os.listdir(top):
            inner = posixpath.join(top, name)
            if self._path.isdir(inner):
                self.rmtree(inner)
            else:
                self._os.remove(inner)
        self.rmdir(top)

    def _read(self, name: Any) -> bytes:
        with self._files.open(name, "rb") as file:
            return bytes(file.read())

    def _write(self, name: Any, data: bytes) -> None:
        with self._files.open(name, "wb") as file:
            file.write(data)

    # glob

    def glob(self, pattern: str, *, recursive: bool = False) -> list[str]:
        if not any(char in pattern for char in "*?["):
            return [pattern] if self._path.exists(pattern) else []
        folder, base = posixpath.split(pattern)
        if recursive and "**" in pattern:
            raise Doubt("glob through all directories")
        folders = self.glob(folder) if any(char in folder for char in "*?[") else [folder]
        found = []
        for place in folders:
            if not self._path.isdir(place or "."):
                continue
            names = [name for name in self._os.listdir(place or ".") if base.startswith(".") or name[0] != "."]
            found += [posixpath.join(place, name) for name in fnmatch.filter(names, base)]
        return found

    # tempfile

    def _name(self, prefix: str, suffix: str, folder: str | None) -> str:
        letters = "abcdefghijklmnopqrstuvwxyz0123456789_"
        return posixpath.join(folder or "/tmp", prefix + "".join(self._chance.choices(letters, k=8)) + suffix)  # noqa: S108

    def mkdtemp(self, suffix: str = "", prefix: str = "tmp", dir: str | None = None) -> str:
        name = self._name(prefix, suffix, dir)
        self._os.mkdir(name)
        return name

    def named(
        self,
        mode: str = "w+b",
        *,
        suffix: str = "",
        prefix: str = "tmp",
        dir: str | None = None,
        delete: bool = True,
        encoding: str | None = None,
    ) -> Any:
        if delete:
            raise Doubt("a file that is gone when it is closed")
        name = self._name(prefix, suffix, dir)
        return self._files.open(name, mode, encoding=encoding)


class _Folder:
    """``tempfile.TemporaryDirectory``."""

    def __init__(self, storage: _Storage, *args: Any, **named: Any) -> None:
        self._storage = storage
        self.name = storage.mkdtemp(*args, **named)

    def __enter__(self) -> str:
        return self.name

    def __exit__(self, *error: Any) -> None:
        self.cleanup()

    def cleanup(self) -> None:
        """Remove it and all it holds."""
        self._storage.rmtree(self.name)


def opening(library: Collection[str], files: Files, clock: ModuleType) -> None:
    """Let modules of the library that open files by themselves, or look at the clock, have the machine's."""
    for name in ("configparser", "xml.etree.ElementTree"):
        if name in library:
            vars(importlib.import_module(name))["open"] = files.open
    if "gzip" in library:
        vars(importlib.import_module("gzip")).update(builtins=SimpleNamespace(open=files.open), time=clock)


def storage(files: Files, system: ModuleType, seed: str) -> dict[str, ModuleType]:
    """The modules beside ``os``, which gets what it lacks."""
    of = _Storage(files, system, seed)
    system.__dict__.update(walk=of.walk, rename=of.rename, replace=of.rename, rmdir=of.rmdir, stat=of.stat)
    known = {
        "shutil": {
            "copy": of.copy, "copy2": of.copy, "copyfile": of.copy, "copytree": of.copytree,
            "move": of.move, "rmtree": of.rmtree,
        },
        "glob": {"glob": of.glob, "iglob": lambda *args, **named: iter(of.glob(*args, **named))},
        "tempfile": {
            "mkdtemp": of.mkdtemp,
            "NamedTemporaryFile": of.named,
            "TemporaryDirectory": lambda *args, **named: _Folder(of, *args, **named),
            "gettempdir": lambda: "/tmp",  # noqa: S108
        },
    }  # fmt: skip
    found = {}
    for name, words in known.items():
        found[name] = ModuleType(name)
        found[name].__dict__.update(words)
    return found
