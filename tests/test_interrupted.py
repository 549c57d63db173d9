"""A cell that is interrupted again while it ends: the machine is at rest behind it, and the next cell runs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from llm_kernel.events import Text
from llm_kernel.session import Setup
from tests.notebook import Notebook, out


@pytest.mark.parametrize("turns", range(0, 24, 2))
@pytest.mark.parametrize(
    "stubborn",
    [
        "bash -c 'trap \"\" INT; sleep 3600; sleep 3600'",
        "trap 'echo caught' INT; while :; do sleep 3600; done",
        "(trap '' INT; sleep 3600) & fg",
    ],
)
async def test_the_next_cell_runs_whenever_the_second_interrupt_comes(stubborn: str, turns: int) -> None:
    notebook, begun = Notebook(setup=Setup(pace=1.0)), asyncio.Event()

    async def cell() -> None:
        async with aclosing(notebook.session.run_cell(f"echo begun; {stubborn}; echo never")) as events:
            async for event in events:
                assert "never" not in getattr(event, "text", "")
                if isinstance(event, Text) and "begun" in event.text:
                    begun.set()

    task = asyncio.ensure_future(cell())
    await begun.wait()
    task.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    events = await notebook("echo alive")
    assert out("alive\n") == [event for event in events if not getattr(event, "text", "").startswith("[1]")]
    await notebook.session.close()
