"""What is broken on purpose: a GPU, a disk, the network. Each fault shows wherever it would on a real machine.

A GPU's faults are marked on its board and go with it; the disk and the network are here, and what the kernel logged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llm_kernel.errors import Refused
from llm_kernel.machine.boards import Gpu
from llm_kernel.machine.drivers import branch_of
from llm_kernel.machine.network import main_interface

if TYPE_CHECKING:  # the machine has faults; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["USAGE", "Faults", "break_", "spoken"]

USAGE = (
    "machine fault gpu 2 lost|err|hot|ecc N|none, machine fault disk full|none, machine fault network down|up, "
    "machine fault none"
)

_WARM = 900.0
"""Seconds for which a board that is made hot has been so already: it is asked for because it is to be seen."""
_LOG = 200
_MOST_ERRORS = 10_000


class Faults:
    """``full`` are the mount points of full disks; ``log`` the kernel's lines as (machine time, text), oldest first."""

    def __init__(self) -> None:
        self.network_down = False
        self.full: set[str] = set()
        self.log: list[tuple[float, str]] = []

    @property
    def disk_full(self) -> bool:
        """Whether the root disk is full."""
        return "/" in self.full

    def note(self, now: float, text: str) -> None:
        """Let the kernel log ``text``; the oldest lines are dropped, as from its ring."""
        self.log = [*self.log, (now, text)][-_LOG:]

    def shift(self, seconds: float) -> None:
        """Move the log with a clock that was set."""
        self.log = [(when + seconds, text) for when, text in self.log]

    def to_state(self) -> dict[str, Any]:
        """The faults as JSON-able data."""
        return {"network": self.network_down, "full": sorted(self.full), "log": [list(row) for row in self.log]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Faults:
        """The faults that ``to_state`` described."""
        made = cls()
        made.network_down, made.full = bool(state.get("network")), set(state.get("full", ()))
        made.log = [(float(when), str(text)) for when, text in state.get("log", ())]
        return made


def spoken(machine: Machine) -> list[str]:
    """The faults as sentences, for whoever has to play a program on this machine."""
    told = []
    for gpu in machine.devices.gpus:
        if gpu.lost:
            told.append(f"GPU {gpu.index} has fallen off the bus and cannot be used")
        elif gpu.failing:
            told.append(f"GPU {gpu.index} fails: its sensors read ERR! and kernels on it hang")
        if gpu.errors.get("uncorrected"):
            told.append(f"GPU {gpu.index} has had {gpu.errors['uncorrected']} uncorrectable ECC errors")
        if "hot" in gpu.faults:
            told.append(f"GPU {gpu.index} overheats and is slowed down")
    told += [f"the disk at {mount} is full: no space left on device" for mount in sorted(machine.faults.full)]
    if machine.faults.network_down:
        told.append("the network is down: no name resolves and every connection fails")
    return told


def break_(machine: Machine, args: Sequence[str]) -> list[str]:
    """Carry out ``machine fault ...`` and return what to tell the user.

    Raises:
        Refused: for what cannot break here; everything is as before.
    """
    words = [arg.lower() for arg in args]
    match words:
        case ["none" | "clear" | "off"]:
            return _heal(machine)
        case ["network" | "net", state]:
            return _network(machine, state)
        case ["disk", *rest]:
            return _disk(machine, [arg for arg, word in zip(args, words, strict=True) if word != "disk"], rest)
        case ["gpu" | "gpus", which, kind, *rest] if len(rest) <= 1:
            return _gpus(machine, which, kind, rest[0] if rest else "")
    raise Refused(f"usage: {USAGE}")


def _heal(machine: Machine) -> list[str]:
    machine.faults.network_down = False
    machine.faults.full.clear()
    for gpu in machine.devices.gpus:
        gpu.faults.clear()
        gpu.errors.clear()
    return ["no fault"]


def _network(machine: Machine, state: str) -> list[str]:
    if state not in ("down", "up", "none"):
        raise Refused(f"usage: {USAGE}")
    down = state == "down"
    if down != machine.faults.network_down:
        link = "Down" if down else "Up, 1000 Mbps Full Duplex, Flow Control: None"
        machine.faults.note(machine.clock.now, f"{main_interface(machine).name}: NIC Link is {link}")
    machine.faults.network_down = down
    return [f"network {'down' if down else 'up'}"]


def _disk(machine: Machine, names: list[str], words: list[str]) -> list[str]:
    mount = next((name.rstrip("/") or "/" for name in names if name.startswith("/")), "/")
    state = [word for word in words if not word.startswith("/")]
    if state not in (["full"], ["none"], ["free"]):
        raise Refused(f"usage: {USAGE}")
    if mount not in [disk.mount for disk in machine.system.disks]:
        raise Refused(f"fault: no disk is mounted at {mount}")
    if state == ["full"]:
        machine.faults.full.add(mount)
        return [f"disk {mount} full"]
    machine.faults.full.discard(mount)
    return [f"disk {mount} has space"]


def _chosen(machine: Machine, which: str) -> list[Gpu]:
    gpus = machine.devices.gpus
    if which == "all":
        return list(gpus)
    if not re.fullmatch(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*", which):
        raise Refused(f"usage: {USAGE}")
    chosen: list[Gpu] = []
    for part in which.split(","):
        first, _, last = part.partition("-")
        for index in range(int(first), int(last or first) + 1):
            if index >= len(gpus):
                raise Refused(f"fault: there is no GPU {index}; the machine has {len(gpus)}")
            chosen.append(gpus[index])
    return chosen


def _gpus(machine: Machine, which: str, kind: str, number: str) -> list[str]:
    chosen = _chosen(machine, which)
    if not chosen or not machine.devices.driver:
        raise Refused("fault: there is no GPU with a driver")
    count = 0
    if kind == "ecc":
        if not re.fullmatch(r"\d{1,5}", number or "1") or int(number or "1") > _MOST_ERRORS:
            raise Refused(f"usage: {USAGE}")
        count = int(number or "1")
        for gpu in chosen:
            if not gpu.ecc_on:
                raise Refused(
                    f"fault: {gpu.model} has no ECC memory" + (" switched on" if gpu.card.ecc == "off" else "")
                )
    elif kind not in ("lost", "err", "hot", "none", "ok") or number:
        raise Refused(f"usage: {USAGE}")
    for gpu in chosen:
        _gpu(machine, gpu, kind, count)
    names = ", ".join(str(gpu.index) for gpu in chosen)
    said = {"ecc": f"{count} uncorrectable ECC errors", "err": "failing", "none": "without a fault"}
    return [f"GPU {names}: {said.get('none' if kind == 'ok' else kind, kind)}"]


def _gpu(machine: Machine, gpu: Gpu, kind: str, count: int) -> None:
    now = machine.clock.now
    if kind in ("none", "ok"):
        gpu.faults.clear()
        gpu.errors.clear()
        return
    if kind == "ecc":
        gpu.errors["uncorrected"] = min(_MOST_ERRORS, gpu.errors.get("uncorrected", 0) + count)
    else:
        gpu.faults[kind] = now - _WARM if kind == "hot" else now
    for line in _xid(machine, gpu, kind):
        machine.faults.note(now, line)
    if kind in ("lost", "err"):
        machine.processes.drop_gpu(gpu.index)


def _xid(machine: Machine, gpu: Gpu, kind: str) -> list[str]:
    """What the driver writes to the kernel's log about it."""
    bus = gpu.bus[4:].rpartition(".")[0].lower()
    users = machine.processes.using(gpu.index)
    who = f"pid={users[0].pid}, name={users[0].command[0][:15]}" if users else "pid='<unknown>', name=<unknown>"
    who = f"{who}, " if branch_of(machine.devices.driver) >= 450 else ""
    head = f"NVRM: Xid (PCI:{bus}): "
    match kind:
        case "lost":
            return [
                f"NVRM: GPU at PCI:{bus}: {gpu.uuid}",
                f"{head}79, {who}GPU has fallen off the bus.",
                f"NVRM: GPU {bus}.0: GPU has fallen off the bus.",
            ]
        case "err":
            return [f"NVRM: GPU at PCI:{bus}: {gpu.uuid}", f"{head}62, {who}2a5c(4b2c) 00000000 00000000"]
        case "ecc" if gpu.card.remaps:
            return [
                f"{head}94, {who}Contained: Uncorrectable DRAM error. RST: No, D-RST: No",
                f"{head}63, {who}Row Remapper: New row marked for remapping, reset gpu to activate.",
            ]
        case "ecc":
            return [
                f"{head}48, {who}DBE (double bit error) ECC Error Detected",
                f"{head}63, {who}Dynamic Page Retirement: New page retired, reboot to activate (0x00000000000d2f7a).",
            ]
    return []
