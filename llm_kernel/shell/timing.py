"""``time``: the library measures the host's seconds, so the machine's clock is read before and after instead."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.machine import Machine
from llm_kernel.syntax import parse, walk

__all__ = ["TIMES", "Times", "timed"]

TIMES = "__llm_kernel_times"
"""Our word that reads the clock before a timed pipeline (``0``), and after it (``1 STATUS STYLE``)."""

_PROGRAM = (b"/usr/bin/time", b"/bin/time", b"\\time")
"""How GNU's program of that name is called; the library would take its own."""
_TIMED = frozenset(
    """command redirected_statement pipeline negated_command compound_statement subshell for_statement if_statement
    c_style_for_statement while_statement case_statement test_command variable_assignment declaration_command""".split()
)
_HEAD = re.compile(rb"time(?:[ \t]+(-p))?(?:[ \t]+--)?(?=[\s;&|)]|$)")
_DEFAULT = "\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS"
_POSIX = "real %2R\nuser %2U\nsys %2S"
_FIELD = re.compile(r"%(?:%|(\d?)(l?)([RUSP]))")


def timed(script: str) -> str:
    """``script`` with its timed pipelines between two readings of the clock."""
    if "time" not in script:
        return script
    data = plain = script.encode("utf-8", "replace")
    heads: list[re.Match[bytes]] = []
    while found := [head for node in walk(parse(plain.decode())) if (head := _head(node, plain))]:
        heads += found
        for head in found:  # without it, what is timed is parsed as what it is
            plain = plain[: head.start()] + b" " * len(head[0]) + plain[head.end() :]
    root = parse(plain.decode())
    edits = [edit for head in heads for edit in _around(root, head, plain)]
    for node in walk(root):
        name = node.child_by_field_name("name") if node.type == "command" else None
        if name is not None and (name.text in _PROGRAM or (name.text == b"time" and _piped(node))):
            edits.append((name.start_byte, name.end_byte, "command time"))
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text.encode() + data[end:]
    return data.decode("utf-8", "replace")


def _head(node: Node, data: bytes) -> re.Match[bytes] | None:
    """The word that times, with its options, where ``node`` is a command that begins with it."""
    name = node.child_by_field_name("name") if node.type == "command" else None
    if name is None or name.text != b"time" or node.start_byte != name.start_byte or _piped(node):
        return None
    return _HEAD.match(data, name.start_byte)


def _piped(node: Node) -> bool:
    """Whether a command reads a pipe: the word that times stands before whole pipelines alone."""
    above = node.parent
    return above is not None and above.type == "pipeline" and above.start_byte != node.start_byte


def _around(root: Node, head: re.Match[bytes], plain: bytes) -> list[tuple[int, int, str]]:
    style = "posix" if head[1] else '"${TIMEFORMAT-unset}"'
    begin, end = f"{{ {TIMES} 0;", f"; {TIMES} 1 $? {style}; }}"
    start = len(plain) - len(plain[head.end() :].lstrip(b" \t"))
    if plain[start : start + 1] in (b"", b"\n", b";", b"&", b"|", b")"):
        return [(head.start(), head.end(), begin + end[1:])]
    whole = _whole(root, start)
    if whole is None or any(child.type == "heredoc_redirect" for child in whole.children):
        return [(head.start(), head.start(), f"{TIMES} 0 && ")]
    return [(head.start(), head.end(), begin), (whole.end_byte, whole.end_byte, end)]


def _whole(root: Node, start: int) -> Node | None:
    """The pipeline that begins at ``start``, with its redirections."""
    node, whole = root.descendant_for_byte_range(start, start + 1), None
    while node is not None and node.start_byte == start and node.type not in ("program", "list"):
        whole = node if node.type in _TIMED else whole
        node = node.parent
    return whole


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
