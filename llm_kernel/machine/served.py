"""What a server answers to a request over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Reply", "Server"]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its body is ``body``, the file at ``path`` of the machine, or what is imagined by its ``origin``.

    ``size`` is its length.
    """

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes = b""
    path: str = ""
    size: int = 0
    origin: str = ""

    @property
    def head(self) -> str:
        """The lines above the body."""
        rows = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"HTTP/1.0 {self.status} {self.reason}\r\n{rows}\r\n"


Server: TypeAlias = Callable[[str, str, str], Reply]
"""Answers a method (``GET``), a target (``/a.txt``) and the address of who asks."""
