"""The filter: after ``close`` this process can use its memory, read and write what is open, and end; nothing else."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys

__all__ = ["close"]

_CALLS = {
    "x86_64": (
        0xC000003E,
        # read write lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise
        # sched_yield exit gettid futex clock_gettime exit_group
        (0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 25, 28, 24, 60, 186, 202, 228, 231),
    ),
    "aarch64": (0xC00000B7, (63, 64, 62, 222, 226, 215, 214, 134, 135, 139, 216, 233, 124, 93, 178, 98, 113, 94)),
}
"""Each processor's name in the filter, and its numbers of the calls that pass (Linux's tables of system calls)."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_PASS, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_FOREIGN = 0x40000000
"""Calls from this number on are of another table on x86."""

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _filter(machine: str) -> bytes:
    arch, calls = _CALLS[machine]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    steps += [(_AT_LEAST, 0, 1, _FOREIGN), (_RETURN, 0, 0, _KILL)]
    for number in calls:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _PASS)]
    steps.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def close(memory: int, seconds: int) -> None:
    """Give up everything but memory and the open pipes, for good.

    Raises:
        OSError: where the system's kernel has no such filter; nothing may be run then.
    """
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in _CALLS:
        raise OSError("no filter for this system")
    steps = _filter(machine)
    program = _Program(len(steps) // 8, steps)
    library = ctypes.CDLL(None, use_errno=True)
    os.closerange(2, 1024)
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or library.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")
