"""The job table of one shell: the background commands, each in a shell of its own with its own thread of time.

What a job writes to the terminal is shown in the cell that started it or waits for it; otherwise it is held until a
cell notices that the job is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from llm_kernel.machine import Machine
from llm_kernel.machine.process_facts import resident
from llm_kernel.machine.signals import ENDS, said_of
from llm_kernel.shell.background import Order
from llm_kernel.shell.call import Call
from llm_kernel.shell.job import Fork, Job, Screen
from llm_kernel.shell.order import Sink
from llm_kernel.shell.outlets import Into, outlets
from llm_kernel.shell.signals import Pending
from llm_kernel.strand import Strand
from llm_kernel.timeline import Timeline

__all__ = ["Jobs"]

_KILL, _CHLD = 9, 17
_FORK = 0.001
"""Seconds that a child needs to begin."""

_CROWD = 2
"""Children that begin at one time before each slows the others down."""

_GENERATIONS = 6
"""Jobs of jobs of jobs before a family that grows without end slows itself down."""

_THRASHING = 1000
"""How much longer such a child needs to begin; twice that for each further generation."""

_HELD = 1_000_000
"""Characters that a job may have written to the terminal while nobody looks."""


class Jobs:
    """The job table of one shell. ``loud``: a person sits at it, so it says when a job begins and ends.

    ``last`` is the process of ``$!``, ``waited`` what the last ``wait`` was for: the variable of its -p, and a process.
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
        self.waited = ("", 0)

    # -- beginning and ending -----------------------------------------------------------------------------------

    async def start(self, order: Order, call: Call, names: list[str], parent: int, strand: Strand) -> str:
        """Begin a job that writes to the files ``names``; what is said of it on standard error."""
        machine = self._machine
        words = order.words if order.simple else (machine.processes.table[machine.processes.shell].command[0],)
        process = machine.processes.spawn(
            words, user=machine.system.user, ppid=parent, now=machine.clock.now, cwd=call.cwd
        )
        process.background, process.rss = True, resident(words[0])
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
            sinks: tuple[Sink, Sink] | OSError = outlets(machine.files, order, call, names, self._terminals(job))
        except OSError as error:
            sinks = error
        job.task = asyncio.create_task(self._live(job, sinks))
        return f"[{number}] {job.pid}\n" if self._loud else ""

    def _terminals(self, job: Job) -> tuple[Sink, Sink]:
        return lambda data: self._write(job, False, data), lambda data: self._write(job, True, data)

    def _opened(self, job: Job) -> None:
        """Time waits for a job from now on, and signals reach it."""
        self._machine.processes.handlers[job.pid] = lambda signal: self.signalled(job, signal)
        job.strand.open()
        job.strand.ender = lambda: self._killed(job)

    def go_on(self, job: Job, body: str) -> None:
        """Take a job up again where another kernel left it; ``body`` is what is left to run of it."""
        self._opened(job)
        job.strand.nice = job.process.nice
        try:
            sinks: tuple[Sink, Sink] | OSError = outlets(
                self._machine.files, job.order, job.call, job.names, self._terminals(job), anew=False
            )
        except OSError as error:
            sinks = error
        job.task = asyncio.create_task(self._live(job, sinks, body))
        if job.state == "Stopped":
            job.strand.freeze()

    def _killed(self, job: Job) -> asyncio.Task[None] | None:
        self.signalled(job, _KILL)
        return job.task

    async def _live(self, job: Job, sinks: tuple[Sink, Sink] | OSError, body: str = "") -> None:
        try:
            if job.strand.newborn:
                crowd = sum(one.newborn for one in self._timeline.strands)
                late = job.strand.generation - _GENERATIONS
                slow = _THRASHING * 2 ** min(late, 20) if late >= 0 else 1
                await job.strand.sleep(_FORK * (1 + crowd // _CROWD) * slow)
                job.strand.newborn = False
            shell = job.shell = await self._fork(job.order, job.call, job.process, job.strand)
            if isinstance(sinks, OSError):
                await self._write(job, True, f"bash: {sinks.filename}: {sinks.strerror}\n".encode())
                job.status = 1
            else:
                shell.jobs.begin(Into(*sinks))
                job.status = await shell.run(body or job.order.body, *sinks)
        except asyncio.CancelledError:
            job.status = 128 + (job.signal or 1)
        finally:
            job.shell = None
            self._ended(job)

    def _ended(self, job: Job) -> None:
        if job.over:
            return
        by_signal = job.order.simple and job.status - 128 in ENDS
        signal = job.signal or (job.status - 128 if by_signal else 0)
        job.state = said_of(signal) if signal else f"Exit {job.status}" if job.status else "Done"
        self._machine.processes.handlers.pop(job.pid, None)
        self._machine.processes.end(job.pid)
        self.statuses[job.pid] = job.status
        shell = self._machine.processes.handlers.get(job.process.ppid)
        if isinstance(shell, Pending) and shell.traps.get("CHLD"):
            shell(_CHLD)
        job.strand.close()
        self._timeline.announce()

    def signalled(self, job: Job, signal: int, *, group: bool = False) -> None:
        """Let a signal reach a job: one that ends it ends its program where it is, unless a trap of its takes it.

        ``group``: what it runs in the foreground gets it as well.
        """
        if job.over:
            return
        if job.state == "Stopped" and signal in ENDS and signal != _KILL:
            job.pending.append(signal)
            return
        if signal in ENDS and job.shell is not None and job.shell.caught(signal):
            for child in self._machine.processes.below(job.pid) if group else ():
                self._machine.processes.signal(child, signal)
            return
        if signal in ENDS and not (signal == 1 and job.order.words[:1] == ("nohup",)):
            for child in self._machine.processes.below(job.pid):
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
            pending, job.pending = job.pending, []
            for one in pending:
                self.signalled(job, one, group=group)

    async def end(self) -> None:
        """End every job, those of other shells of this machine too, for the machine goes."""
        while enders := [one.ender for one in self._timeline.strands if one.ender is not None]:
            tasks = [ender() for ender in enders]
            await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        self.table.clear()
        self.orphans.clear()

    # -- the terminal -------------------------------------------------------------------------------------------

    @property
    def room(self) -> bool:
        """Whether another job fits on this machine."""
        return len(self._timeline.strands) <= self._most

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

    async def release(self, job: Job) -> None:
        """Show what a job wrote while nobody looked."""
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
                    await table.release(job)
                    table.drop(job)
        over = [job for job in self.table if job.over]
        stopped = [job for job in self.table if job.state == "Stopped" and not job.told]
        if not over and not stopped:
            return
        await self._landed()
        signs = self.marks()
        for job in over:
            await self.release(job)
            if self._loud:
                await self._show(True, f"{job.line(signs.get(job.number, ''))}\n".encode())
            self.drop(job)
        for job in stopped:
            job.told = True
            if self._loud:
                await self._show(True, f"{job.line(signs.get(job.number, ''))}\n".encode())

    def begin(self, screen: Screen) -> None:
        """A cell begins: what was started in an earlier one is held back from it."""
        self.screen = screen
        for table in [self, *self._inner]:
            for job in [*table.table, *table.orphans]:
                job.live = False

    def leave(self) -> None:
        """The cell is over."""
        self.screen = None

    # -- finding ------------------------------------------------------------------------------------------------

    def find(self, name: str, *, pids: bool = False) -> Job | None:
        """The job that ``%1``, ``%%``, ``%-``, ``%name``, ``%?text``, or a pid, means."""
        if pids and name.isdigit():
            return next((job for job in self.table if job.pid == int(name)), None)
        word = name.removeprefix("%")
        marks = {mark: number for number, mark in self.marks().items()}
        if word in ("", "%", "+", "-"):
            number = marks.get("-" if word == "-" else "+", marks.get("+", 0))
        elif word.isdigit():
            number = int(word)
        elif not name.startswith("%"):
            return None
        else:
            fitting = self._fitting(word)
            return fitting[0] if len(fitting) == 1 else None
        return next((job for job in self.table if job.number == number), None)

    def unfound(self, name: str) -> str:
        """What bash says of a name by which ``find`` finds no job."""
        word = name.removeprefix("%")
        several = name != word and len(self._fitting(word)) > 1
        return f"{word.removeprefix('?')}: ambiguous job spec" if several else f"{name}: no such job"

    def _fitting(self, word: str) -> list[Job]:
        """The jobs whose command begins with ``word``, or holds what stands behind its question mark."""
        if word.startswith("?"):
            return [job for job in self.table if word[1:] in job.order.text]
        return [job for job in self.table if job.order.text.startswith(word)]

    def marks(self) -> dict[int, str]:
        """``+`` for the current job, ``-`` for the one before it: a stopped one comes first."""
        stopped = [job.number for job in self.table if job.state == "Stopped"]
        others = [job.number for job in self.table if job.state != "Stopped"]
        ranked = [*stopped[::-1], *others[::-1]]
        return dict(zip(ranked, "+-", strict=False))

    def drop(self, job: Job) -> None:
        """Forget a job."""
        for jobs in (self.table, self.orphans):
            if job in jobs:
                jobs.remove(job)
