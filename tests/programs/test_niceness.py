"""``nice`` and ``renice``: one niceness behind ``ps``, ``top`` and ``/proc``."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err


async def test_every_view_tells_the_same_niceness() -> None:
    notebook = Notebook()
    await notebook("nice -n 5 sleep 100 &")
    assert await notebook.said("ps -o ni,pri,stat,cmd -p $!") == " NI PRI STAT CMD\n  5  14 SN   sleep 100\n"
    assert await notebook.said("cut -d' ' -f18,19 /proc/$!/stat") == "25 5\n"
    assert (await notebook.said("top -bn1 -p $! | tail -1")).split()[1:4] == ["root", "25", "5"]
    await notebook.session.close()


async def test_a_niceness_adds_up_within_its_bounds_and_ends_with_its_program() -> None:
    notebook = Notebook()
    assert await notebook.said("nice; nice nice; nice -n 3 nice; nice -n 5 bash -c 'nice; nice -n 30 nice'; nice") == (
        "0\n10\n3\n5\n19\n0\n"
    )


async def test_what_a_reniced_shell_starts_is_as_nice() -> None:
    notebook = Notebook()
    await notebook("renice -n 5 $$")
    assert (
        await notebook.said("nice; nice -n 3 nice; bash -c 'nice; nice nice'; ps -o ni= -p $$") == "5\n8\n5\n15\n  5\n"
    )


async def test_a_job_of_a_polite_shell_is_polite_too() -> None:
    notebook = Notebook()
    assert await notebook.said("nice -n 7 bash -c 'sleep 50 & ps -o ni= -p $!'") == "  7\n"
    await notebook.session.close()


async def test_processes_are_reniced_and_strangers_are_not() -> None:
    notebook = Notebook()
    await notebook("sleep 100 &")
    pid = (await notebook.said("echo $!")).strip()
    said = f"{pid} (process ID) old priority 0, new priority 10\n"
    assert await notebook.said(f"renice -n 10 -p {pid}") == said
    assert await notebook.said(f"ps -o ni= -p {pid}") == " 10\n"
    missing = "renice: failed to get priority for 99999 (process ID): No such process\n"
    assert await notebook("renice 5 99999") == err(missing, 1)
    await notebook.session.close()


async def test_only_root_makes_a_process_less_nice() -> None:
    notebook = Notebook()
    await notebook("%machine user ada --login")
    text = "nice: cannot set niceness: Permission denied\n"
    assert await notebook("nice -n -5 nice") == [Text("stderr", text), Text("stdout", "0\n"), Exit(0)]
