"""Job control at one shell, in the words of bash: ``jobs``, ``wait``, ``fg``, ``bg``, ``disown``, ``kill``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from llm_kernel.errors import CellOver
from llm_kernel.machine import Machine
from llm_kernel.shell.background import JOB, LAST, Order
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.job import Job
from llm_kernel.shell.jobs import Jobs
from llm_kernel.shell.killing import kill
from llm_kernel.shell.signals import TRAPS, Pending
from llm_kernel.strand import Strand
from llm_kernel.tokens import quoted

__all__ = ["WORDS", "Control"]

WORDS = frozenset(["jobs", "fg", "bg", "wait", "disown", "kill", "suspend", JOB, LAST])
"""The builtins of job control, and our words for what a script starts in the background."""

_PAUSES = (1, 2, 4, 8)
"""Seconds that bash waits between its tries to fork, where there are too many processes."""

_CONT, _INT = 18, 2
_OVER = 124
"""The status of a cell that has had all of the machine's time."""

_FORKLESS = 254
"""That of one for whose command there was no process."""

_PICKING = (5, 1)
"""The version of bash from which on ``wait`` knows ``-p``."""

_VARIABLE = re.compile(r"[A-Za-z_]\w*(?:\[\w+\])?", re.ASCII)

_LETTERS = {"jobs": "lnprsx", "wait": "fn", "fg": "", "bg": "", "disown": "ahr"}
_USAGE = {
    "jobs": "jobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]",
    "wait": "wait: usage: wait [-fn] [id ...]",
    "fg": "fg: usage: fg [job_spec]",
    "bg": "bg: usage: bg [job_spec ...]",
    "disown": "disown: usage: disown [-h] [-ar] [jobspec ... | pid ...]",
}


class Control:
    """One call of such a word, at the shell of process ``pid``, of these ``jobs`` and signals that are ``pending``."""

    def __init__(
        self, jobs: Jobs, machine: Machine, call: Call, io: Io, strand: Strand, pid: int, pending: Pending
    ) -> None:
        self._jobs = jobs
        self._machine = machine
        self._call = call
        self._io = io
        self._strand = strand
        self._pid = pid
        self._pending = pending
        self._variable = ""

    async def answer(self, orders: Mapping[int, Order]) -> int:
        """Carry it out; ``orders`` are what scripts start in the background."""
        try:
            return await self._answered(orders)
        except CellOver as over:
            await self._io.err(f"bash: ended: {over}\n".encode())  # by the cell, whichever shell waits
            return await self._thrown(_OVER)

    async def _answered(self, orders: Mapping[int, Order]) -> int:
        name = self._call.name
        if name == JOB:
            return await self._begin(orders)
        if name == LAST:
            return await self._last()
        if name == "kill":
            return await kill(self._jobs, self._machine, self._call, self._io)
        if name == "suspend":
            await self._io.err("bash: suspend: cannot suspend a login shell\n")
            return 1
        flags, names, wrong = self._parsed()
        if wrong:
            await self._io.err(f"bash: {name}: {wrong}\n{self._usage()}\n")
            return 2
        match name:
            case "jobs":
                return await self._list(flags, names)
            case "wait":
                return await self._wait(flags, names)
            case "fg":
                return await self._foreground(names[0] if names else "")
            case "bg":
                return max([await self._background(one) for one in names or [""]])
            case _:
                return await self._disown(flags, names)

    def _parsed(self) -> tuple[set[str], list[str], str]:
        """The letters of the options, the words behind them, and what is wrong with the first letter that is."""
        waits = self._call.name == "wait"
        letters = _LETTERS[self._call.name] + ("p" if waits and self._picks else "")
        flags, names = set[str](), list(self._call.args)
        while names and names[0].startswith("-") and len(names[0]) > 1:
            word = names.pop(0)
            if word == "--":
                break
            for at, letter in enumerate(word[1:], 2):
                if letter not in letters:
                    return flags, names, f"-{letter}: invalid option"
                flags.add(letter)
                if waits and letter == "p":
                    value = [word[at:]] if word[at:] else names
                    if not value:
                        return flags, names, "-p: option requires an argument"
                    self._variable = value.pop(0)
                    break
        return flags, names, ""

    @property
    def _picks(self) -> bool:
        version = self._machine.system.profile.bash.split(".")
        return tuple(int(part) for part in version[:2] if part.isdigit()) >= _PICKING

    def _usage(self) -> str:
        usage = _USAGE[self._call.name]
        return usage.replace("[-fn] [id", "[-fn] [-p var] [id") if self._picks else usage

    async def _begin(self, orders: Mapping[int, Order]) -> int:
        call = self._call
        order = orders.get(int(call.args[0]))
        if order is None:
            return 0
        if not await self._room():
            await self._io.err("bash: fork: Resource temporarily unavailable\n")
            return await self._thrown(_FORKLESS)
        state, options, count, *words = call.args[1:]
        names, words = words[: int(count)], words[int(count) :]
        if order.simple and f"\n{order.words[0]} () \n" in state:
            order = replace(order, simple=False)  # a function runs in the child itself
        child = replace(call, args=(state, options, *words))
        await self._io.err(await self._jobs.start(order, child, names, self._pid, self._strand))
        return 0

    async def _thrown(self, status: int) -> int:
        """Leave all that the cell runs with ``status``, as bash goes back to its prompt."""
        timeline = self._strand.timeline
        if timeline.stop is not None and self._strand is timeline.front:
            await timeline.stop(status)
        return status

    async def _room(self) -> bool:
        """Whether another process fits; as long as none does, bash waits longer and longer, and then gives up."""
        for pause in _PAUSES:
            if self._jobs.room:
                return True
            await self._io.err("bash: fork: retry: Resource temporarily unavailable\n")
            await self._strand.sleep(pause)
        return self._jobs.room

    async def _last(self) -> int:
        """``$!``; or, given a status, what sets the variable of the last ``wait -p`` and leaves this status."""
        jobs, args = self._jobs, self._call.args
        if args:
            name, pid = jobs.waited
            chosen = f"{name}={pid}; " if pid else ""
            await self._io.out(f"unset -v {name}; {chosen}(exit {args[0]})\n" if name else f"(exit {args[0]})\n")
        else:
            await self._io.out(f"{jobs.last}\n" if jobs.last else "")
        return 0

    # -- jobs ---------------------------------------------------------------------------------------------------

    async def _list(self, flags: set[str], names: Sequence[str]) -> int:
        if "x" in flags:
            return await self._instead(names)
        jobs = self._jobs
        chosen, status = list(jobs.table), 0
        if names:
            chosen = []
            for name in names:
                job = jobs.find(name)
                if job is None:
                    await self._io.err(f"bash: jobs: {jobs.unfound(name)}\n")
                    status = 1
                else:
                    chosen.append(job)
        marks = jobs.marks()
        wanted = {state for letter, state in (("r", "Running"), ("s", "Stopped")) if letter in flags}
        for job in [job for job in chosen if not wanted or job.state in wanted]:
            if "n" in flags and job.told:
                continue
            await jobs.release(job) if job.over else None
            line = job.line(marks.get(job.number, ""), long="l" in flags)
            await self._io.out(f"{job.pid}\n" if "p" in flags else f"{line}\n")
            job.told = True
            if job.over:
                jobs.drop(job)
        return status

    async def _instead(self, words: Sequence[str]) -> int:
        """``jobs -x``: a command, with the processes of jobs in their place."""
        found = [(word, self._jobs.find(word) if word.startswith("%") else None) for word in words]
        line = " ".join(quoted(str(job.pid) if job else word) for word, job in found)
        if not line or self._call.run is None:
            return 0
        return await self._call.run(line, self._io.out, self._io.err)

    # -- wait ---------------------------------------------------------------------------------------------------

    async def _wait(self, flags: set[str], names: Sequence[str]) -> int:
        if "p" in flags and not _VARIABLE.fullmatch(self._variable):
            await self._io.err(f"bash: wait: `{self._variable}': not a valid identifier\n")
            return 1
        self._jobs.waited = (self._variable, 0)
        async with self._attentive():
            status = await (self._any(names) if "n" in flags else self._all(names))
        await self._jobs.notice()
        return status

    @asynccontextmanager
    async def _attentive(self) -> AsyncIterator[None]:
        """A signal for the shell itself wakes the one who waits."""
        ends = self._pending.listen(self._woken)
        try:
            yield
        finally:
            ends()

    def _woken(self) -> None:
        self._strand.hear()
        self._strand.timeline.settle()

    @property
    def _broken(self) -> int:
        """The signal that ends a wait, if one has come."""
        traps = self._call.env.get(TRAPS)
        login = self._pid == self._machine.processes.shell
        return self._pending.breaks(traps, login=login) if traps is not None else 0

    async def _all(self, names: Sequence[str]) -> int:
        status = 0
        if not names:
            for job in list(self._jobs.table):
                if signal := await self._until_over(job):
                    return 128 + signal
            return 0
        for name in names:
            status = await self._one(name)
        return status

    async def _one(self, name: str) -> int:
        jobs = self._jobs
        job = jobs.find(name, pids=True)
        if job is not None:
            if signal := await self._until_over(job):
                return 128 + signal
            self._chose(job.pid)
            return job.status if job.over else 128 + _STOPPED
        if name.isdigit() and int(name) in jobs.statuses:
            self._chose(int(name))
            return jobs.statuses[int(name)]
        if name.startswith("%"):
            await self._io.err(f"bash: wait: {jobs.unfound(name)}\n")
        elif name.isdigit():
            await self._io.err(f"bash: wait: pid {name} is not a child of this shell\n")
        else:
            await self._io.err(f"bash: wait: `{name}': not a pid or valid job spec\n")
        return 127

    async def _any(self, names: Sequence[str]) -> int:
        jobs = self._jobs
        chosen = [(name, jobs.find(name, pids=True)) for name in names]
        for name, job in chosen:
            if job is None and name.startswith("%"):
                await self._io.err(f"bash: wait: {jobs.unfound(name)}\n")
        wanted = [job for _, job in chosen if job is not None] if names else list(jobs.table)
        if not wanted:
            return 127
        while True:
            if signal := self._broken:
                return 128 + signal
            if over := [job for job in wanted if job.over]:
                break
            await self._strand.listen(bounded=True)
        await jobs.release(over[0])
        self._chose(over[0].pid)
        return over[0].status

    def _chose(self, pid: int) -> None:
        self._jobs.waited = (self._variable, pid)

    async def _until_over(self, job: Job) -> int:
        """Wait for a job; the signal that ended the wait before it, else 0."""
        job.waited += 1
        try:
            await self._jobs.release(job)
            while job.state == "Running":
                if signal := self._broken:
                    return signal
                await self._strand.listen(bounded=True)
            return 0
        finally:
            job.waited -= 1

    # -- fg, bg, disown -----------------------------------------------------------------------------------------

    async def _found(self, name: str) -> Job | None:
        job = self._jobs.find(name or "%%")
        if job is None:
            await self._io.err(f"bash: {self._call.name}: {self._jobs.unfound(name or 'current')}\n")
        return job

    async def _foreground(self, name: str) -> int:
        jobs = self._jobs
        job = await self._found(name)
        if job is None:
            return 1
        await self._io.out(f"{job.order.text}\n")
        if job.state == "Stopped":
            jobs.signalled(job, _CONT)
        try:
            await self._until_over(job)
        except (asyncio.CancelledError, GeneratorExit, CellOver):
            jobs.signalled(job, _INT)  # ^C reaches the program in the foreground
            jobs.drop(job)
            raise
        if job.over:
            await jobs.release(job)
            jobs.drop(job)
            return job.status
        return 128 + _STOPPED

    async def _background(self, name: str) -> int:
        job = await self._found(name)
        if job is None:
            return 1
        if job.state != "Stopped":
            await self._io.err(f"bash: bg: job {job.number} already in background\n")
            return 0
        mark = self._jobs.marks().get(job.number, " ")
        await self._io.out(f"[{job.number}]{mark} {job.order.text} &\n")
        self._jobs.signalled(job, _CONT)
        return 0

    async def _disown(self, flags: set[str], names: Sequence[str]) -> int:
        jobs, status = self._jobs, 0
        if flags & {"a", "r"} and not names:
            chosen = [job for job in jobs.table if "a" in flags or job.state == "Running"]
        else:
            chosen = []
            for name in names or ["%%"]:
                if (job := jobs.find(name, pids=True)) is not None:
                    chosen.append(job)
                    continue
                await self._io.err(f"bash: disown: {jobs.unfound(name if names else 'current')}\n")
                status = 1
        for job in chosen if "h" not in flags else ():
            jobs.table.remove(job)
            jobs.orphans.append(job)
        return status


_STOPPED = 19
"""The signal by which a job stops that is waited for."""
