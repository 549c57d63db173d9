"""``%machine`` and ``%model``: what is imagined, and who imagines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.errors import Refused
from llm_kernel.machine import Machine, words
from llm_kernel.magics.table import magic
from llm_kernel.output import Output
from llm_kernel.store.profile import apply_profile, profile_text
from llm_kernel.views import machine_view

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session


@magic("machine")
async def _machine(session: Session, word: Magic, output: Output) -> int:
    """%machine [WORD ...]: show the machine, or set it without the model (%machine gpu 4 'RTX 3090', profile FILE)."""
    machine = session.machine
    if not word.args.strip():
        output.show(machine_view(machine, (await session.where()).cwd))
        return 0
    try:
        args, passed = shlex.split(word.args), machine.clock.passed
        cwd = (await session.where()).cwd
        notes = _profile(machine, args, cwd) if args[:1] == ["profile"] else words.say(machine, args, cwd)
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


def _profile(machine: Machine, args: Sequence[str], cwd: str) -> list[str]:
    if len(args) != 2:
        raise Refused("usage: machine profile FILE, a YAML file of the machine or beside the notebook")
    return apply_profile(machine, profile_text(machine, args[1], cwd, Path.cwd()))


@magic("model")
async def _model(session: Session, word: Magic, output: Output) -> int:
    """%model [NAME]: show which model answers and which there are, or switch to another."""
    name = word.args.strip()
    if name:
        await session.models.switch(name)
        await output.out(f"model {name}\n".encode())
        return 0
    names = await session.models.models()
    now = session.models.name
    await output.out("".join(f"{'*' if one == now else ' '} {one}\n" for one in names or [now or "(none)"]).encode())
    return 0
