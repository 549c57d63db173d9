"""A notebook that ran out of its budget: its tape tells the same refusals, in the cell and in the background."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_kernel.errors import OverBudget
from llm_kernel.events import Display, Text
from llm_kernel.machine import Clock, Machine
from llm_kernel.model import ScriptedBackend
from llm_kernel.model.budget import Bounded, Budget
from llm_kernel.model.choice import Models
from llm_kernel.model.tape import Mode, Tape
from llm_kernel.session import Session

_CELLS = ("rsync -v a b", "rsync -v c d", "%why", "rsync -v c d &\nwait; echo $?", "perl -v > log; echo $?", "cat log")


async def _executed(path: Path, mode: Mode) -> list[str]:
    """What each cell says, and how it fails."""
    model = ScriptedBackend(lambda _: f"{'sent' * 1000}\n")
    budget = Budget(4200) if mode == "record" else None
    tape = Tape(path, mode, backend=lambda: Bounded(model, budget, lambda _: None) if budget else model)
    session = Session(Machine(Clock()), Models(lambda _: tape, budget=budget, tape=tape))
    said = []
    for code in _CELLS:
        try:
            async for event in session.run_cell(code):
                said.append(event.text if isinstance(event, Text) else "")
                if isinstance(event, Display):
                    said.append(event.data["text/plain"].replace("tape", "model"))
        except OverBudget as error:
            said.append(f"OverBudget: {error}\n")
    await session.close()
    return ["".join(said), *(["asked"] if mode == "replay" and model.requests else [])]


@pytest.mark.parametrize("again", ["replay", "auto"])
async def test_what_the_budget_refused_is_refused_in_the_replay(tmp_path: Path, again: Mode) -> None:
    path = tmp_path / "t.jsonl"
    (recorded,) = await _executed(path, "record")
    (played, *asked) = await _executed(path, again)
    if again == "replay":
        assert (played, asked) == (recorded, [])
        assert recorded.count("The budget of 4200 tokens") == 2
    else:
        assert "The budget" not in played
        assert await _executed(path, "replay") == [played]
