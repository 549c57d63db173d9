"""Small tools: the plan against what real Python prints."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Hole, Line, Literal, Matcher, check, counts, grammar, plan
from llm_kernel.plan.nodes import Choice, Loop, walk
from tests.plan.gbnf import Gbnf
from tests.plan.scripts import TOOLS, run, tool

OPEN = {"chance", "clocks", "lines", "slow"}
EXACT = [name for name in TOOLS if name not in OPEN]


def spelled(nodes) -> str:
    text = ""
    for node in nodes:
        match node:
            case Line(stream="stdout"):
                text += "".join(part.text for part in node.parts) + node.end
            case Loop():
                text += "".join(spelled(turn) for turn in node.turns) if node.turns else spelled(node.body) * node.count
            case Choice():
                raise AssertionError("undecided")
            case _:
                text += spelled(getattr(node, "body", ()))
    return text


@pytest.mark.parametrize("name", TOOLS)
def test_every_line_that_python_prints_is_possible(name):
    assert check(tool(name), run(name).splitlines()) is None


@pytest.mark.parametrize("name", TOOLS)
def test_the_program_may_end_where_python_ends(name):
    matcher = Matcher(tool(name))
    for line in run(name).splitlines():
        matcher.feed(line)
    assert matcher.done


@pytest.mark.parametrize("name", TOOLS)
def test_the_grammar_accepts_what_python_prints(name):
    reader = Gbnf(grammar(tool(name)))
    said = run(name)
    assert reader.accepts(said)
    assert reader.accepts(said + "@ gpu 0-3 util 97 mem 8421\n@ spend 1.5\n")
    assert not reader.accepts(said + "another line\n") or counts(tool(name))["free"]


@pytest.mark.parametrize("name", EXACT)
def test_a_program_without_chance_is_spelled_out(name):
    assert spelled(tool(name).nodes) == run(name)


@pytest.mark.parametrize("name", EXACT)
def test_a_changed_or_missing_line_is_found(name):
    lines = run(name).splitlines()
    for index in range(0, len(lines), max(1, len(lines) // 5)):
        changed = [*lines[:index], lines[index] + "?", *lines[index + 1 :]]
        assert check(tool(name), changed) == index
        if index + 1 < len(lines) and lines[index] != lines[index + 1]:
            assert check(tool(name), lines[:index] + lines[index + 1 :]) == index


def test_what_chance_decides_stays_open():
    plan = tool("chance")
    holes = {part.expr: part.kind for node in walk(plan.nodes) if isinstance(node, Line) for part in node.parts
             if isinstance(part, Hole)}  # fmt: skip
    assert holes == {
        "value": "int",
        "random.uniform(1, 6)": "float",
        "time.time() - start": "time",
        "random.random()": "float",
    }
    assert counts(plan)["least"] == 8
    assert counts(plan)["most"] == 13
    assert check(plan, ["game 0: rolled 6", "  lucky!", "game 2: rolled 1"]) == 2


def test_a_long_sum_is_left_to_the_run():
    last = [node for node in tool("slow").nodes if isinstance(node, Line)]
    assert last[0].parts == (Literal("total: "), Hole("int", "", "total"))
    assert last[1].parts == (Literal("last square: 998001"),)


def test_an_act_writes_only_what_the_source_writes() -> None:
    found = plan(
        'import torch\nfrom lab import *\nprint(f"a {x:.1f}")\n'
        'torch.save(x, "fit.pt")\nopen("log.txt", "w")\nopen("in.txt")\n'
    )
    assert found is not None
    assert found.writes == ("fit.pt", "log.txt")
    reader = Gbnf(grammar(found))
    assert reader.accepts("a 1.0\n@ spend 1.5\n@ truncate -s 1700K fit.pt\n")
    assert not reader.accepts("a 1.0\n@ truncate -s 1700K train.py\n")


def test_a_share_is_no_more_than_a_hundred() -> None:
    found = plan('from lab import *\nprint(f"{a:.2f}% {b:.0f}% {c:.2f}")\n')
    assert found is not None
    reader = Gbnf(grammar(found))
    assert reader.accepts("100.00% 7% 123.45\n")
    assert not reader.accepts("100.44% 7% 1.00\n")
