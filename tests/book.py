"""A notebook whose moments are kept in a folder: its kernel can be killed, and another one goes on with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path

from llm_kernel.events import Display, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.choice import Models
from llm_kernel.model.request import Request, ScriptedBackend
from llm_kernel.moments import Moments
from llm_kernel.session import Session
from llm_kernel.store import Store

__all__ = ["REPLY", "TRAIN", "Book", "open_moments"]

TRAIN = """import torch, urllib.request
for epoch in range(10):
    loss = float(urllib.request.urlopen("http://lab/loss").read())
    print(f"epoch {epoch} loss {loss:.3f}")
"""
REPLY = "".join(f"epoch {n} loss {1 / (n + 1):.3f}\n@ spend 10\n" for n in range(10))


class Book:
    """A notebook in ``folder``, or with ``moments`` of its own, and what its cells print."""

    def __init__(
        self,
        folder: Path,
        session: str = "book",
        replies: Callable[[Request], str] | None = None,
        moments: Moments | None = None,
    ) -> None:
        self.model = ScriptedBackend(replies or (lambda _: REPLY))
        machine = Machine(Clock(host=time.time))
        self.session = Session(
            machine,
            Models(lambda _: self.model),
            moments=lambda: moments or open_moments(folder, session),
            clock=lambda: Clock(host=time.time),
        )

    async def __call__(self, code: str) -> str:
        said = []
        async with aclosing(self.session.run_cell(code)) as cell:
            async for event in cell:
                if isinstance(event, Text):
                    said.append(event.text)
        return "".join(said)

    async def shown(self, code: str) -> list[Mapping[str, str]]:
        """The rich outputs of a cell, by MIME type."""
        async with aclosing(self.session.run_cell(code)) as cell:
            return [event.data async for event in cell if isinstance(event, Display)]

    async def killed(self) -> None:
        """Let the kernel go without a word, as after kill -9: nothing is written any more."""
        moments, self.session.life._moments = self.session.life._moments, None
        assert moments is not None
        moments.line._pulse.leave()
        moments.store.close()
        await self.session.close()


def open_moments(folder: Path, session: str) -> Moments:
    store = Store(folder)
    return Moments(store, store.enter(session))
