"""How long a training run takes: the seconds of one turn of its main loop pass before that turn's last line is shown.

A model that plays a program seldom says how time passes; the run's source, its data and the machine's cards tell it to
an order of magnitude.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from llm_kernel.plan import Hole, Line, Loop, Plan
from llm_kernel.plan.nodes import Node, children
from llm_kernel.plan.saves import Saved
from llm_kernel.programs.workload import Workload

__all__ = ["Tempo"]

_TOOK = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?(?:s|sec|secs|seconds)\b(?!/)")
_LONGEST = 24 * 3600.0


class Tempo:
    """The streams of a program whose loop takes time; everything else of them is ``streams``' own.

    ``save`` is called for what a turn saves, ``works`` with the seconds that it computed. ``credit``: seconds that
    passed by themselves, which an act that says them again does not spend twice.
    """

    def __init__(
        self,
        streams: Any,
        plan: Plan,
        work: Workload | None,
        save: Callable[[Saved, int], None],
        seconds: float,
        works: Callable[[float], None],
    ) -> None:
        self._streams = streams
        self._saves, self._save = plan.saves, save
        self._works = works
        self._turn = 0
        line = _last_line(plan.nodes) if work is not None else None
        self._pattern = _pattern(line) if line is not None else None
        self._seconds = seconds
        self._held = ""
        self.credit = 0.0
        self.off = self._pattern is None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._streams, name)

    async def out(self, data: str | bytes) -> None:
        """Write to standard output, a line at a time, each when its time has come."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        if self.off:
            await self._streams.out(self._held + text)
            self._held = ""
            return
        *lines, self._held = re.split(r"(?<=[\n\r])", self._held + text)
        for line in lines:
            turned = await self._wait(line)
            await self._streams.out(line)
            if turned:
                self._leave()

    async def flush(self) -> None:
        """Write what is left of a line that does not end."""
        held, self._held = self._held, ""
        if held:
            await self._streams.out(held)

    def end(self) -> None:
        """The program has ended well: what it saves once is there, and what each turn saves as after the last."""
        for one in self._saves:
            if not one.each:
                self._save(one, 0)

    def _leave(self) -> None:
        """What a turn of the loop saves."""
        for one in self._saves:
            if one.each:
                self._save(one, self._turn)
        self._turn += 1

    async def _wait(self, line: str) -> bool:
        """Let the time of a turn pass before its last line; whether ``line`` is that."""
        if self._pattern is None or not self._pattern.fullmatch(line.rstrip("\r\n")):
            return False
        told = _TOOK.search(line)
        seconds = min(float(told[1]), _LONGEST) if told and float(told[1]) else self._seconds
        self.credit += seconds
        await self._streams.strand.sleep(seconds)
        self._works(seconds)
        return True


def _last_line(nodes: tuple[Node, ...]) -> Line | None:
    """The last line that each turn of the main loop surely prints: the first loop of several turns that prints."""
    for node in nodes:
        if isinstance(node, Loop) and (node.count is None or node.count > 1):
            body = node.turns[-1] if node.turns else node.body
            lines = [one for one in body if isinstance(one, Line) and any(isinstance(part, Hole) for part in one.parts)]
            if lines:
                return lines[-1]
        for inner in children(node):
            if found := _last_line(inner):
                return found
    return None


def _pattern(line: Line) -> re.Pattern[str]:
    parts = [".*?" if isinstance(part, Hole) else re.escape(_numberless(part.text)) for part in line.parts]
    return re.compile("".join(parts).replace(re.escape("\0"), r"\d+").strip("\n"))


def _numberless(text: str) -> str:
    """Counters of the loop are literal in a plan that has unrolled it: any number stands for them."""
    return re.sub(r"\d+", "\0", text.rstrip("\n"))
