"""In a group behind a pipe, the input is for those who read it."""

from __future__ import annotations

import pytest

from llm_kernel.shell.feeding import fed
from tests.notebook import Notebook, out

_OWN = {"read", "echo", "cat", "while"}


@pytest.mark.parametrize(
    ("script", "then"),
    [
        ("ls | while read f; do stat $f; done", "ls | while read f; do stat $f </dev/null; done"),
        ("ls | while read f; do sudo stat $f > x; done", "ls | while read f; do sudo stat $f </dev/null > x; done"),
        ("ls | { stat /; cat; }", "ls | { stat / </dev/null; cat; }"),
        ("a | (b; c | d)", "a | (b </dev/null; c </dev/null | d)"),
        ("ls | while read f; do tee x; done", "ls | while read f; do tee x; done"),
        ("ls | while read f; do stat $f < x; done", "ls | while read f; do stat $f < x; done"),
        ("ls | while read f; do echo $f; done", "ls | while read f; do echo $f; done"),
        ("while read f; do stat $f; done < list", "while read f; do stat $f; done < list"),
        ("f() { stat x; }; ls | while read a; do f; done", "f() { stat x; }; ls | while read a; do f </dev/null; done"),
        ("ls | stat x", "ls | stat x"),
        ("ls | while read f; do wc -l $f; done", "ls | while read f; do wc -l $f </dev/null; done"),
        ("ls | (wc -l)", "ls | (wc -l)"),
    ],
)
def test_what_reads_nothing_is_given_nothing(script: str, then: str) -> None:
    assert fed(script, {"tee", "wc"}, _OWN) == then


async def test_a_loop_over_a_pipe_turns_for_every_line() -> None:
    notebook = Notebook()
    await notebook("touch a b c")
    assert await notebook("ls | while read f; do stat -c '%n %s' $f; done") == out("a 0\nb 0\nc 0\n")
    assert await notebook("find . -name '[ab]' | sort | while read -r f; do cp $f $f.x; done; ls") == out(
        "a\na.x\nb\nb.x\nc\n"
    )


@pytest.mark.parametrize(
    "script",
    [
        "seq 1 3 | bash -c 'cat'",
        "seq 1 3 | awk '{print $1}'",
        "seq 1 3 | (source /dev/null; cat)",
        "seq 1 3 | while read n; do eval 'echo $n'; done",
        "seq 1 3 | { x=$(date +%s); cat; }",
        "seq 1 3 | { sleep 1 & cat; wait; }",
    ],
)
async def test_what_a_group_runs_on_the_way_takes_nothing(script: str) -> None:
    assert (await Notebook()(script))[0] == out("1\n2\n3\n")[0]
