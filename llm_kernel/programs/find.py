"""Who answers a program call: code where it can, the model where the program exists, else ``command not found``.

This is decided here, by code, from the machine: never by the model.
"""

from __future__ import annotations

import asyncio
import posixpath
import re
import shlex
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Literal

from llm_kernel.errors import CellOver, ImaginedMachineError, Refused
from llm_kernel.journal import Entry, Journal
from llm_kernel.machine import Machine
from llm_kernel.machine.process_facts import resident
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import ENDS
from llm_kernel.programs import compiled
from llm_kernel.programs.answer import answer, row_of
from llm_kernel.programs.emulated import Emulator
from llm_kernel.programs.exact.lookup import DEFAULT_PATH, hidden, not_found, which
from llm_kernel.programs.imagining import Imagination
from llm_kernel.programs.native import native
from llm_kernel.programs.python_exact import Python
from llm_kernel.programs.remembered import Remembered, look, written
from llm_kernel.programs.table import EXACT, NotExact, Unwritten
from llm_kernel.prompt import told_facts
from llm_kernel.provenance import Answer
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.words import BUILTINS, LOCAL, TOOLS
from llm_kernel.strand import Strand

__all__ = ["FULL_SCREEN", "Programs"]

FULL_SCREEN = frozenset(
    """vim vi nvim nano emacs pico less more most htop btop atop top nvtop visudo vipw vigr mc tmux screen watch mutt
    lynx w3m""".split()
)
"""Programs that draw on a terminal, which a notebook is not."""

_SYSTEM = frozenset(["/usr/sbin", "/usr/bin", "/sbin", "/bin"])
"""Folders of the system's own programs."""

_EXECS = frozenset(["nohup", "nice", "setsid", "taskset", "chrt", "ionice"])

_ADVICE = {
    "top": "top -bn1",
    "htop": "top -bn1",
    "btop": "top -bn1",
    "atop": "top -bn1",
    "nvtop": "nvidia-smi",
    "watch": "the command itself, or a loop with sleep",
    "less": "cat, head or tail",
    "more": "cat, head or tail",
    "most": "cat, head or tail",
    "tmux": "& behind a command, and jobs, to let it go on",
    "screen": "& behind a command, and jobs, to let it go on",
}


class Programs:
    """Answers every program call of one login shell, and keeps a record of each in ``records``.

    ``stop`` ends the whole cell when the model fails; the fault is then in ``fault``. ``script`` runs a shell script
    file in a shell of its own, ``python`` computes Python programs. ``ask_all``: the setting ``unknown = "ask"``.
    """

    def __init__(
        self,
        machine: Machine,
        emulator: Emulator,
        *,
        stop: Callable[[int], Awaitable[None]],
        script: Callable[[Call, Io, str], Awaitable[int]],
        python: Python | None = None,
        front: Strand,
        journal: Journal | None = None,
        ask_all: bool = False,
    ) -> None:
        self._machine = machine
        self._emulator = emulator
        self._stop = stop
        self._script = script
        self._python = python
        self._front = front
        self._journal = journal or Journal()
        self.imagination = Imagination(
            machine,
            emulator.backend,
            lambda: self.records,
            tokens=emulator.options.tokens,
            seed=emulator.options.seed,
        )
        self.text = ""
        self.ask_all = ask_all
        self.records: list[Answer] = []
        self.fault: ImaginedMachineError | None = None

    async def __call__(self, call: Call, streams: Io) -> int:
        """Run one call; the socket that the shell plugs programs into."""
        record = Answer(shlex.join((call.name, *call.args)), "exact")
        self.records.append(record)
        try:
            record.status = await self._run(call, streams, record)
        except Refused as err:
            await streams.err(f"{call.name}: {err}\n")
            record.status = 1
        except CellOver as err:
            await streams.err(f"bash: ended: {err}\n")
            await self._stop(124)
            record.status = 124
        except ImaginedMachineError as err:
            record.fail(err)
            if streams.strand is not self._front:  # a job dies by itself; the cell that runs now has no part in it
                await streams.err(f"{call.name}: {err}\nKilled\n")
                record.status = 137
            else:
                self.fault = err
                await self._stop(1)
                record.status = 1
        return record.status

    async def _run(self, call: Call, streams: Io, record: Answer) -> int:
        said, ready = await self.imagination.for_call(call, streams.strand)
        if not ready:
            await streams.err(f"{call.name}: {said}")
            return 1
        status = await self.imagination.settled(
            lambda: self._answer(call, streams, record),
            streams.strand,
            lambda text: streams.err(f"{call.name}: {text}"),
        )
        name = posixpath.basename(call.name)
        leaves = name in ("wget", "curl") or (name == "git" and "clone" in call.args) or record.by != "exact"
        if not status and leaves:
            return await self._foresee(call, streams)
        return status

    async def _manual(self, call: Call, streams: Io, record: Answer) -> int:
        """``man PAGE``: imagined once, and the same page from then on."""
        page = " ".join(call.args)
        name = call.args[-1]
        known = self._machine.packages.provider(name) is not None or name in EXACT or name in BUILTINS | TOOLS
        if not known:
            section = f" in section {call.args[0]}" if len(call.args) == 2 else ""
            await streams.err(f"No manual entry for {name}{section}\n")
            return 16
        text, wrong = await self.imagination.manual(page, streams.strand)
        record.note = "imagined once; this is the page from then on"
        await (streams.err(wrong) if wrong else streams.out(text))
        return int(bool(wrong))

    async def _foresee(self, call: Call, streams: Io) -> int:
        """Imagine what the rest of the cell reads of files that have just come."""
        said, ready = await self.imagination.foresee(self.text, call.cwd, streams.strand)
        if said:
            await streams.err(said)
        if not ready:
            await self._stop(1)
        return int(not ready)

    async def _answer(self, call: Call, streams: Io, record: Answer) -> int:
        base = posixpath.basename(call.name)
        if base == "man" and re.fullmatch(r"(?:[1-8] )?[\w.+-]+", " ".join(call.args)) and call.args[-1][0] != "-":
            return await self._manual(call, streams, record)
        if "/" not in call.name and call.name not in LOCAL:
            folders = call.env.get("PATH", DEFAULT_PATH).split(":")
            if path := self._on_path(call, takewhile(lambda folder: folder not in _SYSTEM, folders)):
                return await self._script(call, streams, path)
            if _SYSTEM.isdisjoint(folders) and (places := self._hidden(call, folders)):
                return await self._missing(call, streams, record, hidden(self._machine, call.name, places))
        row = row_of(call)
        if row is not None:
            try:
                if row.live and base in _EXECS:  # the command takes the process over
                    return await answer(call, streams)
                if row.live:
                    return await self._as_process(
                        call, streams, lambda process: answer(replace(call, pid=process.pid), streams)
                    )
                return await answer(call, streams)
            except Unwritten:
                raise
            except NotExact:
                pass
        elif "/" in call.name and not self._is_program_path(call):
            return await self._file(call, streams, record)
        elif not self._exists(base) and not self._in_environment(call, base):
            if path := self._on_path(call, call.env.get("PATH", "").split(":")):
                return await self._script(call, streams, path)
            return await self._missing(call, streams, record, not_found(self._machine, base))
        if base in FULL_SCREEN and not _batch(call):
            instead = _ADVICE.get(base, "cat to read a file, %%writefile or sed -i to change one")
            await streams.err(f"{base}: this terminal has no screen to draw on; use {instead}\n")
            return 1
        return await self._play(call, streams, record)

    async def _play(self, call: Call, streams: Io, record: Answer) -> int:
        """Run what no row of the table answers: Python that can be computed is, the rest is the model's."""
        return await self._as_process(call, streams, lambda process: self._work(call, streams, record, process))

    async def _work(self, call: Call, streams: Io, record: Answer, process: Process) -> int:
        heard, before = Remembered(streams), look(self._machine, call.cwd)
        streams = heard
        status: int | None = None
        try:
            if self._python is not None and process.pid not in self._emulator.resuming:
                status, streams = await self._python.run(replace(call, pid=process.pid), streams, record)
            if status is None and self._emulator.options.plans and process.pid not in self._emulator.resuming:
                status, streams = await native(replace(call, pid=process.pid), streams, record)
            if status is None:
                record.by, record.facts = "model", told_facts(self._machine)
                command = shlex.join((call.name, *call.args))
                status = await self._emulator.run(call, streams, record, process, command=command)
                status = compiled.settle(call, heard.said, status)
            return status
        finally:
            self._keep(call, record, heard.said, status, written(before, look(self._machine, call.cwd)))

    def _keep(self, call: Call, record: Answer, said: str, status: int | None, wrote: tuple[str, ...]) -> None:
        """Let the journal know what a program said and left, also where it was stopped."""
        if status is None and not (said or wrote):
            return
        by: Literal["model", "exact"] = "exact" if record.by == "exact" else "model"
        command = shlex.join((call.name, *call.args))
        reads = tuple(path for path in record.files if path not in wrote)
        self._journal.add(Entry(command, said, 130 if status is None else status, (), False, by, reads, wrote))

    async def _as_process(self, call: Call, streams: Io, work: Callable[[Process], Awaitable[int]]) -> int:
        """Run ``work`` as a process of its own, which signals reach; in a job made for it alone, as the job's."""
        processes = self._machine.processes
        own = streams.adopted
        if own is not None:
            own.command = (call.name, *call.args)
            return await work(own)
        process = processes.spawn(
            (call.name, *call.args),
            user=self._machine.system.user,
            ppid=streams.parent,
            now=self._machine.clock.now,
            cwd=call.cwd,
        )
        process.nice = streams.strand.nice or process.nice
        process.rss = resident(call.name)
        task = asyncio.ensure_future(work(process))
        ended: list[int] = []

        def signalled(number: int) -> None:
            if number in ENDS:
                ended.append(number)
                streams.strand.killed = True
                processes.end(process.pid)
                task.cancel()

        processes.handlers[process.pid] = signalled
        try:
            return await task
        except asyncio.CancelledError:
            if not ended:
                raise
            return 128 + ended[0]
        finally:
            task.cancel()
            processes.handlers.pop(process.pid, None)
            processes.end(process.pid)

    def _exists(self, name: str) -> bool:
        if self.ask_all or self._machine.packages.provider(name) is not None:
            return True
        return any(name in fact.replace(",", " ").replace(".", " ").split() for fact in self._machine.facts)

    async def _missing(self, call: Call, streams: Io, record: Answer, said: str) -> int:
        """Say that there is no such program; ``said`` is what the login shell says."""
        record.by = "unknown"
        await streams.err(f"{call.at}\n" if call.at else said)
        return 127

    def _hidden(self, call: Call, folders: Sequence[str]) -> list[str]:
        """Where the system has a program that stands in none of the ``folders``."""
        if which(self._machine, call.name, ":".join(folders), call.cwd):
            return []
        return which(self._machine, call.name, DEFAULT_PATH, call.cwd)

    def _on_path(self, call: Call, folders: Iterable[str]) -> str:
        """A script of the user's in one of the ``folders``."""
        files = self._machine.files
        for folder in folders:
            path = call.path(posixpath.join(folder or ".", call.name))
            if files.exists(path) and not files.is_sized(path) and not files.is_dir(path):
                first = files.read(path)[:200].partition(b"\n")[0].decode("utf-8", "replace")
                if files.stat(path).mode & 0o111 and (not first.startswith("#!") or _is_shell(first)):
                    return path
        return ""

    def _in_environment(self, call: Call, name: str) -> bool:
        """Whether ``PATH`` leads to an environment that has this program."""
        packages = self._machine.packages
        return any(packages.provider_at(folder, name) for folder in call.env.get("PATH", "").split(":"))

    def _is_program_path(self, call: Call) -> bool:
        """Whether a word with a slash is a program of the system, such as ``/usr/bin/git``."""
        folder, base = posixpath.split(call.name)
        if not folder.startswith("/") or not self._exists(base):
            return False
        return self._machine.files.exists(call.name) and self._machine.files.is_sized(call.name)

    async def _file(self, call: Call, streams: Io, record: Answer) -> int:
        """Run a file of the user's: a shell script here, another language's by the model."""
        path, files = call.path(call.name), self._machine.files
        try:
            stat = files.stat(path)
        except OSError:
            await streams.err((call.at or f"bash: {call.name}: No such file or directory") + "\n")
            return 127
        if stat.kind == "directory":
            await streams.err(f"bash: {call.name}: Is a directory\n")
            return 126
        if not stat.mode & 0o111:
            await streams.err(f"bash: {call.name}: Permission denied\n")
            return 126
        data = b"" if files.is_sized(path) else files.read(path)
        first = data[:200].partition(b"\n")[0].decode("utf-8", "replace")
        if data and b"\0" not in data[:1000] and (not first.startswith("#!") or _is_shell(first)):
            return await self._script(call, streams, path)
        if first.startswith("#!"):
            interpreter = first[2:].split()
            name = posixpath.basename(interpreter[-1] if "env" in first else interpreter[0])
            if not self._exists(name):
                await streams.err(
                    f"bash: {call.name}: {first[2:].strip()}: bad interpreter: No such file or directory\n"
                )
                return 126
        return await self._play(call, streams, record)


def _is_shell(shebang: str) -> bool:
    return posixpath.basename(shebang.split()[-1] if "env" in shebang else shebang[2:].split()[0]) in (
        "sh",
        "bash",
        "dash",
    )


def _batch(call: Call) -> bool:
    """Whether a full-screen program is asked for what needs no screen: its version, its help, ``top -b``."""
    return any(arg in ("--version", "-V", "--help", "-h", "-v") or arg.startswith("-b") for arg in call.args)
