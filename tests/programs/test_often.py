"""How often a script prints, held against what an instruction asks."""

from __future__ import annotations

import pytest

from llm_kernel.programs.asked import left_out
from llm_kernel.programs.often import misjudged

_FORWARD = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        {before}
    def forward(self, x):
        {show}
        return self.fc(x)
net = Net()
for epoch in range({epochs}):
    for step in range(10):
        out = net(torch.randn(8, 4))
    {log}
"""


def _source(
    show: str = "pass", log: str = "print('epoch', epoch)", before: str = "self.first = True", epochs: int = 20
) -> str:
    return _FORWARD.format(show=show, log=log, before=before, epochs=epochs)


_GUARDED = "print(x.shape) if self.first else None\n        self.first = False"

_OFTEN = "prints about 200 times in forward, asked: once"


@pytest.mark.parametrize(
    ("instruction", "source", "said"),
    [
        ("print x.shape in forward only once", _source("print(x.shape)"), [_OFTEN]),
        ("在 forward 里打印 shape，只打印一次", _source("print(x.shape)"), [_OFTEN]),
        ("print x.shape in forward", _source("print(x.shape)"), []),
        ("print x.shape in forward only once", _source(_GUARDED), []),
        ("print the loss every 10 epochs", _source(), ["prints at 20 of 20 epochs, asked: every 10 epochs"]),
        ("每10个epoch打印一次loss", _source(), ["prints at 20 of 20 epochs, asked: every 10 epochs"]),
        ("print every 10 epochs", _source(log="if epoch % 10 == 0: print(epoch)"), []),
        ("save a checkpoint every 10 epochs", _source(), []),
        ("a model with one layer", _source(), []),
        ("a 5-layer MLP", _source(), ["has 1 layer with weights, asked: 5"]),
        ("a 5-layer MLP", _source(before="self.more = nn.ModuleList(nn.Linear(4, 4) for _ in range(4))"), []),
        ("print once", "def f(:", []),
    ],
)  # fmt: skip
def test_the_source_is_held_against_the_wish(instruction: str, source: str, said: list[str]) -> None:
    assert misjudged(instruction, "train.py", source) == [f"train.py {each}" for each in said]


def test_an_instruction_hears_of_it() -> None:
    wish = "Write train.py: 20 epochs, print x.shape in forward only once"
    assert left_out(wish, {"/root/train.py": _source("print(x.shape)")}) == [
        "train.py prints about 200 times in forward, asked: once"
    ]
