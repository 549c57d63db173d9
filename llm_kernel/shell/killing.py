"""Bash's own ``kill``: signals to jobs and processes, and the list of them."""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.machine.signals import ENDS, name_of, number_of
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.jobs import Jobs

__all__ = ["kill"]

_USAGE = "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n"
_ROW = 5
_CONT = 18


async def kill(jobs: Jobs, machine: Machine, call: Call, io: Io) -> int:
    """Send a signal to each job and process that is named."""
    args = list(call.args)
    if args[:1] in (["-l"], ["-L"]):
        return await _listed(args[1:], io)
    signal: int | None = 15
    if args in (["-s"], ["-n"]):
        await io.err(f"bash: kill: {args[0]}: option requires an argument\n")
        return 1
    if args[:1] in (["-s"], ["-n"]):
        word, args = args[1], args[2:]
        signal = number_of(word)
    elif args and args[0].startswith("-") and len(args[0]) > 1 and args[0] != "--":
        word, args = args[0][1:], args[1:]
        signal = number_of(word)
    else:
        word = "TERM"
    if signal is None:
        await io.err(f"bash: kill: {word}: invalid signal specification\n")
        return 1
    args = args[1:] if args[:1] == ["--"] else args
    if not args:
        await io.err(_USAGE)
        return 2
    return max([await _send(jobs, machine, name, signal, io) for name in args])


async def _send(jobs: Jobs, machine: Machine, name: str, signal: int, io: Io) -> int:
    if name.startswith("%"):
        job = jobs.find(name)
        if job is None:
            await io.err(f"bash: kill: {jobs.unfound(name)}\n")
            return 1
        jobs.signalled(job, signal, group=True)
        if job.state == "Stopped" and signal in ENDS:
            jobs.signalled(job, _CONT)
        return 0
    digits = name.removeprefix("-")
    if not digits.isdigit():
        await io.err(f"bash: kill: {name}: arguments must be process or job IDs\n")
        return 1
    wrong = machine.processes.signal(int(digits), signal, user=machine.system.user)
    if wrong:
        await io.err(f"bash: kill: ({name}) - {wrong}\n")
    return int(bool(wrong))


async def _listed(names: list[str], io: Io) -> int:
    """``kill -l``: all signals in rows, or a name for each number and a number for each name."""
    if not names:
        rows = [f"{number:2d}) SIG{name_of(number)}" for number in [*range(1, 32), *range(34, 65)]]
        lines = ["\t".join(rows[at : at + _ROW]) for at in range(0, len(rows), _ROW)]
        await io.out("\n".join(lines) + "\t\n")
        return 0
    status = 0
    for name in names:
        number = number_of(str(int(name) - 128) if name.isdigit() and int(name) > 128 else name)
        if number is None:
            await io.err(f"bash: kill: {name}: invalid signal specification\n")
            status = 1
        else:
            shown = ("EXIT" if number == 0 else name_of(number)) if name.isdigit() else str(number)
            await io.out(f"{shown}\n")
    return status
