"""Notebooks as text: a cell behind ``$ `` (its further lines behind ``> ``), then exactly what it shows.

Lines on standard error begin with ``! ``, questions with ``? ``, and a status other than 0 is a last line
``= STATUS``; a text that ends without a newline ends in ``\\c``.
"""

from __future__ import annotations

import time
from contextlib import aclosing, suppress
from pathlib import Path

from llm_kernel.events import Ask, Display, Event, Exit, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.session import Setup
from tests.notebook import Notebook, Replies, joined

__all__ = ["cells_of", "follows", "notebook", "replayed", "shown"]


def notebook(replies: Replies = (), *, setup: Setup = Setup()) -> Notebook:
    """A notebook on the stepped clock, which starts in April 2021."""
    return Notebook(replies, setup=setup, machine=Machine(Clock(host=time.time)))


async def follows(made: Notebook, name: str, *, typed: dict[str, list[str]] | None = None) -> None:
    """Run the cells of a transcript here and compare; then the kernel is closed. ``typed``: a cell and its input."""
    wanted = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8")
    try:
        assert await replayed(made, wanted, typed=typed) == wanted
    finally:
        await made.session.close()


async def replayed(made: Notebook, transcript: str, *, typed: dict[str, list[str]] | None = None) -> str:
    """What the cells of ``transcript`` show, as a transcript."""
    pieces = []
    for code in cells_of(transcript):
        lines = iter((typed or {}).get(code, []))
        events, answer = [], None
        async with aclosing(made.session.run_cell(code, allow_stdin=code in (typed or {}))) as cell:
            with suppress(StopAsyncIteration):
                while True:
                    events.append(await cell.asend(answer))
                    answer = next(lines, None) if isinstance(events[-1], Ask) else None
        pieces += [_said(code), shown(joined(events))]
    return "".join(pieces)


def cells_of(transcript: str) -> list[str]:
    """The cells in it."""
    cells: list[str] = []
    for line in transcript.splitlines():
        if line.startswith("$ "):
            cells.append(line[2:])
        elif line == ">" or line.startswith("> "):
            cells[-1] += "\n" + line[2:]
    return cells


def shown(events: list[Event]) -> str:
    """What a cell shows, as a transcript says it."""
    rows = []
    for event in events:
        if isinstance(event, Text):
            mark = "! " if event.stream == "stderr" else ""
            text = event.text if event.text.endswith("\n") else event.text + "\\c\n"
            rows += [f"{mark}{line}\n" for line in text.split("\n")[:-1]]
        elif isinstance(event, Ask):
            rows.append(f"? {event.prompt}{'(hidden)' * event.hidden}\n")
        elif isinstance(event, Exit):
            rows += [f"= {event.status}\n"] if event.status else []
        elif isinstance(event, Display) and "text/plain" in event.data:
            rows.append(f"{event.data['text/plain']}\n")
        else:
            rows.append(f"{event}\n")
    return "".join(rows)


def _said(code: str) -> str:
    first, *rest = code.split("\n")
    return f"$ {first}\n" + "".join(f"> {line}".rstrip() + "\n" for line in rest)
