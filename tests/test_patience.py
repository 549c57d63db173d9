"""Waiting: no longer than so long, and a cancellation is never lost."""

from __future__ import annotations

import asyncio

import pytest

from llm_kernel.patience import within


async def _said(text: str, seconds: float = 0.0) -> str:
    await asyncio.sleep(seconds)
    return text


async def test_what_is_done_in_time_is_the_result() -> None:
    assert await within(5.0, _said("here")) == "here"
    assert await within(None, _said("here")) == "here"


async def test_what_takes_longer_is_cancelled() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    with pytest.raises(asyncio.TimeoutError):
        await within(0.01, slow())
    assert ended == ["cancelled"]


async def test_its_own_failure_comes_through() -> None:
    async def wrong() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await within(5.0, wrong())


async def test_a_cancellation_counts_though_the_work_is_done_in_the_same_moment() -> None:
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(within(5.0, came))
    await asyncio.sleep(0)
    came.set_result("just now")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
