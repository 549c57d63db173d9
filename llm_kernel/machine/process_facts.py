"""What follows from a row of the process table: its name, its address space, its threads, its session.

One reading for ``ps``, ``top`` and ``/proc/PID``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32

from llm_kernel.machine.processes import Process

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["command_name", "is_kernel", "resident", "session", "shared", "thread_ids", "threads", "user_ids", "virtual"]


def command_name(process: Process) -> str:
    """The program's own name, as the kernel keeps it: 15 characters."""
    word = process.command[0] if process.command else ""
    if word.startswith("["):
        return word.strip("[]")
    name = process.name or word.removeprefix("-").rpartition("/")[2]
    return "systemd" if process.pid == 1 and name == "init" else name[:15]


def is_kernel(process: Process) -> bool:
    """Whether it is a thread of the kernel, which has no memory of its own."""
    return process.pid == 2 or process.ppid == 2


def resident(program: str) -> int:
    """The bytes that a program holds which has just begun: as those of coreutils do, more what reads programs."""
    name = program.removeprefix("-").rpartition("/")[2]
    name = "python" if name.startswith("python") else name
    return _RESIDENT.get(name, (560 + crc32(name.encode()) % 320 * 4) * 1024)


def virtual(process: Process) -> int:
    """The address space in KiB, which is what is resident and some that is not; more where a GPU is mapped."""
    if not process.rss:
        return 0
    own = process.rss // 1024
    some = crc32(" ".join(process.command).encode()) % 9_000 // 4 * 4
    return (own * 2 + 3_000 + some + (12_000_000 if process.gpu else 0)) // 4 * 4


def shared(process: Process) -> int:
    """What of the resident memory is files and shared, in KiB."""
    resident = process.rss // 1024
    return resident * 2 // 3 // 4 * 4 if resident < 32 * 1024 else min(resident // 8, 256 * 1024) // 4 * 4


def threads(process: Process) -> int:
    """How many threads it has."""
    return _THREADS.get(command_name(process), 9 if process.gpu else 1)


def thread_ids(process: Process) -> list[int]:
    """The ids of its threads, the first is its own; the others are above those of all processes."""
    return [process.pid, *(32_000 + process.pid * 8 % 65_000 + n for n in range(threads(process) - 1))]


def session(process: Process, table: Mapping[int, Process]) -> int:
    """The session it belongs to: a daemon's own, a terminal's shell's, none for the kernel's threads."""
    if is_kernel(process):
        return 0
    while process.tty != "?" and process.command[:1] != ("-bash",) and process.ppid in table:
        process = table[process.ppid]
    return process.pid


def user_ids(machine: Machine, process: Process) -> tuple[int, int]:
    """Its user and group number."""
    account = machine.system.account(process.user)
    return (account.uid, account.gid) if account else (65534, 65534)


_THREADS = {"rsyslogd": 4}

_RESIDENT = {"bash": 5_308_416, "sh": 1_753_088, "python": 9_531_392, "node": 42_807_296, "perl": 7_929_856}
"""Bytes, as ps shows them on Ubuntu 20.04."""
