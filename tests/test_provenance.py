"""Who answered and what it cost, as %why tells it."""

from __future__ import annotations

from llm_kernel.events import Display
from llm_kernel.model.request import Usage
from llm_kernel.provenance import Answer, Refusal, Sum, sums
from tests.notebook import Notebook


def test_an_exact_answer_costs_nothing() -> None:
    assert Answer("ls -l", "exact").line() == "ls -l\n    exact: computed from the machine"


def test_what_is_not_there_is_exact_too() -> None:
    assert Answer("foo", "unknown").line() == "foo\n    exact: no such program on this machine"


def test_a_model_tells_its_costs_its_sources_and_what_was_refused() -> None:
    answer = Answer("git log", "model", "m1", files=["/root/a.py"], facts=["One."], acts=["spend 3"], tries=2)
    answer.seconds = 1.25
    answer.refused.append(Refusal("gpu 9", "there is no GPU 9"))
    answer.count(Usage(100, 90, 7), 0.012)
    answer.count(None)
    answer.count(Usage(1, 0, 1), 0.001)
    assert answer.line() == (
        "git log\n    model: m1, 101 tokens in (90 cached), 8 out, 1.2 s, 0.013 USD\n    asked 2 times\n"
        "    from: /root/a.py\n    known: One.\n    @ spend 3\n    refused: gpu 9\n        there is no GPU 9"
    )


def test_a_price_that_is_unknown_once_stays_so() -> None:
    answer = Answer("git log", "model", "m1")
    assert answer.price == "0 USD"
    answer.count(Usage(1, 0, 1), 0.5)
    answer.count(Usage(1, 0, 1))
    answer.count(Usage(1, 0, 1), 0.5)
    assert (answer.usd, answer.price) == (None, "price unknown")


def test_sums_are_by_model_and_together() -> None:
    answers = [
        Answer("a", "model", "m2", prompt=10, cached=4, completion=2, seconds=0.5, usd=0.25),
        Answer("b", "tape", "m1", prompt=1, completion=1, seconds=1.0, usd=0.5, tries=2),
        Answer("c", "model", "m2", prompt=100, completion=20, seconds=0.1, usd=0.25),
    ]
    assert sums([]) == []
    assert sums(answers) == [
        Sum("m1", 2, 1, 0, 1, 1.0, 0.5),
        Sum("m2", 2, 110, 4, 22, 0.6, 0.5),
        Sum("together", 4, 111, 4, 23, 1.6, 1.0),
    ]
    assert sums(answers[1:2])[0].line() == "m1: 2 requests, 1 tokens in (0 cached), 1 out, 1.0 s, 0.50 USD"
    answers[0].usd = None
    assert [one.price for one in sums(answers)] == ["0.50 USD", "price unknown", "price unknown"]
    assert sums(answers)[0].to_json()["usd"] == 0.5


def test_it_goes_into_a_replys_metadata() -> None:
    row = Answer("ls", "exact", refused=[Refusal("a", "b")]).to_json()
    assert (row["command"], row["by"], row["refused"]) == ("ls", "exact", [{"text": "a", "reason": "b"}])


async def test_what_the_budget_refused_is_no_request_and_why_tells_of_it() -> None:
    notebook = Notebook(["x\n"] * 9, budget=1)
    await notebook.fails("echo before; for n in 1 2 3; do perl $n.pl; done")
    words = str(notebook.fault)
    (why,) = [event for event in await notebook("%why") if isinstance(event, Display)]
    assert why.data["text/plain"].splitlines()[-2:] == [
        "    model: unnamed, 0 tokens in (0 cached), 0 out, 0.0 s, 0 USD",
        f"    {words}",
    ]
    await notebook("perl job.pl > log 2>&1 & wait")
    ((command, tries, note),) = [(row.command, row.tries, row.note) for row in notebook.session.answers]
    assert (command, tries, notebook.text("/root/log")) == ("perl job.pl", 0, f"perl: {note}\nKilled\n")
    assert notebook.session.report()["faults"] == {"OverBudget": f"perl 1.pl: {words}"}
    await notebook.fails("%meta two GPUs")
    assert notebook.requests == []
    assert (notebook.session.report()["usage"], await notebook.said("echo exact")) == ([], "exact\n")
