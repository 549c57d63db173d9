"""Job control: the background commands of one shell, each in a shell of its own that has its own thread of time.

What a job writes to the terminal is shown in the cell that started it or waits for it; otherwise it is held until a
cell notices that the job is over. The wording is bash's.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.machine.signals import ENDS, name_of, number_of, said_of
from llm_kernel.shell.background import JOB, LAST, Order, copies
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.order import Sink
from llm_kernel.timeline import Strand, Timeline

__all__ = ["WORDS", "Fork", "Job", "Jobs", "Screen"]

WORDS = frozenset(["jobs", "fg", "bg", "wait", "disown", "kill", "suspend", JOB, LAST])
"""The builtins of job control, and our words for what a script starts in the background."""

_FORK = 0.001
"""Seconds that a child needs to begin."""

_CROWD = 2
"""Children that begin at one time before each slows the others down."""

_GENERATIONS = 6
"""Jobs of jobs of jobs before a family that grows without end slows itself down."""

_THRASHING = 1000
"""How much longer such a child needs to begin; twice that for each further generation."""

_PAUSES = (1, 2, 4, 8)
"""Seconds that bash waits between its tries to fork, where there are too many processes."""

_HELD = 1_000_000
"""Characters that a job may have written to the terminal while nobody looks."""


class Screen(Protocol):
    """Where a shell's terminal output goes while a cell runs."""

    async def out(self, data: bytes) -> None: ...

    async def err(self, data: bytes) -> None: ...


class Forked(Protocol):
    """A child shell, which may have jobs of its own."""

    @property
    def jobs(self) -> Jobs: ...

    async def run(self, script: str, out: Sink, err: Sink) -> int: ...


Fork: TypeAlias = Callable[[Order, Call, Process, Strand], Awaitable[Forked]]
"""Makes the shell of a job, with the state that the call carries."""


@dataclass(slots=True, eq=False)
class Job:
    """One background command; ``call`` holds what fork() gave it, ``names`` the files that its streams go to."""

    number: int
    order: Order
    process: Process
    strand: Strand
    call: Call
    names: tuple[str, ...] = ()
    task: asyncio.Task[None] | None = None
    state: str = "Running"
    status: int = 0
    signal: int = 0
    live: bool = True
    waited: int = 0
    told: bool = False
    held: list[tuple[bool, bytes]] = field(default_factory=list)
    size: int = 0

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state not in ("Running", "Stopped")

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid


class Jobs:
    """The job table of one shell. ``loud``: a person sits at it, so it says when a job begins and ends.

    ``home`` is the table of the shell that this one runs inside; ``landed`` waits for what was written before.
    """

    def __init__(
        self,
        machine: Machine,
        timeline: Timeline,
        fork: Fork,
        *,
        loud: bool,
        most: int,
        landed: Callable[[], Awaitable[None]],
        home: Jobs | None = None,
    ) -> None:
        self._machine = machine
        self._timeline = timeline
        self._fork = fork
        self._loud = loud
        self._most = most
        self._landed = landed
        self._home = home
        self._inner: list[Jobs] = []
        if home is not None:
            home._inner.append(self)
        self.screen: Screen | None = None
        self.table: list[Job] = []
        self.orphans: list[Job] = []
        self.statuses: dict[int, int] = {}
        self.last = 0

    # -- beginning and ending -----------------------------------------------------------------------------------

    async def start(self, order: Order, call: Call, names: list[str], parent: int, strand: Strand) -> str:
        """Begin a job that writes to the files ``names``; what is said of it on standard error."""
        machine = self._machine
        words = order.words if order.simple else (machine.processes.table[machine.processes.shell].command[0],)
        process = machine.processes.spawn(
            words, user=machine.system.user, ppid=parent, now=machine.clock.now, cwd=call.cwd
        )
        process.background = True
        process.files = tuple(call.path(name) for name in names) or tuple(map(call.path, order.files))
        process.nice = strand.nice or process.nice
        own = self._timeline.strand()
        own.generation, own.nice = strand.generation + 1, process.nice
        number = max((job.number for job in self.table), default=0) + 1
        job = Job(number, order, process, own, call, tuple(names))
        self.table.append(job)
        self.last = job.pid
        own.newborn = True
        self._opened(job)
        try:
            sinks: tuple[Sink, Sink] | OSError = self._sinks(job, call, names)
        except OSError as error:
            sinks = error
        job.task = asyncio.create_task(self._live(job, sinks))
        return f"[{number}] {job.pid}\n" if self._loud else ""

    def _opened(self, job: Job) -> None:
        """Time waits for a job from now on, and signals reach it."""
        self._machine.processes.handlers[job.pid] = lambda signal: self._signalled(job, signal)
        job.strand.open()
        job.strand.ender = lambda: self._killed(job)

    def go_on(self, job: Job, body: str) -> None:
        """Take a job up again where another kernel left it; ``body`` is what is left to run of it."""
        self._opened(job)
        job.strand.nice = job.process.nice
        try:
            sinks: tuple[Sink, Sink] | OSError = self._sinks(job, job.call, list(job.names), anew=False)
        except OSError as error:
            sinks = error
        job.task = asyncio.create_task(self._live(job, sinks, body))
        if job.state == "Stopped":
            job.strand.freeze()

    async def _room(self, io: Io, strand: Strand) -> bool:
        """Whether another process fits; as long as none does, bash waits longer and longer, and then gives up."""
        for pause in _PAUSES:
            if len(self._timeline.strands) <= self._most:
                return True
            await io.err("bash: fork: retry: Resource temporarily unavailable\n")
            await strand.sleep(pause)
        return len(self._timeline.strands) <= self._most

    def _killed(self, job: Job) -> asyncio.Task[None] | None:
        self._signalled(job, 9)
        return job.task

    async def _live(self, job: Job, sinks: tuple[Sink, Sink] | OSError, body: str = "") -> None:
        try:
            if job.strand.newborn:
                crowd = sum(one.newborn for one in self._timeline.strands)
                late = job.strand.generation - _GENERATIONS
                slow = _THRASHING * 2 ** min(late, 20) if late >= 0 else 1
                await job.strand.sleep(_FORK * (1 + crowd // _CROWD) * slow)
                job.strand.newborn = False
            shell = await self._fork(job.order, job.call, job.process, job.strand)
            if isinstance(sinks, OSError):
                await self._write(job, True, f"bash: {sinks.filename}: {sinks.strerror}\n".encode())
                job.status = 1
            else:
                shell.jobs.begin(_Into(*sinks))
                job.status = await shell.run(body or job.order.body, *sinks)
        except asyncio.CancelledError:
            job.status = 128 + (job.signal or 1)
        finally:
            self._ended(job)

    def _sinks(self, job: Job, call: Call, names: list[str], *, anew: bool = True) -> tuple[Sink, Sink]:
        """Where a job's two streams go: to the terminal, or to files, which are written as the bytes come.

        ``anew``: its files are opened as it says; else they are written on.

        Raises:
            OSError: for a file that cannot be opened.
        """
        sinks: dict[int, Sink] = {
            1: lambda data: self._write(job, False, data),
            2: lambda data: self._write(job, True, data),
        }
        for descriptor, operator, destination in job.order.routes:
            if copies(operator, destination):
                sinks[descriptor] = sinks.get(int(destination), sinks[1])
                continue
            name = names.pop(0)
            to = self._file(call.path(name), name, append=operator.endswith(">>") or not anew)
            for one in (1, 2) if operator.startswith("&") or operator == ">&" else (descriptor,):
                sinks[one] = to
        return sinks[1], sinks[2]

    def _file(self, path: str, name: str, *, append: bool) -> Sink:
        files = self._machine.files
        if path == "/dev/null":
            return _drop
        try:
            if not append or not files.exists(path):
                files.write(path, b"") if files.is_dir(posixpath.dirname(path)) else files.stat(path)
        except OSError as error:
            raise OSError(error.errno, error.strerror or "No such file or directory", name) from error

        async def write(data: bytes) -> None:
            files.append(path, data)

        return write

    def _ended(self, job: Job) -> None:
        if job.over:
            return
        signal = job.signal or (job.status - 128 if job.status - 128 in ENDS else 0)
        job.state = said_of(signal) if signal else f"Exit {job.status}" if job.status else "Done"
        self._machine.processes.handlers.pop(job.pid, None)
        self._machine.processes.end(job.pid)
        self.statuses[job.pid] = job.status
        job.strand.close()
        self._timeline.announce()

    def _signalled(self, job: Job, signal: int) -> None:
        if job.over:
            return
        if signal in ENDS and not (signal == 1 and job.order.words[:1] == ("nohup",)):
            for child in self._descendants(job.pid):
                self._machine.processes.signal(child, signal)
            job.signal, job.status = signal, 128 + signal
            job.strand.killed = True
            self._ended(job)
            if job.task is not None:
                job.task.cancel()
        elif signal in (19, 20, 21, 22):
            job.strand.freeze()
            job.state, job.process.state, job.told = "Stopped", "T", False
            self._timeline.announce()
        elif signal == 18 and job.state == "Stopped":
            job.strand.thaw()
            job.state, job.process.state = "Running", "S"
            self._timeline.announce()

    def _descendants(self, pid: int) -> list[int]:
        """The processes that one has started, and theirs: the signal of a terminal reaches them all."""
        own = [one.pid for one in self._machine.processes.running() if one.ppid == pid]
        return [*own, *(below for one in own for below in self._descendants(one))]

    async def end(self) -> None:
        """End every job, those of other shells of this machine too, for the machine goes."""
        while enders := [one.ender for one in self._timeline.strands if one.ender is not None]:
            tasks = [ender() for ender in enders]
            await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        self.table.clear()
        self.orphans.clear()

    # -- the terminal -------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a job lives, or one that has ended was not yet noticed."""
        return bool(self.table or self.orphans)

    @property
    def _terminal(self) -> Screen | None:
        return self.screen or (self._home._terminal if self._home is not None else None)

    async def _write(self, job: Job, error: bool, data: bytes) -> None:
        if job.over or not data:
            return
        if self._terminal is not None and (job.live or job.waited):
            await self._show(error, data)
        elif job.size < _HELD:
            job.size += len(data)
            job.held.append((error, data))
            if job.size >= _HELD:
                job.held.append((True, b"\n[what follows was not kept: nobody looked at this job]\n"))

    async def _show(self, error: bool, data: bytes) -> None:
        if (screen := self._terminal) is not None:
            await (screen.err if error else screen.out)(data)

    async def _release(self, job: Job) -> None:
        held, job.held = job.held, []
        for error, data in held:
            await self._show(error, data)

    async def notice(self) -> None:
        """Show what the ended jobs had still to say, and that they are over; then forget them."""
        if self._terminal is None:
            return
        for table in [self, *self._inner]:
            for job in [*table.orphans, *(table.table if table is not self else [])]:
                if job.over:
                    await self._landed()
                    await table._release(job)
                    table._drop(job)
        over = [job for job in self.table if job.over]
        stopped = [job for job in self.table if job.state == "Stopped" and not job.told]
        if not over and not stopped:
            return
        await self._landed()
        marks = self._marks()
        for job in over:
            await self._release(job)
            if self._loud:
                await self._show(True, f"{_line(job, marks)}\n".encode())
            self._drop(job)
        for job in stopped:
            job.told = True
            if self._loud:
                await self._show(True, f"{_line(job, marks)}\n".encode())

    def begin(self, screen: Screen) -> None:
        """A cell begins: what was started in an earlier one is held back from it."""
        self.screen = screen
        for table in [self, *self._inner]:
            for job in [*table.table, *table.orphans]:
                job.live = False

    def leave(self) -> None:
        """The cell is over."""
        self.screen = None

    # -- the builtins -------------------------------------------------------------------------------------------

    async def answer(self, call: Call, io: Io, strand: Strand, orders: dict[int, Order], pid: int) -> int:
        """Carry out one word of job control."""
        match call.name:
            case name if name == JOB:
                return await self._begin(call, io, strand, orders, pid)
            case name if name == LAST:
                await io.out(f"{self.last}\n" if self.last else "")
                return 0
            case "jobs":
                return await self._list(call, io)
            case "wait":
                return await self._wait(call, io, strand)
            case "fg":
                return await self._foreground(call, io, strand)
            case "bg":
                return await self._background(call, io)
            case "disown":
                return await self._disown(call, io)
            case "kill":
                return await self._kill(call, io)
        await io.err(f"bash: {call.name}: cannot suspend a login shell\n")
        return 1

    async def _begin(self, call: Call, io: Io, strand: Strand, orders: dict[int, Order], pid: int) -> int:
        order = orders.get(int(call.args[0]))
        if order is None:
            return 0
        if not await self._room(io, strand):
            await io.err("bash: fork: Resource temporarily unavailable\n")
            return 254
        state, options, count, *words = call.args[1:]
        names, words = words[: int(count)], words[int(count) :]
        child = replace(call, args=(state, options, *words))
        await io.err(await self.start(order, child, names, pid, strand))
        return 0

    async def _list(self, call: Call, io: Io) -> int:
        flags = {letter for arg in call.args if arg.startswith("-") for letter in arg[1:]}
        wrong = flags - set("lnprs")
        if wrong:
            text = f"bash: jobs: -{sorted(wrong)[0]}: invalid option\n"
            await io.err(f"{text}jobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]\n")
            return 2
        chosen, status = list(self.table), 0
        names = [arg for arg in call.args if not arg.startswith("-")]
        if names:
            chosen = []
            for name in names:
                job = self._find(name)
                if job is None:
                    await io.err(f"bash: jobs: {name}: no such job\n")
                    status = 1
                else:
                    chosen.append(job)
        marks = self._marks()
        wanted = {state for letter, state in (("r", "Running"), ("s", "Stopped")) if letter in flags}
        for job in [job for job in chosen if not wanted or job.state in wanted]:
            await self._release(job) if job.over else None
            await io.out(f"{job.pid}\n" if "p" in flags else f"{_line(job, marks, long='l' in flags)}\n")
            if job.over:
                self._drop(job)
        return status

    async def _wait(self, call: Call, io: Io, strand: Strand) -> int:
        names = [arg for arg in call.args if not arg.startswith("-")]
        if "-n" in call.args:
            return await self._wait_any(strand)
        if not names:
            for job in list(self.table):
                await self._until_over(job, strand)
            await self.notice()
            return 0
        status = 0
        for name in names:
            status = await self._wait_one(name, io, strand)
        await self.notice()
        return status

    async def _wait_one(self, name: str, io: Io, strand: Strand) -> int:
        job = self._find(name, pids=True)
        if job is not None:
            await self._until_over(job, strand)
            return job.status
        if name.isdigit() and int(name) in self.statuses:
            return self.statuses[int(name)]
        if name.startswith("%"):
            await io.err(f"bash: wait: {name}: no such job\n")
        elif name.isdigit():
            await io.err(f"bash: wait: pid {name} is not a child of this shell\n")
        else:
            await io.err(f"bash: wait: `{name}': not a pid or valid job spec\n")
        return 127

    async def _wait_any(self, strand: Strand) -> int:
        if not self.table:
            return 127
        while not (over := [job for job in self.table if job.over]):
            await strand.listen()
        await self._release(over[0])
        await self.notice()
        return over[0].status

    async def _until_over(self, job: Job, strand: Strand) -> None:
        job.waited += 1
        try:
            await self._release(job)
            while job.state == "Running":
                await strand.listen()
        finally:
            job.waited -= 1

    async def _foreground(self, call: Call, io: Io, strand: Strand) -> int:
        job = self._find(call.args[0] if call.args else "%%")
        if job is None:
            await io.err(f"bash: fg: {call.args[0] if call.args else 'current'}: no such job\n")
            return 1
        await io.out(f"{job.order.text}\n")
        if job.state == "Stopped":
            self._signalled(job, 18)
        try:
            await self._until_over(job, strand)
        except (asyncio.CancelledError, GeneratorExit):
            self._signalled(job, 2)  # ^C reaches the program in the foreground
            self._drop(job)
            raise
        if job.over:
            await self._release(job)
            self._drop(job)
        return job.status

    async def _background(self, call: Call, io: Io) -> int:
        job = self._find(call.args[0] if call.args else "%%")
        if job is None:
            await io.err(f"bash: bg: {call.args[0] if call.args else 'current'}: no such job\n")
            return 1
        if job.state != "Stopped":
            await io.err(f"bash: bg: job {job.number} already in background\n")
            return 0
        mark = self._marks().get(job.number, " ")
        await io.out(f"[{job.number}]{mark} {job.order.text} &\n")
        self._signalled(job, 18)
        return 0

    async def _disown(self, call: Call, io: Io) -> int:
        flags = {letter for arg in call.args if arg.startswith("-") for letter in arg[1:]}
        names = [arg for arg in call.args if not arg.startswith("-")]
        jobs = list(self.table) if "a" in flags else [self._find(name, pids=True) for name in names or ["%%"]]
        for name, job in zip(names or ["current"] * len(jobs), jobs, strict=False):
            if job is None:
                await io.err(f"bash: disown: {name}: no such job\n")
                return 1
        for job in jobs:
            if job is not None and "h" not in flags and job in self.table:
                self.table.remove(job)
                self.orphans.append(job)
        return 0

    async def _kill(self, call: Call, io: Io) -> int:
        args = list(call.args)
        if args[:1] in (["-l"], ["-L"]):
            return await self._signals(args[1:], io)
        signal: int | None = 15
        if args[:1] in (["-s"], ["-n"]) and len(args) > 1:
            word, args = args[1], args[2:]
            signal = number_of(word)
        elif args and args[0].startswith("-") and len(args[0]) > 1 and args[0] != "--":
            word, args = args[0][1:], args[1:]
            signal = number_of(word)
        else:
            word = "TERM"
        if signal is None:
            await io.err(f"bash: kill: {word}: invalid signal specification\n")
            return 1
        args = args[1:] if args[:1] == ["--"] else args
        if not args:
            usage = "kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"
            await io.err(f"kill: usage: {usage}\n")
            return 2
        return max([await self._send(name, signal, io) for name in args])

    async def _send(self, name: str, signal: int, io: Io) -> int:
        if name.startswith("%"):
            job = self._find(name)
            if job is None:
                await io.err(f"bash: kill: {name}: no such job\n")
                return 1
            if job.state == "Stopped" and signal in ENDS and signal != 9:
                self._signalled(job, 18)
            self._signalled(job, signal)
            return 0
        digits = name.removeprefix("-")
        if not digits.isdigit():
            await io.err(f"bash: kill: {name}: arguments must be process or job IDs\n")
            return 1
        wrong = self._machine.processes.signal(int(digits), signal, user=self._machine.system.user)
        if wrong:
            await io.err(f"bash: kill: ({name}) - {wrong}\n")
        return int(bool(wrong))

    async def _signals(self, names: list[str], io: Io) -> int:
        if not names:
            rows = [f"{number:2d}) SIG{name_of(number)}" for number in [*range(1, 32), *range(34, 65)]]
            lines = ["\t".join(rows[at : at + 5]) for at in range(0, len(rows), 5)]
            await io.out("\n".join(lines) + "\n")
            return 0
        status = 0
        for name in names:
            number = number_of(str(int(name) - 128) if name.isdigit() and int(name) > 128 else name)
            if number is None:
                await io.err(f"bash: kill: {name}: invalid signal specification\n")
                status = 1
            else:
                await io.out(f"{name_of(number) if name.isdigit() else number}\n")
        return status

    # -- finding ------------------------------------------------------------------------------------------------

    def _find(self, name: str, *, pids: bool = False) -> Job | None:
        """The job that ``%1``, ``%%``, ``%-``, ``%name``, ``%?text``, or a pid, means."""
        if pids and name.isdigit():
            return next((job for job in self.table if job.pid == int(name)), None)
        word = name.removeprefix("%")
        marks = {mark: number for number, mark in self._marks().items()}
        if word in ("", "%", "+", "-"):
            number = marks.get("-" if word == "-" else "+", marks.get("+", 0))
        elif word.isdigit():
            number = int(word)
        elif not name.startswith("%"):
            return None
        else:
            fits = (lambda text: word[1:] in text) if word[0] == "?" else (lambda text: text.startswith(word))
            return next((job for job in reversed(self.table) if fits(job.order.text)), None)
        return next((job for job in self.table if job.number == number), None)

    def _marks(self) -> dict[int, str]:
        """``+`` for the current job, ``-`` for the one before it: a stopped one comes first."""
        stopped = [job.number for job in self.table if job.state == "Stopped"]
        others = [job.number for job in self.table if job.state != "Stopped"]
        ranked = [*stopped[::-1], *others[::-1]]
        return dict(zip(ranked, "+-", strict=False))

    def _drop(self, job: Job) -> None:
        for jobs in (self.table, self.orphans):
            if job in jobs:
                jobs.remove(job)


class _Into:
    """The streams of a job, to which its own jobs write as well."""

    def __init__(self, out: Sink, err: Sink) -> None:
        self._sinks = out, err

    async def out(self, data: bytes) -> None:
        await self._sinks[0](data)

    async def err(self, data: bytes) -> None:
        await self._sinks[1](data)


async def _drop(data: bytes) -> None:
    """What is written to /dev/null."""


def _line(job: Job, marks: dict[int, str], *, long: bool = False) -> str:
    mark = marks.get(job.number, " ")
    pid = f" {job.pid}" if long else " "
    tail = " &" if job.state == "Running" else ""
    return f"[{job.number}]{mark}{pid} {job.state:<23} {job.order.text}{tail}"
