"""A session without a kernel: cells go in, whole lists of events come out, and a scripted model answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Ask, Event, Exit, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.model.budget import Bounded, Budget
from llm_kernel.model.choice import Models
from llm_kernel.model.request import Backend, Request, ScriptedBackend
from llm_kernel.session import Session, Setup

__all__ = ["Notebook", "err", "joined", "out"]

Replies = Iterable[str] | Mapping[str, str] | Callable[[Request], str] | Backend


class Notebook:
    """``replies``: a list in order, rules (what is asked -> reply), a function of the request, or a backend."""

    def __init__(
        self, replies: Replies = (), *, setup: Setup = Setup(), machine: Machine | None = None, budget: int = 0
    ) -> None:
        self.model = _backend(replies)
        self.machine = machine or Machine(Clock(host=time.time))
        limit = Budget(budget) if budget else None
        backend = Bounded(self.model, limit, lambda _: None) if limit else self.model
        self.session = Session(self.machine, Models(lambda _: backend, budget=limit), setup)
        self.fault: ImaginedMachineError | None = None

    def unplanned(self) -> Notebook:
        """The same one, where nobody reads a program's source for what it can print."""
        emulator = self.session.world.emulator
        emulator.options = replace(emulator.options, plans=False)
        return self

    @property
    def requests(self) -> list[Request]:
        """What the scripted model was asked."""
        assert isinstance(self.model, ScriptedBackend)
        return self.model.requests

    @property
    def asked(self) -> list[str]:
        """The last line of each request: what was asked of the model."""
        return [request.messages[-1].content.rpartition("\n")[2] for request in self.requests]

    async def __call__(self, code: str, *, typed: Iterable[str] | None = None, ask: list[Ask] | None = None) -> Any:
        """The events of a cell, consecutive pieces of one stream joined; a fault of ours goes on.

        ``typed``: the lines that the user types (there is an input box then); questions are kept in ``ask``.
        """
        events: list[Event] = []
        lines = iter(typed or ())
        async with aclosing(self.session.run_cell(code, allow_stdin=typed is not None)) as cell:
            answer: str | None = None
            while True:
                try:
                    event = await cell.asend(answer)
                except StopAsyncIteration:
                    break
                answer = None
                if isinstance(event, Ask):
                    answer = next(lines, None)
                    if ask is not None:
                        ask.append(event)
                else:
                    events.append(event)
        return joined(events)

    async def fails(self, code: str) -> list[Event]:
        """The events of a cell that ends in a fault of ours, which is then in ``fault``."""
        events: list[Event] = []
        try:
            async for event in self.session.run_cell(code):
                events.append(event)
        except ImaginedMachineError as fault:
            self.fault = fault
            return joined(events)
        raise AssertionError(f"no fault, but {joined(events)}")

    async def said(self, code: str) -> str:
        """What a cell that succeeds writes to standard output, and nothing to the other."""
        events = await self(code)
        assert events[-1] == Exit(0), events
        assert all(isinstance(event, Text) and event.stream == "stdout" for event in events[:-1]), events
        return "".join(event.text for event in events[:-1])

    def text(self, path: str) -> str:
        """A file of the machine."""
        return self.machine.files.read(path).decode()


def joined(events: Iterable[Event]) -> list[Event]:
    """The same events, consecutive pieces of one stream as one."""
    found: list[Event] = []
    for event in events:
        last = found[-1] if found else None
        if isinstance(event, Text) and isinstance(last, Text) and last.stream == event.stream:
            found[-1] = Text(event.stream, last.text + event.text)
        else:
            found.append(event)
    return found


def out(text: str, status: int = 0) -> list[Event]:
    """A cell that wrote only ``text`` to standard output."""
    return [Text("stdout", text), Exit(status)]


def err(text: str, status: int) -> list[Event]:
    """A cell that wrote only ``text`` to standard error."""
    return [Text("stderr", text), Exit(status)]


def _backend(replies: Replies) -> Any:
    if hasattr(replies, "stream"):
        return replies
    if isinstance(replies, Mapping):
        return ScriptedBackend(lambda request: _by_rule(replies, request.messages[-1].content))
    return ScriptedBackend(replies)  # type: ignore[arg-type]


def _by_rule(rules: Mapping[str, str], asked: str) -> str:
    """The reply of the rule whose word stands last in what is asked."""
    found = [(asked.rfind(word), len(word), reply) for word, reply in rules.items() if word in asked]
    return max(found)[2] if found else ""
