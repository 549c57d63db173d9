"""One notebook: a machine, its login shell, the journal, and the running of one cell at a time.

``run_cell`` gives a stream of events. Closing it, or cancelling the task that reads it, interrupts the foreground
program and nothing else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any

from llm_kernel import cell as cells
from llm_kernel import help as helping
from llm_kernel import magics
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Ask, Event, Exit, Text
from llm_kernel.journal import Entry, Journal
from llm_kernel.life import Life
from llm_kernel.machine import Clock, Machine
from llm_kernel.magics.moments import CHANGING
from llm_kernel.model.choice import Models
from llm_kernel.moments import Moments
from llm_kernel.output import Output
from llm_kernel.programs.metas import summary
from llm_kernel.programs.opening import opening
from llm_kernel.provenance import Answer, sums
from llm_kernel.seat import Seat
from llm_kernel.shell.limits import State
from llm_kernel.timeline import Pace, Timeline
from llm_kernel.world import Setup, World

__all__ = ["Session", "Setup"]


class Session:
    """``wall``, ``moments`` and ``clock`` are those of its ``life``, in which it goes from one world to another."""

    def __init__(
        self,
        machine: Machine,
        models: Models,
        setup: Setup = Setup(),
        *,
        wall: Callable[[], float] | None = None,
        moments: Callable[[], Moments] | None = None,
        clock: Callable[[], Clock] = Clock,
    ) -> None:
        self.models = models
        self.answers: list[Answer] = []
        self.before: list[Answer] = []
        self.outputs: deque[tuple[int, str, str]] = deque(maxlen=_OUTPUTS)
        """What the newest cells showed: their number in the history, their text, the end of their output."""
        self._seat = Seat()
        self._said = ""
        self._parsed: cells.Cell = ()
        self.life = Life(machine, models, setup, self._seat, wall=wall, moments=moments, clock=clock)

    @property
    def setup(self) -> Setup:
        """Its settings."""
        return self.life.setup

    @property
    def world(self) -> World:
        """The world of the moment."""
        return self.life.world

    @property
    def machine(self) -> Machine:
        """The machine of the moment."""
        return self.world.machine

    @property
    def journal(self) -> Journal:
        """What happened on it."""
        return self.world.journal

    @property
    def timeline(self) -> Timeline:
        """Its time."""
        return self.world.timeline

    # -- a cell -------------------------------------------------------------------------------------------------

    async def run_cell(
        self, code: str, *, silent: bool = False, store_history: bool = True, allow_stdin: bool = False
    ) -> AsyncGenerator[Event, str | None]:
        """Run one cell; the last event is its ``Exit``. An ``Ask`` is answered by ``asend(line)``.

        Raises:
            ImaginedMachineError: where the fault is ours or the model's; what was shown before stays true.
        """
        code = cells.sound(code)
        await self.life.arrive()
        screen = Output(self.setup.output, allow_stdin)
        self._begin(screen)
        task = asyncio.create_task(self._cell(code, screen))
        task.add_done_callback(lambda _: screen.queue.put_nowait(None))
        try:
            while (event := await screen.queue.get()) is not None:
                answer = yield event
                if isinstance(event, Ask):
                    screen.answer(cells.sound(answer) if answer else answer)
            self._end()
            if trouble := await self._remember(code):
                yield Text("stderr", f"[{trouble}]\n")
            self._show(code)
            yield Exit(task.result())
        finally:
            if not task.done():
                task.cancel()
            await _through(task)
            if not task.cancelled():
                task.exception()
            if self._seat.output is not None:
                self._end()
                kept = asyncio.ensure_future(self._remember(code))
                await _through(kept)
                kept.result()
                self._show(code)

    def _begin(self, screen: Output) -> None:
        self._seat.take(screen)
        rate = self.setup.pace
        rhythm = Pace(1.0, _RHYTHM) if screen.asks else Pace()
        self.timeline.pace = rhythm if rate is None else Pace(rate)
        self.answers = []
        self.world.programs.records = self.answers
        self.world.programs.fault = None
        self.world.front.open()
        self.machine.clock.mark()

    def _end(self) -> None:
        self._said = self._seat.leave()
        self.world.front.close()
        self.world.shell.jobs.leave()
        self.life.ledger += [answer for answer in self.answers if answer.by in ("model", "tape")]
        self.life.pause()

    async def _cell(self, code: str, screen: Output) -> int:
        self._parsed = ()
        parts = self._parsed = cells.parse(code)
        try:
            self.world.shell.jobs.begin(screen)
            await screen.out(self.life.greeting().encode())
            await self.life.elapse()
            status = await self._parts(parts, screen)
            await self.world.shell.jobs.notice()
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
        return await self.world.command(text, screen, self.answers.append, last=last)

    async def _instruct(self, instruction: str, screen: Output) -> int:
        wish, command = opening(instruction)
        status = 0
        if wish:
            record = Answer(f"%meta {wish}", "model")
            self.answers.append(record)
            try:
                outcome, cwd = await self.world.instruct(wish, record)
            except ImaginedMachineError as fault:
                record.fail(fault)
                raise
            lines = summary(outcome, cwd)
            await screen.out("".join(f"{line}\n" for line in lines).encode())
            await screen.out(outcome.said.encode())
            await self.settle(outcome.cwd, dict(outcome.exports))
            wrote = tuple(change.path for change in outcome.changes if change.kind != "-")
            self.journal.add(Entry(wish, outcome.said, 0, tuple(lines), meta=True, wrote=wrote))
        if command:
            status, _ = await self._commands(command, screen, last=True)
        return status

    async def _remember(self, code: str) -> str:
        """Keep this moment, where the cell can have changed something; what went wrong with it."""
        parts = self._parsed
        if any(not isinstance(part, cells.Magic) for part in parts):
            return await self.life.remember("cell", code.strip())
        if any(part.name in CHANGING for part in parts if isinstance(part, cells.Magic)):
            return await self.life.remember("set", code.strip())
        return self.life.trouble()

    def _show(self, code: str) -> None:
        """Keep what the cell showed, for who wants to see it drawn."""
        if self._said:
            self.outputs.append((self.life.number, code.strip(), self._said))
            self._said = ""

    # -- the person ---------------------------------------------------------------------------------------------

    async def where(self) -> State:
        """The shell's directory, variables, aliases and functions."""
        return await self.world.where()

    async def settle(self, cwd: str = "", exports: dict[str, str] | None = None) -> None:
        """Let the login shell follow a changed machine: its name, its user, its path; then go to ``cwd``."""
        await self.world.settle(cwd, exports)

    def waiting(self, state: str, done: int, total: int) -> None:
        """Tell the person at the keyboard how far the embedded model is."""
        self._seat.waiting(state, done, total)

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
        """Who answered the last cell, and what it cost; the first of each kind of our faults, those of jobs too."""
        faults: dict[str, str] = {}
        for one in self.life.ledger:
            if one.fault:
                faults.setdefault(one.fault, f"{one.command}: {one.note}")
        return {
            "answers": [answer.to_json() for answer in self.answers],
            "usage": [row.to_json() for row in sums(self.life.ledger)],
            "faults": faults,
            **self.models.report(),
        }

    async def close(self, *, restart: bool = False) -> None:
        """End the background jobs and give back the model's connections; ``restart``: the user asked for it."""
        await self.life.end(restart=restart)
        await self.models.close()


_OUTPUTS = 20
"""How many cells' outputs are kept."""

_RHYTHM = 10.0
"""Real seconds that a cell takes at most to show how time passes in it, where nobody set a pace."""


async def _through(task: asyncio.Future[Any]) -> None:
    """Wait for a cell's end, whatever else interrupts it: the next one finds the machine at rest."""
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
