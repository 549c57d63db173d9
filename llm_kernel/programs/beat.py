"""Programs that show the same thing again and again: they end when nothing here can change it any more.

A notebook has nobody who presses Ctrl-C in batch, so such a program also ends after ``WATCH_LIMIT`` seconds of the
machine's time. Either way it says why, in ``Beat.reason``.
"""

from __future__ import annotations

import asyncio

from llm_kernel.machine import Machine
from llm_kernel.shell.call import Call

__all__ = ["WATCH_LIMIT", "Beat", "at_rest"]

WATCH_LIMIT = 600.0
"""Seconds of the machine's time after which a program that would go on for ever ends."""

_SETTLING = 30.0
"""Seconds ahead at which the sensors are asked whether they still move."""


def at_rest(machine: Machine) -> bool:
    """Whether nothing but time can change what the machine shows: no program runs, and no sensor lags behind."""
    others = [one for one in machine.processes.running() if one.pid > machine.processes.shell]
    if others:
        return False
    devices, now = machine.devices, machine.clock.now
    here, later = (devices.readings(machine.processes, moment) for moment in (now, now + _SETTLING))
    shown = [[(one.temp, one.fan, one.pstate, one.util, one.mem_used) for one in row] for row in (here, later)]
    return shown[0] == shown[1]


class Beat:
    """The rounds of one repeating program; ``limit`` bounds them all, ``count`` their number where it was asked for."""

    def __init__(self, call: Call, interval: float, *, count: int | None = None, limit: float = WATCH_LIMIT) -> None:
        self._machine = call.machine
        self._interval = interval
        self._count = count
        self._limit = limit
        self._spent = 0.0
        self.rounds = 0
        self.reason = ""

    async def again(self, *, changed: bool = False) -> bool:
        """After a round: wait for the next one; False where that was the last. ``changed``: this round was new."""
        self.rounds += 1
        if self.rounds == self._count:
            return False
        if self._count is None and self.rounds > 1 and not changed and at_rest(self._machine):
            self.reason = "nothing runs here that could change this any more"
            return False
        if self._spent + self._interval > self._limit:
            self.reason = f"ended after {self._spent:g} seconds of the machine's time"
            return False
        self._spent += self._interval
        await self._pass()
        return True

    async def _pass(self) -> None:
        self._machine.clock.advance(self._interval)
        self._machine.processes.slept += self._interval
        await asyncio.sleep(0)  # an interrupt gets its turn, even in a loop without a wait
