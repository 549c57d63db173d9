"""One notebook: a machine, its login shell, the journal, and the running of one cell at a time.

``run_cell`` gives a stream of events. Closing it, or cancelling the task that reads it, interrupts the foreground
program and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from llm_kernel import cell as cells
from llm_kernel import help as helping
from llm_kernel import magics
from llm_kernel.account import take_account, to_account
from llm_kernel.errors import CellError, StateError, StoreError, TapeError
from llm_kernel.events import Ask, Event, Exit, Text
from llm_kernel.journal import Entry, Journal
from llm_kernel.keeping import keep, moved, read, take
from llm_kernel.machine import Clock, Machine
from llm_kernel.magics.moments import CHANGING
from llm_kernel.model.choice import Models
from llm_kernel.moments import Moments, Target
from llm_kernel.output import Output
from llm_kernel.programs.metas import summary
from llm_kernel.programs.opening import opening
from llm_kernel.provenance import Answer, sums
from llm_kernel.shell.bash import State
from llm_kernel.store import Moment, Step
from llm_kernel.timeline import Pace, Timeline
from llm_kernel.world import Setup, World

__all__ = ["Session", "Setup"]


class Session:
    """``wall`` gives the host's seconds where the machine's clock flows with real time; None: it is stepped.

    ``moments`` opens the place where each cell's end is kept; without one, there is no way back. ``clock`` makes the
    clock of another machine.
    """

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
        self.setup = setup
        self.answers: list[Answer] = []
        self.before: list[Answer] = []
        self.ledger: list[Answer] = []
        self._wall = wall
        self._left = wall() if wall else 0.0
        self._output: Output | None = None
        self._told = ""
        self._said = ""
        self.outputs: deque[tuple[int, str, str]] = deque(maxlen=_OUTPUTS)
        """What the newest cells showed: their number in the history, their text, the end of their output."""
        self._open = moments
        self._clock = clock
        self._seed = machine.seed
        self._parsed: cells.Cell = ()
        self._arriving = asyncio.Lock()
        self._arrived = False
        self._greeting = ""
        self._leaving: set[asyncio.Future[None]] = set()
        self._moments: Moments | None = None
        self.world = World(machine, models, setup, self, stepped=wall is None, journal=Journal())

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
        await self.arrive()
        screen = self._output = Output(self.setup.output, allow_stdin)
        self._begin(allow_stdin)
        task = asyncio.create_task(self._cell(code, screen))
        task.add_done_callback(lambda _: screen.queue.put_nowait(None))
        try:
            while (event := await screen.queue.get()) is not None:
                answer = yield event
                if isinstance(event, Ask):
                    screen.answer(answer)
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
            if self._output is not None:
                self._end()
                kept = asyncio.ensure_future(self._remember(code))
                await _through(kept)
                kept.result()
                self._show(code)

    def _begin(self, watched: bool) -> None:
        rate = self.setup.pace
        rhythm = Pace(1.0, _RHYTHM) if watched else Pace()
        self.timeline.pace = rhythm if rate is None else Pace(rate)
        self.answers, self._told = [], ""
        self.world.programs.records = self.answers
        self.world.programs.fault = None
        self.world.front.open()
        self.machine.clock.mark()

    async def _elapse(self) -> None:
        """Let the time since the last cell pass, and happen what happens in it."""
        pace, self.timeline.pace = self.timeline.pace, Pace()
        typing = _TYPING if self.timeline.busy else 0.0
        await self.world.front.sleep(max(0.0, self._wall() - self._left) if self._wall else typing)
        self.timeline.pace, self.world.front.spent = pace, 0.0

    def _end(self) -> None:
        self._said, self._output = self._output.said if self._output else "", None
        self.world.front.close()
        self.world.shell.jobs.leave()
        self.ledger += [answer for answer in self.answers if answer.by in ("model", "tape")]
        if self._wall:
            self._left = self._wall()

    async def _cell(self, code: str, screen: Output) -> int:
        self._parsed = ()
        parts = self._parsed = cells.parse(code)
        try:
            self.world.shell.jobs.begin(screen)
            greeting, self._greeting = self._greeting, ""
            await screen.out(greeting.encode())
            await self._elapse()
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
            outcome, cwd = await self.world.instruct(wish, record)
            lines = summary(outcome, cwd)
            await screen.out("".join(f"{line}\n" for line in lines).encode())
            await screen.out(outcome.said.encode())
            await self.settle(outcome.cwd, dict(outcome.exports))
            wrote = tuple(change.path for change in outcome.changes if change.kind != "-")
            self.journal.add(Entry(wish, outcome.said, 0, tuple(lines), meta=True, wrote=wrote))
        if command:
            status, _ = await self._commands(command, screen, last=True)
        return status

    # -- moments ------------------------------------------------------------------------------------------------

    @property
    def moments(self) -> Moments:
        """The steps of this notebook.

        Raises:
            CellError: where none are kept.
        """
        if self._moments is None:
            raise CellError(f"this notebook keeps no snapshots. {self._greeting}".strip())
        return self._moments

    async def arrive(self) -> None:
        """Open the steps of this notebook; where the kernel before was cut off, its machine comes back."""
        async with self._arriving:
            if self._arrived or self._open is None:
                return
            self._arrived = True
            try:
                self._moments = self._open()
                self._greeting = await self._come_back(self._moments)
            except (StateError, StoreError) as error:
                self._greeting += f"[no snapshots are kept: {error}]\n"

    async def _come_back(self, moments: Moments) -> str:
        """What is said of it."""
        line = moments.line
        step = line.predecessor if line.cut or line.shared else None
        if step is None:
            moments.add("start", "", await self.moment())
            return ""
        try:
            moment = moments.store.load(step)
            await self._become(moment)
            self.ledger = take_account(self.models, read(moment, "account"))
        except (StateError, TapeError) as error:
            moments.begin([])
            moments.add("start", "", await self.moment())
            return f"[the machine of before could not be brought back, this is a fresh one: {error}]\n"
        moments.add("back", step.label, await self.moment())
        after = f"`{step.label}`" if step.label else "its start"
        if line.shared:
            beside = "another kernel has this notebook open: this one goes on in a branch of its own"
            return f"[{beside}, from {after}; %fresh begins anew]\n"
        return f"[the machine is back as it was after {after}; %fresh begins anew]\n"

    async def moment(self) -> Moment:
        """This notebook now, with what it has spent."""
        if self._output is None:
            await self.world.rest()
        moment = await keep(self.world)
        account = json.dumps(to_account(self.models, self.ledger))
        return Moment({**moment.parts, "account": account}, moment.files)

    async def _become(self, moment: Moment) -> None:
        """Let the machine, its shell and its jobs be those of ``moment``.

        Raises:
            StateError: for a moment that cannot be used; all is as before then.
        """
        before = self.world if self.world.still else None
        stepped = self._wall is None
        self._change(await take(moment, self.models, self.setup, self, self._clock(), stepped=stepped, before=before))

    def _change(self, world: World) -> None:
        """Go on in another world, in the middle of a cell too."""
        before, self.world = self.world, world
        self._leaving.add(closing := asyncio.ensure_future(before.close()))
        closing.add_done_callback(self._leaving.discard)
        before.front.close()
        if self._output is not None:
            world.timeline.pace = before.timeline.pace
            world.programs.records = self.answers
            world.front.open()
            world.shell.jobs.begin(self._output)
        if self._wall:
            self._left = self._wall()

    async def go(self, target: Target, kind: str, label: str) -> None:
        """Go to the moment of ``target``, as one step.

        Raises:
            StateError: for a moment that cannot be used; all is as before then.
        """
        await self._become(self.moments.store.load(target.step))
        self.moments.branch = target.branch
        self.moments.add(kind, label, await self.moment())

    async def keep_now(self, name: str, *, kind: str = "save") -> Step:
        """Give this moment a name, with what the cell that runs now has done so far.

        Raises:
            CellError: for a name that is none, or where nothing can be kept.
        """
        moments = self.moments
        moments.add(f"{kind} {name}", moments.last.label if moments.last else "", await self.moment())
        return moments.save(name, kind=kind)

    async def physics(self, name: str) -> None:
        """Let the same machine answer by other physics, ``exact`` or ``pure``, from now on."""
        moment = await keep(self.world)
        self.setup = replace(self.setup, physics=name)
        await self._become(moment)

    async def fresh(self) -> None:
        """Begin on a new machine, as one step."""
        machine = Machine(self._clock(), seed=self._seed)
        self._change(World(machine, self.models, self.setup, self, stepped=self._wall is None, journal=Journal()))
        self.moments.branch = ""
        self.moments.add("fresh", "%fresh", await self.moment())

    async def _remember(self, code: str) -> str:
        """Keep this moment, where the cell can have changed something; what went wrong with it."""
        moments, parts = self._moments, self._parsed
        if moments is None:
            return ""
        try:
            if any(not isinstance(part, cells.Magic) for part in parts):
                now, before = await self.moment(), moments.newest
                moments.add("cell", code.strip(), now, forced=before is None or moved(before, now))
            elif any(part.name in CHANGING for part in parts if isinstance(part, cells.Magic)):
                moments.add("set", code.strip(), await self.moment())
        except StateError as error:
            moments.trouble = f"this cell was not saved: {error}"
        trouble, moments.trouble = moments.trouble, ""
        return trouble

    def _show(self, code: str) -> None:
        """Keep what the cell showed, for who wants to see it drawn."""
        if self._said:
            number = len(self._moments.steps) if self._moments else 0
            self.outputs.append((number, code.strip(), self._said))
            self._said = ""

    # -- the desk -----------------------------------------------------------------------------------------------

    async def where(self) -> State:
        """The shell's directory, variables, aliases and functions."""
        return await self.world.where()

    async def settle(self, cwd: str = "", exports: dict[str, str] | None = None) -> None:
        """Let the login shell follow a changed machine: its name, its user, its path; then go to ``cwd``."""
        await self.world.settle(cwd, exports)

    def listens(self) -> bool:
        """Whether somebody can be asked now."""
        return self._output is not None and self._output.asks

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that is typed at the keyboard; None at end of file."""
        assert self._output is not None
        return await self._output.ask(prompt, hidden)

    def waiting(self, state: str, done: int, total: int) -> None:
        """Tell the person at the keyboard how far the embedded model is; a batch run only has it in its log."""
        text = _place(done) if state == "waiting" else _WAITING.get(state, "").format(done / 1e9, total / 1e9)
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
        return {
            "answers": [answer.to_json() for answer in self.answers],
            "usage": [row.to_json() for row in sums(self.ledger)],
            **self.models.report(),
        }

    async def close(self, *, restart: bool = False) -> None:
        """End the background jobs and give back the model's connections; ``restart``: the user asked for a new kernel.

        What was kept stays: a kernel that comes after a restart begins anew, any other goes on from there.
        """
        if self._moments is not None:
            moments, self._moments = self._moments, None
            moments.end(restart=restart)
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self.world.close()
        await self.models.close()


_OUTPUTS = 20
"""How many cells' outputs are kept."""

_RHYTHM = 10.0
"""Real seconds that a cell takes at most to show how time passes in it, where nobody set a pace."""

_TYPING = 0.01
"""Seconds that pass on a stepped clock before a cell: jobs that were just started get to run."""

_WAITING = {
    "fetching": "\rfetching the embedded model, once: {:.2f} of {:.2f} GB",
    "loading": "\rloading the embedded model, which takes some seconds \n",
}


def _place(number: int) -> str:
    """The place in a shared server's queue, written over the one before; nothing for who is served."""
    if not number:
        return f"\r{' ' * _WIDTH}\r"
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"\r{f'waiting, {number}{ending}':{_WIDTH}}"


_WIDTH = 16
"""Columns that the longest word of a place takes."""

_log = logging.getLogger(__name__)


async def _through(task: asyncio.Future[Any]) -> None:
    """Wait for a cell's end, whatever else interrupts it: the next one finds the machine at rest."""
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
