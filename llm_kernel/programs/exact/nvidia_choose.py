"""Which GPUs a call of nvidia-smi is about: ``-i`` takes indexes, UUIDs and bus ids; a lost board cannot be had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm_kernel.machine.devices import Devices, Gpu
from llm_kernel.machine.drivers import branch_of
from llm_kernel.shell.call import Answer

__all__ = ["NONE_FOUND", "chosen", "lost_answer", "with_lost"]

NONE_FOUND = Answer("No devices were found\n", status=6)


def chosen(devices: Devices, ids: str | None) -> list[Gpu]:
    """The GPUs that ``ids`` names, in their order on the machine; none at all if one of them is not there."""
    there = [gpu for gpu in devices.gpus if not gpu.lost]
    if ids is None:
        return there
    found = []
    for name in (word.strip() for word in ids.split(",")):
        gpu = next((gpu for gpu in there if name.upper() in _names(gpu)), None)
        if gpu is None:
            return []
        found.append(gpu.index)
    return [gpu for gpu in there if gpu.index in found]


def _names(gpu: Gpu) -> set[str]:
    bus = gpu.bus.upper()
    return {str(gpu.index), gpu.uuid.upper(), bus, bus[4:], bus[9:]}


def _short(gpu: Gpu) -> str:
    """The bus id with the four digits of the domain that old tools print."""
    return gpu.bus[4:]


def lost_answer(devices: Devices) -> Answer | None:
    """All that a program of before 580 says when a board has fallen off the bus; None where none has."""
    branch = branch_of(devices.driver)
    gpu = next((gpu for gpu in devices.gpus if gpu.lost), None)
    if gpu is None or branch >= 580:
        return None
    if branch < 515:
        reason = "GPU is lost.  Reboot the system to recover this GPU"
        return Answer(f"Unable to determine the device handle for GPU {_short(gpu)}: {reason}\n", status=15)
    return Answer(f"Unable to determine the device handle for GPU{_short(gpu)}: Unknown Error\n", status=255)


def _lost_lines(gpus: Iterable[Gpu]) -> str:
    """What later programs say of lost boards before they go on with the others."""
    text = "Unable to determine the device handle for GPU{0}: {1}: Unknown Error\n"
    return "".join(text.format(gpu.index, _short(gpu)) for gpu in gpus if gpu.lost)


def with_lost(answer: Answer, gpus: Sequence[Gpu]) -> Answer:
    """``answer`` below the lines about lost boards."""
    lines = _lost_lines(gpus)
    return replace(answer, stdout=f"{lines}{answer.stdout!s}") if lines else answer
