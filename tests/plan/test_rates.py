"""Learning rates are what PyTorch's own schedulers make of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llm_kernel.plan import certain, plan, text_of

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
