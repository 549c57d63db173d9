"""``%physics``: who answers what a cell asks, code or the model alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_kernel.cell import Magic
from llm_kernel.errors import CellError
from llm_kernel.magics.table import magic
from llm_kernel.output import Output

if TYPE_CHECKING:  # magics change the session; they live beside it
    from llm_kernel.session import Session

__all__: list[str] = []


@magic("physics")
async def _physics(session: Session, word: Magic, output: Output) -> int:
    """%physics [exact|pure]: who answers: what can be computed is computed, or whole cells go to the model."""
    wanted = word.args.strip()
    if wanted not in ("", "exact", "pure"):
        raise CellError("usage: %physics [exact|pure]")
    if wanted and wanted != session.setup.physics:
        await session.life.physics(wanted)
    await output.out(f"{session.setup.physics}\n".encode())
    return 0
