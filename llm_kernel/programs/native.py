"""Compiled programs of which every step is known: computed, shown line by line, and ended as they would end."""

from __future__ import annotations

import re
import shlex
from typing import cast

from llm_kernel.machine.signals import said_of
from llm_kernel.plan.foreign.computed import Computed, Piece, computed
from llm_kernel.programs.python_exact import Kept
from llm_kernel.programs.sources import Source, source_of
from llm_kernel.provenance import Answer
from llm_kernel.shell.call import Call, Io
from llm_kernel.shell.lead import TTY

__all__ = ["native"]

_LINES = 1_000
"""Lines that somebody types to one program."""


async def native(call: Call, streams: Io, record: Answer) -> tuple[int | None, Io]:
    """The exit status of a program in C, or None and the streams with which the model has to begin."""
    source = source_of(call, lambda _, read: read())
    if source is None or source.tongue != "c":
        return None, streams
    found = computed(source.text, source.argv)
    if found.waits and streams.listens and "0" in call.env.get(TTY, "0"):
        return await _talk(call, source, streams, record)
    if found.waits:
        data = await streams.read()
        streams = cast(Io, Kept(streams, data))
        found = computed(source.text, source.argv, data, more=False)
    if found.status is None:
        return None, streams
    await _show(found.pieces, streams)
    return await _end(call, found, streams, record), streams


async def _talk(call: Call, source: Source, streams: Io, record: Answer) -> tuple[int | None, Io]:
    """Let somebody type to a program: with each line it begins anew, and only what is new of it is shown."""
    typed, shown, more = b"", 0, True
    for _ in range(_LINES):
        found = computed(source.text, source.argv, typed, more=more)
        if found.status is None and not (shown or found.waits):
            return None, streams
        fresh = found.pieces[shown:]
        *_, last = b"".join(piece[1] for piece in fresh if isinstance(piece, tuple)).split(b"\n")
        await _show(fresh, streams)
        shown = len(found.pieces)
        if not found.waits:
            break
        line = await streams.ask(last.decode("utf-8", "replace"), False)
        more = line is not None
        typed += f"{line}\n".encode() if line is not None else b""
    return await _end(call, found, streams, record), streams


async def _show(pieces: tuple[Piece, ...], streams: Io) -> None:
    for piece in pieces:
        if isinstance(piece, float):
            await streams.strand.sleep(piece)
        else:
            await (streams.out if piece[0] == "stdout" else streams.err)(piece[1])


async def _end(call: Call, found: Computed, streams: Io, record: Answer) -> int:
    """The status of a program that is over, and what its shell says of one that a signal ended."""
    record.by, record.note = "exact", "computed step by step from its source"
    if found.signal and streams.strand is streams.strand.timeline.front:  # of a job in the background, the shell tells
        script, said = re.match(r"(.*?: line \d+): ", call.at), said_of(found.signal)
        if script:
            command = shlex.join((call.name, *call.args))
            await streams.err(f"{script[1]}: {call.pid:5d} {said:<23} (core dumped) {command}\n")
        elif not call.at:  # who else runs a program has words of its own
            await streams.err(f"{said} (core dumped)\n")
    return found.status or 0
