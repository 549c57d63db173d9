"""What ``scanf`` reads."""

from __future__ import annotations

import re
from typing import Any

from llm_kernel.plan.foreign.computed.console import Console
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import Float, Int, Kind, Pointer, convert
from llm_kernel.plan.foreign.computed.memory import put_text, write

__all__ = ["scanned"]

_PIECE = re.compile(rb"\s+|%(\d*)(l?)([dufsc%])|[^%\s]")
_SPACE = b" \t\n\v\f\r"
_WHOLE = re.compile(rb"[-+]?\d+")
_REAL = re.compile(rb"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def scanned(console: Console, template: bytes, places: list[tuple[Any, Kind]]) -> int:
    """How many values were read by ``template`` into these places, -1 at the end of the input."""
    left = list(places)
    done = at = 0
    while at < len(template):
        piece = _PIECE.match(template, at)
        if piece is None:
            raise Unsure("a conversion of scanf")
        at = piece.end()
        letter = piece[3] or b""
        if piece[0].isspace() or letter in (b"d", b"u", b"f", b"s"):
            _skip(console)
        if piece[0].isspace():
            continue
        if console.peek() < 0:
            return done or -1
        if not letter or letter == b"%":
            if console.peek() != (piece[0] if not letter else b"%")[0]:
                return done
            console.take()
            continue
        said = _word(console, letter, int(piece[1] or 0))
        if said is None:
            return done
        _put(said, letter, piece[2], left)
        done += 1
    return done


def _skip(console: Console) -> None:
    while console.peek() >= 0 and console.peek() in _SPACE:
        console.take()


def _word(console: Console, letter: bytes, most: int) -> bytes | None:
    """The letters of the input that one conversion takes; None where they are none for it."""
    if letter == b"c":
        if most > 1:
            raise Unsure("several letters")
        return bytes([console.take()])
    word = b""
    while (next_ := console.peek(len(word))) >= 0 and next_ not in _SPACE and len(word) != (most or None):
        word += bytes([next_])
    if letter != b"s":
        found = (_REAL if letter == b"f" else _WHOLE).match(word)
        if found is None:
            if word[:1] in (b"+", b"-", b".", b"i", b"n", b"I", b"N"):
                raise Unsure("a number of another kind")
            return None
        rest = word[found.end() : found.end() + 1]
        if letter == b"f" and rest and rest in b"eExX":
            raise Unsure("a number of another kind")
        word = found[0]
    for _ in word:
        console.take()
    return word


def _put(said: bytes, letter: bytes, length: bytes, left: list[tuple[Any, Kind]]) -> None:
    if not left:
        raise Unsure("too few places to read into")
    place, kind = left.pop(0)
    to = kind.to if isinstance(kind, Pointer) else None
    if letter in (b"s", b"c") and isinstance(to, Int) and to.bytes_ == 1:
        put_text(place, said, end=letter == b"s")
    elif letter in (b"d", b"u") and isinstance(to, Int) and to.bytes_ == (8 if length else 4):
        value = int(said)
        if not to.low <= value <= to.high:
            raise Unsure("a number that is too great")
        write(place, value)
    elif letter == b"f" and isinstance(to, Float) and to.bytes_ == (8 if length else 4):
        change = convert(Float(), to)
        write(place, change(float(said)) if change else float(said))
    else:
        raise Unsure("another place than scanf is told")
