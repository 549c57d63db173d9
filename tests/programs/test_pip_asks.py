"""pip asks before it removes something: a person, or what is piped in; end of file is a fault of its own."""

from __future__ import annotations

import pytest

from llm_kernel.events import Ask, Exit, Text
from llm_kernel.machine import Machine
from tests.notebook import Notebook, err, out

_FOUND = """\
Found existing installation: tqdm 4.59.0
Uninstalling tqdm-4.59.0:
  Would remove:
    /usr/local/bin/tqdm
    /usr/local/lib/python3.9/dist-packages/tqdm-4.59.0.dist-info/*
    /usr/local/lib/python3.9/dist-packages/tqdm/*
"""
_DONE = "  Successfully uninstalled tqdm-4.59.0\n"
_LIST = "pip list 2>/dev/null | grep -c tqdm"


def _notebook() -> Notebook:
    machine = Machine()
    machine.system.set_os("ubuntu", "20.04")
    machine.system.set_python("3.9")
    machine.packages.refit()
    machine.packages.install("pip", "tqdm", "4.59.0")
    machine.packages.install("pip", "pip", "21.3.1")
    machine.packages.install("pip", "idna")
    machine.follow()
    return Notebook(machine=machine)


def _out(events: list[object]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text) and event.stream == "stdout")


@pytest.mark.asyncio
async def test_a_person_agrees_by_an_empty_line() -> None:
    notebook, ask = _notebook(), list[Ask]()
    events = await notebook("pip uninstall tqdm", typed=[""], ask=ask)
    assert ([question.prompt for question in ask], _out(events)) == (["Proceed (Y/n)? "], _FOUND + _DONE)
    assert (events[-1], await notebook(_LIST)) == (Exit(0), [Text("stdout", "0\n"), Exit(1)])


@pytest.mark.asyncio
async def test_a_person_who_says_something_else_is_asked_again() -> None:
    notebook, ask = _notebook(), list[Ask]()
    said = _out(await notebook("pip uninstall tqdm", typed=["sure", "n"], ask=ask))
    assert len(ask) == 2
    assert said == _FOUND + "Your response ('sure') was not one of the expected responses: y, n, \n"
    assert await notebook.said(_LIST) == "1\n"


@pytest.mark.asyncio
async def test_each_package_is_asked_for() -> None:
    notebook = _notebook()
    said = _out(await notebook("printf 'n\\ny\\n' | pip uninstall tqdm idna nonsense"))
    assert said.startswith(_FOUND + "Proceed (Y/n)? Found existing installation: idna")
    assert "  Successfully uninstalled idna" in said.splitlines()[-1]
    assert await notebook.said(_LIST) == "1\n"


@pytest.mark.asyncio
async def test_end_of_file_is_a_fault_and_nothing_goes() -> None:
    notebook = _notebook()
    events = await notebook("pip uninstall tqdm")
    assert events == [
        Text("stdout", _FOUND + "Proceed (Y/n)? "),
        Text("stderr", "ERROR: Exception:\nEOFError: EOF when reading a line\n"),
        Text("stdout", "\n"),
        Exit(2),
    ]
    assert await notebook.said(_LIST) == "1\n"


@pytest.mark.asyncio
async def test_an_editable_project_is_frozen_as_its_directory_until_it_goes() -> None:
    notebook = _notebook()
    await notebook(
        'mkdir /root/proj && printf \'[project]\\nname = "mine"\\nversion = "0.3"\\n\' > /root/proj/pyproject.toml'
    )
    await notebook("cd /root/proj && pip install -q -e . 2>/dev/null")
    frozen = "# Editable install with no version control (mine==0.3)\n-e /root/proj\n"
    assert frozen in await notebook.said("pip freeze")
    assert "mine" not in await notebook.said("pip freeze --exclude-editable")
    await notebook("pip uninstall -y mine")
    assert "mine" not in await notebook.said("pip freeze")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("line", "usage"),
    [
        ("list --colour", "  pip list [options]\n"),
        ("show --nope tqdm", "  pip show [options] <package> ...\n"),
        ("--nope list", "  pip <command> [options]\n"),
    ],
)
async def test_an_option_that_no_pip_has_is_refused(line: str, usage: str) -> None:
    option = next(word for word in line.split() if word.startswith("--"))
    text = f"\nUsage:   \n{usage}\nno such option: {option}\n"
    assert await _notebook()(f"pip {line}") == [Text("stderr", text), Exit(2)]


async def test_pip_hashes_what_sha256sum_hashes() -> None:
    made = _notebook()
    digest = (await made.said("printf 'wheel' > a.whl; sha256sum a.whl")).split()[0]
    assert await made.said("pip hash a.whl") == f"a.whl:\n--hash=sha256:{digest}\n"


async def test_a_project_is_looked_at_before_what_it_needs_and_wheels_are_kept() -> None:
    notebook = Notebook()
    await notebook("%machine os ubuntu 22.04")
    await notebook("cd; python3 -m venv v; . v/bin/activate; mkdir p")
    notebook.machine.files.write("/root/p/setup.py", b"setup(name='p', version='0.1', install_requires=['six'])\n")
    told = (
        "WARNING: You are using pip version 22.0.2; however, version 22.0.4 is available.\n"
        "You should consider upgrading via the '/root/v/bin/python -m pip install --upgrade pip' command.\n"
    )
    assert await notebook("pip install -e p | grep -v metadata") == [
        Text("stderr", told),
        *out(
            "Obtaining file:///root/p\nCollecting six\n  Downloading six-1.16.0-py3-none-any.whl (10 kB)\n"
            "Installing collected packages: six, p\nSuccessfully installed p-0.1 six-1.16.0\n"
        ),
    ]
    kept = "Collecting six\n  Using cached six-1.16.0-py3-none-any.whl (10 kB)\nSaved ./six-1.16.0-py3-none-any.whl\n"
    assert await notebook("pip wheel six 2> /dev/null; ls *.whl") == out(f"{kept}six-1.16.0-py3-none-any.whl\n")
    said = "ERROR: Can not perform a '--user' install. User site-packages are not visible in this virtualenv.\n"
    assert await notebook("pip install --user rich") == err(said, 1)
