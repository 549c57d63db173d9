"""What a program says while it runs, wherever its output is led, and which files it leaves: for the journal."""

from __future__ import annotations

import posixpath
import re
from collections.abc import AsyncIterator, Collection, Mapping
from typing import TypeAlias

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.machine.snapshot import Entry
from llm_kernel.shell.call import Io
from llm_kernel.strand import Strand

__all__ = ["Look", "Remembered", "look", "named", "writes", "written"]

Look: TypeAlias = Mapping[str, tuple[float, float, int, int]]
"""Paths with what shows that they were written: change, modification, size, number."""

_WRITERS = re.compile(
    r">|\b(?:cp|mv|ln|tee|tar|unzip|gunzip|gzip|dd|sed|install|rsync|git|split|truncate|scp|wget|curl|python3?)\b|\./"
)
_WORD = re.compile(r"[^\s\"'|&;<>()$*?]+")
_KEPT = 20_000
_MOST = 2000
_FOLDERS = 12


class Remembered:
    """Streams that remember the end of what was said; what is typed they do not."""

    def __init__(self, streams: Io) -> None:
        self._streams = streams
        self._said = ""

    @property
    def said(self) -> str:
        """The end of what was said, on either stream."""
        return self._said[-_KEPT:]

    async def out(self, data: str | bytes) -> None:
        """Write to standard output."""
        self._note(data)
        await self._streams.out(data)

    async def err(self, data: str | bytes) -> None:
        """Write to standard error."""
        self._note(data)
        await self._streams.err(data)

    async def read(self) -> bytes:
        """All of standard input."""
        return await self._streams.read()

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that a person types."""
        return await self._streams.ask(prompt, hidden)

    @property
    def listens(self) -> bool:
        """Whether a person can be asked."""
        return self._streams.listens

    def chunks(self) -> AsyncIterator[bytes]:
        """Standard input as it comes."""
        return self._streams.chunks()

    @property
    def strand(self) -> Strand:
        """Its thread of the machine's time."""
        return self._streams.strand

    @property
    def parent(self) -> int:
        """The process of its shell."""
        return self._streams.parent

    @property
    def adopted(self) -> Process | None:
        """Its own process, where one was made before it began."""
        return self._streams.adopted

    def _note(self, data: str | bytes) -> None:
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        self._said += text
        if len(self._said) > 2 * _KEPT:
            self._said = self._said[-_KEPT:]


def look(machine: Machine, cwd: str) -> Look:
    """The files in ``cwd`` and in the directories there, as they are now; of many, the first."""
    files = machine.files
    if not files.writers.unknown and not cwd.startswith("/proc"):
        return _known(machine, cwd)
    found: dict[str, tuple[float, float, int, int]] = {}
    folders = [cwd]
    for folder in folders:
        try:
            there = files.entries(folder)
        except OSError:
            continue
        for name, stat in there.items():
            path = f"{folder.rstrip('/')}/{name}"
            if stat.kind == "file" and len(found) < _MOST:
                found[path] = (stat.ctime, stat.mtime, stat.size, stat.ino)
            elif stat.kind == "directory" and folder == cwd and len(folders) <= _FOLDERS and cwd != "/":
                folders.append(path)
    return found


def _known(machine: Machine, cwd: str) -> Look:
    """The same from what is known of all files: reading a directory takes as long as all of them are many."""
    try:
        top = machine.files.resolve(cwd).rstrip("/")
    except OSError:
        return {}
    here: dict[str, Entry] = {}
    below: dict[str, dict[str, Entry]] = {}
    start = len(top) + 1
    for path, entry in machine.files.moment().entries.items():
        if path.startswith(top) and path[start - 1 : start] == "/" and len(path) > start:
            folder, slash, name = path[start:].partition("/")
            if not slash:
                here[folder] = entry
            elif "/" not in name:
                below.setdefault(folder, {})[name] = entry
    found: dict[str, tuple[float, float, int, int]] = {}
    folders = [name for name in sorted(here) if here[name].meta.kind == "directory"][:_FOLDERS] if cwd != "/" else []
    for prefix, names in (("", here), *((f"{folder}/", below.get(folder, {})) for folder in folders)):
        for name, entry in sorted(names.items()):
            if entry.meta.kind == "file" and len(found) < _MOST:
                meta = entry.meta
                found[f"{cwd.rstrip('/')}/{prefix}{name}"] = (meta.ctime, meta.mtime, entry.size, meta.ino)
    return found


def writes(text: str) -> bool:
    """Whether shell ``text`` may write files, as far as its words show."""
    return bool(_WRITERS.search(text))


def named(text: str, cwd: str, there: Look, wrote: Collection[str]) -> tuple[str, ...]:
    """The files that ``text`` names, and those that ``wrote`` has copies of by their name."""
    words = {posixpath.normpath(posixpath.join(cwd, word)) for word in _WORD.findall(text[:_KEPT])}
    names = {posixpath.basename(path) for path in wrote}
    return tuple(path for path in there if path in words or (path not in wrote and posixpath.basename(path) in names))


def written(before: Look, after: Look, but: Collection[str] = ()) -> tuple[str, ...]:
    """The paths that came or changed between two looks, without those in ``but``."""
    return tuple(path for path, seen in after.items() if before.get(path) != seen and path not in but)
