"""Steps as rows: written with a digest over everything in them, read back from their key frame on."""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Iterable

from llm_kernel.errors import StateError
from llm_kernel.store import blobs
from llm_kernel.store.frame import Frame, Read, opened, seal, show
from llm_kernel.store.moment import Moment, Step

__all__ = ["append", "ids", "moment", "step", "steps"]

LONGEST = 256
"""The most steps from a key frame to the next."""

_IDS = 8 << 20
"""The most bytes of a list of blobs."""

_COLUMNS = "key, line, number, root, kind, label, at, digest, refs, body"


def append(sql: sqlite3.Connection, line: int, root: int, made: Step, frame: Frame) -> None:
    """Write ``made`` down behind the other steps of ``line``; ``root`` is the number of its key frame."""
    facts = (made.key, line, made.number, root, made.kind, made.label, made.when)
    digest = seal(facts, frame.body, (blob.digest for blob in frame.refs))
    refs = zlib.compress(struct.pack(f"<{len(frame.refs)}Q", *(blob.id for blob in frame.refs)), 6)
    row = (*facts, digest, refs, frame.body)
    sql.execute(f"INSERT INTO steps ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608


def ids(refs: bytes) -> tuple[int, ...]:
    """The numbers of the blobs that a step needs."""
    data = zlib.decompressobj().decompress(refs, _IDS)
    return struct.unpack(f"<{len(data) // 8}Q", data)


def step(sql: sqlite3.Connection, key: int) -> Step | None:
    """The step with this key, if it is there."""
    row = sql.execute("SELECT number, key, kind, label, at FROM steps WHERE key = ?", (key,)).fetchone()
    return _step(row) if row else None


def steps(sql: sqlite3.Connection, line: int) -> list[Step]:
    """What is left of a line, oldest first."""
    rows = sql.execute("SELECT number, key, kind, label, at FROM steps WHERE line = ? ORDER BY number", (line,))
    return [_step(row) for row in rows]


def moment(sql: sqlite3.Connection, wanted: Step) -> Moment:
    """The moment that ``wanted`` holds.

    Raises:
        StateError: when it is gone.
        ValueError: when it is not what was written.
    """
    row = sql.execute("SELECT line, root FROM steps WHERE key = ?", (wanted.key,)).fetchone()
    if row is None or step(sql, wanted.key) != wanted:
        raise StateError(f"step {wanted.number} ({wanted.label or wanted.kind}) is no longer stored.")
    line, root = row
    found = sql.execute(
        f"SELECT {_COLUMNS} FROM steps WHERE line = ? AND number BETWEEN ? AND ? ORDER BY number",  # noqa: S608
        (line, root, wanted.number),
    ).fetchall()
    if [row[2] for row in found] != list(range(root, wanted.number + 1)) or len(found) > LONGEST:
        raise ValueError("the steps that it begins with are missing")
    return show(sql, _checked(sql, found))


def _checked(sql: sqlite3.Connection, found: Iterable[tuple[object, ...]]) -> list[Read]:
    rows = [(row[:7], bytes(row[7]), ids(bytes(row[8])), bytes(row[9])) for row in found]  # type: ignore[call-overload]
    known = blobs.digests(sql, {number for row in rows for number in row[2]})
    for facts, digest, refs, body in rows:
        if seal(facts, body, (known[number] for number in refs)) != digest:
            raise ValueError("a stored step has another digest")
    return [Read(opened(body), list(refs)) for _, _, refs, body in rows]


def _step(row: tuple[int, int, str, str, float]) -> Step:
    number, key, kind, label, when = row
    return Step(int(number), int(key), str(kind), str(label), float(when))
