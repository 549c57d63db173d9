"""One call of an exact program, straight from the table: what it said, whether it is answered at once or runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from llm_kernel.machine import Machine
from llm_kernel.programs.answer import answer
from llm_kernel.shell.call import Answer, Call
from llm_kernel.timeline import Timeline

__all__ = ["answered"]


class Sink:
    """Streams that keep what is written; nothing comes in."""

    parent = 0
    adopted = None
    listens = False

    def __init__(self, machine: Machine) -> None:
        self.said, self.wrong = b"", b""
        self.strand = Timeline(machine.clock).strand(front=True)

    async def chunks(self) -> AsyncIterator[bytes]:
        return
        yield b""

    async def out(self, data: str | bytes) -> None:
        self.said += data.encode() if isinstance(data, str) else data

    async def err(self, data: str | bytes) -> None:
        self.wrong += data.encode() if isinstance(data, str) else data

    async def read(self) -> bytes:
        return b""


def answered(call: Call) -> Answer:
    """What ``call`` writes and how it ends."""

    async def run() -> tuple[int, Sink]:
        sink = Sink(call.machine)
        return await answer(call, sink), sink

    status, sink = asyncio.run(run())
    return Answer(sink.said.decode(), sink.wrong.decode(), status)
