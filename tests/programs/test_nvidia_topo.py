"""How GPUs are joined: the matrices of real machines, and what is said of each link."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.programs.exact.nvidia_links import Links
from tests.notebook import Notebook

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "truth" / "nvidia-smi-cmd"
_SINGLE = sorted(_FOLDER.glob("topo-m__capabilities__*")) if _FOLDER.is_dir() else []
_STATUS = sorted(_FOLDER.glob("nvlink-s__*")) if _FOLDER.is_dir() else []


def _machine(count: int, name: str, driver: str, sockets: int = 1, cores: int = 16) -> Machine:
    machine = Machine(Clock(1617267600.0))
    machine.system.cpu.sockets, machine.system.cpu.cores = sockets, cores
    machine.devices.set_gpus(count, name)
    machine.devices.set_driver(driver)
    return machine


def _named(path: Path) -> tuple[str, str]:
    _, _, name, driver = path.stem.split("__")
    return name.replace("nvidia-", "").replace("-", " ").removesuffix(" mig"), driver


def _real(path: Path) -> str:
    return path.read_text(encoding="utf-8").split("\n\n#####")[0].rstrip("\n") + "\n"


@pytest.mark.parametrize("path", _SINGLE, ids=lambda path: path.stem)
async def test_the_matrix_of_one_board_is_that_of_a_real_machine(path: Path) -> None:
    real = _real(path)
    cores = int(real.split("\t0-")[1].split("\t")[0]) + 1
    assert await Notebook(machine=_machine(1, *_named(path), cores=cores)).said("nvidia-smi topo -m") == real


@pytest.mark.parametrize("path", _STATUS, ids=lambda path: path.stem)
async def test_the_links_of_one_board_are_those_of_a_real_machine(path: Path) -> None:
    machine = _machine(1, *_named(path))
    machine.devices.gpus[0].uuid = "GPU-00000000-0000-0000-0000-000000000000"
    machine.devices.gpus[0].mig = "-mig__" in path.stem
    assert await Notebook(machine=machine).said("nvidia-smi nvlink -s") == _real(path)


async def _matrix(machine: Machine, form: str = "-m") -> list[list[str]]:
    said = await Notebook(machine=machine).said(f"nvidia-smi topo {form}")
    return [line.split("\t") for line in said.split("\n\n")[0].splitlines()]


async def test_eight_boards_of_a_dgx_1_make_a_cube() -> None:
    rows = await _matrix(_machine(8, "V100-SXM2-16GB", "418.67", sockets=2, cores=80))
    assert rows == [
        ["", *("\x1b[4mGPU0 GPU1 GPU2 GPU3 GPU4 GPU5 GPU6 GPU7".split()), "CPU Affinity\x1b[0m"],
        ["GPU0", " X ", "NV1", "NV1", "NV2", "NV2", "SYS", "SYS", "SYS", "0-19,40-59"],
        ["GPU1", "NV1", " X ", "NV2", "NV1", "SYS", "NV2", "SYS", "SYS", "0-19,40-59"],
        ["GPU2", "NV1", "NV2", " X ", "NV2", "SYS", "SYS", "NV1", "SYS", "0-19,40-59"],
        ["GPU3", "NV2", "NV1", "NV2", " X ", "SYS", "SYS", "SYS", "NV1", "0-19,40-59"],
        ["GPU4", "NV2", "SYS", "SYS", "SYS", " X ", "NV1", "NV1", "NV2", "20-39,60-79"],
        ["GPU5", "SYS", "NV2", "SYS", "SYS", "NV1", " X ", "NV2", "NV1", "20-39,60-79"],
        ["GPU6", "SYS", "SYS", "NV1", "SYS", "NV1", "NV2", " X ", "NV2", "20-39,60-79"],
        ["GPU7", "SYS", "SYS", "SYS", "NV1", "NV2", "NV1", "NV2", " X ", "20-39,60-79"],
    ]


@pytest.mark.skipif(not _SINGLE, reason="no captures beside the checkout")
async def test_eight_boards_of_a_virtual_machine_are_joined_as_on_a_real_one() -> None:
    text = (_FOLDER / "topo-m__deployment_infiniband_1.txt").read_text(encoding="utf-8")
    rows = await _matrix(_machine(8, "V100-SXM2-32GB", "460.32.03", cores=20))
    assert [[cell.strip() for cell in row[1:9]] for row in rows[1:]] == [
        line.split()[1:9] for line in text.splitlines()[1:9]
    ]
    assert rows[1][9:] == ["0-19", "0"]


@pytest.mark.parametrize(
    ("name", "driver", "link", "cores", "spans"),
    [
        ("A100-SXM4-80GB", "470.57.02", "NV12", 96, ("0-23,48-71", "24-47,72-95")),
        ("H100 80GB HBM3", "525.85.12", "NV18", 208, ("0-51,104-155", "52-103,156-207")),
        ("H200", "550.90.12", "NV18", 208, ("0-51,104-155", "52-103,156-207")),
    ],
)
async def test_eight_boards_behind_switches(
    name: str, driver: str, link: str, cores: int, spans: tuple[str, str]
) -> None:
    rows = await _matrix(_machine(8, name, driver, sockets=2, cores=cores))
    assert [row[1:9] for row in rows[1:]] == [[" X " if a == b else link for b in range(8)] for a in range(8)]
    assert [row[9] for row in rows[1:]] == [spans[0]] * 4 + [spans[1]] * 4
    assert [row[10] for row in rows[1:]] == ["0"] * 4 + ["1"] * 4


async def test_a_pair_has_a_bridge_only_where_somebody_said_so() -> None:
    machine = _machine(2, "TITAN RTX", "450.80.02", cores=12)
    book = Notebook(machine=machine)
    assert "GPU0\t X \tPHB\t0-11\t0\n" in await book.said("nvidia-smi topo -m")
    assert (await book.said("nvidia-smi nvlink -s")).splitlines()[1] == (
        "NVML: Unable to retrieve NVLink information as all links are inActive"
    )
    machine.know("the two cards have an NVLink bridge")
    assert "GPU0\t X \tNV2\t0-11\t0\n" in await book.said("nvidia-smi topo -m")
    assert (await book.said("nvidia-smi nvlink -s -i 1")).splitlines()[1:] == [
        "\t Link 0: 25.781 GB/s",
        "\t Link 1: 25.781 GB/s",
    ]
    assert "GPU0\t X \tPHB\t0-11\t0\n" in await book.said("nvidia-smi topo -mp")


async def test_network_cards_stand_beside_the_gpus() -> None:
    machine = _machine(2, "H100 80GB HBM3", "535.129.03", sockets=2, cores=32)
    for name in ("mlx5_0", "mlx5_1"):
        machine.files.mkdir(f"/sys/class/infiniband/{name}")
    said = await Notebook(machine=machine).said("nvidia-smi topo -m")
    assert said.splitlines()[:5] == [
        "\t\x1b[4mGPU0\tGPU1\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\x1b[0m",
        "GPU0\t X \tNV18\tPIX\tSYS\t0-7,16-23\t0\t\tN/A",
        "GPU1\tNV18\t X \tSYS\tPIX\t8-15,24-31\t1\t\tN/A",
        "NIC0\tPIX\tSYS\t X \tSYS\t\t\t\t",
        "NIC1\tSYS\tPIX\tSYS\t X \t\t\t\t",
    ]
    assert said.endswith("# NVLinks\n\nNIC Legend:\n\n  NIC0: mlx5_0\n  NIC1: mlx5_1\n\n")


async def test_what_may_be_read_from_another_board() -> None:
    fast, slow = _machine(2, "H100 80GB HBM3", "535.129.03"), _machine(2, "L4", "535.129.03")
    head = "\t\x1b[4mGPU0\tGPU1\x1b[0m\n"
    assert (await Notebook(machine=fast).said("nvidia-smi topo -p2p r")).startswith(
        f"{head} GPU0\tX\tOK\t\n GPU1\tOK\tX\t\n\nLegend:\n\n  X    = Self\n  OK   = Status Ok\n"
    )
    assert (await Notebook(machine=slow).said("nvidia-smi topo -p2p r")).startswith(f"{head} GPU0\tX\tCNS\t\n")
    assert (await Notebook(machine=slow).said("nvidia-smi topo -p2p n")).startswith(f"{head} GPU0\tX\tNS\t\n")


async def test_nodes_and_paths() -> None:
    book = Notebook(machine=_machine(4, "RTX 3090", "535.129.03", sockets=2, cores=32))
    assert await book.said("nvidia-smi topo -C -M -i 3") == (
        "NUMA IDs of closest CPU: 1\nNUMA IDs of closest memory: 1\n"
    )
    assert await book.said("nvidia-smi topo -p -i 0,3") == (
        "Device 0 is connected to device 3 by way of an SMP interconnect link between NUMA nodes.\n"
    )


@pytest.mark.parametrize(
    "args", ["topo", "topo -x", "topo -p2p q", "topo -p -i 0", "nvlink", "nvlink -x", "nvlink -i 9 -s"]
)
async def test_wrong_forms_are_refused(args: str) -> None:
    tool = args.split()[0]
    events = await Notebook(machine=_machine(2, "T4", "535.129.03"))(f"nvidia-smi {args}")
    text = f"Invalid combination of input arguments. Please run 'nvidia-smi {tool} -h' for help.\n\n"
    assert (events[0].text, events[-1].status) == (text, 2)


async def test_what_links_can_do_and_where_they_lead() -> None:
    machine = _machine(8, "P100-SXM2", "450.80.02", sockets=2, cores=40)
    book = Notebook(machine=machine)
    buses = [gpu.bus for gpu in machine.devices.gpus]
    assert (await book.said("nvidia-smi nvlink -R -i 5")).splitlines()[1:] == [
        f"\t Link 0: Remote Device {buses[1]}: Link 3",
        f"\t Link 1: Remote Device {buses[4]}: Link 1",
        f"\t Link 2: Remote Device {buses[6]}: Link 2",
        f"\t Link 3: Remote Device {buses[7]}: Link 2",
    ]
    assert (await book.said("nvidia-smi nvlink -e -i 0 -l 3")).splitlines()[1:] == [
        "\t Link 3: Replay Errors: 0",
        "\t Link 3: Recovery Errors: 0",
        "\t Link 3: CRC Errors: 0",
    ]
    assert (await book.said("nvidia-smi nvlink --capabilities -i 0")).splitlines()[1:7] == [
        "\t Link 0, P2P is supported: true",
        "\t Link 0, Access to system memory supported: true",
        "\t Link 0, P2P atomics supported: true",
        "\t Link 0, System memory atomics supported: true",
        "\t Link 0, SLI is supported: false",
        "\t Link 0, Link is supported: false",
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("name", ["P100-SXM2", "V100-SXM2-16GB", "A100-SXM4-40GB", "H200", "RTX 3090", "RTX 4090"])
def test_links_are_the_same_from_both_ends_and_no_more_than_a_board_has(name: str, count: int) -> None:
    machine = _machine(count, name, "", sockets=2)
    links = Links(machine.devices.gpus, 2, ["an NVLink bridge on each pair"])
    for a in range(count):
        assert [links.between(a, b) for b in range(count)] == [links.between(b, a) for b in range(count)]
        ends = links.of(a)
        assert len(ends) == (links.kind.count if links.kind else 0)
        assert -1 in ends or all(ends.count(b) == links.between(a, b) for b in range(count))
