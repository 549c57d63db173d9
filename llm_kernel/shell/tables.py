"""The job tables of one process: of its shell, and of the shells that run inside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from llm_kernel.machine import Machine
from llm_kernel.shell.background import CONTROL, Order
from llm_kernel.shell.call import Call
from llm_kernel.shell.channel import Streams
from llm_kernel.shell.control import Control
from llm_kernel.shell.job import Fork
from llm_kernel.shell.jobs import Jobs
from llm_kernel.shell.signals import Pending
from llm_kernel.strand import Strand

__all__ = ["Tables"]


class Tables:
    """Each by the process of its shell, that of a subshell also by its place.

    ``orders`` are the background commands of scripts, ``pending`` gives the signals that a process was sent; ``most``
    is how many jobs a table holds.
    """

    def __init__(
        self,
        machine: Machine,
        strand: Strand,
        fork: Fork,
        landed: Callable[[], Awaitable[None]],
        orders: dict[int, Order],
        pending: Callable[[int], Pending],
        most: int,
    ) -> None:
        self._machine = machine
        self._strand = strand
        self._fork = fork
        self._landed = landed
        self._orders = orders
        self._pending = pending
        self._most = most
        self._tables: dict[str, Jobs] = {}

    def home(self, pid: int) -> Jobs:
        """The jobs of the process's own shell."""
        return self._table(str(pid), pid)

    @property
    def busy(self) -> bool:
        """Whether any job goes on."""
        return any(table.busy for table in self._tables.values())

    def _table(self, which: str, pid: int) -> Jobs:
        if which not in self._tables:
            self._tables[which] = Jobs(
                self._machine,
                self._strand.timeline,
                self._fork,
                loud=which == str(self._machine.processes.shell),
                most=self._most,
                home=self.home(pid) if which != str(pid) else None,
                landed=self._landed,
            )
        return self._tables[which]

    async def control(self, call: Call, streams: Streams, own: int) -> int:
        """Job control for the shell ``own``, or for the one inside it whose process the first words name."""
        which = str(own)
        if call.name == CONTROL:
            which = call.args[0]
            call = replace(call, name=call.args[1], args=call.args[2:])
        streams.place = call.at
        table, pid = self._table(which, own), int(which.partition(".")[0]) or own
        control = Control(table, self._machine, call, streams, self._strand, pid, self._pending(pid))
        if which != str(self._machine.processes.shell) and table.screen is None:
            table.screen = _Writer(streams)
            try:
                return await control.answer(self._orders)
            finally:
                table.screen = None
        return await control.answer(self._orders)


class _Writer:
    """A program's streams as the terminal of a shell inside a shell."""

    def __init__(self, streams: Streams) -> None:
        self.out = streams.out
        self.err = streams.err
