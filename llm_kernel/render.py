"""Events as Jupyter messages. Pure: an event and a time go in, messages come out, in the order of the screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from llm_kernel.events import Ask, Clear, Display, Event, Text

__all__ = ["PAUSE", "PIECE", "Batch", "Message", "Still", "message", "page", "result"]

PAUSE = 0.03
"""Seconds: no text waits longer than this, and streams are not written more often."""

PIECE = 65536
"""Characters of a stream that a replay sends at once."""


@dataclass(frozen=True, slots=True)
class Message:
    """One Jupyter message without its envelope: the type and the content."""

    type: str
    content: dict[str, Any] = field(default_factory=dict)


@singledispatch
def message(event: Event) -> Message:
    """The message that shows an event; another kind of event is one ``message.register`` away."""
    raise TypeError(f"no message shows {event!r}")


@message.register
def _text(event: Text) -> Message:
    return Message("stream", {"name": event.stream, "text": event.text})


@message.register
def _display(event: Display) -> Message:
    return Message("display_data", {"data": dict(event.data), "metadata": dict(event.metadata), "transient": {}})


@message.register
def _clear(event: Clear) -> Message:
    return Message("clear_output", {"wait": event.wait})


@message.register
def _ask(event: Ask) -> Message:
    return Message("input_request", {"prompt": event.prompt, "password": event.hidden})


def result(event: Display, count: int) -> Message:
    """The message that shows a view as the cell's own value, ``Out[count]``."""
    content = {"data": dict(event.data), "metadata": dict(event.metadata), "execution_count": count}
    return Message("execute_result", content)


def page(event: Display) -> dict[str, Any]:
    """The reply's payload that opens a view in the client's pager."""
    return {"source": "page", "data": dict(event.data), "start": 0}


class Batch:
    """Joins small writes: the first goes out at once, those that follow within a pause go out together.

    ``due`` is the time at which somebody must call ``flush``, or None when nothing waits.
    """

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._waiting: list[tuple[str, list[str]]] = []
        self._next = float("-inf")
        self.due: float | None = None

    def add(self, event: Event, now: float) -> list[Message]:
        """What to send now that ``event`` has come; anything but text sends what waits before it."""
        if not isinstance(event, Text):
            return [*self.flush(now), message(event)]
        if not event.text:
            return []
        self._append(event)
        if now >= self._next:
            return self.flush(now)
        self.due = self._next
        return []

    def flush(self, now: float) -> list[Message]:
        """All text that waits, one message for each run of one stream."""
        self.due = None
        if not self._waiting:
            return []
        self._next = now + self._pause
        waiting, self._waiting = self._waiting, []
        return [Message("stream", {"name": name, "text": "".join(parts)}) for name, parts in waiting]

    def _append(self, event: Text) -> None:
        if self._waiting and self._waiting[-1][0] == event.stream:
            self._waiting[-1][1].append(event.text)
        else:
            self._waiting.append((event.stream, [event.text]))


class Still(Batch):
    """Pieces that depend on the text alone, not on when it came: so one replay sends what every other does.

    Text goes out in pieces of ``PIECE`` characters, before anything that is no text, and with the last ``flush``.
    """

    _size = 0  # characters of the last run of one stream

    def add(self, event: Event, now: float) -> list[Message]:
        """What to send now that ``event`` has come."""
        if not isinstance(event, Text):
            return [*self.flush(now), message(event)]
        if not event.text:
            return []
        same = bool(self._waiting) and self._waiting[-1][0] == event.stream
        self._size = len(event.text) + (self._size if same else 0)
        self._append(event)
        return self._full(now) if self._size >= PIECE else []

    def _full(self, now: float) -> list[Message]:
        *whole, last = self.flush(now)
        name, text = last.content["name"], last.content["text"]
        cut = len(text) - len(text) % PIECE
        pieces = [Message("stream", {"name": name, "text": text[at : at + PIECE]}) for at in range(0, cut, PIECE)]
        self._size = len(text) - cut
        if self._size:
            self._append(Text(name, text[cut:]))
        return [*whole, *pieces]
