"""The frozen commands can be passed and can be failed, and the runner judges what a session really shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench import table
from bench.offscript.__main__ import _session
from bench.offscript.cases import Case, load
from bench.offscript.judge import judge
from bench.offscript.report import summary, worst
from bench.offscript.run import Result, run
from llm_kernel.config import Settings, build
from llm_kernel.session import Session
from tests.endpoint import Endpoint

CASES = {case.id: case for case in load()}


def seen_when_right(case: Case) -> dict[str, str]:
    """What the cells behind the command print where all is well, as far as their patterns are plain."""
    return {check.cell: check.must.strip("^$") for check in case.then}


def misses(case: Case, output: str, status: int) -> list[str]:
    """What the answer itself misses, the machine aside."""
    return [fault for fault in judge(case, output, status, {}) if not fault.startswith(("then ", "says "))]


def test_there_are_twelve_kinds_of_five() -> None:
    assert set(Counter(case.kind for case in CASES.values()).values()) == {5}
    assert len(CASES) == 60
    assert len({case.kind for case in CASES.values()}) == 12


@pytest.mark.parametrize("name", CASES)
def test_what_a_real_machine_prints_passes(name: str) -> None:
    assert misses(CASES[name], *CASES[name].real) == []


@pytest.mark.parametrize("name", CASES)
def test_the_same_in_a_fence_and_with_another_status_fails(name: str) -> None:
    output, status = CASES[name].real
    assert "has ```" in misses(CASES[name], f"```\n{output}```\n", status)
    assert misses(CASES[name], output, 77) == [f"status 77, not {status}"]


def scripted(endpoint: Endpoint) -> Session:
    return build(Settings(backend="openai", endpoint=endpoint.base_url, clock="stepped"))


async def test_a_right_answer_of_a_model_passes_and_is_named_the_models() -> None:
    with Endpoint(["42|ABC\n"]) as endpoint:
        result = await run(CASES["sqlite-arithmetic"], lambda: scripted(endpoint), "exact")
    assert (result.by, result.status, result.output, result.wrong) == ("model", 0, "42|ABC\n", ())
    assert result.completion > 0


async def test_an_answer_that_leaves_the_machine_as_it_was_is_caught() -> None:
    with Endpoint(["done\n"]) as endpoint:
        result = await run(CASES["sqlite-script"], lambda: scripted(endpoint), "exact")
    assert result.wrong[-1] == "then `test -f shop.db && echo there` gives ''"


async def test_a_fault_of_the_model_is_a_failed_case_and_not_the_end_of_the_run() -> None:
    with Endpoint() as endpoint:
        endpoint.fail("401")
        result = await run(CASES["perl-map"], lambda: scripted(endpoint), "exact")
    assert result.status == -1
    assert result.wrong[0] == "status -1, not 0"


async def test_pure_asks_the_model_for_what_exact_computes() -> None:
    case = CASES["awk-mean"]
    with Endpoint(["10.00\n"]) as endpoint:
        computed = await run(case, lambda: scripted(endpoint), "exact")
        played = await run(case, lambda: scripted(endpoint), "pure")
        asked = len(endpoint.requests)
    assert [(result.by, result.wrong) for result in (computed, played)] == [("exact", ()), ("model", ())]
    assert asked == 1


@pytest.mark.parametrize("name", CASES)
async def test_every_machine_can_be_set_up_without_a_model(name: str) -> None:
    with Endpoint(["nothing\n"]) as endpoint:
        result = await run(CASES[name], lambda: scripted(endpoint), "exact")
    assert result.kind == CASES[name].kind


def one(name: str, *wrong: str, by: str = "model") -> Result:
    return Result(name, "git", f"git {name}", by, 0, "said\n", wrong, 4, 2.0, 100, 80, 10)


def test_the_table_counts_kinds_and_the_worst_come_first() -> None:
    runs = [one("push"), one("pull", "no a"), one("log", "no a", "no b", by="exact")]
    assert summary({"exact": runs}) == (
        "| kind | exact: passed | exact: computed | exact: seconds | exact: tokens |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| git | 1/3 | 1 | 2.0 | 200 in, 20 out |\n"
        "| all | 1/3 | 1 | 2.0 | 200 in, 20 out |\n"
    )
    assert [line.split("**")[1] for line in worst(runs).splitlines() if line.startswith("**")] == ["log", "pull"]


def test_text_goes_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    document = tmp_path / "table.md"
    document.write_text("above\n<!-- a -->\nold\n<!-- /a -->\nbelow\n")
    table.put(document, "a", "new\n")
    assert document.read_text() == "above\n<!-- a -->\nnew\n<!-- /a -->\nbelow\n"
    with pytest.raises(ValueError, match="no one place"):
        table.put(document, "b", "new\n")


def test_the_runner_uses_the_embedded_model_only_where_no_endpoint_is_named() -> None:
    import argparse

    named = _session(argparse.Namespace(endpoint="http://127.0.0.1:9/v1", model="m"))
    own = _session(argparse.Namespace(endpoint="", model=""))
    assert type(named.models.backend).__name__ == "OpenAIBackend"
    assert type(own.models.backend).__name__ == "LocalBackend"
