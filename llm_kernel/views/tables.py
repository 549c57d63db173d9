"""Figures in tables: CSV, columns of words under a header, JSON lines, and JSON with lists."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llm_kernel.views.lines import Reading, is_place

__all__ = ["read_table"]

_MOST_ROWS = 50_000
_MOST_COLUMNS = 200
_CELL = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf|-inf)\s*(%?)\s*", re.IGNORECASE)


def read_table(text: str) -> list[Reading]:
    """Every figure of a text that is a table as a whole; nothing where it is none."""
    plain = text.strip()
    if plain[:1] in ("{", "[") and (rows := _json(plain)):
        return [*_rows(rows)]
    for cells in (_csv(plain), _columns(plain)):
        if cells:
            return [*_rows(cells)]
    return []


def _rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Reading]:
    """Figures by the names of their columns, at the places that other columns tell."""
    for number, row in enumerate(rows):
        if number == _MOST_ROWS:
            return
        told = {name: found for name, value in list(row.items())[:_MOST_COLUMNS] if (found := _figure(value))}
        places = {is_place(name.rpartition(".")[2]): value for name, (value, _) in told.items()}
        for name, (value, percent) in told.items():
            if not is_place(name.rpartition(".")[2]) and name.strip():
                yield Reading(name.strip()[:60], value, places.get("epoch"), places.get("step"), percent)


def _figure(value: object) -> tuple[float, bool] | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return (float(value), False) if abs(value) < 1e300 else None
    if isinstance(value, str) and (found := _CELL.fullmatch(value[:60])):
        return float(found[1]), bool(found[2])
    return None


def _json(text: str) -> list[dict[str, Any]]:
    """Rows of one JSON value or of one a line; columns of lists become rows."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _json_lines(text)
    return _json_rows(value)


def _json_lines(text: str) -> list[dict[str, Any]]:
    rows = []
    for line in text.split("\n")[:_MOST_ROWS]:
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return []
        if isinstance(value, dict):
            rows.append(_flat(value))
    return rows


def _json_rows(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [_flat(row) for row in value if isinstance(row, dict)]
    if not isinstance(value, dict):
        return []
    lists = {str(name): some for name, some in value.items() if isinstance(some, list)}
    if any(isinstance(one, dict) for some in lists.values() for one in some[:1]):
        return next(_json_rows(some) for some in lists.values() if some and isinstance(some[0], dict))
    if lists:
        most = max(len(some) for some in lists.values())
        return [{name: some[at] for name, some in lists.items() if at < len(some)} for at in range(most)]
    inner = [one for one in value.values() if isinstance(one, dict)]
    return _json_rows(inner[0]) if len(inner) == 1 else [_flat(value)]


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose own rows stand in it, one level deep."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": some for inner, some in value.items()}
        else:
            flat[str(name)] = value
    return flat


def _csv(text: str) -> list[dict[str, str]]:
    first = text.partition("\n")[0]
    for mark in (",", "\t", ";"):
        if mark in first:
            try:
                cells = [row for row in csv.reader(text.split("\n")[:_MOST_ROWS], delimiter=mark) if row]
            except csv.Error:
                return []
            return _table(cells, need_all=True)
    return []


def _columns(text: str) -> list[dict[str, str]]:
    """A header of words with as many words below each, as programs print tables; lines of another kind are passed."""
    lines = [line.strip(" |").replace("|", " ").split() for line in text.split("\n")[:_MOST_ROWS]]
    for at, head in enumerate(lines[:200]):
        below = [row for row in lines[at + 1 :] if row]
        if len(head) > 1 and len(below) > 1 and len(below[0]) == len(head) and is_place(head[0]):
            return _table([head, *(row for row in below if len(row) == len(head))], need_all=False)
    return []


def _table(cells: Sequence[Sequence[str]], *, need_all: bool) -> list[dict[str, str]]:
    head, rows = cells[0], cells[1:]
    if len(rows) < 2 or any(_CELL.fullmatch(name) for name in head) or not any(name.strip() for name in head):
        return []
    fitting = [row for row in rows if len(row) == len(head)]
    if len(fitting) < 2 or (need_all and len(fitting) < len(rows) * 0.9):
        return []
    if not any(_CELL.fullmatch(cell) for cell in fitting[0]):
        return []
    return [dict(zip(head, row, strict=True)) for row in fitting]
