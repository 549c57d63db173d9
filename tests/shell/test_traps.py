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


async def test_a_kill_that_fails_ends_a_strict_shell() -> None:
    said = "bash: line 1: kill: (99999) - No such process\n"
    assert (await Notebook()("bash -c 'set -e; kill 99999; echo no'"))[-1] == Exit(1), said
