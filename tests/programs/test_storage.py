"""``du``, ``truncate``, ``fallocate``, ``wc`` and ``file`` against recordings of GNU."""

from __future__ import annotations

from typing import Any

import pytest

from llm_kernel.machine import Machine
from tests.notebook import Notebook
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


async def test_a_copy_that_the_shell_makes_of_a_file_without_bytes_is_as_long() -> None:
    notebook = Notebook()
    await notebook("cd; truncate -s 5G a.bin; truncate -s 2G b.pt; split -b 1G a.bin part.")
    await notebook("cat a.bin > c; cat a.bin | tee d > e; cat < a.bin > f; cat a.bin b.pt > g; cat b.pt >> f")
    await notebook("cat part.* > h; head -c 100 a.bin > i; cat a.bin > j; echo x > j; cat /bin/ls > k")
    said = await notebook.said('stat -c \'%n %s\' [c-k]; cmp a.bin h && [ "$(md5sum < a.bin)" = "$(md5sum < h)" ]')
    own = notebook.machine.files.stat("/bin/ls").size
    five, seven = 5 << 30, 7 << 30
    sizes = {"c": five, "d": five, "e": five, "f": seven, "g": seven, "h": five, "i": 100, "j": 2, "k": own}
    assert said == "".join(f"{name} {size}\n" for name, size in sizes.items())
    notebook.machine.files.write("/root/l", bytes(range(256)) * 4)
    assert await notebook.said("cat l > m; stat -c %s m; df --output=used / | tail -1 | wc -l") == "1024\n1\n"
