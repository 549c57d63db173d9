"""Where a program that computes in a thread of its own asks for what only the loop can do: write, read, run.

The thread waits for each answer, so that one thing happens after the other; what is asked is done by the task that
runs the program, as if it had done it itself.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

__all__ = ["Desk", "Over"]

T = TypeVar("T")


class Over(BaseException):
    """Nobody waits for the program any more."""


class Desk:
    """Both sides of the table; ``over``: the program is to end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Queue[Callable[[], Awaitable[Any]] | None] = asyncio.Queue()
        self._answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self.over = False

    def ask(self, work: Callable[[], Awaitable[T]]) -> T:
        """What the loop answers; called in the thread."""
        if self.over:
            raise Over
        self._loop.call_soon_threadsafe(self._asked.put_nowait, work)
        answer, error = self._answers.get()
        if error is not None:
            raise error
        found: T = answer
        return found

    async def serve(self, program: Callable[[], int]) -> int:
        """Run ``program`` in its thread, and do what it asks until it ends; its result."""
        outcome: list[int | BaseException] = []

        def body() -> None:
            try:
                outcome.append(program())
            except BaseException as err:  # it is raised again where the program is waited for
                outcome.append(err)
            if not self.over:
                self._loop.call_soon_threadsafe(self._asked.put_nowait, None)

        threading.Thread(target=body, daemon=True).start()
        try:
            while (work := await self._asked.get()) is not None:
                try:
                    self._answers.put((await work(), None))
                except Exception as err:
                    self._answers.put((None, err))
        finally:
            self.over = True
            self._answers.put((None, Over()))
        [result] = outcome
        if isinstance(result, BaseException):
            raise result
        return result
