"""Amounts of bytes as people write them. Reading only; each program prints in its own way."""

from __future__ import annotations

import re

__all__ = ["read_size", "say_size"]

_STEPS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgtp]?)(?:i?b|)(?:ytes?)?", re.I)

_MOST = 2.0**63
"""Bytes that no file and no disk has."""


def read_size(text: str, *, bare: str = "") -> int | None:
    """The bytes in ``256G``, ``256GB``, ``1.7 MiB``, all by powers of 1024; ``bare`` is the unit of a naked number.

    None where ``text`` is not an amount, or one of nothing that could be.
    """
    found = _SIZE.fullmatch(text.strip())
    if not found:
        return None
    unit = found["unit"].lower() or (bare.lower() if text.strip()[-1].isdigit() else "")
    size = float(found["number"]) * float(1024 ** _STEPS[unit])
    return int(size) if size < _MOST else None


def say_size(size: int) -> str:
    """``size`` for a note to a person: ``256 GiB``, ``1.7 MiB``."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
    step = min(max(size.bit_length() - 1, 0) // 10, len(units) - 1)
    return f"{size / 1024**step:.1f}".removesuffix(".0") + f" {units[step]}"
