"""Machines with GPUs for the tests of nvidia-smi, and how it is run on them."""

from __future__ import annotations

from typing import Any

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.shell.call import Answer, Call


def machine_with(count: int, name: str, driver: str = "", now: float = 1617267600.0) -> Machine:
    machine = Machine(Clock(now))
    if count:
        machine.devices.set_gpus(count, name)
    if driver:
        machine.devices.set_driver(driver)
    return machine


def smi(machine: Machine, *args: str, **env: Any) -> Answer:
    return nvidia_smi(Call("nvidia-smi", args, machine, env=env))


def said(machine: Machine, *args: str) -> str:
    answer = smi(machine, *args)
    assert (answer.status, answer.stderr) == (0, "")
    return str(answer.stdout)


def train(machine: Machine, index: int = 0, util: int = 97, mem: int = 2421, kind: str = "C") -> int:
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    machine.processes.load_gpu(process.pid, index, GpuUse(util, mem, kind))
    return process.pid
