"""What a shell's scripts are led by, one after another: its place among the processes, its terminal, its programs."""

from __future__ import annotations

import re
from collections.abc import Collection

from llm_kernel.machine import Machine
from llm_kernel.shell.asking import asking, unfed
from llm_kernel.shell.background import CONTROL, Order, detached
from llm_kernel.shell.beginning import ALIASES
from llm_kernel.shell.control import WORDS
from llm_kernel.shell.feeding import fed
from llm_kernel.shell.inner import WATCHED
from llm_kernel.shell.lead import Lead
from llm_kernel.shell.opened import telling
from llm_kernel.shell.operands import operands
from llm_kernel.shell.permits import matters
from llm_kernel.shell.script import led
from llm_kernel.shell.streams import aimed
from llm_kernel.shell.timing import timed
from llm_kernel.shell.words import LED, LOCAL, OURS

__all__ = ["Guide"]

_TRAPS, _STARTS = re.compile(r"\btrap\s"), re.compile(r"[^&>]&(?![&>])")
_OWN = OURS | WORDS | {CONTROL}


class Guide:
    """One shell's guide; ``functions`` are those that it knows, ``readers`` the programs that read what they are fed.

    ``root``: the number it calls itself by where that is another shell's. ``listened``: somebody sits at its terminal.
    """

    def __init__(self, machine: Machine, orders: dict[int, Order], readers: Collection[str]) -> None:
        self._machine = machine
        self._orders = orders
        self._readers = readers
        self._terminal = "012"
        self._dated = self._unfed = False
        self.functions: tuple[str, ...] = ()
        self.root = 0
        self.forked = False
        self.listened = False

    def turn(self, parent: Guide, command: str) -> None:
        """Be the guide of a child that ``parent``'s shell forked for a whole command."""
        self._terminal = aimed(parent._terminal, command)

    def led(self, script: str, pid: int = 0, parent: int = 0, source: str = "") -> str:
        """``script`` with its edits; ``pid`` and ``parent`` are those of a shell inside this one."""
        machine = self._machine
        self._dated = self._dated or ")T" in script
        login = machine.processes.table.get(machine.processes.shell)
        asked = False
        if self.listened:
            self._unfed = unfed(script) and (self._unfed or not parent)
            asked = self._unfed or not parent
        lead = Lead(
            pid or self.root or machine.processes.shell,
            parent or (login.ppid if login else 1),
            machine.system.profile.bash,
            LED,
            _OWN,
            LOCAL,
            self.place,
            self.absent,
            inner=bool(parent) and (bool(source) or pid != machine.processes.shell),
            watched=source == WATCHED,
            source="" if source == WATCHED else source,
            terminal=self._terminal if source not in ("", WATCHED) or not parent else "",
            shared=machine.files.shared,
            trapped=bool(_TRAPS.search(script) and (self.forked or _STARTS.search(script))),
            guarded=matters(machine, script, login.cwd if login else "/"),
            dated=self._dated,
            asked=asked,
            pathed="PATH=" in script,
        )
        text = detached(script, self._orders, pid if parent else 0)
        text = text if lead.inner else telling(text)
        text = led(fed(timed(text), self._readers, OURS), lead)
        return operands(asking(text) if asked else text)

    def absent(self, name: str) -> bool:
        """Whether ``name`` is registered, as any word of a script is, and no program, function or alias."""
        known = name in OURS or name in LOCAL or name in self.functions or name in ALIASES
        return not known and not self._machine.packages.provider(name) and self.place(name) == name

    def place(self, tool: str) -> str:
        """The path of a program, or its bare name where it has none."""
        return next((path for path in (f"/usr/bin/{tool}", f"/bin/{tool}") if self._machine.files.exists(path)), tool)
