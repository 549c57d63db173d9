"""``nvidia-smi -q`` in text and XML: its layout under each driver, its parts, and what others' parsers read from it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import jc
import pytest
import xmltodict

from llm_kernel.machine.boards import Gpu
from llm_kernel.machine.cards import CARDS, find_card
from llm_kernel.machine.drivers import BRANCHES
from llm_kernel.programs.exact.nvidia_options import COMBINATION
from tests.programs.nvidia_machine import machine_with, said, smi, train

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth"
_LISTS = ("supported_clocks", "processes", "accounted_processes", "mig_devices")
_LIKE = {"Graphics Device": "GTX 1660 Ti", "Quadro P400": "GTX 1080", "Quadro P2000": "GTX 1080"}
_LIKE |= {"NVIDIA RTX 4000 SFF Ada Generation": "L40S", "NVIDIA GeForce RTX 3060 Laptop GPU": "RTX 3060"}


def _outline(element: ET.Element, depth: int = 0) -> list[str]:
    """The names of all elements, indented; lists whose length is the machine's only by their name."""
    lines = []
    for child in element:
        lines.append("  " * depth + child.tag)
        lines += [] if child.tag in _LISTS else _outline(child, depth + 1)
    return lines


def _documents() -> list[Path]:
    found = sorted((_TRUTH / "nvidia-smi-xml").glob("*.xml"))
    return [path for path in found if _driver(path) in {branch.number for branch in BRANCHES}]


def _driver(path: Path) -> int:
    return int((ET.fromstring(path.read_text("utf-8").strip()).findtext("driver_version") or "0").partition(".")[0])


@pytest.mark.parametrize("path", _documents(), ids=lambda path: path.stem)
def test_the_xml_has_the_elements_of_a_real_one_in_its_order(path: Path) -> None:
    real = ET.fromstring(path.read_text("utf-8").strip())
    driver, first = real.findtext("driver_version") or "", real.find("gpu")
    assert first is not None
    name = first.findtext("product_name") or ""
    cards = [card for card in CARDS if name in (card.name, card.named(driver))]
    machine = machine_with(1, "RTX 3090")
    machine.devices.driver = driver
    card = cards[0] if cards else find_card(_LIKE[name])
    gpu = Gpu(card, 0, "GPU-0", "00000000:01:00.0", card.power)
    gpu.mig = (first.findtext("mig_mode/current_mig") or "") == "Enabled"
    machine.devices.gpus = [gpu]
    ours = ET.fromstring(said(machine, "-q", "-x").split("\n", 2)[2]).find("gpu")
    assert ours is not None
    assert _outline(ours) == _outline(first)


def _under(driver: str) -> str:
    return "GTX 980 Ti" if int(driver[:3]) <= 580 else "RTX 3090"


_DRIVERS = [version for branch in BRANCHES if branch.number >= 384 for version, _ in branch.versions[-1:]]


@pytest.mark.parametrize("driver", _DRIVERS)
def test_every_driver_aligns_its_colons(driver: str) -> None:
    machine = machine_with(2, _under(driver), driver)
    train(machine)
    text = said(machine, "-q")
    lines = text.split("\n")
    branch = int(driver.partition(".")[0])
    column = 36 if branch < 450 else 42 if branch < 580 else 55
    assert lines[:3] == ["", "==============NVSMI LOG==============", ""]
    assert lines[3] == f"{'Timestamp':<{column}}: Thu Apr  1 09:00:00 2021"
    start = next(at for at, line in enumerate(lines) if line.strip() == "Processes")
    end = next(at for at in range(start + 1, len(lines)) if not lines[at].startswith("        "))
    assert {line.index(" : ") + 1 for line in lines[:start] if " : " in line} == {column}
    assert {line.index(" : ") + 1 for line in lines[start:end] if " : " in line} == {min(column, 42)}
    assert text.endswith("\n\n")


@pytest.mark.parametrize("driver", _DRIVERS)
def test_every_driver_writes_xml_that_parses(driver: str) -> None:
    machine = machine_with(2, _under(driver), driver)
    pid = train(machine)
    text = said(machine, "-q", "-x")
    log = xmltodict.parse(text)["nvidia_smi_log"]
    assert log["driver_version"] == driver
    assert [gpu["@id"] for gpu in log["gpu"]] == [gpu.bus for gpu in machine.devices.gpus]
    assert log["gpu"][0]["processes"]["process_info"]["pid"] == str(pid)
    assert log["gpu"][1]["processes"] is None
    assert jc.parse("xml", text)["nvidia_smi_log"]["attached_gpus"] == "2"


@pytest.mark.parametrize(
    ("driver", "version"),
    [("440.33.01", 10), ("450.51.06", 11), ("515.105.01", 11), ("525.85.12", 12), ("570.124.06", 12), ("595.80", 13)],
)
def test_the_format_of_the_xml_follows_the_driver(driver: str, version: int) -> None:
    lines = said(machine_with(1, "T4", driver), "-q", "-x").splitlines()
    assert lines[:3] == [
        '<?xml version="1.0" ?>',
        f'<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v{version}.dtd">',
        "<nvidia_smi_log>",
    ]
    assert lines[-3:] == ["\t</gpu>", "", "</nvidia_smi_log>"]


def test_a_part_of_the_report() -> None:
    machine = machine_with(1, "T4", "525.85.12")
    assert said(machine, "-q", "-d", "MEMORY,temperature") == (
        "\n"
        "==============NVSMI LOG==============\n"
        "\n"
        "Timestamp                                 : Thu Apr  1 09:00:00 2021\n"
        "Driver Version                            : 525.85.12\n"
        "CUDA Version                              : 12.0\n"
        "\n"
        "Attached GPUs                             : 1\n"
        "GPU 00000000:01:00.0\n"
        "    FB Memory Usage\n"
        "        Total                             : 15360 MiB\n"
        "        Reserved                          : 251 MiB\n"
        "        Used                              : 0 MiB\n"
        "        Free                              : 15109 MiB\n"
        "    BAR1 Memory Usage\n"
        "        Total                             : 256 MiB\n"
        "        Used                              : 1 MiB\n"
        "        Free                              : 255 MiB\n"
        "    Temperature\n"
        f"        GPU Current Temp                  : {machine.readings()[0].temp} C\n"
        "        GPU T.Limit Temp                  : N/A\n"
        "        GPU Shutdown Temp                 : 96 C\n"
        "        GPU Slowdown Temp                 : 93 C\n"
        "        GPU Max Operating Temp            : 85 C\n"
        "        GPU Target Temperature            : N/A\n"
        "        Memory Current Temp               : N/A\n"
        "        Memory Max Operating Temp         : N/A\n"
        "\n"
    )


def test_every_part_that_a_driver_has_shows_something() -> None:
    machine = machine_with(1, "H100", "590.48.01")
    empty = said(machine, "-q", "-d", "PIDS").splitlines()[:9]
    parts = "MEMORY UTILIZATION ECC TEMPERATURE POWER CLOCK COMPUTE PIDS PERFORMANCE SUPPORTED_CLOCKS PAGE_RETIREMENT"
    parts += " ACCOUNTING ENCODER_STATS SUPPORTED_GPU_TARGET_TEMP FBC_STATS ROW_REMAPPER GSP_FIRMWARE_VERSION"
    for part in f"{parts} POWER_SMOOTHING POWER_PROFILES".split():
        assert len(said(machine, "-q", "-d", part).splitlines()) > len(empty), part


def test_supported_clocks_fall_in_steps() -> None:
    lines = said(machine_with(1, "A100", "535.129.03"), "-q", "-d", "SUPPORTED_CLOCKS").splitlines()[9:-1]
    assert lines[:4] == [
        "    Supported Clocks",
        "        Memory                            : 1215 MHz",
        "            Graphics                      : 1410 MHz",
        "            Graphics                      : 1395 MHz",
    ]
    assert len(lines) == 83
    assert lines[-1] == "            Graphics                      : 210 MHz"


@pytest.mark.parametrize(
    "args",
    [
        ("-q", "-d", "NOTHING"),
        ("-d", "MEMORY"),
        ("-x",),
        ("-q", "-x", "-d", "MEMORY"),
        ("-q", "-L"),
        ("-q", "--format=csv"),
    ],
)
def test_a_report_that_cannot_be_asked_for(args: tuple[str, ...]) -> None:
    assert smi(machine_with(1, "T4", "535.129.03"), *args) == COMBINATION


def test_one_gpu_of_two() -> None:
    machine = machine_with(2, "T4", "535.129.03")
    text = said(machine, "-q", "-i", "1")
    assert [line for line in text.splitlines() if line.startswith("GPU ")] == [f"GPU {machine.devices.gpus[1].bus}"]
    assert "Attached GPUs                             : 2\n" in text
    assert smi(machine, "-q", "-i", "5").stdout == "No devices were found\n"


def test_a_board_whose_sensors_fail_says_so() -> None:
    machine = machine_with(1, "T4", "535.129.03")
    machine.devices.gpus[0].faults["err"] = 0.0
    assert "        GPU Current Temp                  : Unknown Error\n" in said(machine, "-q")
    row = said(machine, "--query-gpu=name,temperature.gpu,power.draw", "--format=csv,noheader")
    assert row == "Tesla T4, [Unknown Error], [Unknown Error]\n"


def test_no_excluded_devices() -> None:
    assert said(machine_with(1, "T4", "535.129.03"), "-B") == "No excluded devices found.\n"
    assert said(machine_with(1, "T4", "440.33.01"), "-B") == "No blacklisted devices found.\n"
