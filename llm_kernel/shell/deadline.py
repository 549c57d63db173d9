"""A deadline on the machine's time, for work that goes on by itself on one of its strands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from llm_kernel.strand import Strand
from llm_kernel.timeline import PATIENCE

__all__ = ["overdue"]

_LANDING = 0.02
"""Real seconds in which what was written before the deadline comes in."""


async def overdue(
    strand: Strand, seconds: float, work: asyncio.Future[Any], *, ends: Callable[[], bool] = lambda: True
) -> bool:
    """Wait until ``work``, which lives on ``strand``, is done, but not longer than ``seconds``: whether it is late.

    ``ends`` is asked then, before any more time passes, whether it is to be ended at once.

    What computes without end and lets no time pass has used them up after as many real seconds, or a few.
    """
    timeline = strand.timeline
    alarm = timeline.strand()
    alarm.open()
    ringing = asyncio.ensure_future(alarm.sleep(seconds))
    try:
        while not work.done():
            before = timeline.moment
            await asyncio.wait(
                {ringing, work}, timeout=min(max(seconds, 0.05), PATIENCE), return_when=asyncio.FIRST_COMPLETED
            )
            if work.done() or ringing.done():
                break
            if timeline.moment == before and not strand.resting and not strand.abroad:
                strand.patient = True
                timeline.settle()
        if not work.done():
            await asyncio.wait({work}, timeout=_LANDING)
        late = not work.done()
        if late and ends():
            work.cancel()
            await asyncio.wait({work})
        return late
    finally:
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)
        alarm.close()
