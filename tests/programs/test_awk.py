"""awk as mawk of three releases was recorded, and what holds for a program that does not end."""

from __future__ import annotations

import json
import re
from contextlib import aclosing
from typing import Any

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.machine import Machine
from llm_kernel.machine.clock import Clock
from llm_kernel.programs.awk.arrays import Array
from llm_kernel.programs.awk.matching import pattern
from tests.notebook import Notebook, err, out
from tests.programs.recorded import FOLDER, Outcome

_PLACE = "/srv/awk"
_LINE = re.compile(r"(?m)^bash: line \d+: ")


def _recordings() -> list[Any]:
    found: list[Any] = json.loads((FOLDER.parent / "recorded_awk.json").read_text(encoding="utf-8"))
    return found


def _planted(machine: Machine, files: dict[str, str]) -> None:
    """Only the files of the recording lie in its folder."""
    if machine.files.exists(_PLACE):
        machine.files.remove(_PLACE, recursive=True)
    machine.files.mkdir(_PLACE)
    for name, text in files.items():
        machine.files.write(f"{_PLACE}/{name}", text.encode())


async def _said(notebook: Notebook, script: str) -> Outcome:
    events = await notebook(script)
    texts = [event for event in events if isinstance(event, Text)]
    shown, told = ("".join(text.text for text in texts if text.stream == name) for name in ("stdout", "stderr"))
    return Outcome(shown, told, events[-1].status)


@pytest.mark.parametrize("recording", _recordings(), ids=lambda one: " ".join(one["os"]))
async def test_a_program_says_what_it_said_there(recording: dict[str, Any]) -> None:
    machine = Machine(Clock(1617267600.0))
    machine.system.set_os(*recording["os"])
    machine.follow()
    notebook = Notebook(machine=machine)
    _planted(machine, recording["files"])
    assert await notebook(f"cd {_PLACE}") == [Exit(0)]
    different = []
    for case in recording["cases"]:
        _planted(machine, recording["files"])
        said = await _said(notebook, case["script"])
        wanted = Outcome(case["stdout"], _LINE.sub("bash: ", case["stderr"]), case["status"])
        if said != wanted:
            different.append((case["script"], said, wanted))
    assert different == []


async def test_a_program_without_an_end_ends_with_its_cell() -> None:
    notebook = Notebook()
    endless = "awk 'BEGIN { printf \"a\"; fflush(); while (1) n++ }'"
    async with aclosing(notebook.session.run_cell(endless)) as cell:
        assert await anext(cell) == Text("stdout", "a")
    assert await notebook("echo x | awk '{ print $1 }'") == out("x\n")


async def test_what_awk_writes_obeys_permissions_and_the_disk() -> None:
    notebook = Notebook()
    await notebook("useradd -m ann; mkdir -m 700 /srv/own")
    events = await notebook("sudo -u ann awk 'BEGIN { print 1 > \"/srv/own/f\" }'")
    assert events == [
        Text("stderr", 'awk: cannot open "/srv/own/f" for output (Permission denied)\n'),
        Exit(2),
    ]


async def test_a_function_that_calls_itself_for_ever_is_told_so() -> None:
    events = await Notebook()("awk 'function f(n) { return f(n + 1) } BEGIN { f(1) }'")
    assert events == [Text("stderr", "awk: function call nesting too deep for eval stack\n"), Exit(2)]


def test_elements_come_as_mawk_strews_them_after_any_history() -> None:
    array = Array()
    for key in (1, 2, 3, "x", 40):
        array.put(key, 1.0)
    array.remove(2)
    assert (array.names(), array.has("3"), array.has(2), len(array)) == (["3", "x", "1", "40"], True, False, 4)
    array.load(["a", "b", "c"])
    array.put(4, "d")
    assert array.names() == ["3", "2", "1", "4"]


@pytest.mark.parametrize("text", ["a" * 20_000 + "b", "a" * 30])
def test_a_pattern_takes_no_more_time_than_its_text_is_long(text: str) -> None:
    assert pattern("(a+)+$", False, True).find("x" + "a" * 30 + "b") is None
    assert pattern("a|ab|abc", False, True).find("xabcd") == (1, 4)
    assert pattern("a+c", False, True).find(text) is None


async def test_what_grows_without_end_is_out_of_memory_or_of_room() -> None:
    notebook = Notebook()
    full = err("awk: out of memory\n", 2)
    assert await notebook("awk 'BEGIN { x = \"a\"; while (1) x = x x }'") == full
    assert await notebook('awk \'BEGIN { while (1) a[i++] = sprintf("%999999s", "") }\'') == full
    wide = err("awk: program limit exceeded: sprintf buffer size=1000000\n", 2)
    assert await notebook('awk \'BEGIN { printf "%*d", "inf", 3 }\'') == wide
    nested = "(" * 2000 + "1" + ")" * 2000
    assert await notebook(f"awk 'BEGIN {{ print {nested} }}'") == err("awk: line 1: memory exhausted\n", 2)


async def test_awk_of_a_red_hat_system_is_gnu_awk() -> None:
    machine = Machine(Clock(1617267600.0))
    machine.system.set_os("centos", "7")
    machine.follow()
    assert await Notebook(machine=machine)("awk 'BEGIN { print length(\"é\"), 2^31 }'") == out("1 2147483648\n")
