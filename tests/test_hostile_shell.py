"""What never ends, or is too much: it stops when told to, at once, and the machine goes on."""

from __future__ import annotations

import asyncio

import pytest

from llm_kernel.session import Setup
from tests.notebook import Notebook, err, out


@pytest.mark.parametrize(
    "script",
    [
        "while true; do :; done",
        "while :; do echo x; done",
        "bash -c 'while :; do :; done'",
        "for i in $(seq 1000000); do touch f$i; done",
        "x=a; while :; do x=$x$x; done; while :; do :; done",
        "yes | bash",
        'eval "$(yes)"',
        "sleep infinity",
        "bash -c 'sleep infinity'",
    ],
)
async def test_what_does_not_end_is_interrupted_at_once(script: str) -> None:
    notebook = Notebook(setup=Setup(output=1000))
    cell = asyncio.ensure_future(notebook(script))
    await asyncio.wait({cell}, timeout=0.4)
    wished = cell.cancel()  # False for one that has ended by itself
    await asyncio.wait({cell}, timeout=60)
    assert (cell.done(), cell.cancelled()) == (True, wished)
    assert await notebook("echo alive") == out("alive\n")


@pytest.mark.parametrize(
    "script",
    [
        "cat /dev/urandom",
        "yes",
        "seq 1000000000",
        "seq 1e9 | tail -1",
        "touch {1..1000000}",
        "yes > big",
        "f() { f; }; f",
        "bash -c 'f() { f; }; f'",
    ],
)
async def test_what_is_too_much_has_an_end_of_its_own(script: str) -> None:
    notebook = Notebook(setup=Setup(output=1000))
    await asyncio.wait_for(notebook(script), 60)
    assert await notebook("echo alive") == out("alive\n")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("mv f LONG", "mv: cannot move 'f' to 'LONG': File name too long"),
        ("cat < LONG", "bash: line 1: LONG: File name too long"),
        ("head LONG", "head: cannot open 'LONG' for reading: File name too long"),
        ("nl LONG", "nl: LONG: File name too long"),
        ("mkdir -p LONG/d", "mkdir: cannot create directory ‘LONG’: File name too long"),
        ("chmod 600 loop", "chmod: cannot access 'loop': Too many levels of symbolic links"),
    ],
)
async def test_a_name_has_at_most_255_bytes_and_links_go_in_no_circle(script: str, said: str) -> None:
    notebook = Notebook()
    await notebook("touch f; ln -s loop pool; ln -s pool loop")
    name = "b" * 256
    assert await notebook(script.replace("LONG", name)) == err(said.replace("LONG", name) + "\n", 1)


async def test_a_full_disk_is_told_in_words_of_its_own_by_every_program() -> None:
    notebook = Notebook()
    await notebook("%machine fault disk full")
    said = "crontab: /var/spool/cron/crontabs/root: No space left on device\n"
    assert await notebook("crontab - <<< '* * * * * ls'") == err(said, 1)


async def test_files_that_are_made_do_not_cost_the_more_the_more_there_are() -> None:
    notebook = Notebook()
    read = notebook.machine.files._nodes.read_dir
    looks: list[str] = []
    notebook.machine.files._nodes.read_dir = lambda path: looks.append(path) or read(path)  # type: ignore[assignment]
    await notebook("touch f{1..300}")
    assert len(looks) < 300


async def test_a_file_of_zeroes_has_its_size_and_no_bytes() -> None:
    assert await Notebook()(
        "head -c 10G /dev/zero > x; stat -c %s x; bash -c 'head -c 3M /dev/zero > y; stat -c %s y'"
    ) == out("10737418240\n3145728\n")
