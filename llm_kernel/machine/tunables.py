"""The kernel's tunables by their dotted names, and where ``/proc/sys`` has them. A file that was written stays so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from llm_kernel.machine.catalog import load
from llm_kernel.machine.etc import uuid
from llm_kernel.machine.files import Files
from llm_kernel.machine.system import System

__all__ = ["boot_id", "lay", "place_of", "tunables", "tuned"]

_VALUES: dict[str, str] = load("sysctl")["values"]


def place_of(name: str) -> str:
    """The file of a tunable."""
    return "/proc/sys/" + name.replace(".", "/")


def boot_id(system: System) -> str:
    """The identifier of this boot, without hyphens."""
    return hashlib.sha256(f"boot {system.boot}".encode()).hexdigest()[:32]


def tunables(system: System) -> dict[str, str]:
    """Every tunable with the value that a fresh boot of this machine gives it."""
    made, half = system.profile, system.total_kb // 128
    boot = boot_id(system)
    own = {
        "fs.file-max": "9223372036854775807" if made.since("libc", "2.31") else str(system.total_kb // 10),
        "kernel.hostname": system.host,
        "kernel.osrelease": system.kernel,
        "kernel.version": made.build,
        "kernel.pid_max": "4194304" if made.since("libc", "2.31") else "131072",
        "kernel.threads-max": str(half * 2),
        "kernel.random.boot_id": f"{boot[:8]}-{boot[8:12]}-{boot[12:16]}-{boot[16:20]}-{boot[20:]}",
        "kernel.random.uuid": uuid("first read"),
        "kernel.random.entropy_avail": "256" if made.since("libc", "2.35") else "3757",
        "kernel.ngroups_max": "65536",
        "vm.user_reserve_kbytes": "131072",
    }
    return dict(sorted({**_VALUES, **own}.items()))


def tuned(files: Files, system: System) -> dict[str, str]:
    """The tunables that are no longer as the machine booted."""
    found = {}
    for name, text in tunables(system).items():
        path = place_of(name)
        now = files.root.read_file(path).decode("utf-8", "replace").rstrip("\n") if files.root.exists(path) else text
        if now != text:
            found[name] = now
    return found


def lay(files: Files, system: System, values: Mapping[str, str]) -> None:
    """Write every tunable that is not there, with what ``values`` say, else as a boot gives it."""
    for name, text in tunables(system).items():
        path = place_of(name)
        if name in values or not files.root.exists(path):
            files.write(path, f"{values.get(name, text)}\n".encode(), mode=0o644)
