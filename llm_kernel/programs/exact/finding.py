"""``find``: walks trees and does to each file what its expression says."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.exact.describing import doubts, formatted
from llm_kernel.programs.exact.predicates import Entry, Wrong, test
from llm_kernel.programs.moments import HALF_YEAR, filled
from llm_kernel.programs.options import Options
from llm_kernel.programs.permissions import long_mode
from llm_kernel.programs.sizes import disk_bytes
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["find"]

_ABOUT = Options(
    "",
    usage="[-H] [-L] [-P] [path...] [expression]",
    about="Search for files in directory trees.",
    authors="Eric B. Decker, James Youngman, and Kevin Dalley",
    package="findutils 4.9.0",
)
_VALUED = frozenset(
    """-name -iname -path -wholename -ipath -iwholename -lname -ilname -regex -iregex -type -xtype -size -perm -user
    -group -uid -gid -links -inum -samefile -newer -anewer -cnewer -mtime -atime -ctime -mmin -amin -cmin""".split()
)
_PLAIN = frozenset("-true -false -empty -nouser -nogroup -readable -writable -executable".split())
_GLOBAL = frozenset("-depth -d -mount -xdev -follow -noleaf -ignore_readdir_race -warn -nowarn -daystart".split())
_ACTIONS = frozenset("-print -print0 -ls -delete -prune -quit".split())
_STYLES = (
    "findutils-default ed emacs gnu-awk grep posix-awk awk posix-basic posix-egrep egrep posix-extended "
    "posix-minimal-basic sed"
).split()
_STYLE_LIST = ", ".join(f"‘{style}’" for style in _STYLES)
_OTHER = frozenset("-fstype -used -context -files0-from".split())
"""Words of the real one that are not computed."""

_BATCH = 3000
"""How many names one ``-exec ... {} +`` gets at most."""

Node: TypeAlias = Callable[[Entry], Awaitable[bool]]


class _Quit(Exception):  # noqa: N818 - a direction, not a fault
    """``-quit`` was met."""


@live("find")
async def find(call: Call, io: Io) -> int:
    """Walk, test, act; the status is 1 where something went wrong."""
    if call.args in (("--version",), ("--help",), ("-version",), ("-help",)):
        told = _ABOUT.parse(Call(call.name, ("--" + call.args[0].lstrip("-"),), call.machine))
        assert isinstance(told, Answer)
        await io.out(told.stdout)
        return 0
    walk = _Walk(call, io)
    try:
        node = walk.read()
    except Wrong as wrong:
        await io.err(f"find: {wrong}\n")
        return 1
    await io.err("".join(f"find: warning: {warning}\n" for warning in walk.warnings))
    try:
        for start in walk.starts:
            await walk.from_here(start, node)
    except _Quit:
        pass
    await walk.end()
    return walk.status


@dataclass(slots=True)
class _Walk:
    call: Call
    io: Io
    words: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    follow: str = "never"
    least: int = 0
    most: int | None = None
    depth_first: bool = False
    style: str = "emacs"
    day: float = 0.0
    acts: bool = False
    pruned: bool = False
    status: int = 0
    out: list[str] = field(default_factory=list)
    batches: list[tuple[list[str], str, list[str]]] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    # the expression

    def read(self) -> Node:
        """The expression as one test; the starting points and global options are noted."""
        self.words = list(self.call.args)
        self.day = self.call.machine.clock.now
        while self.words and re.fullmatch(r"-[HLP]|-O\d", self.words[0]):
            self.follow = {"-H": "given", "-L": "all", "-P": "never"}.get(self.words.pop(0), self.follow)
        while self.words and not (self.words[0].startswith("-") and len(self.words[0]) > 1):
            if self.words[0] in ("(", ")", "!", ","):
                break
            self.starts.append(self.words.pop(0))
        self.starts = self.starts or ["."]
        node = self._comma() if self.words else None
        if self.words:
            if self.words[0] == ")":
                raise Wrong("you have too many ')'")
            text = f"paths must precede expression: `{self.words[0]}'"
            raise Wrong(text)
        if node is None:
            return self._print("\n")
        if self.acts:
            return node
        show = self._print("\n")

        async def both(entry: Entry) -> bool:
            return await node(entry) and await show(entry)

        return both

    def _comma(self) -> Node:
        parts = [self._either()]
        while self.words and self.words[0] == ",":
            self.words.pop(0)
            parts.append(self._either())
        if len(parts) == 1:
            return parts[0]

        async def run(entry: Entry) -> bool:
            return [await part(entry) for part in parts][-1]

        return run

    def _either(self) -> Node:
        parts = [self._all()]
        while self.words and self.words[0] in ("-o", "-or"):
            word = self.words.pop(0)
            if not self.words:
                raise Wrong(f"expected an expression after '{word}'")
            parts.append(self._all())
        if len(parts) == 1:
            return parts[0]

        async def run(entry: Entry) -> bool:
            for part in parts:
                if await part(entry):
                    return True
            return False

        return run

    def _all(self) -> Node:
        parts = [self._one()]
        while self.words and self.words[0] not in ("-o", "-or", ",", ")"):
            if self.words[0] in ("-a", "-and"):
                self.words.pop(0)
            parts.append(self._one())
        if len(parts) == 1:
            return parts[0]

        async def run(entry: Entry) -> bool:
            for part in parts:
                if not await part(entry):
                    return False
            return True

        return run

    def _one(self) -> Node:
        if not self.words:
            raise Wrong("expected an expression")
        word = self.words.pop(0)
        if word in ("!", "-not"):
            if not self.words:
                raise Wrong(f"expected an expression after '{word}'")
            inner = self._one()

            async def other(entry: Entry) -> bool:
                return not await inner(entry)

            return other
        if word == "(":
            if self.words and self.words[0] == ")":
                raise Wrong("invalid expression; empty parentheses are not allowed.")
            if not self.words:
                more = " Perhaps you need an extra predicate after '('"
                raise Wrong(f"invalid expression; expected to find a ')' but didn't see one.{more}")
            group = self._comma()
            if not self.words:
                raise Wrong("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
            self.words.pop(0)
            return group
        if not word.startswith("-"):
            raise Wrong(f"paths must precede expression: `{word}'")
        return self._word(word)

    def _word(self, word: str) -> Node:
        if word in _GLOBAL or word in ("-maxdepth", "-mindepth", "-regextype"):
            return self._option(word)
        if word in _ACTIONS or word in ("-printf", "-fprint", "-fprint0", "-fprintf", "-fls"):
            return self._action(word)
        if word in ("-exec", "-execdir", "-ok", "-okdir"):
            return self._exec(word)
        if word in _PLAIN:
            check = self._plain(word)
        elif word in _VALUED or re.fullmatch(r"-newer[aBcm][aBcmt]", word):
            check = test(self.call, word, self._value(word), self.style, self.day)
        else:
            if word in _OTHER:
                raise NotExact(self.call.name)
            raise Wrong(f"unknown predicate `{word}'")

        async def run(entry: Entry) -> bool:
            return check(entry)

        return run

    def _value(self, word: str) -> str:
        if not self.words:
            raise Wrong(f"missing argument to `{word}'")
        return self.words.pop(0)

    def _option(self, word: str) -> Node:
        if word in ("-maxdepth", "-mindepth"):
            value = self._value(word)
            if not value.isdigit():
                raise Wrong(f"Expected a positive decimal integer argument to {word}, but got ‘{value}’")
            if word == "-maxdepth":
                self.most = int(value)
            else:
                self.least = int(value)
        elif word == "-regextype":
            self.style = self._value(word)
            if self.style not in _STYLES:
                raise Wrong(f"Unknown regular expression type ‘{self.style}’; valid types are {_STYLE_LIST}.")
        elif word in ("-depth", "-d"):
            self.depth_first = True
        elif word == "-follow":
            self.follow = "all"
        elif word == "-daystart":
            local = self.call.machine.clock.local
            self.day += 86400 - (local.hour * 3600 + local.minute * 60 + local.second)

        async def true(_: Entry) -> bool:
            return True

        return true

    def _plain(self, word: str) -> Callable[[Entry], bool]:
        files = self.call.machine.files
        names = files.names()
        match word:
            case "-true" | "-false":
                return lambda _: word == "-true"
            case "-empty":
                return lambda entry: (
                    not files.listdir(entry.path)
                    if entry.stat.kind == "directory"
                    else entry.stat.kind == "file" and not entry.stat.size
                )
            case "-nouser":
                return lambda entry: names.user(entry.stat.uid) == str(entry.stat.uid)
            case "-nogroup":
                return lambda entry: names.group(entry.stat.gid) == str(entry.stat.gid)
            case _:
                bit = {"-readable": 4, "-writable": 2, "-executable": 1}[word]
                return lambda entry: self._may(entry.stat, bit)

    def _may(self, stat: Stat, bit: int) -> bool:
        uid, gid = self.call.machine.files.owner
        if uid == 0:
            return bit != 1 or stat.kind == "directory" or bool(stat.mode & 0o111)
        shift = 6 if stat.uid == uid else 3 if stat.gid == gid else 0
        return bool(stat.mode >> shift & bit)

    # actions

    def _action(self, word: str) -> Node:
        if word == "-prune":
            return self._prune
        if word == "-quit":
            return self._quit
        self.acts = True
        if word == "-delete":
            self.depth_first = True
            return self._delete
        if word == "-ls":
            return self._printing(self._long)
        if word in ("-print", "-print0"):
            return self._print("\n" if word == "-print" else "\0")
        target = self._value(word) if word.startswith("-f") else ""
        if word == "-fls":
            return self._printing(self._long, target)
        if word in ("-fprint", "-fprint0"):
            return self._print("\n" if word == "-fprint" else "\0", target)
        form = self._value(word)
        self.warnings += doubts(form)
        return self._printing(lambda entry: formatted(self.call, form, entry), target)

    def _print(self, end: str, target: str = "") -> Node:
        return self._printing(lambda entry: entry.name + end, target)

    def _printing(self, text: Callable[[Entry], str], target: str = "") -> Node:
        if target:
            self.files.setdefault(target, [])

        async def show(entry: Entry) -> bool:
            (self.files[target] if target else self.out).append(text(entry))
            if len(self.out) > _BATCH:
                await self.flush()
            return True

        return show

    async def _prune(self, _: Entry) -> bool:
        self.pruned = True
        return True

    async def _quit(self, _: Entry) -> bool:
        raise _Quit

    async def _delete(self, entry: Entry) -> bool:
        if entry.base in (".", ".."):
            return True
        try:
            self.call.machine.files.remove(entry.path)
        except OSError as err:
            await self._fail(f"cannot delete ‘{entry.name}’: {err.strerror}")
            return False
        return True

    def _exec(self, word: str) -> Node:
        self.acts = True
        command: list[str] = []
        while self.words and self.words[0] != ";":
            if self.words[0] == "+" and command and command[-1] == "{}":
                break
            command.append(self.words.pop(0))
        if not self.words or not command:
            raise Wrong(f"missing argument to `{word}'")
        many, inside = self.words.pop(0) == "+", word.endswith("dir")
        if word.startswith("-ok"):
            return self._asking(command)
        if many and "{}" in command[:-1]:
            raise Wrong(f"Only one instance of {{}} is supported with {word} ... +")
        if many:
            return self._gathering(command[:-1], inside)

        async def run(entry: Entry) -> bool:
            name = f"./{entry.base}" if inside else entry.name
            line = shlex.join([part.replace("{}", name) for part in command])
            return await self._run(line, posixpath.dirname(entry.path) if inside else "") == 0

        return run

    def _asking(self, command: list[str]) -> Node:
        async def ask(entry: Entry) -> bool:
            await self.flush()
            await self.io.err(f"< {command[0]} ... {entry.name} > ? ")
            return False

        return ask

    def _gathering(self, command: list[str], inside: bool) -> Node:
        names: list[str] = []
        if not inside:
            self.batches.append((command, "", names))

        async def gather(entry: Entry) -> bool:
            if inside:
                await self._run(shlex.join([*command, f"./{entry.base}"]), posixpath.dirname(entry.path))
                return True
            names.append(entry.name)
            if len(names) >= _BATCH:
                await self._batch(command, names)
            return True

        return gather

    async def _batch(self, command: list[str], names: list[str]) -> None:
        if names and await self._run(shlex.join([*command, *names]), ""):
            self.status = 1
        names.clear()

    async def _run(self, line: str, folder: str) -> int:
        await self.flush()
        if self.call.run is None:
            raise Wrong("no shell to run a command in")
        where = f"cd {shlex.quote(folder)} && " if folder else ""
        name = shlex.split(line)[0]
        absent = f"bash: {name}: command not found\n".encode()

        async def err(data: bytes) -> None:
            await self.io.err(data.replace(absent, f"find: ‘{name}’: No such file or directory\n".encode()))

        return await self.call.run(where + line, self.io.out, err)

    async def flush(self) -> None:
        """Write what was printed so far."""
        if self.out:
            text = "".join(self.out).encode(errors="surrogateescape")
            self.out.clear()
            await self.io.out(text)

    async def end(self) -> None:
        """Run what was gathered, and write the files that were named."""
        for command, _, names in self.batches:
            await self._batch(command, names)
        for target, parts in self.files.items():
            self.call.machine.files.write(self.call.path(target), "".join(parts).encode())
        await self.flush()

    async def _fail(self, text: str) -> None:
        self.status = 1
        await self.flush()
        await self.io.err(f"find: {text}\n")

    # the walk

    async def from_here(self, start: str, node: Node) -> None:
        """Everything below one starting point, itself first or last."""
        files, path = self.call.machine.files, self.call.path(start)
        try:
            stat = self._look(path, given=True) if not start.endswith("/") else files.stat(path)
        except OSError as err:
            await self._fail(f"‘{start}’: {err.strerror}")
            return
        async for entry in self._below(Entry(start, path, stat, 0, start)):
            if entry.depth >= self.least:
                await node(entry)

    async def _below(self, top: Entry) -> AsyncIterator[Entry]:
        todo: list[tuple[Entry, bool]] = [(top, False)]
        while todo:
            entry, opened = todo.pop()
            self.pruned = False
            deep = entry.stat.kind == "directory" and (self.most is None or entry.depth < self.most)
            if opened or not self.depth_first or not deep:
                yield entry
            if opened or not deep or self.pruned:
                continue
            if self.depth_first:
                todo.append((entry, True))
            todo += reversed([(inner, False) for inner in await self._inside(entry)])

    async def _inside(self, folder: Entry) -> list[Entry]:
        files, found = self.call.machine.files, []
        if not self._may(folder.stat, 4):
            await self._fail(f"‘{folder.name}’: Permission denied")
            return []
        try:
            there = files.entries(folder.path)
        except OSError as err:
            await self._fail(f"‘{folder.name}’: {err.strerror}")
            return []
        lead = folder.name if folder.name.endswith("/") else folder.name + "/"
        for name, stat in there.items():
            path = f"{folder.path.rstrip('/')}/{name}"
            try:
                looked = self._look(path) if self.follow == "all" else stat
                found.append(Entry(lead + name, path, looked, folder.depth + 1, folder.start))
            except OSError as err:
                await self._fail(f"‘{lead + name}’: {err.strerror}")
        return found

    def _look(self, path: str, *, given: bool = False) -> Stat:
        files = self.call.machine.files
        if self.follow == "all" or (given and self.follow == "given"):
            return files.stat(path) if files.exists(path) else files.lstat(path)
        return files.lstat(path)

    def _long(self, entry: Entry) -> str:
        stat, clock = entry.stat, self.call.machine.clock
        names = self.call.machine.files.names()
        recent = clock.now - HALF_YEAR < stat.mtime <= clock.now
        when = filled("%b %e %H:%M" if recent else "%b %e  %Y", clock.at(stat.mtime))
        arrow = f" -> {stat.target}" if stat.kind == "symlink" else ""
        owner = f"{names.user(stat.uid):<8} {names.group(stat.gid):<8}"
        blocks = disk_bytes(stat) // 1024
        return (
            f"{stat.ino:9d} {blocks:6d} {long_mode(stat)} {stat.nlink:3d} {owner} {stat.size:8d} {when} "
            f"{entry.name}{arrow}\n"
        )
