"""A reply that is read as fast as it comes, however slowly it is used: what lies ahead waits here, not at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from time import monotonic

from llm_kernel.model.request import Delta, Usage

__all__ = ["COSTS", "Ahead"]

COSTS = 0.5
"""Real seconds that a reply which is over for its reader may take to end and to say what it cost."""


class Ahead:
    """The deltas of one stream, in order; ``seconds`` (as generated or recorded), ``usage`` and ``usd`` are their cost.

    ``away`` is entered whenever the reader has to wait for the model. Closing ends the stream at its source, but where
    ``drain`` takes it over to its end: a reply that is being recorded, whose program the machine has killed.
    """

    def __init__(
        self,
        stream: AsyncIterator[Delta],
        away: Callable[[], AbstractAsyncContextManager[None]],
        *,
        drain: Callable[[asyncio.Task[None]], bool] = lambda task: False,
    ) -> None:
        self._stream = stream
        self._away = away
        self._drain = drain
        self._queue: asyncio.Queue[Delta | BaseException | None] = asyncio.Queue()
        self._began = monotonic()
        self._enough: Callable[[], None] | None = None
        self.seconds = 0.0
        self.usage: Usage | None = None
        self.usd: float | None = None

    def enough(self, said: Callable[[], None]) -> None:
        """The reader needs no more of the reply: it may end by itself, shortly; ``said`` is called before it is cut."""
        self._enough = said

    async def deltas(self) -> AsyncGenerator[Delta, None]:
        """Every delta once.

        Raises:
            ModelError, TapeError: whatever the stream raised, after the deltas that came before it.
        """
        task = asyncio.create_task(self._pump())
        try:
            while True:
                if self._queue.empty():
                    async with self._away():
                        item = await self._queue.get()
                else:
                    item = self._queue.get_nowait()
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            if not self._drain(task):
                await self._close(task)

    async def _close(self, task: asyncio.Task[None]) -> None:
        try:
            if self._enough is not None and not task.done():
                async with self._away():
                    await asyncio.wait({task}, timeout=COSTS)
        finally:
            if self._enough is not None and not task.done():
                self._enough()
            task.cancel()
            await asyncio.wait({task})

    async def _pump(self) -> None:
        last: BaseException | None = None
        try:
            async with aclosing(self._stream) as deltas:  # type: ignore[type-var]
                async for delta in deltas:
                    self._count(delta)
                    self._queue.put_nowait(delta)
        except Exception as error:  # it belongs to whoever reads
            last = error
        finally:
            self._queue.put_nowait(last)

    def _count(self, delta: Delta) -> None:
        self.seconds = monotonic() - self._began if delta.seconds is None else delta.seconds
        self.usage, self.usd = delta.usage or self.usage, self.usd if delta.usd is None else delta.usd
