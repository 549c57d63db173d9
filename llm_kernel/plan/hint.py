"""The plan as a person would note it: the lines in order, with ``?`` for what only a run can know."""

from __future__ import annotations

from llm_kernel.plan.check import blank
from llm_kernel.plan.nodes import Choice, Free, Leave, Line, Literal, Loop, Node, Plan, Scope, Stream

_WIDTH = 160


def hint(plan: Plan, limit: int = 12, stream: Stream | None = "stdout") -> str:
    """What the program prints, each distinct place once, with the number of its lines behind it."""
    rows: list[str] = []
    _rows(plan.nodes, "", rows, stream)
    if len(rows) > limit:
        rows = [*rows[: limit - 1], f"... ({len(rows) - limit + 1} more)"]
    return "".join(f"{row}\n" for row in rows)


def _rows(nodes: tuple[Node, ...], note: str, rows: list[str], stream: Stream | None) -> None:
    text, many = "", ""
    for node in nodes:
        match node:
            case Line():
                if stream is not None and node.stream != stream:
                    continue
                text += (
                    "".join(part.text if isinstance(part, Literal) else blank(part) for part in node.parts) + node.end
                )
                text = _whole(text, note, rows)
                continue
            case Loop():
                many = _times(node)
                _rows(node.body, f"{note}, {many}" if note else many, rows, stream)
            case Choice():
                for branch in dict.fromkeys(node.branches):
                    _rows(branch, f"{note}, perhaps" if note else "perhaps", rows, stream)
            case Scope():
                _rows(node.body, note, rows, stream)
                _rows(node.then, f"{note}, on failure" if note else "on failure", rows, stream)
            case Free():
                if stream is None or node.stream == stream:
                    rows.append(_noted(f"<output of {node.expr}>" if node.expr else "<other output>", note))
            case Leave():
                pass
    if text:
        _whole(text + "\n", note, rows)


def _whole(text: str, note: str, rows: list[str]) -> str:
    """Move the finished lines of a text into the rows; the rest is the answer."""
    *done, rest = text.split("\n")
    rows += [_noted(row[:_WIDTH], note) for row in done if row.strip()]
    return rest


def _noted(row: str, note: str) -> str:
    return f"{row}      ({note})" if note else row


def _times(loop: Loop) -> str:
    if loop.turns:
        count = len(loop.turns)
        most = "at most " if loop.most else ""
        if loop.var and loop.values and loop.values[0] is not None:
            return f"{most}{count} times: {loop.var} = {loop.values[0]} .. {loop.values[-1]}"
        return f"{most}{count} times"
    if loop.count is None:
        return "repeated"
    return f"{'at most ' if loop.most else ''}{loop.count} times"
