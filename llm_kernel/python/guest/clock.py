"""The machine's time as a program passes it."""

from __future__ import annotations

import datetime
import time as _time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .wire import Wire
from .world import Doubt

__all__ = ["Clock"]

_BLINK = 4e-7
"""Seconds between two looks at a clock."""

_LONGEST = 1e9
"""Seconds that one sleep takes at most."""

_STEP = 9e-9
"""Seconds that one node of syntax takes."""


class Clock:
    """The machine's time: what sleeps and the program's own work add to when it began, ``begin`` after ``now``.

    ``passed`` counts the seconds since then; ``pause`` is what a sleep does, where there are threads for one of them.
    """

    def __init__(self, wire: Wire, now: float, offset: float, begin: float) -> None:
        self._wire, self._now, self._offset = wire, now + begin, offset
        self.passed = self._told = 0.0
        self.pause: Callable[[float], Any] = self.let_pass

    def tick(self, steps: int) -> None:
        """Count work."""
        self.passed += steps * _STEP

    def time(self) -> float:
        """Unix seconds."""
        self.passed += _BLINK
        return self._now + self.passed

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        if not isinstance(seconds, int | float):
            raise TypeError(f"'{type(seconds).__name__}' object cannot be interpreted as an integer")
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if not seconds <= _LONGEST:
            raise Doubt("a sleep without end")
        self.pause(float(seconds))

    def let_pass(self, seconds: float) -> None:
        """Time passes for the whole program."""
        self.settle()
        self._wire.send(sleep=seconds)
        self.passed += seconds
        self._told = self.passed

    def away(self, seconds: float) -> None:
        """What another program did took so long, and the host knows it."""
        self.passed += seconds
        self._told += seconds

    def settle(self) -> None:
        """Tell the host how long the program worked."""
        if self.passed - self._told > 1e-3:
            self._wire.send(sleep=self.passed - self._told)
        self._told = self.passed

    def since(self) -> float:
        """``perf_counter``: seconds since something."""
        self.passed += _BLINK
        return self._now % 86400 + self.passed

    def local(self, seconds: float | None = None) -> _time.struct_time:
        """The local time's fields."""
        return _time.gmtime((self.time() if seconds is None else seconds) + self._offset)

    def now(self, kind: Any, name: str, *args: Any) -> Any:
        """``datetime.now()`` and its relatives; for other objects their own method."""
        if kind not in (datetime.datetime, datetime.date):
            return getattr(kind, name)(*args)
        if args:
            raise Doubt("now in a zone")
        begin = datetime.datetime(1970, 1, 1)
        moment = begin + datetime.timedelta(seconds=self.time() + (0 if name == "utcnow" else self._offset))
        return moment if kind is datetime.datetime else moment.date()

    def module(self) -> ModuleType:
        """The module ``time``."""
        module = ModuleType("time")
        for name in ("strptime", "mktime", "gmtime", "struct_time", "asctime"):
            setattr(module, name, getattr(_time, name))
        module.__dict__.update(
            time=self.time,
            sleep=self.sleep,
            perf_counter=self.since,
            monotonic=self.since,
            process_time=lambda: 0.02 + self.since() % 1,
            time_ns=lambda: int(self.time() * 1e9),
            perf_counter_ns=lambda: int(self.since() * 1e9),
            localtime=self.local,
            strftime=self._format,
            ctime=lambda seconds=None: _time.asctime(self.local(seconds)),
        )
        return module

    def _format(self, form: str, when: Any = None) -> str:
        if "%Z" in form or "%z" in form:
            raise Doubt("name of a zone")
        return _time.strftime(form, self.local() if when is None else when)
