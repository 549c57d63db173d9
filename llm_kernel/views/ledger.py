"""Who answered and what it cost, to be looked at: each command of a cell, and the sums."""

from __future__ import annotations

from collections.abc import Sequence

from htpy import Node

from llm_kernel.events import Display
from llm_kernel.model.budget import Budget
from llm_kernel.provenance import Answer, Sum, sums
from llm_kernel.views.page import block, fold, grid, note, page, piece, section, shown, view

__all__ = ["usage_view", "why_view"]

_MOST = 200
"""Commands that are told one by one."""

_NOTHING = "The last cell ran no program: bash answered it."
_NOBODY = "No model was asked yet."
_COSTS = ("in", "cached", "out", "seconds", "price")
_TONES = {"refused": "warning", "@ ": "faint"}
_LONGEST = 160


def why_view(answers: Sequence[Answer]) -> Display:
    """Who answered each command, from what, at what cost, and what was refused."""
    if not answers:
        return view(page("Why", note(_NOTHING)), _NOTHING)
    told, more = answers[:_MOST], len(answers) - _MOST
    rest = [f"and {more} more commands"] if more > 0 else []
    asked = [one for one in answers if one.by in ("model", "tape")]
    total = Sum.of("together", asked) if len(asked) > 1 else None
    details = [_details(one) for one in told if one.details()]
    html = page(
        "Why",
        _table(told, total),
        [note(line) for line in rest],
        section("Details", *details) if details else None,
    )
    lines = [shown(one.line(), lines=True) for one in told] + rest + ([total.line()] if total else [])
    return view(html, "\n".join(lines))


def _table(answers: Sequence[Answer], total: Sum | None) -> Node:
    paid = any(one.by in ("model", "tape") for one in answers)
    rows: list[Sequence[Node]] = [
        (piece(_cut(one.command), "strong"), piece(one.who), *(_costs(one) if paid else ())) for one in answers
    ]
    if total:
        rows.append(("", piece(total.model, "faint"), *_costs(total)))
    return grid(("command", "answered by", *(_COSTS if paid else ())), rows, numbers=range(2, 7))


def _costs(one: Answer | Sum) -> tuple[str, ...]:
    if isinstance(one, Answer) and one.by not in ("model", "tape"):
        return ("",) * len(_COSTS)
    return str(one.prompt), str(one.cached), str(one.completion), f"{one.seconds:.1f}", one.price


def _details(one: Answer) -> Node:
    rows = [
        (line, next((tone for word, tone in _TONES.items() if line.startswith(word)), "")) for line in one.details()
    ]
    return fold(_cut(one.command), block("", rows), opened=len(rows) <= 12)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def usage_view(ledger: Sequence[Answer], budget: Budget | None) -> Display:
    """What every model took so far, with what a tape played at its recorded figures; and the budget."""
    rows = sums(ledger)
    bound = [_bound(rows[-1] if rows else Sum.of("", ()), budget)] if budget else []
    if not rows:
        return view(page("Usage", note(_NOBODY), [note(line) for line in bound]), "\n".join([_NOBODY, *bound]))
    table = grid(
        ("model", "requests", *_COSTS),
        [(piece(one.model, "strong"), str(one.requests), *_costs(one)) for one in rows],
        numbers=range(1, 7),
    )
    plain = [shown(one.line()) for one in rows]
    return view(page("Usage", table, [note(line) for line in bound]), "\n".join([*plain, *bound]))


def _bound(total: Sum, budget: Budget) -> str:
    if budget.unit == "tokens":
        return f"budget: {total.prompt + total.completion} of {budget}"
    return f"budget: {total.price} of {budget}"
