"""Who answered and what it cost, as %why tells it."""

from __future__ import annotations

from llm_kernel.model.request import Usage
from llm_kernel.provenance import Answer, Refusal


def test_an_exact_answer_costs_nothing() -> None:
    assert Answer("ls -l", "exact").line() == "ls -l\n    exact: computed from the machine"


def test_what_is_not_there_is_exact_too() -> None:
    assert Answer("foo", "unknown").line() == "foo\n    exact: no such program on this machine"


def test_a_model_tells_its_costs_its_sources_and_what_was_refused() -> None:
    answer = Answer("git log", "model", "m1", files=["/root/a.py"], acts=["spend 3"], tries=2, seconds=1.25)
    answer.refused.append(Refusal("gpu 9", "there is no GPU 9"))
    answer.count(Usage(100, 90, 7))
    answer.count(None)
    answer.count(Usage(1, 0, 1))
    assert answer.line() == (
        "git log\n    model: m1, 101 tokens in (90 cached), 8 out, 1.2 s\n    asked 2 times\n    from: /root/a.py\n"
        "    @ spend 3\n    refused: gpu 9\n        there is no GPU 9"
    )


def test_it_goes_into_a_replys_metadata() -> None:
    row = Answer("ls", "exact", refused=[Refusal("a", "b")]).to_json()
    assert (row["command"], row["by"], row["refused"]) == ("ls", "exact", [{"text": "a", "reason": "b"}])
