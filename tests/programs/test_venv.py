"""A virtual environment has its own Python, packages and programs, and activating it changes the shell only."""

from __future__ import annotations

from llm_kernel.machine import Machine
from tests.notebook import Notebook


async def test_an_activated_environment_lists_only_its_own() -> None:
    notebook = Notebook()
    await notebook("python3 -m venv env")
    assert await notebook.said(
        "source env/bin/activate; which pip python; pip list --format freeze; python --version"
    ) == ("/root/env/bin/pip\n/root/env/bin/python\npip==20.0.2\nsetuptools==45.2.0\nPython 3.8.5\n")


async def test_what_is_installed_in_it_stays_in_it() -> None:
    notebook = Notebook()
    await notebook("python3 -m venv env; source env/bin/activate; pip install -q flask 2>/dev/null")
    assert await notebook.said("which flask; python -c 'import flask; print(flask.__version__)'") == (
        "/root/env/bin/flask\n1.1.2\n"
    )
    await notebook("deactivate")
    assert await notebook.said("which flask || env/bin/pip freeze | grep -i flask") == "Flask==1.1.2\n"
    assert await notebook.said("pip list | grep -ci flask || true") == "0\n"


async def test_programs_are_reached_by_their_path() -> None:
    notebook = Notebook()
    await notebook("python3 -m venv env; ./env/bin/python -m pip install -q six 2>/dev/null")
    assert await notebook.said("cd env; bin/pip freeze; ~/env/bin/python --version") == "six==1.15.0\nPython 3.8.5\n"


async def test_an_environment_is_remembered_with_the_machine() -> None:
    notebook = Notebook()
    await notebook("python3 -m venv env; env/bin/pip install -q six 2>/dev/null")
    again = Notebook(machine=Machine.from_state(notebook.machine.to_state()))
    assert await again.said("env/bin/pip freeze") == "six==1.15.0\n"


async def test_making_it_anew_begins_anew() -> None:
    notebook = Notebook()
    await notebook("python3 -m venv env; env/bin/pip install -q six 2>/dev/null; rm -rf env; python3 -m venv env")
    assert (
        await notebook.said("env/bin/pip freeze; ls env/lib/python3.8/site-packages | grep six || echo none")
        == "none\n"
    )


async def test_there_is_no_python_without_a_number_outside() -> None:
    notebook = Notebook()
    events = await notebook("python --version")
    assert "Command 'python' not found" in events[0].text
    assert events[-1].status == 127
