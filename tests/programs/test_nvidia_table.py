"""The default table's rarer parts: MIG devices, failing boards, in the layouts of real programs."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from llm_kernel.programs.exact.nvidia_migbox import MigRow, mig_box
from llm_kernel.programs.exact.nvidia_table import Board, Head, Running, table

_TABLES = Path(__file__).resolve().parents[3] / "shared" / "truth" / "nvidia-smi-table"
_MIG = sorted(_TABLES.glob("*mig*")) if _TABLES.is_dir() else []
_NOW = datetime(2021, 4, 1)


def _mig_rows(text: str) -> list[MigRow]:
    box = text.split("MIG devices:")[1].split("Processes:")[0].splitlines()
    numbers = [[int(n) for n in re.findall(r"\d+", line)] for line in box if re.search(r"\dMiB /", line)]
    return [MigRow(*n[:6], *bar1, *n[6:]) for n, bar1 in zip(numbers[::2], numbers[1::2], strict=True)]


def _boards(text: str) -> list[Board]:
    first = re.compile(r"\| +(\d+)  (.*\S) +(On|Off) *\| +(\S+) (\S+) +\| +(\S+) \|")
    second = re.compile(r"\|(.{4}) +(\S+) +(\S+) +(\S+) / +(\S+) \|(.*)\| +(\S+) +(\S.*\S) \|")
    found = []
    lines = text.split("=|\n", 1)[1].splitlines()
    for at, line in enumerate(lines):
        row, sensors = first.fullmatch(line), second.fullmatch(lines[at + 1]) if at + 1 < len(lines) else None
        if row and sensors:
            memory = sensors[6].strip()
            used, total = (memory, "") if memory == "N/A" else [part.strip() for part in memory.split("/")]
            cells = (*row.groups(), sensors[1].strip(), *sensors.groups()[1:5], used, total, *sensors.groups()[6:])
            found.append(Board(*cells, lines[at + 2].split("|")[3].strip()))
    return found


def _running(text: str) -> list[Running]:
    row = re.compile(r"\| +(\d+) +(\S+) +(\S+) +(\d+) +(\S+) +(\S+) +(\S+) \|")
    found = [row.fullmatch(line) for line in text.split("Processes:")[1].splitlines()]
    return [Running(r[1], r[4], r[5], r[6], r[7], f"{r[2]:>2} ", f"{r[3]:>2} ") for r in found if r]


@pytest.mark.parametrize("path", _MIG, ids=lambda path: path.stem)
def test_a_real_table_with_mig_devices_is_rendered_line_for_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    title = re.search(r"NVIDIA-SMI (\S+) +Driver Version: (\S+) +CUDA Version: (\S+)", text)
    assert title
    boards, running = _boards(text), _running(text)
    made = table(Head(title[1], title[2], title[3]), boards, running, _NOW, mig=_mig_rows(text))
    real = [line.rstrip() for line in text[text.index("+--") :].rstrip("\n").split("\n")]
    assert [line.rstrip() for line in made.splitlines()[1:]] == real


def _board(**cells: str) -> Board:
    sound = {"index": "0", "name": "NVIDIA A40", "persistence": "On", "bus": "00000000:83:00.0", "display": "Off"}
    sound |= {"ecc": "0", "fan": "0%", "temp": "30C", "perf": "P8", "draw": "14W", "cap": "300W", "used": "0MiB"}
    sound |= {"total": "46068MiB", "util": "0%", "mode": "Default"}
    return Board(**{**sound, **cells})


def _rows(version: str, board: Board) -> list[str]:
    lines = table(Head(version, version, "12.0"), [board], [], _NOW).splitlines()
    first = next(at for at, line in enumerate(lines) if "|==" in line) + 1
    return lines[first : first + 3]


def test_a_board_that_answers_nothing_is_errors_throughout() -> None:
    names = ("name", "ecc", "fan", "temp", "perf", "draw", "cap", "util", "mig")
    assert _rows("525.85.12", _board(**dict.fromkeys(names, "ERR!"))) == [
        "|   0  ERR!                On   | 00000000:83:00.0 Off |                 ERR! |",
        "|ERR!  ERR! ERR!    ERR! / ERR! |      0MiB / 46068MiB |    ERR!      Default |",
        "|                               |                      |                 ERR! |",
    ]


def test_a_board_whose_firmware_hangs_has_no_power_and_no_load() -> None:
    cells = {
        "name": "NVIDIA H100 80GB HBM3",
        "display": "N/A",
        "ecc": "N/A",
        "fan": "ERR!",
        "temp": "50C",
        "perf": "P0",
    }
    cells |= {"draw": "N/A", "cap": "N/A", "total": "81559MiB", "util": "N/A", "mig": "ERR!"}
    assert _rows("550.90.12", _board(**cells)) == [
        "|   0  NVIDIA H100 80GB HBM3          On  |   00000000:83:00.0 N/A |                  N/A |",
        "|ERR!   50C    P0            N/A  /  N/A  |       0MiB /  81559MiB |     N/A      Default |",
        "|                                         |                        |                 ERR! |",
    ]


def test_the_memory_of_a_divided_board_may_be_hidden() -> None:
    cells = {"used": "N/A", "total": "", "util": "N/A", "mig": "Enabled"}
    assert _rows("535.104.12", _board(**cells))[1] == (
        "|  0%   30C    P8              14W / 300W |                  N/A |     N/A      Default |"
    )
    assert _rows("550.90.12", _board(**cells))[1] == (
        "|  0%   30C    P8             14W /  300W |                  N/A   |     N/A      Default |"
    )


def test_a_pending_mode_is_starred() -> None:
    assert _rows("470.57.02", _board(mig="Disabled*"))[2] == (
        "|                               |                      |            Disabled* |"
    )


@pytest.mark.parametrize(("inner", "width"), [(77, 79), (87, 89), (89, 91)])
def test_the_box_is_as_wide_as_the_table_and_says_when_it_is_empty(inner: int, width: int) -> None:
    empty, one = mig_box(inner, []), mig_box(inner, [MigRow(0, 13, 0, 2, 3, 4864, 0, 8191, 14, 0, 1, 0, 0, 0, 0)])
    assert {len(line) for line in [*empty, *one]} == {width}
    assert empty[-2].strip("| ") == "No MIG devices found"


def test_the_box_of_the_first_generations() -> None:
    row = MigRow(0, 13, 0, 2, 3, 4864, 0, 8191, 14, 0, 1, 0, 0, 0, 0)
    assert mig_box(77, [row])[-3:] == [
        "|  0   13   0   2  |      3MiB /  4864MiB | 14      0 |  1   0    0    0    0 |",
        "|                  |      0MiB /  8191MiB |           |                       |",
        "+------------------+----------------------+-----------+-----------------------+",
    ]
