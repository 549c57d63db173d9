"""``pgrep`` and ``pkill`` choose the same processes by the same criteria."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook, err, out

_STARTED = "sleep 100 & sleep 200 & sleep 300 &"
"""Processes 2413 to 2415 of the shell 2412."""


async def test_criteria_choose_and_options_say_how_it_is_told() -> None:
    notebook = Notebook()
    await notebook(_STARTED)
    await notebook("echo 2414 > pid; kill -STOP %3")
    told = {
        "sleep": "2413\n2414\n2415\n",
        "-n sleep": "2415\n",
        "-o sleep": "2413\n",
        "-fx 'sleep 200'": "2414\n",
        "-d, sleep": "2413,2414,2415\n",
        "-la -f 'sleep [23]'": "2414 sleep 200\n2415 sleep 300\n",
        "-l -u root -i SLEEP": "2413 sleep\n2414 sleep\n2415 sleep\n",
        "-U 0 -c sleep": "3\n",
        "-t pts/0 -s 2412 -g 2413,2414 sleep": "2413\n2414\n",
        "-P 2412 --newest": "2415\n",
        "-F pid": "2414\n",
        "-r T sleep": "2415\n",
        "-g 0 -l": "2412 bash\n",
    }
    assert {how: await notebook.said(f"pgrep {how}") for how in told} == told
    assert await notebook.said("pgrep -v . | wc -l; pgrep -x slee || pgrep -vc sleep > /dev/null && echo both") == (
        "0\nboth\n"
    )
    await notebook.session.close()


@pytest.mark.parametrize(
    ("command", "left"),
    [
        ("pkill -n sleep", "2413,2414"),
        ("pkill -9 -f 'sleep 2'", "2413,2415"),
        ("pkill -SIGKILL -o sleep", "2414,2415"),
        ("pkill --signal 15 -t pts/0 -g 2414 sleep", "2413,2415"),
        ("pkill -STOP sleep", "2413,2414,2415"),
    ],
)
async def test_a_signal_reaches_the_processes_that_are_meant(command: str, left: str) -> None:
    notebook = Notebook()
    await notebook(_STARTED)
    await notebook(command)
    assert await notebook.said("pgrep -d, sleep") == f"{left}\n"
    await notebook.session.close()


_HINT = "Try `{} --help' for more information.\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("pgrep", "pgrep: no matching criteria specified\n"),
        ("pgrep a b", "pgrep: only one pattern can be provided\n"),
        ("pkill -9 -f", "pkill: no matching criteria specified\n"),
        ("pkill -SIGFOO sleep", "pkill: invalid option -- 'S'\n"),
        ("pkill --signal FOO sleep", "pkill: unknown signal name FOO\n"),
        ("pgrep -F nope", "pgrep: pidfile not valid\n"),
    ],
)
async def test_what_is_wrong_is_said(command: str, said: str) -> None:
    assert await Notebook()(command) == err(said + _HINT.format(command.split()[0]), 2)


async def test_what_was_signalled_is_echoed_or_counted() -> None:
    notebook = Notebook()
    await notebook(_STARTED)
    assert await notebook("pkill -0 -e -o sleep; pkill -0 -c sleep") == out("sleep killed (pid 2413)\n3\n")
    await notebook.session.close()
