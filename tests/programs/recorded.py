"""Recordings of GNU programs: scripts on a small tree, and what bash and the programs answered there.

A case says when it was recorded (``now``, Unix seconds), so that dates come out the same.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bashkit import Bash, ExecutionProfile

from llm_kernel.machine import Machine
from llm_kernel.machine.clock import Clock
from llm_kernel.programs import exact
from llm_kernel.programs.answer import said_by
from llm_kernel.programs.table import EXACT, Row
from llm_kernel.shell.call import Call
from llm_kernel.shell.handed import handed
from llm_kernel.shell.words import TOOLS

FOLDER = Path(__file__).parent / "recorded"
HOME = "/tmp/cw/work"
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root", "TERM": "xterm", "TZ": "UTC", "UID": "0"}
MADE = 1588748889.0
"""When everything in the tree was last changed."""

assert exact.__doc__, "importing the package fills the table"


@dataclass(frozen=True)
class Outcome:
    stdout: str
    stderr: str
    status: int


def cases(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def machine(now: float) -> Machine:
    """Debian 12, whose programs were recorded, with the tree in place."""
    made = Machine(Clock(now))
    made.system.set_os("debian", "12")
    made.follow()
    files = made.files
    tree = json.loads((FOLDER / "tree.json").read_text(encoding="utf-8"))
    for folder in tree["dirs"]:
        files.mkdir(f"{HOME}/{folder}")
    for name, text in tree["files"].items():
        files.write(f"{HOME}/{name}", text.encode())
    for name, mode in tree["modes"].items():
        files.chmod(f"{HOME}/{name}", int(mode, 8))
    for path in [*files.walk(HOME), HOME, posixpath.dirname(HOME)]:
        files.set_times(path, mtime=MADE, atime=MADE)
    return made


async def run(script: str, made: Machine, *, tty: bool = False) -> Outcome:
    """``script`` in the shell library over the machine's files, with every exact program of the table."""
    bash = Bash(username="root", cwd=HOME, env=ENV, profile=ExecutionProfile.Interactive, timeout_seconds=100)
    bash.mount("/", made.files.root)
    for name, row in EXACT.items():
        if name not in TOOLS:  # as a session has it: the library's own tool answers
            bash.add_command(name, _callback(name, row, made, tty))
    result = await bash.execute(script)
    made.files.settle()
    return Outcome(result.stdout, result.stderr, result.exit_code)


def _callback(name: str, row: Row, made: Machine, tty: bool) -> Callable[[Any], Awaitable[int]]:
    async def answer(ctx: Any) -> int:
        io = _Io(ctx)
        stdin = await io.read() if row.stdin else b""
        call = Call(name, tuple(ctx.argv), made, ctx.cwd, dict(ctx.env), stdin, tty)
        if row.live is not None:
            with handed(ctx, made.files):
                return await row.live(call, io)
        said = await said_by(row, call, io)
        await io.err(said.stderr)  # first: a program keeps its output back when it does not go to a terminal
        await io.out(said.stdout)
        return said.status

    return answer


@dataclass(frozen=True)
class _Io:
    ctx: Any
    listens = False

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        return None

    async def out(self, data: str | bytes) -> None:
        await self.ctx.stdout.write(data.encode() if isinstance(data, str) else data)

    async def err(self, data: str | bytes) -> None:
        await self.ctx.stderr.write(data.encode() if isinstance(data, str) else data)

    async def read(self) -> bytes:
        stdin: AsyncIterator[bytes] = self.ctx.stdin
        return b"".join([piece async for piece in stdin])
