"""Pairs of training scripts: a plain one and the same with one thing changed, and which way a figure must go."""

# ruff: noqa: E501 - the edits are lines of scripts as they stand there

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["BASE", "PAIRS", "Pair", "Rows"]

Rows = list[tuple[float, float, float, float]]
"""For each epoch: loss and accuracy while training, loss and accuracy on the test data."""

BASE = """\
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import datasets, transforms

torch.manual_seed(1)
EPOCHS = 6
BATCH = 32


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def train(model, loader, optimizer):
    model.train()
    total, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        optimizer.zero_grad()
        outputs = model(images)
        loss = F.cross_entropy(outputs, labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        correct += (outputs.argmax(1) == labels).sum().item()
        seen += len(labels)
    return total / seen, 100.0 * correct / seen


def test(model, loader):
    model.eval()
    total, correct, seen = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            outputs = model(images)
            total += F.cross_entropy(outputs, labels).item() * len(labels)
            correct += (outputs.argmax(1) == labels).sum().item()
            seen += len(labels)
    return total / seen, 100.0 * correct / seen


trainset = datasets.MNIST("data", train=True, download=True, transform=transforms.ToTensor())
testset = datasets.MNIST("data", train=False, transform=transforms.ToTensor())
train_loader = torch.utils.data.DataLoader(trainset, batch_size=BATCH, shuffle=True)
test_loader = torch.utils.data.DataLoader(testset, batch_size=500)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for epoch in range(1, EPOCHS + 1):
    train_loss, train_acc = train(model, train_loader, optimizer)
    test_loss, test_acc = test(model, test_loader)
    print(f"epoch {epoch} train loss {train_loss:.4f} train acc {train_acc:.2f}% "
          f"test loss {test_loss:.4f} test acc {test_acc:.2f}%")
"""

_ADAM = "torch.optim.Adam(model.parameters(), lr=0.001)"
_SGD = "torch.optim.SGD(model.parameters(), lr=0.05)"
_DROP = ("        x = F.relu(self.fc2(x))\n", "        x = F.dropout(F.relu(self.fc2(x)), 0.5, self.training)\n")
_DROPS = (
    (
        "        self.fc3 = nn.Linear(64, 10)\n",
        "        self.fc3 = nn.Linear(64, 10)\n        self.drop = nn.Dropout(0.6)\n",
    ),
    ("        x = F.relu(self.fc2(x))\n", "        x = self.drop(F.relu(self.fc2(x)))\n"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """``plain`` and ``changed`` edit ``BASE``; ``right`` compares what the two runs print."""

    name: str
    changed: tuple[tuple[str, str], ...]
    right: Callable[[Rows, Rows], bool]
    wanted: str
    plain: tuple[tuple[str, str], ...] = ()

    def scripts(self) -> tuple[str, str]:
        """Both sources."""
        return _edited(self.plain), _edited((*self.plain, *self.changed))


def _edited(edits: tuple[tuple[str, str], ...]) -> str:
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def _chance(a: Rows, b: Rows) -> bool:
    return b[-1][3] < 20 < a[-1][3] and not b[-1][0] < 2.2


def _worse(by: float) -> Callable[[Rows, Rows], bool]:
    return lambda a, b: b[-1][3] < a[-1][3] - by


def _higher(column: int, by: float) -> Callable[[Rows, Rows], bool]:
    return lambda a, b: b[-1][column] > a[-1][column] + by


def _gap(rows: Rows) -> float:
    return rows[-1][1] - rows[-1][3]


PAIRS = (
    Pair("learning rate 10", ((_SGD, _SGD.replace("0.05", "10")),), lambda a, b: math.isnan(b[-1][0]) or b[-1][3] < 20,
         "nan or chance", ((_ADAM, _SGD),)),
    Pair("learning rate 1e-7", (("lr=0.001", "lr=1e-7"),), _chance, "stays at chance"),
    Pair("learning rate 0", (("lr=0.001", "lr=0.0"),), _chance, "stays at chance"),
    Pair("learning rate 0.3 under Adam", (("lr=0.001", "lr=0.3"),), _worse(3), "worse"),
    Pair("no zero_grad", (("        optimizer.zero_grad()\n", ""),), _worse(0.5), "worse", ((_ADAM, _SGD),)),
    Pair("a small rate under SGD", ((_SGD, _SGD.replace("0.05", "0.001")),),
         lambda a, b: b[-1][0] > a[-1][0] + 0.2 and 20 < b[-1][3] < a[-1][3], "slower, yet far above chance",
         ((_ADAM, _SGD),)),
    Pair("smoothed labels", (("loss = F.cross_entropy(outputs, labels)\n", "loss = F.cross_entropy(outputs, labels, label_smoothing=0.1)\n"),),
         lambda a, b: b[-1][0] > 0.5 > a[-1][0] and abs(b[-1][3] - a[-1][3]) < 2, "a higher loss, the same accuracy"),
    Pair("no step", (("        optimizer.step()\n", ""),), _chance, "stays at chance"),
    Pair("zero_grad behind backward",
         (("        optimizer.zero_grad()\n", ""), ("loss.backward()\n", "loss.backward()\n        optimizer.zero_grad()\n")),
         _chance, "stays at chance"),
    Pair("100 examples", (("transform=transforms.ToTensor())\ntestset",
                           "transform=transforms.ToTensor())\ntrainset = torch.utils.data.Subset(trainset, range(100))\ntestset"),
                          ("EPOCHS = 6", "EPOCHS = 40")),
         lambda a, b: _gap(b) > _gap(a) + 5 and b[-1][3] < a[-1][3], "train up, test far below"),
    Pair("batch of 1,000", (("BATCH = 32", "BATCH = 1000"),), _higher(0, 0.02), "learns less in an epoch"),
    Pair("another seed", (("manual_seed(1)", "manual_seed(2)"),),
         lambda a, b: a != b and abs(a[-1][3] - b[-1][3]) < 4, "other figures, the same end"),
    Pair("softmax twice", (("return self.fc3(x)", "return F.softmax(self.fc3(x), dim=1)"),),
         lambda a, b: b[-1][0] > 1.4 and b[-1][0] > a[-1][0], "no loss below 1.46"),
    Pair("no activation", (("x = F.relu(self.fc1(x))", "x = self.fc1(x)"), ("x = F.relu(self.fc2(x))", "x = self.fc2(x)")),
         _worse(1), "worse"),
    Pair("twelve sigmoid layers",
         (("        self.fc3 = nn.Linear(64, 10)\n",
           "        self.fc3 = nn.Linear(64, 10)\n        self.deep = nn.ModuleList([nn.Linear(64, 64) for _ in range(10)])\n"),
          ("x = F.relu(self.fc1(x))", "x = torch.sigmoid(self.fc1(x))"),
          ("        x = F.relu(self.fc2(x))\n",
           "        x = torch.sigmoid(self.fc2(x))\n        for layer in self.deep:\n            x = torch.sigmoid(layer(x))\n")),
         _chance, "stays at chance"),
    Pair("dropout", _DROPS, _higher(0, 0.02), "a higher loss while training"),
    Pair("random labels", (("testset = ", "trainset.targets = torch.randint(0, 10, (len(trainset.targets),))\ntestset = "),),
         lambda a, b: b[-1][3] < 20 < a[-1][3], "test stays at chance"),
    Pair("shuffled labels", (("testset = ", "trainset.targets = trainset.targets[torch.randperm(len(trainset.targets))]\ntestset = "),),
         lambda a, b: b[-1][3] < 20 < a[-1][3], "test stays at chance"),
    Pair("a third of the labels drawn", (("testset = ", "third = len(trainset.targets) // 3\ntrainset.targets[:third] = torch.randint(0, 10, (third,))\ntestset = "),),
         lambda a, b: b[-1][0] > a[-1][0] + 0.2 and 50 < b[-1][3] < a[-1][3], "a higher loss, a worse test"),
    Pair("tested on the training data", (('testset = datasets.MNIST("data", train=False', 'testset = datasets.MNIST("data", train=True'),),
         lambda a, b: b[-1][3] > a[-1][3] and b[-1][2] < a[-1][2], "a better test"),
    Pair("detached outputs", (("outputs = model(images)\n        loss", "outputs = model(images).detach().requires_grad_()\n        loss"),),
         _chance, "stays at chance"),
    Pair("no logarithm", (("loss = F.cross_entropy(outputs, labels)\n", "loss = F.nll_loss(outputs, labels)\n"),),
         lambda a, b: b[-1][0] < -10, "falls below zero without end"),
    Pair("batches of one", (("BATCH = 32", "BATCH = 1"),), _worse(0.3), "worse"),
    Pair("weight decay 1", (("lr=0.001)", "lr=0.001, weight_decay=1.0)"),), _worse(5), "worse"),
    Pair("no eval", (("    model.eval()\n", ""),), _worse(0.2), "worse on the test", _DROPS),
    Pair("first layer frozen", (("optimizer = ", "for p in model.fc1.parameters():\n    p.requires_grad = False\noptimizer = "),),
         _worse(0.5), "worse"),
    Pair("all weights alike", (("optimizer = ", "for p in model.parameters():\n    nn.init.constant_(p, 0.01)\noptimizer = "),),
         _worse(20), "far worse"),
    Pair("batch of 4,096", (("BATCH = 32", "BATCH = 4096"),), _higher(0, 0.05), "learns less in an epoch"),
    Pair("thirty plain layers",
         (("        self.fc3 = nn.Linear(64, 10)\n",
           "        self.fc3 = nn.Linear(64, 10)\n        self.deep = nn.ModuleList([nn.Linear(64, 64) for _ in range(30)])\n"),
          ("        x = F.relu(self.fc2(x))\n",
           "        x = F.relu(self.fc2(x))\n        for layer in self.deep:\n            x = F.relu(layer(x))\n")),
         _chance, "stays at chance"),
    Pair("three sigmoid layers",
         (("F.relu(self.fc1(x))", "torch.sigmoid(self.fc1(x))"), ("F.relu(self.fc2(x))", "torch.sigmoid(self.fc2(x))")),
         lambda a, b: b[0][0] > a[0][0] and b[-1][3] > 85, "slower at first, yet far above chance"),
    Pair("gradients clipped", (("        optimizer.step()\n", "        nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n        optimizer.step()\n"),),
         lambda a, b: math.isnan(a[-1][0]) and not math.isnan(b[-1][0]), "bad, and no nan", ((_ADAM, _SGD.replace("0.05", "100")),)),
    Pair("decoupled weight decay 1", (("torch.optim.Adam(model.parameters(), lr=0.001)", "torch.optim.AdamW(model.parameters(), lr=0.001, weight_decay=1.0)"),),
         lambda a, b: b[-1][0] > a[-1][0] and b[-1][3] > 90, "a higher loss while training"),
    Pair("all but the head frozen",
         (("optimizer = ", "for p in [*model.fc1.parameters(), *model.fc2.parameters()]:\n    p.requires_grad = False\noptimizer = "),),
         _worse(2), "worse"),
    Pair("moved and turned pictures",
         (("train=True, download=True, transform=transforms.ToTensor()",
           "train=True, download=True, transform=transforms.Compose([transforms.RandomAffine(15, (0.1, 0.1)), transforms.ToTensor()])"),),
         lambda a, b: b[-1][0] > a[-1][0] + 0.02 and abs(b[-1][3] - a[-1][3]) < 2, "a higher loss while training, the same test"),
    Pair("brain floats", (("model = Net()", "model = Net().bfloat16()"), ("outputs = model(images)", "outputs = model(images.bfloat16())")),
         lambda a, b: b[-1][3] > 90, "the same"),
    Pair("momentum", (("lr=0.01)", "lr=0.01, momentum=0.9)"),), lambda a, b: b[-1][0] < a[-1][0], "faster",
         ((_ADAM, _SGD.replace("0.05", "0.01")),)),
    Pair("a layer of four units", (("nn.Linear(784, 64)", "nn.Linear(784, 512)"), ("nn.Linear(64, 64)", "nn.Linear(512, 4)"), ("nn.Linear(64, 10)", "nn.Linear(4, 10)")),
         lambda a, b: b[-1][0] > a[-1][0] + 0.05 and 40 < b[-1][3] < a[-1][3] - 2, "worse, yet far above chance"),
    Pair("rate cut tenfold each epoch",
         (("for epoch in", "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.1)\nfor epoch in"),
          ("    test_loss, test_acc", "    scheduler.step()\n    test_loss, test_acc")), _higher(0, 0.02), "stops learning",
         ((_ADAM, _SGD.replace("0.05", "0.02")),)),
)  # fmt: skip
