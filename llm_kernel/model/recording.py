"""A tape's file: JSON Lines that a person can read and compare; a header with the format's number, then recordings."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import platformdirs
from filelock import FileLock

from llm_kernel.errors import TapeError
from llm_kernel.model.faults import redact
from llm_kernel.model.request import Usage

__all__ = ["FORMAT", "Part", "Parts", "Recording", "append", "explain", "line_of", "parts_of", "read"]

FORMAT = 1
LONG = 2000  # characters up to which a part is kept whole
EXCERPT = 300

Part: TypeAlias = "str | dict[str, Any]"
Parts: TypeAlias = "dict[str, Part]"


@dataclass(frozen=True, slots=True)
class Recording:
    """One reply and the key that asks for it; ``line`` is where it stands, 0 if it is not on the tape yet."""

    parts: Parts
    text: str
    finish: str
    usage: Usage | None
    model: str
    seconds: float
    line: int = 0


def parts_of(key: Mapping[str, str], secret: str) -> Parts:
    """A request's key as it is stored: long parts as a digest with their beginning and end."""
    return {name: _part(redact(key[name], secret)) for name in sorted(key)}


def line_of(value: object) -> str:
    """JSON on one line, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def append(path: Path, header: Mapping[str, Any], recording: Recording, *, fresh: bool) -> None:
    """Add one line with one write; ``fresh`` replaces the tape, and a tape that is not there begins with the header."""
    first = json.dumps({"format": FORMAT, **header}, ensure_ascii=False) + "\n"
    body = {
        "key": recording.parts,
        "model": recording.model,
        "finish": recording.finish,
        "usage": asdict(recording.usage) if recording.usage else None,
        "seconds": recording.seconds,
        "text": recording.text,
    }
    line = json.dumps(body, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock():
            new = fresh or not path.exists() or not path.stat().st_size
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if new else 0) | getattr(os, "O_BINARY", 0)
            target = os.open(path, flags, 0o644)
            try:
                os.write(target, ((first if new else "") + line).encode("utf-8", "surrogatepass"))
                os.fsync(target)
            finally:
                os.close(target)
    except OSError as error:
        raise TapeError(f"The tape {path} cannot be written: {error}.") from error


def read(path: Path) -> tuple[dict[str, Any], list[Recording]]:
    """The header and the recordings, or a fault that names the line that is not understood."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogatepass")
    except (OSError, UnicodeDecodeError) as error:
        raise TapeError(f"The tape {path} cannot be read: {error}.") from error
    lines = text.split("\n")
    if lines[-1]:
        raise TapeError(f"The tape {path} breaks off in line {len(lines)}. Delete that line, or record again.")
    header = _object(path, 1, lines[0])
    if header.get("format") != FORMAT:
        raise TapeError(f"The tape {path} has the format {header.get('format')!r}; this version reads {FORMAT}.")
    return header, [_recording(path, n, line) for n, line in enumerate(lines[1:-1], 2) if line.strip()]


def explain(path: Path, asked: Parts, recordings: Sequence[Recording]) -> str:
    """What a request that was never recorded looks like beside the nearest one that was."""
    advice = "To add it, set LLM_KERNEL_TAPE_MODE=auto; to record anew, =record."
    what = f"The tape {path} has no recording of `{_brief(asked)}`."
    same = [recording for recording in recordings if recording.parts == asked]
    if same:
        times = "once" if len(same) == 1 else f"{len(same)} times"
        return f"{what[:-1]} left: it was recorded {times} (line {same[-1].line}) and is asked once more. {advice}"
    if not recordings:
        return f"The tape {path} is empty. {advice}"
    close = sorted(recordings, key=lambda one: -sum(one.parts.get(name) == part for name, part in asked.items()))[:16]
    nearest = max(close, key=lambda one: _likeness(one.parts, asked))
    names = [name for name in {**nearest.parts, **asked} if nearest.parts.get(name) != asked.get(name)]
    told = "\n".join(_difference(name, nearest.parts.get(name, ""), asked.get(name, "")) for name in names)
    head = f"{what} The nearest is line {nearest.line}, `{_brief(nearest.parts)}`; it differs in {', '.join(names)}:"
    return f"{head}\n{told}\n{advice}"


def _part(text: str) -> Part:
    if len(text) <= LONG:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"sha256": digest, "characters": len(text), "head": text[:EXCERPT], "tail": text[-EXCERPT:]}


def _text(part: Part) -> str:
    return part if isinstance(part, str) else f"{part.get('head', '')}\n...\n{part.get('tail', '')}"


def _brief(parts: Parts) -> str:
    line = (_text(parts.get("command", "")) or _text(next(iter(parts.values()), ""))).strip().split("\n")[0]
    return line if len(line) <= 80 else line[:79] + "…"


def _likeness(one: Parts, other: Parts) -> float:
    def ratio(name: str) -> float:
        return difflib.SequenceMatcher(None, _text(one.get(name, "")), _text(other.get(name, ""))).ratio()

    return sum(1.0 if one.get(name) == other.get(name) else ratio(name) for name in {**one, **other})


def _difference(name: str, taped: Part, asked: Part) -> str:
    before, after = _text(taped).splitlines(), _text(asked).splitlines()
    if before == after:
        return f"  {name}: the middle of a long text differs"
    rows = [row for row in [*difflib.unified_diff(before, after, lineterm="", n=0)][2:] if not row.startswith("@@ ")]
    some = [f"    {row[:100]}" for row in rows[:8]] + (["    ..."] if len(rows) > 8 else [])
    return "\n".join([f"  {name} (- on the tape, + asked):", *some])


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise TapeError(f"The tape {path} is damaged in line {number}: {error}.") from error
    if not isinstance(value, dict):
        raise TapeError(f"The tape {path} is damaged in line {number}: an object was due.")
    return value


def _recording(path: Path, number: int, line: str) -> Recording:
    value = _object(path, number, line)
    key, text, usage = value.get("key"), value.get("text"), value.get("usage")
    if not isinstance(key, dict) or not isinstance(text, str):
        raise TapeError(f"The tape {path} is damaged in line {number}: it has no key or no text.")
    try:
        costs = (
            Usage(int(usage["prompt"]), int(usage["cached"]), int(usage["completion"])) if usage is not None else None
        )
        seconds = float(value.get("seconds", 0.0))
    except (KeyError, TypeError, ValueError) as error:
        raise TapeError(f"The tape {path} is damaged in line {number}: {error!r}.") from error
    finish, model = str(value.get("finish", "stop")), str(value.get("model", ""))
    return Recording(key, text, finish, costs, model, seconds, number)


def _lock() -> FileLock:
    """One lock for all of this user's tapes, away from them: appends are short, and nothing odd lies beside a tape."""
    folder = Path(platformdirs.user_cache_dir("llm-kernel", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(str(folder / "tapes.lock"))
