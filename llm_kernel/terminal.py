"""The client's keyboard: a question goes out, the typed line comes back, and the event loop never blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import zmq
from jupyter_client.session import Session as Wire
from zmq.eventloop.zmqstream import ZMQStream

from llm_kernel.events import Ask
from llm_kernel.render import message

__all__ = ["Terminal"]

END_OF_FILE = "\x04"


class Terminal:
    """The stdin channel. Only the answer to the newest question is taken: an older one's cell was interrupted."""

    def __init__(self, stream: ZMQStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self._answer: asyncio.Future[str | None] | None = None
        stream.on_recv(self._typed)

    async def ask(self, event: Ask, parent: Mapping[str, Any], ident: Any) -> str | None:
        """The line that the user types; None is end of file."""
        self._stream.flush(zmq.POLLIN)  # what was typed for an older question finds nobody waiting
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._answer = answer
        ask = message(event)
        self._wire.send(self._stream, ask.type, ask.content, dict(parent), ident=ident)
        try:
            return await answer
        finally:
            self._answer = None

    def _typed(self, frames: list[Any]) -> None:
        _, parts = self._wire.feed_identities(frames)
        reply = self._wire.deserialize(parts)
        value = str(reply["content"].get("value", ""))
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None if value == END_OF_FILE else value)
