"""``read`` at the terminal: when the notebook asks, and when it is end of file."""

from __future__ import annotations

import pytest

from llm_kernel.events import Ask
from llm_kernel.shell.asking import ASK, asking
from tests.notebook import Notebook, out


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        ("read x", f"read x < <({ASK})"),
        ("read -p 'Name? ' x", f"read -p 'Name? ' x < <({ASK} -- 'Name? ')"),
        ("read -sp Key: x", f"read -sp Key: x < <({ASK} -s -- Key:)"),
        ('read -r -p "$who: " x && echo $x', f'read -r -p "$who: " x < <({ASK} -- "$who: ") && echo $x'),
        ("for i in 1 2; do read v; done", f"for i in 1 2; do read v < <({ASK}); done"),
        ("read x | cat", f"read x < <({ASK}) | cat"),
    ],
)
def test_a_read_from_the_terminal_asks(script: str, asked: str) -> None:
    assert asking(script) == asked


@pytest.mark.parametrize(
    "script",
    [
        "echo a | read x",
        "read x < file",
        "read x <<< text",
        "read x <<E\na\nE",
        "while read x; do echo $x; done < file",
        "{ read a; read b; } < file",
        "f() { read x; }",
        "read -u 3 x",
        "echo read x",
        "cat <<E\nread x\nE",
    ],
)
def test_a_read_that_is_fed_does_not(script: str) -> None:
    assert asking(script) == script


async def test_what_is_typed_is_split_as_bash_splits() -> None:
    ask: list[Ask] = []
    cell = "read -p 'Two words: ' a b; echo \"[$a][$b]\""
    assert await Notebook()(cell, typed=["one two three"], ask=ask) == out("[one][two three]\n")
    assert ask == [Ask("Two words: ", False)]


async def test_a_hidden_line_is_asked_for_hidden_and_written_nowhere() -> None:
    notebook, ask = Notebook(), list[Ask]()
    assert await notebook("read -s key; echo ${#key}", typed=["s3cret"], ask=ask) == out("6\n")
    assert ask == [Ask("", True)]
    assert "s3cret" not in str(notebook.session.journal.entries)


async def test_without_an_input_box_it_is_end_of_file() -> None:
    assert await Notebook()("read x; echo $?") == out("1\n")
