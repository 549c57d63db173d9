"""The kernel's tunables by their dotted names, and where ``/proc/sys`` has them. A file that was written stays so."""

from __future__ import annotations

import hashlib

from llm_kernel.machine.catalog import load
from llm_kernel.machine.system import System

__all__ = ["place_of", "tunables"]

_VALUES: dict[str, str] = load("sysctl")["values"]


def place_of(name: str) -> str:
    """The file of a tunable."""
    return "/proc/sys/" + name.replace(".", "/")


def tunables(system: System) -> dict[str, str]:
    """Every tunable with the value that a fresh boot of this machine gives it."""
    made, half = system.profile, system.total_kb // 128
    boot = hashlib.sha256(f"boot {system.boot}".encode()).hexdigest()
    own = {
        "fs.file-max": "9223372036854775807" if made.since("libc", "2.31") else str(system.total_kb // 10),
        "kernel.hostname": system.host,
        "kernel.osrelease": system.kernel,
        "kernel.version": made.build,
        "kernel.pid_max": "4194304" if made.since("libc", "2.31") else "131072",
        "kernel.threads-max": str(half * 2),
        "kernel.random.boot_id": f"{boot[:8]}-{boot[8:12]}-{boot[12:16]}-{boot[16:20]}-{boot[20:32]}",
        "kernel.random.entropy_avail": "256" if made.since("libc", "2.35") else "3757",
        "kernel.ngroups_max": "65536",
        "vm.user_reserve_kbytes": "131072",
    }
    return dict(sorted({**_VALUES, **own}.items()))
