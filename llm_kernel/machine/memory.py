"""Where the machine's memory is: one account behind ``free``, ``top`` and ``/proc/meminfo``, in KiB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Memory", "memory"]

_MIB = 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """All in KiB; ``cached`` counts what ``free`` calls cache (page cache and reclaimable slab)."""

    total: int
    free: int
    shared: int
    buffers: int
    cached: int
    available: int
    swap_total: int
    swap_free: int

    @property
    def taken(self) -> int:
        """What programs and the kernel hold, without caches."""
        return self.total - self.free - self.buffers - self.cached

    @property
    def slab(self) -> int:
        """The reclaimable slab within ``cached``."""
        return self.cached // 36 * 4


_TOOL = 2 << 20
"""Bytes below which a program holds little but pages that others share: whoever looks at the memory is one."""


def memory(machine: Machine) -> Memory:
    """The account now: the kernel's share, what the processes hold, and a cache that gives way to them."""
    system = machine.system
    total = system.total_kb
    kernel = _pages(min(168 * _MIB + total // 220, total // 4))
    held = [process.rss for process in machine.processes.running() if process.rss >= _TOOL]
    wanted = kernel + _pages(sum(held) // 1024)
    floor = _pages(min(66 * _MIB + total // 900, total // 8))
    taken = min(wanted, total - floor)
    swap_total = _pages(system.swap // 1024) - 4 if system.swap else 0
    swapped = min(wanted - taken, swap_total)
    room = total - taken - floor
    shared = _pages(min(3 * _MIB + 172, total // 100))
    buffers = _pages(min(84 * _MIB + 612, total // 80, room // 4))
    cached = _pages(min(1411 * _MIB + 380 + total // 60, total // 6, room - buffers))
    free = total - taken - buffers - cached
    available = _pages(max(0, min(free + (buffers + cached) * 19 // 20 - shared - floor // 2, total - taken)))
    return Memory(total, free, shared, buffers, cached, available, swap_total, swap_total - swapped)


def _pages(size: int) -> int:
    """``size`` KiB in whole pages."""
    return size // 4 * 4
