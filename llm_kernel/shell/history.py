"""What was typed into a shell: the lines behind ``history`` and ``fc -l``."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from llm_kernel.syntax import rests

__all__ = ["FC", "HISTORY", "History"]


HISTORY, FC = "__llm_kernel_history", "__llm_kernel_fc"
"""The words that these builtins run under: the library keeps its own under theirs."""

_MOST = 1_000_000
"""The characters that are remembered; beyond them the oldest commands are forgotten."""


class History:
    """The commands that are remembered in order, numbered from 1."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._size = 0

    def add(self, text: str) -> None:
        """Remember each command of what was typed."""
        starts = [*rests(text), len(text)] if text.strip() else []
        self._remember([one for a, b in pairwise(starts) if (one := text[a:b].strip())])

    def take(self, lines: Iterable[str]) -> None:
        """Remember what another shell remembered, and nothing else."""
        self._clear()
        self._remember(list(lines))

    def _remember(self, lines: list[str]) -> None:
        self.lines += lines
        self._size += sum(map(len, lines))
        old = 0
        while self._size > _MOST:
            self._size -= len(self.lines[old])
            old += 1
        del self.lines[:old]

    def _clear(self) -> None:
        self.lines.clear()
        self._size = 0

    def answer(self, name: str, args: tuple[str, ...]) -> tuple[str, int]:
        """What ``history`` or ``fc`` says to ``args``, and its status; words about a mistake where that is not 0."""
        if name == FC:
            return self._fc(args)
        if not args:
            return self._listed(len(self.lines)), 0
        if args[0].isdigit():
            return self._listed(int(args[0])), 0
        if args[0] == "-c":
            self._clear()
            return "", 0
        if args[0] == "-d" and len(args) > 1:
            return self._delete(args[1])
        if args[0] in ("-a", "-n", "-r", "-w", "-s", "-p"):
            return "", 0
        if args[0].startswith("-"):
            usage = (
                "history: usage: history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]"
            )
            return f"bash: history: {args[0][:2]}: invalid option\n{usage}\n", 2
        return f"bash: history: {args[0]}: numeric argument required\n", 1

    def _listed(self, most: int) -> str:
        first = max(0, len(self.lines) - most)
        return "".join(f"{n:5d}  {line}\n" for n, line in enumerate(self.lines[first:], first + 1))

    def _delete(self, text: str) -> tuple[str, int]:
        at = int(text) if text.lstrip("-").isdigit() else 0
        at = at + len(self.lines) if at < 0 else at - 1
        if not 0 <= at < len(self.lines) or text.strip("-0") == "":
            return f"bash: history: {text}: history position out of range\n", 1
        self._size -= len(self.lines.pop(at))
        return "", 0

    def _fc(self, args: tuple[str, ...]) -> tuple[str, int]:
        if not args or not args[0].startswith("-l"):
            return "bash: fc: this terminal has no screen to draw on; use fc -l\n", 1
        shown = list(enumerate(self.lines[:-1], 1))[-16:]
        return "".join(f"{n}\t {line}\n" for n, line in shown), 0
