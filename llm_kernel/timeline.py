"""The machine's time as its programs live it: who sleeps is woken in order, and nothing else moves the clock.

A discrete-event simulation: each shell that runs (the cell's, and every background job's) is a ``Strand``. Strands take
turns; the clock jumps to the next instant somebody waits for when all of them rest. So a two-hour sleep takes no time,
and what happens in it happens in the same order every time.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

from llm_kernel.errors import CellOver
from llm_kernel.machine.clock import Clock

__all__ = ["Pace", "Strand", "Timeline"]

PATIENCE = 2.0
"""Real seconds that a strand may compute without a rest before the others go on without it."""

STEADY = 15.0
"""The same on a stepped clock, where the same must happen every time, on a slow computer too."""

_BLOCKED = 0.25
"""Real seconds by which a timer is late when the loop itself was kept from going on."""

_HUSH, _TICK = 6, 0.001
"""Looks at which nothing has stirred, and real seconds between them: what went into a pipe is at its other end."""

_INSTANTS = 5000
"""Instants for which a cell waits for programs that are played: each of them ends, a loop of them may not."""

_VISIBLE = 0.05
"""Seconds that are too short to be shown."""


@dataclass(slots=True)
class Pace:
    """How spent time is shown: ``rate`` simulated seconds a real second, 0 at once.

    ``budget``: the most real seconds that are waited in all; then the rest is shown at once.
    """

    rate: float = 0.0
    budget: float = float("inf")

    @property
    def steady(self) -> bool:
        """Whether all of the time is shown, however long."""
        return bool(self.rate) and self.budget == float("inf")

    def wait(self, seconds: float) -> float:
        """Real seconds to wait before ``seconds`` of the machine's have passed."""
        if not self.rate or self.budget <= 0 or seconds < _VISIBLE:
            return 0.0
        real = seconds / self.rate
        if self.budget != float("inf"):
            real = min(real, self.budget / 10)  # a share of what is left: it never runs out before the output does
            self.budget -= real
        return real


@dataclass(slots=True)
class _Doing:
    """How much of a strand computes, sleeps until an instant, waits for another strand, or is outside the machine.

    What still unwinds behind the end of a strand counts there, and not in what it does when it is opened again.
    """

    active: int = 0
    asleep: int = 0
    listening: int = 0
    outside: int = 0


@dataclass(order=True, slots=True)
class _Wake:
    when: float
    number: int
    strand: Strand
    doing: _Doing
    future: asyncio.Future[None]


class Timeline:
    """The strands of one machine and the instants they wait for.

    ``stepped``: the clock never passes an instant that a strand has not generated yet. Otherwise what arrives late
    happens when it arrives. ``watch_limit``: seconds after which a program that watches ends by itself;
    ``cell_limit``: those after which a cell's loop is ended; ``stop`` ends the cell with a status.
    """

    def __init__(self, clock: Clock, *, stepped: bool = True) -> None:
        self.clock = clock
        self.stepped = stepped
        self.moment = 0.0
        self.front: Strand | None = None
        self.pace = Pace()
        self.watch_limit = 600.0
        self.cell_limit = float("inf")
        self.stop: Callable[[int], Awaitable[None]] | None = None
        self.tails: set[asyncio.Task[None]] = set()
        self.strands: list[Strand] = []
        self._wakes: list[_Wake] = []
        self._number = 0
        self._stepping = False
        self._still = 0
        self._waiting: asyncio.TimerHandle | None = None
        self._tired: asyncio.TimerHandle | None = None

    def strand(self, *, front: bool = False) -> Strand:
        """A new strand; ``front``: the one a cell runs on, without which time stands still."""
        made = Strand(self)
        if front:
            self.front = made
        return made

    @property
    def busy(self) -> bool:
        """Whether a background strand lives that time can still change."""
        return any(one is not self.front and not one.frozen for one in self.strands)

    def settle(self) -> None:
        """Look, as soon as this turn of the loop is over, whether time can go on."""
        self._still = 0
        if not self._stepping:
            self._stepping = True
            asyncio.get_running_loop().call_soon(self._step)

    def push(self, strand: Strand, when: float, future: asyncio.Future[None] | None = None) -> asyncio.Future[None]:
        """Wake ``strand`` at ``when``; two of one instant are woken in the order they asked."""
        future = future or asyncio.get_running_loop().create_future()
        self._number += 1
        heapq.heappush(self._wakes, _Wake(when, self._number, strand, strand.doing, future))
        return future

    def announce(self) -> None:
        """Tell every strand that listens that something has changed: a job ended, stopped or went on."""
        for strand in list(self.strands):
            strand.hear()
        self.settle()

    def _step(self) -> None:
        self._stepping = False
        front = self.front
        if front is None or front not in self.strands or self._waiting is not None:
            return
        hindered = [one for one in self.strands if self._hinders(one, front)]
        if hindered:
            if self._tired is None and front.resting and not any(one.abroad for one in hindered):
                self._wait_on()
            return
        self._rested()
        wake = self._next()
        if self._outlasted(front, wake):
            self.advance(max(0.0, self.cell_limit - front.spent))
            front.tire()
            return
        if wake is None:
            return
        ahead = wake.when - self.moment
        if ahead > 0 and self._stirring():
            return
        if ahead > 0 and (real := self.pace.wait(ahead)) > 0:
            self._waiting = asyncio.get_running_loop().call_later(real, self._wake, wake)
        else:
            self._wake(wake)

    def _stirring(self) -> bool:
        """Whether something may still be on its way through a pipe; then it is looked again when it is there."""
        if self._still == _HUSH or not any(one.abreast for one in self.strands):
            return False
        self._still += 1
        self._stepping = True
        asyncio.get_running_loop().call_later(_TICK, self._step)
        return True

    def _hinders(self, one: Strand, front: Strand) -> bool:
        if one.patient:
            return False
        if one.abroad:
            return self.stepped or one is front or front.expects
        return not one.resting

    def _outlasted(self, front: Strand, wake: _Wake | None) -> bool:
        """Whether ``front`` waits for others, and its cell has had all of its time before ``wake`` comes.

        What can be interrupted by somebody, or goes on computing, may wait where nothing comes at all.
        """
        if not front.bounded or not front.expects or self.cell_limit == float("inf"):
            return False
        if wake is None:
            return not self.pace.rate and not any(one.patient for one in self.strands)
        return not self._played(front) and wake.when - self.moment > self.cell_limit - front.spent

    def _played(self, front: Strand) -> bool:
        """Whether ``front`` waits for what the model plays, which ends some day; its time is not that of a cell."""
        return front.awaited < _INSTANTS and any(one.plays for one in self.strands)

    def _next(self) -> _Wake | None:
        while self._wakes:
            if self._wakes[0].future.done():
                heapq.heappop(self._wakes)
            else:
                return self._wakes[0]
        return None

    def _wake(self, wake: _Wake) -> None:
        self._waiting = None
        if wake.future.done():
            self.settle()
            return
        if not self._wakes or self._wakes[0] is not wake:  # it is gone, or something came before it
            self.settle()
            return
        heapq.heappop(self._wakes)
        self.advance(max(0.0, wake.when - self.moment))
        wake.strand.woken(wake.doing)
        wake.future.set_result(None)

    async def skip(self, seconds: float) -> None:
        """Let ``seconds`` pass at once for everybody, outside the pace and the cell's own time."""
        if self.front is not None and seconds > 0:
            pace, self.pace = self.pace, Pace()
            spent = self.front.spent
            try:
                await self.front.sleep(seconds)
            finally:
                self.pace, self.front.spent = pace, spent

    def advance(self, seconds: float) -> None:
        """Let the clock and the timeline move on together."""
        if seconds > 0:
            self.moment += seconds
            self.clock.advance(seconds)
            if self.front is not None and self.front.expects:
                self.front.spent += 0.0 if self._played(self.front) else seconds
                self.front.awaited += 1

    def _wait_on(self) -> None:
        """Give those that compute a while."""
        self._tired = asyncio.get_running_loop().call_later(STEADY if self.stepped else PATIENCE, self._go_without)

    def _go_without(self) -> None:
        late = asyncio.get_running_loop().time() - self._tired.when() if self._tired else 0.0
        self._tired = None
        if late > _BLOCKED:  # they had no turn: something of ours took the time
            self._wait_on()
            return
        for one in self.strands:
            if one is not self.front and not one.resting and not one.abroad:
                one.patient = True
        self.settle()

    def hurry(self) -> None:
        """Wait no longer for the pace: the cell that was shown in it is over."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _rested(self) -> None:
        if self._tired is not None:
            self._tired.cancel()
            self._tired = None

    def waits(self, strand: Strand) -> list[_Wake]:
        """The instants that ``strand`` waits for."""
        return [wake for wake in self._wakes if wake.strand is strand and not wake.future.done()]

    def parked(self, strand: Strand) -> list[_Wake]:
        """Take the instants that ``strand`` waits for off the list, for as long as it is stopped."""
        own = self.waits(strand)
        self._wakes = [wake for wake in self._wakes if wake.strand is not strand]
        heapq.heapify(self._wakes)
        return own

    def resume(self, wakes: list[_Wake], since: float) -> None:
        """Put them back, later by the time that has passed since ``since``."""
        for wake in wakes:
            wake.when += self.moment - since
            heapq.heappush(self._wakes, wake)
        self.settle()


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
        self.doing = _Doing()
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
        self._parked: list[_Wake] = []
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
        self.doing, self.patient, self.spent, self.awaited = _Doing(active=1), False, 0.0, 0
        self.timeline.strands.append(self)

    def close(self) -> None:
        """End: time no longer waits for this strand."""
        if self in self.timeline.strands:
            self.timeline.strands.remove(self)
        self.doing = _Doing()
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
        if alone and not self.abreast and (not timeline.pace.rate or seconds < _VISIBLE):
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

    def woken(self, doing: _Doing) -> None:
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
