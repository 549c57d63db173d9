"""Environments of conda: commands run in them, copies and new names."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.leaks import notebook
from tests.notebook import Notebook


async def _book() -> Notebook:
    book = notebook("ubuntu 20.04")
    await book("%machine install conda conda")
    await book("conda create -y -n one python=3.8 numpy")
    return book


async def test_conda_has_the_version_of_its_month_in_every_view() -> None:
    book = await _book()
    assert await book.said("conda --version; conda list | awk '$1 == \"conda\" { print $2 }'") == "conda 4.9.2\n4.9.2\n"


async def test_a_command_runs_in_an_environment_that_is_not_active() -> None:
    book = await _book()
    assert await book.said("conda run -n one which python; conda run -n one sh -c 'echo $CONDA_DEFAULT_ENV'") == (
        "/opt/conda/envs/one/bin/python\none\n"
    )
    assert await book.said("conda run -n one --cwd /tmp pwd; which python") == "/tmp\n/opt/conda/bin/python\n"


async def test_a_command_that_fails_in_an_environment_says_so() -> None:
    book = await _book()
    said = "\nERROR conda.cli.main_run:execute(49): `conda run sh -c 'exit 3'` failed. (See above for error)\n"
    assert await book("conda run -n one sh -c 'exit 3'") == [Text("stderr", said), Exit(3)]
    gone = "\nEnvironmentLocationNotFound: Not a conda environment: /opt/conda/envs/nosuch\n\n"
    assert await book("conda run -n nosuch ls") == [Text("stderr", gone), Exit(1)]


async def test_a_copy_has_what_its_original_has_and_goes_its_own_way() -> None:
    book = await _book()
    await book("conda run -n one pip install six; conda create -n two --clone one")
    listed = "conda list -n {} | tail -n +4"
    assert await book.said(listed.format("two")) == await book.said(listed.format("one"))
    await book("conda remove -y -n two numpy; conda create -n three --clone two")
    assert await book.said("conda list -n three | grep -c numpy; conda list -n one | grep -c ^numpy; true") == "0\n1\n"


async def test_a_renamed_environment_is_under_its_new_name_only() -> None:
    book = await _book()
    await book("conda rename -n one other")
    assert await book.said("ls /opt/conda/envs; conda list -n other | grep -c ^numpy") == "other\n1\n"
    assert (await book("conda list -n one"))[-1] == Exit(1)
