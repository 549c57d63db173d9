"""One background command of a shell: its process, its thread of time, how far it is, and how bash shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from llm_kernel.machine.processes import Process
from llm_kernel.shell.background import Order
from llm_kernel.shell.call import Call
from llm_kernel.shell.order import Sink
from llm_kernel.strand import Strand

__all__ = ["Family", "Fork", "Forked", "Job", "Screen"]


class Screen(Protocol):
    """Where a shell's terminal output goes while a cell runs."""

    async def out(self, data: bytes) -> None: ...

    async def err(self, data: bytes) -> None: ...


class Family(Protocol):
    """The jobs of a shell, which write to a screen of their own."""

    def begin(self, screen: Screen) -> None: ...


class Forked(Protocol):
    """A child shell, which may have jobs of its own."""

    @property
    def jobs(self) -> Family: ...

    async def run(self, script: str, out: Sink, err: Sink) -> int: ...

    def caught(self, signal: int) -> bool: ...


Fork: TypeAlias = Callable[[Order, Call, Process, Strand], Awaitable[Forked]]
"""Makes the shell of a job, with the state that the call carries."""


@dataclass(slots=True, eq=False)
class Job:
    """One background command; ``call`` holds what fork() gave it, ``names`` the files that its streams go to.

    ``pending``: signals that wait until it goes on.
    """

    number: int
    order: Order
    process: Process
    strand: Strand
    call: Call
    names: tuple[str, ...] = ()
    task: asyncio.Task[None] | None = None
    shell: Forked | None = None
    state: str = "Running"
    status: int = 0
    signal: int = 0
    live: bool = True
    waited: int = 0
    told: bool = False
    held: list[tuple[bool, bytes]] = field(default_factory=list)
    size: int = 0
    pending: list[int] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state not in ("Running", "Stopped")

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def line(self, mark: str, *, long: bool = False) -> str:
        """How bash lists it; ``mark`` is ``+``, ``-`` or nothing, ``long`` with its process."""
        pid = f" {self.pid:>5}" if long else " "
        tail = " &" if self.state == "Running" else ""
        state = "Stopped (signal)" if long and self.state == "Stopped" else self.state
        return f"[{self.number}]{mark or ' '}{pid} {state:<23} {self.order.text}{tail}"
