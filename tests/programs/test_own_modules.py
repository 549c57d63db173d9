"""Where a script's own modules are found: beside it, in PYTHONPATH, and below the working directory with -m."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook

_FILES = """
mkdir -p lab/net lab/runs
printf 'SIZE = 7\\n\\ndef name():\\n    return "net"\\n' > lab/net/shape.py
printf 'import json\\nfrom net.shape import SIZE, name\\nprint(name(), SIZE)\\n' > lab/runs/go.py
cp lab/runs/go.py lab/runs/__main__.py
"""


@pytest.mark.parametrize(
    "command", ["PYTHONPATH=. python3 runs/go.py", "PYTHONPATH=/none:$PWD python3 runs/go.py", "python3 -m runs.go",
                "cd runs && PYTHONPATH=.. python3 go.py", "python3 -m runs"],
)  # fmt: skip
async def test_own_modules_are_found(command: str) -> None:
    book = Notebook()
    await book(f"{_FILES}cd lab")
    assert await book(command) == [Text("stdout", "net 7\n"), Exit(0)]


async def test_without_them_the_import_fails_as_pythons_does() -> None:
    book = Notebook()
    await book(f"{_FILES}cd lab")
    told = (
        'Traceback (most recent call last):\n  File "runs/go.py", line 2, in <module>\n'
        "    from net.shape import SIZE, name\nModuleNotFoundError: No module named 'net'\n"
    )
    assert await book("python3 runs/go.py") == [Text("stderr", told), Exit(1)]


@pytest.mark.parametrize("name", ["''", "..go", "runs/go", "runs.go.py"])
async def test_a_module_that_python_could_not_name_is_no_script_of_the_machine(name: str) -> None:
    book = Notebook(["it has no such module\n@ exit 1\n"])
    await book(f"{_FILES}cp lab/runs/go.py /__main__.py; cp lab/runs/go.py /go.py; cd lab")
    assert await book(f"python3 -m {name}") == [Text("stdout", "it has no such module\n"), Exit(1)]
