"""How a content came from the one before it: what was kept of it, and what is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

__all__ = ["Kept", "differences"]

Kept: TypeAlias = "tuple[int, int]"
"""From where to where bytes of the old content are in the new one."""

_SPLIT = re.compile(rb"[^\n}\]]*(?:[\n}\]]|\Z)")
"""Pieces end where lines and JSON's values end: a change in one leaves the others what they were."""

_WORTH = 48
"""Bytes from which on it pays to name a place instead of repeating them."""

_BLOCK = 1 << 16
"""Bytes that are compared at once."""

_LARGEST = 1 << 20
"""Bytes between the first and the last change that are looked through for what was kept."""


def differences(old: bytes, new: bytes) -> list[Kept | bytes]:
    """``new`` as places in ``old`` and new bytes, in order."""
    most = min(len(old), len(new))
    head = _alike(most, lambda low, high: old[low:high] == new[low:high])
    ends = len(old), len(new)
    tail = _alike(
        most - head, lambda low, high: old[ends[0] - high : ends[0] - low] == new[ends[1] - high : ends[1] - low]
    )
    middle = new[head : len(new) - tail]
    found: list[Kept | bytes] = [(0, head)]
    if max(len(middle), len(old) - head - tail) <= _LARGEST:
        found += _inside(old[head : len(old) - tail], middle, head)
    else:
        found.append(middle)
    return list(_worth(_joined([*found, (len(old) - tail, len(old))]), old))


def _alike(most: int, same: Callable[[int, int], bool]) -> int:
    """Up to where, from 0 to ``most``, both are the same; ``same`` compares them between two places."""
    low = 0
    while low < most and same(low, min(low + _BLOCK, most)):
        low = min(low + _BLOCK, most)
    high = min(low + _BLOCK, most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if same(low, middle) else (low, middle - 1)
    return low


def _inside(old: bytes, new: bytes, shift: int) -> Iterator[Kept | bytes]:
    places: dict[bytes, int] = {}
    for found in _SPLIT.finditer(old):
        places.setdefault(found[0], found.start())
    start = end = -1
    for found in _SPLIT.finditer(new):
        piece = found[0]
        if not piece:
            continue
        if end >= 0 and old.startswith(piece, end):
            end += len(piece)
            continue
        if end >= 0:
            yield (start + shift, end + shift)
        start = places.get(piece, -1)
        end = start + len(piece) if start >= 0 else -1
        if start < 0:
            yield piece
    if end >= 0:
        yield (start + shift, end + shift)


def _joined(pieces: Iterable[Kept | bytes]) -> Iterator[Kept | bytes]:
    """The same without empty pieces, and with places that follow each other as one."""
    last: Kept | None = None
    for piece in pieces:
        if not piece or (isinstance(piece, tuple) and piece[0] == piece[1]):
            continue
        if last and isinstance(piece, tuple) and piece[0] == last[1]:
            last = (last[0], piece[1])
            continue
        if last:
            yield last
        last = piece if isinstance(piece, tuple) else None
        if isinstance(piece, bytes):
            yield piece
    if last:
        yield last


def _worth(pieces: Iterable[Kept | bytes], old: bytes) -> Iterator[Kept | bytes]:
    """The same with neighbouring bytes joined, and places too short to name written out."""
    fresh: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            fresh.append(piece)
        elif piece[1] - piece[0] < _WORTH:
            fresh.append(old[piece[0] : piece[1]])
        else:
            if fresh:
                yield b"".join(fresh)
            fresh = []
            yield piece
    if fresh:
        yield b"".join(fresh)
