"""The load rises and falls as the kernel's does, and the processors' time never goes back."""

from __future__ import annotations

from math import exp

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.busy import cpu_times, load_average


def _ran(machine: Machine, seconds: float) -> None:
    process = machine.processes.spawn(("python3", "train.py"), user="root", now=machine.clock.now)
    process.state = "R"
    machine.clock.advance(seconds)
    process.cpu = seconds
    machine.processes.end(process.pid)


def test_a_job_that_ended_still_counts_and_fades() -> None:
    machine = Machine()
    _ran(machine, 60)
    rise = 1 - exp(-1)
    assert load_average(machine)[0] == pytest.approx(rise + 0.01)
    machine.clock.advance(120)
    assert load_average(machine)[0] == pytest.approx(rise * exp(-2) + 0.01)
    machine.clock.advance(7200)
    assert load_average(machine) == pytest.approx((0.01, 0.02, 0.0), abs=0.001)


def test_the_time_of_a_job_stays_spent() -> None:
    machine = Machine()
    _ran(machine, 600)
    before = cpu_times(machine)
    machine.clock.advance(1)
    after = cpu_times(machine)
    assert before.user > 600
    assert (after.user >= before.user, after.idle >= before.idle) == (True, True)


def test_a_stored_machine_remembers_its_load() -> None:
    machine = Machine()
    _ran(machine, 300)
    again = Machine.from_state(machine.to_state())
    assert load_average(again) == load_average(machine)
    assert cpu_times(again) == cpu_times(machine)
