"""What a training script saves, after which turn, and what a run goes on from."""

from __future__ import annotations

import pytest

from llm_kernel.plan import hint, plan

_LOOP = """
import torch
from lab import *
start = 0
{resume}
for epoch in range(start, {last}):
    print(f"epoch {{epoch}} loss {{loss():.3f}}")
    {save}
"""


def _saves(save: str, *, last: int = 10) -> list[tuple[bool, tuple[str, dict[str, object]]]]:
    made = plan(_LOOP.format(resume="", last=last, save=save))
    assert made is not None
    return [(one.each, one.at(3)) for one in made.saves]


@pytest.mark.parametrize(
    ("save", "then"),
    [
        ('torch.save({"epoch": epoch, "model": m.state_dict()}, "a.pt")', [(True, ("a.pt", {"epoch": 3}))]),
        ('torch.save({"epoch": epoch + 1, "best": 0.5}, "a.pt")', [(True, ("a.pt", {"epoch": 4, "best": 0.5}))]),
        ('torch.save(m.state_dict(), "a.pt")', [(True, ("a.pt", {}))]),
        ('torch.save(m.state_dict(), f"run/epoch_{epoch}.pt")', [(True, ("run/epoch_3.pt", {}))]),
        ('torch.save(m, f"m_{epoch:03d}.pt")', [(True, ("m_003.pt", {}))]),
        ("pass", []),
    ],
)
def test_what_each_turn_saves_is_counted_on(save: str, then: object) -> None:
    assert _saves(save) == then


def test_what_is_saved_behind_the_loop_is_saved_once() -> None:
    assert _saves('pass\ntorch.save(m, "last.pt")') == [(False, ("last.pt", {}))]


def _resumed(holds: dict[str, object] | None) -> str:
    resume = 'held = torch.load("a.pt")\nstart = held["epoch"] + 1\nprint("after epoch", held["epoch"])'
    made = plan(_LOOP.format(resume=resume, last=20, save="pass"), facts={"load": lambda path: holds})
    assert made is not None
    return hint(made)


def test_a_run_goes_on_behind_the_epoch_that_its_checkpoint_holds() -> None:
    assert _resumed({"epoch": 11}).splitlines() == [
        "after epoch 11",
        "epoch 12 loss ?.???      (8 lines: epoch = 12 .. 19)",
    ]


def test_a_checkpoint_that_nobody_knows_leaves_the_first_epoch_open() -> None:
    assert "12" not in _resumed(None)


@pytest.mark.parametrize("there", [True, False])
def test_whether_a_file_exists_is_asked_of_the_machine(there: bool) -> None:
    source = 'import os\nif os.path.exists("a.pt"):\n    print("resuming")\nelse:\n    print("from scratch")\n'
    made = plan(source, facts={"exists": lambda path: there})
    assert made is not None
    assert hint(made).strip() == ("resuming" if there else "from scratch")
