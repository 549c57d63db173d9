"""nvidia-smi against tables of real machines, and what it says to every other question."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.cards import CARDS, Card
from llm_kernel.machine.devices import Devices, Gpu, Reading
from llm_kernel.machine.drivers import BRANCHES, cuda_of
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.answer import row_of
from llm_kernel.programs.exact.nvidia import nvidia_smi
from llm_kernel.programs.exact.nvidia_summary import boards
from llm_kernel.programs.exact.nvidia_table import Board, Head, Running, layout_of, table
from llm_kernel.shell.call import Answer, Call

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth"
_NAMES = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10}
_NAMES |= {"Nov": 11, "Dec": 12}


# what a captured table says, read back


def _captures() -> list[Path]:
    if not (_TRUTH / "index.json").is_file():
        return []
    entries = json.loads((_TRUTH / "index.json").read_text(encoding="utf-8"))["entries"]
    paths = [_TRUTH / e["file"] for e in entries if e["file"].startswith("nvidia-smi-table/") and e["looks_authentic"]]
    return [path for path in paths if path.suffix == ".txt" and _ours(path.read_text(encoding="utf-8"))]


def _ours(text: str) -> bool:
    """Not Windows and no subsystem of it, and no GPU cut into instances: these are not simulated."""
    return not any(mark in text for mark in ("Driver-Model", " /Xwayland  ", "MIG devices"))


def _head(text: str) -> Head:
    title = re.search(r"NVIDIA-SMI (\S+) +(?:Driver|KMD) Version: (\S+) +(?:CUDA (?:UMD )?Version: (\S+))?", text)
    assert title
    return Head(title[1], title[2], title[3] or "")


def _date(text: str) -> datetime:
    seen = re.match(r"\w{3} (\w{3}) +(\d+) (\d\d):(\d\d):(\d\d) (\d{4})", text)
    if seen is None:
        return datetime(2021, 4, 1)
    day, hour, minute, second, year = (int(number) for number in seen.groups()[1:])
    return datetime(year, _NAMES[seen[1]], day, hour, minute, second)


def _boards(text: str, mig: bool) -> list[Board]:
    found = []
    for block in _blocks(text):
        first, second = (line.strip("|").split("|") for line in block[:2])
        name = re.fullmatch(r" +(\d+)  (.*\S) +(On|Off) *", first[0])
        place = re.fullmatch(r" +(\S+) +(\S+) ", first[1])
        sensors = re.fullmatch(r" *(\S+) +(\S+) +(\S+) +(\S+) / +(\S+) ?", second[0])
        memory = re.fullmatch(r" +(\S+) / +(\S+) ", second[1])
        use = re.fullmatch(r" +(\S+) +(\S.*\S) ", second[2])
        third = block[2].strip("|").split("|")[2].strip() if mig else "N/A"
        parts = [part.groups() if part else ("?",) for part in (name, place, sensors, memory, use)]
        cells = (*parts[0], *parts[1], first[2].strip(), *parts[2], *parts[3], *parts[4])
        found.append(Board(*cells, third))
    return found


def _blocks(text: str) -> list[list[str]]:
    """The lines of each GPU."""
    box = text.split("=|\n", 1)[1]
    blocks, lines = [], []
    for line in box.split("\n"):
        if line.startswith("+"):
            blocks.append(lines)
            lines = []
        elif line.startswith("|"):
            lines.append(line)
        else:
            break
    return [block for block in [*blocks, lines] if block]


def _running(text: str) -> list[Running] | None:
    if "Processes:" not in text or "No running processes" in text:
        return []
    row = re.compile(r"\| +(\d+) +(?:(N/A|\d+) +(N/A|\d+) +)?(\d+) +(C|G|C\+G) +(.*?) +(\S+) +\|")
    rows = [row.fullmatch(line.rstrip()) for line in text.split("Processes:")[1].splitlines()]
    found = [Running(r[1], r[4], r[5], r[6], r[7], r[2] or "N/A", r[3] or "N/A") for r in rows if r]
    return found or None


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


def _without_date(text: str) -> list[str]:
    return [line for line in _lines(text) if line.startswith(("|", "+"))]


@pytest.mark.parametrize("path", _captures(), ids=lambda path: path.stem)
def test_a_real_table_is_rendered_line_for_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head = _head(text)
    made = table(head, _boards(text, len(layout_of(head.smi).rows) > 2), _running(text), _date(text))
    real, ours = _lines(text), _lines(made)
    if not real[0].startswith(("+", "|")):
        assert ours[: len(real)] == real
    else:
        assert ours[1 : len(real) + 1] == real


# the same from a machine: names, totals, states and cells come from the catalogue


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 3]}..."


def _card(board: Board, driver: str) -> Card | None:
    ecc = {"N/A": "none", "Off": "off", "0": "on"}.get(board.ecc)
    for card in CARDS:
        same = _cut(card.named(driver), layout_of(driver).name) == board.name and card.ecc == ecc
        if same and f"{card.total(driver)}MiB" == board.total:
            return card
    return None


def _rebuilt(text: str) -> tuple[Devices, list[Reading]] | None:
    head, devices = _head(text), Devices()
    if head.smi != head.driver or (head.cuda and int(head.cuda.split(".")[0]) < 11 and head.driver.startswith("5")):
        return None
    rows = _boards(text, len(layout_of(head.smi).rows) > 2)
    cards = [_card(row, head.driver) for row in rows]
    readings = []
    for index, (row, card) in enumerate(zip(rows, cards, strict=True)):
        if card is None:
            return None
        gpu = Gpu(card, index, "GPU-0", row.bus, int(row.cap[:-1]), row.persistence == "On", row.display == "On")
        devices.gpus.append(replace(gpu, mode=row.mode))
        fan = None if row.fan == "N/A" else int(row.fan[:-1])
        sensed = [int(re.sub(r"\D", "", cell)) for cell in (row.util, row.used, row.temp)]
        readings.append(Reading(sensed[0], sensed[1], sensed[2], float(row.draw[:-1]), fan, row.perf))
    assert devices.set_driver(head.driver) == []
    if head.cuda and head.cuda != devices.shown_cuda:
        devices.show_cuda(head.cuda)
    return devices, readings


_REBUILT = {path.stem: made for path in _captures() if (made := _rebuilt(path.read_text(encoding="utf-8")))}


@pytest.mark.parametrize("path", [p for p in _captures() if p.stem in _REBUILT], ids=lambda path: path.stem)
def test_a_machine_like_the_real_one_shows_the_same_table(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    devices, readings = _REBUILT[path.stem]
    head = Head(devices.driver, devices.driver, devices.shown_cuda)
    made = table(head, boards(devices, readings), _running(text), _date(text))
    real = _without_date(text)
    assert _without_date(made)[: len(real)] == real


@pytest.mark.skipif(not _captures(), reason="no captures beside the checkout")
def test_most_real_machines_can_be_built() -> None:
    assert len(_REBUILT) >= 0.7 * len(_captures())


def _fields(name: str) -> list[tuple[Path, str]]:
    folder = _TRUTH / "nvidia-smi-cmd"
    paths = sorted(folder.glob(name)) if folder.is_dir() else []
    return [(path, path.stem.split("__")[-1]) for path in paths if "-mig__" not in path.stem]


_CONSTANT = ("name", "count", "pci.device_id", "compute_cap", "memory.total [MiB]", "power.default_limit [W]")
_CONSTANT += ("power.min_limit [W]", "power.max_limit [W]", "clocks.max.memory [MHz]", "mig.mode.current", "index")
_CONSTANT += ("ecc.mode.current", "pcie.link.gen.max", "driver_version", "clocks.max.graphics [MHz]", "hostname")
_CONSTANT += ("display_mode", "vgpu_driver_capability.heterogenous_multivGPU", "ecc.errors.corrected.volatile.total")


@pytest.mark.parametrize(
    ("path", "driver"), _fields("query-gpu-all__idle__*"), ids=lambda value: getattr(value, "stem", "")
)
def test_every_field_of_a_real_query_is_known(path: Path, driver: str) -> None:
    header, values = [line.split(", ") for line in path.read_text(encoding="utf-8").splitlines() if line][:2]
    real = dict(zip(header, values, strict=True))
    machine = _machine(1, real["name"], driver)
    asked = ",".join(head.split(" [")[0] for head in header)
    said = _run(machine, f"--query-gpu={asked}", "--format=csv")
    ours_header, ours_values = [line.split(", ") for line in str(said.stdout).splitlines()]
    assert ours_header == header
    ours = dict(zip(ours_header, ours_values, strict=True))
    for name in _CONSTANT:
        if name in real:
            assert (name, ours[name]) == (name, real[name])
    assert [name for name in real if (real[name] == "[N/A]") != (ours[name] == "[N/A]")] == []


# a machine of our own


def _machine(count: int, name: str, driver: str = "", now: float = 1617267600.0) -> Machine:
    machine = Machine(Clock(now))
    if count:
        machine.devices.set_gpus(count, name)
    if driver:
        machine.devices.set_driver(driver)
    return machine


def _run(machine: Machine, *args: str, **env: Any) -> Answer:
    return nvidia_smi(Call("nvidia-smi", args, machine, env=env))


def _train(machine: Machine, use: GpuUse, *indexes: int, command: tuple[str, ...] = ("python3", "train.py")) -> int:
    process = machine.processes.spawn(command, user="root", now=machine.clock.now)
    for index in indexes:
        machine.processes.load_gpu(process.pid, index, use, since=machine.clock.now - 600)
    return process.pid


def test_the_table_of_four_3090s_in_training() -> None:
    machine = _machine(4, "RTX 3090", "465.19.01")
    pid = _train(machine, GpuUse(97, 8421), 0, 1, 2, 3)
    lines = str(_run(machine).stdout).splitlines()
    assert lines[0] == "Thu Apr  1 09:00:00 2021       "
    assert {len(line) for line in lines[1:]} == {79}
    assert lines[2] == "| NVIDIA-SMI 465.19.01    Driver Version: 465.19.01    CUDA Version: 11.3     |"
    assert lines[8] == "|   0  NVIDIA GeForce ...  Off  | 00000000:18:00.0 Off |                  N/A |"
    load = r"\| \d\d%   \d\dC    P2   \d{3}W / 350W \|   84\d\dMiB / 24268MiB \|     97%      Default \|"
    assert all(re.fullmatch(load, line) for line in lines[9:25:4])
    assert lines[-5:] == [
        *(f"|    {i}   N/A  N/A {pid:>9}      C   python3                          8421MiB |" for i in range(4)),
        "+-----------------------------------------------------------------------------+",
    ]


def test_the_load_ends_with_the_process() -> None:
    machine = _machine(1, "3090", "535.129.03")
    cold = machine.readings()[0]
    pid = _train(machine, GpuUse(90, 4000), 0)
    assert "python3" in str(_run(machine).stdout)
    hot = machine.readings()[0]
    machine.processes.end(pid)
    ended = machine.readings()[0]
    assert (ended.util, ended.mem_used, ended.temp) == (0, cold.mem_used, hot.temp)
    assert "No running processes found" in str(_run(machine).stdout)
    machine.clock.advance(900)
    later = machine.readings()[0]
    assert (later.temp, later.fan, later.pstate) == (cold.temp, cold.fan, "P8")


@pytest.mark.parametrize("driver", [version for b in BRANCHES if b.number >= 384 for version, _ in b.versions])
def test_every_driver_shows_a_table_of_one_width(driver: str) -> None:
    machine = _machine(2, "GTX 980 Ti" if int(driver[:3]) <= 580 else "3090", driver)
    _train(machine, GpuUse(50, 1000), 0)
    lines = str(_run(machine).stdout).splitlines()
    assert machine.devices.driver == driver
    width = len(lines[1])
    assert {len(line) for line in lines[1:] if line.strip()} == {width}
    assert width == (79 if int(driver[:3]) < 530 else 89 if int(driver[:3]) < 550 else 91)
    assert (f"Version: {cuda_of(driver)} " in lines[2]) == (tuple(map(int, driver.split(".")[:2])) >= (410, 72))
    assert driver in lines[2]


def test_long_process_names_keep_their_tail() -> None:
    machine = _machine(1, "3090", "535.129.03")
    _train(machine, GpuUse(1, 141), 0, command=("/snap/firefox/3600/usr/lib/firefox/firefox",))
    assert "   ...irefox/3600/usr/lib/firefox/firefox      141MiB |\n" in str(_run(machine).stdout)


def test_the_list_names_each_board() -> None:
    machine = _machine(2, "3090", "460.32.03")
    first, second = (gpu.uuid for gpu in machine.devices.gpus)
    assert _run(machine, "-L") == Answer(
        f"GPU 0: GeForce RTX 3090 (UUID: {first})\nGPU 1: GeForce RTX 3090 (UUID: {second})\n"
    )


def test_a_query_prints_units_and_header_unless_told_not_to() -> None:
    machine = _machine(2, "T4", "525.85.12")
    query = "--query-gpu=index,name,memory.total,utilization.gpu,power.limit,fan.speed"
    assert _run(machine, query, "--format=csv").stdout == (
        "index, name, memory.total [MiB], utilization.gpu [%], power.limit [W], fan.speed [%]\n"
        "0, Tesla T4, 15360 MiB, 0 %, 70.00 W, [N/A]\n"
        "1, Tesla T4, 15360 MiB, 0 %, 70.00 W, [N/A]\n"
    )
    assert _run(machine, query, "--format=csv,noheader,nounits", "-i", "1").stdout == (
        "1, Tesla T4, 15360, 0, 70.00, [N/A]\n"
    )
    assert _run(machine, "--query-gpu", "count", "--format", "csv,noheader", "--id=0") == Answer("2\n")


def test_synonyms_are_headed_by_the_proper_name() -> None:
    machine = _machine(1, "3090", "535.129.03")
    header = str(_run(machine, "--query-gpu=gpu_name,clocks.gr", "--format=csv").stdout).splitlines()[0]
    assert header == "name, clocks.current.graphics [MHz]"


def test_memory_adds_up() -> None:
    query = ("--query-gpu=memory.total,memory.reserved,memory.used,memory.free", "--format=csv,noheader,nounits")
    machine = _machine(1, "3090", "535.129.03")
    _train(machine, GpuUse(10, 5000), 0)
    total, reserved, used, free = (int(cell) for cell in str(_run(machine, *query).stdout).split(", "))
    assert total == 24576 == reserved + used + free
    assert 5000 < used < 5020


def test_the_table_and_the_query_agree() -> None:
    machine = _machine(1, "A100", "535.129.03")
    _train(machine, GpuUse(80, 30000), 0)
    used, util, temp, power = str(
        _run(
            machine,
            "--query-gpu=memory.used,utilization.gpu,temperature.gpu,power.draw",
            "--format=csv,noheader,nounits",
        ).stdout
    ).split(", ")
    row = str(_run(machine).stdout).splitlines()[9]
    draw = round(float(power))
    assert row == (f"| N/A {temp:>4}C    P0 {draw:>15}W / 400W | {used:>6}MiB / 40960MiB |   {util:>4}%      Default |")


def test_the_time_of_a_query() -> None:
    machine = _machine(1, "T4", "535.129.03", now=1617267600.761)
    assert _run(machine, "--query-gpu=timestamp", "--format=csv,noheader").stdout == "2021/04/01 09:00:00.761\n"


def test_compute_apps_are_the_processes_that_hold_memory() -> None:
    machine = _machine(2, "3090", "535.129.03")
    query = ("--query-compute-apps=pid,name,used_memory", "--format=csv")
    assert _run(machine, *query).stdout == "pid, process_name, used_gpu_memory [MiB]\n"
    pid = _train(machine, GpuUse(97, 8421), 1)
    assert _run(machine, *query).stdout == (f"pid, process_name, used_gpu_memory [MiB]\n{pid}, python3, 8421 MiB\n")
    assert _run(machine, *query, "-i", "0").stdout == "pid, process_name, used_gpu_memory [MiB]\n"
    by_bus = ("--query-compute-apps=gpu_uuid,gpu_bus_id,used_memory", "--format=csv,noheader,nounits")
    gpu = machine.devices.gpus[1]
    assert _run(machine, *by_bus).stdout == f"{gpu.uuid}, {gpu.bus}, 8421\n"


@pytest.mark.parametrize("which", ["1", "{uuid}", "{bus}"])
def test_one_gpu_is_chosen_by_number_uuid_or_bus(which: str) -> None:
    machine = _machine(2, "3090", "535.129.03")
    gpu = machine.devices.gpus[1]
    said = _run(machine, "-i", which.format(uuid=gpu.uuid, bus=gpu.bus), "-L")
    assert said == Answer(f"GPU 1: NVIDIA GeForce RTX 3090 (UUID: {gpu.uuid})\n")


_COMBINATION = Answer("Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n", status=2)


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        (("--query-gpu=name,foo", "--format=csv"), 'Field "foo" is not a valid field to query.\n\n'),
        (("--query-gpu=kmd_version", "--format=csv"), 'Field "kmd_version" is not a valid field to query.\n\n'),
        (("--fo",), "ERROR: Option --fo is not recognized. Please run 'nvidia-smi -h' for help.\n\n"),
        (("-lms100",), "ERROR: Option -lms100 is not recognized. Please run 'nvidia-smi -h' for help.\n\n"),
        (("what",), _COMBINATION.stdout),
        (("--query-gpu=name",), _COMBINATION.stdout),
        (("--query-gpu=name", "--format=xml"), _COMBINATION.stdout),
        (("--format=csv",), _COMBINATION.stdout),
        (("-i",), "ERROR: Option -i is missing its value. Please run 'nvidia-smi -h' for help.\n\n"),
        (("-L", "--query-gpu=name", "--format=csv"), _COMBINATION.stdout),
    ],
)
def test_a_wrong_command_line_is_answered_as_the_program_does(args: tuple[str, ...], answer: str) -> None:
    assert _run(_machine(1, "T4", "535.129.03"), *args) == Answer(answer, status=2)


def test_no_gpu_and_no_driver() -> None:
    none = Answer("No devices were found\n", status=6)
    assert _run(_machine(0, "", "535.129.03")) == none
    assert _run(_machine(1, "T4", "535.129.03"), "-i", "4") == none
    broken = _run(_machine(0, ""))
    assert broken.status == 9
    assert str(broken.stdout).startswith(
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."
    )
    assert row_of(Call("nvidia-smi", (), _machine(0, ""))) is None


@pytest.mark.parametrize("args", [("drain", "-p", "0000:01:00.0", "-q")])
def test_what_is_not_simulated_fails_and_says_so(args: tuple[str, ...]) -> None:
    said = _run(_machine(1, "T4", "535.129.03"), *args)
    assert (said.stdout, said.status) == ("", 1)
    assert "is not simulated on this machine" in str(said.stderr)


def test_versions() -> None:
    assert _run(_machine(1, "T4", "595.71.05"), "--version").stdout == (
        "NVIDIA-SMI version  : 595.71.05\n"
        "NVML version        : 595.71\n"
        "DRIVER version      : 595.71.05\n"
        "CUDA Version        : 13.2\n"
    )
    assert _run(_machine(1, "T4", "610.57.04"), "--version").stdout == (
        "NVIDIA-SMI version  : 610.57.04\n"
        "NVML version        : 610.57\n"
        'DRIVER version      : Deprecated, see "KMD version" instead\n'
        'CUDA version        : Deprecated, see "CUDA UMD version" instead\n'
        "KMD version         : 610.57.04\n"
        "CUDA UMD version    : 13.3\n"
    )
    assert _run(_machine(1, "T4", "525.85.12"), "--version") == Answer(
        "ERROR: Option --version is not recognized. Please run 'nvidia-smi -h' for help.\n\n", status=2
    )


def test_persistence_and_power_limit_are_kept() -> None:
    machine = _machine(2, "3090", "535.129.03")
    first, second = (gpu.bus for gpu in machine.devices.gpus)
    assert _run(machine, "-pm", "1") == Answer(
        f"Enabled persistence mode for GPU {first}.\nEnabled persistence mode for GPU {second}.\nAll done.\n"
    )
    assert _run(machine, "-pl", "250", "-i", "1") == Answer(
        f"Power limit for GPU {second} was set to 250.00 W from 350.00 W.\nAll done.\n"
    )
    query = ("--query-gpu=persistence_mode,power.limit", "--format=csv,noheader")
    assert _run(machine, *query).stdout == "Enabled, 350.00 W\nEnabled, 250.00 W\n"
    assert _run(machine, "-pl", "900", "-i", "0") == Answer(
        "Provided power limit 900.00 W is not a valid power limit which should be between 100.00 W and 375.00 W "
        f"for GPU {first}\nTerminating early due to previous errors.\n",
        status=2,
    )


def test_only_root_may_set() -> None:
    machine = _machine(1, "3090", "535.129.03")
    machine.system.user = "ann"
    said = _run(machine, "-pm", "1", USER="ann")
    assert (said.status, machine.devices.gpus[0].persistence) == (4, False)
    assert "Insufficient Permissions" in str(said.stdout)
    assert _run(machine, "-pm", "1", USER="root").status == 0


def test_the_topology_of_one_card_is_tab_separated() -> None:
    said = str(_run(_machine(1, "L40S", "595.80"), "topo", "-m").stdout).splitlines()
    assert said[:5] == [
        "\t\x1b[4mGPU0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\x1b[0m",
        "GPU0\t X \t0-15\t0\t\tN/A",
        "",
        "Legend:",
        "",
    ]


def test_switched_cards_are_joined_by_nvlink_and_others_by_the_sockets() -> None:
    fast, slow = _machine(2, "H100", "535.129.03"), _machine(4, "3090", "535.129.03")
    slow.system.cpu.sockets, slow.system.cpu.cores = 2, 32
    assert str(_run(fast, "topo", "-m").stdout).splitlines()[1] == "GPU0\t X \tNV18\t0-15\t0\t\tN/A"
    assert str(_run(slow, "topo", "-m").stdout).splitlines()[1:5] == [
        "GPU0\t X \tNODE\tSYS\tSYS\t0-7,16-23\t0\t\tN/A",
        "GPU1\tNODE\t X \tSYS\tSYS\t0-7,16-23\t0\t\tN/A",
        "GPU2\tSYS\tSYS\t X \tNODE\t8-15,24-31\t1\t\tN/A",
        "GPU3\tSYS\tSYS\tNODE\t X \t8-15,24-31\t1\t\tN/A",
    ]


def test_help_lists_the_fields_of_this_driver() -> None:
    new, old = _machine(1, "T4", "595.80"), _machine(1, "T4", "460.32.03")
    assert str(_run(new, "-h").stdout).startswith("NVIDIA System Management Interface -- v595.80\n")
    assert '\n"name" or "gpu_name"\n' in str(_run(new, "--help-query-gpu").stdout)
    assert '"kmd_version"' in str(_run(new, "--help-query-gpu").stdout)
    assert '"kmd_version"' not in str(_run(old, "--help-query-gpu").stdout)
    assert '"used_gpu_memory" or "used_memory"' in str(_run(new, "--help-query-compute-apps").stdout)
