"""``gpustat``: a line for each GPU, as the driver tells of them."""

from __future__ import annotations

import posixpath

from llm_kernel.machine import Machine
from llm_kernel.machine.devices import Gpu, Reading
from llm_kernel.machine.processes import Process
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["gpustat"]

_NARROWEST = 16
_LETTERS = frozenset("cupFP")
_LONG = {
    "--show-cmd": "c",
    "--show-user": "u",
    "--show-pid": "p",
    "--show-fan-speed": "F",
    "--show-fan": "F",
    "--show-power": "P",
    "--no-color": "",
    "--no-header": "h",
}


@exact("gpustat", needs="package:gpustat")
def gpustat(call: Call) -> Answer:
    """Answer ``-c -u -p -F -P`` in any bundle; JSON, colours and watching are the model's."""
    wanted = set[str]()
    for word in call.args:
        letters = (
            set(_LONG[word]) if word in _LONG else set(word[1:]) if word[:1] == "-" and word[:2] != "--" else {"?"}
        )
        if word not in _LONG and not letters <= _LETTERS:
            raise NotExact
        wanted |= letters
    devices = call.machine.devices
    if not devices.driver or not devices.gpus or any(gpu.lost for gpu in devices.gpus):
        return Answer("", "Error on querying NVIDIA devices. Use --debug flag for details\n", 1)
    return Answer(_header(call.machine) * ("h" not in wanted) + "".join(_lines(call.machine, wanted)))


def _width(machine: Machine) -> int:
    names = (gpu.card.named(machine.devices.driver) for gpu in machine.devices.gpus)
    return max(_NARROWEST, *map(len, names))


def _header(machine: Machine) -> str:
    now = machine.clock.local
    stamp = f"{now:%a %b} {now.day:2} {now:%H:%M:%S %Y}"
    return f"{machine.system.host:<{_width(machine) + 3}}  {stamp}  {machine.devices.driver}\n"


def _lines(machine: Machine, wanted: set[str]) -> list[str]:
    width = _width(machine)
    return [
        _line(machine, gpu, now, width, wanted)
        for gpu, now in zip(machine.devices.gpus, machine.readings(), strict=True)
    ]


def _line(machine: Machine, gpu: Gpu, now: Reading, width: int, wanted: set[str]) -> str:
    name = gpu.card.named(machine.devices.driver)
    heat, load = ("??", "??") if now.failing else (str(now.temp), str(now.util))
    text = f"[{gpu.index}] {name:<{width}} | {heat:>3}'C, "
    if "F" in wanted:
        text += f"{'??' if now.fan is None else now.fan:>3} %, "
    text += f"{load:>3} %"
    if "P" in wanted:
        text += f", {round(now.power):>4} / {round(now.watts.enforced):>3} W"
    text += f" | {now.mem_used:>5} / {now.fb.total:>5} MB |"
    users = machine.processes.using(gpu.index)
    return f"{text}{''.join(f' {_process(one, gpu.index, wanted)}' for one in users)}\n"


def _process(process: Process, index: int, wanted: set[str]) -> str:
    parts = [process.user] if "c" not in wanted or "u" in wanted else []
    parts += [posixpath.basename(process.command[0])] if "c" in wanted else []
    pid = f"/{process.pid}" if "p" in wanted else ""
    return f"{':'.join(parts)}{pid}({process.gpu[index].mem}M)"
