"""What is read: a text that comes in pieces, record by record."""

from __future__ import annotations

from collections.abc import Callable

from llm_kernel.programs.awk.matching import Pattern

__all__ = ["Input", "Mark"]

Mark = str | Pattern
"""What ends a record: a letter, a pattern, or for the empty text a line without letters."""


class Input:
    """One source; ``more`` gives its next piece, and an empty one at its end."""

    def __init__(self, more: Callable[[], bytes], status: Callable[[], int] = lambda: 0) -> None:
        self._more = more
        self.status = status
        self._text = ""
        self._at = 0
        self._over = False

    def _filled(self) -> bool:
        """Whether something came to what is there."""
        if self._over:
            return False
        piece = self._more()
        if not piece:
            self._over = True
            return False
        self._text = self._text[self._at :] + piece.decode("latin-1")
        self._at = 0
        return True

    def next(self, mark: Mark) -> str | None:
        """The next record without what ends it; None where there is no more."""
        if mark == "\n" and (end := self._text.find("\n", self._at)) >= 0:
            return self._cut(end, end + 1)
        if mark == "":
            return self._paragraph()
        while True:
            begin, end = self._found(mark)
            if begin >= 0 and (end < len(self._text) or isinstance(mark, str)):
                return self._cut(begin, end)
            if not self._filled():
                break
        if self._at >= len(self._text):
            return None
        return self._cut(begin, end) if begin >= 0 else self._cut(len(self._text), len(self._text))

    def _found(self, mark: Mark) -> tuple[int, int]:
        if isinstance(mark, str):
            begin = self._text.find(mark, self._at)
            return begin, begin + 1
        found = mark.find(self._text, self._at)
        while found and found[0] == found[1]:  # what is empty ends nothing
            found = mark.find(self._text, found[1] + 1) if found[1] < len(self._text) else None
        return found or (-1, -1)

    def _cut(self, begin: int, end: int) -> str:
        record = self._text[self._at : begin]
        self._at = end
        return record

    def _paragraph(self) -> str | None:
        """Lines up to one without letters; those in front of it are passed over."""
        while True:
            while self._text.startswith("\n", self._at):
                self._at += 1
            end = self._text.find("\n\n", self._at)
            if end >= 0:
                return self._cut(end, end + 2)
            if not self._filled():
                break
        if self._at >= len(self._text):
            return None
        end = len(self._text)
        return self._cut(end - self._text.endswith("\n", self._at), end)
