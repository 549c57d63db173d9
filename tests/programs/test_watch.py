"""watch: rounds on a clean screen, a title, and an end that is said."""

from __future__ import annotations

import pytest

from llm_kernel.events import Clear, Exit, Text
from llm_kernel.machine import Clock, Machine
from tests.notebook import Notebook


def _machine() -> Machine:
    machine = Machine(Clock(1617267600.0))
    machine.system.host = "lab"
    machine.devices.set_gpus(1, "RTX 3090")
    machine.devices.set_driver("465.19.01")
    return machine


_END = Text("stderr", "watch: nothing runs here that could change this any more\n")


async def test_a_command_is_shown_below_a_title_on_a_clean_screen() -> None:
    assert await Notebook(machine=_machine())("watch -n 5 echo hello") == [
        Clear(),
        Text("stdout", "Every 5.0s: echo hello                             lab: Thu Apr  1 09:00:00 2021\n\nhello\n"),
        Clear(),
        Text("stdout", "Every 5.0s: echo hello                             lab: Thu Apr  1 09:00:05 2021\n\nhello\n"),
        _END,
        Exit(0),
    ]


async def test_the_table_of_gpus_is_watched_without_a_title() -> None:
    book = Notebook(machine=_machine())
    events = await book("watch -t -n1 nvidia-smi")
    table = await book.said("nvidia-smi")
    assert [type(event) for event in events] == [Clear, Text, Clear, Text, Text, Exit]
    assert events[3].text.splitlines()[1:9] == table.splitlines()[1:9]


async def test_what_changes_is_watched_until_the_limit() -> None:
    book = Notebook(machine=_machine())
    events = await book("watch -n 100 -t 'echo x >> log; wc -l < log'")
    assert [event.text for event in events if isinstance(event, Text)] == [
        *(f"{n}\n" for n in range(1, 8)),
        "watch: ended after 600 seconds of the machine's time\n",
    ]


async def test_pipes_and_variables_reach_the_shell() -> None:
    events = await Notebook(machine=_machine())("export A=7; cd /etc; watch -t 'echo $A $(pwd) | tr a-z A-Z'")
    assert events[1] == Text("stdout", "7 /ETC\n")


async def test_it_ends_on_a_change_or_a_failure() -> None:
    book = Notebook(machine=_machine())
    events = await book("watch -g -t 'echo x >> log; wc -l < log'")
    assert [event.text for event in events if isinstance(event, Text)] == ["1\n", "2\n"]
    assert (await book("watch -e -t 'echo no; false'"))[1:] == [
        Text("stdout", "no\n"),
        Text("stderr", "watch: command exit with a non-zero status\n"),
        Exit(8),
    ]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("-n x ls", "watch: failed to parse argument: 'x'\n"),
        ("-q ls", "watch: invalid option -- 'q'\n\nUsage:\n watch [options] command\n"),
        ("--what ls", "watch: unrecognized option '--what'\n\nUsage:\n watch [options] command\n"),
        ("", "\nUsage:\n watch [options] command\n"),
    ],
)
async def test_a_wrong_command_line_is_refused(args: str, text: str) -> None:
    events = await Notebook(machine=_machine())(f"watch {args}")
    assert events[0].text.startswith(text)
    assert events[-1] == Exit(1)


async def test_a_short_interval_is_a_tenth_of_a_second() -> None:
    machine = _machine()
    await Notebook(machine=machine)("watch -n 0 true")
    assert round(machine.clock.now - 1617267600.0, 2) == 0.1
