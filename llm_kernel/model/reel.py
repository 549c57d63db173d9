"""A tape's file: JSON Lines that a person can read and compare; a header with the format's number, then recordings.

Lines are appended whole, one write under a lock. A last line that a crash left unfinished is no line.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import platformdirs
from filelock import FileLock

from llm_kernel.errors import SettingError, TapeError
from llm_kernel.model.budget import read_budget
from llm_kernel.model.price import read_price
from llm_kernel.model.recording import Recording, line_of, recording_of

__all__ = ["FORMAT", "MOST_BYTES", "MOST_LINE", "Reel", "Stamp", "append", "begin", "read", "rewrite", "stamp"]

FORMAT = 1
MOST_BYTES = 64 * 2**20
"""Bytes of one tape: thousands of sessions' worth."""

MOST_LINE = 8 * 2**20
"""Bytes of one line: more than any reply has."""

_LATEST = 253402300799.0  # the last second of the year 9999
_WORDS = {"prompt": ("compact", "full"), "physics": ("exact", "pure"), "unknown": ("hint", "ask")}

_log = logging.getLogger(__name__)


Stamp: TypeAlias = "tuple[int, int] | None"
"""What tells a file from what it is after somebody wrote it; None where there is none."""


@dataclass(frozen=True, slots=True)
class Reel:
    """All that stands in a file: ``header`` (empty where there is none yet), recordings, and its size in bytes."""

    header: dict[str, Any] = field(default_factory=dict)
    recordings: tuple[Recording, ...] = ()
    size: int = 0
    lines: int = 0


def read(path: Path) -> Reel:
    """What a tape holds.

    Raises:
        TapeError: it cannot be read, is too large, or a line is not understood; the message names the line.
    """
    data = _bytes(path)
    *whole, rest = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    cut = bool(rest.strip()) and _broken(rest)
    if rest.strip() and not cut:
        whole.append(rest)
    lines = [_object(path, number, line) for number, line in enumerate(whole, 1) if line.strip() or number == 1]
    header = _header(path, lines[0][1]) if lines else {}
    if cut:
        _log.warning("The tape %s breaks off in line %d, which is left out.", path, len(whole) + 1)
    return Reel(header, tuple(_recording(path, *row) for row in lines[1:]), len(data), len(whole))


def stamp(path: Path) -> Stamp:
    """The file as it is now."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def begin(path: Path, header: Mapping[str, Any], *, over: Stamp) -> None:
    """Make a tape of nothing but its header in place of the file that is ``over``; where it is another now, none.

    Raises:
        TapeError: when it cannot be written; then it is as it was.
    """
    with _lock():
        if stamp(path) == over:
            _exchange(path, _first(header).encode("utf-8", "surrogatepass") + b"\n")


def append(path: Path, header: Mapping[str, Any], recording: Recording) -> tuple[int, int]:
    """Add a recording; the file's size before and behind it. A tape that is not there begins with the header.

    Raises:
        TapeError: when it cannot be written; then it is as it was.
    """
    line = f"{line_of(recording)}\n".encode("utf-8", "surrogatepass")
    first = f"{_first(header)}\n".encode("utf-8", "surrogatepass")
    if len(line) > MOST_LINE:
        raise TapeError(f"The reply has {len(line)} bytes, and a line of a tape at most {MOST_LINE}: not recorded.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(), open(path, "ab+") as target:  # noqa: PTH123 - the mode is what matters here
            start = _end(target)
            new = line if start else first + line
            if start + len(new) > MOST_BYTES:
                raise TapeError(f"The tape {path} would grow beyond {MOST_BYTES >> 20} MiB; begin another one.")
            target.truncate(start)
            _write(target.fileno(), new, start)
            return start, start + len(new)
    except OSError as error:
        raise _unwritten(path, error) from error


def rewrite(path: Path, keep: set[int]) -> int:
    """Leave out the recordings that do not stand in the lines ``keep``; how many went.

    Raises:
        TapeError: when it cannot be read or written; then it is as it was.
    """
    with _lock():
        reel = read(path)
        kept = [one for one in reel.recordings if one.line in keep]
        if len(kept) < len(reel.recordings):
            text = "\n".join([_first(reel.header), *map(line_of, kept), ""])
            _exchange(path, text.encode("utf-8", "surrogatepass"))
    return len(reel.recordings) - len(kept)


def _exchange(path: Path, data: bytes) -> None:
    """Let a file hold ``data``, whole or not at all."""
    try:
        place = path.resolve(strict=path.is_symlink())
    except (OSError, RuntimeError) as error:
        raise _unwritten(path, error) from error
    beside = place.with_name(f".{place.name}.new")
    try:
        beside.write_bytes(data)
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: Exception) -> TapeError:
    return TapeError(f"The tape {path} cannot be written: {error}.")


def _first(header: Mapping[str, Any]) -> str:
    return json.dumps({"format": FORMAT, **header}, ensure_ascii=False)


def _bytes(path: Path) -> bytes:
    try:
        kind = path.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise TapeError(f"The tape {path} is not a file.")
        if kind.st_size > MOST_BYTES:
            raise TapeError(f"The tape {path} has {kind.st_size >> 20} MiB; a tape has at most {MOST_BYTES >> 20}.")
        return path.read_bytes()
    except OSError as error:
        raise TapeError(f"The tape {path} cannot be read: {error}.") from error


def _end(target: Any) -> int:
    """Where the next line goes: behind the last whole one. A last line without its end gets it where it is whole."""
    size = target.seek(0, os.SEEK_END)
    at, tail = size, b""
    while at and b"\n" not in tail:
        at = max(0, at - 65536)
        target.seek(at)
        tail = target.read(min(65536, size - at)) + tail
    rest = tail.rpartition(b"\n")[2]
    if not rest.strip():
        return int(size)
    if not _broken(rest):
        os.write(target.fileno(), b"\n")
        return int(size) + 1
    return int(size) - len(rest)


def _write(target: int, data: bytes, start: int) -> None:
    """Write all or nothing, to the disk itself."""
    try:
        written = os.write(target, data)
        if written != len(data):
            raise OSError(f"{written} of {len(data)} bytes were written")
        os.fsync(target)
    except OSError:
        os.ftruncate(target, start)
        raise


def _broken(line: bytes) -> bool:
    try:
        json.loads(line.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return True
    return False


def _object(path: Path, number: int, line: bytes) -> tuple[int, dict[str, Any]]:
    if len(line) > MOST_LINE:
        raise _damage(path, number, f"it has {len(line)} bytes, and a line at most {MOST_LINE}")
    try:
        value = json.loads(line.decode("utf-8", "surrogatepass"))
    except RecursionError:
        raise _damage(path, number, "its values are nested too deeply") from None
    except ValueError as error:
        raise _damage(path, number, str(error)) from error
    if not isinstance(value, dict):
        raise _damage(path, number, "an object was due")
    return number, value


def _recording(path: Path, number: int, value: Mapping[str, Any]) -> Recording:
    try:
        return recording_of(value, number)
    except ValueError as error:
        raise _damage(path, number, str(error)) from error


def _header(path: Path, header: dict[str, Any]) -> dict[str, Any]:
    found = header.pop("format", None)
    if found is None:
        raise TapeError(f"{path} is no tape: its first line names no format. Name another file, or record a new one.")
    if found != FORMAT or type(found) is not int:
        raise TapeError(
            f"The tape {path} has the format {str(found)[:20]!r}; this version reads {FORMAT}. "
            "Record the notebook again, or use the version that wrote it."
        )
    for name, value in header.items():
        if not _fits(name, value):
            raise _damage(path, 1, f"{json.dumps(value)[:60]} cannot be the header's {name[:40]}")
    return header


def _fits(name: str, value: object) -> bool:
    match name:
        case "seed":
            return type(value) is int and abs(value) < 10**18
        case "epoch":
            return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= _LATEST  # type: ignore[arg-type, operator]
        case "prompt" | "physics" | "unknown":
            return value in _WORDS[name]
        case "model":
            return isinstance(value, str) and len(value) <= 200 and (value.isprintable() or not value)
        case "budget":
            return isinstance(value, str) and _is_read(read_budget, value)
        case "price":
            return isinstance(value, str) and ("/" not in value or _is_read(read_price, value))
        case _:
            return True  # a later version's word; what it means nobody here asks


def _is_read(reader: Callable[[str], object], text: str) -> bool:
    try:
        reader(text)
    except SettingError:
        return False
    return len(text) <= 200


def _damage(path: Path, number: int, what: str) -> TapeError:
    mend = "Take that line out, or record" if number > 1 else "Record"
    return TapeError(f"The tape {path} is damaged in line {number}: {what}. {mend} the notebook again.")


def _lock() -> FileLock:
    """One lock for all of this user's tapes, away from them: appends are short, and nothing odd lies beside a tape."""
    folder = Path(platformdirs.user_cache_dir("llm-kernel", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(str(folder / "tapes.lock"))
