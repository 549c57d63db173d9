"""A running program's streams, and what it may ask of the shell that runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from llm_kernel.machine.processes import Process
from llm_kernel.shell.call import Call
from llm_kernel.shell.order import Turns
from llm_kernel.strand import Strand

__all__ = ["AskTerminal", "Program", "Streams"]

_LOGIN = "bash: "
"""What the words of the login shell begin with."""

AskTerminal: TypeAlias = Callable[[str, bool], Awaitable[str | None]]
"""Reads a line from the terminal, shown or hidden; None at end of file."""


class _Runs(Protocol):
    """The shell that runs a program."""

    strand: Strand
    ask: AskTerminal | None
    listens: Callable[[], bool]

    @property
    def innermost(self) -> int: ...

    def adopt(self) -> Process | None: ...

    async def landed(self) -> None: ...


class Streams:
    """A running program's streams, as the library hands them to its callback."""

    def __init__(self, context: Any, turns: Turns, shell: _Runs) -> None:
        self._context = context
        self._turns = turns
        self.strand = shell.strand
        self.parent = shell.innermost
        self._shell = shell
        self.place = ""
        """Where the command stands, as its shell says it of what goes wrong; empty at the login shell."""

    @property
    def adopted(self) -> Process | None:
        """The process that this program is, where it was made before; asked for once."""
        return self._shell.adopt()

    async def out(self, data: str | bytes) -> None:
        """Write to standard output."""
        await self._write(0, self._context.stdout, data)

    async def err(self, data: str | bytes) -> None:
        """Write to standard error."""
        if self.place and isinstance(data, str) and data.startswith(_LOGIN):
            data = f"{self.place}: {data.removeprefix(_LOGIN)}"
        await self._write(1, self._context.stderr, data)

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        """The line that the person at the terminal types; None at end of file, and where nobody sits."""
        if self._shell.ask is None:
            return None
        await self._shell.landed()  # a question stands below what was said before it
        async with self.strand.away():
            return await self._shell.ask(prompt, hidden)

    @property
    def listens(self) -> bool:
        """Whether somebody sits at the terminal who can be asked."""
        return self._shell.ask is not None and self._shell.listens()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Standard input piece by piece, as it comes."""
        stdin = aiter(self._context.stdin)
        while True:
            with self.strand.aside():
                chunk = await anext(stdin, None)
            if chunk is None:
                return
            yield chunk

    async def read(self) -> bytes:
        """All of standard input; end of file at a terminal."""
        with self.strand.aside():
            return b"".join([chunk async for chunk in self._context.stdin])

    async def _write(self, stream: int, to: Any, text: str | bytes) -> None:
        if data := text.encode() if isinstance(text, str) else text:
            await self._turns.begin(stream, len(data))
            with self.strand.aside():
                await to.write(data)
            if self.strand is not self.strand.timeline.front:
                await self._turns.after(stream)  # before time goes on for those who look at its log


Program: TypeAlias = Callable[[Call, Streams], Awaitable[int]]
"""Runs one program call to its end and returns its exit status."""
