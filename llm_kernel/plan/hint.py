"""The plan as a person would note it: the lines in order, with ``?`` for what only a run can know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from llm_kernel.plan.check import blank
from llm_kernel.plan.nodes import Choice, Free, Leave, Line, Literal, Loop, Node, Plan, Scope, Stream

_WIDTH = 160
_NUMBER = re.compile(r"(?<![ \d])[ \d]*\d")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the hint: how often it comes (None: unknown), at most so often, perhaps, and the loop around it."""

    text: str
    count: int | None = 1
    most: bool = False
    perhaps: bool = False
    turns: str = ""


def hint(plan: Plan, limit: int = 12, stream: Stream | None = "stdout") -> str:
    """What the program prints, each kind of line once, with the number of such lines behind it."""
    rows = list(dict.fromkeys(_rows(plan.nodes, stream)))
    shown = [_shown(row) for row in (rows if len(rows) <= limit else rows[: limit - 1])]
    if len(rows) > limit:
        shown.append(f"... ({len(rows) - limit + 1} more kinds of lines)")
    return "".join(f"{row}\n" for row in shown)


def _shown(row: Row) -> str:
    notes: list[str] = []
    if row.count is None:
        notes.append("repeated")
    elif row.count != 1 or row.turns:
        most = "at most " if row.most else ""
        lines = "line" if row.count == 1 else "lines"
        notes.append(f"{most}{row.count} {lines}{': ' + row.turns if row.turns else ''}")
    if row.perhaps:
        notes.append("perhaps")
    return f"{row.text}      ({', '.join(notes)})" if notes else row.text


def _rows(nodes: Iterable[Node], stream: Stream | None) -> list[Row]:
    rows: list[Row] = []
    text = ""
    for node in nodes:
        match node:
            case Line():
                if stream is None or node.stream == stream:
                    parts = (part.text if isinstance(part, Literal) else blank(part) for part in node.parts)
                    *done, text = (text + "".join(parts) + node.end).split("\n")
                    rows += [Row(row[:_WIDTH]) for row in done if row.strip()]
            case Loop():
                rows += _loop(node, stream)
            case Choice():
                for branch in node.branches:
                    rows += [replace(row, perhaps=True) for row in _rows(branch, stream)]
            case Scope():
                rows += _rows(node.body, stream)
                rows += [replace(row, perhaps=True) for row in _rows(node.then, stream)]
            case Free() if node.stream == (stream or "stdout"):
                rows.append(Row(f"<output of {node.expr}>" if node.expr else "<other output>"))
            case Free() | Leave():
                pass
    return [*rows, Row(text[:_WIDTH])] if text.strip() else rows


def _loop(loop: Loop, stream: Stream | None) -> list[Row]:
    if not loop.turns:
        rows = _grouped([(None, _rows(loop.body, stream))], "", loop.most)
        return [replace(row, count=None if loop.count is None or row.count is None else row.count * loop.count)
                for row in rows]  # fmt: skip
    values = loop.values or (None,) * len(loop.turns)
    return _grouped(
        [(value, _rows(turn, stream)) for value, turn in zip(values, loop.turns, strict=True)], loop.var, loop.most
    )


def _grouped(turns: list[tuple[object, list[Row]]], var: str, most: bool) -> list[Row]:
    """Rows that differ only in numbers become one, with the first's text and the number of all."""
    found: dict[tuple[str, bool], Row] = {}
    ends: dict[tuple[str, bool], tuple[object, object]] = {}
    for value, rows in turns:
        for row in rows:
            key = (_NUMBER.sub("#", row.text), row.perhaps)
            held = found.get(key)
            first = ends[key][0] if key in ends else value
            ends[key] = (first, value)
            if held is None:
                found[key] = replace(row, most=row.most or most)
            else:
                count = None if held.count is None or row.count is None else held.count + row.count
                found[key] = replace(held, count=count, most=held.most or row.most)
    return [replace(row, turns=_range(var, *ends[key]) or row.turns) for key, row in found.items()]


def _range(var: str, first: object, last: object) -> str:
    if not var or first is None:
        return ""
    return f"{var} = {first}" if first == last else f"{var} = {first} .. {last}"
