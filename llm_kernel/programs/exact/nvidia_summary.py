"""What nvidia-smi's default table says of a machine: its boards, its MIG devices and the processes on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm_kernel.machine import Machine
from llm_kernel.machine.devices import Devices, Gpu, Reading
from llm_kernel.machine.drivers import branch_of
from llm_kernel.machine.processes import Process
from llm_kernel.programs.exact.nvidia_migbox import MigRow
from llm_kernel.programs.exact.nvidia_slices import Slice, home, slices
from llm_kernel.programs.exact.nvidia_table import Board, Head, Running, table

__all__ = ["boards", "running", "summary", "using"]

_FAILED = ("fan", "draw", "cap", "temp", "perf", "util", "mig", "ecc", "name")


def boards(devices: Devices, readings: Sequence[Reading]) -> list[Board]:
    """The table's cells for every GPU, from what its sensors say."""
    return [_board(devices, gpu, now) for gpu, now in zip(devices.gpus, readings, strict=True)]


def _board(devices: Devices, gpu: Gpu, now: Reading) -> Board:
    branch = branch_of(devices.driver)
    board = Board(
        index=str(gpu.index),
        name=gpu.card.named(devices.driver),
        persistence="On" if gpu.persistence else "Off",
        bus=gpu.bus,
        display="On" if gpu.display else "Off",
        ecc=_ecc(gpu, now),
        fan="N/A" if now.fan is None else f"{now.fan}%",
        temp=f"{now.temp}C",
        perf=now.pstate,
        draw=f"{round(now.power)}W",
        cap=f"{gpu.cap}W",
        used=f"{now.mem_used}MiB",
        total=f"{gpu.card.total(devices.driver)}MiB",
        util=f"{now.util}%",
        mode=gpu.mode,
        mig=("Enabled" if gpu.mig else "Disabled") if gpu.card.mig else "N/A",
    )
    if now.failing:
        return _failing(board, branch)
    if gpu.mig:
        hidden = {"used": "N/A", "total": ""} if 530 <= branch < 560 else {}
        return replace(board, util="N/A", **hidden)
    return board


def _ecc(gpu: Gpu, now: Reading) -> str:
    if gpu.ecc_on is None:
        return "N/A"
    if not gpu.ecc_on:
        return "Off"
    return "On" if gpu.mig else str(now.ecc.uncorrected or 0)


def _failing(board: Board, branch: int) -> Board:
    """A board whose sensors do not answer: every cell an error, since 535 only what the firmware has to say."""
    if branch < 535:
        return replace(board, used="0MiB", **dict.fromkeys(_FAILED, "ERR!"))
    cells = {"fan": "ERR!", "draw": "N/A", "cap": "N/A", "util": "N/A", "ecc": "N/A", "display": "N/A", "used": "0MiB"}
    return replace(board, **cells, mig="N/A" if board.mig == "N/A" else "ERR!")


def using(gpus: Iterable[Gpu], processes: Iterable[Process]) -> list[tuple[Gpu, Process]]:
    """Who holds memory on which GPU; a process that holds none is not listed, nor what a failing board cannot tell."""
    rows = list(processes)
    there = [gpu for gpu in gpus if not gpu.lost and not gpu.failing]
    return [(g, p) for g in there for p in rows if g.index in p.gpu and p.gpu[g.index].mem]


def running(gpus: Iterable[Gpu], processes: Iterable[Process]) -> list[Running]:
    """The lines of the process box: by GPU, then by pid."""
    rows = list(processes)
    return [_running(gpu, process, rows) for gpu, process in using(gpus, rows)]


def _running(gpu: Gpu, process: Process, processes: Sequence[Process]) -> Running:
    use = process.gpu[gpu.index]
    row = Running(str(gpu.index), str(process.pid), use.kind, process.command[0], f"{use.mem}MiB")
    inside = home(gpu, processes, process.pid) if gpu.mig else None
    return replace(row, gi=f"{inside.gi:>2} ", ci=f"{inside.ci:>2} ") if inside else row


def summary(machine: Machine, gpus: Sequence[Gpu]) -> str:
    """The whole table of these GPUs."""
    devices, processes = machine.devices, machine.processes.running()
    rows = boards(devices, machine.readings())
    head = Head(devices.driver, devices.driver, devices.shown_cuda)
    divided = [gpu for gpu in gpus if gpu.mig and not gpu.failing]
    mig = [_mig(gpu, one) for gpu in divided for one in slices(gpu, processes)] if divided else None
    lines = running(gpus, processes)
    return table(head, [rows[gpu.index] for gpu in gpus], lines, machine.clock.local, mig=mig)


def _mig(gpu: Gpu, one: Slice) -> MigRow:
    made = one.instance
    return MigRow(
        gpu=gpu.index,
        gi=made.gi,
        ci=made.ci,
        device=made.device,
        used=one.used,
        total=made.memory,
        bar1_used=0,
        bar1_total=made.bar1,
        sm=made.sms,
        ecc=0,
        ce=made.copies,
        enc=made.encoders,
        dec=made.decoders,
        ofa=made.ofas,
        jpg=made.jpegs,
    )
