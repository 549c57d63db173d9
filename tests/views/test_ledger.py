"""Who answered and what it cost, as views."""

from __future__ import annotations

import pytest

from llm_kernel.model.budget import Budget
from llm_kernel.provenance import Answer, Refusal
from llm_kernel.views import usage_view, why_view
from tests.views.html import HOSTILE, check, names, parse, words


def _rows(view: object) -> list[list[str]]:
    """The table's rows as somebody reads them."""
    return [["".join(cell.itertext()) for cell in row] for row in parse(view).iter("tr")]  # type: ignore[arg-type]


def test_why_is_a_table_of_commands() -> None:
    answers = [
        Answer("ls -l", "exact"),
        Answer("git log", "model", "m1", prompt=100, cached=90, completion=7, seconds=1.25, usd=0.0125),
        Answer("zzz", "unknown"),
        Answer("make", "tape", "m1", prompt=1, completion=1, usd=None),
    ]
    view = why_view(answers)
    check(view)
    assert _rows(view) == [
        ["command", "answered by", "in", "cached", "out", "seconds", "price"],
        ["ls -l", "exact: computed from the machine", "", "", "", "", ""],
        ["git log", "model: m1", "100", "90", "7", "1.2", "0.013 USD"],
        ["zzz", "exact: no such program on this machine", "", "", "", "", ""],
        ["make", "model: m1", "1", "0", "1", "0.0", "price unknown"],
        ["", "together", "101", "90", "8", "1.2", "price unknown"],
    ]
    assert view.data["text/plain"].split("\n") == [
        "ls -l",
        "    exact: computed from the machine",
        "git log",
        "    model: m1, 100 tokens in (90 cached), 7 out, 1.2 s, 0.013 USD",
        "zzz",
        "    exact: no such program on this machine",
        "make",
        "    model: m1, 1 tokens in (0 cached), 1 out, 0.0 s, price unknown",
        "together: 2 requests, 101 tokens in (90 cached), 8 out, 1.2 s, price unknown",
    ]


def test_a_cell_without_a_model_has_no_columns_of_costs() -> None:
    assert _rows(why_view([Answer("ls", "exact")]))[0] == ["command", "answered by"]


def test_what_a_model_proposed_stands_below_its_command() -> None:
    answer = Answer("train", "model", "m1", files=["/root/a.py"], acts=["spend 3"], refused=[Refusal("gpu 9", "none")])
    (opened,) = parse(why_view([answer])).iter("details")
    assert "".join(opened.itertext()).split("\n") == [
        "trainfrom: /root/a.py",
        "@ spend 3",
        "refused: gpu 9",
        "    none",
        "",
    ]


def test_a_tape_tells_what_the_model_told() -> None:
    model, tape = (Answer("git log", by, "m1", prompt=3, completion=4, usd=0.5) for by in ("model", "tape"))  # type: ignore[arg-type]
    assert why_view([model]) == why_view([tape])
    assert usage_view([model], None) == usage_view([tape], None)


def test_endless_cells_are_cut() -> None:
    view = why_view([Answer(f"ls {n}", "exact") for n in range(1000)])
    assert view.data["text/plain"].endswith("\nand 800 more commands")
    assert len(_rows(view)) == 201


def test_nothing_asked_is_said() -> None:
    for view in (why_view([]), usage_view([], None)):
        check(view)
        assert view.data["text/plain"] in words(view)


def test_usage_is_a_table_with_the_budget_below() -> None:
    rows = [Answer("a", "model", "m1", prompt=1000, completion=20, usd=0.25), Answer("b", "model", "m2", usd=0.0)]
    view = usage_view(rows, Budget(0.5, "usd"))
    check(view)
    assert _rows(view) == [
        ["model", "requests", "in", "cached", "out", "seconds", "price"],
        ["m1", "1", "1000", "0", "20", "0.0", "0.25 USD"],
        ["m2", "1", "0", "0", "0", "0.0", "0 USD"],
        ["together", "2", "1000", "0", "20", "0.0", "0.25 USD"],
    ]
    assert view.data["text/plain"].split("\n")[2:] == [
        "together: 2 requests, 1000 tokens in (0 cached), 20 out, 0.0 s, 0.25 USD",
        "budget: 0.25 USD of 0.50 USD",
    ]
    assert "budget: 0.25 USD of 0.50 USD" in words(view)
    assert usage_view(rows, Budget(5000)).data["text/plain"].endswith("budget: 1020 of 5000 tokens")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_more_than_text(name: str) -> None:
    answer = Answer(name, "model", name, files=[name], facts=[name], acts=[name], note=name)
    answer.refused = [Refusal(name, name)]
    for view in (
        why_view([answer, Answer(name, "exact", note=name), Answer(name, "unknown")]),
        usage_view([answer, Answer(name, "tape", f"{name} 2")], Budget(10)),
    ):
        check(view)
        assert names(view) <= set("div table thead tbody tr th td bdi span details summary pre".split())
