"""What a step writes down: everything (a key frame), or what differs from the step before it.

A frame's body is JSON. Blobs are named in it by their place in ``refs``, the list of what the frame needs.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from llm_kernel.errors import StoreError
from llm_kernel.machine.snapshot import Entry, Snapshot
from llm_kernel.store import blobs, rows
from llm_kernel.store.blobs import Blob
from llm_kernel.store.contents import Content, Known, content
from llm_kernel.store.moment import Moment

__all__ = ["Frame", "Past", "Read", "draw", "opened", "seal", "show"]

MOST = 1 << 30
"""The most bytes that the files and parts of one moment hold together."""

_BODY = 256 << 20
"""The most bytes of one frame's body."""

_PATHS = 1_000_000


@dataclass(frozen=True, slots=True)
class Past:
    """The last step as this process knows it: its moment, and how each of its contents is stored.

    ``size``: the bytes of its files.
    """

    moment: Moment
    files: Mapping[str, Known]
    parts: Mapping[str, Known]
    size: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame to be written; ``past`` is what the next one is compared with."""

    body: bytes
    refs: list[Blob]
    past: Past


@dataclass(frozen=True, slots=True)
class Read:
    """A frame that was read: its body, and the blobs that it needs."""

    body: Mapping[str, Any]
    refs: list[int]


@dataclass(slots=True)
class _Refs:
    """The blobs that a frame needs, each with its place."""

    places: dict[int, int] = field(default_factory=dict)
    blobs: list[Blob] = field(default_factory=list)

    def say(self, stored: Content) -> Any:
        """A content as JSON: a text of bytes, the place of a whole blob, or a list of such pieces."""
        if len(stored) == 1:
            piece = stored[0]
            if isinstance(piece, bytes):
                return piece.decode("latin-1")
            if piece.start == 0 and piece.length == piece.blob.size:
                return self._place(piece.blob)
        return [
            piece.decode("latin-1")
            if isinstance(piece, bytes)
            else [self._place(piece.blob), piece.start, piece.length]
            for piece in stored
        ]

    def _place(self, blob: Blob) -> int:
        if blob.id not in self.places:
            self.places[blob.id] = len(self.blobs)
            self.blobs.append(blob)
        return self.places[blob.id]


def draw(sql: sqlite3.Connection, past: Past | None, moment: Moment, *, whole: bool) -> Frame:
    """The frame of ``moment`` after ``past``; its contents are stored on the way."""
    size = _fits(moment, past)
    before = past if past and not whole else None
    refs = _Refs()
    old = before.moment.files.entries if before else {}
    new = moment.files.entries
    if past is not None and new is old:
        return _frame(before, moment, past.files, _parts(sql, past, moment, whole=whole, refs=refs), [], [], refs, size)
    files = dict(past.files) if past else {}
    changed: list[rows.Row] = []
    for path, entry in new.items():
        was = old.get(path)
        if was is entry:
            continue
        if was is not None and rows.alike(was, entry):
            if entry.data is not was.data:  # the same bytes in another object: keep one of them
                files[path] = Known(entry.data, files[path].content)
            continue
        changed.append(rows.row(path, entry, _file(sql, files, path, entry, refs)))
    for path in files.keys() - new.keys():
        del files[path]
    parts = _parts(sql, past, moment, whole=whole, refs=refs)
    return _frame(before, moment, files, parts, changed, sorted(old.keys() - new.keys()), refs, size)


def _frame(
    before: Past | None,
    moment: Moment,
    files: Mapping[str, Known],
    parts: tuple[dict[str, Any], dict[str, Known]],
    changed: list[rows.Row],
    gone: list[str],
    refs: _Refs,
    size: int,
) -> Frame:
    inodes = moment.files.inodes
    body = {"whole": before is None, "inodes": inodes, "parts": parts[0], "files": changed, "gone": gone}
    text = json.dumps(body, separators=(",", ":")).encode()
    return Frame(len(text).to_bytes(4, "big") + blobs.pack(text), refs.blobs, Past(moment, files, parts[1], size))


def seal(facts: Iterable[object], body: bytes, refs: Iterable[bytes]) -> bytes:
    """The digest over all that makes a step what it is: its facts, its frame, and the digests of the blobs in it."""
    made = hashlib.sha256(json.dumps(list(facts)).encode())
    made.update(hashlib.sha256(body).digest())
    for digest in refs:
        made.update(digest)
    return made.digest()


def opened(packed: bytes) -> dict[str, Any]:
    """The body of a frame."""
    data = _unpacked(packed)
    body = json.loads(data)
    if not isinstance(body, dict):
        raise ValueError("a stored step is not one")
    return body


def show(sql: sqlite3.Connection, frames: Iterable[Read]) -> Moment:
    """The moment at the last of ``frames``, of which the first is a key frame.

    Raises:
        ValueError: where they do not make one.
    """
    files: dict[str, tuple[rows.Row, list[int]]] = {}
    parts: dict[str, tuple[Any, list[int]]] = {}
    inodes = 0
    for number, frame in enumerate(frames):
        if frame.body["whole"] != (number == 0):
            raise ValueError("the stored steps do not follow each other")
        for path in frame.body["gone"]:
            del files[path]
        files.update((row[0], (row, frame.refs)) for row in frame.body["files"])
        parts.update((name, (said, frame.refs)) for name, said in frame.body["parts"].items())
        parts = {name: kept for name, kept in parts.items() if kept[0] is not None}
        inodes = frame.body["inodes"]
    if type(inodes) is not int or not 0 <= inodes < 1 << 62:
        raise ValueError("the stored files have no next number")
    if len(files) > _PATHS:
        raise ValueError("the stored machine has too many files")
    return _Assembly(sql).moment(files, parts, inodes)


class _Assembly:
    """Puts contents together from blobs that are read once; all of them are bounded together."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._left = MOST
        self._blobs: dict[int, bytes] = {}

    def moment(
        self, files: Mapping[str, tuple[rows.Row, list[int]]], parts: Mapping[str, tuple[Any, list[int]]], inodes: int
    ) -> Moment:
        said = [(row[11] if len(row) > 11 else "", refs) for row, refs in files.values()]
        self._blobs = blobs.fetch(self._sql, _needed([*said, *parts.values()]), MOST)
        entries = {
            path: rows.entry(row, self._bytes(*said[number])) for number, (path, (row, _)) in enumerate(files.items())
        }
        texts = {name: self._bytes(*kept).decode("utf-8", "surrogatepass") for name, kept in parts.items()}
        return Moment(texts, Snapshot(rows.ordered(entries), inodes))

    def _bytes(self, said: Any, refs: list[int]) -> bytes:
        data = self._joined(said, refs)
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("the stored machine is too large")
        return data

    def _joined(self, said: Any, refs: list[int]) -> bytes:
        if isinstance(said, str):
            return said.encode("latin-1")
        if isinstance(said, int):
            return self._blobs[refs[said]]
        room, found = self._left, []
        for piece in said:
            found.append(piece.encode("latin-1") if isinstance(piece, str) else self._span(refs, *piece))
            room -= len(found[-1])
            if room < 0:
                raise ValueError("the stored machine is too large")
        return b"".join(found)

    def _span(self, refs: list[int], place: int, start: int, length: int) -> bytes:
        data = self._blobs[refs[place]]
        if not 0 <= start <= start + length <= len(data):
            raise ValueError("a stored content has another size")
        return data[start : start + length]


def _fits(moment: Moment, past: Past | None) -> int:
    """Refuse what could not be loaded again; the bytes of the files."""
    entries = moment.files.entries
    same = past is not None and entries is past.moment.files.entries
    files = past.size if past and same else sum(len(entry.data) for entry in entries.values())
    size = files + 3 * sum(map(len, moment.parts.values()))
    longest = 3 * max(map(len, moment.parts.values()), default=0)
    if size > MOST or len(entries) > _PATHS or longest > blobs.LARGEST:
        raise StoreError("the machine is larger than what is stored: 1 GiB, a million files")
    return files


def _needed(said: Iterable[tuple[Any, list[int]]]) -> set[int]:
    found = set()
    for one, refs in said:
        if isinstance(one, int):
            found.add(refs[one])
        elif isinstance(one, list):
            found.update(refs[piece[0]] for piece in one if not isinstance(piece, str))
    return found


def _file(sql: sqlite3.Connection, files: dict[str, Known], path: str, entry: Entry, refs: _Refs) -> Any:
    if not entry.data:
        files.pop(path, None)
        return None
    stored = content(sql, entry.data, files.get(path))
    files[path] = Known(entry.data, stored)
    return refs.say(stored)


def _parts(
    sql: sqlite3.Connection, past: Past | None, moment: Moment, *, whole: bool, refs: _Refs
) -> tuple[dict[str, Any], dict[str, Known]]:
    """The parts that changed, those that went as None, and how each is stored now."""
    said: dict[str, Any] = {}
    known: dict[str, Known] = {}
    for name, text in moment.parts.items():
        before = past.parts.get(name) if past else None
        was = past.moment.parts.get(name) if past else None
        if before is None or was != text:
            data = text.encode("utf-8", "surrogatepass")
            before = Known(data, content(sql, data, before))
            was = None
        known[name] = before
        if whole or was is None:
            said[name] = refs.say(before.content)
    if past and not whole:
        said.update((name, None) for name in past.parts.keys() - known.keys())
    return said, known


def _unpacked(packed: bytes) -> bytes:
    size = int.from_bytes(packed[:4], "big")
    if size > _BODY:
        raise ValueError("a stored step is too large")
    return blobs.unpack(packed[4:], size)
