"""The process table: pids only grow, what ends takes its load with it."""

from __future__ import annotations

import json

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine.processes import GpuUse, Processes


def test_a_fresh_server_runs_a_few_services_and_the_login_shell() -> None:
    processes = Processes(0.0)
    running = processes.running()
    assert [running[0].command, running[-1].command] == [("/sbin/init",), ("-bash",)]
    assert running[-1].pid == processes.shell
    assert [process.pid for process in running] == sorted(process.pid for process in running)


def test_pids_only_grow() -> None:
    processes = Processes(0.0)
    first = processes.spawn(("git",), user="root", now=1.0)
    processes.end(first.pid)
    second = processes.spawn(("git",), user="root", now=2.0)
    assert (second.pid > first.pid, second.ppid) == (True, processes.shell)


def test_what_ends_takes_its_load_with_it() -> None:
    processes = Processes(0.0)
    process = processes.spawn(("python3", "train.py"), user="root", now=1.0)
    processes.load_gpu(process.pid, 0, GpuUse(97, 8421))
    assert process.gpu == {0: GpuUse(97, 8421)}
    processes.end(process.pid)
    processes.end(process.pid)
    assert process.pid not in processes.table


@pytest.mark.parametrize("use", [GpuUse(101, 0), GpuUse(-1, 0), GpuUse(5, -1)])
def test_a_load_that_cannot_be_is_refused(use: GpuUse) -> None:
    processes = Processes(0.0)
    with pytest.raises(Refused):
        processes.load_gpu(processes.shell, 0, use)
    with pytest.raises(Refused, match="no process 99999"):
        processes.load_gpu(99999, 0, GpuUse(1, 1))


def test_the_table_survives_as_text() -> None:
    processes = Processes(0.0)
    process = processes.spawn(("python3", "train.py"), user="root", now=1.0)
    processes.load_gpu(process.pid, 1, GpuUse(97, 8421))
    again = Processes.from_state(json.loads(json.dumps(processes.to_state())))
    assert (again.to_state(), again.running()) == (processes.to_state(), processes.running())
    assert again.spawn(("x",), user="root", now=2.0).pid == process.pid + 1
