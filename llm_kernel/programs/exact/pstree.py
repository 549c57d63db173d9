"""``pstree``: the process table as a tree, with the threads of each process."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_kernel.machine import Machine
from llm_kernel.machine.process_facts import command_name, thread_ids
from llm_kernel.machine.processes import Process
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

_LONG = {
    "arguments": "a",
    "ascii": "A",
    "compact-not": "c",
    "highlight-all": "h",
    "long": "l",
    "numeric-sort": "n",
    "show-parents": "s",
    "show-pids": "p",
    "hide-threads": "T",
    "uid-changes": "u",
    "unicode": "U",
    "vt100": "G",
    "version": "V",
}
_USAGE = """\
Usage: pstree [-acglpsStTuZ] [ -h | -H PID ] [ -n | -N type ] [ -A | -G | -U ] [ PID | USER ]
   or: pstree -V
"""
_LINES = {True: ("─┬─", "─── ", " ├─", " └─", " │ "), False: ("-+-", "--- ", " |-", " `-", " | ")}


@dataclass(slots=True)
class _Node:
    label: str
    order: tuple[str, int]
    children: list[_Node] = field(default_factory=list)

    def same(self, other: _Node) -> bool:
        """Whether both look alike, with all that hangs below."""
        alike = self.label == other.label and len(self.children) == len(other.children)
        return alike and all(a.same(b) for a, b in zip(self.children, other.children, strict=True))


@exact("pstree")
def pstree(call: Call) -> Answer:
    """``pstree``."""
    letters, words = set[str](), list[str]()
    for word in call.args:
        if word.startswith("--"):
            if word[2:] not in _LONG:
                return Answer(stderr=f"pstree: unrecognized option '{word}'\n{_USAGE}", status=1)
            letters.add(_LONG[word[2:]])
        elif word.startswith("-") and len(word) > 1:
            if bad := next((letter for letter in word[1:] if letter not in "aAcghlnsStTpuUGVZ"), ""):
                return Answer(stderr=f"pstree: invalid option -- '{bad}'\n{_USAGE}", status=1)
            letters |= set(word[1:])
        else:
            words.append(word)
    if "V" in letters:
        return Answer(stderr="pstree (PSmisc) 23.3\n")
    table = call.machine.processes.table
    roots = [1]
    if words:
        if words[-1].isdecimal():
            if len(words[-1]) > 9 or int(words[-1]) not in table:
                return Answer("", "", 1)
            roots = [int(words[-1])]
        else:
            if call.machine.system.account(words[-1]) is None:
                return Answer(stderr=f"No such user name: {words[-1]}\n", status=1)
            own = [
                pid for pid, process in table.items() if process.user == words[-1] and process.ppid != 2 and pid != 2
            ]
            roots = sorted(pid for pid in own if table[pid].ppid not in own)
            if not roots:
                return Answer(stdout="No processes found.\n")
    if "s" in letters:
        roots = [_eldest(call.machine, roots[0])]
    unicode = "A" not in letters and ("U" in letters or call.env.get("LC_ALL", call.env.get("LANG", "UTF-8")) != "C")
    trees = [_grown(call.machine, table[pid], letters, "", frozenset()) for pid in roots]
    draw = _arguments if "a" in letters else _tree
    return Answer("\n".join("".join(f"{line}\n" for line in draw(tree, letters, unicode)) for tree in trees))


def _eldest(machine: Machine, pid: int) -> int:
    seen = {pid}
    while (parent := machine.processes.table[pid].ppid) in machine.processes.table and parent not in seen:
        pid = parent
        seen.add(pid)
    return pid


def _grown(machine: Machine, process: Process, letters: set[str], user: str, above: frozenset[int]) -> _Node:
    name = command_name(process)
    marks = [str(process.pid)] if "p" in letters else []
    marks += [process.user] if "u" in letters and user and process.user != user else []
    if "a" in letters:
        tail = " ".join(process.command[1:]) if not process.command[0].startswith("[") else ""
        label = ",".join([name, *marks]) + (f" {tail}" if tail else "")
    else:
        label = name + (f"({','.join(marks)})" if marks else "")
    node = _Node(label, (name, process.pid))
    below = above | {process.pid}
    for child in machine.processes.running():
        if child.ppid == process.pid and child.pid not in below:
            node.children.append(_grown(machine, child, letters, process.user, below))
    if "T" not in letters:
        for thread in thread_ids(process)[1:]:
            mark = ("," if "a" in letters else "(") + str(thread) + ("" if "a" in letters else ")")
            node.children.append(_Node(f"{{{name}}}" + (mark if "p" in letters else ""), (f"{{{name}}}", thread)))
    node.children.sort(key=lambda one: (one.order[1],) if "n" in letters else (one.order[0], one.order[1]))
    return node


def _merged(children: list[_Node], letters: set[str]) -> list[tuple[int, _Node]]:
    """Children that look alike as one with their number."""
    rows: list[tuple[int, _Node]] = []
    for child in children:
        at = next((n for n, (_, one) in enumerate(rows) if one.same(child)), None)
        if at is None or letters & set("pc"):
            rows.append((1, child))
        else:
            rows[at] = (rows[at][0] + 1, child)
    return rows


def _tree(node: _Node, letters: set[str], unicode: bool, count: int = 1) -> list[str]:
    fork, only, middle, last, bar = _LINES[unicode]
    head = f"{count}*[{node.label}" if count > 1 else node.label
    rows = _merged(node.children, letters)
    if not rows:
        return [head + ("]" if count > 1 else "")]
    pad, lines = " " * len(head), list[str]()
    for number, (many, child) in enumerate(rows):
        end = number == len(rows) - 1
        first = (only.rstrip() if end else fork) if number == 0 else (last if end else middle)
        for row, text in enumerate(_tree(child, letters, unicode, many)):
            start = head if number == 0 else pad
            lines.append((start + first if row == 0 else pad + ("   " if end else bar)) + text)
    return [*lines[:-1], lines[-1] + "]"] if count > 1 else lines


def _arguments(node: _Node, letters: set[str], unicode: bool, count: int = 1) -> list[str]:
    _, _, middle, last, bar = _LINES[unicode]
    lines = [f"{count}*[{node.label}]" if count > 1 else node.label]
    rows = _merged(node.children, letters)
    for number, (many, child) in enumerate(rows):
        end = number == len(rows) - 1
        for row, text in enumerate(_arguments(child, letters, unicode, many)):
            lead = (last if end else middle) if row == 0 else ("   " if end else bar)
            lines.append(f" {lead}{text}")
    return lines
