"""Whatever the administrator said and programs did, all of nvidia-smi's forms, ps and /proc tell of one machine."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.errors import Refused
from llm_kernel.machine import Clock, Machine, words
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.shell.call import Call

_SAID = st.sampled_from(
    [
        "gpu 4 'GeForce RTX 3090'",
        "gpu 2 'A100-SXM4-80GB'",
        "gpu 8 'H100 SXM5'",
        "driver 470.57.02",
        "driver 550.54.15",
        "mig 0 3g.40gb,3g.40gb",
        "mig 0 none",
        "fault gpu 1 lost",
        "fault gpu 0 ecc 12",
        "fault gpu 1 none",
        "fault gpu 0 hot",
        "fault none",
        "os ubuntu 18.04",
        "cuda 11.3",
    ]
)
_LOADS = st.tuples(st.integers(0, 7), st.integers(0, 100), st.integers(1, 4000))
_DONE = st.one_of(_SAID, _LOADS, st.integers(1, 500))


def _do(machine: Machine, done: object) -> None:
    if isinstance(done, int):
        machine.clock.advance(done)
    elif isinstance(done, tuple):
        index, util, mem = done
        process = machine.processes.spawn(("/usr/bin/python3", "job.py"), user="root", now=machine.clock.now)
        try:
            machine.devices.check_load(index, mem, machine.processes.using(index))
            machine.processes.load_gpu(process.pid, index, GpuUse(util, mem))
        except Refused:
            machine.processes.end(process.pid)
    else:
        try:
            words.say(machine, shlex.split(str(done)), "/root")
        except Refused:
            return


def _ask(machine: Machine, *args: str) -> str:
    return str(nvidia_smi(Call("nvidia-smi", args, machine)).stdout)


def _csv(machine: Machine, what: str) -> list[list[str]]:
    text = _ask(machine, what, "--format=csv,noheader,nounits")
    return [line.split(", ") for line in text.splitlines() if ", " in line]


@settings(max_examples=6, deadline=None, derandomize=True)
@given(st.lists(_DONE, min_size=1, max_size=8))
def test_every_form_tells_of_the_same_boards_and_processes(done: list[object]) -> None:
    machine = Machine(Clock(1617267600.0))
    words.say(machine, ["gpu", "2", "A100-SXM4-80GB"], "/root")
    for one in done:
        _do(machine, one)
    there = [gpu for gpu in machine.devices.gpus if not gpu.lost]
    rows = _csv(machine, "--query-gpu=uuid,memory.used,utilization.gpu,temperature.gpu")
    assert [row[0] for row in rows] == [gpu.uuid for gpu in there]
    listed = re.findall(r"(?m)^GPU \d+: .* \(UUID: (GPU-\S+)\)$", _ask(machine, "-L"))
    assert listed == [gpu.uuid for gpu in there]
    told = ET.fromstring(_ask(machine, "-q", "-x").partition("?>")[2].partition('.dtd">')[2]).findall("gpu")
    assert [gpu.findtext("uuid") for gpu in told] == listed
    for row, gpu in zip(rows, told, strict=True):
        used = (gpu.findtext("fb_memory_usage/used") or "").removesuffix(" MiB")
        assert used == row[1]
        assert (gpu.findtext("temperature/gpu_temp") or "").removesuffix(" C") == row[3]
    plain = re.findall(r"(?m)^ +GPU UUID +: (GPU-\S+)$", _ask(machine, "-q"))
    assert [uuid for uuid in plain if uuid in listed] == listed
    apps = {int(row[0]) for row in _csv(machine, "--query-compute-apps=pid,used_memory")}
    using = {process.pid for gpu in there for process in machine.processes.using(gpu.index)}
    assert apps == using
    assert using <= machine.processes.table.keys()
    assert all(machine.files.is_dir(f"/proc/{pid}") for pid in using)
