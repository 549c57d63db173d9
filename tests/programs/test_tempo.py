"""The seconds of a training run pass line by line."""

from __future__ import annotations

import pytest

from tests.notebook import Notebook

_SCRIPT = """%%writefile fit.py
import torch
from torchvision import datasets

train = datasets.MNIST("data", download=False)
model = torch.nn.Linear(784, 10)
for epoch in range(1, 13):
    loss = model(torch.rand(1, 784)).sum()
    loss.backward()
    print(f"FORM")
"""
_FORMS = {"{epoch:2d}/12 {loss:.3f}": "{:2d}/12 {:.3f}", "[{epoch:03d}] {loss:.3f}": "[{:03d}] {:.3f}"}


@pytest.mark.parametrize("form", _FORMS)
async def test_every_turn_takes_its_time_however_its_number_is_padded(form: str) -> None:
    notebook = Notebook(["".join(_FORMS[form].format(n, 1 / n) + "\n" for n in range(1, 13))])
    await notebook("%machine install pip torch 1.8.0")
    await notebook("%machine fact 'MNIST is downloaded to ./data'")
    await notebook(_SCRIPT.replace("FORM", form))
    (said, *_) = await notebook("SECONDS=0; python3 fit.py | wc -l; echo $((SECONDS / 12))")
    count, each = map(int, said.text.split())
    assert (count, each >= 2) == (12, True)
