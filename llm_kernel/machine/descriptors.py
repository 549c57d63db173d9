"""What a process has open: one list behind ``lsof`` and ``fuser``. Read off the process table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_kernel.machine.process_facts import command_name, is_kernel
from llm_kernel.machine.processes import Process

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Descriptor", "descriptors", "program_file"]

_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where the programs of a service are looked for."""


_LOGS = {"rsyslogd": tuple(f"/var/log/{name}" for name in ("syslog", "kern.log", "auth.log", "messages", "secure"))}
"""The files that a service writes all the time, where the system has them."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One open file; ``name`` is a number, ``cwd``, ``rtd``, ``txt`` or ``mem``, ``mode`` is r, w, u or empty."""

    name: str
    path: str
    mode: str = ""


def descriptors(machine: Machine, process: Process) -> list[Descriptor]:
    """Everything ``process`` has open but sockets, in the order of ``lsof``."""
    found = [Descriptor("cwd", process.cwd), Descriptor("rtd", "/")]
    if is_kernel(process):
        return found
    found.append(Descriptor("txt", program_file(machine, process)))
    boards = [f"/dev/nvidia{index}" for index in sorted(process.gpu)]
    stream = "/dev/null" if process.tty == "?" else f"/dev/{process.tty}"
    modes = "rww" if process.tty == "?" else "uuu"
    found += [Descriptor(str(number), stream, mode) for number, mode in enumerate(modes)]
    logs = [path for path in _LOGS.get(command_name(process), ()) if machine.files.exists(path)]
    later = [Descriptor("", path, "w") for path in [*process.files, *logs]]
    later += [Descriptor("", path, "u") for path in (["/dev/nvidiactl", "/dev/nvidia-uvm", *boards] if boards else [])]
    found += [Descriptor(str(3 + number), one.path, one.mode) for number, one in enumerate(later)]
    return found


def program_file(machine: Machine, process: Process) -> str:
    """The file of the program that the process runs."""
    word = process.command[0].lstrip("-") if process.command else ""
    whole = word.startswith("/")
    places = [word] if whole else [f"{folder}/{word}" for folder in _PATH]
    there = (machine.files.resolve(path) for path in places if machine.files.exists(path))
    return next(there, word if whole else f"/usr/bin/{word}")
