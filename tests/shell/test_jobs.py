"""Job control as a person at the terminal meets it: families of jobs, stranger's pids, storms of signals."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err, out


async def _ended(notebook: Notebook, script: str) -> list[object]:
    """What a cell shows, without the numbers of its jobs."""
    events = await notebook(script)
    await notebook.session.close()
    return [event for event in events if not (isinstance(event, Text) and event.text.startswith("[1] "))]


async def test_a_job_of_a_job_writes_where_its_parent_does() -> None:
    events = await _ended(Notebook(), "( (sleep 1; echo in) & sleep 2; echo out ) & wait")
    assert events[0] == Text("stdout", "in\nout\n")


async def test_and_into_its_parents_file() -> None:
    notebook = Notebook()
    await notebook("( (sleep 1; echo in) & sleep 2; echo out ) > log 2>&1 & wait")
    assert notebook.text("/root/log") == "in\nout\n"


async def test_waiting_for_strangers_is_refused_and_for_the_dead_is_not() -> None:
    notebook = Notebook()
    assert await notebook("wait 99999") == err("bash: wait: pid 99999 is not a child of this shell\n", 127)
    await notebook("(exit 5) & wait $!")
    assert await notebook("wait $!; echo $?") == out("5\n")


async def test_a_storm_of_stops_leaves_a_job_as_it_was() -> None:
    notebook = Notebook()
    await notebook("sleep 50 &")
    await notebook("for i in {1..40}; do kill -STOP %1; kill -CONT %1; done")
    assert await notebook("jobs") == out("[1]+  Running                 sleep 50 &\n")
    began = notebook.machine.clock.now
    await notebook("wait")
    assert 49.9 < notebook.machine.clock.now - began < 50.1


async def test_time_stands_still_for_a_stopped_job_alone() -> None:
    notebook = Notebook()
    await notebook("(sleep 5; echo late > late) & (sleep 5; echo other > other) & kill -STOP %1; sleep 60")
    assert await notebook("ls") == out("other\n")
    await notebook("kill -CONT %1; wait")
    assert notebook.text("/root/late") == "late\n"


async def test_what_leaves_the_table_goes_on() -> None:
    notebook = Notebook()
    await notebook("(sleep 3; echo done > f) & disown")
    assert await notebook("jobs; sleep 4; cat f") == out("done\n")


async def test_the_first_of_several_ends_a_wait_for_any() -> None:
    notebook = Notebook()
    await notebook("sleep 9 & (sleep 1; exit 3) &")
    events = await notebook("wait -n; echo $?")
    assert events[-2:] == [Text("stdout", "3\n"), Exit(0)]
    assert await notebook("jobs") == out("[1]+  Running                 sleep 9 &\n")
    await notebook.session.close()


async def test_an_exit_trap_of_a_job_runs_at_its_end() -> None:
    events = await _ended(Notebook(), "(trap 'echo bye' EXIT; sleep 1; echo end) & wait")
    assert events[0] == Text("stdout", "end\nbye\n")
