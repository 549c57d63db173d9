"""``awk`` where it is mawk: Debian's and Ubuntu's."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from llm_kernel.machine import Machine
from llm_kernel.programs.awk.acting import Play
from llm_kernel.programs.awk.desk import Desk
from llm_kernel.programs.awk.faults import EndlessError, MistakeError, TroubleError
from llm_kernel.programs.awk.parser import parsed
from llm_kernel.programs.awk.runtime import Runtime, assignment
from llm_kernel.programs.awk.streams import Streams
from llm_kernel.programs.awk.tokens import unescaped
from llm_kernel.programs.awk.tree import Program
from llm_kernel.programs.awk.values import Dialect
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Call, Io

__all__ = ["awk"]

_USUAL = Dialect("1.3.4 20200120")
_DIALECTS = {
    ("ubuntu", "18.04"): Dialect("1.3.3", old=True),
    ("ubuntu", "24.04"): Dialect("1.3.4 20240123", whole=(1 << 63) - 1, intervals=True),
}
_VERSIONS = {
    "1.3.3": "mawk 1.3.3 Nov 1996, Copyright (C) Michael D. Brennan\n",
    "1.3.4 20200120": """\
mawk 1.3.4 20200120
Copyright 2008-2019,2020, Thomas E. Dickey
Copyright 1991-1996,2014, Michael D. Brennan
""",
    "1.3.4 20240123": """\
mawk 1.3.4 20240123
Copyright 2008-2023,2024, Thomas E. Dickey
Copyright 1991-1996,2014, Michael D. Brennan
""",
}
_USAGE = "Usage: mawk [Options] [Program] [file ...]\n"
_STDIN = ("-", "/dev/stdin")
_KILLED = 137


@live("awk", "mawk", "nawk")
async def awk(call: Call, io: Io) -> int:
    """Run a program of awk over files or standard input."""
    name = posixpath.basename(call.name)
    dialect = _dialect(call.machine)
    if any(option == "-f" and file in _STDIN for option, file in pairwise(call.args)):
        call = replace(call, stdin=await io.read())
    try:
        asked = _asked(call)
    except MistakeError as err:
        await io.err(f"{name}: {err.words}\n")
        return 2
    if asked.version:
        await io.out(_VERSIONS[dialect.version])
        return 0
    if asked.text is None:
        await io.err("" if dialect.old else _USAGE)
        return 0
    desk = Desk()
    streams = Streams(call, io, desk, name)
    return await desk.serve(lambda: _Run(call, name, dialect, asked, streams, desk).status())


def _dialect(machine: Machine) -> Dialect:
    return _DIALECTS.get((machine.system.os, machine.system.release), _USUAL)


@dataclass(slots=True)
class _Asked:
    """A command line: the program and where it stands, what is assigned before it begins, and its arguments."""

    text: str | None = None
    file: str = ""
    assigned: list[tuple[str, str]] = field(default_factory=list)
    args: Sequence[str] = ()
    version: bool = False


def _asked(call: Call) -> _Asked:
    asked, rest, files = _Asked(), list(call.args), list[str]()
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        letter = word[1]
        if word == "--version" and _dialect(call.machine).intervals:
            asked.version = True
            continue
        if letter not in "FvfW":
            raise MistakeError(f"not an option: {word}")
        value = word[2:]
        if not value:
            if not rest:
                raise MistakeError(f"option -{letter} lacks argument")
            value = rest.pop(0)
        _take(letter, value, asked, files)
    if files:
        asked.file = files[-1]
        asked.text = "\n".join(_source(call, file) for file in files)
    elif rest:
        asked.text = _bytes(rest.pop(0))
    asked.args = rest
    return asked


def _take(letter: str, value: str, asked: _Asked, files: list[str]) -> None:
    """One option with its argument."""
    if letter == "F":
        asked.assigned.append(("FS", unescaped(_bytes(value))))
    elif letter == "f":
        files.append(value)
    elif letter == "W":
        asked.version = asked.version or "version".startswith(value.lower())
    elif pair := assignment(_bytes(value)):
        asked.assigned.append(pair)
    else:
        raise MistakeError(f"improper assignment: -v {value}")


def _bytes(text: str) -> str:
    """A word as the bytes that it is made of."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _source(call: Call, name: str) -> str:
    """The text of a program in a file."""
    if name in _STDIN:
        return call.stdin.decode("latin-1")
    try:
        with call.acting():
            return call.machine.files.read(call.path(name)).decode("latin-1")
    except OSError as err:
        shown = f'"{name}"' if _dialect(call.machine).intervals else name
        raise MistakeError(f"cannot open {shown} ({err.strerror})") from err


@dataclass(frozen=True, slots=True)
class _Run:
    """One run, in a thread of its own."""

    call: Call
    name: str
    dialect: Dialect
    asked: _Asked
    streams: Streams
    desk: Desk

    def status(self) -> int:
        """The exit status, when everything is said."""
        runtime: Runtime | None = None
        try:
            program = self._parsed()
            args, call = [self.name, *self.asked.args], self.call
            runtime = Runtime(program, self.dialect, self.streams, self.desk, args, call.env, call.machine.clock)
            for pair in self.asked.assigned:
                runtime.assign(*pair)
            status = Play(program, runtime).run()
            self.streams.finish()
        except MistakeError as err:
            where = f"{self.name}: {self.asked.file}: " if self.asked.file else f"{self.name}: "
            words = err.words.replace("\n@", f"\n{where}")
            self.streams.flush()
            self.streams.complain(f"{where}line {err.line}: {words}\n" if err.line else f"{self.name}: {words}\n")
            return 2
        except TroubleError as err:
            self.streams.complain(self._trouble(err, runtime))
            self.streams.finish()
            return 2
        except EndlessError:
            return _KILLED
        return status

    def _parsed(self) -> Program:
        try:
            return parsed(self.asked.text or "", self.dialect)
        except RecursionError as err:
            raise MistakeError("memory exhausted", 1) from err

    def _trouble(self, err: TroubleError, runtime: Runtime | None) -> str:
        if not err.placed or runtime is None:
            return f"{self.name}: {err.words}\n"
        return f"{self.name}: run time error: {err.words}\n{runtime.place()}"
