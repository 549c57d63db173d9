"""``taskset``, ``chrt`` and ``ionice``: the program behind them runs as itself, with its words, files and status."""

from __future__ import annotations

import pytest

from llm_kernel.events import Text
from tests.notebook import Notebook


async def test_they_run_what_stands_behind_them() -> None:
    notebook = Notebook()
    wrappers = ["taskset 0x3", "taskset -c 0,2-3", "chrt -f 10", "chrt -i 0", "ionice -c2 -n7", "ionice -c idle"]
    for wrapper in [*wrappers, "taskset -c 0 ionice -c3 nice -n 5"]:
        assert await notebook.said(f"{wrapper} expr 1 + 1; echo a | {wrapper} tr a b; {wrapper} false || echo $?") == (
            "2\nb\n1\n"
        )
    await notebook("taskset -c 0 sleep 100 > log &")
    assert await notebook.said("ps -o cmd= -p $!") == "sleep 100\n"
    await notebook.session.close()


@pytest.mark.parametrize(
    ("command", "said", "status"),
    [
        ("taskset xyz ls", "taskset: failed to parse CPU mask: xyz\n", 1),
        ("taskset -c 3-1 ls", "taskset: failed to parse CPU list: 3-1\n", 1),
        ("taskset -c 999 ls", "taskset: failed to set pid 0's affinity: Invalid argument\n", 1),
        ("taskset -p 99999", "taskset: failed to get pid 99999's affinity: No such process\n", 1),
        ("taskset 1 nosuch", "taskset: failed to execute nosuch: No such file or directory\n", 127),
        ("chrt -f x ls", "chrt: invalid priority argument: 'x'\n", 1),
        ("chrt -f 0 ls", "chrt: unsupported priority value for the policy: 0: see --max for valid range\n", 1),
        ("ionice -c 9 true", "ionice: unknown prio class 9\n", 0),
        ("ionice -c fast ls", "ionice: unknown scheduling class: 'fast'\n", 1),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_runs(command: str, said: str, status: int) -> None:
    events = await Notebook()(command)
    assert (events[0], events[-1].status) == (Text("stderr", said), status)


async def test_a_process_may_run_on_all_processors() -> None:
    said = await Notebook().said("%machine cpu 4\ntaskset -p $$; taskset -cp 1")
    assert said.splitlines()[-2:] == ["pid 2412's current affinity mask: f", "pid 1's current affinity list: 0-3"]
