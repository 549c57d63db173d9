"""``/proc`` is right whenever it is read, whoever reads it, and is not written for cells that do not look there."""

from __future__ import annotations

import pytest

from llm_kernel.shell.looking import Sight
from llm_kernel.shell.words import TOOLS
from tests.notebook import Notebook

LOOKS = [
    "cat /proc/uptime",
    "cd /; cat proc/uptime; cd",
    "a=/pr; cat ${a}oc/uptime",
    "cat /pr*/uptime",
    "cat link",
    "cat < link",
    "cat 'a link'",
    "head -1 up",
    "wc -l < /dev/null; cp link copy; cat copy",
    "shown",
    "sourced",
    "uptime_of",
    "sh script.sh",
    "./script.sh",
    "bash -c 'cat /proc/uptime'",
    "eval cat link",
    "echo link | xargs cat",
    "cat list.txt | while read f; do cat $f; done",
    "find /proc/uptime -exec cat {} +",
    "python3 -c 'print(open(\"/proc/uptime\").read())'",
    "shown & wait",
    "cat link & wait",
    "for i in {1..2}; do cat link; done",
    "for i in {1..2}; do cat link & done; wait",
    "cp -P link up1; for i in {1..1}; do cat up$i; done",
]


async def _prepared() -> Notebook:
    notebook = Notebook()
    await notebook(
        "ln -s /proc/uptime link; ln -s link up; ln -s /proc/uptime 'a link'; echo link > list.txt\n"
        "shown() { cat link; }; alias uptime_of='cat link'\n"
        "echo 'sourced() { cat link; }' > lib.sh; printf '#!/bin/bash\\ncat link\\n' > script.sh; chmod +x script.sh"
    )
    return notebook


@pytest.mark.parametrize("cell", LOOKS)
async def test_whoever_reads_proc_reads_what_is_true_now(cell: str) -> None:
    notebook = await _prepared()
    if cell == "sourced":
        await notebook("source lib.sh")
    await notebook(cell)
    await notebook("sleep 5000")
    boot = notebook.machine.clock.now - notebook.machine.system.boot
    shown = "".join(getattr(event, "text", "") for event in await notebook(cell))
    numbers = [float(word) for word in shown.split() if word.replace(".", "").isdigit() and "." in word]
    assert numbers
    assert abs(numbers[0] - boot) < 1


async def test_a_job_is_in_proc_at_once() -> None:
    notebook = Notebook()
    assert "sleep\n" in "".join(getattr(event, "text", "") for event in await notebook("sleep 5 & cat /proc/$!/comm"))
    await notebook.session.close()


async def test_what_ended_is_in_proc_no_more() -> None:
    notebook = Notebook()
    await notebook("sleep 500 &")
    assert (await notebook.said("ls /proc | grep -c '^[0-9]'")).strip() == str(len(notebook.machine.processes.table))
    pid = max(notebook.machine.processes.table)
    await notebook("kill %1; wait")
    assert not notebook.machine.files.exists(f"/proc/{pid}")
    await notebook.session.close()


STAYS = ["echo hi", "ls -l", "cat f", "grep -c x f > g; wc -l g", "date; nvidia-smi", "for i in {1..3}; do date; done"]


@pytest.mark.parametrize("cell", STAYS)
async def test_a_cell_that_does_not_look_there_writes_nothing(cell: str) -> None:
    notebook = Notebook()
    await notebook("echo x > f")
    await notebook(cell)
    before = notebook.machine.files.root.read_file("/proc/uptime")
    await notebook("sleep 100")
    await notebook(cell)
    assert notebook.machine.files.root.read_file("/proc/uptime") == before


async def test_a_shell_with_functions_that_nobody_saw_may_look_anywhere() -> None:
    notebook = Notebook()
    state = notebook.session.world.shell._bash.shell_state
    assert not Sight(notebook.machine.files, TOOLS).reaches("show", state, ())
    assert Sight(notebook.machine.files, TOOLS, blind=True).reaches("show", state, ())
