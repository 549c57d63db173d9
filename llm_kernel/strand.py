"""One shell's thread of the machine's time: what of it computes, sleeps, listens, or waits outside the machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_kernel.errors import CellOver

if TYPE_CHECKING:
    from llm_kernel.timeline import Timeline

__all__ = ["VISIBLE", "Strand", "Wake"]

VISIBLE = 0.05
"""Seconds that are too short to be shown."""


@dataclass(slots=True)
class Doing:
    """How much of a strand computes, sleeps until an instant, waits for another strand, or is outside the machine.

    What still unwinds behind the end of a strand counts there, and not in what it does when it is opened again.
    """

    active: int = 0
    asleep: int = 0
    listening: int = 0
    outside: int = 0


@dataclass(order=True, slots=True)
class Wake:
    when: float
    number: int
    strand: Strand
    doing: Doing
    future: asyncio.Future[None]


class Strand:
    """One shell's thread of the machine's time. Open from ``open`` to ``close``.

    ``patient``: it computes without end, and the others no longer wait for it. ``bounded``: it listens no longer than
    a cell may take. ``abreast``: programs of it live at one time, and read what others of them write. ``spent``:
    seconds that it slept and listened in all.
    ``awaited``: instants of others for which it listened; ``plays``: programs of it that the model plays. ``nice``: the
    niceness of what it starts. ``newborn``: its process is being made, as the child of how many jobs says
    ``generation``. ``left``: seconds that its next sleep takes, where another kernel began it. ``ender`` kills what
    lives on it and gives the task to wait for.
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.doing = Doing()
        self.killed = False
        self.frozen = False
        self.patient = False
        self.bounded = False
        self.abreast = False
        self.spent = 0.0
        self.awaited = 0
        self.plays = 0
        self.newborn = False
        self.generation = 0
        self.nice = 0
        self.ender: Callable[[], asyncio.Task[None] | None] | None = None
        self.left: float | None = None
        self._ears: list[asyncio.Future[None]] = []
        self._parked: list[Wake] = []
        self._since = 0.0

    @property
    def resting(self) -> bool:
        """Whether nothing of it computes: it sleeps, or waits for another strand, or is stopped."""
        if self.frozen and not self.doing.active:
            return True
        return not self.doing.active and not self.doing.outside and self.doing.asleep + self.doing.listening > 0

    @property
    def abroad(self) -> bool:
        """Whether it waits for something that is not of this machine: the model, or a person's answer."""
        return not self.doing.active and self.doing.outside > 0

    @property
    def remaining(self) -> float | None:
        """Seconds until it is woken; None where it does not sleep."""
        timeline = self.timeline
        ahead = [wake.when - timeline.moment for wake in timeline.waits(self)]
        ahead += [wake.when - self._since for wake in self._parked if not wake.future.done()]
        return max(0.0, min(ahead)) if ahead else None

    @property
    def weary(self) -> bool:
        """Whether its cell has spent more of the machine's time than a cell may."""
        return self is self.timeline.front and self.spent >= self.timeline.cell_limit

    @property
    def tired(self) -> CellOver:
        """What ends a cell that has spent all of its time."""
        limit = f"{self.timeline.cell_limit:g} seconds of the machine's time (c.LLMKernel.cell_seconds)"
        return CellOver(f"a cell may take {limit}")

    @property
    def expects(self) -> bool:
        """Whether it waits for other strands and for no instant of its own."""
        return self.doing.listening > 0 and not self.doing.asleep

    def open(self) -> None:
        """Begin: from now on time waits for this strand."""
        self.doing, self.patient, self.spent, self.awaited = Doing(active=1), False, 0.0, 0
        self.timeline.strands.append(self)

    def close(self) -> None:
        """End: time no longer waits for this strand."""
        if self in self.timeline.strands:
            self.timeline.strands.remove(self)
        self.doing = Doing()
        self._ears.clear()
        self.timeline.parked(self)
        if self is self.timeline.front:
            self.timeline.hurry()
        with contextlib.suppress(RuntimeError):  # no loop any more: the kernel is going
            self.timeline.settle()

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """A program of this strand runs."""
        doing = self.doing
        doing.active += 1
        self.patient = False
        try:
            yield
        finally:
            doing.active -= 1
            self.timeline.settle()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """What runs now waits for something else of the same strand: a shell it started, a pipe."""
        doing = self.doing
        doing.active -= 1
        self.timeline.settle()
        try:
            yield
        finally:
            doing.active += 1
            if not doing.active:  # a shell that it started wrote through it
                self.timeline.settle()

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """What runs now waits for something outside the machine, and has its turn again when it is back."""
        doing = self.doing
        doing.active -= 1
        doing.outside += 1
        self.timeline.settle()
        try:
            yield
        finally:
            doing.outside -= 1
            doing.active += 1
        if len(self.timeline.strands) > 1:
            await self._until(self.timeline.moment)

    def drain(self, task: asyncio.Task[None], records: bool) -> bool:
        """Whether ``task``, which reads a killed program's reply, goes on to the end for the tape's sake."""
        killed, self.killed = self.killed, False
        if killed and records and not task.done():
            self.timeline.tails.add(task)
            task.add_done_callback(self.timeline.tails.discard)
            return True
        return False

    async def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass for this strand, and whatever happens meanwhile happen."""
        if self.left is not None:
            seconds, self.left = min(seconds, self.left), None
        self.spent += seconds
        timeline = self.timeline
        alone = self is timeline.front and len(timeline.strands) <= 1
        if alone and not self.abreast and (not timeline.pace.rate or seconds < VISIBLE):
            timeline.advance(seconds)
            await asyncio.sleep(0)  # an interrupt gets its turn, even in a loop of sleeps
            return
        await self._until(timeline.moment + seconds)

    async def listen(self, *, bounded: bool = False) -> None:
        """Wait until another strand announces something; only others' instants move the clock meanwhile.

        Raises:
            CellOver: where it is ``bounded``, at the front, and the cell has had all of its time before that.
        """
        self.bounded = bounded
        doing = self.doing
        ear: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ears.append(ear)
        doing.active -= 1
        doing.listening += 1
        self.timeline.settle()
        try:
            await ear
        except asyncio.CancelledError:
            if ear in self._ears:
                self._ears.remove(ear)
                doing.listening -= 1
                doing.active += 1
            elif ear.cancelled():
                doing.asleep -= 1
                doing.active += 1
            self.timeline.settle()
            raise

    def hear(self) -> None:
        """Something was announced: whoever listens has its turn at this instant."""
        doing, ears, self._ears = self.doing, self._ears, []
        for ear in ears:
            doing.listening -= 1
            doing.asleep += 1
            self.timeline.push(self, self.timeline.moment, ear)

    def tire(self) -> None:
        """Whoever listens is told that the cell has had all of its time."""
        doing = self.doing
        for ear in [ear for ear in self._ears if not ear.done()]:
            self._ears.remove(ear)
            doing.listening -= 1
            doing.active += 1
            ear.set_exception(self.tired)

    def woken(self, doing: Doing) -> None:
        """One of its sleeps is over, of what it was ``doing`` then."""
        doing.asleep -= 1
        doing.active += 1
        self.patient = False

    def freeze(self) -> None:
        """Stop it, as SIGSTOP does: its sleeps stand still."""
        if not self.frozen:
            self.frozen = True
            self._parked, self._since = self.timeline.parked(self), self.timeline.moment
            self.timeline.settle()

    def thaw(self) -> None:
        """Let it go on, as SIGCONT does."""
        if self.frozen:
            self.frozen = False
            self.timeline.resume(self._parked, self._since)
            self._parked = []

    async def _until(self, when: float) -> None:
        doing, timeline = self.doing, self.timeline
        future = timeline.push(self, when)
        if self.frozen:
            self._parked += timeline.parked(self)
        doing.active -= 1
        doing.asleep += 1
        timeline.settle()
        try:
            await future
        except asyncio.CancelledError:
            if not future.done() or future.cancelled():
                doing.asleep -= 1
                doing.active += 1
            timeline.settle()
            raise
