"""Programs that say how the kernel should schedule another one: ``taskset``, ``chrt``, ``ionice``. They run it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llm_kernel.programs.exact.wrapping import run_on
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["chrt", "ionice", "taskset"]

_TASKSET = Options("a,all-tasks p,pid c,cpu-list", usage="", about="", ordered=True)
_CHRT = Options(
    "b,batch d,deadline f,fifo i,idle o,other r,rr R,reset-on-fork T,sched-runtime= P,sched-period= D,sched-deadline= "
    "a,all-tasks m,max p,pid v,verbose",
    usage="",
    about="",
    ordered=True,
)
_IONICE = Options("c,class= n,classdata= p,pid= P,pgid= t,ignore u,uid=", usage="", about="", ordered=True)

_CLASSES = {"0": "none", "1": "realtime", "2": "best-effort", "3": "idle"}
_REAL = ("fifo", "rr")
"""The policies that have priorities; the others have 0 alone."""

_MOST = 99
_LONGEST = 2000
"""Digits of a mask that are read."""


@live("taskset")
async def taskset(call: Call, io: Io) -> int:
    """Run a program on some of the processors, or tell on which a process may run."""
    parsed = _parsed(_TASKSET, call)
    if "pid" in parsed:
        return await _allowed(call, io, parsed)
    if len(parsed.operands) < 2:
        raise NotExact(call.name)
    chosen, *words = parsed.operands
    listed, cores = "cpu-list" in parsed, call.machine.system.cpu.cores
    numbers = _listed(chosen) if listed else _masked(chosen)
    if numbers is None:
        await io.err(f"taskset: failed to parse CPU {'list' if listed else 'mask'}: {chosen}\n")
        return 1
    if not any(number < cores for number in numbers):
        await io.err("taskset: failed to set pid 0's affinity: Invalid argument\n")
        return 1
    return await _run(call, io, words)


async def _allowed(call: Call, io: Io, parsed: Parsed) -> int:
    if len(parsed.operands) != 1 or not parsed.operands[0].isdigit():
        raise NotExact(call.name)
    (pid,), cores = parsed.operands, call.machine.system.cpu.cores
    if int(pid) not in call.machine.processes.table:
        await io.err(f"taskset: failed to get pid {pid}'s affinity: No such process\n")
        return 1
    listed = f"0-{cores - 1}" if cores > 1 else "0"
    told = f"list: {listed}" if "cpu-list" in parsed else f"mask: {(1 << cores) - 1:x}"
    await io.out(f"pid {pid}'s current affinity {told}\n")
    return 0


@live("chrt")
async def chrt(call: Call, io: Io) -> int:
    """Run a program under another policy of the scheduler."""
    parsed = _parsed(_CHRT, call)
    if "pid" in parsed or "max" in parsed or "deadline" in parsed or len(parsed.operands) < 2:
        raise NotExact(call.name)
    priority, *words = parsed.operands
    policy = parsed.last("batch", "fifo", "idle", "other", "rr") or "rr"
    if not re.fullmatch(r"-?\d+", priority):
        await io.err(f"chrt: invalid priority argument: '{priority}'\n")
        return 1
    if not (1 <= int(priority) <= _MOST if policy in _REAL else int(priority) == 0):
        await io.err(f"chrt: unsupported priority value for the policy: {priority}: see --max for valid range\n")
        return 1
    if policy in _REAL and not _may(call):
        await io.err("chrt: failed to set pid 0's policy: Operation not permitted\n")
        return 1
    return await _run(call, io, words)


@live("ionice")
async def ionice(call: Call, io: Io) -> int:
    """Run a program whose reads and writes have another class."""
    parsed = _parsed(_IONICE, call)
    if any(name in parsed for name in ("pid", "pgid", "uid")) or not parsed.operands:
        raise NotExact(call.name)
    wanted, data = parsed.value("class") or "2", parsed.value("classdata") or "4"
    if not wanted.isdigit() and wanted.lower() not in _CLASSES.values():
        await io.err(f"ionice: unknown scheduling class: '{wanted}'\n")
        return 1
    if not data.isdigit():
        await io.err(f"ionice: invalid class data argument: '{data}'\n")
        return 1
    if _CLASSES.get(wanted, wanted.lower()) == "realtime" and not _may(call) and "ignore" not in parsed:
        await io.err("ionice: ioprio_set failed: Operation not permitted\n")
        return 1
    if wanted.isdigit() and wanted not in _CLASSES:
        await io.err(f"ionice: unknown prio class {wanted}\n")
    return await _run(call, io, parsed.operands)


def _parsed(options: Options, call: Call) -> Parsed:
    parsed = options.parse(call)
    if isinstance(parsed, Answer):
        raise NotExact(call.name)
    return parsed


def _may(call: Call) -> bool:
    return call.machine.system.user == "root" or "SUDO_USER" in call.env


async def _run(call: Call, io: Io, words: Sequence[str]) -> int:
    return await run_on(call, io, words, f"{call.name}: failed to execute {words[0]}")


def _masked(text: str) -> list[int] | None:
    """The processors of a hexadecimal mask."""
    if not re.fullmatch(r"(?:0[xX])?[\da-fA-F]+(?:,[\da-fA-F]+)*", text) or len(text) > _LONGEST:
        return None
    mask = int(text.replace(",", ""), 16)
    return [number for number in range(mask.bit_length()) if mask >> number & 1]


def _listed(text: str) -> list[int] | None:
    """The first processors of each part of a list like ``0,4-7``."""
    parts = [re.fullmatch(r"(\d{1,6})(?:-(\d{1,6})(?::\d{1,6})?)?", part) for part in text.split(",")]
    if not all(part and int(part[2] or part[1]) >= int(part[1]) for part in parts):
        return None
    return [int(part[1]) for part in parts if part]
