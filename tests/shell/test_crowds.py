"""Jobs that beget jobs, and jobs that compute without end: the shell stays usable, and its end ends them."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from llm_kernel.session import Setup
from llm_kernel.shell.limits import Limits
from tests.notebook import Notebook, out

_RETRY = "bash: fork: retry: Resource temporarily unavailable\n"


async def test_bash_tries_to_fork_with_growing_pauses_and_gives_up() -> None:
    notebook = Notebook(setup=Setup(limits=Limits(jobs=3)))
    await notebook("sleep 1000 & sleep 1000 & sleep 1000 &")
    began = notebook.machine.clock.now
    events = await notebook("true &")
    assert events == [Text("stderr", f"{_RETRY * 4}bash: fork: Resource temporarily unavailable\n"), Exit(254)]
    assert round(notebook.machine.clock.now - began) == 15
    await notebook.session.close()


async def test_a_loop_that_finds_no_room_for_its_next_job_is_over() -> None:
    notebook = Notebook(setup=Setup(limits=Limits(jobs=3)))
    began = notebook.machine.processes.shell
    events = await notebook("for i in {1..500}; do sleep 1000 & done; echo never")
    told = "".join(f"[{number}] {began + number}\n" for number in (1, 2, 3))
    assert events == [
        Text("stderr", f"{told}{_RETRY * 4}bash: fork: Resource temporarily unavailable\n"),
        Exit(254),
    ]
    assert await notebook("jobs | wc -l") == out("3\n")
    await notebook.session.close()


async def test_a_fork_bomb_leaves_the_shell_usable_and_dies_with_it() -> None:
    notebook = Notebook(setup=Setup(limits=Limits(jobs=20)))
    await notebook(":(){ :|:& };:")
    for _ in range(3):
        assert Text("stdout", "alive\n") in await notebook("sleep 1; echo alive")
    await notebook.session.close()
    assert notebook.session.timeline.strands == []


async def test_a_job_that_computes_without_end_can_be_killed() -> None:
    notebook = Notebook(setup=Setup(limits=Limits(commands=10**9, loops=10**9)))
    await notebook("while :; do :; done &")
    assert await notebook("echo alive") == out("alive\n")
    assert await notebook("kill %1") == [
        Text("stderr", "[1]+  Terminated              while :; do\n    :;\ndone\n"),
        Exit(0),
    ]
    assert await notebook("jobs") == out("")[1:]
