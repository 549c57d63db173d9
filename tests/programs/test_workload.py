"""What a training script asks of the machine is read off its source, its command line and its environment."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine, words
from llm_kernel.machine.processes import GpuUse
from llm_kernel.programs.cuda import out_of_memory
from llm_kernel.programs.workload import workload

_BODY = "import torch\nmodel = torch.nn.Linear(1, 1){}\nloss.backward()\n"


def _machine(gpus: int = 4) -> Machine:
    machine = Machine()
    if gpus:
        words.say(machine, ["gpu", str(gpus), "GeForce RTX 3090"], "/root")
    return machine


@pytest.mark.parametrize(
    ("tail", "env", "gpus"),
    [
        ("", {}, ()),
        (".cuda()", {}, (0,)),
        (".to('cuda:2')", {}, (2,)),
        (".cuda(3)", {}, (3,)),
        (".to('cuda:7')", {}, ()),
        (".cuda()", {"CUDA_VISIBLE_DEVICES": "2"}, (2,)),
        (".to('cuda:1')", {"CUDA_VISIBLE_DEVICES": "2,3"}, (3,)),
        (".cuda()", {"CUDA_VISIBLE_DEVICES": ""}, ()),
        (".cuda()\nmodel = torch.nn.DataParallel(model)", {}, (0, 1, 2, 3)),
        (".cuda()\nmodel = torch.nn.DataParallel(model)", {"CUDA_VISIBLE_DEVICES": "1,3"}, (1, 3)),
    ],
)
def test_the_gpus_in_use_are_those_that_the_source_names(tail: str, env: dict[str, str], gpus: tuple[int, ...]) -> None:
    found = workload(_BODY.format(tail), (), env, _machine())
    assert found is not None
    assert found.gpus == gpus


def test_a_machine_without_gpus_and_a_source_that_trains_nothing() -> None:
    found = workload(_BODY.format(".cuda()"), (), {}, _machine(0))
    assert found is not None
    assert found.gpus == ()
    assert workload("print('hello')", (), {}, _machine()) is None
    assert workload("import torch\nprint(torch.ones(3).cuda())", (), {}, _machine()) is None


def test_a_larger_batch_takes_more_memory_and_more_cards_less_time() -> None:
    machine, source = _machine(), _BODY.format(".cuda()")
    small, large = (workload(source, ("--batch-size", size), {}, machine) for size in ("32", "512"))
    assert small
    assert large
    assert small.mem < large.mem
    assert large.seconds_per_epoch(machine) < small.seconds_per_epoch(machine)
    one, four = (workload(source + more, (), {}, machine) for more in ("", "torch.nn.DataParallel(model)\n"))
    assert one
    assert four
    assert four.seconds_per_epoch(machine) < one.seconds_per_epoch(machine)


@pytest.mark.parametrize("torch", ["1.8.0", "1.13.1", "2.1.0", "2.4.0", "2.6.0"])
def test_what_is_asked_for_is_always_more_than_is_free(torch: str) -> None:
    machine = _machine(1)
    machine.packages.install("pip", "torch", torch)
    process = machine.processes.spawn(("python3",), user="root", now=machine.clock.now)
    machine.processes.load_gpu(process.pid, 0, GpuUse(90, 12000))
    said = out_of_memory(machine, 0, 0, 13000, "a.py", "model = net.cuda()\n")
    lines = said.splitlines()
    assert lines[:3] == [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "    model = net.cuda()",
    ]
    kind = {"1.8.0": "RuntimeError", "2.6.0": "torch.OutOfMemoryError"}.get(torch, "torch.cuda.OutOfMemoryError")
    assert lines[3].startswith(f"{kind}: CUDA out of memory. Tried to allocate 20.00 MiB")
    assert "11.00 MiB is free" in lines[3] or "11.00 MiB free" in lines[3]


def test_where_not_even_the_driver_finds_room() -> None:
    machine = _machine(1)
    machine.packages.install("pip", "torch", "1.8.0")
    process = machine.processes.spawn(("python3",), user="root", now=machine.clock.now)
    machine.processes.load_gpu(process.pid, 0, GpuUse(90, 24000))
    text = "Traceback (most recent call last):\nRuntimeError: CUDA error: out of memory\n"
    assert out_of_memory(machine, 0, 0, 3000, "a.py", "x = 1\n") == text


_MNIST = "import torch\nfrom torchvision.datasets import MNIST\nnn.Conv2d(1, 8, 3)\nloss.backward()\nmodel.cuda()\n"
_RESNET = "import torch\nfrom torchvision.datasets import CIFAR10\nresnet50()\nloss.backward()\nmodel.cuda()\n"
_OWN = "import torch\nx = torch.randn(64, 3)\nmodel = torch.nn.Linear(3, 1).cuda()\nloss.backward()\n"


def _seconds(source: str, card: str = "GeForce RTX 3090", count: int = 1) -> float:
    machine = Machine()
    if count:
        words.say(machine, ["gpu", str(count), card], "/root")
    found = workload(source, (), {}, machine)
    assert found is not None
    return found.seconds_per_epoch(machine)


def test_a_newer_card_is_faster_and_a_processor_slower() -> None:
    for source in (_MNIST, _RESNET):
        newer, card, older, none = (
            _seconds(source, "H100 PCIe"),
            _seconds(source),
            _seconds(source, "GeForce GTX 1080 Ti"),
            _seconds(source, count=0),
        )
        assert newer < card < older < none


def test_a_large_network_takes_longer_than_a_small_one_on_fewer_examples() -> None:
    assert _seconds(_RESNET) > 3 * _seconds(_MNIST)


def test_a_pass_over_a_few_own_examples_takes_a_moment() -> None:
    assert _seconds(_OWN) < 0.02


def test_a_subset_takes_its_share_of_the_time() -> None:
    few = _MNIST + "train = torch.utils.data.Subset(data, range(600))\n"
    assert _seconds(few) < 0.15 * _seconds(_MNIST)


_IMAGENET = """import torch
from torchvision import datasets, models, transforms
data = datasets.ImageFolder('/data/imagenet/train', transforms.RandomResizedCrop(224))
loader = torch.utils.data.DataLoader(data, batch_size=128, num_workers=16)
model = models.{}().cuda()
for images, labels in loader:
    {}
    loss.backward()
"""


@pytest.mark.parametrize(
    ("card", "network", "step", "images"),
    [
        ("Tesla V100-SXM2-16GB", "resnet50", "loss = model(images)", 370),
        ("A100-SXM4-80GB", "resnet50", "loss = model(images)", 938),
        ("GeForce GTX 1080 Ti", "resnet50", "loss = model(images)", 205),
        ("GeForce RTX 3090", "resnet50", "loss = model(images)", 500),
        ("Tesla V100-SXM2-16GB", "resnet50", "with torch.autocast('cuda'): loss = model(images)", 842),
        ("GeForce RTX 3090", "vgg16", "loss = model(images)", 190),
    ],
)
def test_images_a_second_are_those_that_are_measured_of_the_card(
    card: str, network: str, step: str, images: float
) -> None:
    assert 0.6 < 1_281_167 / _seconds(_IMAGENET.format(network, step), card) / images < 1.6


def test_the_command_line_names_the_network() -> None:
    source = _IMAGENET.replace("models.{}()", "models.__dict__[name]()").format("loss = model(images)")
    machine = _machine(1)
    small, large = (workload(source, ("-a", name), {}, machine) for name in ("resnet18", "resnet152"))
    assert small is not None
    assert large is not None
    assert small.seconds_per_epoch(machine) * 3 < large.seconds_per_epoch(machine)


def test_four_cards_are_faster_than_one_and_mixed_precision_than_full() -> None:
    full = _IMAGENET.format("resnet101", "loss = model(images)")
    mixed = _IMAGENET.format("resnet101", "with torch.autocast('cuda'): loss = model(images)")
    four = full.replace("for images", "model = torch.nn.DataParallel(model)\nfor images")
    assert _seconds(four, count=4) < 0.4 * _seconds(full, count=4)
    assert _seconds(mixed) < 0.7 * _seconds(full)
