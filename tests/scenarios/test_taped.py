"""A job that is killed in the middle is on the tape to its end, and replays to the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from llm_kernel.model.request import Delta, Request
from llm_kernel.model.tape import Tape
from tests.scenarios.transcript import notebook

_CELLS = ["rsync a > log &", "sleep 12; cat log; kill %1; wait", "cat log; jobs"]


class _Slow:
    """A model that needs a moment for each line."""

    name = "slow"

    async def stream(self, request: Request) -> AsyncGenerator[Delta, None]:
        for n in range(30):
            await asyncio.sleep(0.01)
            yield Delta(f"@ spend 5\nline {n}\n", model="slow")
        yield Delta("", finish="stop", model="slow")

    async def models(self) -> list[str]:
        return []

    async def close(self) -> None:
        """Nothing is open."""


async def _run(tape: Tape) -> list[object]:
    made = notebook(tape)
    shown = [await made(cell) for cell in _CELLS]
    while not (tape.path.exists() and "line 29" in tape.path.read_text()):
        await asyncio.sleep(0.01)  # the reply is read on behind the killed job, and is on the tape when it is whole
    await made.session.close()
    return shown


async def test_a_killed_job_replays_to_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    recorded = await _run(Tape(path, "record", backend=_Slow))
    assert "line 29" in path.read_text()
    assert await _run(Tape(path, "replay", backend=_Slow)) == recorded
    assert [event.text for event in recorded[1][:1]] == ["line 0\nline 1\n"]  # type: ignore[index]
