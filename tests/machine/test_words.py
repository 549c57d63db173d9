"""The administrator's words: what each does, what it tells, and what it refuses without a trace."""

from __future__ import annotations

import json
import shlex

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine import Machine, words
from llm_kernel.machine.words import USAGE, WORDS, curve, say, seconds


def _say(machine: Machine, line: str, cwd: str = "/root") -> list[str]:
    return say(machine, shlex.split(line)[1:], cwd)


def test_every_word_has_its_line_of_usage() -> None:
    assert USAGE.keys() == WORDS.keys()
    assert WORDS.keys() > words.PROGRAM_WORDS


@pytest.mark.parametrize("word", sorted(USAGE))
def test_every_line_of_usage_is_one_that_works(word: str) -> None:
    machine = Machine()
    if word == "remove":
        _say(machine, USAGE["install"])
    assert isinstance(_say(machine, USAGE[word]), list)


@pytest.mark.parametrize(
    "line",
    [
        *(f"machine {word}" for word in USAGE),
        "machine",
        "machine zzz 1",
        "machine os templeos 5",
        "machine gpu 0-3 x",
        "machine gpu -1 'RTX 3090'",
        "machine gpu 4 'Voodoo 2'",
        "machine driver abc",
        "machine cuda 99.9",
        "machine memory lots",
        "machine memory -3G",
        "machine disk / 0",
        "machine python 9.9",
        "machine host 'a b'",
        "machine zone Mars/Olympus",
        "machine clock yesterday-ish",
        "machine clock '9999-01-01 00:00'",
        "machine file x --size big",
        "machine file x --size 99999999T",
        "machine file / --size 3M",
        "machine fact ''",
        "machine fact " + "x" * 600,
    ],
)
def test_nonsense_is_refused_and_the_machine_is_as_before(line: str) -> None:
    machine = Machine()
    before = json.dumps(machine.to_state(), sort_keys=True)
    with pytest.raises(Refused) as refusal:
        _say(machine, line)
    assert len(str(refusal.value)) > 10
    assert json.dumps(machine.to_state(), sort_keys=True) == before


def test_the_last_word_wins_and_the_change_is_named() -> None:
    machine = Machine()
    _say(machine, "machine os ubuntu 18.04")
    assert machine.system.release == "18.04"
    _say(machine, "machine os debian 12")
    assert (machine.system.os, machine.system.release) == ("debian", "12")


@pytest.mark.parametrize(
    "line",
    ["machine gpu 4 'GeForce RTX 3090'", "machine gpu 4x RTX 3090", "machine gpu RTX3090 4", "machine gpu 4 x 3090"],
)
def test_gpus_are_said_in_many_ways(line: str) -> None:
    machine = Machine()
    assert _say(machine, line)[0] == "4 x NVIDIA GeForce RTX 3090"
    assert len(machine.devices.gpus) == 4


def test_no_gpu() -> None:
    machine = Machine()
    _say(machine, "machine gpu 4 'RTX 3090'")
    _say(machine, "machine gpu none")
    assert machine.devices.gpus == []


def test_a_file_has_a_size_and_no_bytes() -> None:
    machine = Machine()
    assert _say(machine, "machine file data/x.bin --size 1.7M", "/tmp") == []
    stat = machine.files.stat("/tmp/data/x.bin")
    assert (stat.size, machine.files.is_sized("/tmp/data/x.bin")) == (1782579, True)


def test_the_clock_takes_the_boot_and_the_processes_along() -> None:
    machine = Machine()
    up = machine.clock.now - machine.system.boot
    assert _say(machine, "machine clock '2022-01-01 10:00'")[0].startswith("2022-01-01 10:00")
    assert machine.clock.now - machine.system.boot == up
    assert machine.clock.now == machine.login
    _say(machine, "machine clock +2h")
    assert f"{machine.clock.local:%H:%M}" == "12:00"


def test_install_finds_who_brings_what_is_named_alone() -> None:
    machine = Machine()
    told = say(machine, ["install", "torch==1.8.0", "tqdm"], "/root")
    assert [row for row in told if "torch " in row] == ["pip: torch 1.8.0"]
    assert say(machine, ["install", "htop"], "/root") == ["apt: htop 2.2.0-2build1"]
    assert say(machine, ["install", "numpy", "1.20.1"], "/root") == ["pip: numpy 1.20.1"]
    for nothing in (["install"], ["install", "pip"], ["install", "nobody-made-this"]):
        with pytest.raises(Refused, match=r"usage: machine install pip torch 1\.8\.0"):
            say(machine, nothing, "/root")


def test_install_takes_versions_in_every_spelling() -> None:
    machine = Machine()
    _say(machine, "machine install pip torch 1.8.0 numpy==1.20.2 tqdm")
    found = {package.name: package.version for package in machine.packages.installed("pip")}
    assert (found["torch"], found["numpy"], "tqdm" in found) == ("1.8.0", "1.20.2", True)
    _say(machine, "machine remove pip tqdm")
    assert "tqdm" not in {package.name for package in machine.packages.installed("pip")}


def test_facts_are_kept_once() -> None:
    machine = Machine()
    for _ in range(2):
        _say(machine, "machine fact 'MNIST is  downloaded'")
    assert machine.facts == ["MNIST is downloaded"]


@pytest.mark.parametrize(("text", "amount"), [("11.8", 11.8), ("3s", 3), ("2m", 120), ("1h", 3600), (".5", 0.5)])
def test_spend_reads_seconds(text: str, amount: float) -> None:
    assert seconds(text, 1e6) == amount


@pytest.mark.parametrize("text", ["", "-1", "1e5", "abc", "1d", "nan", "inf"])
def test_spend_refuses_what_is_no_number_of_seconds(text: str) -> None:
    with pytest.raises(Refused, match="usage: spend"):
        seconds(text, 1e6)


def test_spend_refuses_more_than_there_is() -> None:
    with pytest.raises(Refused, match="1 day, 0:00:00"):
        seconds("86401", 86400.0)


def test_a_curve_runs_from_first_to_last() -> None:
    assert curve(2.0, 0.1, 1, 1, 9, 0.0) == 2.0
    assert curve(2.0, 0.1, 9, 1, 9, 0.0) == pytest.approx(0.1 + 1.9 * 0.018316, rel=1e-4)
    assert curve(2.0, 0.1, 5, 1, 9, 1.0) - curve(2.0, 0.1, 5, 1, 9, 0.0) == pytest.approx(0.03 * 1.9)
    assert curve(2.0, 0.1, 1, 1, 1, 0.0) == pytest.approx(0.1 + 1.9 * 0.018316, rel=1e-4)
