"""``%plot``: the figures that a run printed, drawn."""

from __future__ import annotations

import asyncio
import json
import posixpath
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError
from llm_kernel.journal import Journal
from llm_kernel.magics.table import magic
from llm_kernel.output import Output
from llm_kernel.views.figure import plot_view
from llm_kernel.views.metrics import of_a_run, series

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session

_NEEDS = "a figure needs two points of one series, such as loss=0.31 on two lines, or a column of a CSV file"


@magic("plot")
async def _plot(session: Session, word: Magic, output: Output) -> int:
    """%plot [FILE | CELL]: draw losses and scores of a log, a CSV or JSON file, a cell of %history, the last run."""
    try:
        words = shlex.split(word.args)
    except ValueError as error:
        raise CellError(f"%plot: {error}; usage: %plot [FILE | CELL]") from error
    if len(words) > 1 or words == [""]:
        raise CellError("usage: %plot [FILE | CELL]")
    title, text = await _source(session, words[0]) if words else _last_run(session)
    found = await asyncio.to_thread(series, text)
    if not found:
        raise CellError(f"%plot: no metrics in {title}: {_NEEDS}.")
    output.show(await asyncio.to_thread(plot_view, found, title))
    return 0


async def _source(session: Session, word: str) -> tuple[str, str]:
    """The name and the text of a file or of what a cell showed."""
    files, where = session.machine.files, await session.where()
    name = posixpath.join(where.variables.get("HOME", "/root"), word[2:]) if word[:2] == "~/" else word
    path = files.absolute(name, where.cwd)
    if word.isascii() and word.isdigit() and not files.exists(path):
        return _cell(session, int(word[:9]))
    try:
        if files.is_sized(path):
            raise CellError(f"%plot: {word} has a size and no contents that could be drawn.")
        return word, files.read(path).decode("utf-8", "replace")
    except OSError as error:
        raise CellError(f"%plot: {word}: {error.strerror or error}") from error


def _cell(session: Session, number: int) -> tuple[str, str]:
    """What the cell of this number in the history showed; of one that is long ago, what is left of it."""
    for known, label, text in reversed(session.outputs):
        if known == number:
            return _titled(number, label), text
    step = session.life.moments.named(str(number)).step
    journal = Journal.from_state(json.loads(session.life.moments.store.load(step).parts["journal"]))
    return _titled(number, step.label), journal.seen.tail if journal.seen else ""


def _last_run(session: Session) -> tuple[str, str]:
    """The newest output that holds metrics."""
    for title, text in _outputs(session):
        if of_a_run(series(text)):
            return _first(title), text
    raise CellError(f"%plot: no run printed metrics yet: {_NEEDS}.")


def _outputs(session: Session) -> Iterator[tuple[str, str]]:
    for _, label, text in reversed(session.outputs):
        yield label, text
    for entry in reversed(session.journal.entries):
        yield entry.command, entry.tail


def _titled(number: int, label: str) -> str:
    return f"cell {number}: {_first(label)}" if label else f"cell {number}"


def _first(text: str) -> str:
    return text.partition("\n")[0][:80]
