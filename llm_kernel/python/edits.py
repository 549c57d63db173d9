"""Changes to a script's text, and the way back: where a place in the changed text was in the original."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["Edit", "Text", "apply"]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put ``text`` where the original has ``start`` to ``end``; ``rank`` orders insertions at one place."""

    start: int
    end: int
    rank: int = 0
    text: str = ""


class Text:
    """A source with offsets for lines and columns as the syntax tree counts them (columns in UTF-8 bytes)."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """The offset of a place given by line (from 1) and byte column (from 0)."""
        text = self.lines[line - 1]
        width = column if text.isascii() else len(text.encode()[:column].decode("utf-8", "ignore"))
        return self._starts[line - 1] + width

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The offsets at which a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def place(self, offset: int) -> tuple[int, int]:
        """Line (from 1) and column in characters (from 0) of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return line + 1, offset - self._starts[line]

    def at(self, line: int, column: int) -> int:
        """The offset of line (from 1) and column in characters (from 0)."""
        return self._starts[line - 1] + column


def apply(source: str, edits: list[Edit]) -> tuple[str, list[tuple[int, int]]]:
    """The changed text, and pairs (new offset, old offset) of every character that stayed, as run starts."""
    pieces: list[str] = []
    runs: list[tuple[int, int]] = []
    done = length = 0
    for edit in sorted(edits):
        if edit.start < done:
            continue  # inside a text that another edit took away
        kept = source[done : edit.start]
        runs += ((length, done), (length + len(kept), edit.start))
        pieces += (kept, edit.text)
        length += len(kept) + len(edit.text)
        done = edit.end
    runs.append((length, done))
    pieces.append(source[done:])
    return "".join(pieces), runs


def back(runs: list[tuple[int, int]], offset: int) -> int:
    """The original offset of a place in the changed text; inside a text that was put in, where that begins."""
    index = bisect_right(runs, (offset, 1 << 60)) - 1
    new, old = runs[index]
    return old if index % 2 else old + offset - new  # every second run is a text that was put in
