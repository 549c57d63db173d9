"""``lscpu -e`` and ``-p`` with their lists of columns, and ``numactl -H``: one line for each logical processor."""

from __future__ import annotations

import json
from collections.abc import Callable

from llm_kernel.machine import Machine
from llm_kernel.machine.cpus import chip
from llm_kernel.machine.memory import memory
from llm_kernel.machine.proc import topology
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["extended", "parsable", "unknown_column"]

Place = tuple[int, int, int]
"""A logical processor, its core counted over all sockets, and its socket."""

_CACHES = ("L1d", "L1i", "L2", "L3")
_COLUMNS: dict[str, Callable[[Machine, Place], str]] = {
    "CPU": lambda machine, place: str(place[0]),
    "CORE": lambda machine, place: str(place[1]),
    "SOCKET": lambda machine, place: str(place[2]),
    "NODE": lambda machine, place: str(place[2]),
    "BOOK": lambda machine, place: "",
    "DRAWER": lambda machine, place: "",
    "CACHE": lambda machine, place: ":".join([str(place[1])] * 3 + [str(place[2])]),
    "POLARIZATION": lambda machine, place: "",
    "ADDRESS": lambda machine, place: "",
    "CONFIGURED": lambda machine, place: "",
    "ONLINE": lambda machine, place: "yes",
    "MHZ": lambda machine, place: f"{machine.system.cpu.mhz:.4f}",
    "MAXMHZ": lambda machine, place: f"{chip(machine.system.cpu.model).turbo:.4f}",
    "MINMHZ": lambda machine, place: "1500.0000" if "AMD" in machine.system.cpu.model else "1200.0000",
}
_SPOKEN = {"CPU": "CPU", "CORE": "Core", "SOCKET": "Socket", "NODE": "Node", "CACHE": "Cache", "ONLINE": "Online"}
_DEFAULT = ("CPU", "NODE", "SOCKET", "CORE", "CACHE", "ONLINE")
_LEFT = frozenset(["CACHE"])


def unknown_column(text: str) -> str:
    """The first name of a list of columns that is none."""
    return next((name for name in text.split(",") if name.upper() not in _COLUMNS), "") if text else ""


def places(machine: Machine) -> list[Place]:
    """Every logical processor in order."""
    own = machine.system.cpu
    a_socket = max(1, own.cores // own.threads_per_core // own.sockets)
    rows = []
    for cpu in range(own.cores):
        socket, core = topology(machine.system, cpu)
        rows.append((cpu, socket * a_socket + core, socket))
    return rows


def parsable(machine: Machine, columns: str) -> str:
    """``lscpu -p``: for programs; without a list the columns that old programs expect."""
    since = "" if not machine.system.profile.since("util_linux", "2.37") else "usually "
    lines = [
        "# The following is the parsable format, which can be fed to other",
        "# programs. Each different item in every column has an unique ID",
        f"# starting {since}from zero.",
    ]
    if not columns:
        lines.append("# CPU,Core,Socket,Node,,L1d,L1i,L2,L3")
        lines += [
            f"{cpu},{core},{socket},{socket},,{core},{core},{core},{socket}" for cpu, core, socket in places(machine)
        ]
        return "".join(f"{line}\n" for line in lines)
    names = [name.upper() for name in columns.split(",")]
    lines.append("# " + ",".join(":".join(_CACHES) if n == "CACHE" else _SPOKEN.get(n, n.title()) for n in names))
    said = {"ONLINE": "Y"}
    for place in places(machine):
        lines.append(",".join(said.get(name) or _COLUMNS[name](machine, place) for name in names))
    return "".join(f"{line}\n" for line in lines)


def extended(machine: Machine, columns: str, *, as_json: bool = False) -> str:
    """``lscpu -e``: the table for people."""
    names = [name.upper() for name in columns.split(",")] if columns else list(_full(machine))
    rows = [[_COLUMNS[name](machine, place) or "-" for name in names] for place in places(machine)]
    if as_json:
        lines = [{name.lower(): _value(text) for name, text in zip(names, row, strict=True)} for row in rows]
        return json.dumps({"cpus": lines}, indent=3) + "\n"
    titles = [":".join(_CACHES) if name == "CACHE" else name for name in names]
    wide = [max(len(title), *(len(row[n]) for row in rows)) for n, title in enumerate(titles)]
    lines_ = []
    for row in [titles, *rows]:
        cells = [text.ljust(wide[n]) if names[n] in _LEFT else text.rjust(wide[n]) for n, text in enumerate(row)]
        lines_.append(" ".join(cells).rstrip())
    return "".join(f"{line}\n" for line in lines_)


def _full(machine: Machine) -> tuple[str, ...]:
    new = machine.system.profile.since("util_linux", "2.38")
    return (*_DEFAULT, "MAXMHZ", "MINMHZ", *(("MHZ",) if new else ()))


def _value(text: str) -> object:
    return {"yes": True, "-": None}.get(text, int(text) if text.isdigit() else text)


@exact("numactl", needs="package:numactl")
def numactl(call: Call) -> Answer:
    """``numactl -H`` and ``-s``; to run a program bound to nodes is left to the model."""
    match call.args:
        case ("-H" | "--hardware",):
            return Answer(_hardware(call.machine))
        case ("-s" | "--show",):
            return Answer(_policy(call.machine))
        case ():
            return Answer(stderr=_USAGE, status=1)
        case (word, *_) if word.startswith("-") and word[1:2] not in "-CNmpilaVP":
            return Answer(stderr=f"numactl: invalid option -- '{word[1:2]}'\n{_USAGE}", status=1)
    raise NotExact(call.name)


_USAGE = """\
usage: numactl [--all | -a] [--interleave= | -i <nodes>] [--preferred= | -p <node>]
               [--physcpubind= | -C <cpus>] [--cpunodebind= | -N <nodes>]
               [--membind= | -m <nodes>] [--localalloc | -l] command args ...
       numactl [--show | -s]
       numactl [--hardware | -H]
"""


def _hardware(machine: Machine) -> str:
    nodes = machine.system.cpu.sockets
    now = memory(machine)
    lines = [f"available: {nodes} nodes (0-{nodes - 1})" if nodes > 1 else "available: 1 nodes (0)"]
    for node in range(nodes):
        mine = [str(cpu) for cpu, _, socket in places(machine) if socket == node]
        lines += [
            f"node {node} cpus: {' '.join(mine)}",
            f"node {node} size: {now.total // nodes // 1024} MB",
            f"node {node} free: {now.free // nodes // 1024} MB",
        ]
    lines += ["node distances:", "node " + "".join(f"{node:>3} " for node in range(nodes))]
    for node in range(nodes):
        lines.append(f"{node:>3}: " + "".join(f"{10 if node == other else 21:>3} " for other in range(nodes)))
    return "".join(f"{line}\n" for line in lines)


def _policy(machine: Machine) -> str:
    nodes = " ".join(str(node) for node in range(machine.system.cpu.sockets))
    cpus = " ".join(str(cpu) for cpu in range(machine.system.cpu.cores))
    return (
        f"policy: default\npreferred node: current\nphyscpubind: {cpus} \n"
        f"cpubind: {nodes} \nnodebind: {nodes} \nmembind: {nodes} \n"
    )
