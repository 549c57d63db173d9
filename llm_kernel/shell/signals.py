"""The signals that a shell was sent and has not looked at yet; who waits in it is woken by them."""

from __future__ import annotations

import re
from collections.abc import Callable

from llm_kernel.machine.processes import Processes
from llm_kernel.machine.signals import ENDS, name_of

__all__ = ["TRAPS", "Pending", "heeded", "trapped"]

TRAPS = "__llm_kernel_traps"
"""The variable that tells ``wait`` the traps of its shell."""

_TRAP = re.compile(r"(?m)^trap -- ('(?:[^']|'\\'')*') (?:SIG)?(\w+)$")


_KILL, _CHLD, _PARTING = 9, 17, (1, 2, 15)
"""The signal that nobody catches, that of a child's end, and those that let a shell go by way of its EXIT trap."""


class Pending:
    """What a shell's process does with a signal: it keeps it until the shell looks; ``traps`` are the shell's."""

    def __init__(self) -> None:
        self.signals: list[int] = []
        self.traps: dict[str, str] = {}
        self._ears: list[Callable[[], None]] = []

    def __call__(self, signal: int) -> None:
        self.signals.append(signal)
        for hear in list(self._ears):
            hear()

    def heeds(self, signal: int) -> bool:
        """Whether a trap takes a signal, or it is ignored."""
        body = self.traps.get(name_of(signal)) if signal != _KILL else None
        return body is not None or bool(self.traps.get("EXIT") and signal in _PARTING)

    def takes(self, signal: int) -> bool:
        """The same; a trap then runs when the shell looks."""
        heeded = self.heeds(signal)
        if heeded and self.traps.get(name_of(signal)) != "":
            self(signal)
        return heeded

    def listen(self, hear: Callable[[], None]) -> Callable[[], None]:
        """Call ``hear`` for every signal from now on, until what this returns is called."""
        self._ears.append(hear)
        return lambda: self._ears.remove(hear)

    def breaks(self, traps: str, *, login: bool) -> int:
        """The signal that ends a wait: the first one kept that is trapped, or that ends its shell; 0 for none."""
        wanted = trapped(traps)
        for signal in self.signals:
            if signal == _CHLD:  # its trap runs when the wait is over
                continue
            body = wanted.get(name_of(signal)) if signal != _KILL else None
            if body or (body is None and signal in ENDS and not login):
                return signal
        return 0


def heeded(processes: Processes, pid: int, signal: int) -> bool:
    """Send a signal to what process ``pid`` has started if a shell there takes it; whether one does.

    Where one ignores it, those that it started do so too.
    """
    below = processes.below(pid)
    shells = [one for one in map(processes.handlers.get, below) if isinstance(one, Pending) and one.heeds(signal)]
    if shells and all(one.traps.get(name_of(signal)) != "" for one in shells):
        for one in below:
            processes.signal(one, signal)
    return bool(shells)


def trapped(traps: str) -> dict[str, str]:
    """What ``trap -p`` printed: the commands by the name of their signal, empty for one that is ignored."""
    return {name: text[1:-1].replace("'\\''", "'") for text, name in _TRAP.findall(traps)}
