"""How a program surely ends when it does not end well: the exception that nobody catches, and where it was raised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Fault", "Frame"]


_BETWEEN = {
    "during": "\nDuring handling of the above exception, another exception occurred:\n\n",
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on the way to the exception: the module's path (empty: the script), the line and the function.

    ``text`` is the line's own text where its file is a library's.
    """

    module: str
    line: int
    function: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that ends the program, outermost frame first."""

    kind: str
    text: str
    frames: tuple[Frame, ...] = ()
    before: Fault | None = None
    link: str = "during"

    def traceback(self, named: Callable[[str], str], source: Callable[[str], Sequence[str]]) -> str:
        """What Python prints of it; ``named`` words a module's path, ``source`` gives its lines."""
        first = self.before.traceback(named, source) + _BETWEEN[self.link] if self.before is not None else ""
        rows = ["Traceback (most recent call last):"]
        for frame in self.frames:
            rows.append(f'  File "{named(frame.module)}", line {frame.line}, in {frame.function}')
            if frame.text:
                rows.append(f"    {frame.text}")
                continue
            lines = source(frame.module)
            if 0 < frame.line <= len(lines) and lines[frame.line - 1].strip():
                rows.append(f"    {lines[frame.line - 1].strip()}")
        return first + "\n".join([*rows, f"{self.kind}: {self.text}" if self.text else self.kind]) + "\n"
