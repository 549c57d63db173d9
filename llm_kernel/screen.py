"""What a client sees of one running cell. Nothing leaves after ``close``, or it would land under another cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from llm_kernel import render
from llm_kernel.events import Display, Event
from llm_kernel.render import Batch, Message

__all__ = ["Screen"]


class Screen:
    """Sends a cell's events as messages, small writes joined, and keeps what belongs in the reply.

    ``pager`` says whether the client's user can page; elsewhere a page is shown in place, or a batch run would lose it.
    ``batch`` decides in which pieces text is sent.
    """

    def __init__(self, send: Callable[[Message], None], *, count: int, pager: bool, batch: Batch | None = None) -> None:
        self._send = send
        self._count = count
        self._pager = pager
        self._loop = asyncio.get_running_loop()
        self._batch = batch or Batch()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.payload: list[dict[str, Any]] = []
        self.value: str | None = None

    def show(self, event: Event) -> None:
        """Show an event now, or within the batch's pause."""
        if self._closed:
            return
        if isinstance(event, Display) and event.kind != "display":
            self._show_special(event)
        else:
            self._send_all(self._batch.add(event, self._loop.time()))

    def flush(self) -> None:
        """Send all text that waits."""
        self._send_all(self._batch.flush(self._loop.time()))

    def close(self) -> None:
        """Send what waits; what comes later is dropped."""
        self.flush()
        self._closed = True

    def _show_special(self, event: Display) -> None:
        self.flush()
        if event.kind == "page":
            self._show_page(event)
        else:
            self.value = str(event.data.get("text/plain", ""))
            self._send(render.result(event, self._count))

    def _show_page(self, event: Display) -> None:
        if self._pager:
            self.payload.append(render.page(event))
        else:
            self._send(render.message(event))

    def _send_all(self, messages: list[Message]) -> None:
        for message in messages:
            self._send(message)
        self._schedule()

    def _schedule(self) -> None:
        due = self._batch.due
        if due is None and self._timer is not None:
            self._timer.cancel()
            self._timer = None
        elif due is not None and self._timer is None:
            self._timer = self._loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.flush()
