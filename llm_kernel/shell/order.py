"""The order of a shell's two streams: the library carries each by itself, and which arrives first is left to chance.

What bash's own words write in one burst is shown output first; within one program, and between two, order is kept.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias

from llm_kernel.patience import within

__all__ = ["Order", "Sink", "Turns", "untold"]

Sink: TypeAlias = Callable[[bytes], Awaitable[None]]

_PAUSE = 0.002
"""Seconds that an error waits for the output of its own burst."""

_FLIGHT = 0.001
"""Seconds in which what was written before a program began has come in."""

_SLOW = 0.3
"""Seconds that are waited where waiting is rare and a loss would be final."""

_PATIENCE = 0.01
"""Seconds after which bytes are taken to have gone into a pipe or a file instead of here."""


def untold() -> None:
    """Let this process say nothing of a write that the library takes back, because its run was cancelled before."""
    warnings.filterwarnings("ignore", r"coroutine 'Order\.(out|err)' was never awaited", RuntimeWarning)


class Order:
    """Two sinks for the library to write to, and their arrivals to wait for.

    ``elsewhere``: programs, by their words, and streams of them that did not arrive: they go into a pipe or a file.
    ``captured`` names programs of which it is known before that their output does.
    """

    def __init__(self, out: Sink, err: Sink, captured: Callable[[], Collection[str]] = frozenset) -> None:
        self._sinks = (out, err)
        self._came = asyncio.Event()
        self._pausing: set[asyncio.Event] = set()
        self.got = [0, 0]
        self.elsewhere: set[tuple[tuple[str, ...], int]] = set()
        self.captured = captured

    async def out(self, data: bytes) -> None:
        """Take standard output."""
        await self._take(0, data)

    async def err(self, data: bytes) -> None:
        """Take standard error."""
        over = asyncio.Event()
        self._pausing.add(over)
        try:
            await asyncio.sleep(_PAUSE)
            await self._take(1, data)
        finally:
            self._pausing.discard(over)
            over.set()

    async def landed(self, seconds: float = _FLIGHT) -> None:
        """Give what was written before ``seconds`` to come in."""
        await asyncio.sleep(seconds)
        await self.rest()

    async def rest(self) -> None:
        """Wait for the errors that have come and are not shown yet."""
        for over in list(self._pausing):
            await over.wait()

    async def _take(self, stream: int, data: bytes) -> None:
        await self._sinks[stream](data)
        self.got[stream] += len(data)
        self._came.set()

    async def arrival(self, stream: int, count: int, patience: float = _PATIENCE) -> None:
        """Wait until ``count`` bytes of ``stream`` have come in all; not for long, they may have gone elsewhere."""
        until = asyncio.get_running_loop().time() + patience
        while self.got[stream] < count and (left := until - asyncio.get_running_loop().time()) > 0:
            self._came.clear()
            try:
                await within(left, self._came.wait())
            except asyncio.TimeoutError:
                return


class Turns:
    """One program's writes: before it turns to the other stream, the first has arrived.

    ``words``: its name and arguments. ``first``: nothing was written before it.
    """

    def __init__(self, order: Order, words: tuple[str, ...], *, first: bool = False) -> None:
        self._order = order
        self._words = words
        self._want = [0, 0]
        self._begun = first

    async def begin(self, stream: int, size: int) -> None:
        """Before ``size`` bytes are written to ``stream``."""
        if not self._begun:
            self._begun = True
            await self._order.landed()
        await self._settle(1 - stream)
        await self._order.rest()
        self._want[stream] = max(self._want[stream], self._order.got[stream]) + size

    async def after(self, stream: int) -> None:
        """After a write that others read in a file: it is there, unless an earlier one tells that it went elsewhere."""
        want = self._want[stream]
        if want > self._order.got[stream] and (stream or self._words[0] not in self._order.captured()):
            who = self._words, stream
            await self._order.arrival(stream, want, _PATIENCE if who in self._order.elsewhere else _SLOW)
            (self._order.elsewhere.add if self._order.got[stream] < want else self._order.elsewhere.discard)(who)

    async def end(self) -> None:
        """After the program: its errors come before what the next command says."""
        await self._settle(1)

    async def fault(self) -> None:
        """Before the shell is cancelled, which would lose what is on its way: wait as long as a slow host needs."""
        await self._order.landed(_SLOW / 10)
        for stream in (0, 1):
            await self._settle(stream, _SLOW)

    async def _settle(self, stream: int, patience: float = _PATIENCE) -> None:
        if self._want[stream] > self._order.got[stream]:
            await self._order.arrival(stream, self._want[stream], patience)
        self._want[stream] = 0
