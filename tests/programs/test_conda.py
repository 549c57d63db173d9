"""conda's packages and environments are the machine's, and its shell function enters and leaves them."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.conda import conda
from llm_kernel.shell.call import Answer, Call
from tests.notebook import Notebook


def _machine() -> Machine:
    machine = Machine()
    machine.packages.install("conda", "numpy")
    machine.follow()
    return machine


async def _notebook() -> Notebook:
    notebook = Notebook(machine=_machine())
    await notebook.session.settle()
    return notebook


def _conda(machine: Machine, line: str) -> Answer:
    return conda(Call("conda", tuple(line.split()), machine))


def _names(answer: Answer) -> list[str]:
    return [line.split()[0] for line in str(answer.stdout).splitlines() if line and not line.startswith("#")]


def test_a_new_environment_has_its_own_python_and_packages() -> None:
    machine = _machine()
    assert _conda(machine, "create -y -n lab python=3.7 scipy").status == 0
    assert {"python", "scipy", "numpy", "pip"} <= set(_names(_conda(machine, "list -n lab")))
    assert "scipy" not in _names(_conda(machine, "list"))
    assert machine.packages.environments["/opt/conda/envs/lab"].python == "3.7.10"
    assert machine.files.listdir("/opt/conda/envs") == ["lab"]


async def test_activating_changes_the_shell_and_deactivating_takes_it_back() -> None:
    notebook = await _notebook()
    await notebook("conda create -y -n lab python=3.7 >/dev/null")
    assert await notebook.said("conda activate lab; which python; python --version; echo $CONDA_DEFAULT_ENV") == (
        "/opt/conda/envs/lab/bin/python\nPython 3.7.10\nlab\n"
    )
    assert (
        await notebook.said("conda deactivate; which python; echo $CONDA_DEFAULT_ENV")
        == "/opt/conda/bin/python\nbase\n"
    )


async def test_pip_in_an_environment_is_that_environments() -> None:
    notebook = await _notebook()
    await notebook("conda create -y -n lab python=3.7 >/dev/null; conda activate lab; pip install -q six 2>/dev/null")
    assert await notebook.said("pip freeze") == "six==1.15.0\n"
    assert (
        await notebook.said("conda list six | tail -1")
        == "six                       1.15.0                   pypi_0  pypi\n"
    )


def test_an_environment_that_is_removed_is_gone_everywhere() -> None:
    machine = _machine()
    _conda(machine, "create -y -n lab python=3.7")
    _conda(machine, "env remove -n lab")
    assert str(_conda(machine, "env list").stdout).split() == [
        "#",
        "conda",
        "environments:",
        "#",
        "base",
        "*",
        "/opt/conda",
    ]
    assert machine.files.listdir("/opt/conda/envs") == []


@pytest.mark.parametrize("line", ["list -n nope", "install -n nope numpy", "env remove -n nope"])
def test_an_environment_that_is_not_there(line: str) -> None:
    said = "\nEnvironmentLocationNotFound: Not a conda environment: /opt/conda/envs/nope\n\n"
    assert _conda(_machine(), line) == Answer("", said, 1)


def test_a_name_that_no_channel_has() -> None:
    answer = _conda(_machine(), "install -y nunpy")
    assert (answer.status, "  - nunpy\n" in str(answer.stderr)) == (1, True)
