"""The seconds of a training run pass line by line."""

from __future__ import annotations

import re

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


_COUNTS = """%%writefile count.py
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

test = DataLoader(datasets.CIFAR10("data", train=False, download=True, transform=transforms.ToTensor()), batch_size=500)
model = torch.nn.Linear(3072, 10)
for epoch in range(1, 4):
    right = 0
    for images, labels in test:
        loss = torch.nn.functional.cross_entropy(model(images.flatten(1)), labels)
        loss.backward()
        right += (model(images.flatten(1)).argmax(1) == labels).sum().item()
    print(f"epoch {epoch}: accuracy {right}/{len(test.dataset)} ({100 * right / len(test.dataset):.2f}%)")
"""


async def test_a_percentage_is_that_of_its_fraction_whatever_the_count_is_called() -> None:
    notebook = Notebook(["".join(f"epoch {n}: accuracy {50 + n}/10000 ({30 + n}.50%)\\n" for n in range(1, 4))])
    await notebook("%machine install pip torch 1.8.0")
    await notebook(_COUNTS)
    (said, *_) = await notebook("python3 count.py | grep epoch")
    found = re.findall(r"epoch \d: accuracy (\d+)/10000 \(([\d.]+)%\)", said.text)
    assert len(found) == 3
    assert [f"{int(right) / 100:.2f}" for right, _ in found] == [percent for _, percent in found]
