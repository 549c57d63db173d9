"""A moment as one file that can be handed out.

The first line is ``imagined-machine 1 DIGEST``: the format number, and the SHA-256 of all that follows. The second is a
JSON object that says what it is, to be read by people. Behind it stands zlib's stream of JSON lines: one for each part
and each path.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm_kernel.errors import StateError, StoreError
from llm_kernel.machine.snapshot import Entry, Snapshot
from llm_kernel.store import rows
from llm_kernel.store.database import DAMAGE
from llm_kernel.store.moment import Moment

__all__ = ["FORMAT", "Exported", "read", "write"]

FORMAT = 1
"""The format number of the file, in its first line."""

_MAGIC = "imagined-machine"
_MOST = 1 << 30
"""The most bytes of a file, and of what is packed in it."""

_HEAD = 1 << 16
"""The most bytes of the two lines at the beginning."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A moment from a file, with the name and the label that it had where it was written."""

    name: str
    label: str
    moment: Moment


def write(path: Path, moment: Moment, *, name: str = "", label: str = "") -> None:
    """Write ``moment`` to ``path``: the whole file appears at once, or none.

    Raises:
        StoreError: when it cannot be written.
    """
    lines = b"".join(_lines(moment))
    head = {"name": name, "label": label, "files": len(moment.files.entries), "bytes": len(lines)}
    rest = json.dumps(head).encode() + b"\n" + zlib.compress(lines, 6)
    first = f"{_MAGIC} {FORMAT} {hashlib.sha256(rest).hexdigest()}\n".encode()
    try:
        _put(path, first + rest)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}).") from error


def read(path: Path) -> Exported:
    """What ``write`` wrote; the file may come from anybody, and is only ever data.

    Raises:
        StateError: for another format, a damaged file, or none.
    """
    try:
        data = _get(path)
    except OSError as error:
        raise StateError(f"{path} cannot be read ({error.strerror}).") from error
    first, _, rest = data.partition(b"\n")
    words = first[:200].decode("ascii", "replace").split(" ")
    if words[0] != _MAGIC or len(words) != 3:
        raise StateError(f"{path} is not an exported machine: write one with `llm-kernel export NAME FILE`.")
    if words[1] != str(FORMAT):
        raise StateError(f"{path} has format {words[1]}; this version reads format {FORMAT}. Export it anew.")
    if words[2] != hashlib.sha256(rest).hexdigest():
        raise StateError(f"{path} is damaged: it is cut, or was changed after it was written. Fetch it again.")
    try:
        return _read(rest)
    except DAMAGE as error:
        raise StateError(f"{path} holds no machine ({error}). Export it anew.") from error


def _lines(moment: Moment) -> Iterator[bytes]:
    yield _line({"inodes": moment.files.inodes})
    for name, text in moment.parts.items():
        yield _line({"part": name, "text": text})
    for path, entry in moment.files.entries.items():
        said: dict[str, Any] = {"row": rows.row(path, entry, None)}
        if entry.data:
            try:
                said["text"] = entry.data.decode()
            except UnicodeDecodeError:
                said["base64"] = base64.b64encode(entry.data).decode()
        yield _line(said)


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _put(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _get(path: Path) -> bytes:
    if not path.is_file():
        path.stat()
        raise StateError(f"{path} is not a file.")
    with path.open("rb") as file:
        data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise StateError(f"{path} is too large for an exported machine.")
    return data


def _read(rest: bytes) -> Exported:
    head, _, packed = rest.partition(b"\n")
    if len(head) > _HEAD:
        raise ValueError("its header is too long")
    about = json.loads(head)
    size = int(about["bytes"])
    if not 0 <= size <= _MOST:
        raise ValueError("it is too large")
    reader = zlib.decompressobj()
    text = reader.decompress(packed, size + 1)
    if len(text) != size or not reader.eof:
        raise ValueError("it has another size than it says")
    moment = _moment(json.loads(line) for line in text.splitlines())
    return Exported(str(about["name"]), str(about["label"]), moment)


def _moment(said: Iterable[Mapping[str, Any]]) -> Moment:
    parts: dict[str, str] = {}
    files: dict[str, Entry] = {}
    inodes = 0
    for one in said:
        if "part" in one:
            parts[_text(one["part"])] = _text(one["text"])
        elif "row" in one:
            data = base64.b64decode(one["base64"]) if "base64" in one else _text(one.get("text", "")).encode()
            files[_text(one["row"][0])] = rows.entry(one["row"], data)
        else:
            inodes = int(one["inodes"])
    return Moment(parts, Snapshot(rows.ordered(files), inodes))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is none")
    return value
