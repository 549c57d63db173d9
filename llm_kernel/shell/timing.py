"""``time``: the library measures the host's seconds, so the machine's clock is read before and after instead."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.machine import Machine
from llm_kernel.syntax import parse

__all__ = ["TIMES", "Times", "timed"]

TIMES = "__llm_kernel_times"
"""Our word that reads the clock before a timed pipeline (``0``), and after it (``1 STATUS STYLE``)."""

_PROGRAM = (b"/usr/bin/time", b"/bin/time", b"\\time")
"""How GNU's program of that name is called; the library would take its own."""
_COMPOUND = frozenset(["{", "for", "while", "until", "if", "case", "select", "[[", "((", "!"])
_DEFAULT = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS"
_POSIX = "real %2R\nuser %2U\nsys %2S"
_FIELD = re.compile(r"%(?:%|(\d?)(l?)([RUSP]))")


def timed(script: str) -> str:
    """``script`` with its timed pipelines between two readings of the clock."""
    if "time" not in script:
        return script
    data = script.encode("utf-8", "replace")
    edits: list[tuple[int, int, str]] = []
    todo = [parse(script)]
    while todo:
        node = todo.pop()
        todo.extend(node.named_children)
        name = node.child_by_field_name("name") if node.type == "command" else None
        if name is not None and name.text == b"time" and node.start_byte == name.start_byte:
            edits += _around(node, name)
        elif name is not None and name.text in _PROGRAM:
            edits.append((name.start_byte, name.end_byte, "command time"))
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _around(node: Node, name: Node) -> list[tuple[int, int, str]]:
    rest = [child for child in node.children if child.start_byte >= name.end_byte]
    style = '"${TIMEFORMAT-unset}"'
    if rest and rest[0].text == b"-p":
        style = "posix"
        rest = rest[1:]
    whole = _whole(node)
    if not rest or rest[0].type == "subshell" or (rest[0].text or b"").decode("utf-8", "replace") in _COMPOUND:
        return [(name.start_byte, name.start_byte, f"{TIMES} 0 && ")] if rest and rest[0].text != b"!" else []
    if any(child.type == "heredoc_redirect" for child in whole.children):
        return [(name.start_byte, name.start_byte, f"{TIMES} 0 && ")]
    return [
        (name.start_byte, rest[0].start_byte, f"{{ {TIMES} 0; "),
        (whole.end_byte, whole.end_byte, f"; {TIMES} 1 $? {style}; }}"),
    ]


def _whole(node: Node) -> Node:
    """The pipeline that is timed: all that follows, with its redirections."""
    above = node.parent
    if above is not None and above.type == "redirected_statement":
        node, above = above, above.parent
    if above is not None and above.type == "pipeline" and above.named_children[0].id == node.id:
        node, above = above, above.parent
        if above is not None and above.type == "redirected_statement":
            node = above
    return node


class Times:
    """The readings of one shell: what is timed inside what is timed comes first to its end."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._begun: list[tuple[float, float]] = []

    def answer(self, args: tuple[str, ...]) -> tuple[str, int]:
        """What is printed on standard error, and the status."""
        if args[0] == "0":
            self._begun.append(self._now())
            return "", 0
        status, style = int(args[1]), args[2]
        style = {"unset": _DEFAULT, "posix": _POSIX}.get(style, style)
        spent, slept = self.since()
        self._begun = self._begun[:-1]
        return (_formatted(style, spent, max(0.0, spent - slept)) + "\n" if style else ""), status

    def since(self) -> tuple[float, float]:
        """Seconds since the last reading, and those of them that sleeps took."""
        now = self._now()
        then = self._begun[-1] if self._begun else now
        return now[0] - then[0], now[1] - then[1]

    def over(self) -> None:
        """The run is over; a timed compound has left its reading."""
        self._begun = []

    def _now(self) -> tuple[float, float]:
        return self.machine.clock.now, self.machine.processes.slept


def _formatted(style: str, spent: float, busy: float) -> str:
    """``style`` as bash's TIMEFORMAT: R the time that went by, U and S the processor's, P their share in percent."""
    own = {"R": spent, "U": busy * 0.87, "S": busy * 0.04}

    def field(found: re.Match[str]) -> str:
        if not found[3]:
            return "%"
        if found[3] == "P":
            return f"{100 * (own['U'] + own['S']) / spent if spent else 0:.2f}"
        digits = min(int(found[1] or 3), 3)
        seconds = own[found[3]]
        if found[2]:
            return f"{int(seconds // 60)}m{seconds % 60:.{digits}f}s"
        return f"{seconds:.{digits}f}"

    return _FIELD.sub(field, style)
