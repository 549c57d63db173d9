"""The machine's time as its programs live it: who sleeps is woken in order, and nothing else moves the clock.

A discrete-event simulation: each shell that runs (the cell's, and every background job's) is a ``Strand``. Strands take
turns; the clock jumps to the next instant somebody waits for when all of them rest. So a two-hour sleep takes no time,
and what happens in it happens in the same order every time.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from llm_kernel.machine.clock import Clock
from llm_kernel.strand import VISIBLE, Strand, Wake

__all__ = ["Pace", "Timeline"]

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
        if not self.rate or self.budget <= 0 or seconds < VISIBLE:
            return 0.0
        real = seconds / self.rate
        if self.budget != float("inf"):
            real = min(real, self.budget / 10)  # a share of what is left: it never runs out before the output does
            self.budget -= real
        return real


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
        self._wakes: list[Wake] = []
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
        heapq.heappush(self._wakes, Wake(when, self._number, strand, strand.doing, future))
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

    def _outlasted(self, front: Strand, wake: Wake | None) -> bool:
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

    def _next(self) -> Wake | None:
        while self._wakes:
            if self._wakes[0].future.done():
                heapq.heappop(self._wakes)
            else:
                return self._wakes[0]
        return None

    def _wake(self, wake: Wake) -> None:
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

    def waits(self, strand: Strand) -> list[Wake]:
        """The instants that ``strand`` waits for."""
        return [wake for wake in self._wakes if wake.strand is strand and not wake.future.done()]

    def parked(self, strand: Strand) -> list[Wake]:
        """Take the instants that ``strand`` waits for off the list, for as long as it is stopped."""
        own = self.waits(strand)
        self._wakes = [wake for wake in self._wakes if wake.strand is not strand]
        heapq.heapify(self._wakes)
        return own

    def resume(self, wakes: list[Wake], since: float) -> None:
        """Put them back, later by the time that has passed since ``since``."""
        for wake in wakes:
            wake.when += self.moment - since
            heapq.heappush(self._wakes, wake)
        self.settle()
