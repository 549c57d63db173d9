"""The life of one kernel on a notebook: the world that it is in, and the moments that it goes back and forth between.

Going to another moment is to go on in another world; nothing is run on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from llm_kernel.account import take_account, to_account
from llm_kernel.errors import CellError, StateError, StoreError, TapeError
from llm_kernel.journal import Journal
from llm_kernel.keeping import keep, moved, read, take, written
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.choice import Models
from llm_kernel.moments import Moments, Target
from llm_kernel.provenance import Answer
from llm_kernel.seat import Seat
from llm_kernel.shell.opened import closed
from llm_kernel.store import Moment, Step
from llm_kernel.timeline import Pace
from llm_kernel.world import Setup, World

__all__ = ["Life"]


class Life:
    """``wall`` gives the host's seconds where the machine's clock flows with real time; None: it is stepped.

    ``moments`` opens the place where each cell's end is kept; without one, there is no way back. ``clock`` makes the
    clock of another machine.
    """

    def __init__(
        self,
        machine: Machine,
        models: Models,
        setup: Setup,
        seat: Seat,
        *,
        wall: Callable[[], float] | None,
        moments: Callable[[], Moments] | None,
        clock: Callable[[], Clock],
    ) -> None:
        self.models = models
        self.setup = setup
        self.ledger: list[Answer] = []
        """Every answer that a model or a tape gave."""
        self._seat = seat
        self._wall = wall
        self._left = wall() if wall else 0.0
        self._open = moments
        self._clock = clock
        self._seed = machine.seed
        self._arriving = asyncio.Lock()
        self._arrived = False
        self._greeting = ""
        self._unkept = ""
        self._leaving: set[asyncio.Future[None]] = set()
        self._moments: Moments | None = None
        self.world = self._made(machine)

    # -- time between two cells ---------------------------------------------------------------------------------

    async def elapse(self) -> None:
        """Let the time since the last cell pass, and happen what happens in it."""
        timeline, front = self.world.timeline, self.world.front
        pace, timeline.pace = timeline.pace, Pace()
        typing = _TYPING if timeline.busy else 0.0
        await front.sleep(max(0.0, self._wall() - self._left) if self._wall else typing)
        timeline.pace, front.spent = pace, 0.0

    def pause(self) -> None:
        """From now on time passes by itself, until the next cell."""
        if self._wall:
            self._left = self._wall()

    # -- what is kept -------------------------------------------------------------------------------------------

    @property
    def moments(self) -> Moments:
        """The steps of this notebook.

        Raises:
            CellError: where none are kept.
        """
        if self._moments is None:
            raise CellError(f"this notebook keeps no snapshots. {self._unkept}".strip())
        return self._moments

    @property
    def number(self) -> int:
        """The number of the newest step, 0 where none is kept."""
        return self._moments.newest_number if self._moments else 0

    def greeting(self) -> str:
        """What the first cell has to say of where it begins; nothing after that."""
        said, self._greeting = self._greeting, ""
        return said

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
                self._unkept = str(error)
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
            self.ledger[:] = take_account(self.models, read(moment, "account"))
        except (StateError, TapeError) as error:
            moments.begin([])
            moments.add("start", "", await self.moment())
            return f"[the machine of before could not be brought back, this is a fresh one: {error}]\n"
        if not line.shared:
            moments.follow(_branch(moment), step)
        moments.add("back", step.label, await self.moment())
        after = f"`{step.label}`" if step.label else "its start"
        if line.shared:
            beside = "another kernel has this notebook open: this one goes on in a branch of its own"
            return f"[{beside}, from {after}; %fresh begins anew]\n{_closed(moment)}"
        return f"[the machine is back as it was after {after}; %fresh begins anew]\n{_closed(moment)}"

    async def moment(self, *, branch: str = "") -> Moment:
        """This notebook now, with what it has spent, and the ``branch`` that it begins or follows."""
        if self._seat.output is None:
            await self.world.rest()
        moment = await keep(self.world)
        branch = branch or (self._moments.branch if self._moments else "")
        more = {"account": to_account(self.models, self.ledger), "branch": branch}
        return Moment({**moment.parts, **{name: written(part) for name, part in more.items()}}, moment.files)

    async def remember(self, kind: str, label: str) -> str:
        """Keep this moment as a step of a ``kind``; what went wrong with it, or with what was to be kept before."""
        moments = self._moments
        if moments is None:
            return ""
        try:
            now, before = await self.moment(), moments.newest
            moments.add(kind, label, now, forced=kind != "cell" or before is None or moved(before, now))
        except StateError as error:
            moments.trouble = f"this cell was not saved: {error}"
        return self.trouble()

    def trouble(self) -> str:
        """What a person must be told of the steps, once."""
        if self._moments is None:
            return ""
        said, self._moments.trouble = self._moments.trouble, ""
        return said

    async def keep_now(self, name: str, *, kind: str = "save") -> Step:
        """Give this moment a name, with what the cell that runs now has done so far.

        Raises:
            CellError: for a name that is none, or where nothing can be kept.
        """
        moments = self.moments
        moments.check(name)
        now = await self.moment(branch=name if kind == "branch" else "")
        moments.add(f"{kind} {name}", moments.last.label if moments.last else "", now)
        return moments.save(name, kind=kind)

    # -- going elsewhere ----------------------------------------------------------------------------------------

    async def go(self, target: Target, kind: str, label: str) -> str:
        """Go to the moment of ``target``, as one step; what of it could not be kept.

        Raises:
            StateError: for a moment that cannot be used; all is as before then.
        """
        moments = self.moments
        moment = moments.store.load(target.step)
        await self._become(moment)
        if target.branch is None:
            moments.follow(_branch(moment), target.step)
        else:
            moments.branch = target.branch
        moments.add(kind, label, await self.moment())
        return _closed(moment)

    async def physics(self, name: str) -> None:
        """Let the same machine answer by other physics, ``exact`` or ``pure``, from now on."""
        moment = await keep(self.world)
        self.setup = replace(self.setup, physics=name)
        await self._become(moment)

    async def fresh(self) -> None:
        """Begin on a new machine, as one step."""
        self._change(self._made(Machine(self._clock(), seed=self._seed)))
        self.moments.branch = ""
        self.moments.add("fresh", "%fresh", await self.moment())

    def _made(self, machine: Machine) -> World:
        return World(machine, self.models, self.setup, self._seat, stepped=self._wall is None, journal=Journal())

    async def _become(self, moment: Moment) -> None:
        """Let the machine, its shell and its jobs be those of ``moment``.

        Raises:
            StateError: for a moment that cannot be used; all is as before then.
        """
        before, stepped = self.world if self.world.still else None, self._wall is None
        world = await take(moment, self.models, self.setup, self._seat, self._clock(), stepped=stepped, before=before)
        self._change(world)

    def _change(self, world: World) -> None:
        """Go on in another world, in the middle of a cell too."""
        before, self.world = self.world, world
        self._leaving.add(closing := asyncio.ensure_future(before.close()))
        closing.add_done_callback(self._leaving.discard)
        before.front.close()
        if self._seat.output is not None:
            world.timeline.pace = before.timeline.pace
            world.programs.records = before.programs.records
            world.front.open()
            world.shell.jobs.begin(self._seat.output)
        self.pause()

    async def end(self, *, restart: bool) -> None:
        """The kernel leaves; ``restart``: the user asked for a new one.

        What was kept stays: a kernel that comes after a restart begins anew, any other goes on from there.
        """
        if self._moments is not None:
            moments, self._moments = self._moments, None
            moments.end(restart=restart)
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self.world.close()


def _branch(moment: Moment) -> str:
    """The branch that was followed at a moment; none where that was not kept yet."""
    return str(read(moment, "branch")) if "branch" in moment.parts else ""


def _closed(moment: Moment) -> str:
    """What is said of the descriptors that the shell had open at a moment and that cannot be opened again."""
    numbers = closed(str(read(moment, "shell").get("descriptors", "")))
    return f"[closed on the way: the shell's descriptors {', '.join(numbers)}]\n" if numbers else ""


_TYPING = 0.01
"""Seconds that pass on a stepped clock before a cell: jobs that were just started get to run."""
