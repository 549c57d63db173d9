"""What changed about a machine between two moments, in sentences for the user; files are told elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llm_kernel.machine.faults import spoken as spoken_faults
from llm_kernel.machine.machine import Machine
from llm_kernel.machine.quantity import say_size

__all__ = ["tell"]

_WIDE, _MOST = 100, 6
"""How long a line of packages gets, and how many lines of them there are at most."""


def tell(before: Mapping[str, Any], machine: Machine, notes: Sequence[str]) -> list[str]:
    """The differences between ``before`` (an ``essence``) and ``machine`` now, in a fixed order.

    ``notes`` are what the words said on the way; of these the reasons for an adjustment are kept.
    """
    old, system, devices = before["system"], machine.system, machine.devices
    lines = []
    if (old["os"], old["release"]) != (system.os, system.release):
        lines.append(system.profile.pretty)
    if old["host"] != system.host:
        lines.append(f"host {system.host}")
    if old["user"] != system.user:
        lines.append(f"user {system.user}")
    known = {user["name"] for user in old["users"]}
    lines += [f"+ user {user.name}" for user in system.users if user.name not in known]
    if old["python"] != system.python:
        lines.append(f"Python {system.python}" if system.python else "no Python")
    lines += _devices(before["devices"], machine, notes)
    if old["cpu"] != machine.essence()["system"]["cpu"]:
        lines.append(system.cpu.spoken)
    if old["memory"] != system.memory:
        lines.append(f"{say_size(system.memory)} of memory")
    sizes = {disk["mount"]: disk["size"] for disk in old["disks"]}
    lines += [f"disk {disk.mount} {say_size(disk.size)}" for disk in system.disks if sizes.get(disk.mount) != disk.size]
    lines += _packages(before["packages"], machine)
    lines += [f"fault: {fault}" for fault in spoken_faults(machine) if fault not in before.get("spoken", ())]
    lines += ["no fault"] if before.get("spoken") and not spoken_faults(machine) else []
    lines += [f"noted: {fact}" for fact in machine.facts if fact not in before["facts"]]
    if before["clock"]["zone"] != machine.clock.zone:
        lines.append(f"time zone {machine.clock.zone}")
    if abs(before["clock"]["now"] - machine.clock.now) > 60:
        lines.append(f"{machine.clock.local:%Y-%m-%d %H:%M}")
    said = f"{devices.driver} {devices.cuda}"
    return [line for line in lines if line.strip() and line != said]


def _devices(before: Mapping[str, Any], machine: Machine, notes: Sequence[str]) -> list[str]:
    devices = machine.devices
    lines = []
    old = [gpu["card"] for gpu in before["gpus"]]
    new = [gpu.model for gpu in devices.gpus]
    if old != new:
        kinds = list(dict.fromkeys(new))
        lines += [f"{new.count(kind)} x {spoken(kind)}" for kind in kinds] or ["no GPU"]
    if before["driver"] != devices.driver:
        lines.append(f"driver {devices.driver}" if devices.driver else "no driver")
    if before["cuda"] != devices.cuda:
        lines.append(f"CUDA {devices.cuda}" if devices.cuda else "no CUDA toolkit")
    was = f"driver {before['driver']} -> " if before["driver"] else ""
    for note in notes:
        adjusted = note.partition(" (")[0].endswith(f"-> {devices.driver}") and was and note.startswith(was)
        if (
            adjusted
            or "cannot have" in note
            or "has no code for" in note
            or note.startswith(f"CUDA {before['cuda']} -> {devices.cuda} ")
        ):
            lines.append(note)
    return lines


def spoken(model: str) -> str:
    """A GPU's model with its maker, as people say it."""
    return model if model.startswith(("NVIDIA", "AMD")) else f"NVIDIA {model}"


def _packages(before: Mapping[str, Any], machine: Machine) -> list[str]:
    old = {(manager, key): version for manager, key, version, _ in before["added"]}
    new = {(manager, key): version for manager, key, version, _ in machine.packages.to_state()["added"]}
    lines = []
    for manager in dict.fromkeys([*(m for m, _ in new), *(m for m, _ in old)]):
        come = [(k, v) for (m, k), v in new.items() if m == manager and old.get((m, k)) != v]
        gone = [k for m, k in old if m == manager and (m, k) not in new]
        named = [machine.packages.find(manager, key) for key, _ in come]
        if come:
            rows = [f"{p.name} {p.version}" if p else f"{k} {v}" for p, (k, v) in zip(named, come, strict=True)]
            lines += _listed(manager, rows)
        if gone:
            lines += _listed(f"{manager}: without", gone)
    return lines


def _listed(head: str, rows: Sequence[str]) -> list[str]:
    """``head`` and the rows, in as many lines as they need, and the rest as a number where that is too many."""
    lines, plain = [""], head if head.endswith("without") else f"{head}:"
    for row in rows:
        if lines[-1] and len(plain) + len(lines[-1]) + len(row) + 3 > _WIDE:
            lines.append("")
        lines[-1] += f", {row}" if lines[-1] else row
    if len(lines) > _MOST:
        left = sum(line.count(", ") + 1 for line in lines[_MOST - 1 :])
        lines = [*lines[: _MOST - 1], f"and {left} more"]
    return [f"{plain} {lines[0]}", *(f"{'':{len(plain)}} {line}" for line in lines[1:])]
