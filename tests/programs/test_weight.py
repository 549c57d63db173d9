"""GPU memory and time of networks whose weight the plan knows, against figures that people report of them.

ResNet-50, ImageNet: NVIDIA's DeepLearningExamples train it in batches of 128 in single and of 256 in mixed precision
on GPUs of 16 GB; the published throughput of an RTX 3090 lies at 350 to 480 images a second in single precision and at
700 to 1000 in mixed. A CUDA context with PyTorch takes 0.5 to 1 GiB, so that a small classifier of digits shows
700 to 1000 MiB. ResNet-18 on images of 32 by 32, adapted to them, takes 10 to 25 seconds an epoch on such a card.
"""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine, words
from llm_kernel.plan import plan
from llm_kernel.programs.workload import Workload, workload

_BODY = """import torch
from torch import nn
from torchvision import models
model = {model}.cuda()
batch_size = {batch}
optimizer = torch.optim.{optimizer}
for step in range(2):
    loss = model(torch.randn(batch_size, {size}).cuda()).mean()
    loss.backward()
    optimizer.step()
print("done")
"""
_SGD = "SGD(model.parameters(), lr=0.1, momentum=0.9)"
_ADAM = "Adam(model.parameters())"
_DIGITS = "nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))"


def _work(model: str, batch: int, size: str, optimizer: str = _SGD, more: str = "", count: int = 1) -> Workload:
    source = _BODY.format(model=model, batch=batch, size=size, optimizer=optimizer) + more
    machine = Machine()
    words.say(machine, ["gpu", str(count), "GeForce RTX 3090"], "/root")
    planned = plan(source)
    assert planned is not None
    assert planned.load is not None
    found = workload(source, (), {}, machine, load=planned.load)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("model", "batch", "size", "more", "least", "most"),
    [
        (_DIGITS, 64, "784", "", 700, 1000),
        ("models.resnet50()", 128, "3, 224, 224", "", 12_000, 16_000),
        ("models.resnet50()", 128, "3, 224, 224", "# autocast\n", 7_000, 10_500),
        ("models.resnet50()", 256, "3, 224, 224", "# autocast\n", 13_000, 17_000),
        ("models.resnet18()", 128, "3, 32, 32", "", 900, 1_800),
        ("models.resnet18()", 128, "3, 224, 224", "", 3_500, 6_500),
        ("models.vgg16()", 32, "3, 224, 224", "", 4_000, 7_000),
        ("models.mobilenet_v2()", 64, "3, 224, 224", "", 3_500, 7_500),
    ],
)
def test_memory_is_what_is_reported(model, batch, size, more, least, most):
    assert least <= _work(model, batch, size, more=more).uses()[0].mem <= most


@pytest.mark.parametrize(("more", "least", "most"), [("", 350, 480), ("# autocast\n", 700, 1000)])
def test_images_a_second_are_what_is_reported(more, least, most):
    assert least <= _work("models.resnet50()", 128, "3, 224, 224", more=more).rate <= most


def test_adam_keeps_more_than_momentum_and_a_replica_less_than_all():
    plain, adam = (_work("models.resnet50()", 8, "3, 224, 224", one) for one in (_SGD, _ADAM))
    assert adam.mem - plain.mem == pytest.approx(25_557_032 * 4 / 2**20, abs=1)
    shared = _work("models.resnet50()", 128, "3, 224, 224", more="nn.DataParallel(model)\n", count=4)
    alone = _work("models.resnet50()", 32, "3, 224, 224")
    assert shared.mem == alone.mem
