"""The simulated clock: the machine's only source of time. Moves when told; never looks outside.

Files are stamped by the shell library with the host's time. ``Clock`` remembers when the host's time was which
machine time (``mark``), so a stamp can be read back as machine time. The host's time comes in as a parameter.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo

__all__ = ["DEFAULT_EPOCH", "Clock"]

DEFAULT_EPOCH = 1617267600.0
"""2021-04-01 09:00 UTC in Unix seconds: where a stepped clock starts."""


def _no_host() -> float:
    return 0.0


class Clock:
    """Unix seconds of the machine.

    ``host`` gives the host's Unix seconds and is used for nothing but reading file stamps back. ``passed``: the seconds
    that went by, which setting the clock does not change.
    """

    def __init__(self, now: float = DEFAULT_EPOCH, *, zone: str = "UTC", host: Callable[[], float] = _no_host) -> None:
        self._host = host
        self.now = now
        self.zone = zone
        self.passed = 0.0
        self._marks: list[tuple[float, float]] = []
        self.mark()

    @property
    def tz(self) -> tzinfo:
        """The machine's time zone."""
        return timezone.utc if self.zone == "UTC" else ZoneInfo(self.zone)

    @property
    def local(self) -> datetime:
        """Now, in the machine's time zone."""
        return datetime.fromtimestamp(self.now, self.tz)

    def at(self, seconds: float) -> datetime:
        """Unix ``seconds`` in the machine's time zone."""
        return datetime.fromtimestamp(seconds, self.tz)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass.

        Raises:
            ValueError: for a negative or non-finite number; time has one direction.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"cannot let {seconds} seconds pass")
        self.now += seconds
        self.passed += seconds
        self.mark()

    def rewind(self, seconds: float) -> None:
        """Take back ``seconds`` that a program let pass at once, so that they can pass for everybody."""
        self.now -= seconds
        self.passed -= seconds
        self.mark()

    def set(self, now: float) -> None:
        """Jump to ``now`` (Unix seconds), as ``date -s`` does."""
        self.now = now
        self.mark()

    def mark(self) -> None:
        """Remember that this host time is this machine time."""
        host = self._host()
        if self._marks and self._marks[-1][0] >= host:
            self._marks[-1] = (self._marks[-1][0], self.now)
        else:
            self._marks.append((host, self.now))

    def stamp(self, host: float) -> float:
        """The machine time at which the host's time was ``host``.

        A stamp from before the clock began or from after now was given on purpose (``touch -d``), and is itself.
        """
        if not self._marks or host < self._marks[0][0] or host > self._host() + 1:
            return host
        return self._marks[bisect_right(self._marks, (host, float("inf"))) - 1][1]
