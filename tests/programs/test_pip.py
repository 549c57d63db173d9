"""pip says what the machine has and changes it; compared with public listings where they are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.pip import pip
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

_TRUTH = Path(__file__).resolve().parents[3] / "shared" / "truth" / "linux"


def _machine(release: str = "18.04", python: str = "", *, os: str = "ubuntu") -> Machine:
    machine = Machine()
    machine.system.set_os(os, release)
    if python:
        machine.system.set_python(python)
    machine.packages.refit()
    return machine


def _trained() -> Machine:
    machine = _machine(python="3.9")
    machine.devices.set_gpus(4, "RTX 3090")
    machine.devices.set_cuda("11.3")
    machine.packages.install("pip", "torch", "1.8.0", companions=True)
    return machine


def _pip(machine: Machine, line: str, *, user: str = "") -> Answer:
    return pip(Call("pip", tuple(line.split()), machine, env={"USER": user} if user else {}))


def test_the_list_names_the_wheels_for_the_machines_cuda() -> None:
    assert _pip(_trained(), "list") == Answer(
        "Package           Version\n"
        "----------------- -----------\n"
        "numpy             1.20.2\n"
        "Pillow            8.1.2\n"
        "pip               21.1.1\n"
        "setuptools        56.0.0\n"
        "torch             1.8.0+cu111\n"
        "torchaudio        0.8.0\n"
        "torchvision       0.9.0+cu111\n"
        "tqdm              4.59.0\n"
        "typing-extensions 3.7.4.3\n"
        "wheel             0.36.2\n"
    )


def test_freeze_leaves_out_the_installers() -> None:
    assert _pip(_trained(), "freeze").stdout == (
        "numpy==1.20.2\nPillow==8.1.2\ntorch==1.8.0+cu111\ntorchaudio==0.8.0\ntorchvision==0.9.0+cu111\n"
        "tqdm==4.59.0\ntyping-extensions==3.7.4.3\n"
    )


def test_the_list_as_json_says_the_same() -> None:
    machine = _trained()
    rows = json.loads(str(_pip(machine, "list --format=json").stdout))
    assert [f"{row['name']}=={row['version']}" for row in rows] == str(
        _pip(machine, "list --format freeze").stdout
    ).splitlines()


def test_show_tells_what_a_package_needs_and_who_needs_it() -> None:
    assert _pip(_trained(), "show torch") == Answer(
        "Name: torch\n"
        "Version: 1.8.0+cu111\n"
        "Summary: Tensors and Dynamic neural networks in Python with strong GPU acceleration\n"
        "Home-page: https://pytorch.org/\n"
        "Author: PyTorch Team\n"
        "Author-email: \n"
        "License: BSD-3\n"
        "Location: /usr/local/lib/python3.9/dist-packages\n"
        "Requires: numpy, typing-extensions\n"
        "Required-by: torchaudio, torchvision\n"
    )


def test_show_of_what_is_not_there_fails() -> None:
    assert _pip(_trained(), "show zzz") == Answer("", "WARNING: Package(s) not found: zzz\n", 1)


@pytest.mark.skipif(not _TRUTH.is_dir(), reason="the recordings are not beside this checkout")
@pytest.mark.parametrize(
    ("args", "capture"),
    [("list", "jc_ubuntu-18.04_pip-list-legacy.txt"), ("list --format=columns", "jc_ubuntu-18.04_pip-list.txt")],
)
def test_a_fresh_18_04_lists_what_a_real_one_does(args: str, capture: str) -> None:
    real = (_TRUTH / capture).read_text(encoding="utf-8").splitlines()
    differing = ("jc ", "ifconfig-parser ", "cloud-init ", "python-apt ")
    ours = str(_pip(_machine(), args).stdout).splitlines()
    assert [line for line in ours if not line.startswith(differing)] == [
        line for line in real if not line.startswith(differing)
    ]


def test_the_list_of_an_old_pip_warns_about_its_form() -> None:
    assert str(_pip(_machine(), "list").stderr).startswith("DEPRECATION: The default format will switch to columns")
    assert _pip(_machine(), "list --format=columns").stderr == ""


@pytest.mark.parametrize(
    ("release", "python", "line"),
    [
        ("18.04", "", "pip 9.0.1 from /usr/lib/python3/dist-packages (python 3.6)\n"),
        ("22.04", "", "pip 22.0.2 from /usr/lib/python3/dist-packages/pip (python 3.10)\n"),
        ("18.04", "3.9", "pip 21.1.1 from /usr/local/lib/python3.9/dist-packages/pip (python 3.9)\n"),
    ],
)
def test_the_version_line_names_pips_place(release: str, python: str, line: str) -> None:
    assert _pip(_machine(release, python), "--version") == Answer(line)


def test_installing_prints_what_was_fetched_and_changes_the_machine() -> None:
    machine = _machine("18.04")
    before = machine.clock.now
    assert _pip(machine, "install numpy") == Answer(
        "Collecting numpy\n"
        "  Downloading numpy-1.19.5-cp36-cp36m-manylinux1_x86_64.whl (16.9MB)\n"
        "Installing collected packages: numpy\n"
        "Successfully installed numpy-1.19.5\n"
    )
    assert [package.name for package in machine.packages.asked()] == ["numpy"]
    assert 0 < machine.clock.now - before < 10


def test_since_23_2_metadata_comes_first() -> None:
    machine = _machine("20.04")
    machine.packages.install("pip", "pip", "24.0")
    assert str(_pip(machine, "install numpy", user="ann").stdout) == (
        "Defaulting to user installation because normal site-packages is not writeable\n"
        "Collecting numpy\n"
        "  Downloading numpy-1.20.2-cp38-cp38-manylinux1_x86_64.whl.metadata (19 kB)\n"
        "Downloading numpy-1.20.2-cp38-cp38-manylinux1_x86_64.whl (16.9 MB)\n"
        "   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 16.9/16.9 MB 37.4 MB/s eta 0:00:00\n"
        "Installing collected packages: numpy\n"
        "Successfully installed numpy-1.20.2\n"
    )


def test_what_is_there_is_said_to_be() -> None:
    machine = _trained()
    assert _pip(machine, "install -q numpy", user="ann") == Answer("")
    assert _pip(machine, "install numpy>=1.2", user="ann") == Answer(
        "Defaulting to user installation because normal site-packages is not writeable\n"
        "Requirement already satisfied: numpy>=1.2 in /usr/local/lib/python3.9/dist-packages (1.20.2)\n"
    )


def test_root_is_warned_from_21_1_on() -> None:
    said = "WARNING: Running pip as root will break packages and permissions."
    assert str(_pip(_trained(), "install flask").stderr).startswith(said)
    assert _pip(_trained(), "install flask --root-user-action=ignore").stderr == ""
    assert _pip(_machine("20.04"), "install flask").stderr == ""


def test_a_requirements_file_is_read() -> None:
    machine = _trained()
    machine.files.write("/root/requirements.txt", b"# web\nflask==1.1.2  # pinned\n\nrequests\n")
    answer = _pip(machine, "install -r requirements.txt", user="ann")
    assert str(answer.stdout).splitlines()[-1] == (
        "Successfully installed certifi-2020.12.5 chardet-4.0.0 click-7.1.2 Flask-1.1.2 idna-2.10 itsdangerous-1.1.0 "
        "Jinja2-2.11.2 MarkupSafe-1.1.1 requests-2.25.1 urllib3-1.26.4 Werkzeug-1.0.1"
    )


def test_a_requirements_file_that_is_not_there() -> None:
    assert _pip(_trained(), "install -r no.txt") == Answer(
        "", "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'no.txt'\n", 1
    )


@pytest.mark.parametrize("name", ["cv2", "PIL", "os", "json"])
def test_modules_that_are_no_packages_are_not_found(name: str) -> None:
    assert _pip(_trained(), f"install {name}") == Answer(
        "",
        f"ERROR: Could not find a version that satisfies the requirement {name} (from versions: none)\n"
        f"ERROR: No matching distribution found for {name}\n",
        1,
    )


def test_a_version_that_never_was_lists_those_that_were() -> None:
    answer = _pip(_trained(), "install torch==9.9")
    assert (answer.stdout, answer.status) == ("", 1)
    assert str(answer.stderr) == (
        "ERROR: Could not find a version that satisfies the requirement torch==9.9 (from versions: 1.7.1, "
        "1.8.0, 1.8.1)\n"
        "ERROR: No matching distribution found for torch==9.9\n"
    )


def test_one_bad_name_installs_nothing() -> None:
    machine = _trained()
    before = machine.packages.to_state()
    assert _pip(machine, "install flask cv2").status == 1
    assert machine.packages.to_state() == before


def test_a_single_equals_sign_is_explained() -> None:
    assert _pip(_trained(), "install numpy=1.2") == Answer(
        "", "ERROR: Invalid requirement: 'numpy=1.2'\nHint: = is not a valid operator. Did you mean == ?\n", 1
    )


def test_another_torch_breaks_its_companions_and_check_says_so() -> None:
    machine = _trained()
    said = str(_pip(machine, "install torch==1.8.1", user="ann").stderr).splitlines()[1:]
    assert said == [
        "torchaudio 0.8.0 requires torch==1.8.0, but you have torch 1.8.1+cu111 which is incompatible.",
        "torchvision 0.9.0+cu111 requires torch==1.8.0, but you have torch 1.8.1+cu111 which is incompatible.",
    ]
    assert _pip(machine, "check").status == 1
    assert _pip(_trained(), "check") == Answer("No broken requirements found.\n")


def test_uninstalling_takes_it_out() -> None:
    machine = _trained()
    assert _pip(machine, "uninstall -y tqdm nonsense", user="ann") == Answer(
        "Found existing installation: tqdm 4.59.0\nUninstalling tqdm-4.59.0:\n  Successfully uninstalled tqdm-4.59.0\n",
        "WARNING: Skipping nonsense as it is not installed.\n",
    )
    assert machine.packages.find("pip", "tqdm") is None


def test_the_systems_own_packages_stay() -> None:
    machine = _machine("22.04")
    assert str(_pip(machine, "uninstall -y idna", user="ann").stdout) == (
        "Found existing installation: idna 3.3\n"
        "Not uninstalling idna at /usr/lib/python3/dist-packages, outside environment /usr\n"
        "Can't uninstall 'idna'. No files were found to uninstall.\n"
    )
    assert machine.packages.find("pip", "idna") is not None


def test_a_python_that_the_system_manages_is_left_alone() -> None:
    machine = _machine("24.04")
    answer = _pip(machine, "install numpy")
    assert (answer.stdout, answer.status) == ("", 1)
    assert str(answer.stderr).startswith(
        "error: externally-managed-environment\n\n× This environment is externally managed\n"
    )
    assert machine.packages.find("pip", "numpy") is None
    assert _pip(machine, "install numpy --break-system-packages").status == 0


def test_an_unknown_command_is_named_with_a_near_one() -> None:
    assert _pip(_trained(), "isntall flask") == Answer(
        "", 'ERROR: unknown command "isntall" - maybe you meant "install"\n', 1
    )


@pytest.mark.parametrize(
    "line", ["", "install ./x.whl", "install git+https://example.org/x.git", "uninstall numpy", "debug"]
)
def test_the_rest_is_the_models(line: str) -> None:
    machine = _trained()
    before = machine.packages.to_state()
    with pytest.raises(NotExact):
        _pip(machine, line)
    assert machine.packages.to_state() == before


@pytest.mark.parametrize("name", ["my-lab-tools", "nunpy", "pytroch", "reqeusts-x"])
def test_a_name_that_the_index_does_not_have_is_not_found(name: str) -> None:
    machine = _trained()
    assert _pip(machine, f"install {name}") == Answer(
        "",
        f"ERROR: Could not find a version that satisfies the requirement {name} (from versions: none)\n"
        f"ERROR: No matching distribution found for {name}\n",
        1,
    )


def test_a_fact_makes_a_package_exist() -> None:
    machine = _trained()
    machine.know("my-lab-tools is on our package server")
    assert _pip(machine, "install my-lab-tools").status == 0
    assert machine.packages.find("pip", "my-lab-tools") is not None


@pytest.mark.parametrize("line", ["install sklearn", "install pytorch"])
def test_a_package_that_only_tells_its_right_name_is_the_models(line: str) -> None:
    with pytest.raises(NotExact):
        _pip(_trained(), line)


def test_there_are_no_builds_for_a_python_that_came_later() -> None:
    assert str(_pip(_machine("20.04"), "install tensorflow==1.15.0").stderr).startswith(
        "ERROR: Could not find a version that satisfies the requirement tensorflow==1.15.0 (from versions: 2.2.0"
    )
