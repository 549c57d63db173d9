"""``%why`` and ``%usage``: who answered, and what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError
from llm_kernel.magics.table import magic
from llm_kernel.output import Output
from llm_kernel.views import usage_view, why_view

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session


@magic("why")
async def _why(session: Session, word: Magic, output: Output) -> int:
    """%why: who answered each command of the last cell, from what, at what cost, and what was refused."""
    _alone(word)
    output.show(why_view(session.answers or session.before))
    return 0


@magic("usage")
async def _usage(session: Session, word: Magic, output: Output) -> int:
    """%usage: requests, tokens, seconds and price since the kernel started."""
    _alone(word)
    output.show(usage_view(session.life.ledger, session.models.budget))
    return 0


def _alone(word: Magic) -> None:
    if word.args.strip():
        raise CellError(f"usage: %{word.name}")
