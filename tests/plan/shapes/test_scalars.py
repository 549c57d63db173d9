"""A tensor of one number that nobody knows: ``print`` shows the tensor, a format its number."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Line, Literal, plan

_HEAD = (
    "import torch\nfrom torch import nn\nnet = nn.Linear(3, 2)\nx = torch.randn(4, 3)\ny = torch.tensor([0, 1, 0, 1])\n"
)


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("f'{nn.functional.cross_entropy(net(x), y)}'", [("float", "")]),
        ("f'{nn.functional.cross_entropy(net(x), y):.3f}'", [("float", ".3f")]),
        ("f'{(net(x).argmax(1) == y).sum()}'", [("int", "")]),
        ("(net(x).argmax(1) == y).sum()", ["tensor(", ("int", ""), ")"]),
        ("'right:', (net(x).argmax(1) == y).sum().to('cuda')", ["right: tensor(", ("int", ""), ", device='cuda:0')"]),
        ("(net(x).argmax(1) == y).sum().item()", [("int", "")]),
    ],
)
def test_a_number_in_a_tensor(said: str, parts: list[str | tuple[str, str]]) -> None:
    found = plan(f"{_HEAD}print({said})\n", ["x.py"])
    assert found is not None
    (line,) = found.nodes
    assert isinstance(line, Line)
    shown = [one.text if isinstance(one, Literal) else (one.kind, one.format) for one in line.parts]
    assert shown == parts
