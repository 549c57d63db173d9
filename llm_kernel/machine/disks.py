"""The block devices: whole disks with their partitions, as the kernel numbers them, and what went over them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_kernel.machine.system import Disk

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Block", "DiskCounters", "block_devices", "device_counters", "file_system_id", "partition_id", "whole_disks"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block device; ``part`` is its mounted file system, None for a whole disk; ``size`` in bytes."""

    name: str
    major: int
    minor: int
    size: int
    parent: str = ""
    part: Disk | None = None

    @property
    def path(self) -> str:
        """Its node in ``/dev``."""
        return f"/dev/{self.name}"


@dataclass(frozen=True, slots=True)
class DiskCounters:
    """What went over a device since the boot; a sector has 512 bytes."""

    reads: int
    sectors_read: int
    writes: int
    sectors_written: int


def block_devices(machine: Machine) -> list[Block]:
    """Every whole disk, each followed by its partitions."""
    rows = []
    for name, parts in whole_disks(machine).items():
        first = 16 * (ord(name[-1]) - ord("a"))
        rows.append(Block(name, 8, first, sum(part.size for part in parts) + 2**20))
        for part in parts:
            own = part.device.removeprefix("/dev/")
            rows.append(Block(own, 8, first + int(own.removeprefix(name) or 0), part.size, name, part))
    return rows


def whole_disks(machine: Machine) -> dict[str, list[Disk]]:
    """The partitions of each disk by its name."""
    whole: dict[str, list[Disk]] = {}
    for disk in sorted(machine.system.disks, key=lambda disk: disk.device):
        whole.setdefault(re.sub(r"\d+$", "", disk.device).removeprefix("/dev/"), []).append(disk)
    return whole


def device_counters(machine: Machine, row: Block) -> DiskCounters:
    """What went over ``row``: what its file system holds was written or read at the boot, and some since then."""
    up = max(0.0, machine.clock.now - machine.system.boot)
    if row.part is None:
        parts = [device_counters(machine, part) for part in block_devices(machine) if part.parent == row.name]
        return DiskCounters(
            180 + sum(part.reads for part in parts),
            5_760 + sum(part.sectors_read for part in parts),
            sum(part.writes for part in parts),
            sum(part.sectors_written for part in parts),
        )
    if row.part.mount != "/":
        return DiskCounters(412, 19_842, 2, 16)
    reads, writes = 24_318 + int(up * 0.004), 9_104 + int(up * 0.31)
    return DiskCounters(reads, reads * 66, writes, writes * 38)


def file_system_id(disk: Disk) -> str:
    """The identifier of the file system, as ``blkid`` and ``/etc/fstab`` have it."""
    digits = hashlib.sha256(disk.device.encode()).hexdigest()
    if disk.kind == "vfat":
        return f"{digits[:4]}-{digits[4:8]}".upper()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def partition_id(disk: Disk) -> str:
    """The identifier of the partition in the disk's table."""
    digits = hashlib.sha256(f"part {disk.device}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-b{digits[17:20]}-{digits[20:32]}"
