"""How ``ls`` lays cells out on the screen: down columns, across, with commas, one a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Cell", "across", "columns", "commas"]

_LEAST = 3
"""The narrowest column: one character and the gap of two."""


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` as printed and the ``width`` it takes on the screen."""

    text: str
    width: int


def columns(cells: Sequence[Cell], width: int, tab: int = 8) -> str:
    """Sorted downwards, in as many columns as fit into ``width``."""
    if not cells:
        return ""
    if not width:
        return "  ".join(cell.text for cell in cells) + "\n"
    widths = _fit(cells, width, down=True)
    rows = -(-len(cells) // len(widths))
    return "".join(_line(cells[row::rows], widths, tab) for row in range(rows))


def across(cells: Sequence[Cell], width: int, tab: int = 8) -> str:
    """Sorted along the lines, in as many columns as fit into ``width``."""
    if not cells:
        return ""
    if not width:
        return "  ".join(cell.text for cell in cells) + "\n"
    widths = _fit(cells, width, down=False)
    step = len(widths)
    return "".join(_line(cells[start : start + step], widths, tab) for start in range(0, len(cells), step))


def commas(cells: Sequence[Cell], width: int) -> str:
    """One after the other with commas between, broken before ``width``."""
    text, place = "", 0
    for number, cell in enumerate(cells):
        if number and (not width or place + cell.width + 2 < width):
            text, place = text + ", ", place + 2
        elif number:
            text, place = text + ",\n", 0
        text, place = text + cell.text, place + cell.width
    return text + "\n" if cells else ""


def _fit(cells: Sequence[Cell], width: int, *, down: bool) -> list[int]:
    for count in range(min(max(1, width // _LEAST), len(cells)), 1, -1):
        rows = -(-len(cells) // count)
        widths = [_LEAST] * count
        for number, cell in enumerate(cells):
            column = number // rows if down else number % count
            widths[column] = max(widths[column], cell.width + (0 if column == count - 1 else 2))
        if sum(widths) < width:
            return widths
    return [max(cell.width for cell in cells)]


def _line(cells: Sequence[Cell], widths: Sequence[int], tab: int) -> str:
    text, start = "", 0
    for cell, width in zip(cells, widths, strict=False):
        text += cell.text
        if cell is not cells[-1]:
            text += _gap(start + cell.width, start + width, tab)
        start += width
    return text + "\n"


def _gap(place: int, end: int, tab: int) -> str:
    text = ""
    while place < end:
        if tab and end // tab > (place + 1) // tab:
            text, place = text + "\t", place + tab - place % tab
        else:
            text, place = text + " ", place + 1
    return text
