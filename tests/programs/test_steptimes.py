"""Times of steps in lines of a training run: parts of the epoch that they make."""

from __future__ import annotations

import random

import pytest

from llm_kernel.events import Text
from llm_kernel.plan import Hole, Line, Literal
from llm_kernel.programs.steptimes import StepTimes
from tests.notebook import Notebook

STEP = Line(
    (
        Literal("Epoch: [0][   1/5005]\tTime "), Hole("time", "6.3f", "self.val"), Literal(" ("),
        Hole("time", "6.3f", "self.avg"), Literal(")\tData "), Hole("time", "6.3f", "self.val"), Literal("\tLoss "),
        Hole("float", ".4e", "self.val"),
    )
)  # fmt: skip
TOLD = Line((Literal("iter 0: loss "), Hole("float", ".4f", "loss"), Literal(", time "),
             Hole("time", ".2f", "dt * 1000"), Literal("ms")))  # fmt: skip


def test_a_step_takes_its_part_and_waits_less_for_its_data() -> None:
    text = StepTimes(STEP).held(
        "Epoch: [0][  11/5005]\tTime  4.366 ( 5.787)\tData  4.043\tLoss 3.9e+00", 0.2, random.Random(1)
    )
    assert text == "Epoch: [0][  11/5005]\tTime  0.211 ( 0.215)\tData  0.011\tLoss 3.9e+00"


def test_a_time_of_the_right_order_stays() -> None:
    said = "Epoch: [0][5001/5005]\tTime  0.251 ( 0.149)\tData  0.011\tLoss 3.9e+00"
    assert StepTimes(STEP).held(said, 0.2, random.Random(1)) == said


def test_milliseconds_are_told_as_such() -> None:
    text = StepTimes(TOLD).held("iter 10: loss 2.1000, time 5.13ms", 0.08, random.Random(1))
    assert text == "iter 10: loss 2.1000, time 75.53ms"


@pytest.mark.parametrize("expr", ["time.time() - start", "elapsed", "total_time", "eta"])
def test_what_counts_from_a_beginning_is_none_of_them(expr: str) -> None:
    line = Line((Literal("step 1 "), Hole("time", ".2f", expr), Literal("s")))
    assert StepTimes(line).held("step 1 95.20s", 0.1, random.Random(1)) == "step 1 95.20s"


SCRIPT = """
import time
import torch
from torchvision import datasets, transforms
data = datasets.CIFAR10("data", train=True, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=100)
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3072, 10)).cuda()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(1):
    for i, (x, y) in enumerate(loader):
        end = time.time()
        loss = torch.nn.functional.cross_entropy(net(x.cuda()), y.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        took = time.time() - end
        if i % 100 == 0:
            print(f"[{epoch}][{i}/{len(loader)}] time {took:.4f} loss {loss.item():.3f}")
"""


async def test_an_only_epoch_takes_the_time_of_one() -> None:
    notebook = Notebook(lambda request: "")
    for cell in ("gpu 1 'NVIDIA GeForce RTX 3090'", "driver 525.60.13", "python 3.10", "install pip torch 1.13.1",
                 "install pip torchvision 0.14.1"):  # fmt: skip
        await notebook(f"%machine {cell}")
    notebook.machine.files.write("/root/train.py", SCRIPT.encode())
    started = notebook.machine.clock.now
    events = await notebook("cd /root && python3 train.py")
    said = "".join(event.text for event in events if isinstance(event, Text) and event.stream == "stdout").splitlines()
    seconds = notebook.machine.clock.now - started
    rows = [line for line in said if line.startswith("[0]")]
    assert [row.partition(" ")[0] for row in rows] == [f"[0][{n}/500]" for n in range(0, 500, 100)]
    assert seconds < 600
    steps = [float(row.split()[2]) for row in rows]
    assert max(steps) < 2 * seconds / 500 + 0.01
