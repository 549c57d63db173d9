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
from llm_kernel.events import Display
from llm_kernel.machine import words
from llm_kernel.output import Output
from llm_kernel.prompt import card, volatile
from llm_kernel.provenance import Answer

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session

__all__ = ["MAGICS", "NAMES", "run"]

Word: TypeAlias = Callable[["Session", Magic, Output], Awaitable[int]]

MAGICS: dict[str, Word] = {}
"""Every magic by its name without percent signs; its docstring is its help."""


def _magic(name: str) -> Callable[[Word], Word]:
    def register(word: Word) -> Word:
        MAGICS[name] = word
        return word

    return register


async def run(session: Session, magic: Magic, output: Output) -> int:
    """Carry out one magic and return the cell's status; with ``?`` behind its name, show its help.

    Raises:
        CellError: for a magic that is not there; the message names the near ones.
    """
    word = MAGICS.get(magic.name)
    if word is None:
        near = difflib.get_close_matches(magic.name, MAGICS, 3, 0.5)
        sign = "%%" if magic.cell else "%"
        hint = f"near: {', '.join('%' + name for name in near)}" if near else "%lsmagic lists them"
        raise CellError(f"Unknown magic {sign}{magic.name}; {hint}.")
    if magic.args == "?":
        output.show(Display({"text/plain": f"{inspect.getdoc(word)}\n"}, kind="page"))
        return 0
    if magic.cell and magic.name not in _OWN_THE_CELL:
        raise CellError(f"%%{magic.name} is a line magic: write %{magic.name}, and shell commands below it.")
    if not magic.cell and magic.name in _OWN_THE_CELL:
        raise CellError(f"%{magic.name} owns its cell: write %%{magic.name} on the first line.")
    return await word(session, magic, output)


_OWN_THE_CELL = frozenset({"writefile"})


@_magic("machine")
async def _machine(session: Session, magic: Magic, output: Output) -> int:
    """%machine [WORD ...]: show the machine, or set it without the model (%machine gpu 4 'RTX 3090')."""
    machine = session.machine
    if not magic.args.strip():
        where = await session.where()
        text = f"{card(machine)}\n{volatile(machine, where.cwd)}"
        output.show(Display({"text/plain": text}, kind="result"))
        return 0
    try:
        args, passed = shlex.split(magic.args), machine.clock.passed
        notes = words.say(machine, args, (await session.where()).cwd)
    except (Refused, ValueError) as error:
        await output.err(f"machine: {error}\n".encode() if isinstance(error, ValueError) else f"{error}\n".encode())
        return 2
    if (owed := machine.clock.passed - passed) > 0:  # it has to pass for the background jobs as well
        machine.clock.rewind(owed)
        await session.timeline.skip(owed)
        machine.refresh()
    await output.out("".join(f"{note}\n" for note in notes).encode())
    await session.settle()
    return 0


@_magic("model")
async def _model(session: Session, magic: Magic, output: Output) -> int:
    """%model [NAME]: show which model answers and which there are, or switch to another."""
    name = magic.args.strip()
    if name:
        await session.models.switch(name)
        await output.out(f"model {name}\n".encode())
        return 0
    names = await session.models.models()
    now = session.models.name
    await output.out("".join(f"{'*' if one == now else ' '} {one}\n" for one in names or [now or "(none)"]).encode())
    return 0


@_magic("why")
async def _why(session: Session, magic: Magic, output: Output) -> int:
    """%why: who answered each command of the last cell, from what, and what was refused."""
    lines = [answer.line() for answer in session.answers or session.before]
    await output.out(("\n".join(lines) or "The last cell ran no program: bash answered it.").encode() + b"\n")
    return 0


@_magic("usage")
async def _usage(session: Session, magic: Magic, output: Output) -> int:
    """%usage: requests, tokens and seconds since the kernel started."""
    by_model: dict[str, list[Answer]] = {}
    for answer in session.ledger:
        by_model.setdefault(answer.model or "unnamed", []).append(answer)
    rows = [(name, *_cost(answers)) for name, answers in sorted(by_model.items())]
    lines = ["{}: {} requests, {} tokens in ({} cached), {} out, {} s".format(*row) for row in rows]
    models = session.models
    if models.budget:
        lines.append(f"budget: {models.used} of {models.budget} tokens used")
    head = ["| model | requests | tokens in | cached | tokens out | seconds |", "|---|---:|---:|---:|---:|---:|"]
    table = [*head, *(f"| {' | '.join(map(str, row))} |" for row in rows)] if rows else []
    output.show(
        Display(
            {
                "text/plain": "\n".join(lines) or "No model was asked yet.",
                "text/markdown": "\n".join([*table, "", *lines[len(rows) :]]).strip() or "No model was asked yet.",
            }
        )
    )
    return 0


def _cost(answers: list[Answer]) -> tuple[int, int, int, int, str]:
    """Requests, tokens in, those of them that were cached, tokens out, seconds."""
    return (
        sum(one.tries for one in answers),
        sum(one.prompt for one in answers),
        sum(one.cached for one in answers),
        sum(one.completion for one in answers),
        f"{sum(one.seconds for one in answers):.1f}",
    )


@_magic("lsmagic")
async def _lsmagic(session: Session, magic: Magic, output: Output) -> int:
    """%lsmagic: this list."""
    lines = [
        "%%meta: what the machine should be, have or hold, in plain language",
        "%meta TEXT: the same in one line; also {TEXT}",
        "%NAME ?: the help of one magic",
        *(inspect.getdoc(word) or "" for _, word in sorted(MAGICS.items())),
    ]
    await output.out("".join(f"{line}\n" for line in sorted(lines)).encode())
    return 0


@_magic("writefile")
async def _writefile(session: Session, magic: Magic, output: Output) -> int:
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
        await output.err(f"writefile: {error}\n".encode())
        return 1
    verb = "Appending to" if append and there else "Overwriting" if there else "Writing"
    await output.out(f"{verb} {names[0]}\n".encode())
    return 0


NAMES = frozenset({*MAGICS, "meta"})
"""What completion offers behind a percent sign."""
