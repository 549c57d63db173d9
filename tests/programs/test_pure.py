"""The article's way: whole cells go to the model, and its acts are checked as a program's are."""

from __future__ import annotations

from llm_kernel.errors import BadReply
from llm_kernel.events import Exit
from llm_kernel.session import Setup
from tests.notebook import Notebook, out

PURE = Setup(physics="pure")


async def test_a_cell_goes_whole_to_the_model_and_its_lines_are_the_output() -> None:
    notebook = Notebook(["total 3\nmade up\n@ touch real\n@ exit 4\n"], setup=PURE)
    assert await notebook("ls -l | head\ncd /tmp") == out("total 3\nmade up\n", 4)
    assert notebook.machine.files.exists("/root/real")
    assert notebook.requests[0].messages[-1].content.endswith("$ ls -l | head\ncd /tmp")


async def test_nothing_is_computed_or_refused_for_being_unknown() -> None:
    notebook = Notebook(["not root\n", "I am\n"], setup=PURE)
    assert await notebook("whoami") == out("not root\n")
    assert await notebook("qqqqq") == out("I am\n")


async def test_acts_are_checked_and_the_terminal_keeps_its_directory() -> None:
    notebook = Notebook(["@ gpu 9 util 3\n@ cd /tmp\n@ x=5\n", "@ pwd; echo $x\n"], setup=PURE)
    assert await notebook("nvidia-smi") == [Exit(0)]
    assert [row.reason for row in notebook.session.answers[0].refused] == ["gpu: there is no GPU 9; the machine has 0"]
    assert await notebook("pwd") == out("/tmp\n5\n")
    assert "in /tmp" in notebook.requests[1].messages[-1].content


async def test_instructions_and_magics_work_as_ever() -> None:
    notebook = Notebook(["touch a\nmachine host gpu01\n"], setup=PURE)
    await notebook("%%meta\nDo it.")
    assert notebook.machine.files.exists("/root/a")
    assert await notebook("%machine host gpu02") == out("host name gpu02\n")


async def test_what_was_said_before_is_told() -> None:
    notebook = Notebook(["one\n", "two\n"], setup=PURE)
    await notebook("echo 1")
    await notebook("echo 2")
    assert "Before:\n$ echo 1\none\n" in notebook.requests[1].messages[-1].content


async def test_a_fault_is_a_fault() -> None:
    notebook = Notebook(setup=PURE)
    assert await notebook.fails("ls") == []
    assert isinstance(notebook.fault, BadReply)
