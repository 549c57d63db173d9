"""Wishes: what could exist stays as asked for, only what could not moves to the nearest, with a word about it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.drivers import branch_of, order
from llm_kernel.machine.words import say

_WISHES: list[tuple[str, str, str, str, str, list[str]]] = [
    (
        "2021-04",
        "os ubuntu 18.04|python 3.9|cuda 11.3|install pip torch 1.8.0|gpu 4 3090",
        "465.19.01",
        "11.3",
        "11.3",
        [],
    ),
    (
        "2021-04",
        "gpu 4 3090|cuda 11.3|driver 410",
        "465.19.01",
        "11.3",
        "11.3",
        [
            "driver 460.73.01 -> 465.19.01 (CUDA 11.3)",
            "driver 410.104 -> 465.19.01 (NVIDIA GeForce RTX 3090 needs 455.23.04 or newer)",
        ],
    ),
    (
        "2021-04",
        "driver 410.48|cuda 11.3",
        "465.19.01",
        "11.3",
        "11.3",
        ["driver 410.48 -> 465.19.01 (CUDA 11.3 needs it)"],
    ),
    (
        "2021-04",
        "cuda 11.3|driver 410.48",
        "410.48",
        "10.0",
        "10.0",
        ["CUDA 11.3 -> 10.0 (driver 410.48 runs no newer toolkit)"],
    ),
    ("2021-04", "gpu 1 V100 32G|driver 410.79|cuda 10.0", "410.79", "10.0", "10.0", []),
    (
        "2021-04",
        "gpu 4 3090|driver 440.33.01",
        "455.23.04",
        "",
        "11.1",
        ["driver 440.33.01 -> 455.23.04 (NVIDIA GeForce RTX 3090 needs 455.23.04 or newer)"],
    ),
    ("2021-04", "gpu 4 3090|driver 455.32.00|cuda 11.1", "455.32.00", "11.1", "11.1", []),
    ("2021-04", "gpu 1 T4|driver 418.67|cuda 10.1", "418.67", "10.1", "10.1", []),
    (
        "2021-04",
        "gpu 1 T4|driver 418.67|cuda 10.2",
        "440.33.01",
        "10.2",
        "10.2",
        ["driver 418.67 -> 440.33.01 (CUDA 10.2 needs it)"],
    ),
    ("2021-04", "gpu 8 A100 80G|cuda 11.0", "450.80.02", "11.0", "11.0", ["driver 460.73.01 -> 450.80.02 (CUDA 11.0)"]),
    ("2021-04", "gpu 8 A100|driver 450.80.02|cuda 11.0", "450.80.02", "11.0", "11.0", []),
    ("2021-04", "gpu 8 H100", "525.60.13", "", "12.0", []),
    ("2023-06", "gpu 8 H100|cuda 12.1", "530.30.02", "12.1", "12.1", ["driver 535.54.03 -> 530.30.02 (CUDA 12.1)"]),
    ("2023-06", "gpu 8 H100|cuda 11.8", "525.60.13", "11.8", "12.0", ["driver 535.54.03 -> 525.60.13 (CUDA 11.8)"]),
    (
        "2023-06",
        "gpu 8 H100|cuda 11.3",
        "525.60.13",
        "11.3",
        "12.0",
        [
            "driver 535.54.03 -> 525.60.13 (CUDA 11.3)",
            "CUDA 11.3 has no code for NVIDIA H100 80GB HBM3, which CUDA 11.8 was the first to know",
        ],
    ),
    (
        "2023-06",
        "gpu 8 H100|driver 470.57.02",
        "525.60.13",
        "",
        "12.0",
        ["driver 470.57.02 -> 525.60.13 (NVIDIA H100 80GB HBM3 needs 525.60.13 or newer)"],
    ),
    (
        "2023-06",
        "gpu 2 4090|cuda 11.8|driver 525.85.12",
        "525.85.12",
        "11.8",
        "12.0",
        ["driver 535.54.03 -> 520.61.05 (CUDA 11.8)"],
    ),
    (
        "2023-06",
        "gpu 2 4090|cuda 11.3",
        "520.56.06",
        "11.3",
        "11.8",
        [
            "driver 535.54.03 -> 520.56.06 (CUDA 11.3)",
            "CUDA 11.3 has no code for NVIDIA GeForce RTX 4090, which CUDA 11.8 was the first to know",
        ],
    ),
    (
        "2023-06",
        "gpu 2 4090|driver 470",
        "520.56.06",
        "",
        "11.8",
        ["driver 470.199.02 -> 520.56.06 (NVIDIA GeForce RTX 4090 needs 520.56.06 or newer)"],
    ),
    (
        "2023-06",
        "gpu 1 K80|driver 535",
        "470.256.02",
        "",
        "11.4",
        ["driver 535.54.03 -> 470.256.02 (Tesla K80 is not known to drivers after 470)"],
    ),
    (
        "2023-06",
        "gpu 1 K80|cuda 12.2",
        "470.256.02",
        "12.2",
        "11.4",
        [
            "driver 470.199.02 -> 470.256.02 (CUDA 12.2)",
            "CUDA 12.2 programs need driver 535.104.05, which Tesla K80 cannot have",
        ],
    ),
    ("2023-06", "gpu 1 K80|cuda 11.4", "470.57.02", "11.4", "11.4", ["driver 470.199.02 -> 470.57.02 (CUDA 11.4)"]),
    (
        "2023-06",
        "gpu 1 1080 Ti|cuda 12.2",
        "535.104.05",
        "12.2",
        "12.2",
        ["driver 535.54.03 -> 535.104.05 (CUDA 12.2)"],
    ),
    ("2025-06", "gpu 1 5090|cuda 12.8", "570.124.06", "12.8", "12.8", ["driver 570.153.02 -> 570.124.06 (CUDA 12.8)"]),
    (
        "2025-06",
        "gpu 1 5090|cuda 12.4",
        "570.86.16",
        "12.4",
        "12.8",
        [
            "driver 570.153.02 -> 570.86.16 (CUDA 12.4)",
            "CUDA 12.4 has no code for NVIDIA GeForce RTX 5090, which CUDA 12.8 was the first to know",
        ],
    ),
    (
        "2025-06",
        "gpu 1 5090|driver 550",
        "570.86.16",
        "",
        "12.8",
        ["driver 550.163.01 -> 570.86.16 (NVIDIA GeForce RTX 5090 needs 570.86.16 or newer)"],
    ),
    (
        "2025-12",
        "gpu 1 V100|driver 590",
        "580.142",
        "",
        "13.0",
        ["driver 590.48.01 -> 580.142 (Tesla V100-SXM2-16GB is not known to drivers after 580)"],
    ),
    (
        "2025-12",
        "gpu 1 3090|cuda 13.0|driver 535",
        "535.247.01",
        "12.2.2",
        "12.2",
        ["driver 580.105.08 -> 580.95.05 (CUDA 13.0)", "CUDA 13.0 -> 12.2.2 (driver 535.247.01 runs no newer toolkit)"],
    ),
    (
        "2025-12",
        "gpu 1 3090|driver 535|cuda 13.0",
        "580.95.05",
        "13.0",
        "13.0",
        ["driver 535.247.01 -> 580.95.05 (CUDA 13.0 needs it)"],
    ),
    ("2023-06", "gpu 1 L40S|cuda 12.2", "535.104.05", "12.2", "12.2", []),
    (
        "2023-06",
        "gpu 1 3090|cuda 12.2|driver 535.86.05|os centos 7",
        "535.86.05",
        "12.2",
        "12.2",
        ["driver 535.54.03 -> 535.104.05 (CUDA 12.2)"],
    ),
    (
        "2024-06",
        "os ubuntu 24.04|gpu 1 4090|cuda 12.4",
        "550.54.15",
        "12.4",
        "12.4",
        ["driver 550.90.07 -> 550.54.15 (CUDA 12.4)"],
    ),
    (
        "2024-06",
        "os ubuntu 18.04|gpu 1 4090|cuda 12.4",
        "550.54.15",
        "12.4",
        "12.4",
        ["driver 550.90.07 -> 550.54.15 (CUDA 12.4)"],
    ),
    (
        "2021-04",
        "os ubuntu 22.04|gpu 1 3090|cuda 11.3",
        "465.19.01",
        "11.3",
        "11.3",
        ["driver 460.73.01 -> 465.19.01 (CUDA 11.3)"],
    ),
    ("2021-04", "driver 535|gpu 4 3090", "535.54.03", "", "12.2", []),
    ("2021-04", "cuda 12.1|gpu 4 3090", "530.30.02", "12.1", "12.1", []),
    (
        "2023-06",
        "gpu 4 3090|cuda 9.0",
        "455.23.04",
        "9.0",
        "11.1",
        [
            "driver 535.54.03 -> 455.23.04 (CUDA 9.0)",
            "CUDA 9.0 has no code for NVIDIA GeForce RTX 3090, which CUDA 11.1 was the first to know",
        ],
    ),
    (
        "2023-06",
        "gpu 4 3090|cuda 10.2",
        "455.23.04",
        "10.2",
        "11.1",
        [
            "driver 535.54.03 -> 455.23.04 (CUDA 10.2)",
            "CUDA 10.2 has no code for NVIDIA GeForce RTX 3090, which CUDA 11.1 was the first to know",
        ],
    ),
    (
        "2023-06",
        "gpu 4 3090|cuda 11.0",
        "455.23.04",
        "11.0",
        "11.1",
        [
            "driver 535.54.03 -> 455.23.04 (CUDA 11.0)",
            "CUDA 11.0 has no code for NVIDIA GeForce RTX 3090, which CUDA 11.1 was the first to know",
        ],
    ),
    ("2023-06", "gpu 1 T4|cuda 12", "530.30.02", "12.1", "12.1", ["driver 535.54.03 -> 530.30.02 (CUDA 12.1)"]),
    ("2023-06", "gpu 1 T4|driver none", "", "", "", []),
    ("2023-06", "gpu 1 T4|cuda none", "535.54.03", "", "12.2", []),
    ("2023-06", "gpu 1 T4|driver 535.104.05|cuda 12.2", "535.104.05", "12.2", "12.2", []),
    (
        "2023-06",
        "gpu 1 T4|driver 535.104.05|cuda 12.3",
        "535.104.05",
        "12.3",
        "12.2",
        [],
    ),
    ("2023-06", "gpu 1 T4|driver 460.32.03|cuda 11.2", "460.32.03", "11.2", "11.2", []),
    ("2024-06", "gpu 8 A800|cuda 12", "555.42.06", "12.5", "12.5", ["driver 550.90.07 -> 555.42.06 (CUDA 12.5)"]),
    ("2022-06", "gpu 1 A4500|cuda 11", "515.48.07", "11.7", "11.7", []),
    ("2021-04", "gpu 1 GTX 980|driver 390", "390.116", "", "9.1", []),
    ("2024-06", "gpu 4 3090s|driver 550", "550.90.07", "", "12.4", []),
]


def _wish(month: str, words: str) -> tuple[Machine, list[str]]:
    machine = Machine(Clock(datetime.fromisoformat(f"{month}-01").replace(tzinfo=timezone.utc).timestamp()))
    told = []
    for word in words.split("|"):
        args = word.split(" ", 2) if word.startswith("gpu") else word.split()
        told += say(machine, args, "/")
    return machine, [line for line in told if "->" in line or "cannot have" in line or "no code" in line]


@pytest.mark.parametrize(
    ("month", "words", "driver", "cuda", "shown", "told"), _WISHES, ids=lambda value: str(value)[:60]
)
def test_a_wish(month: str, words: str, driver: str, cuda: str, shown: str, told: list[str]) -> None:
    machine, said = _wish(month, words)
    devices = machine.devices
    assert (devices.driver, devices.cuda, devices.shown_cuda) == (driver, cuda, shown)
    assert said == told


@pytest.mark.parametrize(("month", "words"), [row[:2] for row in _WISHES], ids=lambda value: str(value)[:60])
def test_the_machine_that_comes_out_could_exist(month: str, words: str) -> None:
    devices = _wish(month, words)[0].devices
    for gpu in devices.gpus if devices.driver else ():
        assert order(devices.driver) >= order(gpu.card.since)
        assert not gpu.card.last or branch_of(devices.driver) <= gpu.card.last


def test_the_machine_of_the_first_example_is_as_it_was_asked_for() -> None:
    machine, told = _wish("2021-04", "os ubuntu 18.04|python 3.9|cuda 11.3|install pip torch 1.8.0|gpu 4 3090")
    torch = machine.packages.find("pip", "torch")
    assert torch is not None
    assert (machine.system.release, machine.system.python[:4], torch.version) == ("18.04", "3.9.", "1.8.0")
    toolkit = machine.devices.toolkit
    assert toolkit is not None
    assert (toolkit.release, machine.devices.driver, told) == ("11.3", "465.19.01", [])
