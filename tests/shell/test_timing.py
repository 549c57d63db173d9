"""``time``: it measures the machine's time, of whatever pipeline stands behind it, in the form that is asked."""

from __future__ import annotations

import pytest

from llm_kernel.events import Exit, Text
from llm_kernel.shell.timing import TIMES, timed
from tests.notebook import Notebook, err


@pytest.mark.parametrize(
    "whole",
    [
        "sleep 2",
        "-- sleep 2",
        "{ sleep 1; sleep 1; }",
        "(sleep 2)",
        "for i in 1 2; do sleep 1; done",
        "while sleep 2; do break; done",
        "if true; then sleep 2; fi",
        "case a in a) sleep 2;; esac",
        "true | sleep 2",
        "{ time sleep 2; } 2> /dev/null",
    ],
)
async def test_the_whole_pipeline_is_measured(whole: str) -> None:
    assert await Notebook()(f"TIMEFORMAT='%0R'; time {whole}") == err("2\n", 0)


async def test_its_figures_have_the_form_that_is_asked() -> None:
    notebook = Notebook()
    assert await notebook("time -p { sleep 2; }; time -p") == err(
        "real 2.00\nuser 0.00\nsys 0.00\nreal 0.00\nuser 0.00\nsys 0.00\n", 0
    )
    assert await notebook("TIMEFORMAT='%1R %P %%'; time (sleep 2); TIMEFORMAT=; time sleep 1") == err("2.0 0.09 %\n", 0)


async def test_the_status_is_that_of_what_was_timed_and_the_figures_stand_before_what_follows() -> None:
    notebook = Notebook()
    await notebook("printf 'TIMEFORMAT=%%0R; time { sleep 1; false; }; echo $?\\n' > f.sh")
    assert await notebook("bash f.sh") == [Text("stderr", "1\n"), Text("stdout", "1\n"), Exit(0)]


async def test_behind_a_pipe_it_is_the_program_of_that_name() -> None:
    assert timed("a | time b; time c | d") == (
        f'a | command time b; {{ {TIMES} 0; c | d; {TIMES} 1 $? "${{TIMEFORMAT-unset}}"; }}'
    )
