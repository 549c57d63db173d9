"""The ``%`` words of a cell: one function a word, in one table."""

from __future__ import annotations

import difflib
import inspect
import posixpath
import shlex
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError, Refused
from llm_kernel.machine import words
from llm_kernel.prompt import card, volatile
from llm_kernel.shell.bash import Sink

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session

__all__ = ["MAGICS", "NAMES", "run"]

Word: TypeAlias = Callable[["Session", Magic, Sink, Sink], Awaitable[int]]

MAGICS: dict[str, Word] = {}
"""Every magic by its name without percent signs; its docstring is its help."""


def _magic(name: str) -> Callable[[Word], Word]:
    def register(word: Word) -> Word:
        MAGICS[name] = word
        return word

    return register


async def run(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """Carry out one magic and return the cell's status.

    Raises:
        CellError: for a magic that is not there; the message names the near ones.
    """
    word = MAGICS.get(magic.name)
    if word is None:
        near = difflib.get_close_matches(magic.name, MAGICS, 3, 0.5)
        sign = "%%" if magic.cell else "%"
        hint = f"near: {', '.join('%' + name for name in near)}" if near else "%lsmagic lists them"
        raise CellError(f"Unknown magic {sign}{magic.name}; {hint}.")
    if magic.cell and magic.name not in _OWN_THE_CELL:
        raise CellError(f"%%{magic.name} is a line magic: write %{magic.name}, and shell commands below it.")
    if not magic.cell and magic.name in _OWN_THE_CELL:
        raise CellError(f"%{magic.name} owns its cell: write %%{magic.name} on the first line.")
    return await word(session, magic, out, err)


_OWN_THE_CELL = frozenset({"writefile"})


@_magic("machine")
async def _machine(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """%machine [WORD ...]: show the machine, or set it without the model (%machine gpu 4 'RTX 3090')."""
    machine = session.machine
    if not magic.args.strip():
        where = await session.where()
        await out(f"{card(machine)}\n{volatile(machine, where.cwd)}\n".encode())
        return 0
    try:
        args = shlex.split(magic.args)
        notes = words.say(machine, args, (await session.where()).cwd)
    except (Refused, ValueError) as err_:
        await err(f"machine: {err_}\n".encode() if isinstance(err_, ValueError) else f"{err_}\n".encode())
        return 2
    await out("".join(f"{note}\n" for note in notes).encode())
    await session.settle()
    return 0


@_magic("model")
async def _model(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """%model [NAME]: show which model answers and which there are, or switch to another."""
    name = magic.args.strip()
    if name:
        await session.models.switch(name)
        await out(f"model {name}\n".encode())
        return 0
    names = await session.models.models()
    now = session.models.name
    await out("".join(f"{'*' if one == now else ' '} {one}\n" for one in names or [now or "(none)"]).encode())
    return 0


@_magic("why")
async def _why(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """%why: who answered each command of the last cell, from what, and what was refused."""
    lines = [answer.line() for answer in session.answers or session.before]
    await out(("\n".join(lines) or "The last cell ran no program: bash answered it.").encode() + b"\n")
    return 0


@_magic("usage")
async def _usage(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """%usage: requests, tokens and seconds since the kernel started."""
    rows = session.ledger
    by_model = sorted({row.model for row in rows})
    lines = []
    for model in by_model:
        mine = [row for row in rows if row.model == model]
        lines.append(
            f"{model or 'unnamed'}: {sum(r.tries for r in mine)} requests, {sum(r.prompt for r in mine)} tokens in "
            f"({sum(r.cached for r in mine)} cached), {sum(r.completion for r in mine)} out, "
            f"{sum(r.seconds for r in mine):.1f} s"
        )
    budget = session.models.budget
    if budget:
        lines.append(f"budget: {session.models.used} of {budget} tokens used")
    await out(("\n".join(lines) or "No model was asked yet.").encode() + b"\n")
    return 0


@_magic("lsmagic")
async def _lsmagic(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """%lsmagic: this list."""
    lines = [
        "%%meta: what the machine should be, have or hold, in plain language",
        "%meta TEXT: the same in one line; also {TEXT}",
        *(inspect.getdoc(word) or "" for _, word in sorted(MAGICS.items())),
    ]
    await out("".join(f"{line}\n" for line in sorted(lines)).encode())
    return 0


@_magic("writefile")
async def _writefile(session: Session, magic: Magic, out: Sink, err: Sink) -> int:
    """%%writefile [-a] PATH: the cell's text becomes the file (-a: is added to it)."""
    try:
        args = shlex.split(magic.args)
    except ValueError as error:
        raise CellError(f"%%writefile: {error}") from error
    append = "-a" in args or "--append" in args
    names = [arg for arg in args if arg not in ("-a", "--append")]
    if len(names) != 1:
        raise CellError("%%writefile takes one path: %%writefile [-a] PATH")
    where = await session.where()
    name = posixpath.join(where.variables.get("HOME", "/root"), names[0][2:]) if names[0][:2] == "~/" else names[0]
    files = session.machine.files
    path = files.absolute(name, where.cwd)
    there = files.exists(path)
    old = files.read(path) if append and there else b""
    try:
        files.write(path, old + magic.body.encode())
    except OSError as error:
        await err(f"writefile: {error}\n".encode())
        return 1
    verb = "Appending to" if append and there else "Overwriting" if there else "Writing"
    await out(f"{verb} {names[0]}\n".encode())
    return 0


NAMES = frozenset({*MAGICS, "meta"})
"""What completion offers behind a percent sign."""
