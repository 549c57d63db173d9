"""python3 tells versions from the machine; everything else it runs is the model's."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.python import python
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call


def _machine(cuda: str = "11.3") -> Machine:
    machine = Machine()
    machine.system.set_os("ubuntu", "18.04")
    machine.system.set_python("3.9")
    machine.packages.refit()
    if cuda:
        machine.devices.set_gpus(4, "RTX 3090")
        machine.devices.set_cuda(cuda)
    machine.packages.install("pip", "torch", "1.8.0", companions=True)
    machine.packages.install("pip", "opencv-python", "4.5.1.48")
    return machine


def _python(machine: Machine, *args: str, name: str = "python3") -> Answer:
    return python(Call(name, args, machine))


@pytest.mark.parametrize("args", [("--version",), ("-V",)])
@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("python3", "3.9.18"),
        ("python", "3.9.18"),
        ("python3.9", "3.9.18"),
        ("python3.6", "3.6.9"),
        ("/usr/bin/python3", "3.9.18"),
    ],
)
def test_each_name_says_its_version(name: str, version: str, args: tuple[str, ...]) -> None:
    assert _python(_machine(), *args, name=name) == Answer(f"Python {version}\n")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import torch; print(torch.__version__)", "1.8.0+cu111\n"),
        ("import torch as t\nprint(t.__version__)", "1.8.0+cu111\n"),
        ("import torchvision; print(torchvision.__version__)", "0.9.0+cu111\n"),
        ("import numpy as np; print(np.__version__)", "1.20.2\n"),
        ("import cv2; print(cv2.__version__)", "4.5.1\n"),
        ("import PIL; print(PIL.__version__)", "8.1.2\n"),
    ],
)
def test_modules_say_their_versions(source: str, text: str) -> None:
    assert _python(_machine(), "-c", source) == Answer(text)


def test_without_a_toolkit_torch_is_the_indexs_build() -> None:
    assert _python(_machine(""), "-c", "import torch; print(torch.__version__)") == Answer("1.8.0+cu102\n")


def test_a_module_that_is_not_there_cannot_be_imported() -> None:
    assert _python(_machine(), "-c", "import jax; print(jax.__version__)") == Answer(
        "",
        'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n'
        "ModuleNotFoundError: No module named 'jax'\n",
        1,
    )


def test_pip_is_reached_as_a_module() -> None:
    assert _python(_machine(), "-m", "pip", "--version") == Answer(
        "pip 21.1.1 from /usr/local/lib/python3.9/dist-packages/pip (python 3.9)\n"
    )


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("train.py",),
        ("-c", "print(1)"),
        ("-c", "import torch; print(torch.cuda.is_available())"),
        ("-c", "import torch"),
        ("-c", "import sys; print(sys.__version__)"),
        ("-c", "import typing_extensions; print(typing_extensions.__version__)"),
        ("-c", "import torch; print(torch.__version__"),
        ("-m", "http.server"),
    ],
)
def test_everything_else_is_the_models(args: tuple[str, ...]) -> None:
    with pytest.raises(NotExact):
        _python(_machine(), *args)


def test_a_file_of_the_same_name_comes_first() -> None:
    machine = _machine()
    machine.files.write("/root/torch.py", b"__version__ = 'mine'\n")
    with pytest.raises(NotExact):
        _python(machine, "-c", "import torch; print(torch.__version__)")
