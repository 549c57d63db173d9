"""Devices: names are understood loosely, drivers and toolkits always fit, sensors follow the load."""

from __future__ import annotations

import json

import pytest

from llm_kernel.errors import Refused
from llm_kernel.machine.cards import CARDS, find_card
from llm_kernel.machine.devices import Devices, clocks
from llm_kernel.machine.drivers import BRANCHES, TOOLKITS, branch_of, cuda_of, driver_for, newest_driver, order
from llm_kernel.machine.processes import GpuUse, Process


def _job(**gpus: GpuUse) -> Process:
    uses = {int(name[1:]): use for name, use in gpus.items()}
    return Process(2500, 1, "root", "pts/0", 0.0, ("python3", "train.py"), gpu=uses)


@pytest.mark.parametrize(
    ("asked", "card"),
    [
        ("RTX 3090", "NVIDIA GeForce RTX 3090"),
        ("3090", "NVIDIA GeForce RTX 3090"),
        ("geforce rtx 3090", "NVIDIA GeForce RTX 3090"),
        ("RTX3090", "NVIDIA GeForce RTX 3090"),
        ("4x3090", "NVIDIA GeForce RTX 3090"),
        ("3090 24GB", "NVIDIA GeForce RTX 3090"),
        ("3090ti", "NVIDIA GeForce RTX 3090 Ti"),
        ("1080 Ti", "NVIDIA GeForce GTX 1080 Ti"),
        ("4070 ti super", "NVIDIA GeForce RTX 4070 Ti SUPER"),
        ("A100", "NVIDIA A100-SXM4-40GB"),
        ("A100 80GB", "NVIDIA A100-SXM4-80GB"),
        ("a100 pcie 40g", "NVIDIA A100-PCIE-40GB"),
        ("H100", "NVIDIA H100 80GB HBM3"),
        ("H100 PCIe", "NVIDIA H100 PCIe"),
        ("T4", "Tesla T4"),
        ("V100", "Tesla V100-SXM2-16GB"),
        ("V100 32GB", "Tesla V100-SXM2-32GB"),
        ("A6000", "NVIDIA RTX A6000"),
        ("RTX 6000 Ada", "NVIDIA RTX 6000 Ada Generation"),
        ("L4", "NVIDIA L4"),
        ("L40S", "NVIDIA L40S"),
        ("Titan RTX", "NVIDIA TITAN RTX"),
        ("3090s", "NVIDIA GeForce RTX 3090"),
        ("RTX 3090s", "NVIDIA GeForce RTX 3090"),
        ("A100s 80GB", "NVIDIA A100-SXM4-80GB"),
        ("T4s", "Tesla T4"),
        ("2080 Tis", "NVIDIA GeForce RTX 2080 Ti"),
        ("2080s", "NVIDIA GeForce RTX 2080 SUPER"),
        ("L40s", "NVIDIA L40S"),
        ("A100 80G", "NVIDIA A100-SXM4-80GB"),
        ("V100 32G", "Tesla V100-SXM2-32GB"),
        ("4090D", "NVIDIA GeForce RTX 4090 D"),
        ("RTX 4090 D", "NVIDIA GeForce RTX 4090 D"),
        ("4090", "NVIDIA GeForce RTX 4090"),
        ("A800", "NVIDIA A800-SXM4-80GB"),
        ("H20", "NVIDIA H20"),
        ("H200", "NVIDIA H200"),
        ("GTX 980", "NVIDIA GeForce GTX 980"),
        ("980 Ti", "NVIDIA GeForce GTX 980 Ti"),
        ("RTX 4000 SFF Ada", "NVIDIA RTX 4000 SFF Ada Generation"),
    ],
)
def test_a_name_is_understood_however_it_is_written(asked: str, card: str) -> None:
    assert find_card(asked).name == card


def test_every_card_is_found_by_its_full_name_and_by_its_old_one() -> None:
    assert [find_card(card.name) for card in CARDS] == list(CARDS)
    assert [find_card(card.old_name) for card in CARDS] == list(CARDS)


@pytest.mark.parametrize(
    "asked",
    ["RTX 3095", "Radeon 7900", "", "RTX", "24GB", "GPU", "Jetson Nano", "V100S", "MI300X", "3090 laptop", "s", "GPUs"],
)
def test_an_unknown_name_is_refused_and_near_ones_are_named(asked: str) -> None:
    with pytest.raises(Refused, match=r"near ones: .*\d"):
        find_card(asked)


def test_the_name_takes_its_prefix_with_465() -> None:
    card = find_card("3090")
    assert [card.named(driver) for driver in ("460.32.03", "465.19.01", "535.129.03")] == [
        "GeForce RTX 3090",
        "NVIDIA GeForce RTX 3090",
        "NVIDIA GeForce RTX 3090",
    ]
    assert [find_card("T4").named(driver) for driver in ("460.32.03", "465.19.01", "470.57.02")] == [
        "Tesla T4",
        "NVIDIA Tesla T4",
        "Tesla T4",
    ]


def test_memory_jumps_at_510() -> None:
    assert [find_card("3090").total(driver) for driver in ("495.44", "510.39.01")] == [24268, 24576]
    assert [find_card("T4").total(driver) for driver in ("418.67", "460.32.03", "525.85.12")] == [15079, 15109, 15360]


def test_every_card_has_a_driver_that_knows_it() -> None:
    for card in CARDS:
        driver = newest_driver("2023-12", card.since, card.last)
        assert order(driver) >= order(card.since)
        assert not card.last or branch_of(driver) <= card.last
        assert card.idle_power < card.power <= card.power_range[1]


def test_every_toolkit_has_a_driver_that_shows_its_version_or_a_newer_one() -> None:
    for toolkit in TOOLKITS:
        if toolkit.release != "13.4":  # newer than every known driver
            assert order(cuda_of(driver_for(toolkit))) >= order(toolkit.release)
    assert driver_for(TOOLKITS[[t.nvcc for t in TOOLKITS].index("11.3.109")]) == "465.19.01"


def test_versions_of_a_branch_are_in_order() -> None:
    numbers = [branch.number for branch in BRANCHES]
    assert numbers == sorted(numbers)
    assert all(branch_of(version) == b.number for b in BRANCHES for version, _ in b.versions)


def test_gpus_without_a_driver_get_one_of_the_time() -> None:
    devices = Devices(era="2023-12")
    assert devices.set_gpus(4, "GeForce RTX 3090") == ["driver 535.146.02"]
    assert [gpu.model for gpu in devices.gpus] == ["NVIDIA GeForce RTX 3090"] * 4
    assert (devices.driver, devices.shown_cuda) == ("535.146.02", "12.2")


def test_a_card_newer_than_the_time_gets_the_first_driver_that_knows_it() -> None:
    devices = Devices(era="2020-01")
    devices.set_gpus(1, "RTX 4090")
    assert devices.driver == "520.56.06"


@pytest.mark.parametrize("first", ["cuda", "gpus"])
def test_the_driver_nobody_named_comes_with_the_toolkit_whichever_was_said_first(first: str) -> None:
    devices = Devices(era="2023-12")
    if first == "cuda":
        assert devices.set_cuda("11.3") == []
        assert devices.set_gpus(4, "3090") == ["driver 465.19.01 (CUDA 11.3)"]
    else:
        devices.set_gpus(4, "3090")
        assert devices.set_cuda("11.3") == ["driver 535.146.02 -> 465.19.01 (CUDA 11.3)"]
    assert (devices.driver, devices.cuda, devices.shown_cuda) == ("465.19.01", "11.3", "11.3")


def test_a_toolkit_raises_an_older_driver_and_says_so() -> None:
    devices = Devices()
    devices.set_gpus(1, "T4")
    devices.set_driver("440.82")
    assert devices.set_cuda("11.3") == ["driver 440.82 -> 465.19.01 (CUDA 11.3 needs it)"]
    assert devices.driver == "465.19.01"


def test_a_driver_too_old_for_the_card_becomes_the_nearest_possible() -> None:
    devices = Devices()
    devices.set_gpus(4, "3090")
    assert devices.set_driver("410.48") == [
        "driver 410.48 -> 455.23.04 (NVIDIA GeForce RTX 3090 needs 455.23.04 or newer)"
    ]
    assert devices.driver == "455.23.04"


def test_an_older_driver_said_last_lowers_the_toolkit() -> None:
    devices = Devices()
    devices.set_gpus(1, "T4")
    devices.set_cuda("11.8")
    assert devices.set_driver("440.64") == ["CUDA 11.8 -> 10.2 (driver 440.64 runs no newer toolkit)"]
    assert (devices.driver, devices.cuda) == ("440.64", "10.2")


def test_a_toolkit_stays_with_every_driver_that_runs_its_major() -> None:
    devices = Devices()
    devices.set_gpus(1, "T4")
    devices.set_cuda("11.8")
    assert devices.set_driver("465.19.01") == []
    assert (devices.driver, devices.cuda, devices.shown_cuda) == ("465.19.01", "11.8", "11.3")


def test_an_old_card_said_last_lowers_driver_and_toolkit() -> None:
    devices = Devices()
    devices.set_gpus(1, "T4")
    devices.set_driver("535.129.03")
    devices.set_cuda("12.2")
    assert devices.set_gpus(1, "K80") == [
        "driver 535.129.03 -> 470.256.02 (Tesla K80 is not known to drivers after 470)",
        "CUDA 12.2 -> 11.4.2 (driver 470.256.02 runs no newer toolkit)",
    ]


def test_a_toolkit_beyond_the_card_stays_and_the_note_says_what_will_not_run() -> None:
    devices = Devices()
    devices.set_gpus(1, "K80")
    devices.set_driver("470.256.02")
    assert devices.set_cuda("12.2") == ["CUDA 12.2 programs need driver 535.104.05, which Tesla K80 cannot have"]
    assert (devices.driver, devices.cuda) == ("470.256.02", "12.2")


def test_a_branch_means_its_newest_driver_of_the_time() -> None:
    devices = Devices(era="2023-10")
    assert devices.set_driver("535") == ["driver 535.129.03"]
    assert devices.set_driver("none") == []
    assert (devices.driver, devices.shown_cuda) == ("", "")


@pytest.mark.parametrize(
    ("version", "told"),
    [("nonsense", "is not a driver version"), ("999", "near ones: 610"), ("546.33", "near ones: 545, 550")],
)
def test_a_driver_that_never_was_is_refused(version: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        Devices().set_driver(version)


@pytest.mark.parametrize("version", ["12.7", "11.9", "foo", "7"])
def test_a_toolkit_that_never_was_is_refused(version: str) -> None:
    with pytest.raises(Refused, match=r"near ones: \d+\.\d"):
        Devices().set_cuda(version)


@pytest.mark.parametrize("count", [-1, 17])
def test_an_impossible_number_of_gpus_is_refused(count: int) -> None:
    with pytest.raises(Refused, match="0 to 16"):
        Devices().set_gpus(count, "T4")


def test_no_gpus_leave_the_driver() -> None:
    devices = Devices()
    devices.set_gpus(2, "T4")
    driver = devices.driver
    assert devices.set_gpus(0) == []
    assert (devices.gpus, devices.driver) == ([], driver)


def test_the_shown_cuda_version_may_only_be_a_compatible_one() -> None:
    devices = Devices()
    devices.set_driver("450.51.06")
    devices.show_cuda("11.4")
    assert devices.shown_cuda == "11.4"
    for version in ("10.2", "12.0"):
        with pytest.raises(Refused, match=r"shows CUDA 11\.0"):
            devices.show_cuda(version)
    assert devices.set_driver("535.129.03") == ["nvidia-smi shows CUDA 12.2"]


@pytest.mark.parametrize("count", range(1, 17))
def test_boards_have_names_and_places_of_their_own(count: int) -> None:
    devices = Devices(7)
    devices.set_gpus(count, "A100")
    assert len({gpu.uuid for gpu in devices.gpus}) == len({gpu.bus for gpu in devices.gpus}) == count
    again = Devices(7)
    again.set_gpus(count, "A100")
    assert [gpu.uuid for gpu in again.gpus] == [gpu.uuid for gpu in devices.gpus]
    other = Devices(8)
    other.set_gpus(count, "A100")
    assert other.gpus[0].uuid != devices.gpus[0].uuid


def test_the_state_survives_json() -> None:
    devices = Devices(3, era="2021-04")
    devices.set_gpus(4, "3090")
    devices.set_cuda("11.3")
    devices.gpus[2].cap, devices.gpus[1].persistence = 250, True
    back = Devices.from_state(json.loads(json.dumps(devices.to_state())))
    assert back.gpus == devices.gpus
    assert back.to_state() == devices.to_state()


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_sensors_stay_within_the_card_and_follow_the_load(card) -> None:  # type: ignore[no-untyped-def]
    devices = Devices(1)
    devices.set_gpus(1, card.name)
    gpu = devices.gpus[0]
    idle = devices.readings([], 900.0)[0]
    half = devices.readings([_job(g0=GpuUse(50, 1000))], 900.0)[0]
    full = devices.readings([_job(g0=GpuUse(100, 1000))], 900.0)[0]
    assert idle.util == 0
    assert idle.mem_used <= 1
    assert (idle.pstate, full.pstate) == (card.idle_state, card.busy_state)
    assert idle.power < half.power < full.power < gpu.cap
    assert idle.temp <= half.temp <= full.temp < 92
    assert (full.fan is None) == (idle.fan is None) == card.server
    assert 1000 < full.mem_used < 1020
    assert clocks(gpu, idle) <= clocks(gpu, full) <= card.clocks[2:]


def test_a_load_is_the_sum_of_the_processes_and_bounded_by_the_board() -> None:
    devices = Devices()
    devices.set_gpus(2, "3090")
    jobs = [_job(g0=GpuUse(70, 9000)), _job(g0=GpuUse(60, 20000), g1=GpuUse(0, 500))]
    first, second = devices.readings(jobs, 900.0)
    assert (first.util, first.mem_used, first.fb.free) == (100, 24268, 0)
    assert (second.util, second.pstate) == (0, "P8")
    assert 500 < second.mem_used < 520


def test_a_lower_power_limit_bounds_the_draw() -> None:
    devices = Devices()
    devices.set_gpus(1, "3090")
    devices.gpus[0].cap = 250
    assert 150 < devices.readings([_job(g0=GpuUse(100, 100))], 900.0)[0].power < 250
