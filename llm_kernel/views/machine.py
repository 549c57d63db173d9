"""The machine as a card: system, GPUs as bars, processes, files and packages; and the same as plain text."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from htpy import Node

from llm_kernel.events import Display
from llm_kernel.machine import Machine
from llm_kernel.machine.devices import Gpu, Reading
from llm_kernel.machine.packages import Package
from llm_kernel.machine.processes import Process
from llm_kernel.machine.quantity import say_size
from llm_kernel.prompt import card, volatile
from llm_kernel.views.page import bar, block, columns, fold, grid, note, page, piece, section, shown, view

__all__ = ["machine_view"]

_ROWS = 60
"""Files of one tree."""

_DEPTH = 3
_PACKAGES = 200
_PROCESSES = 30
_COMMAND = 100


def machine_view(machine: Machine, cwd: str) -> Display:
    """What is imagined, as somebody in ``cwd`` may want to see it."""
    seen = _Seen(machine, cwd)
    html = page(
        f"{machine.system.user}@{machine.system.host}: {machine.system.profile.pretty}",
        grid((), [(piece(name, "faint"), piece(text)) for name, text in seen.facts()]),
        section("GPUs", *_gpus(seen)),
        section("Processes", *_processes(seen)),
        section("Files", *(fold(tree.title, block("\n".join(tree.lines)), opened=True) for tree in seen.trees())),
        section("Packages", *_packages(seen)),
        section("Facts", block("\n".join(machine.facts))) if machine.facts else None,
    )
    return view(html, "\n".join(_plain(seen)), kind="result")


@dataclass(frozen=True, slots=True)
class _Gpu:
    """One row of the GPUs; amounts in MiB and watts."""

    name: str
    util: int
    used: int
    total: int
    temp: int
    power: float
    limit: float
    trouble: str = ""

    @property
    def heat(self) -> str:
        return f"{self.temp} °C, {self.power:.0f} of {self.limit:.0f} W"


@dataclass(frozen=True, slots=True)
class _Tree:
    """What stands below a folder, a line each."""

    title: str
    lines: list[str]


def _read(gpu: Gpu, now: Reading) -> _Gpu:
    trouble = "lost" if gpu.lost else "ERR!" if gpu.failing else ""
    name = f"{gpu.index} {gpu.model}"
    return _Gpu(name, now.util, now.fb.used, now.fb.total, now.temp, now.watts.draw, now.watts.limit, trouble)


class _Seen:
    """What both forms tell, read off the machine once."""

    def __init__(self, machine: Machine, cwd: str) -> None:
        self.machine = machine
        self.cwd = cwd
        self.gpus = [_read(gpu, now) for gpu, now in zip(machine.devices.gpus, machine.readings(), strict=True)]

    def facts(self) -> list[tuple[str, str]]:
        """The system in pairs of a name and what it is."""
        machine = self.machine
        system, devices = machine.system, machine.devices
        people = [user.name for user in system.users]
        rows = [
            ("Kernel", f"{system.kernel} {system.arch}"),
            ("Processors", system.cpu.spoken),
            ("Memory", f"{say_size(system.memory)}, swap {say_size(system.swap)}"),
            ("Disks", ", ".join(f"{disk.mount} {say_size(disk.size)} ({disk.kind})" for disk in system.disks)),
            ("Python", system.python or "none"),
            ("Driver", ", ".join(_driver(machine)) or "none"),
            ("Users", ", ".join(f"{name} (this session)" if name == system.user else name for name in people)),
            ("Now", f"{machine.clock.local:%Y-%m-%d %H:%M:%S %Z}, in {self.cwd}"),
        ]
        return rows if devices.gpus else [row for row in rows if row[0] != "Driver" or row[1] != "none"]

    def processes(self) -> tuple[list[Process], int]:
        """The people's processes and those on a GPU, and how many there are besides."""
        table = self.machine.processes.table.values()
        mine = [process for process in table if process.tty != "?" or process.gpu]
        return mine[:_PROCESSES], len(table) - len(mine[:_PROCESSES])

    def packages(self) -> list[tuple[str, list[Package]]]:
        """What somebody had installed, by who installs it."""
        found: dict[str, list[Package]] = {}
        for package in self.machine.packages.asked():
            found.setdefault(package.manager, []).append(package)
        return sorted(found.items())

    def trees(self) -> list[_Tree]:
        """What stands in the session's folder and, where that is elsewhere, at home."""
        account = self.machine.system.account(self.machine.system.user)
        tops = [self.cwd, account.home if account else self.cwd]
        return [self._tree(top) for top in dict.fromkeys(tops) if self.machine.files.is_dir(top)]

    def _tree(self, top: str) -> _Tree:
        lines: list[str] = []
        for line in self._below(top, 0):
            if len(lines) == _ROWS:
                lines.append("...")
                break
            lines.append(line)
        return _Tree(top, lines or ["(empty)"])

    def _below(self, folder: str, depth: int) -> Iterator[str]:
        entries = self.machine.files.entries(folder)
        hidden = sum(name.startswith(".") for name in entries)
        for name in sorted(name for name in entries if not name.startswith(".")):
            stat, space = entries[name], "    " * depth
            if stat.kind == "directory":
                yield f"{space}{shown(name)}/"
                if depth + 1 < _DEPTH:
                    yield from self._below(posixpath.join(folder, name), depth + 1)
            elif stat.kind == "symlink":
                yield f"{space}{shown(name)} -> {shown(stat.target)}"
            else:
                yield f"{space}{shown(name)}  {say_size(stat.size)}"
        if hidden:
            yield f"{'    ' * depth}({hidden} hidden)"


def _driver(machine: Machine) -> list[str]:
    devices = machine.devices
    return [
        *([devices.driver] if devices.driver else []),
        *([f"CUDA toolkit {devices.cuda}"] if devices.cuda else []),
    ]


def _command(process: Process) -> str:
    text = " ".join(process.command)
    return text if len(text) <= _COMMAND else f"{text[: _COMMAND - 3]}..."


def _load(process: Process) -> str:
    return ", ".join(f"GPU {index}: {use.util} %, {use.mem} MiB" for index, use in sorted(process.gpu.items()))


def _gpus(seen: _Seen) -> list[Node]:
    if not seen.gpus:
        return [note("none")]
    rows = [
        (
            piece(gpu.name),
            piece(gpu.trouble, "warning") if gpu.trouble else bar(gpu.util, 100, f"{gpu.util} %"),
            "" if gpu.trouble else bar(gpu.used, gpu.total, f"{gpu.used} of {gpu.total} MiB"),
            "" if gpu.trouble else gpu.heat,
        )
        for gpu in seen.gpus
    ]
    return [grid(("GPU", "load", "memory", ""), rows)]


def _processes(seen: _Seen) -> list[Node]:
    mine, others = seen.processes()
    rows = [(str(one.pid), piece(one.user), piece(_command(one)), _load(one)) for one in mine]
    return [grid(("pid", "user", "command", ""), rows, numbers=[0]), note(f"and {others} of the system")]


def _packages(seen: _Seen) -> list[Node]:
    found = [
        fold(
            f"{manager} ({len(packages)})",
            grid((), [(piece(one.name), piece(one.version)) for one in packages[:_PACKAGES]]),
            note(f"and {len(packages) - _PACKAGES} more") if len(packages) > _PACKAGES else None,
            opened=len(packages) <= 12,
        )
        for manager, packages in seen.packages()
    ]
    return [*found] or [note("only those that the system brings")]


def _plain(seen: _Seen) -> list[str]:
    machine = seen.machine
    lines = [shown(line) for line in f"{card(machine)}\n{volatile(machine, seen.cwd)}".split("\n")]
    lines += ["", *columns([(f"{shown(name)}:", shown(text)) for name, text in seen.facts() if name != "Now"])]
    if seen.gpus:
        rows = [
            (f"GPU {shown(gpu.name)}", *(_bars(gpu) if not gpu.trouble else (gpu.trouble, "", ""))) for gpu in seen.gpus
        ]
        lines += ["", *columns(rows)]
    mine, others = seen.processes()
    head = [("PID", "USER", "COMMAND", "")]
    table = [(str(one.pid), shown(one.user), shown(_command(one)), _load(one)) for one in mine]
    lines += ["", *columns([*head, *table], right=[0]), f"and {others} of the system"]
    for tree in seen.trees():
        lines += ["", f"Files in {shown(tree.title)}:", *(f"    {line}" for line in tree.lines)]
    for manager, packages in seen.packages():
        named = ", ".join(f"{shown(one.name)} {shown(one.version)}" for one in packages[:_PACKAGES])
        more = f", and {len(packages) - _PACKAGES} more" if len(packages) > _PACKAGES else ""
        lines += ["", f"Packages of {shown(manager)}: {named}{more}"]
    return lines


def _bars(gpu: _Gpu) -> tuple[str, str, str]:
    if gpu.trouble:
        return gpu.trouble, "", ""
    return (
        f"{_drawn(gpu.util, 100)} {gpu.util:3} %",
        f"{_drawn(gpu.used, gpu.total)} {gpu.used} of {gpu.total} MiB",
        gpu.heat,
    )


def _drawn(value: float, most: float) -> str:
    full = round(10 * min(max(value / max(most, 1), 0.0), 1.0))
    return f"[{'#' * full}{'.' * (10 - full)}]"
