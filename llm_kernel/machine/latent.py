"""Files that are listed but imagined when they are first read: what was invented, once, is kept by its origin.

An origin says what a file is, wherever copies of it lie: ``git https://... README.md``, ``man 1 ls``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Invented", "Unimagined"]

_MOST = 200_000
"""The most bytes of one invented file."""


class Unimagined(Exception):  # noqa: N818 - a direction, not a fault
    """Somebody needs contents that nobody has imagined yet: those of ``origins``."""

    def __init__(self, origins: Iterable[str]) -> None:
        self.origins = list(origins)
        super().__init__(", ".join(self.origins))


class Invented:
    """Contents by origin. What is there once stays as it is."""

    def __init__(self, contents: Mapping[str, bytes] | None = None) -> None:
        self._contents = dict(contents or {})

    def get(self, origin: str) -> bytes | None:
        """The content of ``origin``; None where it was not invented yet."""
        return self._contents.get(origin)

    def keep(self, origin: str, data: bytes) -> bytes:
        """Let ``data`` be the content of ``origin``, unless it has one; what holds from now on."""
        return self._contents.setdefault(origin, data[:_MOST])

    def to_state(self) -> dict[str, str]:
        """Every content as text."""
        return {origin: data.decode("utf-8", "replace") for origin, data in self._contents.items()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Invented:
        """The contents back."""
        return cls({str(origin): str(text).encode() for origin, text in state.items()})
