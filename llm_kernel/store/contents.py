"""A content as pieces: bytes written out, and places in stored blobs. What changes little is stored little."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from llm_kernel.store import blobs
from llm_kernel.store.blobs import Blob
from llm_kernel.store.pieces import Kept, differences

__all__ = ["Content", "Known", "Span", "content"]

_INLINE = 128
"""Bytes up to which a whole content is written out."""

_SPELLED = 4096
"""Bytes up to which new bytes between kept ones are written out."""

_PIECES = 512
"""Pieces from which on a content is stored anew."""


@dataclass(frozen=True, slots=True)
class Span:
    """``length`` bytes of a blob from ``start`` on."""

    blob: Blob
    start: int
    length: int


Content: TypeAlias = "tuple[Span | bytes, ...]"


@dataclass(frozen=True, slots=True)
class Known:
    """Bytes, and how they are stored."""

    data: bytes
    content: Content


def content(sql: sqlite3.Connection, data: bytes, before: Known | None) -> Content:
    """How ``data`` is stored, where ``before`` stood in its place."""
    if len(data) <= _INLINE:
        return (data,) if data else ()
    if before is not None and (before.data is data or before.data == data):
        return before.content
    if before is not None and len(before.data) > _INLINE:
        found = _after(sql, data, before)
        if found is not None:
            return found
    return (Span(blobs.put(sql, data), 0, len(data)),)


def _after(sql: sqlite3.Connection, data: bytes, before: Known) -> Content | None:
    """``data`` by what was kept of ``before``; None where that does not pay."""
    pieces = differences(before.data, data)
    fresh = sum(len(piece) for piece in pieces if isinstance(piece, bytes))
    if fresh > len(data) // 2:
        return None
    made = tuple(_merged(sql, _placed(pieces, before.content)))
    held = {span.blob.id: span.blob.size for span in made if isinstance(span, Span)}
    if len(made) > _PIECES or sum(held.values()) > 4 * len(data):
        return None
    return made


def _placed(pieces: Iterable[Kept | bytes], old: Content) -> Iterator[Span | bytes]:
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from _cut(old, *piece)


def _cut(old: Content, start: int, end: int) -> Iterator[Span | bytes]:
    """The part of a content between two places."""
    at = 0
    for piece in old:
        size = len(piece) if isinstance(piece, bytes) else piece.length
        low, high = max(start - at, 0), min(end - at, size)
        if low < high:
            yield piece[low:high] if isinstance(piece, bytes) else Span(piece.blob, piece.start + low, high - low)
        at += size


def _merged(sql: sqlite3.Connection, pieces: Iterable[Span | bytes]) -> Iterator[Span | bytes]:
    """Neighbouring bytes as one piece, and in a blob of their own once they are many."""
    fresh: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            fresh.append(piece)
            continue
        yield from _spelled(sql, b"".join(fresh))
        fresh = []
        yield piece
    yield from _spelled(sql, b"".join(fresh))


def _spelled(sql: sqlite3.Connection, data: bytes) -> Iterator[Span | bytes]:
    if len(data) > _SPELLED:
        yield Span(blobs.put(sql, data), 0, len(data))
    elif data:
        yield data
