"""pip's constraints, contradictions and far repositories."""

from __future__ import annotations

import json

from llm_kernel.events import Exit, Text
from tests.leaks import notebook
from tests.notebook import err

CLONED = """\
Collecting git+https://github.com/openai/CLIP.git
  Cloning https://github.com/openai/CLIP.git to /tmp/pip-req-build-{0}
"""


async def test_constraints_hold_for_what_is_asked_and_for_what_it_needs() -> None:
    book = notebook("ubuntu 20.04")
    await book("python3 -m venv v; printf 'six==1.14.0\\nurllib3<1.26 # old\\n' > limits.txt")
    await book("v/bin/pip install -c limits.txt six requests")
    assert await book.said("v/bin/pip freeze | grep -E 'six|urllib3'") == "six==1.14.0\nurllib3==1.25.10\n"


async def test_a_file_of_constraints_that_is_not_there_stops_pip() -> None:
    said = "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'nosuch.txt'\n"
    assert await notebook("ubuntu 20.04")("pip install -c nosuch.txt six") == err(said, 1)


async def test_a_file_of_requirements_names_files_of_constraints_and_variables() -> None:
    book = notebook("ubuntu 20.04")
    await book("mkdir -p sub; echo 'numpy<1.20' > sub/limits.txt; printf -- '-c limits.txt\\nnum${X}\\n' > sub/r.txt")
    await book("export X=py; pip install -r sub/r.txt")
    assert await book.said("pip freeze | grep numpy") == "numpy==1.19.5\n"


async def test_the_old_resolver_takes_each_name_once() -> None:
    said = "ERROR: Double requirement given: numpy==1.18.0 (already in numpy==1.19.5, name='numpy')\n"
    assert await notebook("ubuntu 20.04")("pip install numpy==1.19.5 numpy==1.18.0") == err(said, 1)


async def test_the_new_resolver_names_what_contradicts() -> None:
    events = await notebook("ubuntu 22.04")("pip install numpy==1.19.5 'numpy<1.19'")
    assert [type(event) for event in events] == [Text, Exit]
    why = "these package versions have conflicting dependencies"
    assert events[0].text.splitlines()[:5] == [
        f"ERROR: Cannot install numpy<1.19 and numpy==1.19.5 because {why}.",
        "",
        "The conflict is caused by:",
        "    The user requested numpy==1.19.5",
        "    The user requested numpy<1.19",
    ]
    assert events[-1] == Exit(1)


async def test_two_requirements_of_one_name_are_met_together() -> None:
    book = notebook("ubuntu 22.04")
    await book("pip install 'six>=1.10' 'six<1.15'")
    assert await book.said("pip list --format=freeze | grep six") == "six==1.14.0\n"


async def test_a_repository_is_installed_and_frozen_by_its_commit() -> None:
    book = notebook("ubuntu 20.04")
    said = (await book.said("pip install git+https://github.com/openai/CLIP.git")).splitlines()
    commit = (await book.said("pip freeze | grep clip")).strip().partition("git@")[2]
    assert len(commit) == 40
    assert "\n".join(said[:2]) + "\n" == CLONED.format(commit[:8])
    assert said[-1] == "Successfully installed clip-0.1.0"
    await book("pip uninstall -y clip")
    assert await book.said("pip freeze | grep -c clip; true") == "0\n"


async def test_a_tag_is_the_version_that_is_built() -> None:
    book = notebook("ubuntu 22.04")
    await book("pip install git+https://github.com/huggingface/transformers@v4.5.0 --no-deps")
    assert await book.said("pip show transformers | sed -n 2p") == "Version: 4.5.0\n"


async def test_pip_has_no_word_about_a_newer_pip_when_it_became_one() -> None:
    book = notebook("ubuntu 20.04")
    assert (await book("pip install --upgrade pip"))[-1] == Exit(0)
    assert "is available" not in str(await book("pip install --upgrade pip"))


async def test_inspect_lists_what_list_lists() -> None:
    book = notebook("ubuntu 24.04")
    listed = await book.said("pip list --format=freeze | cut -d= -f1")
    found = json.loads(await book.said("pip inspect"))
    assert [row["metadata"]["name"] for row in found["installed"]] == listed.split()
    assert found["pip_version"] == "24.0"


async def test_an_older_pip_knows_no_inspect() -> None:
    assert await notebook("ubuntu 20.04")("pip inspect") == err('ERROR: unknown command "inspect"\n', 1)


async def test_a_file_that_is_not_there_has_no_hash() -> None:
    said = "ERROR: Could not open file x.whl: [Errno 2] No such file or directory: 'x.whl'\n"
    assert await notebook("ubuntu 22.04")("pip hash x.whl") == err(said, 1)
