"""A line's values stand in their own format, follow the course, and lie between their anchors."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Hole, Line, Literal
from llm_kernel.plan.curves import Values, course
from llm_kernel.plan.curves.roles import role_of

_SOURCE = """
import torch
from torchvision import datasets
data = datasets.MNIST('.', train=True)
loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    for x, y in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
"""
_LINE = Line(
    (
        Literal("loss "),
        Hole("float", ".4f", "train_loss"),
        Literal(" acc "),
        Hole("float", ".2f", "100. * correct / total"),
        Literal("%"),
    )
)


def _values(seed: str = "1") -> Values:
    return Values(_LINE, course(_SOURCE, (), seed), seed)


def test_a_loss_falls_from_epoch_to_epoch_and_an_accuracy_rises() -> None:
    values = _values()
    losses = [float(values.value(1, turn, 10)) for turn in (0, 4, 9)]
    shares = [float(values.value(3, turn, 10)) for turn in (0, 4, 9)]
    assert losses == sorted(losses, reverse=True)
    assert shares == sorted(shares)


def test_the_text_has_the_digits_of_its_format() -> None:
    assert [len(_values().value(at, 3, 10).partition(".")[2]) for at in (1, 3)] == [4, 2]


def test_the_same_seed_gives_the_same_text_in_any_order() -> None:
    there = [_values().value(1, turn, 10) for turn in range(10)]
    back = [_values().value(1, turn, 10) for turn in reversed(range(10))]
    assert there == back[::-1]
    assert there != [_values("2").value(1, turn, 10) for turn in range(10)]


@pytest.mark.parametrize("at", [1, 3])
def test_a_value_between_two_anchors_lies_between_them(at: int) -> None:
    anchors = {0: 0.5, 9: 0.1} if at == 1 else {0: 90.0, 9: 98.0}
    found = [_values().number(at, turn, 10, anchors) for turn in range(10)]
    assert (found[0], found[9]) == (anchors[0], anchors[9])
    assert all(min(anchors.values()) <= value <= max(anchors.values()) for value in found)


def test_a_quotient_is_no_count_whatever_it_is_made_of() -> None:
    line = Line((Literal("Accuracy on the test images: "), Hole("any", "", "100 * correct / total"), Literal(" %")))
    found = role_of(line, 1, {})
    assert (found.kind, found.split, found.percent) == ("accuracy", "test", True)
