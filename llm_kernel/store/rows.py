"""A path's entry as a row of JSON, and back with every field looked at: the row may come from anybody."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from llm_kernel.machine.snapshot import Entry
from llm_kernel.machine.stat import Meta

__all__ = ["alike", "entry", "ordered", "row"]

Row = list[Any]

_KINDS = ("file", "directory", "symlink", "character", "block")
_NUMBERS = ("mode", "uid", "gid", "ino")
_TIMES = ("mtime", "atime", "ctime", "birth")
_FIELDS = attrgetter(*_NUMBERS, *_TIMES)
_WHOLE = attrgetter("kind", *_NUMBERS, *_TIMES, "size", "device", "origin")
"""All that is stored of a ``Meta``: its stamp of the host and its names belong to the running machine."""

_LINK = _KINDS.index("symlink")
_TIMED = frozenset((int, float))
_BIG = 1 << 62
_NAME = 4096
"""The most characters of a path or of a link's text."""


def alike(old: Entry, new: Entry) -> bool:
    """Whether nothing that is stored differs; contents that are the same object are not compared."""
    if old.target != new.target or _WHOLE(old.meta) != _WHOLE(new.meta):
        return False
    return old.data is new.data or old.data == new.data


def row(path: str, entry: Entry, content: object) -> Row:
    """The entry at ``path``; ``content`` is what stands for its bytes, None for none."""
    meta = entry.meta
    more: dict[str, Any] = {}
    if meta.size is not None:
        more["size"] = meta.size
    if meta.device is not None:
        more["device"] = list(meta.device)
    if meta.origin is not None:
        more["origin"] = meta.origin
    if entry.target:
        more["target"] = entry.target
    made: Row = [path, _KINDS.index(meta.kind), *_FIELDS(meta)]
    if content is not None:
        return [*made, more, content]
    return [*made, more] if more else made


def entry(row: Row, data: bytes) -> Entry:
    """The entry back, with its bytes.

    Raises:
        ValueError: for a field that no machine has.
    """
    kind, mode, uid, gid, ino, *times = row[1:10]
    mtime, atime, ctime, birth = times
    more = row[10] if len(row) > 10 else {}
    size, device, origin, target = more.get("size"), more.get("device"), more.get("origin"), more.get("target", "")
    checks = (
        _numbers(kind, mode, uid, gid, ino) and kind < len(_KINDS) and mode <= 0o7777,
        _TIMED.issuperset(map(type, times)) and math.isfinite(sum(times)),
        size is None or _numbers(size),
        device is None or (len(device) == 2 and _numbers(*device)),
        origin is None or isinstance(origin, str),
        isinstance(target, str) and len(target) <= _NAME and "\0" not in target,
        (kind == _LINK) == bool(target) and (kind == 0 or not data),
    )
    if False in checks:
        raise ValueError(f"a stored file has an impossible record: {row[0]!r}")
    node = (device[0], device[1]) if device else None
    meta = Meta(
        _KINDS[kind],  # type: ignore[arg-type]  # one of the five kinds
        0.0,
        mode=mode,
        mtime=mtime,
        uid=uid,
        gid=gid,
        ino=ino,
        atime=atime,
        ctime=ctime,
        birth=birth,
        size=size,
        device=node,
        origin=origin,
    )
    return Entry(meta, data, target)


def ordered(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries as a machine lists them, each directory's content behind it.

    Raises:
        ValueError: for a path that is not one, or that lies in no directory.
    """
    for path in entries:
        if path != "/" and not _lies(path, entries):
            raise ValueError(f"a stored path cannot be: {path[:200]!r}")
    if "/" not in entries or entries["/"].meta.kind != "directory":
        raise ValueError("the stored files have no root")
    return {path: entries[path] for path in sorted(entries, key=_depth)}


def _depth(path: str) -> str:
    return path.replace("/", "\0")  # what lies in a directory comes before names that begin like it


def _lies(path: str, entries: Mapping[str, Entry]) -> bool:
    above, _, name = path.rpartition("/")
    over = entries.get(above or "/")
    good = name not in ("", ".", "..") and above != "/" and len(path) <= _NAME and "\0" not in path
    return good and path.startswith("/") and over is not None and over.meta.kind == "directory"


def _numbers(*values: Any) -> bool:
    return set(map(type, values)) == {int} and min(values) >= 0 and max(values) < _BIG
