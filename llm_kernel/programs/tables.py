"""Tables of a run that tell how long it has taken: each is shown when that many seconds have passed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from llm_kernel.plan import Line, Plan, every_node, text_of

__all__ = ["Tables", "tabled"]

_ELAPSED = re.compile(r"\| +time_elapsed +\| (\d+) *\|")
_RULE = re.compile(r"-{20,}")


def tabled(plan: Plan) -> bool:
    """Whether a run tells its seconds in tables."""
    return any(isinstance(node, Line) and _ELAPSED.match(text_of(node)) for node in every_node(plan.nodes))


class Tables:
    """The streams of a run that prints tables; ``works`` is called with the seconds that it computed for one."""

    def __init__(self, streams: Any, works: Callable[[float], None]) -> None:
        self._streams, self._works = streams, works
        self._held = ""
        self._passed = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._streams, name)

    async def out(self, data: str | bytes) -> None:
        """Write to standard output; a table is held back until it tells its seconds, and they have passed."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        for line in text.splitlines(keepends=True):
            if _RULE.match(line):
                await self.flush()
                self._held = line
            elif self._held and line.startswith("|"):
                self._held += line
                if (told := _ELAPSED.match(line)) is not None:
                    await self._wait(float(told[1]))
                    await self.flush()
            else:
                await self.flush()
                await self._streams.out(line)

    async def flush(self) -> None:
        """Write what is held back."""
        held, self._held = self._held, ""
        if held:
            await self._streams.out(held)

    async def _wait(self, told: float) -> None:
        if told < self._passed:
            self._passed = 0.0  # another run has begun
        seconds, self._passed = told - self._passed, told
        if seconds:
            await self._streams.strand.sleep(seconds)
            self._works(seconds)
