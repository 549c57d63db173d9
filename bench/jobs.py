"""Background jobs: what they cost the cell that runs beside them."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from llm_kernel.machine import Clock, Machine
from llm_kernel.session import Setup
from tests.notebook import Notebook

__all__ = ["beside", "sleeping"]

_REPLY = "@ for i in {1..1000}; do spend 60; echo event $i; done\n"


def _notebook(replies: dict[str, str]) -> Notebook:
    return Notebook(replies, setup=Setup(cell=1e9), machine=Machine(Clock(host=time.time)))


def beside(jobs: int, times: int) -> list[float]:
    """Seconds of a trivial cell while ``jobs`` background jobs live, each with 1,000 events ahead of it."""
    return asyncio.run(_beside(jobs, times))


async def _beside(jobs: int, times: int) -> list[float]:
    notebook = _notebook({"perl job.pl": _REPLY})
    await notebook(f"touch job.pl; for i in {{1..{jobs}}}; do perl job.pl > log.$i & done; sleep 130")
    found = []
    for _ in range(times):
        began = time.monotonic()
        assert (await notebook("echo 1"))[0].text == "1\n"
        found.append(time.monotonic() - began)
    await notebook.session.close()
    return found


def sleeping() -> float:
    """Seconds of a sleep of two hours on the stepped clock."""

    async def run() -> float:
        notebook = _notebook({})
        await notebook("true")
        began = time.monotonic()
        await notebook("sleep 7200")
        return time.monotonic() - began

    return asyncio.run(run())


if __name__ == "__main__":
    print(f"a two-hour sleep: {sleeping() * 1000:.1f} ms")
    for count in (10, 100):
        found = beside(count, 30)
        print(f"beside {count} jobs: median {median(found) * 1000:.1f} ms, worst {max(found) * 1000:.1f} ms")
