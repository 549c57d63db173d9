"""Who answers a call: code, the model, or nobody; decided from the machine."""

from __future__ import annotations

import pytest

from llm_kernel.programs.find import FULL_SCREEN
from tests.notebook import Notebook, err, out

NO_SCREEN = "this terminal has no screen to draw on; use"


async def test_every_call_is_recorded_with_who_answered() -> None:
    notebook = Notebook(["ok\n"])
    await notebook("whoami; rsync status | cat; qqqqq; ls -d '/root x'")
    assert [(row.command, row.by, row.status) for row in notebook.session.answers] == [
        ("whoami", "exact", 0),
        ("rsync status", "model", 0),
        ("qqqqq", "unknown", 127),
        ("ls -d '/root x'", "exact", 2),
    ]


@pytest.mark.parametrize(
    ("script", "text", "status"),
    [
        ("./none", "bash: ./none: No such file or directory\n", 127),
        ("/tmp", "bash: /tmp: Is a directory\n", 126),
        ("/etc/passwd", "bash: /etc/passwd: Permission denied\n", 126),
        (
            "vim x",
            "vim: this terminal has no screen to draw on; "
            "use cat to read a file, %%writefile or sed -i to change one\n",
            1,
        ),
        ("less x", f"less: {NO_SCREEN} cat, head or tail\n", 1),
    ],
)
async def test_what_cannot_be_run_says_why_without_a_model(script: str, text: str, status: int) -> None:
    notebook = Notebook()
    assert (await notebook(script), notebook.requests) == (err(text, status), [])


@pytest.mark.parametrize("name", sorted(FULL_SCREEN & {"vim", "nano"}))
async def test_a_program_with_a_screen_still_tells_its_version(name: str) -> None:
    notebook = Notebook([f"{name} 8.1\n"])
    assert await notebook(f"{name} --version") == out(f"{name} 8.1\n")


async def test_a_shell_script_runs_here_with_its_arguments_and_status() -> None:
    notebook = Notebook()
    await notebook("printf '#!/bin/bash\\necho \"$1-$2\" $#; cd /tmp; exit 4\\n' > a.sh; chmod +x a.sh")
    assert await notebook("./a.sh 'x y' \"it's\"; echo $? $PWD") == out("x y-it's 2\n4 /root\n")


async def test_a_script_without_a_first_line_is_a_shell_script() -> None:
    assert await Notebook()("echo 'echo hi' > a; chmod +x a; ./a") == out("hi\n")


async def test_a_script_whose_interpreter_is_not_there() -> None:
    notebook = Notebook()
    await notebook("printf '#!/usr/bin/ruby\\nputs 1\\n' > a.rb; chmod +x a.rb")
    text = "bash: ./a.rb: /usr/bin/ruby: bad interpreter: No such file or directory\n"
    assert (await notebook("./a.rb"), notebook.requests) == (err(text, 126), [])


async def test_a_binary_of_the_users_is_the_models() -> None:
    notebook = Notebook(["hello\n"])
    await notebook("printf '\\x7fELF\\0\\0' > a.out; chmod +x a.out")
    assert await notebook("./a.out") == out("hello\n")


async def test_a_program_is_gone_after_it_was_removed() -> None:
    notebook = Notebook(["v1\n"])
    await notebook("%machine install apt graphviz")
    assert await notebook("dot -V") == out("v1\n")
    await notebook("%machine remove apt graphviz")
    assert (await notebook("dot -V"))[-1].status == 127
