"""Paths as git prints them: in quotes with octal escapes where they hold anything unusual."""

from __future__ import annotations

__all__ = ["quoted"]

_NAMED = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def quoted(path: str, *, spaces: bool = False, prefix: str = "") -> str:
    """``path`` behind ``prefix``; ``spaces``: they are unusual too, as in short lists."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in (34, 92) for byte in raw) and not (spaces and b" " in raw):
        return prefix + path
    text = "".join(
        f"\\{_NAMED[byte]}" if byte in _NAMED else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in raw
    )
    return f'"{prefix}{text}"'
