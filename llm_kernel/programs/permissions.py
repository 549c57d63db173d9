"""Permission bits in letters and from letters: ``drwxr-xr-x``, ``u+x,go=r``, ``0755``."""

from __future__ import annotations

import re
from functools import cache

from llm_kernel.machine.stat import Kind, Stat

__all__ = ["changed_mode", "long_mode"]

_KINDS = {"file": "-", "directory": "d", "symlink": "l", "character": "c", "block": "b"}
_CLAUSE = re.compile(r"(?P<who>[ugoa]*)(?P<actions>(?:[-+=](?:[ugo]|[rwxXst]*|[0-7]+))+)")
_ACTION = re.compile(r"([-+=])([ugo](?![rwxXst])|[rwxXst]*|[0-7]+)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}


def long_mode(stat: Stat) -> str:
    """The ten letters that ``ls -l`` begins a line with."""
    return _letters(stat.kind, stat.mode)


@cache
def _letters(kind: Kind, mode: int) -> str:
    text = [_KINDS[kind]]
    for shift, special, letter in ((6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")):
        bits = mode >> shift
        run = "x" if bits & 1 else "-"
        if mode & special:
            run = letter if bits & 1 else letter.upper()
        text += ["r" if bits & 4 else "-", "w" if bits & 2 else "-", run]
    return "".join(text)


def changed_mode(text: str, mode: int, umask: int, *, directory: bool) -> int | None:
    """The bits that ``text`` (octal or symbolic) makes of ``mode``; None where it is no mode."""
    if re.fullmatch(r"[0-7]+", text):
        number = int(text, 8)
        if number > 0o7777:
            return None
        # chmod keeps a directory's set-id bits unless five digits or more spell them out
        return number | (mode & 0o6000) if directory and len(text) < 5 else number
    for clause in text.split(","):
        found = _CLAUSE.fullmatch(clause)
        if not found:
            return None
        for operator, letters in _ACTION.findall(found["actions"]):
            mode = _apply(mode, found["who"], operator, letters, umask, directory)
    return mode


def _apply(mode: int, who: str, operator: str, letters: str, umask: int, directory: bool) -> int:
    everyone = not who or "a" in who
    people = "ugo" if everyone else who
    mask = sum(0o7 << _SHIFTS[person] for person in dict.fromkeys(people))
    if letters.isdigit():
        value, mask = int(letters, 8), 0o7777
    else:
        bits = _bits(mode, letters, directory)
        value = sum(bits << _SHIFTS[person] for person in dict.fromkeys(people))
        value |= 0o4000 if "s" in letters and (everyone or "u" in who) else 0
        value |= 0o2000 if "s" in letters and (everyone or "g" in who) else 0
        value |= 0o1000 if "t" in letters and (everyone or "o" in who) else 0
        if not who:
            value &= ~umask | 0o7000
    if operator == "+":
        return mode | value
    if operator == "-":
        return mode & ~value
    special = (0o4000 if "u" in people else 0) | (0o2000 if "g" in people else 0) | (0o1000 if "o" in people else 0)
    kept = mode & (0o6000 if directory else 0)
    if not who:
        mask |= special
        return (mode & ~mask) | value | kept
    return (mode & ~(mask | special)) | value | kept


def _bits(mode: int, letters: str, directory: bool) -> int:
    if letters in _SHIFTS:
        return (mode >> _SHIFTS[letters]) & 7
    bits = sum(_BITS.get(letter, 0) for letter in dict.fromkeys(letters) if letter in _BITS)
    return bits | 1 if "X" in letters and (directory or mode & 0o111) else bits
