"""Who runs of a program's threads: one at a time, until it waits; then the one that could go on first.

Each is a thread of the host's that stands still at a gate of its own, so the order is the same each time.
"""

from __future__ import annotations

import _thread
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

from .clock import Clock
from .frames import Frame, Trace
from .world import Doubt

__all__ = ["Turns"]

_MOST = 64
"""Threads at one time."""
_STACK = 4 * 2**20
_FIRST = 0x7F1A2C3E4740
_APART = 0x801000


class _Thread:
    __slots__ = ("due", "ended", "gate", "number", "stack", "woken")

    def __init__(self, number: int, stack: list[Frame]) -> None:
        self.number, self.stack = number, stack
        self.gate = _thread.allocate_lock()
        self.gate.acquire()
        self.due: tuple[float, int, _Thread] | None = None
        self.woken = False
        self.ended: list[Callable[[], None]] = []


class Turns:
    """Starts threads and lets them wait; ``stop`` ends the process with a doubt that came up in one of them."""

    ROOM = _MOST * _STACK

    def __init__(self, clock: Clock, trace: Trace, stop: Callable[[BaseException], None]) -> None:
        self._clock, self._trace, self._stop = clock, trace, stop
        self._order = itertools.count()
        self.current = self._made(trace.stack)
        self._ready: deque[_Thread] = deque()
        self._due: list[tuple[float, int, _Thread]] = []
        self._alive = 1
        clock.pause = lambda seconds: self.wait(deque(), seconds)

    def start(self, run: Callable[[], Any]) -> _Thread:
        """One more, which begins when the one that runs waits."""
        if self._alive >= _MOST:
            raise Doubt("many threads")
        made = self._made(self._trace.stack[:1])
        self._alive += 1
        self._ready.append(made)
        _thread.stack_size(_STACK)
        _thread.start_new_thread(self._carry, (made, run))
        return made

    def wait(self, line: deque[_Thread], seconds: float | None = None) -> bool:
        """Stand in line until somebody wakes this one, or for so long; whether it was woken."""
        mine = self.current
        mine.woken = False
        line.append(mine)
        if seconds is not None:
            mine.due = (self._clock.passed + max(seconds, 0.0), next(self._order), mine)
            heapq.heappush(self._due, mine.due)
        following = self._following()
        if following is not mine:
            self._let(following)
            mine.gate.acquire()
        if not mine.woken:
            line.remove(mine)
        return mine.woken

    def wake(self, line: deque[_Thread]) -> None:
        """Let the first in line go on when the one that runs waits."""
        if line:
            first = line.popleft()
            first.due, first.woken = None, True
            self._ready.append(first)

    def now(self) -> float:
        """Seconds that passed since the program began."""
        return self._clock.passed

    def _made(self, stack: list[Frame]) -> _Thread:
        number = next(self._order)
        return _Thread(_FIRST - number * _APART, stack)

    def _carry(self, mine: _Thread, run: Callable[[], Any]) -> None:
        mine.gate.acquire()
        try:
            run()
            for end in mine.ended:
                end()
            self._alive -= 1
            self._let(self._following())
        except BaseException as error:
            self._stop(error)

    def _let(self, following: _Thread) -> None:
        self.current, self._trace.stack = following, following.stack
        following.gate.release()

    def _following(self) -> _Thread:
        """The thread that goes on; time passes where all wait for it."""
        self._trace.sure()
        while not self._ready:
            if not self._due:
                raise Doubt("a wait without end")
            entry = heapq.heappop(self._due)
            at, _, sleeper = entry
            if sleeper.due is entry:
                if at > self._clock.passed:
                    self._clock.let_pass(at - self._clock.passed)
                sleeper.due = None
                self._ready.append(sleeper)
        return self._ready.popleft()
