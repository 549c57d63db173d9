"""What the shell library does to files by itself, held to permissions and to the room on a disk.

The library knows neither. Where either can matter, a script's redirections, tests and reading tools ask for their
paths first; one that is refused becomes a path where nothing is, and what the library says of that is reworded.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import quote, unquote_to_bytes

from tree_sitter import Node

from llm_kernel.machine import Machine
from llm_kernel.machine.actor import READ, SEARCH, WRITE, Actor
from llm_kernel.machine.pseudo import making, writing
from llm_kernel.tokens import quoted

__all__ = ["Permits", "matters", "opens", "refused", "said_of", "tested", "tests", "tool"]

Edit: TypeAlias = tuple[int, int, str]

_DENIED, _UNFIT = "/dev/.denied/", "/dev/.unfit/"
_BITS = {"r": READ, "w": WRITE, "x": SEARCH}
_SILENT = frozenset([":", "true", "false", "test", "[", "cd", "exit", "exec", "wait", "set", "read"])
"""Commands that write nothing to their output."""

_SMALL = 1 << 20
"""KiB below which a file system in memory may become full by what a shell writes."""

_MOST = 2000
"""Files below a directory that are looked at before it is searched."""

_WRITES = re.compile(r">(?!\s*(?:&\d|/dev/null))|\bsed\b.* -\w*i|\bsort\b.* -\w*o")

_REFUSAL = re.compile(
    _DENIED.encode()
    + rb"(\d+)/([\w.~%-]*)([^\n]*?)(?:(?:io error: )?parent directory not found|No such file or directory)"
)
_NOT_WRITTEN = re.compile(
    rb"(?m)^(bash: |[^\n]*?: line \d+: )?" + _UNFIT.encode() + rb"(\d+)/([bp])/([^\n:]*): No such [^\n]*$"
)


def matters(machine: Machine, script: str, cwd: str) -> bool:
    """Whether anything may be closed to a shell of ``machine`` that runs ``script``, or a disk be full."""
    small = any(ram.size < _SMALL for ram in machine.system.ram)
    return bool(machine.faults.full) or small or machine.actor() is not None or _writes_to_kernel(script, cwd)


def _writes_to_kernel(script: str, cwd: str) -> bool:
    """Whether ``script`` may write to what only the kernel makes."""
    named = "/proc" in script or "/sys" in script or cwd.startswith(("/proc", "/sys"))
    return named and bool(_WRITES.search(script))


def opens(node: Node, asks: str, builtins: Collection[str]) -> list[Edit]:
    """The edits of a redirection: its file is asked for."""
    to = node.child_by_field_name("destination")
    text = _text(node)
    found = re.match(r"(\d*|\{\w+\})(&>>|&>|<>|>>|>\||>&|<&|>|<)", text)
    if to is None or found is None or to.type == "process_substitution":
        return []
    stream, operator = found.groups()
    if operator in (">&", "<&") and (_text(to).isdigit() or _text(to) == "-" or operator == "<&"):
        return []
    mode = "r" if operator == "<" else "a" if ">>" in operator else "w"
    body = node.parent.child_by_field_name("body") if node.parent is not None else None
    name = _first(body) if operator != "<" and stream in ("", "1") and body is not None else ""
    who = "-" if not name or name in _SILENT or not re.fullmatch(r"[\w./+-]+", name) else name.rpartition("/")[2]
    kind = "b" if who in builtins else "p"
    outer = "outer" if body is not None and _first(body) == "sudo" else "open"
    return _wrapped(to, to, f"{asks} {outer} {mode} {kind} {who}")


def tests(node: Node, asks: str) -> list[Edit]:
    """The edits of ``[ -r FILE ]`` and its like."""
    edits: list[Edit] = []
    todo = [node]
    while todo:
        inner = todo.pop()
        todo.extend(inner.named_children)
        parts = inner.named_children
        if inner.type == "unary_expression" and len(parts) == 2:
            letter = _text(parts[0])
            if re.fullmatch(r"-[rwxefds]", letter):
                edits.append((parts[0].start_byte, parts[0].end_byte, "-n"))
                edits += _wrapped(parts[1], parts[1], f"{asks} may {letter[1]}")
    return edits


def tested(words: Sequence[Node], asks: str) -> list[Edit]:
    """The edits of ``test -r FILE`` and its like."""
    edits: list[Edit] = []
    for operator, operand in pairwise(words[1:]):
        if re.fullmatch(r"-[rwxefds]", _text(operator)):
            edits.append((operator.start_byte, operator.end_byte, "-n"))
            edits += _wrapped(operand, operand, f"{asks} may {_text(operator)[1]}")
    return edits


def tool(words: Sequence[Node], asks: str) -> list[Edit]:
    """The edits of a tool of the library's that reads files, or of ``cd``: its words are asked for."""
    if len(words) < 2 or any(inner.type == "process_substitution" for word in words for inner in _all(word)):
        return []
    first, last = words[0].start_byte, words[-1].end_byte
    return [(first, first, f'eval "$({asks} tool '), (last, last, ')"')]


def said_of(data: bytes) -> bytes:
    """What is written to standard error, with what was refused in the words of the real programs."""
    if _DENIED.encode() in data:
        data = _REFUSAL.sub(lambda m: unquote_to_bytes(m[2]) + m[3] + os.strerror(int(m[1])).encode(), data)
    if _UNFIT.encode() in data:
        data = _NOT_WRITTEN.sub(_not_written, data)
    return data


def _not_written(found: re.Match[bytes]) -> bytes:
    who = (found[1] or b"") if found[3] == b"b" else b""
    return who + found[4] + b": write error: " + os.strerror(int(found[2])).encode()


class Permits:
    """What a shell of ``machine`` is told of the paths that it asks for."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def answer(self, kind: str, args: Sequence[str], cwd: str, env: Mapping[str, str]) -> str:
        """The path, the finding, or the command to run."""
        actor = None if "SUDO_USER" in env else self._machine.actor()
        match kind:
            case "outer":  # what a shell opens for sudo, it opens itself
                return self._open(args[0], args[1:3], " ".join(args[3:]), cwd, self._machine.actor())
            case "open":
                return self._open(args[0], args[1:3], " ".join(args[3:]), cwd, actor)
            case "may":
                return "1" if self._may(args[0], " ".join(args[1:]), cwd, actor) else ""
            case _:
                return self._tool(list(args), cwd, actor)

    def readable(self, path: str, env: Mapping[str, str]) -> bool:
        """Whether the shell that asks may read the file at ``path``."""
        return self._allowed(path, READ, None if "SUDO_USER" in env else self._machine.actor())

    def _open(self, mode: str, who: Sequence[str], name: str, cwd: str, actor: Actor | None) -> str:
        files, path = self._machine.files, self._machine.files.absolute(name, cwd)
        if not name or path.startswith("/dev/") or (files.is_dir(path) and self._allowed(path, WRITE, actor)):
            return name
        if not self._allowed(path, READ if mode == "r" else WRITE, actor):
            return refused(name)
        if mode != "r" and (number := self._unheard(path)):
            if number != errno.EIO:
                return refused(name, number)
            return "/dev/null" if who[1] == "-" else f"{_UNFIT}{number}/{who[0]}/{who[1]}"
        if mode != "r" and who[1] != "-" and self._machine.no_room(path):
            if mode == "w" or not files.exists(path):
                with files.acting(actor):
                    files.write(path, b"")
            return f"{_UNFIT}{errno.ENOSPC}/{who[0]}/{who[1]}"
        return name

    def _unheard(self, path: str) -> int:
        """The error with which the kernel refuses what is written to ``path``; 0 where it does not."""
        files = self._machine.files
        place = files.resolve(path)
        if files.exists(place):
            return writing(place, files.stat(place).mode)
        return making(place) if files.is_dir(place.rpartition("/")[0] or "/") else 0

    def _may(self, letter: str, name: str, cwd: str, actor: Actor | None) -> bool:
        files, path = self._machine.files, self._machine.files.absolute(name, cwd)
        if not name:
            return False
        with files.acting(actor):
            try:
                stat = files.stat(path)
            except OSError:
                return False
            if letter in "fds":
                return stat.size > 0 if letter == "s" else stat.kind == ("file" if letter == "f" else "directory")
            if letter == "x" and actor is None:
                return stat.kind == "directory" or bool(stat.mode & 0o111)
        return letter == "e" or self._allowed(path, _BITS[letter], actor)

    def _allowed(self, path: str, wanted: int, actor: Actor | None) -> bool:
        """Whether ``actor`` may open ``path`` so; what is not there may be made where its directory allows."""
        files = self._machine.files
        with files.acting(actor):
            try:
                place = files.resolve(path)
                found = files.exists(place)
                if not found and not wanted & WRITE:
                    return True  # that it is not there is for others to say
                if not found:
                    place, wanted = place.rpartition("/")[0] or "/", WRITE | SEARCH
                    if not files.exists(place):
                        return True
                stat = files.stat(place)
            except PermissionError:
                return False
            except OSError:
                return True
        if actor is None:
            return True
        shift = 6 if stat.uid == actor.uid else 3 if stat.gid in actor.gids else 0
        return stat.mode >> shift & wanted == wanted

    def _tool(self, words: list[str], cwd: str, actor: Actor | None) -> str:
        """``words`` as a command, what may not be read being led to where nothing is."""
        name = words[0].rpartition("/")[2]
        if name == "sed" and (said := self._edited(words, cwd, actor)):
            return said
        if said := self._unroomed(name, words, cwd):
            return said
        deep = name in ("grep", "egrep", "fgrep") and any(re.match(r"-[a-zA-Z]*[rR]|--(deref.*)?rec", w) for w in words)
        wanted = {"cd": SEARCH, "pushd": SEARCH}.get(name, READ)
        shown = [words[0]]
        for word in words[1:]:
            path = self._machine.files.absolute(word, cwd)
            if not word or word.startswith("-") or not self._is_path(path, word):
                shown.append(word)
            elif name == "sort" and shown[-1] in ("-o", "--output"):
                number = self._unheard(path) or (0 if self._allowed(path, WRITE, actor) else errno.EACCES)
                shown.append(refused(word, number) if number else word)
            elif not self._allowed(path, wanted, actor):
                shown.append(refused(word))
            elif deep and self._machine.files.is_dir(path):
                shown += self._below(word, path, actor)
            else:
                shown.append(word)
        return " ".join(map(quoted, shown))

    def _unroomed(self, name: str, words: Sequence[str], cwd: str) -> str:
        """What a tool that writes files says of a full disk; empty where there is room."""
        at = next((at for at, word in enumerate(words) if word == "-o"), 0) if name == "sort" else 0
        if 0 < at < len(words) - 1 and self._machine.no_room(self._machine.files.absolute(words[at + 1], cwd)):
            return _fails(f"sort: write failed: {words[at + 1]}: No space left on device", 2)
        if name == "split" and self._machine.no_room(cwd):
            named = [word for word in words[1:] if not word.startswith("-")]
            prefix = named[-1] if len(named) > 1 and not named[-1][0].isdigit() and "/" not in named[-1] else "x"
            return _fails(f"split: {prefix}aa: No space left on device", 1)
        return ""

    def _is_path(self, path: str, word: str) -> bool:
        """Whether a word may name a file: one that is there, or one in a directory that is closed."""
        return len(word) < 4096 and "\n" not in word and (self._machine.files.exists(path) or "/" in word)

    def _below(self, word: str, path: str, actor: Actor | None) -> list[str]:
        """A directory for a deep search: itself where all below it is open, else what is to be searched."""
        files = self._machine.files
        with files.as_root():
            below = [one for one, _ in zip(files.walk(path), range(_MOST + 1), strict=False)]
            shut = [one for one in below if not self._allowed(one, READ, actor)]
            if not shut:
                return [word]
            plain = [one for one in below if files.lstat(one).kind == "file"]
        closed = {one for one in shut if files.is_dir(one)}
        kept = [one for one in plain if not any(one.startswith(f"{top}/") for top in closed)]
        found = sorted({*kept, *closed})
        top = word.rstrip("/") or "/"
        named = [top.rstrip("/") + one[len(path.rstrip("/")) :] for one in found]
        return ["-H", *(refused(name) if one in shut else name for one, name in zip(found, named, strict=True))]

    def _edited(self, words: Sequence[str], cwd: str, actor: Actor | None) -> str:
        """What ``sed -i`` says where it cannot make its new file; empty where it can."""
        files = self._machine.files
        if not any(re.match(r"-[nErsuz]*i|--in-place", word) for word in words[1:]):
            return ""
        for word in words[2:]:
            path = files.absolute(word, cwd)
            if word.startswith("-") or not files.exists(path) or files.is_dir(path):
                continue
            folder = path.rpartition("/")[0] or "/"
            made = f"{word.rpartition('/')[0] or '.'}/sedHq7TzB"
            if not self._allowed(path, READ, actor):
                return _fails(f"sed: can't read {word}: Permission denied", 2)
            if not self._allowed(folder, WRITE | SEARCH, actor):
                return _fails(f"sed: couldn't open temporary file {made}: Permission denied", 4)
            if number := self._unheard(files.absolute(made, cwd)):
                return _fails(f"sed: couldn't open temporary file {made}: {os.strerror(number)}", 4)
            if self._machine.no_room(path):
                return _fails(f"sed: couldn't flush {made}: No space left on device", 4)
        return ""


def refused(name: str, number: int = errno.EACCES) -> str:
    """The path where nothing is that stands for ``name``, which the error ``number`` keeps closed."""
    return f"{_DENIED}{number}/{quote(name, safe='')}"


def _fails(said: str, status: int) -> str:
    return f"printf '%s\\n' {quoted(said)} >&2; (exit {status})"


def _wrapped(first: Node, last: Node, asked: str) -> list[Edit]:
    return [(first.start_byte, first.start_byte, f'"$({asked} '), (last.end_byte, last.end_byte, ')"')]


def _first(node: Node) -> str:
    """The name of the first command in ``node``."""
    todo = [node]
    while todo:
        one = todo.pop(0)
        if one.type == "command_name":
            return _text(one)
        todo = [*one.named_children, *todo]
    return ""


def _all(node: Node) -> list[Node]:
    found = [node]
    for one in found:
        found.extend(one.named_children)
    return found


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
