"""``cp``, ``mv``, ``rm``, ``mkdir``, ``ln``, ``touch``, ``chmod`` and their kin against recordings of GNU."""

from __future__ import annotations

from typing import Any

import pytest

from llm_kernel.machine import Machine
from tests.programs.recorded import HOME, Outcome, cases, machine, run

NOW = 1617267600.0


@pytest.fixture
def made() -> Machine:
    return machine(NOW)


@pytest.mark.parametrize("case", cases("moving"), ids=lambda case: case["script"][:60])
async def test_the_answer_is_the_recorded_one(case: dict[str, Any]) -> None:
    assert await run(case["script"], machine(case["now"])) == Outcome(case["stdout"], case["stderr"], case["status"])


async def test_a_file_without_bytes_is_copied_and_moved_as_one(made: Machine) -> None:
    files = made.files
    files.sized(f"{HOME}/m.pt", 1_400_000_000)
    assert await run("cp m.pt a.pt; mv a.pt src; cp -r src deep; install m.pt i.pt; ln m.pt h.pt", made) == (
        Outcome("", "", 0)
    )
    names = ["m.pt", "src/a.pt", "deep/a.pt", "i.pt", "h.pt"]
    assert [(files.stat(f"{HOME}/{name}").size, files.is_sized(f"{HOME}/{name}")) for name in names] == (
        [(1_400_000_000, True)] * 5
    )
    assert files.stat(f"{HOME}/m.pt").nlink == 2


async def test_new_files_obey_the_umask(made: Machine) -> None:
    script = "umask 027; echo x > a; mkdir d; cp hello.sh b; touch c; stat -c %a a d b c; umask; umask -S"
    assert await run(script, made) == Outcome("640\n750\n750\n640\n0027\nu=rwx,g=rx,o=\n", "", 0)


async def test_moving_keeps_owner_time_and_number(made: Machine) -> None:
    files = made.files
    await run("chown nobody:nogroup fruits.txt; chmod 640 fruits.txt", made)
    before = files.stat(f"{HOME}/fruits.txt")
    made.clock.advance(100)
    await run("mv fruits.txt src/f", made)
    after = files.stat(f"{HOME}/src/f")
    assert (after.uid, after.gid, after.mode, after.mtime, after.ino) == (
        (before.uid, before.gid, before.mode, before.mtime, before.ino)
    )


async def test_new_files_belong_to_who_is_logged_in(made: Machine) -> None:
    made.files.owner = (65534, 65534)
    await run("echo x > a; mkdir b; cp a c", made)
    assert [made.files.stat(f"{HOME}/{name}").uid for name in "abc"] == [65534] * 3


async def test_temporary_names_come_from_the_seed(made: Machine) -> None:
    first, second = await run("mktemp -u", machine(NOW)), await run("mktemp -u", machine(NOW))
    assert first == second
    assert (first.stdout[:9], len(first.stdout), first.status) == ("/tmp/tmp.", 20, 0)
    made.seed += 1
    assert await run("mktemp -u", made) != first


async def test_an_older_system_has_older_words(made: Machine) -> None:
    made.system.set_os("ubuntu", "20.04")
    assert await run("cp fruits.txt data.csv no", made) == Outcome("", "cp: target 'no' is not a directory\n", 1)


async def test_touch_understands_times_past(made: Machine) -> None:
    script = "touch -d '2 days ago' a; touch -d 'yesterday 13:30' b; touch -d 'last friday' c; stat -c %y a b c"
    assert await run(script, made) == Outcome(
        "2021-03-30 09:00:00.000000000 +0000\n2021-03-31 13:30:00.000000000 +0000\n"
        "2021-03-26 00:00:00.000000000 +0000\n",
        "",
        0,
    )
