"""The mounted file systems: the disks of the record, and those that every kernel brings. Sizes in KiB."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llm_kernel.machine.system import Disk, System

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Mount", "fill", "mount_of", "mounts"]


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of ``/proc/mounts``; ``total``, ``used``, ``reserved`` are KiB, ``shown`` whether ``df`` lists it."""

    device: str
    mount: str
    kind: str
    options: str
    total: int = 0
    used: int = 0
    reserved: int = 0
    inodes: int = 0
    inodes_used: int = 0
    shown: bool = False

    @property
    def available(self) -> int:
        """What a user may still write."""
        return max(0, self.total - self.used - self.reserved)


def mounts(system: System) -> list[Mount]:
    """All mounted file systems in the order of mounting, without what the machine's files hold."""
    ram, quick = system.total_kb, "rw,nosuid,nodev,noexec,relatime"
    old = not system.profile.since("libc", "2.32")
    tenth, half, rhel = ram // 10 // 4 * 4, ram // 2 // 4 * 4, system.profile.like == "rhel"
    run = _ram("tmpfs", "/run", "tmpfs", quick, tenth, 963, used=1856)
    rows = [
        Mount("sysfs", "/sys", "sysfs", quick),
        Mount("proc", "/proc", "proc", quick),
        _ram("devtmpfs" if rhel else "udev", "/dev", "devtmpfs", "rw,nosuid,relatime", half - 20_008, 611, shown=old),
        Mount("devpts", "/dev/pts", "devpts", "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000"),
        *([] if rhel else [run]),
        *[_disk(disk, old=old) for disk in system.disks if disk.mount == "/"],
        Mount("securityfs", "/sys/kernel/security", "securityfs", quick),
        _ram("tmpfs", "/dev/shm", "tmpfs", "rw,nosuid,nodev", half, 1),  # noqa: S108  # the machine's own
        *(
            [replace(run, options="rw,nosuid,nodev,mode=755", total=half, inodes=half // 4)]
            if rhel
            else [_ram("tmpfs", "/run/lock", "tmpfs", quick, 5120, 3)]
        ),
    ]
    if old:
        rows.append(_ram("tmpfs", "/sys/fs/cgroup", "tmpfs", "ro,nosuid,nodev,noexec", half, 18))
    else:
        rows.append(Mount("cgroup2", "/sys/fs/cgroup", "cgroup2", f"{quick},nsdelegate,memory_recursiveprot"))
    rows += [_disk(disk, old=old) for disk in system.disks if disk.mount != "/"]
    account = system.account(system.user)
    uid = account.uid if account else 0
    rows.append(_ram("tmpfs", f"/run/user/{uid}", "tmpfs", "rw,nosuid,nodev,relatime", tenth - 4, 26, used=4))
    more = ram // 8
    return rows + [Mount(r.source, r.mount, "tmpfs", r.options, r.size, 0, 0, more, 1, True) for r in system.ram]


def mount_of(system: System, path: str) -> str:
    """The mount point of the file system that holds ``path``."""
    points = [row.mount for row in mounts(system)]
    return max((p for p in points if p == "/" or path == p or path.startswith(f"{p}/")), key=len)


def fill(machine: Machine) -> list[Mount]:
    """All mounted file systems with what the machine's files take of the disks they lie on."""
    rows = mounts(machine.system)
    disks, rams = {disk.mount for disk in machine.system.disks}, {ram.mount for ram in machine.system.ram}
    points = sorted({"/", *disks, *rams, "/dev/shm"}, key=len, reverse=True)  # noqa: S108  # the machine's own
    blocks, count = dict.fromkeys(points, 0), dict.fromkeys(points, 0)
    kernel = tuple(f"{row.mount}/" for row in rows if row.mount not in points)
    inner = [(point, f"{point}/") for point in points if point != "/"]
    for path, size in machine.files.sizes():
        point = next((point for point, under in inner if path == point or path.startswith(under)), "/")
        if (path.startswith(kernel) and point in disks) or path == point:
            continue
        blocks[point] += -(-size // 4096) * 4
        count[point] += 1
    rows = [_add(row, blocks[row.mount], count[row.mount]) if row.mount in blocks else row for row in rows]
    full = machine.faults.full
    return [replace(row, used=row.total - row.reserved) if row.mount in full else row for row in rows]


def _ram(
    device: str, mount: str, kind: str, options: str, total: int, inodes: int, *, used: int = 0, shown: bool = True
) -> Mount:
    size = f",size={total}k" if mount not in ("/dev/shm", "/sys/fs/cgroup") else ""  # noqa: S108
    return Mount(device, mount, kind, f"{options}{size}", total, used, 0, total // 4, inodes, shown)


def _disk(disk: Disk, *, old: bool) -> Mount:
    size, used = disk.size // 1024, disk.used // 1024
    match disk.kind:
        case "ext4":
            used += 24
            options, total, reserved = "rw,relatime,errors=remount-ro", size * 9836 // 10000 // 4 * 4, size // 80 * 4
        case "xfs":
            options, reserved = "rw,relatime,attr2,inode64,logbufs=8,logbsize=32k,noquota", 0
            total = size - min(size // 2000, 512 * 1024)
            used += 33_000 if old else size // 140  # later ones keep room for what files share
        case _:
            options, total, reserved = "rw,relatime,fmask=0077,dmask=0077,codepage=437", size - 1024, 0
    inodes = {"ext4": size // 16, "xfs": size // 2}.get(disk.kind, 0)
    held = 11 + used // 38 if inodes and used else 11 if inodes else 0
    return Mount(disk.device, disk.mount, disk.kind, options, total, used, reserved, inodes, held, shown=True)


def _add(row: Mount, blocks: int, count: int) -> Mount:
    used = min(row.used + blocks, row.total)
    held = min(row.inodes_used + count, row.inodes)
    return Mount(
        row.device, row.mount, row.kind, row.options, row.total, used, row.reserved, row.inodes, held, row.shown
    )
