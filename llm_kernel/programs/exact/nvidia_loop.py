"""``nvidia-smi`` as it runs: once, again and again (``-l``), or sample by sample (``dmon``, ``pmon``)."""

from __future__ import annotations

import errno
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from llm_kernel.machine.devices import Gpu, Reading
from llm_kernel.machine.drivers import branch_of
from llm_kernel.programs.exact import nvidia_dmon, nvidia_pmon
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.programs.exact.nvidia_choose import NONE_FOUND, chosen, lost_answer
from llm_kernel.programs.exact.nvidia_summary import using
from llm_kernel.programs.repeating import Beat
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["run"]

_LOOPS = {"-l": 1.0, "--loop": 1.0, "-lms": 0.001, "--loop-ms": 0.001}
_FILES = ("-f", "--filename")
_MOST = 3600
"""So many samples are taken because they were asked for; a greater number is as good as no end."""

_DEFAULT = "5"
"""Seconds between two rounds where ``-l`` names none."""

_TOOL_OPTIONS = {
    "-i": "id",
    "-d": "delay",
    "-c": "count",
    "-s": "select",
    "-o": "options",
    "--id": "id",
    "--delay": "delay",
    "--count": "count",
    "--select": "select",
    "--options": "options",
}


@dataclass(slots=True)
class _Asked:
    """The command line without what is about repetition: ``interval`` is None for one round."""

    rest: list[str] = field(default_factory=list)
    interval: float | None = None
    file: str | None = None
    wrong: bool = False


class _Paper:
    """Where the output goes: to the terminal, or into the file that ``-f`` names."""

    def __init__(self, call: Call, io: Io, file: str | None) -> None:
        self._call, self.io, self._file = call, io, file
        self._written = ""

    async def write(self, text: str | bytes) -> None:
        if self._file is None:
            await self.io.out(text)
            return
        path = self._call.path(self._file)
        if not self._call.machine.files.is_dir(posixpath.dirname(path)):
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        self._written += text if isinstance(text, str) else text.decode("utf-8", "replace")
        self._call.machine.files.write(path, self._written.encode())

    async def end(self, status: int, reason: str = "") -> int:
        if reason:
            await self.io.err(f"nvidia-smi: {reason}\n")
        return status


@live("nvidia-smi", needs="gpu-driver")
async def run(call: Call, io: Io) -> int:
    """Answer one round, or rounds until something ends them: an interrupt, a count, or a machine at rest."""
    asked = _asked(call.args)
    paper = _Paper(call, io, asked.file)
    inner = replace(call, args=tuple(asked.rest))
    try:
        if asked.rest[:1] in (["dmon"], ["pmon"]) and not asked.wrong:
            return await _monitor(inner, paper)
        if asked.wrong:
            inner = replace(call, args=("--format=csv",))
        return await _rounds(inner, paper, None if asked.wrong else asked.interval)
    except BrokenPipeError:
        raise
    except OSError as err:
        await io.err(f"Unable to open file {asked.file}: {err.strerror or err}\n")
        return 1


def _asked(args: Sequence[str]) -> _Asked:
    asked, todo = _Asked(), list(args)
    tool = "" if not args or args[0].startswith("-") else args[0]
    while todo:
        word = todo.pop(0)
        name, equals, value = word.partition("=")
        if name in _LOOPS and not tool:
            follows = bool(todo) and not todo[0].startswith("-")
            text = value if equals else todo.pop(0) if follows else _DEFAULT
            asked.wrong |= not text.isdigit() or int(text) == 0
            asked.interval = int(text) * _LOOPS[name] if text.isdigit() else None
        elif name in _FILES and tool in ("", "dmon", "pmon"):
            asked.wrong |= not equals and not todo
            asked.file = value if equals else todo.pop(0) if todo else None
        else:
            asked.rest.append(word)
    return asked


async def _rounds(call: Call, paper: _Paper, interval: float | None) -> int:
    beat = Beat(call, paper.io, interval or 0.0, count=None if interval else 1)
    while True:
        said = nvidia_smi(call if not beat.rounds else _headless(call))
        await paper.write(said.stdout)
        if said.stderr:
            await paper.end(0, str(said.stderr).removeprefix("nvidia-smi: ").rstrip("\n"))
        if said.status or not await beat.again():
            return await paper.end(said.status, beat.reason)


def _headless(call: Call) -> Call:
    """The call of a later round: a query prints its header once."""
    if not any(arg.startswith("--query-") for arg in call.args):
        return call
    args = list(call.args)
    for at, arg in enumerate(args):
        if arg.startswith("--format="):
            args[at] = f"{arg},noheader"
        elif arg == "--format" and at + 1 < len(args):
            args[at + 1] += ",noheader"
    return replace(call, args=tuple(args))


async def _monitor(call: Call, paper: _Paper) -> int:
    """One line of headings, then a sample of every GPU each interval."""
    said = _first(call)
    if isinstance(said, Answer):
        await paper.write(said.stdout)
        return said.status
    gpus, options = said
    tool, branch = call.args[0], branch_of(call.machine.devices.driver)
    select, moments = options.get("select", "puc" if tool == "dmon" else "u"), options.get("options", "")
    heads = nvidia_dmon.dmon_heads if tool == "dmon" else nvidia_pmon.pmon_heads
    sample: Callable[[Gpu, Reading], str] = lambda gpu, now: (  # noqa: E731
        _device(call, gpu, now, select, moments) if tool == "dmon" else _processes(call, gpu, now, select, moments)
    )
    count = int(options["count"]) if int(options.get("count", _MOST + 1)) <= _MOST else None
    beat = Beat(call, paper.io, float(options.get("delay", "1")), count=count)
    await paper.write(heads(select, moments, branch))
    while True:
        readings = call.machine.readings()
        await paper.write("".join(sample(gpu, readings[gpu.index]) for gpu in gpus))
        if not await beat.again():
            return await paper.end(0, beat.reason)


def _device(call: Call, gpu: Gpu, now: Reading, select: str, moments: str) -> str:
    machine = call.machine
    branch = branch_of(machine.devices.driver)
    return nvidia_dmon.dmon_row(gpu, now, select, moments, branch, machine.clock.local)


def _processes(call: Call, gpu: Gpu, now: Reading, select: str, moments: str) -> str:
    machine = call.machine
    branch = branch_of(machine.devices.driver)
    rows = [process for _, process in using([gpu], machine.processes.running())]
    return nvidia_pmon.pmon_rows(gpu, now, rows, select, moments, branch, machine.clock.local)


def _first(call: Call) -> tuple[list[Gpu], dict[str, str]] | Answer:
    """Which GPUs are sampled and how, or the answer to a call that cannot be."""
    devices, tool = call.machine.devices, call.args[0]
    if not devices.driver:
        return nvidia_smi(replace(call, args=()))
    options = _options(call.args[1:])
    if options is None:
        return _usage(tool)
    if not _sound(tool, options):
        return _usage(tool, status=2)
    if lost := lost_answer(devices):
        return lost
    gpus = chosen(devices, options.get("id"))
    if not gpus:
        return NONE_FOUND
    most = 16 if branch_of(devices.driver) >= 570 or "NVSMI_SHOW_ALL_DEVICES" in call.env else 4
    return gpus[:most], options


def _options(args: Sequence[str]) -> dict[str, str] | None:
    """The options of a tool by their long names; None where its help is asked for."""
    found, todo = {}, list(args)
    while todo:
        word = todo.pop(0)
        if word in ("-h", "--help"):
            return None
        name, equals, value = word.partition("=")
        known = _TOOL_OPTIONS.get(name)
        found[known or "wrong"] = value if equals else todo.pop(0) if todo and known else ""
    return found


def _sound(tool: str, options: dict[str, str]) -> bool:
    letters = nvidia_dmon.METRICS if tool == "dmon" else nvidia_pmon.METRICS
    select, moments = options.get("select", "u"), options.get("options", "D")
    numbers = [options[name] for name in ("count", "delay") if name in options]
    return (
        "wrong" not in options
        and bool(select)
        and bool(moments)
        and set(select) <= set(letters)
        and set(moments) <= set("DT")
        and all(text.isdigit() and int(text) > 0 for text in numbers)
    )


_LETTERS = {
    "dmon": "p power and temperature, u utilization, c clocks, v violations, m memory, e errors, t PCIe traffic",
    "pmon": "u utilization, m memory",
}


def _usage(tool: str, *, status: int = 0) -> Answer:
    """The tool's options in a few lines."""
    if status:
        text = f"Invalid combination of input arguments. Please run 'nvidia-smi {tool} -h' for help.\n\n"
        return Answer(text, status=status)
    return Answer(
        f"Usage: nvidia-smi {tool} [options]\n\n"
        "    -i, --id        indexes, UUIDs or bus ids, separated by commas\n"
        "    -d, --delay     seconds between two samples (1)\n"
        "    -c, --count     end after so many samples\n"
        f"    -s, --select    {_LETTERS[tool]}\n"
        "    -o, --options   D date, T time before each line\n"
        "    -f, --filename  write to this file\n"
    )
