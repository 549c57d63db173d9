"""What a shell may use, and what can be seen of it between two cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Limits", "State"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one shell may use; memory in bytes for all its variables and files together, jobs at one time."""

    commands: int = 3_000_000
    loops: int = 3_000_000
    memory: int = 1 << 30
    jobs: int = 256


@dataclass(frozen=True, slots=True)
class State:
    """The shell between two cells, for completion and inspection."""

    cwd: str
    variables: Mapping[str, str]
    aliases: Mapping[str, str]
    functions: tuple[str, ...]
