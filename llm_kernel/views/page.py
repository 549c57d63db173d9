"""The pieces that every view is made of: escaped HTML whose styles are constants, and text without hidden letters.

A notebook shows HTML as it is where it trusts the output, and a cleaned copy where it does not. These pieces keep to
what the cleaning of JupyterLab lets through, so both look the same: no script, no style sheet, no address, only inline
styles, with colours that stand on a light and on a dark ground. Nothing that comes from a machine becomes the name of
an element, an attribute or a style; the one attribute that follows from it is the number on a bar.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from htpy import Element, Node, bdi, details, div, meter, pre, span, summary, table, tbody, td, th, thead, tr
from markupsafe import Markup

from llm_kernel.events import Display

__all__ = ["bar", "block", "columns", "fold", "grid", "note", "page", "piece", "section", "shown", "view"]

_PLAIN = re.compile(r"[ -~\n\t]*")
_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian and Hindi are written."""

_PAGE = "border: 1px solid rgba(128, 128, 128, 0.4); border-radius: 6px; padding: 8px 12px; max-width: 60em"
_TITLE = "font-weight: bold; font-size: 110%; margin: 0 0 4px 0"
_HEAD = "font-weight: bold; margin: 10px 0 2px 0"
_TABLE = "border-collapse: collapse; margin: 0; font-size: 95%"
_CELL = "text-align: left; vertical-align: top; padding: 1px 14px 1px 0; white-space: pre-wrap"
_NUMBER = "text-align: right; vertical-align: top; padding: 1px 14px 1px 0; white-space: nowrap"
_TOP = "text-align: left; padding: 1px 14px 3px 0; opacity: 0.7; font-weight: normal"
_BAR = "width: 120px; vertical-align: middle"
_NOTE = "opacity: 0.7; margin: 2px 0"
_PRE = "margin: 2px 0; padding: 0; white-space: pre-wrap; overflow-wrap: break-word; font-size: 95%"
_FOLD = "margin: 2px 0"
_TONES = {
    "": "",
    "added": "background-color: rgba(46, 160, 67, 0.25)",
    "gone": "background-color: rgba(248, 81, 73, 0.25)",
    "faint": "opacity: 0.7",
    "strong": "font-weight: bold",
    "warning": "font-weight: bold; color: rgb(191, 111, 0)",
}


def shown(text: str, *, lines: bool = False) -> str:
    """``text`` with every letter to be seen: what a terminal or a browser would obey or hide is written as a code.

    Line ends and tabs stay with ``lines``; else they are written as codes, too.
    """

    if not _PLAIN.fullmatch(text):
        text = "".join(char if char in "\n\t" or _seen(char) else _code(char) for char in text)
    return text if lines else text.replace("\n", "\\n").replace("\t", "\\t")


def _seen(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def _code(char: str) -> str:
    number = ord(char)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def piece(text: str, tone: str = "") -> Element:
    """A text from the machine inside a line, in a direction of its own; ``tone`` is one of a few."""
    inner = bdi[shown(text)]
    return span(style=_TONES[tone])[inner] if tone else inner


def block(text: str, tones: Iterable[tuple[str, str]] = ()) -> Element:
    """Lines of text as they are; ``tones`` are lines with a tone each, in the place of ``text``."""
    rows: list[Node] = [
        span(style=_TONES[tone])[shown(line, lines=True), "\n"] if tone else [shown(line, lines=True), "\n"]
        for line, tone in tones
    ]
    return pre(style=_PRE)[rows or shown(text, lines=True)]


def bar(value: float, most: float, said: str) -> Node:
    """A bar and its words; the element is the browser's own, so it needs no style from data."""
    most = max(most, 1.0)
    return [meter(style=_BAR, min="0", max=f"{most:.0f}", value=f"{min(max(value, 0.0), most):.0f}"), " ", said]


def grid(head: Sequence[str], rows: Iterable[Sequence[Node]], *, numbers: Iterable[int] = ()) -> Element:
    """A table; the columns ``numbers`` stand to the right."""
    right = frozenset(numbers)
    names = [th(style=_NUMBER if at in right else _TOP)[name] for at, name in enumerate(head)]
    body = tbody[
        (tr[(td(style=_NUMBER if at in right else _CELL)[cell] for at, cell in enumerate(row))] for row in rows)
    ]
    return table(style=_TABLE)[thead[tr[names]] if names else None, body]


def section(title: str, *parts: Node) -> Element:
    """A part of a page under its title."""
    return div[div(style=_HEAD)[title], parts]


def fold(title: str, *parts: Node, opened: bool = False) -> Element:
    """A part that opens under its title by a click; the title may come from the machine."""
    return details(style=_FOLD, open=opened)[summary[piece(title)], parts]


def note(text: str) -> Element:
    """A remark in small."""
    return div(style=_NOTE)[shown(text)]


def page(title: str, *parts: Node) -> Markup:
    """A whole view."""
    return Markup(str(div(style=_PAGE)[div(style=_TITLE)[piece(title)], parts]))  # noqa: S704 - htpy has escaped it


def view(html: Markup, plain: str, *, kind: str = "display") -> Display:
    """Both forms of a view, as an output among others or (``result``) as the cell's own value."""
    data = {"text/plain": plain.rstrip("\n"), "text/html": str(html)}
    return Display(data, kind="result") if kind == "result" else Display(data)


def columns(rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> list[str]:
    """Rows as lines of plain text whose columns stand below each other, by how wide letters are in a terminal."""
    if not rows:
        return []
    numbers = frozenset(right)
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            " " * (width - _width(cell)) + cell if at in numbers else cell + " " * (width - _width(cell))
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)
