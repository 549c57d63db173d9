"""The cells that were run, as a client asks for them: the last ones, a range, or those that match a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias

__all__ = ["History", "Line"]

SESSION = 1  # a kernel's life is one session; nothing older is kept

Row: TypeAlias = tuple[int, int, str] | tuple[int, int, tuple[str, str | None]]


@dataclass(slots=True)
class Line:
    """One cell: its number, its text, and its own value as text where it had one."""

    number: int
    code: str
    output: str | None = None

    def row(self, output: bool) -> Row:
        """The line as the protocol has it: session, number, and the code or the pair of code and output."""
        return (SESSION, self.number, (self.code, self.output)) if output else (SESSION, self.number, self.code)


class History:
    """Cells in the order in which they ran."""

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def add(self, number: int, code: str) -> Line:
        """Remember a cell and give its line, so that its output can be added later."""
        self._lines.append(Line(number, code))
        return self._lines[-1]

    def tail(self, n: int | None) -> list[Line]:
        """The last ``n`` lines; all of them for None."""
        return list(self._lines) if n is None else self._lines[-n:] if n > 0 else []

    def range(self, session: int | None, start: int | None, stop: int | None) -> list[Line]:
        """Lines numbered from ``start`` up to, not with, ``stop``; session 0 is the present one."""
        if session not in (None, 0, SESSION):
            return []
        first = 0 if start is None else start
        return [line for line in self._lines if first <= line.number and (stop is None or line.number < stop)]

    def search(self, pattern: str | None, n: int | None, unique: bool) -> list[Line]:
        """Lines whose code matches a glob ``pattern``: the last ``n``; with ``unique`` each text once, its last run."""
        found = [line for line in self._lines if fnmatchcase(line.code, pattern or "*")]
        if unique:
            found = sorted({line.code: line for line in found}.values(), key=lambda line: line.number)
        return found if n is None else found[-n:] if n > 0 else []
