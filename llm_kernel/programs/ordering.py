"""The order of names: by byte, as an English locale sorts, or by the versions in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cmp_to_key, lru_cache
from typing import Any, TypeAlias

__all__ = ["Key", "collation", "version_key"]

Key: TypeAlias = Callable[[str], Any]

_SUFFIX = re.compile(r"[A-Za-z~][A-Za-z0-9~]*")


def collation(env: Mapping[str, str]) -> Key:
    """The sort key of the environment's locale."""
    locale = env.get("LC_ALL") or env.get("LC_COLLATE") or env.get("LANG") or "C"
    return _by_bytes if locale.partition(".")[0] in ("C", "POSIX") else _by_letters


def version_key(name: str) -> Any:
    """The key of ``ls -v``: runs of digits compare as numbers, file name suffixes only when all else is equal."""
    return cmp_to_key(_compare_versions)(name)


def _by_bytes(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


@lru_cache(maxsize=20_000)
def _by_letters(name: str) -> tuple[Any, ...]:
    letters, accents, cases = [], [], []
    for char in unicodedata.normalize("NFD", name):
        if unicodedata.combining(char):
            accents.append(ord(char))
        elif char.isalnum():
            letters.append(char.casefold())
            accents.append(0)
            cases.append(char.isupper())
    places = tuple((1, 0) if char.isalnum() else (0, ord(char)) for char in name)
    return ("".join(letters), tuple(accents), tuple(cases), places, name)


def _compare_versions(left: str, right: str) -> int:
    rank = _dots(left) - _dots(right)
    if rank or left == right:
        return rank
    order = _compare_runs(_bare(left), _bare(right)) or _compare_runs(left.encode(), right.encode())
    return order or (-1 if left < right else 1)


def _dots(name: str) -> int:
    return {"": 0, ".": 1, "..": 2}.get(name, 3 if name.startswith(".") else 4)


def _bare(name: str) -> bytes:
    parts = name.split(".")
    while len(parts) > 1 and _SUFFIX.fullmatch(parts[-1]):
        parts.pop()
    return ".".join(parts).encode()


def _compare_runs(left: bytes, right: bytes) -> int:
    at = to = 0
    while at < len(left) or to < len(right):
        while _no_digit(left, at) or _no_digit(right, to):
            order = _weight(left, at) - _weight(right, to)
            if order:
                return order
            at, to = at + 1, to + 1
        one, other = _digits(left, at), _digits(right, to)
        if int(one or 0) != int(other or 0):
            return int(one or 0) - int(other or 0)
        at, to = at + len(one), to + len(other)
    return 0


def _no_digit(text: bytes, at: int) -> bool:
    return at < len(text) and not text[at : at + 1].isdigit()


def _digits(text: bytes, at: int) -> bytes:
    end = at
    while end < len(text) and text[end : end + 1].isdigit():
        end += 1
    return text[at:end]


def _weight(text: bytes, at: int) -> int:
    char = text[at : at + 1]
    if not char:
        return -1
    if char.isdigit():
        return 0
    if char == b"~":
        return -2
    return char[0] if char.isalpha() else char[0] + 256
