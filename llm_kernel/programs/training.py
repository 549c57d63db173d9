"""A training run on the machine: its load on GPUs, its workers, the time of its epochs, the checkpoints it leaves."""

from __future__ import annotations

import contextlib
import random
from typing import cast

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.plan import Plan
from llm_kernel.plan.saves import Saved
from llm_kernel.plan.weight import Load
from llm_kernel.programs.bounds import bounds
from llm_kernel.programs.checkpoints import leave, size_of
from llm_kernel.programs.cuda import out_of_memory
from llm_kernel.programs.progress import Progress
from llm_kernel.programs.scripts import Script
from llm_kernel.programs.tables import Tables, tabled
from llm_kernel.programs.tempo import Tempo, timed
from llm_kernel.programs.workload import Workload, workload
from llm_kernel.shell.call import Call, Io

__all__ = ["Training"]

_HOST = 2_400_000_000
"""Resident bytes of a process that trains: the framework, its libraries and the loader's buffers."""


class Training:
    """One run of ``script``; ``end`` takes its workers off the process table."""

    def __init__(
        self,
        machine: Machine,
        call: Call,
        process: Process,
        script: Script,
        source: str,
        progress: Progress,
        load: Load | None = None,
    ) -> None:
        self._progress = progress
        self._machine, self._call, self._process = machine, call, process
        self._script, self._source = script, source
        self._workers: list[Process] = []
        self._kept: set[str] = set()
        self.work: Workload | None = workload(
            source, script.args, call.env, machine, every=script.workers != 1, load=load
        )

    def begin(self) -> str:
        """Put the run's load on its GPUs; the traceback where one of them has no room for it."""
        if self.work is None:
            return ""
        machine, process = self._machine, self._process
        process.rss = _HOST
        for shown, (index, use) in enumerate(self.work.uses().items()):
            others = [one for one in machine.processes.using(index) if one is not process]
            try:
                machine.devices.check_load(index, use.mem, others)
            except Refused:
                return out_of_memory(machine, index, shown, use.mem, self._script.name, self._source)
            machine.processes.load_gpu(self._worker().pid, index, use)
        return ""

    def _worker(self) -> Process:
        """The process that uses the next GPU: the run itself, or under a launcher one of its own."""
        if self._script.workers == 1:
            return self._process
        machine = self._machine
        worker = machine.processes.spawn(
            ("/usr/bin/python3", "-u", self._script.name, *self._script.args),
            user=self._process.user,
            ppid=self._process.pid,
            now=machine.clock.now,
            cwd=self._call.cwd,
        )
        worker.state, worker.rss = "R", _HOST
        self._workers.append(worker)
        return worker

    def paced(self, streams: Io, plan: Plan | None, seed: int) -> Io:
        """``streams`` on which each turn of the run's main loop takes its time and leaves its checkpoints."""
        if self.work is None or plan is None:
            return streams
        self._kept |= {self._call.path(one.at(0)[0]) for one in plan.saves}
        noise = random.Random(f"{seed}/{self._process.pid}/{self._script.name}").uniform(0.92, 1.1)
        seconds = self.work.seconds_per_epoch(self._machine) * noise
        memory = self.work.memory(self._machine)
        held = bounds(plan, self._source, self._script.args, f"{seed}/{self._process.pid}", memory)
        seconds *= held.scale if held is not None else 1.0
        return cast(Io, Tempo(streams, plan, self._save, seconds, self._works, held))

    def tabled(self, streams: Io, plan: Plan | None) -> Io:
        """``streams`` on which each table that tells the run's seconds comes when they have passed."""
        return cast(Io, Tables(streams, self._works)) if plan is not None and tabled(plan) else streams

    async def pass_quietly(self, streams: Io, plan: Plan) -> None:
        """Let the time of a run pass that says nothing of its epochs."""
        if self.work is not None and (epochs := self.silent(plan)):
            seconds = epochs * self.work.seconds_per_epoch(self._machine)
            await streams.strand.sleep(seconds)
            self._works(seconds)

    def silent(self, plan: Plan) -> int:
        """How many epochs of the run no line tells of; 0 where it fails on its way."""
        if self.work is None or plan.fault is not None or timed(plan):
            return 0
        return self.work.epochs

    def keeps(self, path: str) -> bool:
        """Whether ``path`` is a checkpoint that the run saves."""
        return path in self._kept

    def _save(self, one: Saved, turn: int) -> None:
        path, holds = one.at(turn)
        self._kept.add(self._call.path(path))
        if self._progress.effect():
            return
        with contextlib.suppress(OSError):
            record = one.second if turn and one.second is not None else one.first
            leave(self._machine, self._call.path(path), record.size or size_of(self._source, tuple(holds)), holds)
        self._progress.happened()

    def _works(self, seconds: float) -> None:
        if self._progress.effect():
            return
        self._progress.happened()
        for process in self._workers or [self._process]:
            process.cpu += seconds

    def end(self) -> None:
        """The run is over, however it ended."""
        for worker in self._workers:
            self._machine.processes.end(worker.pid)
