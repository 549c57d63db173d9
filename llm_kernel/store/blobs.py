"""Contents by their digest: the same bytes are stored once, packed where that pays."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Blob", "digests", "fetch", "pack", "put", "unpack"]

LARGEST = 64 << 20
"""The most bytes of one content."""

_SAMPLE = 1 << 16
"""Bytes whose packing shows whether the rest is worth it."""

_MANY = 500
"""Rows asked for at once."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored content: its number in the store, its digest and its size in bytes."""

    id: int
    digest: bytes
    size: int


def put(sql: sqlite3.Connection, data: bytes) -> Blob:
    """Store ``data``, unless it is there already."""
    digest = hashlib.sha256(data).digest()
    row = sql.execute("SELECT id FROM blobs WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        made = sql.execute("INSERT INTO blobs (digest, size, packed) VALUES (?, ?, ?)", (digest, len(data), pack(data)))
        return Blob(int(made.lastrowid or 0), digest, len(data))
    return Blob(int(row[0]), digest, len(data))


def digests(sql: sqlite3.Connection, ids: Iterable[int]) -> dict[int, bytes]:
    """The digest of each of these blobs that is there."""
    return {int(row[0]): bytes(row[1]) for row in _select(sql, "id, digest", ids)}


def fetch(sql: sqlite3.Connection, ids: Iterable[int], most: int) -> dict[int, bytes]:
    """The contents of these blobs, which together are at most ``most`` bytes, each with the digest it must have.

    Raises:
        ValueError: for one that is not what its row says, or for too many bytes.
    """
    found = {}
    for number, digest, size, packed in _select(sql, "id, digest, size, packed", ids):
        most -= size
        if not 0 <= size <= LARGEST or most < 0:
            raise ValueError("a stored content is too large")
        data = unpack(bytes(packed), size)
        if hashlib.sha256(data).digest() != digest:
            raise ValueError("a stored content has another digest")
        found[int(number)] = data
    return found


def pack(data: bytes) -> bytes:
    """``data`` after a byte that says how it is stored: packed (``z``) or as it is (``-``)."""
    if len(zlib.compress(data[:_SAMPLE], 1)) < 0.9 * len(data[:_SAMPLE]):
        return b"z" + zlib.compress(data, 6)
    return b"-" + data


def unpack(packed: bytes, size: int) -> bytes:
    """What ``pack`` was given, which has ``size`` bytes; nothing larger is ever unpacked.

    Raises:
        ValueError: where it has not.
    """
    if packed[:1] == b"z":
        reader = zlib.decompressobj()
        data = reader.decompress(packed[1:], size + 1)
        whole = reader.eof
    else:
        data, whole = packed[1:], packed[:1] == b"-"
    if len(data) != size or not whole:
        raise ValueError("a stored content has another size")
    return data


def _select(sql: sqlite3.Connection, columns: str, ids: Iterable[int]) -> Iterator[tuple[int, bytes, int, bytes]]:
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _MANY):
        some = wanted[start : start + _MANY]
        marks = ", ".join("?" * len(some))
        yield from sql.execute(f"SELECT {columns} FROM blobs WHERE id IN ({marks})", some)  # noqa: S608 - marks only
