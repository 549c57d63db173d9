"""``$SECONDS``: the machine's time since a shell began, or since it was told to count anew."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llm_kernel.machine import Clock

__all__ = ["Elapsed"]

_NUMBER = re.compile(r"-?\d{1,15}")


class Elapsed:
    """The count of one shell; ``since`` is the machine's time from which it counts."""

    def __init__(self, clock: Clock, since: float) -> None:
        self._clock = clock
        self.since = since

    @property
    def seconds(self) -> int:
        """The whole seconds that have passed."""
        return int(self._clock.now - self.since)

    def answer(self, args: Sequence[str]) -> str:
        """``$SECONDS``, which a number sets; the time of day for ``now``."""
        if args == ("now",):
            return str(int(self._clock.now))
        if args and _NUMBER.fullmatch(args[0]):
            self.since = self._clock.now - int(args[0])
        return str(self.seconds)
