"""The kernel modules that are loaded: those every server has, and those of its disks, processor and GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from llm_kernel.machine.catalog import load
from llm_kernel.machine.cpus import chip

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Module", "modules"]


@dataclass(frozen=True, slots=True)
class Module:
    """One line of ``/proc/modules``; ``users`` are the modules that use it, ``count`` all its users."""

    name: str
    size: int
    count: int
    users: tuple[str, ...]

    @property
    def address(self) -> int:
        """Where it lies; the kernel tells it only to root."""
        return 0xFFFFFFFFC0000000 + crc32(self.name.encode()) % 0x3000 * 0x1000


def modules(machine: Machine) -> list[Module]:
    """All loaded modules, the newest first, as the kernel lists them."""
    system, wanted = machine.system, ["all"]
    wanted.append("intel" if chip(system.cpu.model).vendor == "GenuineIntel" else "amd")
    wanted += sorted({disk.kind for disk in system.disks} & _DATA["groups"].keys())
    wanted += ["debian" if system.profile.like == "debian" else "rhel"]
    if machine.devices.driver and machine.devices.gpus:
        wanted.append("nvidia")
    rows = [row for group in wanted for row in _DATA["groups"][group]]
    rows = list({row[0]: row for row in reversed(rows)}.values())
    present = {str(row[0]) for row in rows}
    used = {str(row[0]): tuple(user for user in str(row[3]).split() if user in present) for row in rows}
    return [
        Module(str(row[0]), int(row[1]), max(int(row[2]), len(used[str(row[0])])), used[str(row[0])]) for row in rows
    ]


_DATA = load("modules")
