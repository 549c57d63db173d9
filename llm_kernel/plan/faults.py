"""How a program surely ends when it does not end well: the exception that nobody catches, and where it was raised."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Fault", "Frame", "executing"]


_BETWEEN = {
    "during": "\nDuring handling of the above exception, another exception occurred:\n\n",
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One call on the way to the exception: the module's path (empty: the script), the line and the function.

    ``text`` is the line's own text where its file is a library's; ``place`` the first and the last line and column of
    what failed there, where Python would mark it.
    """

    module: str
    line: int
    function: str
    text: str = ""
    place: tuple[int, int, int, int] | None = None

    @classmethod
    def at(cls, module: str, node: ast.expr | ast.stmt, function: str, text: str) -> Frame:
        """Where ``node`` failed with ``text``."""
        part = executing(node, text)
        if part is None or part.end_lineno is None or part.end_col_offset is None:
            return cls(module, node.lineno, function)
        place = part.lineno, part.end_lineno, part.col_offset, part.end_col_offset
        return cls(module, part.lineno, function, place=place)


def executing(node: ast.expr | ast.stmt, text: str) -> ast.expr | ast.stmt | None:
    """What of a statement or an expression Python names when it fails with ``text``; None where that is not known."""
    match node:
        case ast.For(target=target) if " to unpack" in text:
            return target
        case ast.For(iter=items):
            return items
        case ast.Assert(test=test):
            return test
        case ast.Assign(targets=[target]) | ast.Delete(targets=[target]):
            return target
        case ast.Call(func=ast.Attribute(attr=name) as func) if text.endswith(f"has no attribute '{name}'"):
            return func
        case ast.expr() | ast.Raise() | ast.AugAssign() | ast.Import() | ast.ImportFrom():
            return node
    return None


@dataclass(frozen=True, slots=True)
class Fault:
    """An exception that ends the program, outermost frame first.

    ``own``: the source raised it by name. ``near``: the names among which Python looks for the one that was meant.
    """

    kind: str
    text: str
    frames: tuple[Frame, ...] = ()
    before: Fault | None = None
    link: str = "during"
    own: bool = False
    near: tuple[tuple[str, ...], ...] = ()

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
