"""nvcc says which release it is; everything else it could do is the model's."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.drivers import TOOLKITS
from llm_kernel.programs.exact.nvcc import nvcc
from llm_kernel.programs.table import EXACT, NotExact
from llm_kernel.shell.call import Answer, Call
from tests.notebook import Notebook

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "nvcc"
_CAPTURES = sorted(_TRUTH.glob("*.txt")) if _TRUTH.is_dir() else []
_WINDOWS = "10.2.89"
"""This capture was taken on Windows: its build date differs from that of the Linux compiler."""


def _machine(cuda: str) -> Machine:
    machine = Machine()
    machine.devices.set_cuda(cuda)
    return machine


@pytest.mark.parametrize("path", _CAPTURES, ids=lambda path: path.stem)
def test_each_release_prints_what_the_real_one_does(path: Path) -> None:
    version = path.stem.removeprefix("nvcc_")
    said = nvcc(Call("nvcc", ("--version",), _machine(version)))
    expected = path.read_text(encoding="utf-8").rstrip("\n") + "\n"
    if version == _WINDOWS:
        expected = expected.replace("19:32:27_Pacific_Daylight_Time", "19:24:38_PDT")
    assert said == Answer(expected)


@pytest.mark.parametrize("args", [("--version",), ("-V",), ("-arch=sm_86", "--version")])
def test_the_usual_compiler_of_11_3_is_that_of_the_first_update(args: tuple[str, ...]) -> None:
    assert nvcc(Call("nvcc", args, _machine("11.3"))).stdout == (
        "nvcc: NVIDIA (R) Cuda compiler driver\n"
        "Copyright (c) 2005-2021 NVIDIA Corporation\n"
        "Built on Mon_May__3_19:15:13_PDT_2021\n"
        "Cuda compilation tools, release 11.3, V11.3.109\n"
        "Build cuda_11.3.r11.3/compiler.29920130_0\n"
    )


def test_old_releases_have_no_build_line() -> None:
    lines = str(nvcc(Call("nvcc", ("-V",), _machine("10.0"))).stdout).splitlines()
    assert lines[2:] == ["Built on Sat_Aug_25_21:08:01_CDT_2018", "Cuda compilation tools, release 10.0, V10.0.130"]


def test_every_compiler_answers_to_its_own_number() -> None:
    for toolkit in TOOLKITS:
        said = str(nvcc(Call("nvcc", ("-V",), _machine(toolkit.nvcc))).stdout)
        assert f"release {toolkit.release}, V{toolkit.nvcc}\n" in said


@pytest.mark.parametrize("args", [(), ("-o", "add", "add.cu"), ("--help",)])
def test_compiling_is_not_exact(args: tuple[str, ...]) -> None:
    with pytest.raises(NotExact):
        nvcc(Call("nvcc", args, _machine("11.3")))


def test_it_needs_the_toolkit() -> None:
    assert EXACT["nvcc"].needs == "cuda"


async def test_the_toolkits_version_stands_in_its_folder() -> None:
    book = Notebook()
    for asked, said in (("10.1", "10.1.243"), ("11.0", "11.0.228")):
        await book(f"%machine gpu 1 V100\n%machine cuda {asked}")
        assert await book.said("cat /usr/local/cuda/version.txt") == f"CUDA Version {said}\n"
    await book("%machine cuda 11.3")
    assert await book.said("ls /usr/local/cuda/version.txt 2>/dev/null | wc -l") == "0\n"
    model = "sed -n 's/^Model:[ \\t]*//p' /proc/driver/nvidia/gpus/*/information"
    assert await book.said(model) == await book.said("nvidia-smi --query-gpu=name --format=csv,noheader")
