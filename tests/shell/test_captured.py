"""Programs whose output is taken wherever they are called: a job does not wait for it to come in."""

from __future__ import annotations

import pytest

from llm_kernel.shell.captured import captured


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("x=$(expr 1 + $i)", {"expr"}),
        ("expr 1 > f", {"expr"}),
        ("expr 1 &> f; seq 2 2>&1 >> g", {"expr", "seq"}),
        ("for i in a; do expr 1 | cat; done", {"expr"}),
        ("{ date; ls; } > /dev/null", {"date", "ls"}),
        ("cat <(date)", {"date"}),
        ("expr 1", set()),
        ("expr 1 2> f", set()),
        ("expr 1 >&2", set()),
        ("expr 1 > /dev/stderr", set()),
        ("x=$(date); date", set()),
        ("x=$(date); nice date", set()),
        ("x=$(date); c=date; $c", set()),
        ("x=$(date); eval 'da''te'", set()),
        ("x=$(date); bash -c date", set()),
    ],
)
def test_a_word_is_captured_that_stands_only_where_output_is_taken(script: str, words: set[str]) -> None:
    assert captured(script) & {"date", "expr", "ls", "seq"} == words


def test_what_a_function_may_call_is_doubtful() -> None:
    assert captured("x=$(date); y=$(ls)", {"date"}) == {"ls"}


def test_what_goes_to_another_program_is_told_from_what_goes_to_a_file() -> None:
    assert captured("date | cat; y=$(ls); expr 1 > f", files=False) & {"date", "expr", "ls"} == {"date", "ls"}
