"""Dates that the library would take from the host: of ``printf`` and of the headings of ``pr``."""

from __future__ import annotations

import re

from tree_sitter import Node

from llm_kernel.shell.lead import Edit, replaced, text_of

__all__ = ["dates", "paged"]

_DATE = re.compile(r"%-?\d*\(([^)]*)\)T")
_CONVERSION = re.compile(r"%(?:%|[-+ #0]*(?:[1-9]\d*|\*)?(?:\.(?:\d+|\*)?)?(?:\([^)]*\)T|[a-zA-Z]))")
_PAGED = frozenset(["-D", "-h", "-l", "-o", "-w", "-W", "-N", "--date-format", "--header"])
"""The options of ``pr`` that take a word of their own."""


def paged(words: list[Node]) -> list[Edit]:
    """``pr``: its heading's date is the file's on the machine, or the machine's own."""
    rest = [text_of(word) for word in words[1:]]
    pairs = zip(["", *rest], rest, strict=False)
    files = [word for before, word in pairs if not re.match(r"[-+]", word) and before not in _PAGED]
    own = next((at for at, word in enumerate(rest) if word in ("-D", "--date-format")), None)
    given = own is not None and own + 1 < len(rest)
    style = text_of(words[own + 2]).strip("\"'") if own is not None and given else "%F %R"
    file = f" -r {files[0]}" if files else ""
    date = f"\"$(date{file} '+{style}' 2>/dev/null || date '+{style}')\""
    if own is not None and given:
        return [replaced(words[own + 2], date)]
    return [(words[0].end_byte, words[0].end_byte, f" -D {date}")]


def dates(words: list[Node]) -> list[Edit]:
    """``printf '%(FORMAT)T' WHEN`` by the machine's ``date``; only where the format is a literal."""
    args = words[1:]
    at = 2 if args and text_of(args[0]) == "-v" else 0
    if len(args) <= at or args[at].type not in ("raw_string", "string", "word") or "(" not in text_of(args[at]):
        return []
    style, values = args[at], args[at + 1 :]
    kinds = [one for one in _CONVERSION.findall(text_of(style)) if one != "%%"]
    shown = _DATE.sub("%s", text_of(style))
    edits = [replaced(style, shown)]
    lacking: list[str] = []
    for number, kind in enumerate(kinds):
        date = _DATE.fullmatch(kind)
        if date and number < len(values):
            edits.append(replaced(values[number], _date(date[1], text_of(values[number]))))
        elif number >= len(values):
            lacking.append(_date(date[1], "-1") if date else "''")
    if any(word != "''" for word in lacking):
        more = f" {' '.join(lacking)}"
        last = edits.pop() if edits[-1][1] == words[-1].end_byte else (words[-1].end_byte, words[-1].end_byte, "")
        edits.append((last[0], last[1], last[2] + more))
    return edits


def _date(style: str, when: str) -> str:
    moment = "" if when in ("-1", "-2") else f" -d @{when}"
    return f"\"$(date{moment} '+{style or '%X'}')\""
