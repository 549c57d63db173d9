"""What one cell shows: bytes go in, events come out in the order of the screen.

Each stream is decoded once. What would wipe a terminal wipes the cell, for a notebook has no cursor to move.
"""

from __future__ import annotations

import asyncio
import codecs
import re

from llm_kernel.events import Ask, Clear, Display, Event, Stream, Text

__all__ = ["Output"]

_WIPE = re.compile(
    r"(?:\x1b\[[\d;]*H)?\x1b\[2J(?:\x1b\[3J|\x1b\[[\d;]*H)*|\x1b\[H\x1b\[0?J|\x1bc(?:\x1b\[[!?\d;]*[a-z]|\x1b>)*"
)
"""What terminals are sent to be wiped, by ``clear``, ``reset``, ``tput`` and programs that draw themselves anew."""

_SAID = 200_000
_FLOOD = 65_536
"""Characters after which a reader that is behind gets its turn, or a program that floods would fill the memory."""


class Output:
    """The screen and the keyboard of one running cell; no more than ``most`` characters leave."""

    def __init__(self, most: int, allow_stdin: bool) -> None:
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._kept = ""
        self.said = ""
        """What was taken so far: the end of what the cell's commands showed."""
        self._left = most
        self._most = most
        self._allow_stdin = allow_stdin
        self._answers: asyncio.Queue[str | None] = asyncio.Queue()
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in ("stdout", "stderr")}
        self._since = 0

    async def out(self, data: bytes) -> None:
        """Write to standard output."""
        await self._write("stdout", data)

    async def err(self, data: bytes) -> None:
        """Write to standard error."""
        await self._write("stderr", data)

    def show(self, view: Display) -> None:
        """Show a rich view."""
        self.queue.put_nowait(view)

    def tell(self, text: str) -> None:
        """Say something to the person at the keyboard, and nothing where nobody sits: batch runs are to be equal."""
        if self._allow_stdin:
            self.queue.put_nowait(Text("stderr", text))

    def take(self) -> str:
        """What was shown since the last call: its end, where it was long."""
        text, self._kept = self._kept, ""
        self.said = (self.said + text)[-_SAID:]
        return text

    async def flush(self) -> None:
        """Send what is left of a character that never ended."""
        await self._write("stdout", b"", True)
        await self._write("stderr", b"", True)

    @property
    def asks(self) -> bool:
        """Whether the client has an input box."""
        return self._allow_stdin

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that was typed; None at end of file, and where there is no input box."""
        if not self._allow_stdin:
            return None
        self.queue.put_nowait(Ask(prompt, hidden))
        return await self._answers.get()

    def answer(self, line: str | None) -> None:
        """Give ``ask`` its line."""
        self._answers.put_nowait(line)

    async def _write(self, stream: Stream, data: bytes, final: bool = False) -> None:
        text = self._decoders[stream].decode(data, final)
        if not text or self._left < 0:
            return
        shown = text[: self._left]
        self._left -= len(text)
        if self._left < 0:
            shown += f"\n[output cut after {self._most} characters; c.LLMKernel.output_limit sets how many]\n"
        self._kept = (self._kept + shown)[-20_000:] if len(self._kept) > 40_000 else self._kept + shown
        self._put(stream, shown)
        self._since += len(shown)
        while self._since > _FLOOD and self.queue.qsize() > 8:  # noqa: ASYNC110 - queues have no event for it
            await asyncio.sleep(0.001)
        if self._since > _FLOOD:
            self._since = 0

    def _put(self, stream: Stream, text: str) -> None:
        pieces = _WIPE.split(text) if "\x1b" in text else [text]
        for number, piece in enumerate(pieces):
            if number:
                self.queue.put_nowait(Clear(wait=bool(piece)))
            if piece:
                self.queue.put_nowait(Text(stream, piece))
