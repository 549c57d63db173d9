"""Every view of nvidia-smi agrees with every other, on random machines under random loads."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.cards import CARDS
from llm_kernel.machine.drivers import branch_of
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.programs.exact.nvidia_dmon import dmon_row
from llm_kernel.programs.exact.nvidia_pmon import pmon_rows
from llm_kernel.programs.exact.nvidia_summary import using
from llm_kernel.shell.call import Call

_LOADS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100), st.integers(1, 900)), max_size=5)
_FORM = "--format=csv,noheader,nounits"


def _ask(machine: Machine, *args: str) -> str:
    said = nvidia_smi(Call("nvidia-smi", args, machine))
    assert (said.stderr, said.status) == ("", 0)
    return str(said.stdout)


def _csv(machine: Machine, *args: str) -> list[list[str]]:
    return [line.split(", ") for line in _ask(machine, *args, _FORM).splitlines()]


@settings(max_examples=60, deadline=None)
@given(
    card=st.sampled_from(CARDS), count=st.integers(1, 4), loads=_LOADS, passed=st.integers(0, 400), ended=st.booleans()
)
def test_table_query_and_monitors_say_the_same(
    card: object, count: int, loads: list[tuple[int, int, int]], passed: int, ended: bool
) -> None:
    machine = Machine(Clock(1617267600.0))
    machine.devices.set_gpus(count, card.name)  # type: ignore[attr-defined]
    pids = []
    for index, util, mem in loads:
        process = machine.processes.spawn(("/usr/bin/python3", "job.py"), user="root", now=machine.clock.now)
        machine.processes.load_gpu(process.pid, index % count, GpuUse(util, mem))
        pids.append(process.pid)
    machine.clock.advance(passed)
    if ended and pids:
        machine.processes.end(pids[0])
    branch = branch_of(machine.devices.driver)
    table = _ask(machine)
    names = "index,memory.used,memory.total,utilization.gpu,temperature.gpu,power.draw,pstate"
    rows = _csv(machine, f"--query-gpu={names}")
    apps = _csv(machine, "--query-compute-apps=gpu_uuid,pid,used_memory")
    readings = machine.readings()
    processes = machine.processes.running()
    for gpu, (index, used, total, util, temp, power, state), now in zip(
        machine.devices.gpus, rows, readings, strict=True
    ):
        cells = rf"{temp}C +{state} +{round(float(power))}W / +{gpu.cap}W *\| +{used}MiB / +{total}MiB \| +{util}% "
        assert re.search(cells, table), (cells, table)
        figures = dmon_row(gpu, now, "pum", "", branch, machine.clock.local).split()
        assert figures[:3] == [index, str(round(float(power))), temp]
        assert figures[4] == util
        assert used in figures[6:]
        here = [process for _, process in using([gpu], processes)]
        lines = pmon_rows(gpu, now, here, "um", "", branch, machine.clock.local).splitlines()
        if here:
            assert sum(int(line.split()[3].replace("-", "0")) for line in lines) <= int(util)
            assert sum(process.gpu[gpu.index].mem for process in here) <= int(used) <= int(total)
        mine = [row[1:] for row in apps if row[0] == gpu.uuid]
        assert mine == [[str(process.pid), str(process.gpu[gpu.index].mem)] for process in here]
        for process in here:
            memory = process.gpu[gpu.index].mem
            assert re.search(rf"\| +{index} .* {process.pid} +C +/usr/bin/python3 +{memory}MiB \|", table)
