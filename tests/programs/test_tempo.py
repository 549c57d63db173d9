"""The seconds of a training run pass line by line."""

from __future__ import annotations

import re

import pytest

from llm_kernel.machine import Clock, Machine
from llm_kernel.plan import plan
from llm_kernel.programs.tempo import timed
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
    notebook = Notebook(["".join(f"epoch {n}: accuracy {50 + n}/10000 ({30 + n}.50%)\n" for n in range(1, 4))])
    await notebook("%machine install pip torch 1.8.0")
    await notebook(_COUNTS)
    (said, *_) = await notebook("python3 count.py | grep epoch")
    found = re.findall(r"epoch \d: accuracy (\d+)/10000 \(([\d.]+)%\)", said.text)
    assert len(found) == 3
    assert [f"{int(right) / 100:.2f}" for right, _ in found] == [percent for _, percent in found]


_COUNTER = """%%writefile quiet.py
import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

train = DataLoader(datasets.CIFAR10("data", transform=transforms.ToTensor()), batch_size=128)
model = torch.nn.Linear(3072, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
print("start")
for epoch in range(6):
    for images, labels in train:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images.flatten(1)), labels).backward()
        optimizer.step()
    print("epoch", epoch, "is over")
torch.save(model.state_dict(), "model.pt")
print("done")
"""


async def _passed(notebook: Notebook, cell: str) -> int:
    return int(await notebook.said(f"SECONDS=0; {cell} > log; echo $SECONDS"))


async def test_epochs_take_their_time_though_every_line_is_known() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    await notebook("%machine install pip torch torchvision")
    await notebook("%machine fact 'CIFAR10 is downloaded to ./data'")
    await notebook(_COUNTER)
    told = await _passed(notebook, "python3 quiet.py")
    lines = ["start", *(f"epoch {n} is over" for n in range(6)), "done"]
    assert (await notebook.said("cat log")).splitlines() == lines
    assert await notebook.said("stat -c %s model.pt | awk '{print ($1 > 100000)}'") == "1\n"
    await notebook("sed -i '/is over/d' quiet.py")
    silent = await _passed(notebook, "python3 quiet.py")
    assert (await notebook.said("cat log")).splitlines() == ["start", "done"]
    assert told > 6
    assert told * 0.8 < silent < told * 1.25
    await notebook("python3 quiet.py > log & sleep 2; cat log; kill %1")
    assert notebook.asked == []


async def test_what_keras_tells_of_a_step_follows_from_the_epoch() -> None:
    said = "".join(f"100/100 - 3s - loss: 0.{5 - n}000 - 7s/epoch - 99ms/step\n" for n in range(3))
    source = (
        "import tensorflow as tf\n"
        "model = tf.keras.Sequential([tf.keras.layers.Input((20,)), tf.keras.layers.Dense(1)])\n"
        "model.compile('adam', 'mse')\n"
        "import numpy as np\n"
        "model.fit(np.zeros((3200, 20)), np.zeros(3200), epochs=3, verbose=2)\n"
    )
    notebook = Notebook([said], machine=Machine(Clock()))
    await notebook("%machine install pip tensorflow 2.8.0")
    notebook.machine.files.write("/root/fit.py", source.encode())
    text = await notebook.said("python3 fit.py 2>/dev/null")
    found = re.findall(r"- (\d+)s - .* - (\d+)s/epoch - (\d+)ms/step", text)
    assert len(found) == 3
    for first, again, step in found:
        assert first == again
        assert abs(int(step) * 100 / 1000 - int(first)) <= 0.55


_STOPS = _COUNTER.replace("quiet.py", "stops.py").replace(
    'is over")\n',
    "is over\")\n    if epoch % 2:\n        print('saved')\n    if epoch == 5:\n        print('enough')\n",
)


async def test_a_line_of_some_epochs_alone_does_not_time_the_run() -> None:
    notebook = Notebook(machine=Machine(Clock()))
    await notebook("%machine install pip torch torchvision")
    await notebook("%machine fact 'CIFAR10 is downloaded to ./data'")
    await notebook(_COUNTER)
    await notebook(_STOPS)
    plain = await _passed(notebook, "python3 quiet.py")
    assert plain * 0.8 < await _passed(notebook, "python3 stops.py") < plain * 1.25


async def test_an_epoch_takes_its_time_though_few_of_its_batches_are_told() -> None:
    source = """%%writefile fit.py
import torch, time
from torchvision import datasets
train = datasets.MNIST("data", download=False)
model = torch.nn.Linear(784, 10)
for epoch in range(1, 6):
    begin = time.time()
    for batch in range(938):
        loss = model(torch.rand(64, 784)).sum()
        loss.backward()
        if loss.item() > 1000:
            print(f"batch {batch} is odd: {loss.item():.2f}")
    print(f"epoch {epoch} took {time.time() - begin:.1f}s, loss {loss.item():.4f}")
"""
    notebook = Notebook(["".join(f"epoch {n} took 0.1s, loss {1 / n:.4f}\n" for n in range(1, 6))])
    await notebook("%machine install pip torch 1.8.0")
    await notebook("%machine fact 'MNIST is downloaded to ./data'")
    await notebook(source)
    (said, *_) = await notebook("python3 fit.py")
    took = [float(one) for one in re.findall(r"took ([\d.]+)s", said.text)]
    assert len(took) == 5
    assert max(took) < 1.2 * min(took)
    assert min(took) > 2


async def test_times_since_the_start_add_up_and_what_is_left_and_a_rate_follow() -> None:
    source = """%%writefile fit.py
import torch, time
from torchvision import datasets
train = datasets.MNIST("data", download=False)
model = torch.nn.Linear(784, 10)
begin = time.time()
for epoch in range(5):
    loss = model(torch.rand(64, 784)).sum()
    loss.backward()
    took = time.time() - begin
    left = took / (epoch + 1) * (5 - epoch - 1)
    print(f"{loss.item():.4f} elapsed {took:.2f}s ETA {left:.2f}s {len(train) * (epoch + 1) / took:.1f} img/s")
"""
    notebook = Notebook(["".join(f"{1 / n:.4f} elapsed 5.00s ETA 5.00s 0.5 img/s\n" for n in range(1, 6))])
    await notebook("%machine install pip torch 1.8.0")
    await notebook("%machine fact 'MNIST is downloaded to ./data'")
    await notebook(source)
    (said, *_) = await notebook("python3 fit.py")
    rows = [tuple(map(float, row)) for row in re.findall(r"elapsed ([\d.]+)s ETA ([\d.]+)s ([\d.]+) img", said.text)]
    assert len(rows) == 5
    for at, (took, left, rate) in enumerate(rows, 1):
        assert left == pytest.approx(took * (5 - at) / at, abs=0.05)
        assert rate == pytest.approx(60000 * at / took, rel=0.01)
        assert took == pytest.approx(rows[0][0] * at, rel=0.1)


def test_a_loop_in_loops_that_is_told_by_its_form_has_a_last_line() -> None:
    planned = plan("for i in range(500):\n  for j in range(500):\n    for k in range(500):\n      print(i, j, k)")
    assert planned is not None
    assert timed(planned)
