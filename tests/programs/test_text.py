"""Comparing, packing, finding and calculating against recordings of the real programs; files without bytes."""

from __future__ import annotations

from typing import Any

import pytest

from llm_kernel.machine import Machine
from tests.programs.recorded import HOME, Outcome, cases, machine, run

_NAMES = ("comparing", "packing", "finding", "calculating")
_CASES = [case for name in _NAMES for case in cases(name)]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["script"][:60])
async def test_the_answer_is_the_recorded_one(case: dict[str, Any]) -> None:
    made = machine(case["now"])
    for name in ("zip", "unzip"):
        made.packages.install("apt", name)
    assert await run(case["script"], made) == Outcome(case["stdout"], case["stderr"], case["status"])


@pytest.fixture
def made() -> Machine:
    found = machine(1617267600.0)
    found.files.sized(f"{HOME}/fit.pt", 1_400_000_000)
    return found


async def test_a_file_without_bytes_begins_with_its_magic_number(made: Machine) -> None:
    assert await run("head -c 4 fit.pt | od -c | head -1; md5sum fit.pt > s; md5sum -c s", made) == (
        Outcome("0000000   P   K 003 004\nfit.pt: OK\n", "", 0)
    )
    assert len(made.files.head(f"{HOME}/fit.pt")) == 1024


async def test_a_file_without_bytes_is_counted_in_full_through_a_pipe(made: Machine) -> None:
    assert await run("wc -c < fit.pt; cat fit.pt | wc -c; find . -size +1G", made) == (
        Outcome("1400000000\n1400000000\n./fit.pt\n", "", 0)
    )


async def test_an_archive_keeps_the_size_of_a_file_without_bytes(made: Machine) -> None:
    script = "tar cf a.tar fit.pt; mkdir o; tar xf a.tar -C o; stat -c %s o/fit.pt; cmp fit.pt o/fit.pt && echo same"
    assert await run(script, made) == Outcome("1400000000\nsame\n", "", 0)


async def test_dd_makes_a_large_file_without_bytes(made: Machine) -> None:
    assert await run("dd if=/dev/zero of=big bs=1M count=4096 status=none; stat -c %s big", made) == (
        Outcome("4294967296\n", "", 0)
    )
    assert made.files.is_sized(f"{HOME}/big")


async def test_what_is_written_behind_a_file_without_bytes_adds_to_its_size(made: Machine) -> None:
    script = "echo end >> fit.pt; printf x >> fit.pt; cp fit.pt two.pt; cat two.pt >> fit.pt; stat -c %s fit.pt two.pt"
    assert await run(f"{script}; echo anew > two.pt; cat two.pt", made) == Outcome(
        "2800000010\n1400000005\nanew\n", "", 0
    )
