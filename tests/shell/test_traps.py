"""Signals that a shell is sent: its traps run, and without one it ends as bash does."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, out


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("""bash -c 'trap "echo got" TERM; kill -TERM $$; echo after'""", "got\nafter\n"),
        ("""bash -c 'trap "echo int; exit 3" INT; kill -INT $$; echo after'; echo $?""", "int\n3\n"),
        ("""bash -c 'trap "" TERM; kill $$; echo alive'; echo $?""", "alive\n0\n"),
        ("""bash -c 'trap "echo bye" EXIT; kill -INT $$; echo after'; echo $?""", "bye\n130\n"),
        ("trap 'echo usr' USR1; kill -USR1 $$; echo done", "usr\ndone\n"),
        ("printf 'trap \"echo got\" USR1\\nkill -USR1 $$\\necho end\\n' > s.sh; bash s.sh", "got\nend\n"),
        (
            "bash -c 'trap \"echo t; exit 3\" TERM; (sleep 1; kill $$) & while :; do sleep 0.4; echo w; done'; echo $?",
            "w\nw\nt\n3\n",
        ),
    ],
)
async def test_a_trap_runs_when_its_signal_comes(script: str, said: str) -> None:
    assert await Notebook()(script) == out(said)


@pytest.mark.parametrize(("name", "said", "status"), [("TERM", "Terminated\n", 143), ("KILL", "Killed\n", 137)])
async def test_a_shell_without_a_trap_ends(name: str, said: str, status: int) -> None:
    assert await Notebook()(f"bash -c 'kill -{name} $$; echo after'") == [Text("stderr", said), Exit(status)]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("trap 'echo usr' USR1; sleep 50 & (sleep 1; kill -USR1 $$) & wait; echo $? $SECONDS; kill %1", "usr\n138 1\n"),
        ("""bash -c 'trap "echo x" USR1; (sleep 1; kill -USR1 $$) & sleep 5 & wait; echo $?'""", "x\n138\n"),
        ("""bash -c 'trap "echo x" USR1; (sleep 1; kill -USR1 $$) & sleep 5 & wait -n; echo $?'""", "x\n138\n"),
        ("""bash -c 'trap "" USR1; (sleep 1; kill -USR1 $$) & sleep 5 & wait; echo $?'""", "0\n"),
    ],
)
async def test_a_trapped_signal_ends_a_wait_at_once(script: str, said: str) -> None:
    notebook = Notebook()
    assert "".join(event.text for event in await notebook(script) if _is(event, "stdout")) == said
    await notebook.session.close()


async def test_a_signal_without_a_trap_ends_a_shell_that_waits() -> None:
    began = (notebook := Notebook()).machine.clock.now
    events = await notebook("bash -c '(sleep 1; kill $$) & sleep 100 & wait; echo no'")
    assert events == [Text("stderr", "Terminated\n"), Exit(143)]
    assert notebook.machine.clock.now - began < 2
    await notebook.session.close()


@pytest.mark.parametrize(
    ("job", "said", "status"),
    [
        ("(trap 'echo saved; exit 0' TERM; while :; do sleep 1; done)", "saved\n", 0),
        ("bash -c 'trap \"echo got; exit 3\" TERM; while :; do sleep 1; done'", "got\n", 3),
        ("bash -c 'trap \"echo bye\" EXIT; while :; do sleep 1; done'", "bye\n", 143),
        ("bash -c 'trap \"\" TERM; sleep 4; echo survived'", "survived\n", 0),
    ],
)
async def test_a_trap_of_a_job_takes_the_signal_that_it_is_sent(job: str, said: str, status: int) -> None:
    notebook = Notebook()
    events = await notebook(f"{job} & sleep 2; kill %1; wait %1; echo $?")
    assert "".join(event.text for event in events if _is(event, "stdout")) == f"{said}{status}\n"


async def test_nothing_catches_the_signal_that_kills() -> None:
    notebook = Notebook()
    events = await notebook(
        "bash -c 'trap \"echo no\" TERM KILL EXIT; sleep 50' & sleep 2; kill -9 %1; wait %1; echo $?"
    )
    assert "".join(event.text for event in events if _is(event, "stdout")) == "137\n"


async def test_a_trap_that_sends_its_own_signal_is_not_entered_again() -> None:
    assert await Notebook()("trap 'echo in; kill -USR1 $$' USR1; kill -USR1 $$; echo ok") == out("in\nok\n")


def _is(event: object, stream: str) -> bool:
    return isinstance(event, Text) and event.stream == stream


async def test_a_kill_that_fails_ends_a_strict_shell() -> None:
    said = "bash: line 1: kill: (99999) - No such process\n"
    assert (await Notebook()("bash -c 'set -e; kill 99999; echo no'"))[-1] == Exit(1), said
