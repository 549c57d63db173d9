"""A notebook on a terminal: cells with their numbers, output beside a rule, nothing that could move the cursor."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

__all__ = ["Page", "plain"]

HEAD, TAIL = 14, 6  # lines of a long recorded output that are shown
_ESCAPE = re.compile(r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)|\[[0-?]*[ -/]*[@-~]|[@-_]?)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")


def plain(text: str) -> str:
    """``text`` without control characters; of a line that was written over, what stood there last."""
    lines = _ESCAPE.sub("", text).replace("\r\n", "\n").split("\n")
    return "\n".join(_CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]) for line in lines)


class Page:
    """Writes lines to ``out``, in colour where that is a terminal that wants it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._colour = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._width = min(100, shutil.get_terminal_size((88, 24)).columns)
        self._bar: Any = None

    @contextmanager
    def beside(self, bar: Any) -> Iterator[None]:
        """Write above a tqdm bar for the time of a block."""
        self._bar = bar
        try:
            yield
        finally:
            self._bar = None

    def title(self, text: str) -> None:
        """A heading over the whole width."""
        self._write("")
        self._write(self._paint("1", f"── {text} ".ljust(self._width - 1, "─")))

    def say(self, text: str) -> None:
        """A line of our own."""
        self._write(text)

    def cell(self, number: int, source: str) -> None:
        """A cell's number and text."""
        self._write("")
        mark = f"[{number}] "
        for line in plain(source).rstrip("\n").split("\n"):
            self._write(self._paint("36", mark) + self._paint("1", line))
            mark = " " * len(mark)

    def output(self, line: str, *, error: bool = False) -> None:
        """One line of a cell's output."""
        self._write(self._paint("2", "  │ ") + self._paint("31" if error else "", plain(line)))

    def note(self, text: str) -> None:
        """What a cell cost."""
        self._write(self._paint("2", f"  └ {text}"))

    def book(self, book: Any) -> None:
        """An executed notebook; the middle of a long output is left out, and so it says."""
        number = 0
        for cell in book.cells:
            if cell.cell_type == "code" and cell.source.strip():
                number += 1
                self.cell(number, cell.source)
                self._outputs(cell.outputs)
            elif cell.cell_type == "markdown":
                self._write("")
                self._write(plain(cell.source))

    def _outputs(self, outputs: list[Any]) -> None:
        lines = [(line, error) for output in outputs for line, error in _lines(output)]
        hidden = len(lines) - HEAD - TAIL
        if hidden > 1:
            for line, error in lines[:HEAD]:
                self.output(line, error=error)
            self.output(f"... {hidden} lines more ...")
            lines = lines[-TAIL:]
        for line, error in lines:
            self.output(line, error=error)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and code and text else text

    def _write(self, line: str) -> None:
        encoding = self._out.encoding or "utf-8"  # an old console's code page has no lines to draw with
        line = line.encode(encoding, "replace").decode(encoding)
        if self._bar is not None:
            self._bar.write(line, file=self._out)
        else:
            self._out.write(f"{line}\n")
            self._out.flush()


def _lines(output: Any) -> list[tuple[str, bool]]:
    """An output's lines, each with whether it is a complaint."""
    if output.output_type == "error":
        return [(f"{output.ename}: {output.evalue}", True)]
    if output.output_type == "stream":
        text, error = str(output.text), output.name == "stderr"
    else:
        text, error = str(output.data.get("text/plain", "")), False
    return [(line, error) for line in text.removesuffix("\n").split("\n")] if text else []
