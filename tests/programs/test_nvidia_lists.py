"""What nvidia-smi lists of GPUs, and that report, XML, table and queries never contradict each other."""

from __future__ import annotations

import re
from typing import Any

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.nvidia_lists import QUERIES
from tests.programs.nvidia_machine import machine_with, said, smi, train

_SAME = {
    "product_name": "name",
    "uuid": "uuid",
    "serial": "serial",
    "vbios_version": "vbios_version",
    "persistence_mode": "persistence_mode",
    "compute_mode": "compute_mode",
    "performance_state": "pstate",
    "fan_speed": "fan.speed",
    "fb_memory_usage.total": "memory.total",
    "fb_memory_usage.used": "memory.used",
    "fb_memory_usage.free": "memory.free",
    "utilization.gpu_util": "utilization.gpu",
    "utilization.memory_util": "utilization.memory",
    "ecc_mode.current_ecc": "ecc.mode.current",
    "clocks.graphics_clock": "clocks.current.graphics",
    "clocks.mem_clock": "clocks.current.memory",
    "max_clocks.sm_clock": "clocks.max.sm",
    "pci.pci_bus_id": "pci.bus_id",
}


def _at(node: Any, path: str) -> str:
    for name in path.split("."):
        node = node[name]
    return str(node)


def _agree(machine: Machine) -> None:
    log = xmltodict.parse(said(machine, "-q", "-x"))["nvidia_smi_log"]
    gpus = log["gpu"] if isinstance(log["gpu"], list) else [log["gpu"]]
    rows = said(
        machine, f"--query-gpu={','.join(_SAME.values())},temperature.gpu", "--format=csv,noheader"
    ).splitlines()
    table, text = said(machine), said(machine, "-q")
    reports = re.split(r"\nGPU [0-9A-F]", text)[1:]
    for gpu, row, report in zip(gpus, rows, reports, strict=True):
        cells = row.replace("[Not Supported]", "[N/A]").split(", ")
        for path, cell in zip(_SAME, cells, strict=False):
            assert _at(gpu, path).replace("N/A", "[N/A]") == cell, path
        temp = gpu["temperature"]["gpu_temp"]
        assert temp == f"{cells[-1]} C"
        assert re.search(rf"GPU Current Temp +: {temp}\n", report)
        used, total = gpu["fb_memory_usage"]["used"], gpu["fb_memory_usage"]["total"]
        sizes = [size.replace(" ", "") for size in (used, total)]
        assert re.search(rf" {sizes[0]} / +{sizes[1]} ", table)
        for process in _listed(gpu):
            assert re.search(rf" {process['pid']} .* {process['used_memory'].replace(' ', '')} \|", table)
            assert re.search(rf"Process ID +: {process['pid']}\n", report)
        assert sum(int(p["used_memory"].split()[0]) for p in _listed(gpu)) <= int(used.split()[0])


def _listed(gpu: Any) -> list[Any]:
    found = (gpu["processes"] or {}).get("process_info", [])
    return found if isinstance(found, list) else [found]


_MACHINES = [("T4", "418.67"), ("V100", "450.51.06"), ("RTX 3090", "465.19.01"), ("A100", "525.85.12")]
_MACHINES += [("H100", "545.23.08"), ("L4", "550.54.15"), ("RTX 4090", "570.124.06"), ("RTX 5090", "610.57.04")]


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(_MACHINES),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100), st.integers(1, 3000)), max_size=4),
    st.integers(0, 300),
)
def test_all_forms_agree(which: tuple[str, str], loads: list[tuple[int, int, int]], later: int) -> None:
    machine = machine_with(2, *which)
    for index, util, mem in loads:
        train(machine, index, util, mem)
    machine.clock.advance(later)
    _agree(machine)


@pytest.mark.parametrize(("name", "driver"), _MACHINES)
@pytest.mark.parametrize("option", QUERIES)
def test_every_field_that_help_names_can_be_asked_for(option: str, name: str, driver: str) -> None:
    machine = machine_with(1, name, driver)
    train(machine)
    names = [
        word for line in said(machine, f"--help-{option}").splitlines()[2:] for word in re.findall(r'"([^"]+)"', line)
    ]
    if not names:
        assert option == "query-remapped-rows"
        return
    if option == "query-remapped-rows" and driver < "450":
        return
    lines = said(machine, f"--{option}={','.join(names)}", "--format=csv").splitlines()
    assert len(lines) >= (1 if option in ("query-accounted-apps", "query-retired-pages") else 2)
    assert len({line.count(", ") for line in lines if "Requested" not in line}) == 1


def test_lists_of_a_machine_at_rest() -> None:
    machine = machine_with(1, "RTX 3090", "595.71.05")
    uuid, bus = machine.devices.gpus[0].uuid, machine.devices.gpus[0].bus
    assert said(
        machine, "--query-retired-pages=gpu_uuid,retired_pages.address,retired_pages.cause", "--format=csv"
    ) == (
        "gpu_uuid, retired_pages.address, retired_pages.cause\n"
        f"{uuid}, [N/A], Single Bit ECC\n{uuid}, [N/A], Double Bit ECC\n"
    )
    assert said(machine, "--query-accounted-apps=pid,gpu_util,mem_util,max_memory_usage,time", "--format=csv") == (
        "pid, gpu_utilization [%], mem_utilization [%], max_memory_usage [MiB], time [ms]\n"
    )
    assert said(machine, "--query-remapped-rows=gpu_bus_id,remapped_rows.failure", "--format=csv,noheader") == (
        f"{bus}, [N/A]\n"
    )
    assert (
        said(machine, "--query-supported-clocks=mem", "--format=csv,noheader,nounits") == "9751\n9501\n5001\n810\n405\n"
    )


def test_accounting_lists_who_runs() -> None:
    machine = machine_with(1, "T4", "535.129.03")
    machine.devices.gpus[0].accounting = True
    pid = train(machine, util=50, mem=1000)
    row = said(machine, "--query-accounted-apps=pid,gpu_util,max_memory_usage,time", "--format=csv,noheader")
    assert row == f"{pid}, 50 %, 1000 MiB, 0 ms\n"


def test_graphics_contexts_are_no_compute_apps() -> None:
    machine = machine_with(1, "RTX 3090", "535.129.03")
    drawing, both = train(machine, util=0, mem=50, kind="G"), train(machine, util=0, mem=60, kind="C+G")
    assert said(machine, "--query-compute-apps=pid", "--format=csv,noheader") == f"{both}\n"
    assert f"Process ID                        : {drawing}\n            Type                          : G\n" in said(
        machine, "-q"
    )


def test_a_field_of_another_driver_is_none_of_this_one() -> None:
    old = machine_with(1, "T4", "460.32.03")
    bad = smi(old, "--query-gpu=name,pci.baseClass", "--format=csv")
    assert (bad.stdout, bad.status) == ('Field "pci.baseClass" is not a valid field to query.\n\n', 2)
    assert said(machine_with(1, "T4", "550.54.15"), "--query-gpu=pci.baseClass", "--format=csv,noheader") == "0x3\n"


def test_a_list_that_this_driver_does_not_have_yet() -> None:
    answer = smi(machine_with(1, "T4", "440.33.01"), "--query-remapped-rows=gpu_uuid", "--format=csv")
    text = "ERROR: Option --query-remapped-rows is not recognized. Please run 'nvidia-smi -h' for help.\n\n"
    assert (answer.stdout, answer.status) == (text, 2)


@pytest.mark.parametrize("option", ["--dtd", "-u", "--columns"])
def test_what_is_not_simulated_is_named(option: str) -> None:
    answer = smi(machine_with(1, "T4", "535.129.03"), "-q", option)
    assert (answer.stdout, answer.stderr, answer.status) == (
        "",
        f"nvidia-smi: {option} is not simulated on this machine\n",
        1,
    )
