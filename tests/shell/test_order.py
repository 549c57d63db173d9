"""Writes to a shell's streams that never came to be."""

from __future__ import annotations

import warnings

from llm_kernel.shell.order import Order, untold


async def _drop(data: bytes) -> None:
    pass


def test_a_write_that_is_taken_back_is_told_to_nobody() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        untold()
        order = Order(_drop, _drop)
        for write in (order.out, order.err, _drop):
            write(b"late")  # type: ignore[unused-coroutine]
    assert [str(one.message) for one in told] == ["coroutine '_drop' was never awaited"]
