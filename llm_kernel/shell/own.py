"""The words that scripts are edited to use, answered: none of them is a program of the machine."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from llm_kernel.machine.files import Files
from llm_kernel.shell.asking import ASK
from llm_kernel.shell.call import Call
from llm_kernel.shell.channel import Streams
from llm_kernel.shell.elapsed import Elapsed
from llm_kernel.shell.history import FC, HISTORY, History
from llm_kernel.shell.inner import ALOUD, Inner
from llm_kernel.shell.lead import ELAPSED, INNER
from llm_kernel.shell.opened import OPENED, Opened
from llm_kernel.shell.order import Order, Turns
from llm_kernel.shell.saying import Saying
from llm_kernel.shell.timing import TIMES, Times

__all__ = ["OWN", "Own"]

OWN = frozenset([ASK, ELAPSED, FC, HISTORY, INNER, OPENED, TIMES])
"""The words that are answered here."""

_FED = frozenset(["s", "full", "mended", "tty"])
"""What is asked with something to read."""
_LONGEST = 1_000_000
"""Bytes of a file in which errors are looked for."""


class Own:
    """The answers of one shell, which keeps what they are about."""

    def __init__(self, inner: Inner, times: Times, elapsed: Elapsed, saying: Saying, files: Files) -> None:
        self._inner = inner
        self._saying = saying
        self._files = files
        self._times = times
        self._elapsed = elapsed
        self.history = History()
        self.opened = Opened()

    async def answer(self, call: Call, streams: Streams, context: Any, order: Order, turns: Turns) -> int:
        """Answer one of ``OWN``; what a script goes on with is written to the library's own streams, out of turn."""
        if call.name in (HISTORY, FC):
            text, status = self.history.answer(call.name, call.args)
            await (streams.err if status else streams.out)(text)
            return status
        if call.name == INNER:
            return await self._text(call, streams, context, order)
        if call.name == ASK:
            return await self._asked(call, streams, context)
        if call.name == TIMES:
            await order.landed()
            text, status = self._times.answer(call.args)
            await streams.err(text)
            await turns.end()
            return status
        if call.name == OPENED:
            self.opened.note(call.args, call.cwd)
            return 0
        await context.stdout.write(self._elapsed.answer(call.args).encode())
        return 0

    async def _text(self, call: Call, streams: Streams, context: Any, order: Order) -> int:
        """What a shell inside this one is to run, or what is said of it."""
        kind = call.args[1]
        stdin = await streams.read() if kind.partition(":")[0] in _FED else b""
        if kind == "tty":
            await order.landed()  # it goes by no pipe, and must not come before what was written first
            await order.out(stdin)
            return 0
        if kind == "status":
            return int(call.args[2])
        if kind == "mended":
            await context.stdout.write(self._saying.mended(stdin, call.args[2], call.cwd))
            return 0
        if kind == "remended":
            self._remend(call.path(call.args[3]), call.args[4], call.cwd)
            return int(call.args[2])
        text, status = self._inner.answer(call.args, call.cwd, stdin, call.env)
        await (context.stderr if kind in ALOUD else context.stdout).write(text.encode())
        return status

    def _remend(self, path: str, script: str, cwd: str) -> None:
        """Put what a file holds of a tool's errors in the tool's own words."""
        with suppress(OSError):
            if self._files.is_sized(path) or self._files.stat(path).size > _LONGEST:
                return
            data = self._files.read(path)
            if (mended := self._saying.mended(data, script, cwd)) != data:
                self._files.write(path, mended)

    async def _asked(self, call: Call, streams: Streams, context: Any) -> int:
        """A line from the terminal."""
        args = list(call.args)
        line = await streams.ask(" ".join(args[args.index("--") + 1 :] if "--" in args else []), "-s" in args[:1])
        if line is not None:
            await context.stdout.write(f"{line}\n".encode())
        return int(line is None)
