"""The terminal's size and control sequences."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Clock, Machine
from tests.notebook import Notebook, err, out


async def test_without_a_terminal_there_is_no_size() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert await notebook("stty size < /dev/null") == err(
        "stty: 'standard input': Inappropriate ioctl for device\n", status=1
    )


async def test_a_terminal_has_a_size_and_every_way_tells_the_same() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert await notebook("tty; stty size; stty -a | head -1; tput lines; tput cols", typed=[]) == out(
        "/dev/pts/0\n24 80\nspeed 38400 baud; rows 24; columns 80; line = 0;\n24\n80\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [("setaf 1", "\x1b[31m"), ("setab 12", "\x1b[104m"), ("setaf 208", "\x1b[38;5;208m"), ("cup 0 5", "\x1b[1;6H")],
)
async def test_a_control_sequence_as_terminfo_has_it(words: str, said: str) -> None:
    notebook = Notebook(machine=Machine(Clock()))
    assert await notebook(f"tput {words}") == out(said)
    assert notebook.asked == []
