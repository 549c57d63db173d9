"""What a script needs and the machine does not have is said with what brings it."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.lacking import lacks
from tests.notebook import Notebook


def _machine(release: str = "22.04") -> Machine:
    machine = Machine()
    machine.system.set_os("ubuntu", release)
    machine.packages.refit()
    machine.follow()
    return machine


def _lacks(source: str, machine: Machine | None = None, path: str = "/root/w/a.py", **env: str) -> list[str]:
    return [line.removeprefix("a.py imports ") for line in lacks(machine or _machine(), source, path, "/root/w", env)]


def _pip(module: str, package: str) -> list[str]:
    return [f"{module}, which is not installed: pip install {package}"]


@pytest.mark.parametrize(
    ("source", "module", "package"),
    [
        ("import cv2", "cv2", "opencv-python"),
        ("import sklearn.model_selection as ms", "sklearn", "scikit-learn"),
        ("from sklearn import svm", "sklearn", "scikit-learn"),
        ("from PIL import Image", "PIL", "pillow"),
        ("def f():\n    from torch.utils import data", "torch", "torch"),
        ("import bs4", "bs4", "beautifulsoup4"),
        ("from skimage.io import imread", "skimage", "scikit-image"),
        ("import google.protobuf.message", "google.protobuf", "protobuf"),
        ("import importlib\nimportlib.import_module('cv2')", "cv2", "opencv-python"),
        ("try:\n    import cv2\nexcept OSError:\n    pass\nfinally:\n    import os", "cv2", "opencv-python"),
    ],
)
def test_a_missing_module_is_named_with_the_package_that_brings_it(source: str, module: str, package: str) -> None:
    assert _lacks(source) == _pip(module, package)


def test_yaml_is_pyyaml_where_the_system_does_not_bring_it() -> None:
    machine = _machine()
    machine.system.set_python("3.11")
    machine.packages.refit()
    assert _lacks("import yaml", machine) == _pip("yaml", "pyyaml")


def test_what_is_installed_is_not_missing() -> None:
    machine = _machine()
    machine.packages.install("pip", "matplotlib")
    machine.packages.install("pip", "opencv-python")
    machine.packages.install("pip", "protobuf")
    source = "import cv2, matplotlib.pyplot, mpl_toolkits.mplot3d\nfrom google.protobuf import message"
    assert _lacks(source, machine) == []


def test_a_module_that_is_nobodys_is_said_to_be() -> None:
    assert _lacks("import foo_zz") == [
        "foo_zz, which is not installed: no known package brings it; machine install pip foo_zz"
    ]


def test_the_library_is_that_of_the_machines_python() -> None:
    old, new = _machine("18.04"), _machine("24.04")
    source = "import dataclasses, tomllib, distutils.core, asyncore, zoneinfo, json, telnetlib"
    assert _lacks(source, old) == [
        "dataclasses, which is not installed: Python 3.7 brings it; machine python 3.7",
        "tomllib, which is not installed: Python 3.11 brings it; machine python 3.11",
        "zoneinfo, which is not installed: Python 3.9 brings it; machine python 3.9",
    ]
    gone = ", which is not installed: Python 3.12 took it out; machine python 3.11"
    assert _lacks(source, new) == [f"distutils{gone}", f"asyncore{gone}"]


def test_modules_of_ones_own_are_there() -> None:
    machine = _machine()
    machine.files.write("/root/w/mine.py", b"")
    machine.files.write("/root/w/pkg/deep/b.py", b"")
    machine.files.write("/root/lib/far.py", b"")
    source = "import mine, pkg.deep.b\nfrom . import c\nfrom .d import e"
    assert _lacks(source, machine) == []
    assert lacks(machine, source, "/root/w/pkg/deep/a.py", "/root/w", {}) == []
    assert _lacks("import far", machine, PYTHONPATH="/root/lib") == []


def test_what_a_script_can_do_without_is_not_missing() -> None:
    source = "try:\n    import cv2\nexcept ImportError:\n    cv2 = None\n"
    assert _lacks(source + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n") == []


@pytest.mark.asyncio
async def test_the_summary_of_a_meta_names_the_module_and_the_command() -> None:
    script = "cat > show.py <<'EOF'\nimport cv2\nfrom sklearn.svm import SVC\nprint(cv2, SVC)\nEOF\n"
    said = await Notebook([script]).said("%%meta\nwrite show.py")
    assert said.splitlines() == [
        "+ show.py  3 lines",
        "show.py imports cv2, which is not installed: pip install opencv-python",
        "show.py imports sklearn, which is not installed: pip install scikit-learn",
    ]
