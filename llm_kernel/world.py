"""One machine and all that lives on it: its time, its login shell, the programs that run there.

A session has one world at a time; going back to an earlier moment is to take another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal, Protocol

from llm_kernel import syntax
from llm_kernel.journal import Entry, Journal
from llm_kernel.machine import Machine
from llm_kernel.model.choice import Models
from llm_kernel.output import Output
from llm_kernel.programs.answer import READERS
from llm_kernel.programs.emulated import Emulator, Options
from llm_kernel.programs.find import Programs
from llm_kernel.programs.metas import Metas, Outcome
from llm_kernel.programs.pure import Terminal
from llm_kernel.programs.python_exact import Python
from llm_kernel.programs.remembered import look, named, writes, written
from llm_kernel.programs.table import EXACT
from llm_kernel.provenance import Answer
from llm_kernel.python import Limits as Bounds
from llm_kernel.shell.bash import Shell
from llm_kernel.shell.beginning import environment
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.channel import Streams
from llm_kernel.shell.limits import Limits, State
from llm_kernel.shell.words import OURS, OUTDONE
from llm_kernel.timeline import Timeline
from llm_kernel.tokens import quoted

__all__ = ["Desk", "Setup", "World"]


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


class Desk(Protocol):
    """Where the person sits who uses the machine."""

    def listens(self) -> bool:
        """Whether somebody can be asked now."""
        ...

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that is typed; None at end of file."""
        ...


class World:
    """``stepped``: no real time passes on ``machine``'s clock; ``journal`` is what happened on it before.

    ``cwd`` is where its login shell begins; empty: at home.
    """

    def __init__(
        self,
        machine: Machine,
        models: Models,
        setup: Setup,
        desk: Desk,
        *,
        stepped: bool,
        journal: Journal,
        cwd: str = "",
    ) -> None:
        self.machine = machine
        self.journal = journal
        self.setup = setup
        self._desk = desk
        self.timeline = Timeline(machine.clock, stepped=stepped)
        self.timeline.watch_limit, self.timeline.cell_limit = setup.watch, setup.cell
        self.timeline.stop = self._stop
        self.front = self.timeline.strand(front=True)
        self.emulator = Emulator(machine, models, journal, setup.options, limits=setup.limits)
        self._python = Python(machine, limits=setup.python)
        self.programs = Programs(
            machine,
            self.emulator,
            stop=self._stop,
            script=self._script,
            python=self._python,
            front=self.front,
            journal=journal,
            ask_all=setup.unknown == "ask",
        )
        self._metas = Metas(
            machine,
            models,
            journal,
            limits=setup.limits,
            tokens=setup.meta_tokens,
            seed=setup.options.seed,
            prompt=setup.options.prompt,
        )
        self.shell = self._new_shell(cwd)
        self.terminal = Terminal(machine, models, journal, setup.options, setup.limits, self.front)
        self._reached = False
        self.tuned: dict[str, str] | None = None
        """The tunables that were set, as they were last looked at; None: one may be another since."""

    # -- what is asked of it ------------------------------------------------------------------------------------

    async def command(
        self, text: str, screen: Output, record: Callable[[Answer], None], *, last: bool
    ) -> tuple[int, bool]:
        """Run shell text; its status, and whether the cell goes on behind it.

        Raises:
            ImaginedMachineError: where the fault is the model's; what was shown before stays true.
        """
        screen.take()
        self.tuned = None if "/proc" in text else self.tuned
        pure = self.setup.physics == "pure"
        cwd = (await self.where()).cwd if pure or writes(text) else ""
        before = look(self.machine, cwd) if cwd else {}
        self.journal.begin()
        if pure:
            answer = Answer(text.strip(), "model")
            record(answer)
            status, goes_on = await self.terminal.run(text, answer, screen.out, screen.err), True
            self.shell.status = status
        else:
            status, goes_on = await self._in_shell(text, screen, last=last)
        wrote = written(before, look(self.machine, cwd)) if cwd else ()
        reads = named(text, cwd, before, wrote) if wrote else ()
        by: Literal["model", "exact"] = "model" if pure else "exact"
        self.journal.saw(Entry(text.strip(), screen.take(), status, by=by, reads=reads, wrote=wrote))
        if self.programs.fault:
            await screen.flush()
            raise self.programs.fault
        return status, goes_on

    async def _in_shell(self, text: str, screen: Output, *, last: bool) -> tuple[int, bool]:
        self._reached = last
        self.programs.text = text
        if self.machine.files.latents():
            imagination = self.programs.imagination
            said, ready = await imagination.foresee(text, self.shell.state().cwd, self.front)
            await screen.err(said.encode())
            if not ready:
                self.shell.status = 1
                return 1, False
        script = text if last else f"{text}\n{_REACHED} $?"
        status = await self.shell.run(script, screen.out, screen.err, typed=text)
        return status, self._reached

    async def instruct(self, wish: str, record: Answer) -> tuple[Outcome, str]:
        """Let the machine become what ``wish`` says; what came of it, and the directory that it was said in."""
        where = await self.where()
        outcome = await self._metas.run(wish, record, cwd=where.cwd, env=environment(self.machine))
        return outcome, where.cwd

    def login(self) -> Shell:
        """The shell that the user types into."""
        return self.terminal.shell if self.setup.physics == "pure" else self.shell

    async def where(self) -> State:
        """The shell's directory, variables, aliases and functions."""
        if self.setup.physics == "pure":
            return self.terminal.state()
        return self.shell.state()

    async def settle(self, cwd: str = "", exports: dict[str, str] | None = None) -> None:
        """Let the login shell follow a changed machine: its name, its user, its path; then go to ``cwd``."""
        self.tuned = None
        await self.shell.follow(cwd, exports or {})
        self.shell.know([*self.machine.packages.all_commands()])
        if self.setup.physics == "pure":
            await self.terminal.follow(cwd, exports or {})

    @property
    def still(self) -> bool:
        """Whether nobody lives here but who types: no job, and nothing on its way to the screen."""
        alone = all(one is self.front for one in self.timeline.strands)
        return alone and not self.timeline.tails and not self.shell.jobs.busy

    async def rest(self) -> None:
        """Wait until what jobs do at this instant is done, as far as that is soon."""
        late = monotonic() + _SOON
        while any(not (one.resting or one.abroad) for one in self.timeline.strands) and monotonic() < late:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        if self.timeline.strands:
            await asyncio.sleep(0.001)  # what was written comes in

    async def close(self) -> None:
        """End the background jobs."""
        await self.shell.jobs.end()
        for task in list(self.timeline.tails):
            task.cancel()
        await self._python.close()

    # -- the shell ----------------------------------------------------------------------------------------------

    def _new_shell(self, cwd: str) -> Shell:
        names = [name for name in EXACT if name not in OURS or name in OUTDONE]
        env = environment(self.machine)
        shell = Shell(
            self.machine,
            self._program,
            ours=[*names, _REACHED],
            cwd=cwd or env["HOME"],
            env=env,
            limits=self.setup.limits,
            strand=self.front,
            readers=READERS,
        )
        shell.know(self.machine.packages.all_commands())
        shell.ask, shell.listens = self._desk.ask, self._desk.listens
        return shell

    async def _program(self, call: Call, streams: Streams) -> int:
        if call.name == _REACHED:
            self._reached = True
            return int(call.args[0])
        if call.name == "sysctl":
            self.tuned = None
        return await self.programs(call, streams)

    async def _script(self, call: Call, streams: Io, path: str) -> int:
        """Run a shell script file in a shell of its own, as fork and exec would."""
        shell = Shell(
            self.machine,
            self._program,
            ours=self.shell.registered,
            cwd=call.cwd,
            env=dict(call.env),
            limits=self.setup.limits,
            strand=streams.strand,
            readers=READERS,
        )
        shell.ask = self._desk.ask if streams.strand is self.front else None
        text = self.machine.files.read(path).decode("utf-8", "replace")
        words = " ".join(map(quoted, call.args))
        shell.know(syntax.names(text))
        return await shell.run(f"bash {path!r} {words}", streams.out, streams.err)

    async def _stop(self, status: int = 1) -> None:
        await self.shell.stop(status)


_SOON = 0.05
"""Real seconds that a cell's end waits for jobs that compute."""

_REACHED = "__llm_kernel_reached"
