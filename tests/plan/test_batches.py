"""Loops over batches: what they count is told in every turn, the last one's rows too."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Line, Literal, Loop, plan, text_of
from tests.plan.shapes.reading import printed
from tests.plan.test_long_loops import lines

EPOCHS = """
import os
import torch
from torch import nn
from torchvision import datasets, transforms

class Settings:
    def __init__(self, source):
        for name in dir(source):
            if name.isupper():
                setattr(self, name, getattr(source, name))

class source:
    EPOCHS, MILESTONE, KEEP = 60, 40, 20

settings = Settings(source)
for name in ("EPOCHS", "MILESTONE", "KEEP"):
    setattr(settings, name, getattr(source, name))
data = datasets.CIFAR100("data", train=True, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=12000, shuffle=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 100))
best = 0.0

def train(epoch):
    seen = 0
    for i, (x, y) in enumerate(loader):
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        seen += len(x)
        print("Epoch {epoch} [{done}/{total}] {:.3f}".format(
            loss.item(), epoch=epoch, done=i * loader.batch_size + len(x), total=len(loader.dataset)))
    return loss.item()

for epoch in range(1, settings.EPOCHS + 1):
    result = train(epoch)
    if epoch > settings.MILESTONE and best < result:
        print(f"best of epoch {epoch}")
        best = result
        continue
    if not epoch % settings.KEEP:
        print(f"keep epoch {epoch}")
        torch.save(net.state_dict(), f"net-{epoch}.pth")
"""


def test_every_epoch_counts_its_batches_and_rows() -> None:
    found = lines(EPOCHS)
    done = [12000, 24000, 36000, 48000, 50000]
    rows = [line for line in found if line.startswith("Epoch")]
    assert rows == [f"Epoch {epoch} [{seen}/50000] ?" for epoch in range(1, 61) for seen in done]
    assert {line for line in found if line.startswith("best")} <= {f"best of epoch {n}" for n in range(41, 61)}


LONG = """
import torch
data = torch.utils.data.TensorDataset(torch.randn(50000, 8))
loader = torch.utils.data.DataLoader(data, batch_size=128)
done = 0
for step, (x,) in enumerate(loader):
    done = done + len(x)
    print(f"[{step * 128 + len(x)}/{len(loader.dataset)}] {x.mean().item():.2f}")
"""


def test_the_last_batch_of_a_long_loop_holds_the_rest() -> None:
    found = lines(LONG)
    assert found == [f"[{min(50000, 128 * n)}/50000] ?" for n in range(1, 392)]


def test_a_sum_is_evaluated_once() -> None:
    source = "def more():\n    print('asked')\n    return 2\ntotal = 1\ntotal = total + more()\nprint(total)\n"
    assert lines(source) == ["asked", "3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "False [1, 2]"),
        (["--flag", "Yes", "--sizes", "3,4"], "True [3, 4]"),
        (["--sizes", "a"], "usage: prog [-h] [--flag FLAG] [--sizes SIZES] [--arch ARCH]\n"
                           "prog: error: argument --sizes: invalid <lambda> value: 'a'\n"),
    ],
)  # fmt: skip
def test_the_programs_own_types_read_its_arguments(words: list[str], said: str) -> None:
    source = (
        "import argparse\ndef yes(text):\n    return text.lower() in ('yes', '1')\n"
        "parser = argparse.ArgumentParser(usage=None)\nparser.add_argument('--flag', type=yes, default='no')\n"
        "parser.add_argument('--sizes', type=lambda s: [int(x) for x in s.split(',')], default='1,2')\n"
        "parser.add_argument('--arch', default='a')\n"
        "args = parser.parse_args()\nprint(args.flag, args.sizes)\n"
    )
    made = plan(source, words)
    assert made is not None
    assert [node.parts for node in made.nodes if isinstance(node, Line)] == [(Literal(said),)]


def test_choices_that_nobody_knows_refuse_nothing() -> None:
    source = (
        "import argparse\nfrom torchvision import models\n"
        "names = sorted(n for n in models.__dict__ if n.islower() and callable(models.__dict__[n]))\n"
        "parser = argparse.ArgumentParser()\nparser.add_argument('-a', '--arch', default='resnet18', choices=names)\n"
        "print('model', parser.parse_args().arch)\n"
    )
    made = plan(source, ["-a", "resnet50"])
    assert made is not None
    assert made.nodes == (Line((Literal("model resnet50"),)),)


MANY = """
import torch
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(50000, 4)), batch_size=100)
warm, resume = 2, False
for epoch in range(1, 401):
    if resume:
        if epoch <= first:
            continue
    for i, (x,) in enumerate(loader):
        if epoch <= warm:
            x.step()
        print(f"epoch {epoch} [{i * 100 + len(x)}/{len(loader.dataset)}] {x.mean().item():.3f}")
    if epoch % 100 == 0:
        print("kept", epoch)
print("over")
"""


def test_a_run_of_very_many_lines_is_told_to_where_nobody_reads_on() -> None:
    made = plan(MANY)
    assert made is not None
    loop = made.nodes[0]
    assert isinstance(loop, Loop)
    *_, (tail,) = loop.turns
    assert isinstance(tail, Loop)
    assert (loop.count, loop.values[:3], tail.count) == (400, (1, 2, 3), 401 - len(loop.turns))
    assert lines(MANY)[:5000] == [f"epoch {1 + n // 500} [{n % 500 * 100 + 100}/50000] ?" for n in range(5000)]


def test_each_replica_works_where_its_part_of_a_batch_is() -> None:
    source = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 2)

    def forward(self, x):
        print("inside", x.shape)
        return self.fc(x)

net = nn.DataParallel(Net()).to("cuda:0")
out = net(torch.randn(6, 5).to("cuda:0"))
print("outside", out.shape, out.device)
"""
    found = plan(source, facts={"torch.cuda.device_count()": 2, "torch.cuda.is_available()": True})
    assert found is not None
    assert found.fault is None
    loop, line = found.nodes
    assert isinstance(loop, Loop)
    assert (loop.count, loop.var) == (2, "gpu")
    assert [text_of(one) for one in (*loop.body, line) if isinstance(one, Line)] == [
        "inside torch.Size([3, 5])\n",
        "outside torch.Size([6, 2]) cuda:0\n",
    ]


HELD = """
from torchvision import datasets
digits, pictures = datasets.MNIST("data", train=False), datasets.CIFAR10("data")
print(digits.data.unsqueeze(1).clone().shape, digits.targets.shape, digits.data.dtype, pictures.data.shape)
digits.data, digits.targets = digits.data[:100], digits.targets[:100]
print(len(digits), digits.data.shape[0])
digits.data = digits.data[digits.targets < 5]
print(len(digits))
"""


def test_what_a_data_set_holds_has_its_form_and_decides_how_long_it_is() -> None:
    assert lines(HELD) == [
        "torch.Size([10000, 1, 28, 28]) torch.Size([10000]) torch.uint8 (50000, 32, 32, 3)",
        "100 100",
        "?",
    ]


def test_samplers_say_how_much_a_loader_gives():
    source = (
        "import torch\nfrom torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset\n"
        "from torch.utils.data import WeightedRandomSampler\n"
        "from torch.utils.data.distributed import DistributedSampler\n"
        "held = TensorDataset(torch.zeros(2050, 20), torch.zeros(2050))\n"
        "share = DistributedSampler(held)\nloader = DataLoader(held, batch_size=32, sampler=share)\n"
        "for epoch in range(2):\n    loader.sampler.set_epoch(epoch)\n"
        "    print(len(share), len(loader), len(next(iter(loader))[0]), len(loader.dataset))\n"
        "some = DataLoader(held, 100, sampler=SubsetRandomSampler(range(300, 1350)))\n"
        "print([len(y) for x, y in some][-2:])\n"
        "print(len(DataLoader(held, 64, sampler=WeightedRandomSampler([1, 2], 1000))))\n"
    )
    assert printed(source, **{"torch.distributed.get_world_size()": 4}) == (
        "513 17 32 2050\n513 17 32 2050\n[100, 50]\n16\n"
    )


def test_a_part_of_a_batch_has_the_rows_of_the_batch():
    source = (
        "import elsewhere, torch\nfrom torch.utils.data import DataLoader, Dataset\n"
        "class Held(Dataset):\n    def __len__(self):\n        return 100\n    def __getitem__(self, i):\n"
        "        return {}\n"
        "for n, (x, y) in enumerate(DataLoader(Held(), 40)):\n    x, y = x.cuda(), y.to('cuda')\n"
        "    print(n * len(x), x.size(0), y.shape[0], len(y))\n"
        "for x, y in DataLoader(Held(), 40, collate_fn=lambda each: each):\n    print(len(x))\n    break\n"
    )
    for item in ("elsewhere.read(i)", "elsewhere.read(i), torch.tensor(1)"):
        found = printed(source.format(item)).splitlines()
        assert [line for line in found if line != "..."] == ["0 40 40 40", "40 40 40 40", "40 20 20 20", "?"]


def test_newer_releases_of_torchvision_fetch_without_a_word():
    source = "from torchvision import datasets\n" + "datasets.CIFAR10('data', download=True)\n" * 2 + "print('ready')\n"

    def said(**versions: str) -> list[str]:
        found = plan(source, facts={"exists": lambda name: False, "version": versions.get})
        assert found is not None
        return [text_of(node) for node in found.nodes if isinstance(node, Line)]

    archive = "cifar-10-python.tar.gz"
    assert said(torchvision="0.20.1", tqdm="4.66.0") == [
        f"Downloading https://www.cs.toronto.edu/~kriz/{archive} to data/{archive}\n",
        f"Extracting data/{archive} to data\n",
        "Files already downloaded and verified\n",
        "ready\n",
    ]
    assert said(torchvision="0.21.0+cu124", tqdm="4.66.0") == ["ready\n"]
    assert said(torchvision="0.22.1") == ["\r100.0%\n", "ready\n"]
