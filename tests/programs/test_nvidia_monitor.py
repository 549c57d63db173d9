"""dmon, pmon and loops of nvidia-smi: real headings and rows, time that passes, and an end that is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.exact.nvidia_dmon import dmon_heads
from llm_kernel.programs.exact.nvidia_pmon import pmon_heads
from tests.notebook import Notebook, out

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "truth" / "nvidia-smi-cmd"
_REAL = sorted(_FOLDER.glob("?mon__*")) if _FOLDER.is_dir() else []


def _machine(count: int, name: str, driver: str) -> Machine:
    machine = Machine(Clock(1617267600.0))
    machine.devices.set_gpus(count, name)
    machine.devices.set_driver(driver)
    return machine


def _train(machine: Machine, use: GpuUse, *indexes: int, command: tuple[str, ...] = ("python3", "train.py")) -> int:
    process = machine.processes.spawn(command, user="root", now=machine.clock.now)
    for index in indexes:
        machine.processes.load_gpu(process.pid, index, use)
    return process.pid


def _rows(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n\n")[0].splitlines()[2:]


@pytest.mark.parametrize("path", _REAL, ids=lambda path: path.stem)
def test_headings_are_those_of_real_programs(path: Path) -> None:
    branch = int(path.stem.split("__")[-1].split(".")[0])
    heads = dmon_heads("puc", "", branch) if path.stem.startswith("dmon") else pmon_heads("u", "", branch)
    assert "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:2]) == heads


@pytest.mark.parametrize("path", _REAL, ids=lambda path: path.stem)
async def test_rows_have_the_form_of_real_ones(path: Path) -> None:
    tool, load, name, driver = path.stem.split("__")
    real = _rows(path)
    machine = _machine(1, name.replace("nvidia-", "").replace("-", " ").removesuffix(" mig"), driver)
    if "-mig" in name:
        machine.devices.gpus[0].mig = True
    if load == "load":
        _train(machine, GpuUse(99, 9000), 0, command=("./gpu_burn", "60"))
    rows = (await Notebook(machine=machine).said(f"nvidia-smi {tool} -c 3")).splitlines()[2:]
    shape = re.compile(r"\d+|-(?= )|\S+")
    ends = {tuple(found.end() for found in list(shape.finditer(row))[: 2 if tool == "pmon" else None]) for row in real}
    ours = {tuple(found.end() for found in list(shape.finditer(row))[: 2 if tool == "pmon" else None]) for row in rows}
    assert ours <= ends
    assert {len(row) for row in rows} == {len(row) for row in real}
    if tool == "dmon":
        assert [cell == "-" for cell in rows[0].split()] == [cell == "-" for cell in real[0].split()]


def test_older_programs_have_narrower_columns() -> None:
    assert dmon_heads("pucvmet", "", 470) == (
        "# gpu   pwr gtemp mtemp    sm   mem   enc "
        "  dec  mclk  pclk pviol tviol    fb  bar1 sbecc dbecc   pci rxpci txpci \n"
        "# Idx     W     C     C     %     %     % "
        "    %   MHz   MHz     %  bool    MB    MB  errs  errs  errs  MB/s  MB/s \n"
    )
    assert dmon_heads("pucet", "DT", 450) == (
        "#Date       Time        gpu   pwr gtemp mtemp    sm   mem   enc "
        "  dec  mclk  pclk sbecc dbecc   pci rxpci txpci \n"
        "#YYYYMMDD   HH:MM:SS    Idx     W     C     C     %     %     % "
        "    %   MHz   MHz  errs  errs  errs  MB/s  MB/s \n"
    )
    assert pmon_heads("um", "", 470) == (
        "# gpu        pid  type    sm   mem   enc   dec    fb   command \n"
        "# Idx          #   C/G     %     %     %     %    MB   name \n"
    )
    assert pmon_heads("um", "", 535) == (
        "# gpu         pid  type    sm    mem    enc    dec     fb   ccpm    command \n"
        "# Idx           #   C/G     %      %      %      %     MB     MB    name \n"
    )


def test_moments_stand_before_each_line() -> None:
    assert dmon_heads("pucvmet", "DT", 610).splitlines()[0] == (
        "#Date        Time         gpu    pwr  gtemp  mtemp     sm    mem    enc    dec    jpg    ofa   mclk   pclk"
        "  pviol  tviol     fb   bar1   ccpm  sbecc  dbecc    pci  rxpci  txpci "
    )
    assert dmon_heads("t", "T", 610) == "#Time         gpu  rxpci  txpci \n#HH:MM:SS     Idx   MB/s   MB/s \n"


async def test_samples_are_a_second_apart() -> None:
    machine = _machine(2, "RTX 3090", "535.129.03")
    book = Notebook(machine=machine)
    said = await book.said("nvidia-smi dmon -c 3 -d 2 -o T -s m -i 1")
    assert [line.split()[:2] for line in said.splitlines()[2:]] == [
        ["09:00:00", "1"],
        ["09:00:02", "1"],
        ["09:00:04", "1"],
    ]
    assert round(machine.clock.now - 1617267600.0, 1) == 4.0


async def test_a_process_is_named_with_its_share() -> None:
    machine = _machine(2, "A100", "535.129.03")
    pid = _train(machine, GpuUse(80, 30000), 1)
    rows = (await Notebook(machine=machine).said("nvidia-smi pmon -c 1 -s um")).splitlines()[2:]
    assert rows[0] == "    0          -     -      -      -      -      -      -      -    -              "
    assert rows[1].split()[:4] == ["1", str(pid), "C", "80"]
    assert rows[1].split()[5:] == ["-", "-", "30000", "0", "python3"]


async def test_only_some_boards_are_monitored_unless_all_are_asked_for() -> None:
    book = Notebook(machine=_machine(8, "RTX 3090", "535.129.03"))
    assert len((await book.said("nvidia-smi dmon -c 1")).splitlines()) == 2 + 4
    assert len((await book.said("NVSMI_SHOW_ALL_DEVICES=1 nvidia-smi dmon -c 1")).splitlines()) == 2 + 8


@pytest.mark.parametrize("args", ["dmon -s x", "dmon -c 0", "pmon -s p", "pmon -x", "dmon -d", "dmon -o Z -c 1"])
async def test_wrong_options_of_a_tool_are_refused(args: str) -> None:
    tool = args.split()[0]
    said = await Notebook(machine=_machine(1, "T4", "535.129.03"))(f"nvidia-smi {args}")
    assert said == out(
        f"Invalid combination of input arguments. Please run 'nvidia-smi {tool} -h' for help.\n\n", status=2
    )


# loops


async def test_a_loop_ends_when_nothing_can_change_and_says_so() -> None:
    machine = _machine(1, "RTX 3090", "535.129.03")
    events = await Notebook(machine=machine)("nvidia-smi -l 2")
    first, second = "Thu Apr  1 09:00:00 2021", "Thu Apr  1 09:00:02 2021"
    assert [line.rstrip() for line in events[0].text.splitlines() if line.startswith("Thu")] == [first, second]
    assert events[1:] == [
        Text("stderr", "nvidia-smi: nothing runs here that could change this any more\n"),
        Exit(0),
    ]


async def test_a_loop_beside_a_running_program_ends_at_its_limit() -> None:
    machine = _machine(1, "RTX 3090", "535.129.03")
    _train(machine, GpuUse(97, 8421), 0)
    book = Notebook(machine=machine)
    await book("sleep 3000 &")
    events = await book("nvidia-smi --loop=60 --query-gpu=utilization.gpu --format=csv,nounits")
    assert events == [
        Text("stdout", "utilization.gpu\n" + "97\n" * 11),
        Text("stderr", "nvidia-smi: ended after 600 seconds of the machine's time\n"),
        Exit(0),
    ]


async def test_a_loop_shows_the_board_cool_down() -> None:
    machine = _machine(1, "RTX 3090", "535.129.03")
    pid = _train(machine, GpuUse(99, 20000), 0)
    machine.clock.advance(300)
    machine.processes.end(pid)
    events = await Notebook(machine=machine)("nvidia-smi --query-gpu=temperature.gpu --format=csv,noheader -l 10")
    temps = [int(line) for line in events[0].text.split()]
    assert temps == sorted(temps, reverse=True)
    assert temps[0] > 60 > 40 > temps[-1]
    assert events[1] == Text("stderr", "nvidia-smi: nothing runs here that could change this any more\n")


async def test_milliseconds_and_files() -> None:
    machine = _machine(1, "RTX 3090", "535.129.03")
    book = Notebook(machine=machine)
    await book("nvidia-smi -lms 500 --query-gpu=timestamp --format=csv,noheader -f /tmp/log")
    assert book.text("/tmp/log") == "2021/04/01 09:00:00.000\n2021/04/01 09:00:00.500\n"
    assert await book.said("nvidia-smi -L --filename=/tmp/list") == ""
    assert book.text("/tmp/list").startswith("GPU 0: NVIDIA GeForce RTX 3090 (UUID: ")


@pytest.mark.parametrize("args", ["-l x", "-l 0", "-lms", "-f"])
async def test_a_loop_without_sense_is_refused(args: str) -> None:
    events = await Notebook(machine=_machine(1, "T4", "535.129.03"))(f"nvidia-smi {args}")
    if args == "-lms":
        assert events[-1] == Exit(0)
    else:
        assert events[-1] == Exit(2)


async def test_a_closed_pipe_ends_a_loop_and_a_missing_folder_is_named() -> None:
    book = Notebook(machine=_machine(1, "T4", "535.129.03"))
    events = await book("nvidia-smi dmon | head -1")
    [line] = [one.text for one in events if isinstance(one, Text) and one.stream == "stdout"]
    assert (line[:6], line.count("\n"), events[-1]) == ("# gpu ", 1, Exit(0))
    assert await book("nvidia-smi -L -f /nowhere/x") == [
        Text("stderr", "Unable to open file /nowhere/x: No such file or directory\n"),
        Exit(1),
    ]


async def test_encoders_are_those_of_the_processes_that_use_them() -> None:
    machine = _machine(1, "RTX 3090", "535.129.03")
    coding, decoding, idle = (
        _train(machine, use, 0, command=(name,))
        for name, use in (
            ("ffmpeg", GpuUse(7, 300, encoder=99)),
            ("mpv", GpuUse(0, 200, "C+G", decoder=0, trace=True)),
            ("gnome-shell", GpuUse(0, 100, "G")),
        )
    )
    notebook = Notebook(machine=machine)
    rows = [line.split() for line in (await notebook.said("nvidia-smi pmon -c 1")).splitlines()[2:]]
    assert [row[1:3] + row[3:4] + row[5:7] for row in rows] == [
        [str(coding), "C", "7", "99", "-"],
        [str(decoding), "C+G", "0", "-", "0"],
        [str(idle), "G", "-", "-", "-"],
    ]
    asked = "nvidia-smi --query-gpu=utilization.encoder,utilization.decoder --format=csv,noheader"
    assert await notebook.said(asked) == "99 %, 0 %\n"
