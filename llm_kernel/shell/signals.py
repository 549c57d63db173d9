"""The signals that a shell was sent and has not looked at yet; who waits in it is woken by them."""

from __future__ import annotations

import re
from collections.abc import Callable

from llm_kernel.machine.signals import ENDS, name_of

__all__ = ["TRAPS", "Pending", "trapped"]

TRAPS = "__llm_kernel_traps"
"""The variable that tells ``wait`` the traps of its shell."""

_TRAP = re.compile(r"(?m)^trap -- ('(?:[^']|'\\'')*') (?:SIG)?(\w+)$")


class Pending:
    """What a shell's process does with a signal: it keeps it until the shell looks."""

    def __init__(self) -> None:
        self.signals: list[int] = []
        self._ears: list[Callable[[], None]] = []

    def __call__(self, signal: int) -> None:
        self.signals.append(signal)
        for hear in list(self._ears):
            hear()

    def listen(self, hear: Callable[[], None]) -> Callable[[], None]:
        """Call ``hear`` for every signal from now on, until what this returns is called."""
        self._ears.append(hear)
        return lambda: self._ears.remove(hear)

    def breaks(self, traps: str, *, login: bool) -> int:
        """The signal that ends a wait: the first one kept that is trapped, or that ends its shell; 0 for none."""
        wanted = trapped(traps)
        for signal in self.signals:
            body = wanted.get(name_of(signal)) if signal != 9 else None
            if body or (body is None and signal in ENDS and not login):
                return signal
        return 0


def trapped(traps: str) -> dict[str, str]:
    """What ``trap -p`` printed: the commands by the name of their signal, empty for one that is ignored."""
    return {name: text[1:-1].replace("'\\''", "'") for text, name in _TRAP.findall(traps)}
