"""The job table as data: another kernel that takes it up says the very same of itself, and its jobs go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llm_kernel.errors import StateError
from llm_kernel.shell.jobs import Jobs
from llm_kernel.shell.jobs_kept import keep_jobs, take_jobs
from tests.book import Book

_MOVING = {"sleep", "progress"}
"""What tells the seconds that are left, of which some pass until the jobs are looked at again."""


async def _rows(book: Book) -> list[dict[str, Any]]:
    state = json.loads((await book.session.life.moment()).parts["jobs"])
    return [{name: value for name, value in row.items() if name not in _MOVING} for row in state["rows"]]


_STARTED = "sleep 100 & nohup sleep 200 > log 2>&1 & perl fit.pl > fit.log & sleep 300 & sleep 1 & sleep 400 & disown"


async def test_jobs_of_all_kinds_are_the_same_in_another_kernel_and_go_on(tmp_path: Path) -> None:
    book = Book(tmp_path)
    await book("touch fit.pl")
    await book(_STARTED)
    await book("kill -STOP %1 %4; kill -TERM $(pgrep -f 'sleep 300'); kill -HUP $(pgrep -f 'sleep 300')")
    await book("(sleep 15)")
    before = await _rows(book)
    assert [(row["order"][0], row["state"], row["pending"], row["orphan"]) for row in before] == [
        ("sleep 100", "Stopped", [], False),
        ("nohup sleep 200 > log 2>&1", "Running", [], False),
        ("perl fit.pl > fit.log", "Running", [], False),
        ("sleep 300", "Stopped", [15, 1], False),
        ("sleep 400", "Running", [], True),
    ]
    await book.killed()
    after = Book(tmp_path)
    await after("true")
    assert await _rows(after) == before
    assert (await after("kill -CONT %1 %4; wait; wc -l < fit.log")).splitlines() == [
        "[1]   Done                    sleep 100",
        "[2]   Done                    nohup sleep 200 > log 2>&1",
        "[3]-  Done                    perl fit.pl > fit.log",
        "[4]+  Terminated              sleep 300",
        "10",
    ]
    await after.session.close()


@pytest.mark.parametrize(
    "damage", [{"pending": ["x"]}, {"pid": 99999}, {"sleep": -1}, {"order": []}, {"progress": 3}, {"held": [[1]]}]
)
async def test_a_damaged_table_is_taken_up_by_nobody(tmp_path: Path, damage: dict[str, Any]) -> None:
    book = Book(tmp_path)
    await book("sleep 100 &")
    (row,) = json.loads((await book.session.life.moment()).parts["jobs"])["rows"]
    world = book.session.life.world
    table = Jobs(world.machine, world.timeline, _never, loud=True, most=9, landed=_never)
    with pytest.raises(StateError, match="the stored jobs are damaged"):
        take_jobs(
            table, {"last": 0, "statuses": [], "rows": [{**row, **damage}]}, world.machine, world.timeline, _never
        )
    assert keep_jobs(table, lambda _, __: None)["rows"] == []
    await book.session.close()


def _never(*_: object) -> Any:
    raise AssertionError("nothing of a damaged table is begun")
