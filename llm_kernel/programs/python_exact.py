"""``python3`` where its program can be computed: run in the sandbox on a copy of the files, then shown and applied.

Whatever the sandbox is not sure of is thrown away, and the program is the model's from its first line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.pip_site import environment_of
from llm_kernel.programs.exact.python import own_version
from llm_kernel.programs.python_commands import Commands
from llm_kernel.programs.python_facts import facts, known, lacking
from llm_kernel.programs.python_line import Line
from llm_kernel.programs.python_modules import MODULES
from llm_kernel.programs.python_talk import Exchange, Talk, banner
from llm_kernel.programs.python_unittest import tests_program
from llm_kernel.programs.table import NotExact
from llm_kernel.programs.tensorflow_module import device_sources
from llm_kernel.programs.torch_module import torch_sources
from llm_kernel.provenance import Answer
from llm_kernel.python import Disk, Interpreter, Limits, Outcome, Piece, Place, Sandbox, Script, Unsure, refused
from llm_kernel.python.beside import own_paths
from llm_kernel.python.warned import warned
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.lead import TTY

__all__ = ["Kept", "Python"]

_SMALL = 0.03
"""Seconds that an interpreter takes to start and end."""

_BASE = re.compile(r"python[\d.]*")
_SHEBANG = re.compile(r"#!\s*\S*(/env\s+python|/python)[\d.]*\s*$")
_READS = re.compile(r"\b(input|stdin)\b")


class Kept:
    """A program's streams, whose input was read and can be read once more; ``talked``: what was already typed there."""

    def __init__(self, streams: Io, data: bytes) -> None:
        self._streams = streams
        self._data = data
        self.talked: tuple[Exchange, ...] = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._streams, name)

    async def read(self) -> bytes:
        """All of standard input."""
        return self._data


class Python:
    """Runs Python programs of a machine."""

    def __init__(self, machine: Machine, *, limits: Limits = Limits()) -> None:
        self._machine = machine
        self._sandbox = Sandbox(limits)
        self._interpreter = Interpreter(limits)

    async def close(self) -> None:
        """End what computes them."""
        await self._sandbox.close()

    async def run(self, call: Call, streams: Io, record: Answer) -> tuple[int | None, Io]:
        """The exit status, or None and the streams with which the model has to begin."""
        line = Line.of(call.args)
        if line.wrong and _BASE.fullmatch(posixpath.basename(call.name)):
            return await self._complain(call, line, streams, record)
        args = line.program
        if (args[:1] == ("-m",) and args[1:2] != ("unittest",)) or args == ("-c", "import this"):
            return await self._module(call, args, streams, record)
        try:
            started = _Start.of(call)
        except NotExact:
            return None, streams
        data = b""
        if started.from_input or _READS.search(started.source(call)):
            data = await streams.read()
            streams = cast(Io, Kept(streams, data))
            if started.from_input and not args and not data:
                return await self._alone(call, started, streams, record)
            if not data and not started.from_input and streams.listens:
                record.note = "not computed: it asks the person at the terminal"
                return None, streams
        try:
            outcome = await self._compute(call, started, data)
        except Unsure as err:
            record.note = f"not computed: {err}"
            return None, streams
        record.by, record.note = "exact", "computed by running it in a sandbox on the machine's files"
        record.files = sorted(set(outcome.disk.read))
        await self._show(outcome, streams)
        return outcome.status, streams

    async def _complain(self, call: Call, line: Line, streams: Io, record: Answer) -> tuple[int | None, Io]:
        """What is said of options that there are not."""
        try:
            said = line.complaint(call.name, _version(call))
        except NotExact:
            return None, streams
        record.by = "exact"
        await streams.err(said)
        return 2, streams

    async def _alone(self, call: Call, started: _Start, streams: Io, record: Answer) -> tuple[int | None, Io]:
        """Python with nothing to run: it ends at end of file, and talks with a person who types."""
        record.by = "exact"
        if not streams.listens or "0" not in call.env.get(TTY, "0"):
            return 0, streams
        call = replace(call, env={name: value for name, value in call.env.items() if name != TTY})
        seed = self._seed()

        async def compute(source: str) -> Outcome:
            return await self._compute(call, started, source.encode(), seed)

        async def show(pieces: Sequence[Piece]) -> None:
            await _shown(pieces, streams)
            await streams.strand.sleep(_SMALL)

        talk = Talk(started.version, streams, compute, show)
        if "q" not in Line.of(call.args).letters:
            await streams.err(banner(call, own_version(call)))
        try:
            status = await talk.run()
        finally:
            if talk.outcome is not None:
                talk.outcome.disk.commit()
        record.note = "computed line by line on the machine's files" if status is not None else "not computed further"
        if status is None:
            cast(Kept, streams).talked = tuple(talk.past)
        return status, streams

    async def _module(self, call: Call, args: tuple[str, ...], streams: Io, record: Answer) -> tuple[int | None, Io]:
        """``-m NAME``, for the few modules that are answered."""
        name = args[1] if args[0] == "-m" and len(args) > 1 else "this"
        if name not in MODULES:
            return None, streams
        data = b"" if name == "this" else await streams.read()
        streams = cast(Io, Kept(streams, data))
        try:
            answer = MODULES[name](call, args[2:], _version(call), data)
        except NotExact:
            return None, streams
        record.by = "exact"
        await streams.out(answer.stdout)
        await streams.err(answer.stderr)
        return answer.status, streams

    def _seed(self) -> str:
        return f"{self._machine.seed}/{self._machine.clock.now}"

    async def _compute(self, call: Call, started: _Start, data: bytes, seed: str = "") -> Outcome:
        try:
            text = data.decode("utf-8")
            source = text if started.from_input else started.source(call)
        except UnicodeDecodeError as err:
            raise Unsure("input that is not text") from err
        if not source.strip() and started.path:
            raise Unsure("nothing to run")
        script = started.script(call, source)
        stdin = "" if started.from_input else text
        if said := refused(script):
            return Outcome((("stderr", said),), 1, Disk(self._machine, call.cwd))
        told = warned(script)
        if told and seed:
            raise Unsure("a warning of the compiler within a talk")
        outcome = await self._carried_out(call, script, stdin, seed or self._seed())
        return replace(outcome, pieces=(("stderr", told), *outcome.pieces)) if told else outcome

    async def _carried_out(self, call: Call, script: Script, stdin: str, seed: str) -> Outcome:
        """What a program does that is Python."""
        tree = script.parsed()
        try:
            known = facts(call, tree, script.folders)
            return await self._sandbox.run(script, tree, Disk(self._machine, call.cwd), stdin, seed, known)
        except Unsure as err:
            try:
                disk = Disk(self._machine, call.cwd)
                return await self._interpreter.run(script, tree, disk, stdin, seed, _place(call))
            except Unsure as other:
                raise (err if str(other).startswith("module: ") else other) from other

    async def _show(self, outcome: Outcome, streams: Io) -> None:
        try:
            await _shown(outcome.pieces, streams)
        finally:
            outcome.disk.commit()
        await streams.strand.sleep(_SMALL)


async def _shown(pieces: Sequence[Piece], streams: Io) -> None:
    for piece in pieces:
        match piece:
            case float(seconds):
                await streams.strand.sleep(seconds)
            case ("stdout", text):
                await streams.out(text)
            case (_, text):
                await streams.err(text)


def _place(call: Call) -> Place:
    """What a program can ask of the machine that runs it."""
    clock = call.machine.clock
    offset = clock.local.utcoffset() or timedelta()
    home, lacks = call.env.get("HOME", "/root"), partial(lacking, call)
    version = tuple(int(part) for part in own_version(_interpreting(call)).split(".")[:3])
    facts_of = known(call)
    made = torch_sources(call) | device_sources(call)
    return Place(
        clock.now,
        offset.total_seconds(),
        {name: value for name, value in call.env.items() if name != TTY},
        home,
        library=_library(call, version),
        lacks=lacks,
        facts=facts_of,
        version=version,
        made=made,
        commands=Commands(call),
    )


def _library(call: Call, version: tuple[int, ...]) -> str:
    """The folder of the library of the system's Python; empty for another's."""
    if environment_of(_interpreting(call)) is not None:
        return ""
    folder = "/usr/lib" if call.machine.system.profile.like == "debian" else "/usr/lib64"
    return f"{folder}/python{version[0]}.{version[1]}"


def _interpreting(call: Call) -> Call:
    """The call of the interpreter: a script that is run by its own name has the machine's."""
    base = posixpath.basename(call.name)
    return call if _BASE.fullmatch(base) else Call("python3", (), call.machine)


@dataclass(frozen=True, slots=True)
class _Start:
    """How Python was started: from a file (``path``), an argument (``text``) or its input."""

    version: tuple[int, int]
    argv: tuple[str, ...]
    path: str = ""
    text: str = ""
    from_input: bool = False
    line: Line = field(default_factory=Line)

    @classmethod
    def of(cls, call: Call) -> _Start:
        """Raises NotExact for a form that is not known here."""
        base = posixpath.basename(call.name)
        if not _BASE.fullmatch(base):
            if "/" not in call.name or not _SHEBANG.match(_head(call)):
                raise NotExact
            return cls(_version(Call("python3", (), call.machine)), (call.name, *call.args), call.path(call.name))
        version, line = _version(call), Line.of(call.args)
        if not line.plain:
            raise NotExact
        match line.program:
            case ["-c", text, *args]:
                return cls(version, ("-c", *args), text=text, line=line)
            case ["-m", "unittest", *args]:
                return cls(version, ("python3 -m unittest",), text=tests_program(call, args), line=line)
            case ["-m", *_]:
                raise NotExact
            case ["-", *args]:
                return cls(version, ("-", *args), from_input=True, line=line)
            case []:
                return cls(version, ("",), from_input=True, line=line)
            case [script, *args]:
                return cls(version, (script, *args), call.path(script), line=line)
        raise NotExact

    def script(self, call: Call, source: str) -> Script:
        """The program of this text."""
        folder = () if self.line.alone else (posixpath.dirname(self.path) or call.cwd,)
        folders = (*folder, *own_paths(self.line.heeded(call.env), call.cwd))
        optimized = self.line.optimized(call.env)
        return Script(source, self.shown(), self.argv, self.version, self.path, folders, optimized)

    def source(self, call: Call) -> str:
        """The program's text; empty where it is read from the input."""
        if not self.path:
            return self.text
        files = call.machine.files
        try:
            if files.is_sized(self.path):
                return ""
            return files.read(self.path).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def shown(self) -> str:
        """The program's name in tracebacks: a file's is absolute from Python 3.9 on."""
        if self.from_input:
            return "<stdin>"
        if not self.path:
            return "<string>"
        return self.path if self.version >= (3, 9) else self.argv[0]


def _head(call: Call) -> str:
    """The first line of the file that a call names; empty where there is none with bytes."""
    files, path = call.machine.files, call.path(call.name)
    try:
        data = b"" if files.is_sized(path) else files.read(path)
    except OSError:
        return ""
    return data[:200].partition(b"\n")[0].decode("utf-8", "replace")


def _version(call: Call) -> tuple[int, int]:
    major, minor, *_ = own_version(call).split(".")
    if major != "3" or int(minor) < 6:
        raise NotExact
    return 3, int(minor)
