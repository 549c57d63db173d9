"""All that can leave a cell: a stream of these five frozen events, in the order of the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["Ask", "Clear", "Display", "Event", "Exit", "Text"]

Stream: TypeAlias = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a stream as it came, not a line: join the pieces of one stream to get its text."""

    stream: Stream
    text: str


@dataclass(frozen=True, slots=True)
class Display:
    """A rich view; ``data`` maps MIME types to representations and always has ``text/plain``.

    ``kind`` says where it belongs: among the outputs, as the cell's own value, or in the client's pager.
    """

    data: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["display", "result", "page"] = "display"


@dataclass(frozen=True, slots=True)
class Clear:
    """Wipe the cell's output (with ``wait``: when the next event arrives), as a redrawing program does."""

    wait: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """The foreground program reads the terminal; ``hidden`` for a password."""

    prompt: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Exit:
    """The last event of every cell that ran to its end: the shell's ``$?``. A fault of ours is raised instead."""

    status: int


Event: TypeAlias = Text | Display | Clear | Ask | Exit
