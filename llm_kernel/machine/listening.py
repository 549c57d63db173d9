"""Who listens, read off the process table: what runs, listens; what has ended does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from llm_kernel.machine.catalog import load
from llm_kernel.machine.process_facts import command_name
from llm_kernel.machine.processes import Process

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Listener", "listeners"]


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that waits for connections (``tcp``) or datagrams (``udp``), and the process that holds it."""

    protocol: str
    address: str
    port: int
    pid: int
    program: str
    fd: int
    backlog: int = 128


_ANY = "0.0.0.0"  # noqa: S104  # an address to print, nobody binds it
_PLACES = {
    "any": (_ANY, "::"),
    "any4": (_ANY,),
    "any6": ("::",),
    "loopback": ("127.0.0.1", "::1"),
    "loopback4": ("127.0.0.1",),
}
_SAID = {"*": "any4", "": "any4", "localhost": "loopback4"}
"""Hosts that have no address for a name."""


def listeners(machine: Machine) -> list[Listener]:
    """Every socket that waits; of two servers that want one port, only the first has it."""
    found: dict[tuple[str, str, int], Listener] = {}
    for process in machine.processes.running():
        for one in _held(process):
            found.setdefault((one.protocol, one.address, one.port), one)
    return list(found.values())


def _held(process: Process) -> list[Listener]:
    """The sockets of one process."""
    name, words = _program(process)
    called = command_name(process)
    if name == "sshd" and process.tty == "?":
        return [Listener("tcp", address, 22, process.pid, name, 3 + n) for n, address in enumerate(_PLACES["any"])]
    if name == "systemd-resolved":
        return [Listener(kind, "127.0.0.53%lo", 53, process.pid, called, fd, 4096) for kind, fd in _RESOLVED]
    if name == "dhclient":
        return [Listener("udp", _ANY, 68, process.pid, called, 7)]
    row = _servers().get(name)
    plain = [word for word in words if not word.startswith("-")]
    if row is None or (row.get("needs") and not {*plain} & {*row["needs"].split()}):
        return []
    host = _option(words, row.get("hosts", ""))
    port = _option(words, row.get("ports", ""))
    if row.get("bare"):
        port = next((word for word in plain if word.isdecimal()), None)
    if host and ":" in host and not port:
        host, _, port = host.rpartition(":")
    place = "any4" if row.get("open") in words else _SAID.get(host, host) if host is not None else row["on"]
    number = int(port) if port and port.isdecimal() and 0 < int(port) < 65536 else row["port"]
    return [
        Listener("tcp", address, number, process.pid, called, row["fd"] + n, row["backlog"])
        for n, address in enumerate(_PLACES.get(place, (place,)))
    ]


_RESOLVED = (("udp", 12), ("tcp", 13))


def _program(process: Process) -> tuple[str, Sequence[str]]:
    """The server's name and its arguments, behind the Python that reads it."""
    words = list(process.command)
    name = words.pop(0).rpartition("/")[2] if words else ""
    if name.startswith("python") and words:
        module = words[0] == "-m" and len(words) > 1
        name, words = words[1 if module else 0].rpartition("/")[2], words[2 if module else 1 :]
    return name, words


def _option(words: Sequence[str], names: str) -> str | None:
    """The value that follows the last of the options ``names``, or is joined to it by ``=``; None without one."""
    value = None
    for number, word in enumerate(words):
        name, joined, text = word.partition("=")
        if name in names.split():
            value = text if joined else words[number + 1] if number + 1 < len(words) else ""
    return value


@cache
def _servers() -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = load("servers")["servers"]
    return rows
