"""Edits as ``diff`` prints them: normal, unified, in context, as an ed script, for RCS, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from llm_kernel.programs.edits import Edit
from llm_kernel.programs.quoting import width

__all__ = ["Paper", "context", "ed", "normal", "rcs", "side_by_side", "unified"]

_MISSING = "\n\\ No newline at end of file\n"
_COLORS = {"head": "\x1b[1m", "line": "\x1b[36m", "old": "\x1b[31m", "new": "\x1b[32m", "": ""}


@dataclass(frozen=True, slots=True)
class Paper:
    """The two files' lines, each with its newline where it has one, and how to print."""

    old: Sequence[str]
    new: Sequence[str]
    color: bool = False
    around: int = 3
    columns: int = 130
    common: bool = True
    left: bool = False
    expand: bool = False

    def line(self, mark: str, text: str, color: str = "") -> str:
        """One line with the mark before it."""
        whole = text.endswith("\n")
        body = text[:-1] if whole else text
        return self.paint(mark + (body.expandtabs() if self.expand else body), color) + ("\n" if whole else _MISSING)

    def paint(self, text: str, color: str) -> str:
        """``text`` in the colour of its kind."""
        return f"{_COLORS[color]}{text}\x1b[0m" if self.color and color else text


def _range(start: int, end: int) -> str:
    return str(end) if end - start < 2 else f"{start + 1},{end}"


def _letter(edit: Edit) -> str:
    return "a" if edit.old == edit.old_end else "d" if edit.new == edit.new_end else "c"


def normal(paper: Paper, edits: Sequence[Edit]) -> Iterator[str]:
    """``2c2``, ``< old``, ``---``, ``> new``."""
    for edit in edits:
        head = f"{_range(edit.old, edit.old_end)}{_letter(edit)}{_range(edit.new, edit.new_end)}"
        yield paper.paint(head, "line") + "\n"
        yield from (paper.line("< ", text, "old") for text in paper.old[edit.old : edit.old_end])
        if _letter(edit) == "c":
            yield "---\n"
        yield from (paper.line("> ", text, "new") for text in paper.new[edit.new : edit.new_end])


def _groups(paper: Paper, edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    group: list[Edit] = []
    for edit in edits:
        if group and edit.old - group[-1].old_end > 2 * paper.around:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _span(paper: Paper, group: Sequence[Edit]) -> tuple[int, int, int, int]:
    first, last, around = group[0], group[-1], paper.around
    return (
        max(first.old - around, 0),
        min(last.old_end + around, len(paper.old)),
        max(first.new - around, 0),
        min(last.new_end + around, len(paper.new)),
    )


def unified(paper: Paper, edits: Sequence[Edit]) -> Iterator[str]:
    """``@@ -1,4 +1,5 @@`` and the lines with one sign before each."""
    for group in _groups(paper, edits):
        old, old_end, new, new_end = _span(paper, group)
        head = f"@@ -{_unified_range(old, old_end)} +{_unified_range(new, new_end)} @@"
        yield paper.paint(head, "line") + "\n"
        at = old
        for edit in group:
            yield from (paper.line(" ", text) for text in paper.old[at : edit.old])
            yield from (paper.line("-", text, "old") for text in paper.old[edit.old : edit.old_end])
            yield from (paper.line("+", text, "new") for text in paper.new[edit.new : edit.new_end])
            at = edit.old_end
        yield from (paper.line(" ", text) for text in paper.old[at:old_end])


def _unified_range(start: int, end: int) -> str:
    if end - start == 1:
        return str(end)
    return f"{start if start == end else start + 1},{end - start}"


def context(paper: Paper, edits: Sequence[Edit]) -> Iterator[str]:
    """``*** 1,4 ****`` and ``--- 1,5 ----``, each with its lines where some of them changed."""
    for group in _groups(paper, edits):
        old, old_end, new, new_end = _span(paper, group)
        yield paper.paint("***************", "") + "\n"
        yield paper.paint(f"*** {_range(old, old_end)} ****", "line") + "\n"
        if any(edit.old < edit.old_end for edit in group):
            marks = {
                at: "! " if _letter(edit) == "c" else "- " for edit in group for at in range(edit.old, edit.old_end)
            }
            for at in range(old, old_end):
                yield paper.line(marks.get(at, "  "), paper.old[at], "old" if at in marks else "")
        yield paper.paint(f"--- {_range(new, new_end)} ----", "line") + "\n"
        if any(edit.new < edit.new_end for edit in group):
            marks = {
                at: "! " if _letter(edit) == "c" else "+ " for edit in group for at in range(edit.new, edit.new_end)
            }
            for at in range(new, new_end):
                yield paper.line(marks.get(at, "  "), paper.new[at], "new" if at in marks else "")


def ed(paper: Paper, edits: Sequence[Edit]) -> Iterator[str]:
    """A script for ``ed``, from the bottom up."""
    for edit in reversed(edits):
        yield f"{_range(edit.old, edit.old_end)}{_letter(edit)}\n"
        if edit.new < edit.new_end:
            for text in paper.new[edit.new : edit.new_end]:
                yield "..\ns/.//\na\n" if text.rstrip("\n") == "." else text.rstrip("\n") + "\n"
            yield ".\n"


def rcs(paper: Paper, edits: Sequence[Edit]) -> Iterator[str]:
    """What RCS stores."""
    for edit in edits:
        if edit.old < edit.old_end:
            yield f"d{edit.old + 1} {edit.old_end - edit.old}\n"
        if edit.new < edit.new_end:
            yield f"a{edit.old_end} {edit.new_end - edit.new}\n"
            yield from paper.new[edit.new : edit.new_end]


def side_by_side(paper: Paper, edits: Sequence[Edit]) -> Iterator[str]:
    """Two columns with a sign between them."""
    tab = 1 if paper.expand else 8
    half = ((paper.columns // 2) + 4) // tab * tab
    half = max(min((paper.columns + tab + 3) // (2 * tab) * tab, paper.columns), 0)
    room = max(0, min(half - 3, paper.columns - half))
    start = half if room else paper.columns
    row = _row(paper, room, start)
    at = to = 0
    for edit in [*edits, Edit(len(paper.old), len(paper.old), len(paper.new), len(paper.new))]:
        if paper.common:
            for text, twin in zip(paper.old[at : edit.old], paper.new[to : edit.new], strict=False):
                yield row(text, "(" if paper.left else " ", "" if paper.left else twin)
        left, right = paper.old[edit.old : edit.old_end], paper.new[edit.new : edit.new_end]
        for pair in range(max(len(left), len(right))):
            one = left[pair] if pair < len(left) else None
            other = right[pair] if pair < len(right) else None
            yield row(one, "<" if other is None else ">" if one is None else "|", other)
        at, to = edit.old_end, edit.new_end


def _row(paper: Paper, room: int, start: int) -> Callable[[str | None, str, str | None], str]:
    def row(left: str | None, mark: str, right: str | None) -> str:
        text = _cut(left or "", room)
        column = width(text)
        if mark != " ":
            middle = (room + start - 1) // 2
            text += _gap(paper, column, middle) + mark
            column = middle + 1
        if right is not None and right.rstrip("\n"):
            text += _gap(paper, column, start) + _cut(right, room)
        elif right is not None and mark == " " and left is not None and not paper.left:
            text += ""
        return text + "\n"

    return row


def _cut(text: str, room: int) -> str:
    text = text.rstrip("\n").expandtabs()
    return text if width(text) <= room else text[:room]


def _gap(paper: Paper, start: int, end: int) -> str:
    if paper.expand:
        return " " * (end - start)
    text = ""
    while (stop := start - start % 8 + 8) <= end:
        text += "\t"
        start = stop
    return text + " " * (end - start)
