"""Learning rates are what PyTorch's own schedulers make of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_kernel.plan import Line, Literal, certain, check, every_node, plan, text_of

REAL = json.loads((Path(__file__).parent / "rates.json").read_text())
"""Programs, and what they printed under torch 1.13."""


@pytest.mark.parametrize("at", range(len(REAL)))
def test_a_program_prints_the_rates_that_torch_gives(at):
    found = plan(REAL[at]["source"], facts={"version": lambda name: "1.13.0", "python": (3, 11, 2)})
    assert found is not None
    lines, rest = certain(found)
    assert rest.nodes == ()
    assert "".join(map(text_of, lines)) == REAL[at]["stdout"]


HEAD = """import torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
S = torch.optim.lr_scheduler
"""


@pytest.mark.parametrize(
    "body",
    [
        "s = S.StepLR(optimizer, 2)\nfor e in range(3):\n    for i in range(50):\n        s.step()\n",
        "import lab\nlab.wrap(optimizer)\n",
        "import lab\ns = S.StepLR(optimizer, 2)\nwhile lab.more():\n    s.step()\n",
        "s = S.ReduceLROnPlateau(optimizer)\ns.step(float(input()))\n",
        "s = S.StepLR(optimizer, 2)\ns.load_state_dict(torch.load('s.pt'))\n",
        "a = S.StepLR(optimizer, 2)\nb = S.SequentialLR(optimizer, [a])\n",
    ],
)
def test_a_rate_that_nobody_can_know_is_not_said(body):
    found = plan(f'{HEAD}{body}print(optimizer.param_groups[0]["lr"])\n')
    assert found is not None
    assert certain(found)[0] == ()


OWN = """
from torch import nn, optim
from torch.optim.lr_scheduler import _LRScheduler
class Warm(_LRScheduler):
    def __init__(self, optimizer, steps):
        self.steps = steps
        super().__init__(optimizer)
    def get_lr(self):
        return [rate * self.last_epoch / self.steps for rate in self.base_lrs]
optimizer = optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
print(optimizer.param_groups[0]["lr"])
warm = Warm(optimizer, 10)
for step in range(2):
    optimizer.step()
    warm.step()
    print(step, optimizer.param_groups[0]["lr"])
"""


def test_a_scheduler_of_the_programs_own_leaves_no_rate_that_nobody_computed() -> None:
    made = plan(OWN)
    assert made is not None
    lines = [node for node in every_node(made.nodes) if isinstance(node, Line)]
    assert [[part.text if isinstance(part, Literal) else part.kind for part in line.parts] for line in lines] == [
        ["0.1"], ["0 ", "float"], ["1 ", "float"],
    ]  # fmt: skip


def test_a_closure_speaks_once_and_with_lbfgs_as_often_as_it_is_asked():
    source = HEAD + (
        "x = torch.zeros(3, 4)\ndef closure():\n    loss = model(x).sum()\n    loss.backward()\n    print('asked')\n"
        "    return loss\n"
        "torch.optim.Adam(model.parameters()).step(closure)\nprint('once')\n"
        "torch.optim.LBFGS(model.parameters()).step(closure)\nprint('end')\n"
    )
    found = plan(source)
    assert found is not None
    assert check(found, ["asked", "once", *["asked"] * 20, "end"]) is None
    assert check(found, ["asked", "asked", "once"]) == 1
