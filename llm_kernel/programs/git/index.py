"""The index: which blob stands at which path for the next commit. A file in git's own format, version 2."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Entry", "pack", "unpack"]

_HEAD = struct.Struct(">10L20sH")


@dataclass(frozen=True, slots=True)
class Entry:
    """One path: ``mode`` as in a tree, ``name`` the blob's; time and size are the file's when it was looked at."""

    mode: int
    name: str
    mtime: float = 0.0
    size: int = 0
    ino: int = 0


def pack(entries: Mapping[tuple[str, int], Entry]) -> bytes:
    """The file's bytes; a key is a path and a stage: 0, or in a conflict 1 base, 2 ours, 3 theirs."""
    out = [b"DIRC" + struct.pack(">2L", 2, len(entries))]
    for (path, stage), entry in sorted(entries.items(), key=lambda item: (item[0][0].encode(), item[0][1])):
        raw = path.encode("utf-8", "surrogateescape")
        whole, part = divmod(int(entry.mtime * 1e9), 1_000_000_000)
        flags = min(len(raw), 0xFFF) | stage << 12
        fields = (whole, part, whole, part, 0, entry.ino & 0xFFFFFFFF, entry.mode, 0, 0, entry.size & 0xFFFFFFFF)
        row = _HEAD.pack(*fields, bytes.fromhex(entry.name), flags) + raw
        out.append(row + b"\0" * (8 - len(row) % 8))
    data = b"".join(out)
    return data + hashlib.sha1(data, usedforsecurity=False).digest()


def unpack(data: bytes) -> dict[tuple[str, int], Entry]:
    """The entries back; none where it is no index."""
    if data[:4] != b"DIRC":
        return {}
    found, at = {}, 12
    for _ in range(struct.unpack(">L", data[8:12])[0]):
        *fields, name, flags = _HEAD.unpack_from(data, at)
        start = at + _HEAD.size
        end = data.index(b"\0", start)
        path = data[start:end].decode("utf-8", "surrogateescape")
        mtime = fields[0] + fields[1] / 1e9
        found[path, flags >> 12 & 3] = Entry(fields[6], name.hex(), mtime, fields[9], fields[5])
        length = end - at
        at += length + 8 - length % 8
    return found
