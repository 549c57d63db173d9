"""``llm-kernel record`` and ``llm-kernel replay``: a notebook with its tape, made once and played again anywhere."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from llm_kernel.errors import StateError, TapeError
from llm_kernel.execution import Execution, Taped, open_book, shown, write_book
from llm_kernel.model import reel
from llm_kernel.model.missing import brief

__all__ = ["Job", "record", "replay", "tape_of"]


@dataclass(frozen=True, slots=True)
class Job:
    """What to execute: the notebook, its tape (empty: the one beside it), the tape under that one, where it goes.

    ``out`` empty: the notebook itself, where it is written at all. ``said`` takes what there is to say.
    """

    notebook: Path
    said: TextIO
    tape: Path | None = None
    base: Path | None = None
    out: Path | None = None
    allow_errors: bool = False

    @property
    def reel(self) -> Path:
        """The tape's file."""
        return self.tape or tape_of(self.notebook)

    def say(self, text: str) -> None:
        """A line about what happens."""
        self.said.write(f"{text}\n")
        self.said.flush()


def tape_of(notebook: Path) -> Path:
    """Where a notebook's tape is when nobody says otherwise: beside it, NAME.tape.jsonl."""
    return notebook.with_suffix(".tape.jsonl")


def record(job: Job, *, update: bool = False, prune: bool = False) -> int:
    """Execute a notebook by the model and keep its replies, and write it with its outputs; the exit status.

    ``update`` asks only for what the tape lacks; ``prune`` drops what nothing asked for.
    """
    before = reel.read(job.reel).lines if update and job.reel.exists() else 0
    run = _executed(job, "auto" if update else "record", job.allow_errors)
    write_book(run.book, job.out or job.notebook)
    if not run.asked and (not update or not job.reel.exists()):
        reel.begin(job.reel, run.header, over=reel.stamp(job.reel))  # no model was asked, and so it says
    if job.reel.exists():  # what a job was told after the last cell, no cell has reported
        run.asked |= {one.line for one in reel.read(job.reel).recordings if one.line > before}
    counts = f"{run.cells} cells, {run.replies} replies, {run.tokens} tokens"
    job.say(f"Recorded {job.out or job.notebook}: {counts}. The tape is {job.reel}.")
    if prune and job.reel.exists():
        dropped = reel.rewrite(job.reel, run.asked)
        job.say(f"{dropped} stale recordings were dropped.")
    else:
        _tell_stale(job, run)
    return 0


def replay(job: Job, *, check: bool = False) -> int:
    """Execute a notebook from its tape alone; the exit status.

    ``check`` compares with the outputs that it holds, shows what differs and is 1 where something does; it writes the
    notebook only where ``out`` says.
    """
    recorded = open_book(job.notebook)
    for path in (job.reel, job.base):
        if path is not None and not path.exists() and not (job.base and path == job.reel):
            raise TapeError(f"There is no tape at {path}. Make one with: llm-kernel record {job.notebook}")
    run = _executed(job, "replay", job.allow_errors or check)
    if not check or job.out:
        write_book(run.book, job.out or job.notebook)
    _tell_stale(job, run)
    if not check:
        job.say(f"Replayed {run.cells} cells of {job.notebook} into {job.out or job.notebook}.")
        return 0
    rows = difference(recorded, run.book, str(job.notebook))
    job.say("\n".join(rows) if rows else f"Same outputs: {run.cells} cells of {job.notebook}.")
    return 1 if rows else 0


def difference(before: Any, after: Any, name: str) -> list[str]:
    """A unified diff of the outputs of each code cell that are not the same."""
    rows: list[str] = []
    pairs = zip(before.cells, after.cells, strict=True)
    code = [pair for pair in pairs if pair[0].cell_type == "code" and pair[0].source.strip()]
    for number, (one, other) in enumerate(code, 1):
        files = (f"{name} cell {number}", f"replayed cell {number}")
        rows += difflib.unified_diff(shown(one), shown(other), *files, lineterm="")
    return rows


def _executed(job: Job, mode: Any, allow_errors: bool) -> Execution:
    book = open_book(job.notebook)
    for path in (job.reel, job.base):
        if path is not None and path.exists() and mode != "record":
            reel.read(path)  # a damaged one is told of before anything runs
    if not (job.out or job.notebook).absolute().parent.is_dir():
        raise StateError(f"There is no folder for {job.out}; make it first.")
    said = job.said

    def begun(number: int, total: int) -> None:
        if said.isatty():
            said.write(f"\rcell {number} of {total}" + ("\n" if number == total else ""))
            said.flush()

    taped = Taped(job.reel, mode, job.base)
    run = Execution(book, job.notebook.absolute().parent, taped, allow_errors=allow_errors, begun=begun)
    run.run()
    return run


def _tell_stale(job: Job, run: Execution) -> None:
    if not job.reel.exists():
        return
    left = [one for one in reel.read(job.reel).recordings if one.line not in run.asked]
    if left:
        named = ", ".join(f"line {one.line} `{brief(one.parts)}`" for one in left[:10])
        more = f" and {len(left) - 10} more" if len(left) > 10 else ""
        job.say(
            f"Stale, no cell asks for them: {named}{more}. To drop them: llm-kernel record --update --prune "
            f"{job.notebook}"
        )
