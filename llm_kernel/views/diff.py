"""What changed between two moments: files line by line, everything else in sentences. A pure function of both.

What the machine renders itself (``/proc``, device nodes, the files that packages and facts bring) is told by the facts
that it follows and not again as files; times alone are no change.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_kernel.errors import StateError
from llm_kernel.machine.quantity import say_size
from llm_kernel.machine.snapshot import Change, Entry, Snapshot, compare
from llm_kernel.machine.system import System
from llm_kernel.machine.tree import Node, render_tree
from llm_kernel.store.moment import Moment
from llm_kernel.views.facts import Sections, sections

__all__ = ["Difference", "FileChange", "diff"]

_PARTS = ("clock", "system", "devices", "packages", "processes", "faults", "tunables", "habits", "facts", "shell")
_OURS = ("/proc/", "/sys/")

MOST_BYTES = 200_000
MOST_LINES = 3_000
"""What is larger is told in one line: how lines moved about in it would take long to find."""

MOST_SHOWN = 80
"""Lines of one file's difference."""

MOST_IN_ALL = 800
"""Lines of all files' differences; those behind it are told in one line."""

MOST_FILES = 300


@dataclass(frozen=True, slots=True)
class FileChange:
    """A path that came (``+``), went (``-``) or is another (``~``): what is told of it, and its unified diff."""

    kind: str
    path: str
    note: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs; ``seconds`` is how far the machine's clock went, ``more`` the files that are not told."""

    sections: Sections
    files: tuple[FileChange, ...]
    seconds: float
    more: int = 0

    def __bool__(self) -> bool:
        return bool(self.sections or self.files)


def diff(before: Moment, after: Moment) -> Difference:
    """What is another in ``after``.

    Raises:
        StateError: for a moment that was damaged where it was stored.
    """
    try:
        states = _states(before), _states(after)
        times = [float(state.get("clock", {}).get("now", 0.0)) for state in states]
        files, more = _files(before.files, after.files, *(_rendered(state) for state in states))
        return Difference(sections(*states), files, times[1] - times[0], more)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as err:
        raise StateError(f"The stored moments cannot be compared, for one is damaged: {err!r}") from err


def _states(moment: Moment) -> dict[str, Any]:
    return {name: json.loads(moment.parts[name]) for name in _PARTS if name in moment.parts}


def _rendered(state: Mapping[str, Any]) -> dict[str, Node]:
    """What the machine laid down by itself, as its facts were then."""
    system = state.get("system", {})
    planted = system.get("planted")
    if not planted:
        return {}
    return render_tree(System.from_state({**planted["system"], "planted": {}}), planted)


def _files(
    before: Snapshot, after: Snapshot, old: Mapping[str, Node], new: Mapping[str, Node]
) -> tuple[tuple[FileChange, ...], int]:
    told: list[FileChange] = []
    room, more = MOST_IN_ALL, 0
    for change in compare(before, after):
        was, now = before.entries.get(change.path), after.entries.get(change.path)
        if change.path.startswith(_OURS) or (_laid(was, old.get(change.path)) and _laid(now, new.get(change.path))):
            continue
        if len(told) == MOST_FILES:
            more += 1
            continue
        one = _told(change, was, now, shown=max(0, min(room, MOST_SHOWN)))
        room -= len(one.lines)
        told.append(one)
    return tuple(told), more


def _laid(entry: Entry | None, node: Node | None) -> bool:
    """Whether what is at a path is what was rendered there: nothing, where nothing was."""
    if entry is None:
        return True
    if node is None:
        return False
    kind = "file" if node.kind == "sized" else node.kind
    if entry.meta.kind != kind:
        return False
    if node.kind == "sized":
        return entry.meta.size is not None
    return entry.data == node.data and entry.target == node.target


def _told(change: Change, was: Entry | None, now: Entry | None, *, shown: int) -> FileChange:
    texts = _text(was), _text(now)
    if texts[0] is None or texts[1] is None:
        return FileChange(change.kind, change.path, _note(was, now))
    rows = _unified(texts[0], texts[1]) if texts[0] != texts[1] else []
    if len(rows) > shown:
        rows = [*rows[:shown], f"... {len(rows) - shown} more lines"] if shown else []
    return FileChange(change.kind, change.path, _note(was, now, told=bool(rows)), tuple(rows))


def _text(entry: Entry | None) -> str | None:
    """What can be shown line by line: text of a bearable length, and nothing where there is no file."""
    if entry is None:
        return ""
    if entry.meta.kind != "file" or entry.meta.size is not None or len(entry.data) > MOST_BYTES or b"\0" in entry.data:
        return None
    try:
        text = entry.data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.count("\n") <= MOST_LINES else None


def _unified(old: str, new: str) -> list[str]:
    rows = [*difflib.unified_diff(_lines(old), _lines(new), lineterm="")][2:]
    return [part for row in rows for part in row.split("\n")]


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if not lines[-1]:
        return lines[:-1]
    return [*lines[:-1], f"{lines[-1]}\n\\ No newline at end of file"]


def _note(was: Entry | None, now: Entry | None, *, told: bool = False) -> str:
    """What an entry is, or how it became another; where its lines are ``told``, nothing of its size."""
    if was is None or now is None:
        one = now or was
        assert one is not None
        return _what(one)
    notes = []
    if was.meta.kind != now.meta.kind or was.target != now.target or was.meta.device != now.meta.device:
        notes.append(f"{_what(was)} -> {_what(now)}")
    elif told:
        pass
    elif was.size != now.size and now.meta.kind == "file":
        notes.append(f"{say_size(was.size)} -> {say_size(now.size)}")
    elif was.data != now.data:
        notes.append(f"other contents, {say_size(now.size)}")
    if was.meta.mode != now.meta.mode:
        notes.append(f"mode {was.meta.mode:04o} -> {now.meta.mode:04o}")
    if (was.meta.uid, was.meta.gid) != (now.meta.uid, now.meta.gid):
        notes.append(f"owner {was.meta.uid}:{was.meta.gid} -> {now.meta.uid}:{now.meta.gid}")
    return ", ".join(notes)


def _what(entry: Entry) -> str:
    match entry.meta.kind:
        case "directory":
            return "directory"
        case "symlink":
            return f"link to {entry.target}"
        case "file":
            size = say_size(entry.size)
            return size if entry.meta.size is not None or _text(entry) is not None else f"{size}, binary or long"
    return f"{entry.meta.kind} device"
