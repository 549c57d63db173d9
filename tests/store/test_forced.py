"""Which cells wait for the disk: those after which a machine is another one; who only looked loses at most the look."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from llm_kernel.keeping import moved
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import ScriptedBackend
from llm_kernel.moments import Moments
from llm_kernel.session import Session
from llm_kernel.store import Store


async def _forced(folder: Path, cells: list[str]) -> list[bool]:
    """For each cell whether it was forced to the disk."""
    store = Store(folder)
    moments = Moments(store, store.enter("book.ipynb"))
    session = Session(
        Machine(Clock(host=time.time)), Models(lambda _: ScriptedBackend(["hello\n"] * 9)), moments=lambda: moments
    )
    found = []
    for cell in cells:
        before = moments.newest
        async for _ in session.run_cell(cell):
            pass
        assert moments.newest is not None
        found.append(before is None or moved(before, moments.newest))
    await session.close()
    return found


@pytest.mark.parametrize("cell", ["ls", "echo hi", "date", "ps aux", "cat /proc/meminfo", "pwd", "sleep 5"])
async def test_a_look_need_not_wait(tmp_path: Path, cell: str) -> None:
    assert (await _forced(tmp_path, ["echo a > f", "ls", cell, cell]))[2:] == [False, False]


@pytest.mark.parametrize(
    "cell",
    [
        "echo b > f",
        "touch f",
        "chmod 600 f",
        "x=1",
        "cd /tmp",
        "alias k=ls",
        "g() { ls; }",
        "sleep 1000 &",
        "false",
        "perl -v",
        "rm f",
        "mkdir d",
        "shopt -s nullglob",
    ],
)
async def test_what_changes_the_machine_or_the_shell_or_asks_a_model_waits(tmp_path: Path, cell: str) -> None:
    assert (await _forced(tmp_path, ["echo a > f", "ls", "ls", cell]))[2:] == [False, True]
