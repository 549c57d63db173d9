"""One thing that happened: a command or an instruction, the end of what it said, the files it read and wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from llm_kernel.errors import StateError

__all__ = ["Entry", "show"]

_LONGEST = 20_000
_MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One command or instruction; ``tail`` is the end of its output, ``changes`` what it did to the machine, in words.

    ``by``: what the model said is invented and must be kept to; what was computed can be computed again. ``reads`` and
    ``wrote`` are absolute paths, which lead from one command to another. ``mark`` tells the whole output apart, also
    when no more than its end is left.
    """

    command: str
    tail: str
    status: int
    changes: tuple[str, ...] = ()
    meta: bool = False
    by: Literal["model", "exact"] = "model"
    reads: tuple[str, ...] = ()
    wrote: tuple[str, ...] = ()
    mark: str = ""

    def to_state(self) -> dict[str, Any]:
        """The entry as JSON can hold it; what is empty is left out."""
        parts = {name: getattr(self, name) for name in _NAMES}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in parts.items() if v or name in _ALL}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Entry:
        """The entry back.

        Raises:
            StateError: where a part is of another type, or longer than any that was stored.
        """
        try:
            command, tail, status, by = state["command"], state["tail"], state["status"], state["by"]
            meta, mark = state.get("meta", False), state.get("mark", "")
            lists = [state.get(name, []) for name in ("changes", "reads", "wrote")]
        except (KeyError, TypeError, AttributeError) as err:
            raise StateError(f"the stored journal is damaged: {err!r}") from err
        words = [command, tail, mark, *(word for some in lists if isinstance(some, list) for word in some)]
        if (
            not all(isinstance(some, list) and len(some) <= _MOST for some in lists)
            or not all(isinstance(word, str) and len(word) <= _LONGEST for word in words)
            or not (type(status) is int and type(meta) is bool and by in ("model", "exact"))
        ):
            raise StateError("the stored journal is damaged: an entry has a part of another kind")
        changes, reads, wrote = (tuple(some) for some in lists)
        return cls(command, tail, status, changes, meta, by, reads, wrote, mark)


_NAMES = tuple(field.name for field in fields(Entry))
_ALL = ("command", "tail", "status", "by")


def show(entries: Iterable[Entry]) -> str:
    """Entries as the end of a terminal's scrollback, for a prompt."""
    parts = []
    for entry in entries:
        parts.append(f"# {entry.command}" if entry.meta else f"$ {entry.command}")
        if entry.tail.strip():
            parts.append(entry.tail.rstrip("\n"))
    return "\n".join(parts)
