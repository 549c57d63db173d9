"""An exact program answered: the table's row is run on a call, and what it says goes to the call's streams."""

from __future__ import annotations

import posixpath
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from llm_kernel.programs import exact
from llm_kernel.programs.exact import versions
from llm_kernel.programs.refused import refused
from llm_kernel.programs.table import EXACT, Asks, NotExact, Row
from llm_kernel.programs.unreachable import patience, unreachable
from llm_kernel.shell.call import Answer, Call, Io
from llm_kernel.shell.lead import TTY

__all__ = ["READERS", "answer", "exact", "row_of", "said_by"]

_CLOSED = frozenset(
    """ls dir vdir cp mv rm rmdir unlink mkdir touch ln link chmod chown chgrp stat du truncate tree readlink realpath
    install file shred mktemp git""".split()
)
"""Programs that may not do more than their user."""

_PLACES = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/cuda/bin", "/opt/conda/bin")


_TERMINAL = frozenset({"tty", "stty"})
"""Programs that tell of the terminal they are at."""
_QUESTIONS = 1000
"""How often one run of a program may ask."""
_CONFIRMING = frozenset(["rm", "cp", "mv", "ln"])
_INTERACTIVE = re.compile(r"-[A-Za-z]*[iI]|--interactive|--int")
_DEAF = frozenset("sleep watch su tail nvidia-smi top free vmstat iostat mpstat sar curl wget".split())
READERS = frozenset(name for name, row in EXACT.items() if row.stdin or (row.live and name not in _DEAF))
"""The programs of the table that may read their standard input."""


def row_of(call: Call) -> Row | None:
    """The row that answers ``call`` on its machine; None where the table has none, or what it needs is not there."""
    folder, base = posixpath.split(call.name)
    if (
        folder
        and posixpath.normpath(folder) not in _PLACES
        and not call.machine.packages.provider_at(posixpath.normpath(posixpath.join(call.cwd, folder)), base)
    ):
        return None
    if _unmet(call) is not None:
        return Row((base,), run=_unreachable)
    if versions.asked(call):
        return Row((base,), run=versions.told)
    row = EXACT.get(_module(base, call.args)) or EXACT.get(base)
    there = row and call.machine.has(row.needs) and base not in call.machine.packages.lost()
    return row if there else None


def _module(base: str, args: tuple[str, ...]) -> str:
    """The name under which the table would have a module that Python runs; empty where it runs none."""
    return f"python3 -m {args[1]}" if base.startswith("python") and args[:1] == ("-m",) and len(args) > 1 else ""


def _unmet(call: Call) -> Answer | None:
    """How a call ends that reaches nobody; None where that is not known."""
    return unreachable(call) or refused(call)


def _unreachable(call: Call) -> Answer:
    said = _unmet(call)
    assert said is not None
    call.machine.clock.advance(patience(call))
    return said


async def _asked(question: Asks, streams: Io, piped: list[str] | None) -> str:
    """What is answered: by the lines that are piped in, else by the person; end of file means what the program says."""
    if question.aside and question.said:
        await streams.out(question.said)
    if question.complaint:
        await streams.err(question.complaint)
    if not question.aside:
        await streams.out(question.said)
    if piped is None:
        typed = await streams.ask(question.prompt, False)
    else:
        typed = piped.pop(0) if piped else None
    if piped is not None or typed is None:
        await (streams.err if question.aside else streams.out)(question.prompt)
    return question.end if typed is None else typed


async def said_by(row: Row, call: Call, streams: Io) -> Answer:
    """What the program says in the end, asked as often as it asks."""
    assert row.run is not None
    typed: list[str] = []
    piped: list[str] | None = None
    files, confirms = call.machine.files, _confirms(call, streams)
    fed = call.env.get(TTY)
    at_terminal = confirms or posixpath.basename(call.name) in _TERMINAL
    if at_terminal and streams.listens and (fed is None or "0" in fed):
        call = replace(call, tty=True)
    for _ in range(_QUESTIONS):
        before = files.moment() if confirms else None
        try:
            with _acting(call):
                return row.run(replace(call, asks=not typed, typed="\n".join(typed) if typed else None))
        except OSError as err:  # nothing the program has words of its own for
            return Answer("", f"{call.name}: {err.filename}: {err.strerror}\n", 1)
        except Asks as question:
            if before is not None:
                files.restore(before)
            if not typed:
                piped = (await streams.read()).decode("utf-8", "replace").splitlines()
                piped = piped or (None if fed is None or "0" in fed else [])
            typed.append(await _asked(question, streams, piped))
    raise NotExact(call.name)


def _confirms(call: Call, streams: Io) -> bool:
    """Whether the program asks before it goes on, and may have changed files by then."""
    base = posixpath.basename(call.name)
    if base not in _CONFIRMING:
        return False
    wished = any(_INTERACTIVE.match(arg) for arg in call.args)
    return wished or (base != "ln" and streams.listens and call.machine.system.user != "root")


def _acting(call: Call) -> AbstractContextManager[None]:
    """A program that works on files does so for its user; the others answer for the system itself."""
    return call.acting() if posixpath.basename(call.name) in _CLOSED else nullcontext()


async def answer(call: Call, streams: Io) -> int:
    """Answer ``call`` exactly.

    Raises:
        NotExact: where this call of the program is the model's, or the table does not have it.
    """
    row = row_of(call)
    if row is None:
        raise NotExact(call.name)
    if row.stdin:
        stdin = await streams.read()
        call = Call(call.name, call.args, call.machine, call.cwd, call.env, stdin, call.tty)
    if row.live:
        return await row.live(call, streams)
    clock, passed = call.machine.clock, call.machine.clock.passed
    said = await said_by(row, call, streams)
    if (owed := clock.passed - passed) > 0:  # what it took has to pass for everybody
        clock.rewind(owed)
        await streams.strand.sleep(owed)
    if said.stderr:  # first, as programs complain before their buffered output is flushed
        await streams.err(said.stderr)
    if said.stdout:
        await streams.out(said.stdout)
    return said.status
