"""``asyncio`` on the machine's clock: the library's own tasks and queues on a loop that waits for nothing but time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from .clock import Clock
from .frames import Trace
from .world import Doubt

__all__ = ["on_clock"]


class _Loop(asyncio.BaseEventLoop):
    """Where the library would wait for files and sockets, time passes."""

    def __init__(self, clock: Clock, trace: Trace) -> None:
        super().__init__()
        self._clock, self._trace = clock, trace
        self._selector = self

    def time(self) -> float:
        """Seconds of the machine."""
        return self._clock.since()

    def select(self, timeout: float | None) -> list[Any]:
        """Wait for what is planned next; a doubt within a task ends all of them."""
        self._trace.sure()
        self._trace.step()
        if timeout is None:
            raise Doubt("a wait without end")
        if timeout > 0:
            self._clock.sleep(timeout)
        return []

    def _process_events(self, events: list[Any]) -> None:
        pass

    def call_exception_handler(self, context: Mapping[str, Any]) -> None:
        """What Python would log."""
        self._trace.doubted = self._trace.doubted or Doubt("an error that nobody awaited")


def on_clock(clock: Clock, trace: Trace) -> None:
    """Let ``asyncio`` make such loops."""

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return _Loop(clock, trace)

    asyncio.set_event_loop_policy(Policy())
