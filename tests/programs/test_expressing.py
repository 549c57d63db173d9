"""``expr`` within its bounds: deep brackets and patterns that could be tried without end are refused at once."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.exact.expressing import expr
from llm_kernel.shell.call import Answer, Call

_LONG = "a" * 1500


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        ((*["("] * 30, "1", *[")"] * 30), Answer("1\n")),
        ((*["("] * 300, "1", *[")"] * 300), Answer("", "expr: memory exhausted\n", 2)),
        ((_LONG, ":", r"\(a*\)*b"), Answer("", "expr: Regular expression too big\n", 2)),
        ((_LONG, ":", "a*a*a*b"), Answer("", "expr: Regular expression too big\n", 2)),
        ((_LONG, ":", "a*"), Answer("1500\n")),
        (("9" * 1999, "*", "9" * 1999), Answer("", "expr: memory exhausted\n", 2)),
    ],
)
def test_an_expression_is_bounded(args: tuple[str, ...], answer: Answer) -> None:
    assert expr(Call("expr", args, Machine())) == answer
