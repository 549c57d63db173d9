"""Help at the keyboard: is the cell complete, what could this word become, what is it. Asks no model."""

from __future__ import annotations

import inspect as docs
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from llm_kernel import cell, syntax
from llm_kernel.errors import CellError
from llm_kernel.machine import Machine
from llm_kernel.machine.words import USAGE
from llm_kernel.programs.table import EXACT
from llm_kernel.shell.limits import State
from llm_kernel.shell.words import BUILTINS, KEYWORDS, TOOLS

__all__ = ["Completion", "Match", "complete", "inspect", "is_complete"]

_WORD = re.compile(r"[^\s|&;()<>\"'`=]*$")
_COMMAND_POSITION = re.compile(
    r"(?:^|[|&;(`{]|\$\(|\b(?:then|do|else|sudo|nohup|time|xargs|exec|command|env|if|while|until|!))\s*$"
)
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Match:
    """One completion; ``kind`` is what a client shows beside it, ``start`` and ``end`` what it replaces."""

    text: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Completion:
    """All that the word from ``start`` to ``end`` could become."""

    matches: tuple[Match, ...]
    start: int
    end: int


def is_complete(code: str) -> tuple[str, str]:
    """``complete``, ``incomplete`` with the indent of the next line, or ``invalid``."""
    if code.lstrip().startswith("%%"):
        return ("complete", "") if "\n" in code.strip() or code.endswith("\n") else ("incomplete", "")
    parts = _parts(code)
    if parts is None:
        return ("incomplete", "  ") if any(_parts(code + close) for close in "}｝") else ("invalid", "")
    last = parts[-1] if parts else None
    if not isinstance(last, cell.Shell):
        return "complete", ""
    verdict = syntax.judge(last.text)
    if verdict.state == "incomplete":
        return "incomplete", "" if verdict.runs else "    "
    return verdict.state, ""


def _parts(code: str) -> cell.Cell | None:
    try:
        return cell.parse(code)
    except CellError:
        return None


def complete(machine: Machine, state: State, magics: Iterable[str], code: str, cursor: int) -> Completion:
    """Complete the word before ``cursor``: a magic, a variable, a command or a file."""
    before = code[:cursor]
    line = before.rpartition("\n")[2]
    found = _WORD.search(line)
    word = found[0] if found else ""
    start = cursor - len(word)
    head = line[: len(line) - len(word)]
    rows = _rows(machine, state, magics, head, word)
    unique = dict(sorted(rows))
    matches = tuple(Match(text, kind, start, cursor) for text, kind in list(unique.items())[:_LIMIT])
    return Completion(matches, start, cursor)


def _rows(machine: Machine, state: State, magics: Iterable[str], head: str, word: str) -> list[tuple[str, str]]:
    if not head and word.startswith("%"):
        names = [f"%{name}" for name in magics] + ["%%meta", "%%writefile"]
        return [(name, "magic") for name in names if name.startswith(word)]
    if head.startswith("%machine") and head.strip() == "%machine":
        return [(name, "keyword") for name in USAGE if name.startswith(word)]
    if word.startswith("$"):
        sign = "${" if word.startswith("${") else "$"
        close = "}" if sign == "${" else ""
        return [(f"{sign}{n}{close}", "variable") for n in state.variables if n.startswith(word[len(sign) :])]
    if _COMMAND_POSITION.search(head) and "/" not in word:
        return [row for row in _commands(machine, state) if row[0].startswith(word)] + _files(machine, state, word)
    return _files(machine, state, word)


def _commands(machine: Machine, state: State) -> list[tuple[str, str]]:
    rows = [(name, "keyword") for name in KEYWORDS if name.isalpha()]
    rows += [(name, "builtin") for name in BUILTINS if name.isalpha()]
    rows += [(name, "command") for name in {*TOOLS, *_there(machine)}]
    rows += [(name, "function") for name in state.functions]
    return rows + [(name, "alias") for name in state.aliases]


def _there(machine: Machine) -> set[str]:
    """The programs that are on this machine."""
    exact = {name for name, row in EXACT.items() if machine.has(row.needs) and name.isprintable()}
    return exact | {name for name in machine.packages.all_commands() if machine.packages.provider(name)}


def _files(machine: Machine, state: State, word: str) -> list[tuple[str, str]]:
    home = state.variables.get("HOME", "/root")
    shown, _, part = word.rpartition("/")
    folder = f"{shown}/" if "/" in word else ""
    real = posixpath.join(home, folder[2:]) if folder.startswith("~/") else folder or "."
    files = machine.files
    try:
        names = files.listdir(files.absolute(real, state.cwd))
    except OSError:
        return []
    rows = []
    for name in names:
        if name.startswith(part) and (part or not name.startswith(".")):
            is_dir = files.is_dir(posixpath.join(files.absolute(real, state.cwd), name))
            text = folder + name.replace(" ", "\\ ")
            rows.append((f"{text}/", "directory") if is_dir else (text, "file"))
    return rows


def inspect(
    machine: Machine, state: State, magics: Mapping[str, Callable[..., Any]], code: str, cursor: int
) -> dict[str, str]:
    """What the word at ``cursor`` is, as ``text/plain``; nothing for a word that is nothing."""
    left = re.search(r"[^\s|&;()<>\"'`]*$", code[:cursor])
    right = re.match(r"[^\s|&;()<>\"'`]*", code[cursor:])
    word = (left[0] if left else "") + (right[0] if right else "")
    text = _about(machine, state, magics, word) if word else ""
    return {"text/plain": text} if text else {}


def _about(machine: Machine, state: State, magics: Mapping[str, Callable[..., Any]], word: str) -> str:
    if word.startswith("%"):
        name = word.lstrip("%")
        if name == "meta":
            return "%%meta: what the machine should be, have or hold, in plain language; the model writes a script"
        return docs.getdoc(magics[name]) or "" if name in magics else ""
    if word.startswith("$"):
        name = word.strip("${}")
        return f"{name}={state.variables[name]}" if name in state.variables else ""
    if word in state.aliases:
        return f"{word} is aliased to `{state.aliases[word]}'"
    if word in state.functions:
        return f"{word} is a function of this shell"
    if word in KEYWORDS:
        return f"{word} is a shell keyword"
    if word in BUILTINS:
        return f"{word} is a shell builtin, run exactly"
    base = posixpath.basename(word)
    program = "/" not in word or machine.files.is_sized(machine.files.absolute(word, state.cwd))
    if program and (base in TOOLS or (base in EXACT and machine.has(EXACT[base].needs))):
        return f"{word} is computed exactly, from the machine"
    provider = machine.packages.provider(base)
    if provider is not None and program:
        return f"{word} is emulated: the model plays it (from {provider})"
    return _about_file(machine, state, word)


def _about_file(machine: Machine, state: State, word: str) -> str:
    files = machine.files
    path = files.absolute(word, state.cwd)
    try:
        stat = files.stat(path)
    except OSError:
        near = machine.packages.suggest(word)
        return f"{word} is not on this machine; {near[0][0]} install {near[0][1]} brings it" if near else ""
    if stat.kind == "directory":
        return f"{path} is a directory with {len(files.listdir(path))} entries"
    if files.is_sized(path):
        return f"{path} is a file of {stat.size} bytes"
    text = files.read(path)[:1500].decode("utf-8", "replace")
    return f"{path} is a file of {stat.size} bytes\n\n{text}"
