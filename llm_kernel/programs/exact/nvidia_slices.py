"""The instances of a GPU in MIG mode, with the processes that run in each and the memory they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llm_kernel.machine.devices import Gpu, MigInstance
from llm_kernel.machine.processes import Process

__all__ = ["Slice", "home", "slices"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One MIG device and what is in it; ``used`` in MiB."""

    instance: MigInstance
    processes: tuple[Process, ...]
    used: int


def slices(gpu: Gpu, processes: Iterable[Process]) -> list[Slice]:
    """The MIG devices of ``gpu`` by number; a process is in the first one that has room for it."""
    left = {one.device: one.memory - one.idle for one in gpu.instances}
    inside: dict[int, list[Process]] = {one.device: [] for one in gpu.instances}
    for process in sorted((p for p in processes if gpu.index in p.gpu), key=lambda p: p.pid):
        if not left:
            break
        need = process.gpu[gpu.index].mem
        place = next((device for device, room in sorted(left.items()) if need <= room), max(left, key=left.__getitem__))
        left[place] -= need
        inside[place].append(process)
    ordered = sorted(gpu.instances, key=lambda one: one.device)
    return [Slice(one, tuple(inside[one.device]), one.memory - left[one.device]) for one in ordered]


def home(gpu: Gpu, processes: Iterable[Process], pid: int) -> MigInstance | None:
    """The instance in which process ``pid`` runs; None where the GPU is not divided."""
    found = (one.instance for one in slices(gpu, processes) if any(p.pid == pid for p in one.processes))
    return next(found, None)
