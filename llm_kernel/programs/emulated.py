"""Programs that the model plays: a request is made from the machine, and the reply is read as it arrives.

Plain lines are the program's output at once; acts are checked and run in their place. What the model says changes the
machine only through those acts.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

from llm_kernel.journal import Journal
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.machine.site import place
from llm_kernel.model.request import Backend, Request
from llm_kernel.plan import Line, Plan, certain, grammar, hint, plan, text_of
from llm_kernel.plan.anchors import thinned
from llm_kernel.programs import reads, startup
from llm_kernel.programs.acts import Acts
from llm_kernel.programs.between import Between
from llm_kernel.programs.checkpoints import contents
from llm_kernel.programs.conversing import converse, talked
from llm_kernel.programs.cuda import out_of_memory, too_large
from llm_kernel.programs.deciding import decided, foreseen
from llm_kernel.programs.ending import Ending
from llm_kernel.programs.exact.lines import SIZE
from llm_kernel.programs.exact.pip_site import managers_of
from llm_kernel.programs.following import Following
from llm_kernel.programs.progress import Heard, Progress, Tracked
from llm_kernel.programs.python_exact import Kept
from llm_kernel.programs.python_facts import fact, factual
from llm_kernel.programs.recalled import bearing_facts, past_of
from llm_kernel.programs.scripts import Script, from_input, script_of
from llm_kernel.programs.sources import source_of
from llm_kernel.programs.tempo import Tempo, untimed
from llm_kernel.programs.torch_module import cards
from llm_kernel.programs.training import Training
from llm_kernel.prompt import MOST, Shown, program_request
from llm_kernel.provenance import Answer
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.limits import Limits

__all__ = ["Emulator", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """How programs are asked for: ``style`` names the prompt set, ``tokens`` bounds one reply, ``spend`` its seconds.

    ``grammars``: whether one goes along with a request, for endpoints that obey it.
    ``continuations`` says how often a cut reply is continued, ``mends`` how often one that its program's source cannot
    print is asked for again from there; ``prompt`` bounds the tokens of a request, ``stdin``, ``history`` and ``files``
    the characters of what is shown in it.
    """

    style: str = "compact"
    tokens: int = 4096
    spend: float = 30 * 86400.0
    grammars: bool = True
    continuations: int = 4
    mends: int = 3
    prompt: int = MOST
    stdin: int = 4000
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
        self._led: list[Shown] = []
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
        streams.strand.plays += 1
        try:
            return await self._run(call, Tracked(streams, progress), record, process, progress, command)
        finally:
            streams.strand.plays -= 1
            self.running.pop(process.pid, None)

    async def _run(
        self, call: Call, streams: Io, record: Answer, process: Process, progress: Progress, command: str
    ) -> int:
        script = script_of(call, (await streams.read()).decode("utf-8", "replace") if from_input(call) else None)
        path = script.path(call) if script else ""
        begins = script if not progress.ghost else None
        said = startup.trouble(self._machine, begins, path, managers_of(call)) if begins else None
        if said:
            record.by = "exact"
            await streams.err(said[0])
            return said[1]
        source = self._source(script, path, progress) if script else ""
        planned = self._plan(call, script, source, progress, record)
        ending = Ending(self._machine, script, path, planned, call) if script and planned else None
        whole = planned
        first, planned = certain(planned) if planned else ((), None)
        training = self._training(call, process, script, source, progress, whole)
        streams = training.tabled(streams, whole) if training else streams
        early = _before(whole, first, training) if whole and training else len(first)
        for line in first[:early]:
            await _print(streams, line)
        record.computed = len(first)
        if planned:
            await self._fetch(call, planned, streams, progress)
            whole_said = ending is not None and not planned.nodes and early == len(first)
            if ending and whole_said and (ending.sudden or startup.quiet(source)):
                record.by = "exact"
                return await ending.say(streams, 0)
            if script is None and not planned.nodes and planned.status is not None:
                record.by = "exact"
                return planned.status
        paths = reads.read_by(self._machine, call.name, call.args, call.cwd)
        stdin = (await streams.read())[: self.options.stdin].decode("utf-8", "replace")
        request = progress.request or self._request(call, paths, stdin, command, planned)
        if isinstance(streams, Kept):
            request = talked(request, streams.talked)
        progress.request = request
        record.files = paths
        process.state, process.rss = "R", 48 * 2**20
        if script is None:
            return await self._play(request, call, streams, record, process, progress, script, planned)
        assert training is not None
        if training.work is not None and early == len(first) and first and planned is not None and not planned.nodes:
            record.by = "exact"  # all its epochs lie behind it, or it fails before the first
            return await ending.say(streams, 0) if ending else 0
        try:
            if failed := training.begin():
                record.by = "exact"
                await streams.err(failed)
                return 1
            streams = training.paced(streams, whole, self.options.seed)
            if whole is not None:
                await training.pass_quietly(streams, whole)
            for line in first[early:]:
                await _print(streams, line)
            if planned is not None and not planned.nodes and early < len(first):
                record.by = "exact"
                if isinstance(streams, Tempo):
                    streams.end()
                return await ending.say(streams, 0) if ending else 0
            status = await self._play(
                request, call, streams, record, process, progress, script, planned, training.keeps
            )
            return await ending.say(streams, status) if ending else status
        finally:
            training.end()

    def _training(
        self, call: Call, process: Process, script: Script | None, source: str, progress: Progress, planned: Plan | None
    ) -> Training | None:
        if script is None:
            return None
        load = planned.load if planned else None
        return Training(self._machine, call, process, script, source, progress, load)

    def _request(self, call: Call, paths: list[str], stdin: str, command: str, planned: Plan | None) -> Request:
        machine, options = self._machine, self.options
        shown = reads.show(machine, paths, call.cwd, budget=options.files)
        led, self._led = self._led, shown
        memory = self._journal.recall(command, paths)
        return program_request(
            machine,
            command,
            cwd=call.cwd,
            shown=shown,
            led=led,
            past=past_of(memory, bearing_facts(machine, command, paths)),
            stdin=stdin,
            hint=_hint(planned),
            grammar=grammar(thinned(planned), streams=_BOTH) if planned and options.grammars else "",
            style=options.style,
            tokens=options.tokens,
            seed=options.seed,
            most=options.prompt,
        )

    async def _fetch(self, call: Call, planned: Plan, streams: Io, progress: Progress) -> None:
        """Let the data sets that the program downloads arrive: files with sizes, and the seconds that it takes."""
        for fetched in planned.fetched:
            for name, size in fetched.files if not progress.ghost else ():
                self._machine.files.sized(self._machine.files.absolute(name, call.cwd), size)
            await streams.strand.sleep(1.0 + sum(size for _, size in fetched.files) / _BANDWIDTH)

    def _plan(self, call: Call, script: Script | None, source: str, progress: Progress, record: Answer) -> Plan | None:
        if not self.options.plans:
            return None
        if script is None:
            other = source_of(call, progress.witness)
            return other.plan() if other else None
        read, facts = self._beside(call, script, progress), self._facts(call, script, source, progress)
        planned = plan(source, script.args, read=read, facts=facts)
        if planned is None:
            return None
        if planned.drawn:
            record.note = f"drawn as it usually is: {', '.join(planned.drawn)}"
        seed = self._seed(call)
        found = decided(source, script.args, planned, read=read, facts=facts, seed=seed)
        if found is None:
            return planned
        record.note = f"decides its way, and goes as such a run usually does: {', '.join(found.names)}"
        return found.plan

    def _seed(self, call: Call) -> str:
        """What makes the figures of this call its own."""
        return f"{self.options.seed}/{call.name} {' '.join(call.args)}"

    def _chance(self, call: Call) -> int:
        """What a program draws that seeds no generator: its own in each run."""
        machine = self._machine
        told = f"{machine.seed}/{machine.clock.now}/{self._seed(call)}"
        return int.from_bytes(sha256(told.encode()).digest()[:4], "big")

    def _source(self, script: Script, path: str, progress: Progress) -> str:
        """A script's text; empty where it cannot be read."""
        if script.text is not None:
            return script.text

        def read() -> str:
            try:
                return self._machine.files.read(path).decode("utf-8")
            except (OSError, UnicodeDecodeError):
                return ""

        return str(progress.witness(f"source {path}", read))

    def _beside(self, call: Call, script: Script, progress: Progress) -> Callable[[str], str | None]:
        """Reads the modules that stand beside a script."""

        def text(name: str) -> str | None:
            found = (self._text(call, posixpath.join(folder, name)) for folder in script.folders)
            return next((each for each in found if each is not None), None)

        def read(name: str) -> str | None:
            found = progress.witness(f"beside {name}", lambda: text(name))
            return found if isinstance(found, str) else None

        return read

    def _facts(self, call: Call, script: Script, source: str, progress: Progress) -> dict[str, object]:
        """What the machine knows that a script may ask a library for."""
        devices, files = self._machine.devices, self._machine.files
        count = int(
            progress.witness("gpus", lambda: sum(not gpu.lost for gpu in devices.gpus) if devices.driver else 0)
        )
        managers = managers_of(call)

        def asked(question: str, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
            return lambda of: progress.witness(f"{question} {of}", lambda: answer(of))

        def told(name: str, args: tuple[object, ...] | None = None) -> object:
            asks = factual(name)
            text = progress.witness(f"fact {name} {args}", lambda: fact(call, name, args)) if asks else None
            return ast.literal_eval(text) if text else None

        return {
            "environ": dict(call.env),
            **(_ranks(script.workers or count, call.env) if script.workers != 1 else {}),
            "room": asked("room", lambda size: too_large(self._machine, size)),
            "torch.cuda.is_available()": count > 0,
            "torch.cuda.device_count()": count,
            "load": asked("load", lambda name: contents(self._machine, call.path(str(name)))),
            "exists": asked("exists", lambda name: files.exists(files.absolute(str(name), call.cwd))),
            "text": asked("text", lambda name: self._text(call, str(name))),
            "version": asked("version", self._version),
            "lacks": asked("lacks", lambda module: startup.lacks(self._machine, module, script, source, managers)),
            "fact": told,
            "chance": progress.witness("chance", lambda: self._chance(call)),
            "foreseen": foreseen(source, script.args, self._seed(call)),
            "cards": lambda: progress.witness("cards", lambda: cards(call)),
            "site": place(self._machine).local,
            "terminal": SIZE if call.tty else None,
            "script": script.word,
            "python": tuple(int(part) for part in self._machine.system.python.split(".") if part.isdigit()),
        }

    def _version(self, package: str) -> str | None:
        """The version of a Python package on the machine."""
        packages = self._machine.packages
        found = packages.find("pip", package) or packages.find("conda", package)
        return found.version if found is not None else None

    def _text(self, call: Call, name: str) -> str | None:
        """What stands in a text file that the program may read; None where that is not known."""
        files = self._machine.files
        path = files.absolute(name, call.cwd)
        try:
            with call.acting():
                return None if files.is_sized(path) else files.read(path).decode("utf-8")
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
        planned: Plan | None,
        keeps: Callable[[str], bool] = lambda path: False,
    ) -> int:
        source = self._source(script, script.path(call), progress) if script else ""
        follow = self._follow(planned, call, streams, record, script, source)
        io = cast(Io, follow) if follow else streams
        acts = Acts(
            self._machine,
            process,
            call,
            io,
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
        status = await converse(
            backend,
            request,
            acts,
            io,
            record,
            continuations=options.continuations,
            follow=follow,
            tries=options.mends if planned and planned.nodes else 0,
        )
        if isinstance(streams, Tempo):
            await streams.flush()
            if streams.bounds:
                record.bounded, record.bounded_kinds = streams.bounds.replaced, streams.bounds.kinds
            if not status:
                streams.end()
        if acts.failed is not None:
            index, want = acts.failed
            text = out_of_memory(self._machine, index, index, want, script.name if script else "", source)
            await streams.err(text if script else text.rpartition("Error: ")[2])
        if not acts.spent and not (isinstance(streams, Tempo) and streams.credit):
            await streams.strand.sleep(_SMALL)
        return status

    def _follow(
        self, planned: Plan | None, call: Call, streams: Io, record: Answer, script: Script | None, source: str
    ) -> Following | None:
        """The streams that only let pass what the source can print; None where nobody knows what that is."""
        if planned is None:
            return None
        seed = self._seed(call)
        clock = self._machine.clock

        def now(form: str) -> str:
            return clock.local.strftime(form.replace("%L", f"{clock.now % 1 * 1000:03.0f}"))

        values = Between(source, script.args if script else call.args, seed, now)
        return Following(streams, planned, record, values, seed)


def _ranks(count: int, env: Mapping[str, str]) -> dict[str, object]:
    """What the first of ``count`` processes of a launcher is told."""
    told = {"LOCAL_RANK": "0", "RANK": "0", "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count)}
    return {
        "environ": {**env, **told},
        "torch.distributed.get_rank()": 0,
        "torch.distributed.get_world_size()": count,
        "torch.distributed.is_initialized()": True,
    }


def _hint(planned: Plan | None) -> str:
    """What the model is told of the lines that it has to fill in."""
    if planned is None:
        return ""
    asked = thinned(planned)
    lines = hint(asked, 12 if asked is planned else 40, None)
    if lines and asked is not planned:
        lines += "(Print these lines only, each once: all that lies between them is printed for you.)\n"
    return f"{lines}\n({planned.usual})" if lines and planned.usual else lines


def _before(planned: Plan, first: Sequence[Line], training: Training) -> int:
    """How many of a program's first lines, all of them known, it prints before it takes its time."""
    if training.silent(planned):
        return len(first) if certain(planned)[1].nodes else max(len(first) - 1, 0)
    return untimed(planned, first) if training.work is not None else len(first)


async def _print(streams: Io, line: Line) -> None:
    await (streams.out if line.stream == "stdout" else streams.err)(text_of(line))


_BOTH = frozenset({"stdout", "stderr"})
"""A model prints what goes to standard error as it prints the rest; the plan knows where to."""

_BANDWIDTH = 12e6
"""Bytes a second that a data set comes down with, unpacked files counted too."""

_SMALL = 0.05
"""Seconds that a program takes which says nothing about time."""
