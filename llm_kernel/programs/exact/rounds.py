"""A report in rounds, for ``free -s``, ``vmstat 1``, ``top -b`` and ``iostat 2``."""

from __future__ import annotations

from collections.abc import Callable

from llm_kernel.programs.repeating import Beat
from llm_kernel.shell.call import Call, Io

__all__ = ["report_rounds"]


async def report_rounds(call: Call, io: Io, report: Callable[[int], str], *, count: int | None, seconds: float) -> int:
    """Print ``report(n)`` for n = 0, 1, ... with ``seconds`` between; an endless one says why it ends."""
    beat = Beat(call, io, seconds, count=count)
    await io.out(report(0))
    while await beat.again():
        await io.out(report(beat.rounds))
    if beat.reason:
        await io.err(f"{call.name}: {beat.reason}\n")
    return 0
