"""``du``, ``truncate``, ``fallocate``, ``wc`` and ``file`` against recordings of GNU."""

from __future__ import annotations

from typing import Any

import pytest

from llm_kernel.machine import Machine
from tests.programs.recorded import HOME, Outcome, cases, machine, run

NOW = 1617267600.0


@pytest.fixture
def made() -> Machine:
    return machine(NOW)


@pytest.mark.parametrize("case", [*cases("storage"), *cases("filetype")], ids=lambda case: case["script"][:60])
async def test_the_answer_is_the_recorded_one(case: dict[str, Any]) -> None:
    made = machine(case["now"])
    made.packages.install("apt", "file")
    assert await run(case["script"], made) == Outcome(case["stdout"], case["stderr"], case["status"])


async def test_a_large_file_gets_a_size_and_no_bytes(made: Machine) -> None:
    assert await run("truncate -s 1700K fit.pt; truncate -s 64K small.bin; ls -lh fit.pt | cut -d' ' -f5", made) == (
        Outcome("1.7M\n", "", 0)
    )
    files = made.files
    assert [files.is_sized(f"{HOME}/{name}") for name in ("fit.pt", "small.bin")] == [True, False]
    assert (files.stat(f"{HOME}/fit.pt").size, files.read(f"{HOME}/small.bin")) == (1_740_800, b"\0" * 65536)


async def test_what_is_there_stays_when_a_file_grows(made: Machine) -> None:
    assert await run("truncate -s 100 fruits.txt; head -c 7 fruits.txt; wc -c fruits.txt", made) == (
        Outcome("banana\n100 fruits.txt\n", "", 0)
    )


async def test_sizes_without_bytes_are_summed_up(made: Machine) -> None:
    made.files.sized(f"{HOME}/src/fit.pt", 1_400_000_000)
    assert await run("du -sh src; du -sb src/lib src/fit.pt; wc -c src/fit.pt; file src/fit.pt", made) == Outcome(
        "1.4G\tsrc\n4173\tsrc/lib\n1400000000\tsrc/fit.pt\n1400000000 src/fit.pt\n"
        "src/fit.pt: Zip archive data, at least v0.0 to extract, compression method=store\n",
        "",
        0,
    )


async def test_counting_reads_its_input_only_when_it_names_no_file(made: Machine) -> None:
    script = "printf 'fruits.txt\\ndata.csv\\n' | while read name; do wc -l $name; done"
    assert await run(script, made) == Outcome("8 fruits.txt\n5 data.csv\n", "", 0)
