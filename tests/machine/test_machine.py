"""The machine as a whole: fresh, stored, brought back."""

from __future__ import annotations

import json

import pytest

from llm_kernel.errors import StateError
from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.machine import FORMAT
from llm_kernel.machine.words import say


def _lived_in() -> Machine:
    machine = Machine()
    for line in (["gpu", "4", "RTX 3090"], ["install", "pip", "torch"], ["fact", "It is cold."], ["host", "gpu01"]):
        say(machine, line, "/root")
    machine.files.write("/root/train.py", "print('你好')\n".encode())
    machine.files.sized("/root/fit.pt", 1_700_000)
    machine.clock.advance(12.5)
    return machine


def test_a_fresh_one_is_a_server_without_gpus() -> None:
    machine = Machine()
    assert (machine.system.os, machine.system.user, machine.devices.gpus, machine.facts) == ("ubuntu", "root", [], [])
    assert {"bin", "etc", "home", "proc", "root", "tmp", "usr", "var"} <= set(machine.files.listdir("/"))


@pytest.mark.parametrize(("now", "release"), [(1617267600.0, "20.04"), (1700000000.0, "22.04"), (1.76e9, "24.04")])
def test_its_system_is_of_its_time(now: float, release: str) -> None:
    assert Machine(Clock(now)).system.release == release


def test_the_same_seed_makes_the_same_machine() -> None:
    assert Machine().to_state() == Machine().to_state()


def test_it_survives_as_text() -> None:
    machine = _lived_in()
    state = json.loads(json.dumps(machine.to_state()))
    again = Machine.from_state(state)
    assert again.to_state() == machine.to_state()
    assert again.files.read("/root/train.py") == "print('你好')\n".encode()
    assert (again.files.stat("/root/fit.pt").size, again.files.is_sized("/root/fit.pt")) == (1_700_000, True)
    assert again.clock.now == machine.clock.now


@pytest.mark.parametrize("format", [None, 0, FORMAT + 1, "1"])
def test_another_format_is_refused_by_its_name(format: object) -> None:
    with pytest.raises(StateError, match=f"this version reads format {FORMAT}"):
        Machine.from_state({**Machine().to_state(), "format": format})


@pytest.mark.parametrize("part", ["clock", "system", "devices", "packages", "processes", "files", "seed"])
def test_a_damaged_state_says_so(part: str) -> None:
    state = Machine().to_state()
    del state[part]
    with pytest.raises(StateError, match="damaged"):
        Machine.from_state(state)


def test_adopt_goes_back() -> None:
    machine = _lived_in()
    before = machine.essence()
    for line in (
        ["gpu", "none"],
        ["clock", "2030-01-01 00:00"],
        ["host", "other"],
        ["fact", "No."],
        ["zone", "Asia/Tokyo"],
    ):
        say(machine, line, "/root")
    machine.adopt(before)
    assert machine.essence() == before


@pytest.mark.parametrize(
    ("need", "there"),
    [("", True), ("python", True), ("gpu-driver", False), ("cuda", False), ("os:ubuntu", True), ("os:debian", True)],
)
def test_what_programs_need(need: str, there: bool) -> None:
    assert Machine().has(need) is there


def test_a_need_nobody_knows_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no such need"):
        Machine().has("zzz")
