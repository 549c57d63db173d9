"""conda's environments from files, and its settings, which stand in a file that the shell reads like any other."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from llm_kernel.machine import Machine
from tests.notebook import Notebook

LAB = """name: lab
channels:
  - conda-forge
dependencies:
  - python=3.8
  - pandas
  - pip
  - pip:
    - tqdm==4.60.0
"""


def _notebook() -> Notebook:
    machine = Machine()
    machine.packages.install("conda", "numpy")
    machine.follow()
    return Notebook(lambda _: "from the model", machine=machine)


async def test_an_exported_environment_can_be_made_again() -> None:
    made = _notebook()
    await made.said("conda create -y -n one python=3.9 numpy")
    await made.said("conda env export -n one | sed 's/^name: one/name: two/' > two.yml; conda env create -f two.yml")
    assert await made.said("conda list -n two --export") == await made.said("conda list -n one --export")
    assert made.requests == []


async def test_a_file_names_conda_and_pip_packages() -> None:
    made = _notebook()
    made.machine.files.write("/root/environment.yml", LAB.encode())
    await made.said("conda env create")
    rows = (await made.said("conda list -n lab")).splitlines()
    found = {row.split()[0]: row.split()[1:] for row in rows if row[:1] != "#"}
    assert found["tqdm"] == ["4.60.0", "pypi_0", "pypi"]
    assert found["python"][0].startswith("3.8.")
    assert "pandas" in found
    assert made.machine.packages.environments["/opt/conda/envs/lab"].kind == "conda"


async def test_a_file_that_is_not_there_or_an_environment_that_is() -> None:
    made = _notebook()
    said = "\nEnvironmentFileNotFound: '/root/no.yml' file not found\n\n"
    assert await made("conda env create -f no.yml") == [Text("stderr", said), Exit(1)]
    made.machine.files.write("/root/lab.yml", LAB.encode())
    await made.said("conda env create -f lab.yml")
    said = "\nCondaValueError: prefix already exists: /opt/conda/envs/lab\n\n"
    assert await made("conda env create -f lab.yml") == [Text("stderr", said), Exit(1)]


async def test_a_file_that_is_no_environment_changes_nothing() -> None:
    made = _notebook()
    for text in ("[1, 2]", "a: &a [*a, *a]", "dependencies: 5", "name: x\ndependencies:\n- {pip: 3}", "name: [a]"):
        made.machine.files.write("/root/bad.yml", text.encode())
        assert await made.said("conda env create -n x -f bad.yml") == "from the model\n"
    assert list(made.machine.packages.environments) == []


async def test_settings_are_lines_of_condarc() -> None:
    made = _notebook()
    await made.said("conda config --add channels conda-forge; conda config --set auto_activate_base false")
    text = "channels:\n  - conda-forge\n  - defaults\nauto_activate_base: false\n"
    assert await made.said("cat ~/.condarc") == text
    assert await made.said("conda config --show channels") == "channels:\n  - conda-forge\n  - defaults\n"
    await made.said("conda config --remove channels defaults")
    assert await made.said("conda config --get channels") == "--add channels 'conda-forge'\n"
    said = "\nCondaKeyError: 'channels': value 'nowhere' not present in config\n\n"
    assert await made("conda config --remove channels nowhere") == [Text("stderr", said), Exit(1)]
