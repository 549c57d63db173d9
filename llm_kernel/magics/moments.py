"""The words that go back and forth between the moments of a notebook. None of them runs anything."""

from __future__ import annotations

import shlex
from collections.abc import Container
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError
from llm_kernel.magics.table import magic
from llm_kernel.moments import Target
from llm_kernel.output import Output
from llm_kernel.store import Step
from llm_kernel.views.changes import diff_view
from llm_kernel.views.diff import diff

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session

__all__ = ["CHANGING"]

CHANGING = frozenset(["machine", "writefile"])
"""The words that can change the machine without being a step that ``%undo`` counts."""

_MOST = 20
"""Steps that ``%history`` lists where nobody says how many."""


def _words(word: Magic, most: int, usage: str, least: int = 0) -> list[str]:
    try:
        words = shlex.split(word.args)
    except ValueError as error:
        raise CellError(f"%{word.name}: {error}; usage: {usage}") from error
    if not least <= len(words) <= most:
        raise CellError(f"usage: {usage}")
    return words


def _count(words: list[str], usage: str) -> int:
    if not words:
        return 1
    if not words[0].isascii() or not words[0].isdigit() or not int(words[0][:9]) > 0:
        raise CellError(f"usage: {usage}, N a whole number from 1 on")
    return int(words[0][:9])


@magic("save")
async def _save(session: Session, word: Magic, output: Output) -> int:
    """%save NAME: keep this moment under a name, for all your notebooks."""
    (name,) = _words(word, 1, "%save NAME", 1)
    step = await session.life.keep_now(name)
    await output.out(f"saved as {name}{_after(step.label)}\n".encode())
    if fleeting := session.life.moments.fleeting:
        await output.err(f"it lasts as long as this kernel: {fleeting}\n".encode())
    return 0


async def _go(session: Session, output: Output, target: Target, word: str, said: str = "") -> int:
    """Go to ``target`` as one step, and say so."""
    lost = await session.life.go(target, word.partition(" ")[0], f"%{word}")
    text = f"{said}{_after(target.step.label)}\n" if said else "".join(f"undone: {one}\n" for one in target.undone)
    await output.out(text.encode())
    await output.err(lost.encode())
    return 0


@magic("load")
async def _load(session: Session, word: Magic, output: Output) -> int:
    """%load NAME: let the machine be what it was when it was saved; nothing is run. NAME is also a branch or a step."""
    (name,) = _words(word, 1, "%load NAME", 1)
    target = session.life.moments.named(name)
    return await _go(session, output, target, f"load {name}", f"{'on branch' if target.branch else 'loaded'} {name}")


@magic("undo")
async def _undo(session: Session, word: Magic, output: Output) -> int:
    """%undo [N]: go back before the last N cells (1); %load, %undo, %restore and %fresh count as a cell each."""
    usage = "%undo [N]"
    target = session.life.moments.undo(_count(_words(word, 1, usage), usage))
    return await _go(session, output, target, f"undo {word.args}".strip())


@magic("redo")
async def _redo(session: Session, word: Magic, output: Output) -> int:
    """%redo: take the last %undo back."""
    _words(word, 0, "%redo")
    return await _go(session, output, session.life.moments.redo(), "redo", "back again")


@magic("restore")
async def _restore(session: Session, word: Magic, output: Output) -> int:
    """%restore: let the machine be the one of the kernel before this one, as it was after its last cell."""
    _words(word, 0, "%restore")
    return await _go(session, output, session.life.moments.restore(), "restore", "restored")


@magic("fresh")
async def _fresh(session: Session, word: Magic, output: Output) -> int:
    """%fresh: begin on a new machine; %undo brings this one back."""
    _words(word, 0, "%fresh")
    await session.life.fresh()
    await output.out(b"a fresh machine\n")
    return 0


@magic("branch")
async def _branch(session: Session, word: Magic, output: Output) -> int:
    """%branch [NAME]: begin a branch here, which follows the cells until another is loaded; alone: list the names."""
    words = _words(word, 1, "%branch [NAME]")
    moments = session.life.moments
    if words:
        await session.life.keep_now(words[0], kind="branch")
        moments.branch = words[0]
        await output.out(f"on branch {words[0]}\n".encode())
        return 0
    rows = [
        f"{'*' if saved.name == moments.branch else ' '} {saved.name:<20} {saved.kind:<6}  {_when(saved.when)}"
        for saved in moments.store.names()
    ]
    text = "\n".join(rows) or "nothing is saved yet: %branch NAME or %save NAME"
    await output.out(f"{text}\n".encode())
    return 0


@magic("history")
async def _history(session: Session, word: Magic, output: Output) -> int:
    """%history [N]: the last N steps (20) with the machine's time; %load and %diff take their numbers."""
    usage = "%history [N]"
    words = _words(word, 1, usage)
    most = _count(words, usage) if words else _MOST
    moments = session.life.moments
    steps = list(moments.numbered.items())
    names = {f"{saved.kind} {saved.name}" for saved in moments.store.names()}
    width = len(str(moments.newest_number))
    rows = [f"{number:>{width}}  {_when(step.when)}  {_done(step, names)}" for number, step in steps[-most:]]
    await output.out("".join(f"{row}\n" for row in rows).encode())
    return 0


@magic("diff")
async def _diff(session: Session, word: Magic, output: Output) -> int:
    """%diff [A [B]]: what changed from moment A (before the last cell) to B (now); both are names or steps."""
    words = _words(word, 2, "%diff [A [B]]")
    moments = session.life.moments
    before = moments.named(words[0]).step if words else moments.undo(1).step
    after = moments.named(words[1]).step if len(words) > 1 else None
    old = moments.store.load(before)
    new = moments.store.load(after) if after else await session.life.moment()
    titles = _title(before.label, words[:1]), _title(after.label, words[1:]) if after else "now"
    output.show(diff_view(diff(old, new), *titles))
    return 0


def _title(label: str, words: list[str]) -> str:
    return words[0] if words else f"after: {label}" if label else "the start"


def _done(step: Step, names: Container[str]) -> str:
    """What made a step: a cell, or the name that this moment was given."""
    if step.kind in names:
        return f"%{step.kind}"
    return step.label or step.kind.partition(" ")[0]


def _after(label: str) -> str:
    return f", as after: {label}" if label else ", as at its start"


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S}"
