"""Who is served when many wait: kernels take turns, each has one request at a time, and everybody knows their place."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from llm_kernel.patience import within

__all__ = ["Told", "Turns"]

Told = Callable[[int], Awaitable[None]]
"""Hears the place in the queue, 1 for the next; again whenever it changes, and now and then while it does not."""

_REMIND = 10.0
"""Seconds after which somebody who waits is told the same place again: silence would look like a lost connection."""


class _Ticket:
    """One request that waits."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.served = False
        self.news = asyncio.Event()


class Turns:
    """``most`` requests are served at a time; the others wait, kernel by kernel."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._served: set[str] = set()
        self._waiting: dict[str, deque[_Ticket]] = {}
        """Each kernel's requests in their order, the kernel first whose turn is next."""

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, who: str, told: Told) -> AsyncIterator[None]:
        """The time in which a request of kernel ``who`` is served; leaving it, or giving up before, makes room."""
        ticket = _Ticket(who)
        self._waiting.setdefault(who, deque()).append(ticket)
        self._go_on()
        try:
            await self._wait(ticket, told)
            yield
        finally:
            self._leave(ticket)
            self._go_on()

    async def _wait(self, ticket: _Ticket, told: Told) -> None:
        while not ticket.served:
            ticket.news.clear()
            place = self._place(ticket)
            await told(place)
            while not ticket.served and self._place(ticket) == place:
                try:
                    await within(_REMIND, ticket.news.wait())
                except asyncio.TimeoutError:
                    break
                ticket.news.clear()

    def _go_on(self) -> None:
        """Serve who can be served, and let the others look at their place."""
        while len(self._served) < self._most:
            who = next((one for one in self._waiting if one not in self._served), None)
            if who is None:
                break
            ticket = self._waiting[who].popleft()
            if not self._waiting[who]:
                del self._waiting[who]
            self._served.add(who)
            ticket.served = True
            ticket.news.set()
        for queue in self._waiting.values():
            for ticket in queue:
                ticket.news.set()

    def _leave(self, ticket: _Ticket) -> None:
        if ticket.served:
            self._served.discard(ticket.who)
            if more := self._waiting.pop(ticket.who, None):
                self._waiting[ticket.who] = more  # behind all others
            return
        queue = self._waiting[ticket.who]
        queue.remove(ticket)
        if not queue:
            del self._waiting[ticket.who]

    def _place(self, ticket: _Ticket) -> int:
        """How many requests are served up to this one, counting it; who is served now comes behind those who wait."""
        rounds = self._waiting[ticket.who].index(ticket)
        order = sorted(self._waiting, key=self._served.__contains__)
        ahead = order[: order.index(ticket.who)]
        before = sum(min(len(queue), rounds) for who, queue in self._waiting.items() if who != ticket.who)
        return 1 + rounds + before + sum(len(self._waiting[who]) > rounds for who in ahead)
