"""The machine in words for a model, and as the plain facts that a recording is found by."""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.machine.faults import spoken

__all__ = ["card", "given", "older_facts", "running", "told_facts", "volatile"]

_FAMOUS = (
    "torch torchvision torchaudio tensorflow keras jax numpy pandas scipy scikit-learn transformers datasets "
    "matplotlib tqdm pillow opencv-python pytorch-lightning xgboost"
).split()
_FACTS, _STEP = 20, 10
"""How many facts stand on the card, and by how many the oldest leave it, so that it seldom changes."""


def card(machine: Machine) -> str:
    """The machine in a few lines, without time and load."""
    system, devices = machine.system, machine.devices
    gpus = f"{len(devices.gpus)} x {devices.gpus[0].model}" if devices.gpus else "no GPU"
    lines = [
        f"Machine: {system.profile.pretty}, host {system.host}, user {system.user}, "
        f"Python {system.python or 'none'}, {system.cpu.cores} cores, {system.memory // 2**30} GiB memory",
        f"GPUs: {gpus}"
        + (f", driver {devices.driver}" if devices.driver else "")
        + (f", CUDA {devices.cuda}" if devices.cuda else ""),
    ]
    if packages := _packages(machine):
        lines.append(f"Packages: {packages}")
    lines += [f"Fact: {fact}" for fact in told_facts(machine)]
    return "\n".join(lines)


def told_facts(machine: Machine) -> list[str]:
    """The facts that stand on the card."""
    return [*machine.facts[_left(machine) :], *spoken(machine)]


def older_facts(machine: Machine) -> list[str]:
    """The facts that have left the card."""
    return list(machine.facts[: _left(machine)])


def given(machine: Machine) -> str:
    """What the card is made from, in no words of ours: what the user and the machine gave."""
    system, devices = machine.system, machine.devices
    lines = [
        f"system {system.profile.pretty}",
        f"host {system.host}",
        f"user {system.user}",
        f"python {system.python}",
        f"cores {system.cpu.cores}",
        f"memory {system.memory}",
        *(f"gpu {gpu.model}" for gpu in devices.gpus),
        f"driver {devices.driver}",
        f"cuda {devices.cuda}",
        *sorted(f"package {package.name} {package.version}" for package in machine.packages.asked()),
        *(f"fact {fact}" for fact in [*machine.facts, *spoken(machine)]),
    ]
    return "\n".join(lines)


def volatile(machine: Machine, cwd: str) -> str:
    """What changes from request to request: the time, the directory and the load."""
    lines = [f"Now: {machine.clock.local:%Y-%m-%d %H:%M:%S %Z}, in {cwd}"]
    busy = [p for p in machine.processes.running() if p.gpu]
    lines += [f"Running: pid {p.pid} {' '.join(p.command)[:80]} on GPU {sorted(p.gpu)}" for p in busy]
    return "\n".join(lines)


def running(machine: Machine) -> str:
    """What runs on which GPUs; neither the time nor a process's number, which a cell that only looks would move."""
    busy = [p for p in machine.processes.running() if p.gpu]
    return "\n".join(sorted(f"{' '.join(p.command)} on {sorted(p.gpu)}" for p in busy))


def _left(machine: Machine) -> int:
    """How many facts have left the card."""
    over = len(machine.facts) - _FACTS
    return max(0, -(-over // _STEP) * _STEP)


def _packages(machine: Machine) -> str:
    found = {package.name.lower(): package.version for package in machine.packages.asked()}
    famous = [name for name in _FAMOUS if name in found]
    rest = [name for name in found if name not in famous]
    return ", ".join(f"{name} {found[name]}" for name in [*famous, *rest][:24])
