"""How busy the processors are: one account behind ``uptime``, ``top``, ``vmstat`` and ``/proc``.

Only processes that run make load. What the kernel and sleeping services use is a small, even share of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from llm_kernel.machine.processes import Process

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Times", "busy", "cpu_times", "instant", "load_average", "share"]

_USER, _SYSTEM, _WAIT = 0.0011, 0.0007, 0.0002
"""What of a processor's time a server spends that does nothing."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that all processors together spent since the boot."""

    user: float
    system: float
    wait: float
    idle: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.user + self.system + self.wait + self.idle

    def percent(self, seconds: float) -> float:
        """``seconds`` as a part of the whole."""
        return 100 * seconds / self.total if self.total else 0.0


def share(machine: Machine, process: Process) -> float:
    """Percent of one processor over the process's life."""
    age = machine.clock.now - process.start
    return 100 * process.cpu / age if age > 0 else 0.0


def instant(machine: Machine, process: Process) -> float:
    """Percent of one processor right now: what a running process used over its life, none for a sleeping one."""
    return share(machine, process) if process.state == "R" else 0.0


def busy(machine: Machine) -> float:
    """Percent of all processors that are busy right now."""
    table = machine.processes.running()
    return min(100.0, sum(instant(machine, process) for process in table) / machine.system.cpu.cores)


def load_average(machine: Machine) -> tuple[float, float, float]:
    """The load over 1, 5 and 15 minutes: each busy process counts one, with the kernel's slow rise and fall."""
    ages = [machine.clock.now - process.start for process in machine.processes.running() if process.state == "R"]

    def over(seconds: float) -> float:
        past = machine.processes.past.load(machine.clock.now, seconds)
        return sum(1 - exp(-max(age, 0.0) / seconds) for age in ages) + past

    return over(60.0) + 0.01, over(300.0) + 0.02, over(900.0)


def cpu_times(machine: Machine) -> Times:
    """Where the processors' time went since the boot."""
    up = max(0.0, machine.clock.now - machine.system.boot)
    whole = up * machine.system.cpu.cores
    worked = machine.processes.past.spent + sum(process.cpu for process in machine.processes.running())
    user = min(whole, up * _USER + worked)
    system, wait = min(whole - user, up * _SYSTEM), 0.0
    wait = min(whole - user - system, up * _WAIT)
    return Times(user, system, wait, whole - user - system - wait)
