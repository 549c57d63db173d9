"""Wishes in any order: the machine that comes out could exist, keeps the last word, and names what gave way."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.machine import Clock, Machine, releases
from llm_kernel.machine.drivers import branch_of, carries, find_toolkit, order
from llm_kernel.machine.words import say

_WORDS = {
    "os": ["ubuntu 18.04", "ubuntu 20.04", "ubuntu 22.04", "ubuntu 24.04", "debian 12", "centos 7"],
    "driver": ["410.48", "440.64", "450.80.02", "470.57.02", "525.60.13", "535.104.05", "550.54.15"],
    "cuda": ["9.0", "10.2", "11.0", "11.3", "11.8", "12.1", "12.4"],
    "gpu": ["1 K80", "2 V100", "1 T4", "4 3090", "2 4090", "8 A100", "8 H100"],
    "python": ["3.6", "3.8", "3.9", "3.10", "3.12"],
    "install": ["pip torch 1.4.0", "pip torch 1.8.0", "pip torch 1.13.1", "pip torch 2.0.1", "pip torch 2.3.0"],
}
_ONE = st.sampled_from([(word, value) for word, values in _WORDS.items() for value in values])


def _machine(month: str) -> Machine:
    return Machine(Clock(datetime.fromisoformat(f"{month}-01").replace(tzinfo=timezone.utc).timestamp()))


def _held(machine: Machine) -> dict[str, str]:
    torch = machine.packages.find("pip", "torch")
    devices = machine.devices
    return {
        "driver": devices.driver,
        "cuda": devices.cuda,
        "python": machine.system.python,
        "torch": torch.version if torch else "",
        "os": f"{machine.system.os} {machine.system.release}",
        "gpu": f"{len(devices.gpus)} {devices.gpus[0].model}" if devices.gpus else "",
    }


def _kept(word: str, value: str, machine: Machine) -> bool:
    """Whether the machine is as the word that was just said wants it."""
    held = _held(machine)
    match word:
        case "os":
            return held["os"] == value
        case "cuda":
            return find_toolkit(held["cuda"]).release == value
        case "gpu":
            return held["gpu"].startswith(f"{value.split()[0]} ") and value.split()[1] in held["gpu"]
        case "python":
            return held["python"].startswith(f"{value}.")
        case "install":
            return held["torch"].partition("+")[0] == value.split()[2]
    devices = machine.devices  # a driver that the cards cannot have is the one wish that gives way itself
    possible = all(
        order(gpu.card.since) <= order(value) and (not gpu.card.last or branch_of(value) <= gpu.card.last)
        for gpu in devices.gpus
    )
    return held["driver"] == value or not possible


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.sampled_from(["2019-06", "2021-04", "2023-06", "2024-06"]), st.lists(_ONE, min_size=1, max_size=6))
def test_any_wishes_end_in_a_machine_that_could_exist(month: str, words: list[tuple[str, str]]) -> None:
    machine = _machine(month)
    for word, value in words:
        before = _held(machine)
        told = say(machine, [word, *(value.split(" ", 1) if word == "gpu" else value.split())], "/")
        assert _kept(word, value, machine), (word, value, _held(machine))
        after = _held(machine)
        for name in ("driver", "cuda", "python", "torch"):
            own = name == {"install": "torch"}.get(word, word) or (word == "os" and name == "python")
            if before[name] and after[name] != before[name] and not own:
                assert any(after[name] in line for line in told), (name, before, after, told)
        _check(machine, told)


def _check(machine: Machine, told: list[str]) -> None:
    devices, toolkit = machine.devices, machine.devices.toolkit
    for gpu in devices.gpus if devices.driver else ():
        assert order(devices.driver) >= order(gpu.card.since)
        assert not gpu.card.last or branch_of(devices.driver) <= gpu.card.last
    if devices.driver and toolkit is not None and not carries(devices.driver, toolkit):
        assert any(gpu.card.last for gpu in devices.gpus)  # an old card keeps its last driver, which was said
    torch = machine.packages.find("pip", "torch")
    if torch is not None:
        project = releases.project("torch")
        assert project is not None
        assert project.fits(torch.version.partition("+")[0], machine.system.python)
        kin = machine.packages.find("pip", "torchvision")
        assert kin is None or kin.version.partition("+")[0] == releases.pairs(torch.version)["torchvision"]
