"""Pipelines on the clock: what stands behind a pipe lives while what it reads is written, and not after it."""

from __future__ import annotations

import pytest

from llm_kernel.shell.abreast import abreast
from tests.notebook import Notebook, err

_STAMPED = 'while read line; do echo "$(($(date +%s) - s)) $line"; done'
_WRITES = "for i in 1 2 3; do sleep 2; echo $i; done"


@pytest.mark.parametrize("beside", ["", "sleep 1000 &"])
async def test_a_loop_behind_a_pipe_reads_a_line_when_it_was_written(beside: str) -> None:
    notebook = Notebook()
    await notebook(f"{beside}\ns=$(date +%s)")
    assert await notebook.said(f"{_WRITES} | {_STAMPED}") == "2 1\n4 2\n6 3\n"
    await notebook.session.close()


async def test_a_function_behind_a_pipe_reads_it_whatever_had_its_name_before() -> None:
    notebook = Notebook()
    await notebook("(echo a) | f")
    await notebook('f() { while read l; do echo "got $l"; done; }')
    assert await notebook.said("for i in 1 2; do echo $i; done | f; (echo 3) | { f; }") == "got 1\ngot 2\ngot 3\n"


async def test_a_pipeline_takes_as_long_as_the_longest_of_its_programs() -> None:
    notebook = Notebook()
    for pipeline in ("sleep 5 | sleep 3", "sleep 3 | sleep 5 | sleep 4", "(sleep 3; echo a) | (read x; sleep 2)"):
        assert await notebook(f"TIMEFORMAT=%0R; time {pipeline}") == err("5\n", 0)


@pytest.mark.parametrize(
    ("script", "lives"),
    [
        ("seq 9 | grep 1 | tee log", False),
        ("sleep 1; date", False),
        ("sleep 1 | cat > log", False),
        ("python3 t.py | while read l; do echo $l; done > log", True),
        ("f() { a | (sleep 1); }", True),
        ("a | xargs -n1 sh -c date", True),
        ("a > >(ts)", True),
    ],
)
def test_only_what_may_look_at_the_clock_is_waited_for(script: str, lives: bool) -> None:
    assert abreast(script) == lives
