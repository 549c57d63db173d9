"""Programs that show the same thing again and again: they end when nothing here can change it any more.

A notebook has nobody who presses Ctrl-C in batch, so such a program also ends after the timeline's ``watch_limit``.
Either way it says why, in ``Beat.reason``.
"""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.shell.call import Call, Io

__all__ = ["Beat", "settled"]

_SETTLING = 30.0
"""Seconds ahead at which the sensors are asked whether they still move."""


def settled(machine: Machine) -> bool:
    """Whether no sensor lags behind the load of its GPU."""
    devices, now = machine.devices, machine.clock.now
    here, later = (devices.readings(machine.processes, moment) for moment in (now, now + _SETTLING))
    shown = [[(one.temp, one.fan, one.pstate, one.util, one.mem_used) for one in row] for row in (here, later)]
    return shown[0] == shown[1]


class Beat:
    """The rounds of one repeating program; ``count`` is their number where it was asked for.

    Shown at a steady pace, a program goes on until it is interrupted, as it would at a terminal.
    """

    def __init__(self, call: Call, io: Io, interval: float, *, count: int | None = None) -> None:
        self._machine = call.machine
        self._strand = io.strand
        self._interval = interval
        self._count = count
        self._spent = 0.0
        self.rounds = 0
        self.reason = ""

    async def again(self, *, changed: bool = False) -> bool:
        """After a round: wait for the next one; False where that was the last. ``changed``: this round was new."""
        self.rounds += 1
        if self.rounds == self._count:
            return False
        timeline = self._strand.timeline
        if self._count is None and not timeline.pace.steady:
            if self.rounds > 1 and not changed and not timeline.busy and settled(self._machine):
                self.reason = "nothing runs here that could change this any more"
                return False
            if self._spent + self._interval > timeline.watch_limit:
                self.reason = f"ended after {self._spent:g} seconds of the machine's time"
                return False
        self._spent += self._interval
        self._machine.processes.slept += self._interval
        await self._strand.sleep(self._interval)
        return True
