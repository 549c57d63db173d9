"""``%why`` and ``%usage``: who answered, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.events import Display
from llm_kernel.magics.table import magic
from llm_kernel.output import Output
from llm_kernel.provenance import Answer

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session


@magic("why")
async def _why(session: Session, word: Magic, output: Output) -> int:
    """%why: who answered each command of the last cell, from what, and what was refused."""
    lines = [answer.line() for answer in session.answers or session.before]
    await output.out(("\n".join(lines) or "The last cell ran no program: bash answered it.").encode() + b"\n")
    return 0


@magic("usage")
async def _usage(session: Session, word: Magic, output: Output) -> int:
    """%usage: requests, tokens and seconds since the kernel started."""
    by_model: dict[str, list[Answer]] = {}
    for answer in session.ledger:
        by_model.setdefault(answer.model or "unnamed", []).append(answer)
    rows = [(name, *_cost(answers)) for name, answers in sorted(by_model.items())]
    lines = ["{}: {} requests, {} tokens in ({} cached), {} out, {} s".format(*row) for row in rows]
    if session.models.budget:
        lines.append(f"budget: {session.models.budget}")
    head = ["| model | requests | tokens in | cached | tokens out | seconds |", "|---|---:|---:|---:|---:|---:|"]
    table = [*head, *(f"| {' | '.join(map(str, row))} |" for row in rows)] if rows else []
    output.show(
        Display(
            {
                "text/plain": "\n".join(lines) or "No model was asked yet.",
                "text/markdown": "\n".join([*table, "", *lines[len(rows) :]]).strip() or "No model was asked yet.",
            }
        )
    )
    return 0


def _cost(answers: list[Answer]) -> tuple[int, int, int, int, str]:
    """Requests, tokens in, those of them that were cached, tokens out, seconds."""
    return (
        sum(one.tries for one in answers),
        sum(one.prompt for one in answers),
        sum(one.cached for one in answers),
        sum(one.completion for one in answers),
        f"{sum(one.seconds for one in answers):.1f}",
    )
