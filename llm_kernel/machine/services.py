"""The services: what unit files say, and which process is the main one of each. No second record of what runs."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_kernel.machine.catalog import load
from llm_kernel.machine.processes import Process
from llm_kernel.machine.system import System

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["FOLDERS", "Service", "find_service", "main_process", "packaged_units", "services", "unit_files", "wants"]

FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
"""Where unit files lie; the first that has one wins."""


@dataclass(frozen=True, slots=True)
class Service:
    """One unit; ``path`` is its file, ``wanted`` the target that starts it (empty: it is started by others)."""

    name: str
    description: str
    command: tuple[str, ...]
    path: str
    wanted: str = ""
    documentation: str = ""
    user: str = "root"
    once: bool = False

    @property
    def program(self) -> str:
        """The name of its main program."""
        return self.command[0].rpartition("/")[2] if self.command else ""


def unit_files(system: System, packages: list[str]) -> dict[str, str]:
    """The unit files that the system and the installed ``packages`` bring, by path."""
    return {
        f"/lib/systemd/system/{name}.service": _unit_text(row)
        for name, row in _UNITS.items()
        if row[0] in ("all", system.profile.like, system.os) and (not row[1] or row[1] in packages)
    }


def packaged_units() -> list[str]:
    """The packages that bring a service."""
    return sorted({row[1] for row in _UNITS.values() if row[1]})


def wants(system: System, packages: list[str]) -> dict[str, str]:
    """The links by which targets start units, and where they lead."""
    alias = {"/etc/systemd/system/sshd.service": "/lib/systemd/system/ssh.service"}
    return (alias if system.profile.like == "debian" else {}) | {
        f"/etc/systemd/system/{_UNITS[name][6]}.wants/{name}.service": f"/lib/systemd/system/{name}.service"
        for path in unit_files(system, packages)
        if _UNITS[name := path.rpartition("/")[2].removesuffix(".service")][6]
    }


def services(machine: Machine) -> list[Service]:
    """All services that have a unit file, by name."""
    names: dict[str, Service] = {}
    for folder in FOLDERS:
        if not machine.files.is_dir(folder):
            continue
        for file in machine.files.listdir(folder):
            name = file.removesuffix(".service")
            path = f"{folder}/{file}"
            if file.endswith(".service") and machine.files.exists(path):
                found = _read(machine, name, path)
                names.setdefault(found.name, found)
    return [names[name] for name in sorted(names)]


def find_service(machine: Machine, name: str) -> Service | None:
    """The service that ``name`` or ``name.service`` names."""
    plain = name.removesuffix(".service")
    if "/" in plain:
        return None
    for folder in FOLDERS:
        path = f"{folder}/{plain}.service"
        if machine.files.exists(path):
            return _read(machine, plain, path)
    return None


def main_process(machine: Machine, service: Service) -> Process | None:
    """The process that runs the service."""
    return next(
        (
            process
            for process in machine.processes.running()
            if process.tty == "?"
            and process.command
            and process.rss
            and _program(process) in (service.program, service.program.removesuffix("d"))
            and (process.command == service.command or service.path.startswith(("/lib/", "/usr/lib/")))
        ),
        None,
    )


def _usr(system: System) -> bool:
    """Whether systemd names its own folder with ``/usr``."""
    return system.profile.like == "rhel" or system.profile.since("libc", "2.38")


def _program(process: Process) -> str:
    return process.command[0].rpartition("/")[2]


def _read(machine: Machine, name: str, path: str) -> Service:
    text = machine.files.read(path).decode(errors="replace")
    rows = dict(_pairs(text))
    command = rows.get("ExecStart", "").lstrip("-@:+!")
    try:
        words = tuple(shlex.split(command))
    except ValueError:
        words = tuple(command.split())
    stat = machine.files.lstat(path)
    target = path if stat.kind != "symlink" else machine.files.absolute(stat.target, path.rpartition("/")[0])
    if target.startswith("/lib/") and _usr(machine.system):
        target = f"/usr{target}"
    return Service(
        name if target == "/dev/null" else target.rpartition("/")[2].removesuffix(".service"),
        rows.get("Description", f"{name}.service"),
        words,
        target,
        rows.get("WantedBy", ""),
        rows.get("Documentation", ""),
        rows.get("User", "root"),
        rows.get("Type", "") == "oneshot",
    )


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.replace("\\\n", " ").splitlines():
        key, eq, value = line.strip().partition("=")
        if eq and not key.startswith(("#", ";")):
            yield key.strip(), value.strip()


def _unit_text(row: list[str]) -> str:
    _, _, _, description, command, documentation, wanted = row
    more = f"Documentation={documentation}\n" if documentation else ""
    install = f"\n[Install]\nWantedBy={wanted}\n" if wanted else ""
    return f"[Unit]\nDescription={description}\n{more}\n[Service]\nExecStart={command}\n{install}"


_UNITS: dict[str, list[str]] = load("services")["units"]
