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


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("for i in 1 2 3; do ls > /dev/null; echo $i; done", "t\n1\n2\n3\n"),
        ("echo a; x=$(ls); echo b; date | cat > /dev/null; echo c", "a\nt\nb\nc\n"),
        ("echo a; if ! date -d bad 2> /dev/null; then echo b; fi", "a\nt\nb\n"),
        ("for d in $(date +%Y) 1; do echo $d; ls > /dev/null; done", "2021\nt\n1\n"),
        ("false | date > log; echo $?; true", "t\n0\n"),
        ("date > log || echo no; env X=1 bash -c 'exit 3'; echo $?", "t\n3\n"),
    ],
)
async def test_a_job_looks_for_signals_between_any_two_of_its_commands(body: str, said: str) -> None:
    notebook = Notebook()
    events = await notebook(f"(trap 'echo t' USR1; sleep 1; {body}) & sleep 1.002; kill -USR1 $!; wait")
    assert "".join(event.text for event in events if _is(event, "stdout")) == said


async def test_a_signal_for_a_stopped_job_waits_until_it_goes_on() -> None:
    notebook = Notebook()
    await notebook("sleep 50 & kill -STOP $!")
    assert await notebook("kill $!; kill -HUP $!; sleep 1; jobs") == out("[1]+  Stopped                 sleep 50\n")
    assert await notebook("kill -CONT $!") == [Text("stderr", "[1]+  Terminated              sleep 50\n"), Exit(0)]
    await notebook("sleep 50 & kill -STOP $!")
    assert await notebook("kill -KILL $!") == [Text("stderr", "[1]+  Killed                  sleep 50\n"), Exit(0)]


@pytest.mark.parametrize(
    ("script", "said", "took"),
    [
        ("timeout 5 bash -c 'trap \"echo got; exit 3\" TERM; while :; do sleep 2; done'", "got\n124\n", 5),
        (
            "timeout 3 bash -c 'trap \"echo got\" TERM; for i in 1 2 3; do sleep 2; done; echo end'",
            "got\nend\n124\n",
            5,
        ),
        ("timeout --preserve-status 5 bash -c 'trap \"exit 3\" TERM; while :; do sleep 2; done'", "3\n", 5),
        ("timeout -k 3 5 bash -c 'trap \"\" TERM; sleep 20; echo end'", "137\n", 8),
        ("timeout 5 bash -c 'trap \"\" TERM; sleep 10; echo end'", "end\n124\n", 10),
        ("timeout -s INT 5 bash -c 'trap \"echo int; exit 7\" INT; sleep 20; echo end'", "int\n124\n", 5),
        ("timeout -v -k 2 3 bash -c 'trap \"\" TERM; sleep 10' 2>&1 | cut -c1-29; echo ${PIPESTATUS[0]}", None, 5),
        ("timeout -s STOP -k 2 2 sleep 20", "137\n", 4),
    ],
)
async def test_what_has_a_trap_meets_its_deadline_with_it(script: str, said: str | None, took: int) -> None:
    notebook = Notebook()
    began = notebook.machine.clock.now
    events = await notebook(script if said is None else f"{script}; echo $?")
    shown = "".join(event.text for event in events if _is(event, "stdout"))
    assert shown == (said or "timeout: sending signal TERM \ntimeout: sending signal KILL \n137\n")
    assert took <= notebook.machine.clock.now - began < took + 1.1
    await notebook.session.close()


async def test_the_end_of_a_job_is_trapped_and_does_not_end_a_wait() -> None:
    notebook = Notebook()
    events = await notebook("trap 'echo chld' CHLD; (sleep 1) & (sleep 2) & wait -n; echo one; wait; echo $?")
    said = "".join(event.text for event in events if _is(event, "stdout"))
    assert said == "chld\none\nchld\n0\n"
    assert await notebook("bash -c 'trap \"echo chld\" CHLD; sleep 1 & wait; echo $?'") == out("chld\n0\n")
