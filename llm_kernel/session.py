"""One notebook: a machine, its login shell, the journal, and the running of one cell at a time.

``run_cell`` gives a stream of events. Closing it, or cancelling the task that reads it, interrupts the foreground
program and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from llm_kernel import cell as cells
from llm_kernel import help as helping
from llm_kernel import magics, syntax
from llm_kernel.events import Ask, Event, Exit
from llm_kernel.journal import Entry, Journal
from llm_kernel.machine import Machine
from llm_kernel.model.choice import Models
from llm_kernel.output import Output
from llm_kernel.programs.answer import READERS
from llm_kernel.programs.emulated import Emulator, Options
from llm_kernel.programs.find import Programs
from llm_kernel.programs.metas import Metas, summary
from llm_kernel.programs.opening import opening
from llm_kernel.programs.pure import Terminal
from llm_kernel.programs.python_exact import Python
from llm_kernel.programs.table import EXACT
from llm_kernel.provenance import Answer
from llm_kernel.python import Limits as Bounds
from llm_kernel.shell.bash import OURS, OUTDONE, Limits, Shell, State, Streams, environment
from llm_kernel.shell.call import Call, Io
from llm_kernel.timeline import Pace, Timeline

__all__ = ["Session", "Setup"]


@dataclass(frozen=True, slots=True)
class Setup:
    """A session's settings; ``output`` is the most characters that one cell shows, ``meta_tokens`` bounds a script.

    ``pace`` is the machine's seconds shown in a real one, 0 at once, None a rhythm where somebody watches; ``watch``
    and ``cell`` bound the machine's seconds of a program that repeats itself and of a cell; ``python`` bounds the
    programs that are computed.
    """

    physics: str = "exact"
    unknown: str = "hint"
    output: int = 2_000_000
    meta_tokens: int = 4096
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    python: Bounds = field(default_factory=Bounds)
    pace: float | None = 0.0
    watch: float = 600.0
    cell: float = 6 * 3600.0


class Session:
    """``wall`` gives the host's seconds where the machine's clock flows with real time; None: it is stepped."""

    def __init__(
        self, machine: Machine, models: Models, setup: Setup = Setup(), *, wall: Callable[[], float] | None = None
    ) -> None:
        self.machine = machine
        self.models = models
        self.setup = setup
        self.journal = Journal()
        self.answers: list[Answer] = []
        self.before: list[Answer] = []
        self.ledger: list[Answer] = []
        self._wall = wall
        self._left = wall() if wall else 0.0
        self._output: Output | None = None
        self._told = ""
        self.timeline = Timeline(machine.clock, stepped=wall is None)
        self.timeline.watch_limit, self.timeline.cell_limit = setup.watch, setup.cell
        self._front = self.timeline.strand(front=True)
        self._emulator = Emulator(machine, models, self.journal, setup.options, limits=setup.limits)
        self._python = Python(machine, limits=setup.python)
        self._programs = Programs(
            machine,
            self._emulator,
            stop=self._stop,
            script=self._script,
            python=self._python,
            front=self._front,
            ask_all=setup.unknown == "ask",
        )
        self._metas = Metas(
            machine, models, self.journal, limits=setup.limits, tokens=setup.meta_tokens, seed=setup.options.seed
        )
        self._shell = self._new_shell()
        self._pure = Terminal(machine, models, self.journal, setup.options, setup.limits, self._front)

    # -- a cell -------------------------------------------------------------------------------------------------

    async def run_cell(
        self, code: str, *, silent: bool = False, store_history: bool = True, allow_stdin: bool = False
    ) -> AsyncGenerator[Event, str | None]:
        """Run one cell; the last event is its ``Exit``. An ``Ask`` is answered by ``asend(line)``.

        Raises:
            ImaginedMachineError: where the fault is ours or the model's; what was shown before stays true.
        """
        screen = self._output = Output(self.setup.output, allow_stdin)
        self._begin(allow_stdin)
        task = asyncio.create_task(self._cell(code, screen))
        task.add_done_callback(lambda _: screen.queue.put_nowait(None))
        try:
            while (event := await screen.queue.get()) is not None:
                answer = yield event
                if isinstance(event, Ask):
                    screen.answer(answer)
            yield Exit(task.result())
        finally:
            if not task.done():
                task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()
            self._end()

    def _begin(self, watched: bool) -> None:
        rate = self.setup.pace
        rhythm = Pace(1.0, _RHYTHM) if watched else Pace()
        self.timeline.pace = rhythm if rate is None else Pace(rate)
        self.answers = []
        self._programs.records = self.answers
        self._programs.fault = None
        self._front.open()
        self.machine.clock.mark()

    async def _elapse(self) -> None:
        """Let the time since the last cell pass, and happen what happens in it."""
        pace, self.timeline.pace = self.timeline.pace, Pace()
        typing = _TYPING if self.timeline.busy else 0.0
        await self._front.sleep(max(0.0, self._wall() - self._left) if self._wall else typing)
        self.timeline.pace, self._front.spent = pace, 0.0

    def _end(self) -> None:
        self._front.close()
        self._shell.jobs.leave()
        self.ledger += [answer for answer in self.answers if answer.by in ("model", "tape")]
        if self._wall:
            self._left = self._wall()

    async def _cell(self, code: str, screen: Output) -> int:
        parts = cells.parse(code)
        try:
            self._shell.jobs.begin(screen)
            await self._elapse()
            status = await self._parts(parts, screen)
            await self._shell.jobs.notice()
            return status
        finally:
            if any(not isinstance(part, cells.Magic) for part in parts):
                self.before = self.answers

    async def _parts(self, parts: cells.Cell, screen: Output) -> int:
        status = 0
        for number, part in enumerate(parts):
            match part:
                case cells.Shell(text):
                    status, goes_on = await self._commands(text, screen, last=number == len(parts) - 1)
                    if not goes_on:
                        break
                case cells.Meta(instruction):
                    status = await self._instruct(instruction, screen)
                case cells.Magic():
                    status = await magics.run(self, part, screen)
        await screen.flush()
        return status

    async def _commands(self, text: str, screen: Output, *, last: bool) -> tuple[int, bool]:
        """Run shell text; its status, and whether the cell goes on behind it."""
        screen.take()
        if self.setup.physics == "pure":
            record = Answer(text.strip(), "model")
            self.answers.append(record)
            status, goes_on = await self._pure.run(text, record, screen.out, screen.err), True
            self._shell.status = status
        else:
            status, goes_on = await self._in_shell(text, screen, last=last)
        self.journal.add(Entry(text.strip()[:2000], screen.take(), status))
        if self._programs.fault:
            await screen.flush()
            raise self._programs.fault
        return status, goes_on

    async def _in_shell(self, text: str, screen: Output, *, last: bool) -> tuple[int, bool]:
        self._reached = last
        self._programs.text = text
        if self.machine.files.latents():
            imagination = self._programs.imagination
            said, ready = await imagination.foresee(text, self._shell.state().cwd, self._front)
            await screen.err(said.encode())
            if not ready:
                self._shell.status = 1
                return 1, False
        script = text if last else f"{text}\n{_REACHED} $?"
        status = await self._shell.run(script, screen.out, screen.err, typed=text)
        return status, self._reached

    async def _instruct(self, instruction: str, screen: Output) -> int:
        wish, command = opening(instruction)
        status = 0
        if wish:
            record = Answer(f"%meta {wish}", "model")
            self.answers.append(record)
            where = await self.where()
            outcome = await self._metas.run(wish, record, cwd=where.cwd, env=environment(self.machine))
            lines = summary(outcome, where.cwd)
            await screen.out("".join(f"{line}\n" for line in lines).encode())
            await screen.out(outcome.said.encode())
            await self.settle(outcome.cwd, dict(outcome.exports))
            self.journal.add(Entry(wish, outcome.said, 0, tuple(lines), meta=True))
        if command:
            status, _ = await self._commands(command, screen, last=True)
        return status

    # -- the shell ----------------------------------------------------------------------------------------------

    def _new_shell(self) -> Shell:
        names = [name for name in EXACT if name not in OURS or name in OUTDONE]
        env = environment(self.machine)
        ours = [*names, _REACHED]
        shell = Shell(
            self.machine,
            self._program,
            ours=ours,
            cwd=env["HOME"],
            env=env,
            limits=self.setup.limits,
            strand=self._front,
            readers=READERS,
        )
        shell.know(self.machine.packages.all_commands())
        shell.ask, shell.listens = self._ask, self._listens
        return shell

    async def _program(self, call: Call, streams: Streams) -> int:
        if call.name == _REACHED:
            self._reached = True
            return int(call.args[0])
        return await self._programs(call, streams)

    async def _script(self, call: Call, streams: Io, path: str) -> int:
        """Run a shell script file in a shell of its own, as fork and exec would."""
        shell = Shell(
            self.machine,
            self._program,
            ours=self._shell.registered,
            cwd=call.cwd,
            env=dict(call.env),
            limits=self.setup.limits,
            strand=streams.strand,
            readers=READERS,
        )
        shell.ask = self._ask if streams.strand is self._front else None
        text = self.machine.files.read(path).decode("utf-8", "replace")
        words = " ".join("'" + arg.replace("'", "'\\''") + "'" for arg in call.args)
        shell.know(syntax.names(text))
        return await shell.run(f"bash {path!r} {words}", streams.out, streams.err)

    async def _stop(self) -> None:
        await self._shell.stop()

    async def where(self) -> State:
        """The shell's directory, variables, aliases and functions."""
        if self.setup.physics == "pure":
            return self._pure.state()
        return self._shell.state()

    async def settle(self, cwd: str = "", exports: dict[str, str] | None = None) -> None:
        """Let the login shell follow a changed machine: its name, its user, its path; then go to ``cwd``."""
        await self._shell.follow(cwd, exports or {})
        self._shell.know([*self.machine.packages.all_commands()])
        if self.setup.physics == "pure":
            await self._pure.follow(cwd, exports or {})

    def _listens(self) -> bool:
        return self._output is not None and self._output.asks

    async def _ask(self, prompt: str, hidden: bool) -> str | None:
        assert self._output is not None
        return await self._output.ask(prompt, hidden)

    def waiting(self, state: str, done: int, total: int) -> None:
        """Tell the person at the keyboard how far the embedded model is; a batch run only has it in its log."""
        text = _WAITING.get(state, "").format(done / 1e9, total / 1e9)
        if text == self._told or self._output is None:
            return
        self._told = text
        _log.info(text.strip())
        self._output.tell(text)

    # -- help at the keyboard -----------------------------------------------------------------------------------

    async def is_complete(self, code: str) -> tuple[str, str]:
        """Whether the cell can run: complete, incomplete (with an indent) or invalid."""
        return helping.is_complete(code)

    async def complete(self, code: str, cursor: int) -> helping.Completion:
        """What the word at the cursor could become."""
        return helping.complete(self.machine, await self.where(), magics.NAMES, code, cursor)

    async def inspect(self, code: str, cursor: int, detail: int = 0) -> dict[str, str]:
        """What the word at the cursor is, by MIME type."""
        return helping.inspect(self.machine, await self.where(), magics.MAGICS, code, cursor)

    def report(self) -> dict[str, Any]:
        """Who answered the last cell, and what it cost."""
        return {"answers": [answer.to_json() for answer in self.answers]}

    async def close(self) -> None:
        """End the background jobs and give back the model's connections."""
        await self._shell.jobs.end()
        for task in list(self.timeline.tails):
            task.cancel()
        await self._python.close()
        await self.models.close()


_RHYTHM = 10.0
"""Real seconds that a cell takes at most to show how time passes in it, where nobody set a pace."""

_TYPING = 0.01
"""Seconds that pass on a stepped clock before a cell: jobs that were just started get to run."""

_REACHED = "__llm_kernel_reached"

_WAITING = {
    "fetching": "\rfetching the embedded model, once: {:.2f} of {:.2f} GB",
    "loading": "\rloading the embedded model, which takes some seconds \n",
}

_log = logging.getLogger(__name__)
