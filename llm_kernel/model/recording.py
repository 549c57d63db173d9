"""One recording: a reply, the key that asks for it and what it cost. Read from a line that anybody may have written."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from llm_kernel.model.faults import redact
from llm_kernel.model.request import Usage

__all__ = [
    "REFUSED",
    "Part",
    "Parts",
    "Recording",
    "digest_of",
    "json_of",
    "line_of",
    "parts_of",
    "recording_of",
    "text_of",
]

REFUSED = "over budget"
"""How a recording ends that holds no reply, but why the budget had no room for one."""

LONG = 2000  # characters up to which a part is kept whole
EXCERPT = 300
MOST_PARTS = 64
MOST_TOKENS = 2**40
MOST_TURNS = 10**9
MOST_SECONDS = 1e9

Part: TypeAlias = "str | dict[str, Any]"
Parts: TypeAlias = "dict[str, Part]"


@dataclass(frozen=True, slots=True)
class Recording:
    """One reply and the key that asks for it.

    ``turn`` says that it answers the key's turn-th asking (0 is the first); None: as it comes in the file. ``line`` is
    where it stands, 0 if it is not on a tape yet.
    """

    parts: Parts
    text: str
    finish: str
    usage: Usage | None
    model: str
    seconds: float
    turn: int | None = None
    line: int = 0

    @property
    def refused(self) -> bool:
        """Whether nothing was answered, because the budget had no room for it."""
        return self.finish == REFUSED


def parts_of(key: Mapping[str, str], secret: str) -> Parts:
    """A request's key as it is stored: long parts as a digest with their beginning and end."""
    return {name: _part(redact(key[name], secret)) for name in sorted(key)}


def json_of(value: object) -> str:
    """JSON on one line, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def digest_of(parts: Parts) -> str:
    """A short name for a key, which tells nothing of what was asked."""
    return hashlib.sha256(json_of(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def text_of(part: Part) -> str:
    """A part as far as it is kept."""
    return part if isinstance(part, str) else f"{part.get('head', '')}\n...\n{part.get('tail', '')}"


def line_of(recording: Recording) -> str:
    """A recording as it stands on a tape, without the line's end."""
    usage = recording.usage
    body: dict[str, Any] = {
        "key": recording.parts,
        "model": recording.model,
        "finish": recording.finish,
        "usage": usage and {"prompt": usage.prompt, "cached": usage.cached, "completion": usage.completion},
        "seconds": recording.seconds,
        "text": recording.text,
    }
    if recording.turn is not None:
        body["turn"] = recording.turn
    return json.dumps(body, ensure_ascii=False)


def recording_of(value: Mapping[str, Any], number: int) -> Recording:
    """What line ``number`` of a tape holds.

    Raises:
        ValueError: where it is no recording; the message says what is wrong with it.
    """
    if "key" not in value or "text" not in value:
        raise ValueError("it has no key or no text")
    usage, turn = value.get("usage"), value.get("turn")
    return Recording(
        _parts(value["key"]),
        _string(value, "text"),
        _string(value, "finish", "stop"),
        None if usage is None else _usage(usage),
        _name(_string(value, "model", "")),
        _number(value.get("seconds", 0.0), "seconds", MOST_SECONDS),
        None if turn is None else _count(turn, "turn", MOST_TURNS),
        number,
    )


def _part(text: str) -> Part:
    if len(text) <= LONG:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return {"sha256": digest, "characters": len(text), "head": text[:EXCERPT], "tail": text[-EXCERPT:]}


def _parts(value: object) -> Parts:
    if not isinstance(value, dict) or len(value) > MOST_PARTS:
        raise ValueError(f"its key is not an object of at most {MOST_PARTS} parts")
    for name, part in value.items():
        if not isinstance(part, str) and not _is_digest(part):
            raise ValueError(f"part {name[:40]!r} of its key is neither a text nor the digest of one")
    return value


def _is_digest(part: object) -> bool:
    if not isinstance(part, dict) or set(part) != {"sha256", "characters", "head", "tail"}:
        return False
    sha, size, head, tail = part["sha256"], part["characters"], part["head"], part["tail"]
    texts = isinstance(sha, str) and isinstance(head, str) and isinstance(tail, str)
    return texts and type(size) is int and bool(re.fullmatch(r"[0-9a-f]{64}", sha))


def _usage(value: object) -> Usage:
    if not isinstance(value, dict):
        raise ValueError("its usage is not an object")
    counts = [_count(value.get(name), f"usage.{name}", MOST_TOKENS) for name in ("prompt", "cached", "completion")]
    return Usage(*counts)


def _count(value: object, name: str, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"its {name} is not a whole number from 0 to {most}")
    return value


def _number(value: object, name: str, most: float) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= most:  # type: ignore[arg-type, operator]
        raise ValueError(f"its {name} is not a number from 0 to {most:.0f}")
    return float(value)  # type: ignore[arg-type]


def _string(value: Mapping[str, Any], name: str, fallback: str | None = None) -> str:
    text = value.get(name, fallback)
    if not isinstance(text, str):
        raise ValueError(f"its {name} is not a text")
    return text


def _name(text: str) -> str:
    if len(text) > 200 or (text and not text.isprintable()):
        raise ValueError("its model is not a name")
    return text
