"""Programs that the model plays: a request is made from the machine, and the reply is read as it arrives.

Plain lines are the program's output at once; acts are checked and run in their place. What the model says changes the
machine only through those acts.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from llm_kernel.journal import Journal, show
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.model.request import Backend, Request
from llm_kernel.plan import Plan, certain, grammar, hint, plan, text_of
from llm_kernel.programs import reads, startup
from llm_kernel.programs.acts import Acts
from llm_kernel.programs.checkpoints import contents
from llm_kernel.programs.conversing import converse
from llm_kernel.programs.cuda import out_of_memory
from llm_kernel.programs.ending import Ending
from llm_kernel.programs.exact.pip_site import managers_of
from llm_kernel.programs.progress import Heard, Progress, Tracked
from llm_kernel.programs.scripts import Script, script_of
from llm_kernel.programs.tempo import Tempo
from llm_kernel.programs.training import Training
from llm_kernel.prompt import program_request
from llm_kernel.provenance import Answer
from llm_kernel.shell.bash import Limits
from llm_kernel.shell.call import Call, Io

__all__ = ["Emulator", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """How programs are asked for: ``style`` names the prompt set, ``tokens`` bounds one reply, ``spend`` its seconds.

    ``grammars`` says whether the endpoint takes GBNF, ``continuations`` how often a cut reply is continued; ``stdin``
    bounds the characters of input shown.
    """

    style: str = "compact"
    tokens: int = 4096
    spend: float = 30 * 86400.0
    grammars: bool = False
    continuations: int = 4
    stdin: int = 4000
    history: int = 2400
    files: int = 9000
    seed: int = 42
    plans: bool = True
    """Whether a program's source is read for what it can print."""


class Emulator:
    """Plays programs by a model."""

    def __init__(
        self,
        machine: Machine,
        backend: Backend,
        journal: Journal,
        options: Options,
        *,
        limits: Limits,
    ) -> None:
        self._machine = machine
        self.backend = backend
        self._journal = journal
        self.options = options
        self._limits = limits
        self.running: dict[int, Progress] = {}
        """How far each background program has come, by its process."""
        self.resuming: dict[int, Progress] = {}
        """The programs that go on where another kernel left them; each is taken up by its process."""

    async def run(self, call: Call, streams: Io, record: Answer, process: Process, *, command: str) -> int:
        """Run one program to its end, as ``process``, and return its exit status.

        Raises:
            ModelError, TapeError: where the model could not answer; what was printed stays.
        """
        progress = self.resuming.pop(process.pid, None) or Progress()
        if streams.strand is streams.strand.timeline.front:
            return await self._run(call, streams, record, process, progress, command)
        self.running[process.pid] = progress
        try:
            return await self._run(call, Tracked(streams, progress), record, process, progress, command)
        finally:
            self.running.pop(process.pid, None)

    async def _run(
        self, call: Call, streams: Io, record: Answer, process: Process, progress: Progress, command: str
    ) -> int:
        script = script_of(call)
        path = call.path(script.name) if script else ""
        begins = script if not progress.ghost else None
        said = startup.trouble(self._machine, begins.name, path, managers_of(call)) if begins else None
        if said:
            record.by = "exact"
            await streams.err(said[0])
            return said[1]
        planned = self._plan(call, script)
        ending = Ending(self._machine, script, path, planned) if script and planned else None
        first, planned = certain(planned) if planned else ((), None)
        for line in first:
            await (streams.out if line.stream == "stdout" else streams.err)(text_of(line))
        record.computed = len(first)
        if planned:
            await self._fetch(call, planned, streams, progress)
            if ending and not planned.nodes and (ending.sudden or startup.quiet(self._source(path))):
                record.by = "exact"
                return await ending.say(streams, 0)
        paths = reads.read_by(self._machine, call.name, call.args, call.cwd)
        stdin = (await streams.read())[: self.options.stdin].decode("utf-8", "replace")
        request = progress.request or self._request(call, paths, stdin, command, planned)
        progress.request = request
        record.files = paths
        process.state, process.rss = "R", 48 * 2**20
        if script is None:
            return await self._play(request, call, streams, record, process, progress, script)
        training = Training(self._machine, call, process, script, self._source(path), progress)
        if training.work is not None and first and planned is not None and not planned.nodes:
            record.by = "exact"  # all its epochs lie behind it
            return 0
        try:
            if failed := training.begin():
                record.by = "exact"
                await streams.err(failed)
                return 1
            streams = training.paced(streams, planned, self.options.seed)
            status = await self._play(request, call, streams, record, process, progress, script, training.keeps)
            return await ending.say(streams, status) if ending else status
        finally:
            training.end()

    def _request(self, call: Call, paths: list[str], stdin: str, command: str, planned: Plan | None) -> Request:
        machine, options = self._machine, self.options
        return program_request(
            machine,
            command,
            cwd=call.cwd,
            shown=reads.show(machine, paths, call.cwd, budget=options.files),
            stdin=stdin,
            history=show(self._journal.bearing_on(command, budget=options.history)),
            hint=_hint(planned),
            grammar=grammar(planned) if planned and options.grammars else "",
            style=options.style,
            tokens=options.tokens,
            seed=options.seed,
        )

    async def _fetch(self, call: Call, planned: Plan, streams: Io, progress: Progress) -> None:
        """Let the data sets that the program downloads arrive: files with sizes, and the seconds that it takes."""
        for fetched in planned.fetched:
            for name, size in fetched.files if not progress.ghost else ():
                self._machine.files.sized(self._machine.files.absolute(name, call.cwd), size)
            await streams.strand.sleep(1.0 + sum(size for _, size in fetched.files) / _BANDWIDTH)

    def _plan(self, call: Call, script: Script | None) -> Plan | None:
        if script is None or not self.options.plans:
            return None
        path = call.path(script.name)
        return plan(self._source(path), script.args, read=self._beside(path), facts=self._facts(call))

    def _source(self, path: str) -> str:
        """A script's text; empty where it cannot be read."""
        try:
            return self._machine.files.read(path).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def _beside(self, script: str) -> Callable[[str], str | None]:
        """Reads the modules that stand beside a script."""
        files = self._machine.files

        def read(name: str) -> str | None:
            path = files.absolute(name, posixpath.dirname(script))
            try:
                return None if files.is_sized(path) else files.read(path).decode("utf-8")
            except (OSError, UnicodeDecodeError):
                return None

        return read

    def _facts(self, call: Call) -> dict[str, object]:
        """What the machine knows that a script may ask a library for."""
        devices, files = self._machine.devices, self._machine.files
        count = sum(not gpu.lost for gpu in devices.gpus) if devices.driver else 0
        return {
            "torch.cuda.is_available()": count > 0,
            "torch.cuda.device_count()": count,
            "load": lambda name: contents(self._machine, call.path(str(name))),
            "exists": lambda name: files.exists(files.absolute(str(name), call.cwd)),
            "text": lambda name: self._text(files.absolute(str(name), call.cwd)),
        }

    def _text(self, path: str) -> str | None:
        """What stands in a text file; None where that is not known."""
        try:
            return None if self._machine.files.is_sized(path) else self._machine.files.read(path).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    async def _play(
        self,
        request: Request,
        call: Call,
        streams: Io,
        record: Answer,
        process: Process,
        progress: Progress,
        script: Script | None,
        keeps: Callable[[str], bool] = lambda path: False,
    ) -> int:
        acts = Acts(
            self._machine,
            process,
            call,
            streams,
            record,
            most=self.options.spend,
            limits=self._limits,
            sources=record.files,
            credit=lambda: streams.credit if isinstance(streams, Tempo) else 0.0,
            keeps=keeps,
            progress=progress,
        )
        options = self.options
        backend = Heard(self.backend, progress)
        status = await converse(backend, request, acts, streams, record, continuations=options.continuations)
        if isinstance(streams, Tempo):
            await streams.flush()
            record.bounded = streams.bounds.replaced if streams.bounds else 0
            if not status:
                streams.end()
        if acts.failed is not None:
            index, want = acts.failed
            source = self._source(call.path(script.name)) if script else ""
            text = out_of_memory(self._machine, index, index, want, script.name if script else "", source)
            await streams.err(text if script else text.rpartition("Error: ")[2])
        if not acts.spent and not (isinstance(streams, Tempo) and streams.credit):
            await streams.strand.sleep(_SMALL)
        return status


def _hint(planned: Plan | None) -> str:
    """What the model is told of the lines that it has to fill in."""
    lines = hint(planned) if planned else ""
    return f"{lines}\n({planned.usual})" if planned and lines and planned.usual else lines


_BANDWIDTH = 12e6
"""Bytes a second that a data set comes down with, unpacked files counted too."""

_SMALL = 0.05
"""Seconds that a program takes which says nothing about time."""
