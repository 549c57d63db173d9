"""One reply as it passes a tape: taken down while a model speaks, or played from what was taken down."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from llm_kernel.errors import OverBudget
from llm_kernel.model.recording import Parts, Recording
from llm_kernel.model.request import Delta, Usage

__all__ = ["Take", "play"]


async def play(recording: Recording) -> AsyncGenerator[Delta, None]:
    """The text line by line, so that the pieces depend on nothing but the text.

    Raises:
        OverBudget: where that is what was recorded.
    """
    if recording.refused:
        raise OverBudget(recording.text)
    seconds, model = recording.seconds, recording.model
    for line in recording.text.splitlines(keepends=True):
        yield Delta(line, model=model, source="tape", seconds=seconds)
    yield Delta(finish=recording.finish, usage=recording.usage, model=model, source="tape", seconds=seconds)


@dataclass(slots=True)
class Take:
    """What came of one reply so far; each piece that passes says how long the reply took up to it."""

    text: list[str] = field(default_factory=list)
    finish: str = ""
    usage: Usage | None = None
    model: str = ""
    seconds: float = 0.0
    began: float = field(default_factory=time.perf_counter)

    def add(self, delta: Delta) -> Delta:
        """Take a piece; it as it is passed on."""
        self.text.append(delta.text)
        self.finish, self.usage = delta.finish or self.finish, delta.usage or self.usage
        self.model = delta.model or self.model
        if delta.seconds is None:
            self.seconds = round(time.perf_counter() - self.began, 1)
            return replace(delta, seconds=self.seconds)
        return delta

    def recording(self, parts: Parts, name: str) -> Recording:
        """What goes on the tape."""
        text = "".join(self.text)
        return Recording(parts, text, self.finish or "stop", self.usage, self.model or name, self.seconds)
