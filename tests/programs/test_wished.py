"""What an instruction names with its version is on the machine, whatever the model left out or added."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook

_LOOK = (
    "python3 --version; pip list 2>/dev/null | grep -E '^(torch|tensorflow|numpy) '; "
    "nvcc --version 2>/dev/null | grep -o 'release [0-9.]*'"
)


async def _after(instruction: str, script: str) -> str:
    notebook = Notebook([script])
    await notebook(f"%%meta\n{instruction}")
    lines = (await notebook.said(f"{_LOOK}; true")).splitlines()
    return "; ".join(" ".join(line.split()) for line in lines)


@pytest.mark.parametrize(
    ("instruction", "script", "found"),
    [
        (
            "You are Ubuntu 22.04 with PyTorch 2.1 and one RTX 3090",
            "machine os ubuntu 22.04\nmachine python 3.8.5\nmachine gpu 1 'RTX 3090'\n",
            "Python 3.10.12; numpy 1.26.0; torch 2.1.0",
        ),
        (
            "你是 Ubuntu 20.04，装有PyTorch 1.8.0和一块RTX 3090",
            "machine os ubuntu 20.04\nmachine gpu 1 'RTX 3090'\n",
            "Python 3.8.5; numpy 1.20.2; torch 1.8.0",
        ),
        (
            "Ubuntu 22.04, Python 3.11, CUDA 12.1, an A100",
            "machine os ubuntu 22.04\nmachine gpu 1 'A100'\n",
            "Python 3.11.0; release 12.1",
        ),
        ("Ubuntu 22.04 without PyTorch 2.1", "machine os ubuntu 22.04\n", "Python 3.10.12"),
        ("Write hello.py for PyTorch 2.1", "echo 'print(1)' > hello.py\n", "Python 3.8.5"),
        (
            "Go from PyTorch 2.0 to PyTorch 2.1.",
            "machine os ubuntu 22.04\nmachine install pip torch 2.1.0\n",
            "Python 3.10.12; numpy 1.26.0; torch 2.1.0",
        ),
    ],
)
async def test_a_version_that_is_named_is_there_and_no_other(instruction: str, script: str, found: str) -> None:
    assert await _after(instruction, script) == found


async def test_a_version_that_nobody_made_is_said_to_be_missing() -> None:
    said = await Notebook(["machine os ubuntu 22.04\n", "true\n"]).said("%%meta\nUbuntu 22.04 with PyTorch 7.77")
    last = said.splitlines()[-1]
    assert last.startswith("not as asked: there is no torch 7.77 for this machine: it has 2.")
