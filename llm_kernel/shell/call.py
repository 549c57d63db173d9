"""The socket between shell and programs: a ``Call`` goes in, an ``Answer`` or live writes come out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.strand import Strand

__all__ = ["Answer", "Call", "Exact", "Io", "Live", "Run"]


class Run(Protocol):
    """Runs a command line, which writes to these two, as the child of a process; its exit status."""

    async def __call__(
        self,
        line: str,
        out: Callable[[bytes], Awaitable[None]],
        err: Callable[[bytes], Awaitable[None]],
        parent: int = 0,
    ) -> int: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a program, as the shell parsed it.

    ``name`` is the word as written (``nvidia-smi``, ``/usr/bin/python3``, ``./train.py``), ``args`` what follows it.
    ``stdin`` is the bytes piped or redirected in; empty where the program did not ask for them. ``at``: what the shell
    or the program that runs this one says where it is not there; empty at the login shell, which has its own words.
    ``run`` runs a command line in a shell of its own, from where the program was called; None where there is no shell.
    ``pid`` is its process, 0 where it has none of its own; ``parent`` its shell's, 0 for the login shell.
    ``asks``: the program may ask its person something (``table.Asks``); ``typed`` is then what that one said.
    """

    name: str
    args: tuple[str, ...]
    machine: Machine
    cwd: str = "/root"
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    tty: bool = False
    at: str = ""
    run: Run | None = field(default=None, compare=False, repr=False)
    pid: int = 0
    parent: int = 0
    asks: bool = False
    typed: str | None = None

    def path(self, name: str) -> str:
        """``name`` as an absolute, normalised path, seen from the call's working directory."""
        return self.machine.files.absolute(name, self.cwd)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """What happens to files now is done by who runs the program; wait for nothing meanwhile."""
        files = self.machine.files
        if "SUDO_USER" in self.env:
            with files.as_root(), files.acting(None):
                yield
        else:
            with files.acting(self.machine.actor()):
                yield


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program wrote and its exit status; text goes out as UTF-8."""

    stdout: str | bytes = ""
    stderr: str | bytes = ""
    status: int = 0


class Io(Protocol):
    """A running program's streams. ``read`` gives all of standard input, and end of file at a terminal.

    ``strand`` is its thread of the machine's time: ``sleep`` there lets time pass, ``away`` waits for the outside.
    ``parent`` is the process of its shell; ``adopted`` its own, where one was made before it began.
    """

    async def out(self, data: str | bytes) -> None: ...

    async def err(self, data: str | bytes) -> None: ...

    async def read(self) -> bytes: ...

    async def ask(self, prompt: str, hidden: bool) -> str | None: ...

    @property
    def listens(self) -> bool: ...

    def chunks(self) -> AsyncIterator[bytes]: ...

    @property
    def strand(self) -> Strand: ...

    @property
    def parent(self) -> int: ...

    @property
    def adopted(self) -> Process | None: ...


Exact: TypeAlias = Callable[[Call], Answer]
"""A program that is answered at once from the machine. It must not block."""

Live: TypeAlias = Callable[[Call, Io], Awaitable[int]]
"""A program that runs on (``sleep``, ``watch``); it returns its exit status."""
