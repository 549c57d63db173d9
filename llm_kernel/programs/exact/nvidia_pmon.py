"""``nvidia-smi pmon``: one line for each process on each GPU and sample, in the columns of each generation."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from llm_kernel.machine.devices import Gpu, Reading
from llm_kernel.machine.processes import GpuUse, Process
from llm_kernel.programs.exact.nvidia_dmon import columns, stamp, stamp_heads

__all__ = ["METRICS", "pmon_heads", "pmon_rows"]

METRICS = "um"
"""The letters that ``-s`` takes."""

_COMMAND = 15
"""Letters of a command's name that the kernel keeps."""


@dataclass(frozen=True, slots=True)
class _Form:
    """Widths with the space before them: of headings and of values, which are not the same in newer programs."""

    pid: tuple[int, int]
    kind: tuple[int, int]
    first: tuple[int, int]
    rest: int
    gap: str


def _form(branch: int) -> _Form:
    if branch >= 545:
        return _Form((12, 11), (7, 6), (7, 7), 7, "    ")
    if branch >= 525:
        return _Form((12, 11), (6, 6), (6, 7), 7, "    ")
    return _Form((11, 11), (6, 6), (6, 6), 6, "   ")


def _names(select: str, branch: int) -> list[tuple[str, str]]:
    engines = ["sm", "mem", "enc", "dec", *(["jpg", "ofa"] if branch >= 545 else [])]
    memory = ["fb", *(["ccpm"] if branch >= 535 else [])]
    groups = {"u": [(name, "%") for name in engines], "m": [(name, "MB") for name in memory]}
    return [pair for letter in dict.fromkeys(select) for pair in groups[letter]]


def pmon_heads(select: str, options: str, branch: int) -> str:
    """The two heading lines."""
    form, names = _form(branch), _names(select, branch)
    first, second = stamp_heads(options, columns(branch))
    first += f"{'pid':>{form.pid[0]}}{'type':>{form.kind[0]}}"
    second += f"{'#':>{form.pid[0]}}{'C/G':>{form.kind[0]}}"
    for place, (name, unit) in enumerate(names):
        width = form.first[0] if place == 0 else form.rest
        first += f"{name:>{width}}"
        second += f"{unit:>{width}}"
    return f"{first}{form.gap}command \n{second}{form.gap}name \n"


def pmon_rows(
    gpu: Gpu, reading: Reading, processes: Sequence[Process], select: str, options: str, branch: int, now: datetime
) -> str:
    """The processes on one GPU; one line of dashes where there is none."""
    begin, form = stamp(options, columns(branch), now, gpu.index), _form(branch)
    shares = _shares(gpu, reading, processes)
    rows = []
    for process in processes:
        use = process.gpu[gpu.index]
        values = {"fb": str(use.mem), "ccpm": "0"}
        if not gpu.mig:
            values |= _engines(use, shares[process.pid], reading)
        rows.append(_row(begin, form, str(process.pid), use.kind, values, _called(process), select, branch))
    return "".join(rows) or _row(begin, form, "-", "-", {}, "-", select, branch)


def _engines(use: GpuUse, share: int, reading: Reading) -> dict[str, str]:
    """The percents of what a process was seen on."""
    values = {"enc": use.encoder, "dec": use.decoder}
    if share or use.trace:
        values |= {"sm": share, "mem": round(reading.util_mem * share / reading.util) if reading.util else 0}
    return {name: str(value) for name, value in values.items() if value is not None}


def _shares(gpu: Gpu, reading: Reading, processes: Sequence[Process]) -> dict[int, int]:
    """Percent of the GPU that each process has; together they never have more than the GPU does."""
    asked = {process.pid: process.gpu[gpu.index].util for process in processes}
    total = sum(asked.values())
    return {pid: util * reading.util // total if total > reading.util else util for pid, util in asked.items()}


def _row(
    begin: str, form: _Form, pid: str, kind: str, values: dict[str, str], name: str, select: str, branch: int
) -> str:
    cells = [values.get(column, "-") for column, _ in _names(select, branch)]
    text = "".join(f"{cell:>{form.first[1] if at == 0 else form.rest}}" for at, cell in enumerate(cells))
    return f"{begin}{pid:>{form.pid[1]}}{kind:>{form.kind[1]}}{text}{form.gap}{name:<{_COMMAND}}\n"


def _called(process: Process) -> str:
    return posixpath.basename(process.command[0])[:_COMMAND]
