"""Programs that run others: how long they may take on the machine's time, and where their output goes."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, out

_NOHUP = "nohup: ignoring input and appending output to 'nohup.out'\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("timeout 5 bash -c 'while true; do echo x; sleep 1; done'; echo $?", "x\nx\nx\nx\nx\n124\n"),
        ("timeout 2 sleep 9; echo $?; timeout 3 sleep 1; echo $?", "124\n0\n"),
        ("timeout -s KILL 1 sleep 9; echo $?; timeout --preserve-status -s INT 1 sleep 9; echo $?", "137\n130\n"),
        ("timeout 2 sh -c 'exit 7'; echo $?; timeout 0 true; echo $?", "7\n0\n"),
        ("seq 3 | timeout 2 bash -c 'while read x; do echo [$x]; done' | tail -1", "[3]\n"),
        ("timeout 1 bash -c 'while :; do :; done'; echo $?", "124\n"),
        ("setsid echo hi; nice -n 5 echo ho; nice", "hi\nho\n0\n"),
    ],
)
async def test_a_command_is_run_as_long_as_it_may(script: str, said: str) -> None:
    assert await Notebook()(script) == out(said)


async def test_only_the_time_that_was_given_passes() -> None:
    notebook = Notebook()
    await notebook("printf 'sleep 3\\necho hi\\n' > a.sh; chmod +x a.sh")
    assert await notebook("date +%S; timeout 1 ./a.sh; date +%S; timeout 4 ./a.sh; date +%S") == out("00\n01\nhi\n04\n")


@pytest.mark.parametrize(
    ("script", "said", "status"),
    [
        ("timeout", "Try 'timeout --help' for more information.\n", 125),
        ("timeout x ls", "timeout: invalid time interval ‘x’\nTry 'timeout --help' for more information.\n", 125),
        ("timeout -s FOO 1 ls", "timeout: ‘FOO’: invalid signal\nTry 'timeout --help' for more information.\n", 125),
        ("timeout 1 cd /", "timeout: failed to run command ‘cd’: No such file or directory\n", 127),
        ("timeout 1 /tmp", "timeout: failed to run command ‘/tmp’: Permission denied\n", 126),
        ("timeout -v 1 sleep 9", "timeout: sending signal TERM to command ‘sleep’\n", 124),
        ("nohup", "nohup: missing operand\nTry 'nohup --help' for more information.\n", 125),
        ("nohup nosuch", f"{_NOHUP}nohup: failed to run command 'nosuch': No such file or directory\n", 127),
        ("nice nosuch", "nice: ‘nosuch’: No such file or directory\n", 127),
        ("nice -n x ls", "nice: invalid adjustment ‘x’\n", 125),
        ("setsid nosuch", "setsid: failed to execute nosuch: No such file or directory\n", 127),
    ],
)
async def test_what_cannot_be_run_is_told_as_the_real_ones_tell(script: str, said: str, status: int) -> None:
    assert await Notebook()(script) == [Text("stderr", said), Exit(status)]


async def test_nohup_keeps_what_would_go_to_the_terminal_in_a_file() -> None:
    notebook = Notebook()
    assert await notebook("nohup echo hi") == [Text("stderr", _NOHUP), Exit(0)]
    assert await notebook("cat nohup.out; stat -c %a nohup.out") == out("hi\n600\n")
    assert (await notebook("nohup echo ho > log"))[0] == Text(
        "stderr", "nohup: ignoring input and redirecting stderr to stdout\n"
    )
    await notebook("nohup sleep 1 > log 2>&1 & wait")
    assert await notebook("cat log") == out("nohup: ignoring input\n")
