"""Waiting for something no longer than so long, and never past an interrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

__all__ = ["within"]

_T = TypeVar("_T")


async def within(seconds: float | None, work: Awaitable[_T]) -> _T:
    """The result of ``work``, which is cancelled after so many seconds; None waits for ever.

    ``asyncio.wait_for`` before Python 3.12 loses a cancellation that comes in the moment in which the work is done: an
    interrupt of a stream whose text is always ready would be lost.

    Raises:
        asyncio.TimeoutError: where it took longer.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _ended(task)
        raise
    if not done:
        await _ended(task)
        if task.cancelled() or task.exception() is not None:
            raise asyncio.TimeoutError
    return task.result()


async def _ended(task: asyncio.Future[_T]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # it is nobody's any more
