"""The course of a run against what PyTorch gave, small networks on Fashion-MNIST under plain gradient descent."""

from __future__ import annotations

import pytest

from llm_kernel.plan.curves import Course, course
from llm_kernel.plan.curves.families import family_of

_SOURCE = """
import torch, torch.nn as nn, torch.nn.functional as F
from torchvision import datasets, transforms
train_set = datasets.FashionMNIST('d', train=True, transform=transforms.ToTensor())
train_loader = torch.utils.data.DataLoader(train_set, batch_size=100, shuffle=True)
net = {net}
optimizer = torch.optim.SGD(net.parameters(), lr={rate})
for epoch in range(4):
    net.train()
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x.view(-1, 784)), y)
        loss.backward()
        optimizer.step()
    net.eval()
    print(epoch, loss.item())
"""
_LINEAR = "nn.Linear(784, 10)"
_DEEPER = "nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))"


def _course(net: str, rate: float) -> Course:
    found = course(_SOURCE.format(net=net, rate=rate))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("net", "rate", "epoch", "loss", "accuracy"),
    [
        (_LINEAR, 1e-4, 1, 2.186, 24.7),
        (_LINEAR, 1e-4, 3, 1.981, 47.7),
        (_LINEAR, 1e-3, 1, 1.532, 64.2),
        (_LINEAR, 1e-3, 4, 1.021, 68.2),
        (_LINEAR, 1e-2, 1, 0.815, 73.9),
        (_LINEAR, 1e-2, 4, 0.621, 79.5),
        (_LINEAR, 1e-1, 4, 0.485, 82.9),
        (_DEEPER, 1e-4, 1, 2.301, 14.3),
        (_DEEPER, 1e-3, 1, 2.263, 20.2),
        (_DEEPER, 1e-2, 1, 1.030, 63.5),
    ],
)
def test_a_slow_run_learns_as_slowly_as_in_pytorch(
    net: str, rate: float, epoch: int, loss: float, accuracy: float
) -> None:
    found = _course(net, rate)
    assert found.smooth("loss", "test", epoch) == pytest.approx(loss, rel=0.15)
    assert 100 - found.smooth("accuracy", "test", epoch) == pytest.approx(accuracy, abs=12)


@pytest.mark.parametrize(("rate", "epoch", "apart"), [(1e-4, 3, 0.013), (1e-3, 4, 0.060), (1e-2, 4, 0.121)])
def test_batches_differ_more_the_lower_their_loss_is(rate: float, epoch: int, apart: float) -> None:
    found = _course(_LINEAR, rate)
    assert found.rough(found.smooth("loss", "train", epoch)) == pytest.approx(apart, rel=0.4)


def test_a_batch_of_text_is_as_many_tokens_as_its_rows_have() -> None:
    found = course(
        "import torch\nbptt, batch_size = 35, 20\ncorpus = Corpus('data/wikitext-2')\nmodel = torch.nn.LSTM(200, 200)\n"
        "for epoch in range(6):\n    loss.backward()\n    for p in model.parameters():\n"
        "        p.data.add_(p.grad, alpha=-20)\n"
    )
    assert found is not None
    assert (found.recipe.batch, found.recipe.updates) == (700, 2984)
    assert found.smooth("loss", "test", 1) == pytest.approx(5.98, rel=0.02)
    assert found.smooth("loss", "test", 6) == pytest.approx(4.87, rel=0.02)


@pytest.mark.parametrize(
    ("words", "family"),
    [("t1 t5 resnet18", "resnet"), ("t5forconditionalgeneration", "transformer"), ("t5-small", "transformer")],
)
def test_a_family_is_not_read_off_a_counter_of_top_five(words: str, family: str) -> None:
    assert family_of(words, ()) == family


_BROUGHT = """
import torch, torchvision
train_set = torchvision.datasets.CIFAR100('d', train=True)
loader = torch.utils.data.DataLoader(train_set, batch_size=128, shuffle=True)
net = torchvision.models.resnet18(num_classes=100)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
scheduler = torch.optim.lr_scheduler.{scheduler}
for epoch in range({epochs}):
    for x, y in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    scheduler.step()
    print(epoch)
"""


def _errors(scheduler: str, epochs: int) -> list[float]:
    found = course(_BROUGHT.format(scheduler=scheduler, epochs=epochs))
    assert found is not None
    return [found.smooth("accuracy", "test", epoch) for epoch in range(1, epochs + 1)]


def test_a_cut_of_the_rate_leaves_the_plateau() -> None:
    errors = _errors("MultiStepLR(optimizer, [60, 120, 160], gamma=0.2)", 200)
    assert errors[49] - errors[59] < 2
    assert errors[59] - errors[60] > 5
    assert errors[-1] == pytest.approx(24.4, abs=1)


def test_a_short_run_whose_rate_is_brought_down_ends_near_a_long_one() -> None:
    assert _errors("CosineAnnealingLR(optimizer, T_max=30)", 30)[-1] == pytest.approx(28, abs=4)


_PICTURES = """
import torch, torch.nn as nn, torch.nn.functional as F
from torchvision import datasets, transforms
train_set = datasets.MNIST('d', train=True, transform=transforms.ToTensor())
train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
net = nn.Sequential({net})
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(8):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = {loss}
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
"""
_CONVOLUTIONS = "nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Flatten(), {}nn.Linear(21632, 10)"


def _pictures(net: str, loss: str = "F.cross_entropy(net(x), y)") -> Course:
    found = course(_PICTURES.format(net=net, loss=loss))
    assert found is not None
    return found


@pytest.mark.parametrize(("dropout", "trained"), [(0.25, 99.1), (0.5, 98.7)])
def test_dropout_costs_a_point_of_training_and_nothing_of_the_test(dropout: float, trained: float) -> None:
    plain, dropped = _pictures(_CONVOLUTIONS.format("")), _pictures(_CONVOLUTIONS.format(f"nn.Dropout({dropout}), "))
    assert 100 - plain.smooth("accuracy", "train", 8) == pytest.approx(99.4, abs=0.2)
    assert 100 - dropped.smooth("accuracy", "train", 8) == pytest.approx(trained, abs=0.2)
    assert dropped.smooth("accuracy", "test", 8) == pytest.approx(plain.smooth("accuracy", "test", 8), abs=0.1)


def test_squares_of_what_is_off_zeros_and_ones_have_a_loss_of_their_own() -> None:
    run = _pictures(_CONVOLUTIONS.format(""), "F.mse_loss(net(x), F.one_hot(y, 10).float())")
    assert run.recipe.pair.untrained == pytest.approx(0.09)
    assert run.smooth("loss", "train", 1) == pytest.approx(0.0134, abs=0.002)
    assert run.smooth("loss", "test", 8) == pytest.approx(0.0032, abs=0.001)
    assert run.smooth("accuracy", "test", 8) == pytest.approx(0.95, abs=0.1)


@pytest.mark.parametrize(
    ("more", "kind"),
    [("", "chance"), ("nn.BatchNorm1d(128), ", "normal"), ("*map(nn.init.kaiming_normal_, [w]), ", "slow")],
)
def test_thirty_layers_learn_if_their_signals_pass(more: str, kind: str) -> None:
    deep = (
        f"nn.Flatten(), nn.Linear(784, 128), *[nn.Sequential(nn.Linear(128, 128), {more}nn.ReLU()) for _ in range(30)]"
    )
    assert _pictures(f"{deep}, nn.Linear(128, 10)").regime.kind == kind


def test_late_epochs_of_a_slow_run_average_what_the_test_then_shows() -> None:
    run = _course("nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5408, 10))", 0.01)
    pair = run.recipe.pair
    assert pair.loss["train"][0] / pair.loss["test"][0] > 1.4
    assert 1 < run.smooth("loss", "train", 20) / run.smooth("loss", "test", 20) < 1.25


_TAUGHT = """
import torch, torch.nn as nn
from torchvision import datasets, transforms, models
pixels = transforms.Compose([{resize}transforms.ToTensor()])
train_set = datasets.{data}('d', transform=pixels)
loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
model = models.resnet18(weights='IMAGENET1K_V1')
{frozen}model.fc = nn.Linear(512, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
for epoch in range(6):
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
"""
_FROZEN = "for p in model.parameters(): p.requires_grad = False\n"


@pytest.mark.parametrize(
    ("data", "resize", "frozen", "family", "trained", "tested"),
    [
        ("CIFAR10", "transforms.Resize(224), ", "", "tuned", 98.3, 95.1),
        ("CIFAR10", "transforms.Resize(224), ", _FROZEN, "probe", 78.8, 80.1),
        ("CIFAR10", "", "", "resnet", 95.7, 80.0),
        ("ImageFolder", "transforms.Resize(224), ", "", "tuned", 86.1, 90.4),
    ],
)
def test_pretrained_weights_are_good_from_the_first_epoch_on(
    data: str, resize: str, frozen: str, family: str, trained: float, tested: float
) -> None:
    run = course(_TAUGHT.format(data=data, resize=resize, frozen=frozen))
    assert run is not None
    assert run.recipe.pair.family == family
    ends = [100 - run.smooth("accuracy", split, 6) for split in ("train", "test")]
    assert ends == pytest.approx([trained, tested], abs=0.3)


def test_a_language_model_that_goes_on_from_pretrained_weights_begins_near_its_end() -> None:
    run = course(
        "import torch\nfrom transformers import GPT2LMHeadModel\nfrom datasets import load_dataset\n"
        "model = GPT2LMHeadModel.from_pretrained('gpt2')\nds = load_dataset('wikitext', 'wikitext-2-raw-v1')\n"
        "loader = torch.utils.data.DataLoader(ds['train'], batch_size=8)\n"
        "optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5)\n"
        "for epoch in range(3):\n    for b in loader:\n        loss = model(b, labels=b).loss\n"
        "        loss.backward()\n        optimizer.step()\n        optimizer.zero_grad()\n"
    )
    assert run is not None
    assert [run.smooth("loss", "test", n) for n in (1, 3)] == pytest.approx([3.11, 3.04], abs=0.03)
