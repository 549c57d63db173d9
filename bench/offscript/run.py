"""Commands run on a fresh machine each, through the session that a kernel has, and judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any

from bench.offscript.cases import Case
from bench.offscript.judge import checks, judge
from llm_kernel.errors import ImaginedMachineError
from llm_kernel.events import Exit, Text
from llm_kernel.session import Session

__all__ = ["Result", "run"]

PATIENCE = 900.0
KEPT = 4000


@dataclass(frozen=True, slots=True)
class Result:
    """One judged answer. ``by``: exact or model; ``wrong``: what it misses, of ``expected`` things."""

    id: str
    kind: str
    cell: str
    by: str
    status: int
    output: str
    wrong: tuple[str, ...]
    expected: int
    seconds: float
    prompt: int
    cached: int
    completion: int
    refused: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The result as it is stored."""
        return asdict(self)


async def run(case: Case, build: Callable[[], Session], physics: str) -> Result:
    """Set a fresh machine up, run the command by ``physics``, look at the machine, judge."""
    session = build()
    try:
        for cell in case.setup:
            await _setup(session, cell)
        for cell in case.before:
            await _cell(session, cell, physics)
        started = time.monotonic()
        output, status = await _cell(session, case.cell, physics)
        seconds = time.monotonic() - started
        answers = list(session.answers)
        cells = [*(check.cell for check in case.then), *(agreement.cell for agreement in case.agrees)]
        seen = {cell: (await _cell(session, cell, "exact"))[0] for cell in cells}
    finally:
        await session.close()
    return Result(
        case.id,
        case.kind,
        case.cell,
        by="model" if any(answer.by in ("model", "tape") for answer in answers) else "exact",
        status=status,
        output=output[:KEPT],
        wrong=tuple(judge(case, output, status, seen)),
        expected=checks(case),
        seconds=round(seconds, 2),
        prompt=sum(answer.prompt for answer in answers),
        cached=sum(answer.cached for answer in answers),
        completion=sum(answer.completion for answer in answers),
        refused=tuple(f"{row.text}: {row.reason}" for answer in answers for row in answer.refused),
    )


async def _setup(session: Session, cell: str) -> None:
    output, status = await _cell(session, cell, "exact")
    if status or any(answer.by != "exact" for answer in session.answers):
        raise RuntimeError(f"the machine cannot be set up by {cell!r}: {output}")


async def _cell(session: Session, text: str, physics: str) -> tuple[str, int]:
    """All that a cell shows, and its status; a fault of the model is shown as the notebook shows it, with -1."""
    if session.setup.physics != physics:
        await session.life.physics(physics)
    pieces: list[str] = []
    try:
        status = await asyncio.wait_for(_read(session, text, pieces), PATIENCE)
        return "".join(pieces), status
    except ImaginedMachineError as error:
        pieces.append(f"[{type(error).__name__}: {error}]\n")
    except asyncio.TimeoutError:
        pieces.append(f"[no end after {PATIENCE:.0f} s]\n")
    return "".join(pieces), -1


async def _read(session: Session, text: str, pieces: list[str]) -> int:
    status = -1
    async with aclosing(session.run_cell(text)) as events:
        async for event in events:
            match event:
                case Text(_, said):
                    pieces.append(said)
                case Exit(number):
                    status = number
    return status
