"""Figures that decide a run's way: what is printed of patience, of the best and of an early end follows from them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from llm_kernel.plan import Choice, Hole, Line, Plan, every_node, plan
from llm_kernel.programs.deciding import Decided, decided
from tests.notebook import Notebook

FACTS: dict[str, object] = {"torch.cuda.is_available()": False, "python": (3, 10, 6)}
HEAD = """
import torch
from torch import nn
from torchvision import datasets, transforms
train_set = datasets.MNIST('.', train=True, transform=transforms.ToTensor())
test_set = datasets.MNIST('.', train=False, transform=transforms.ToTensor())
train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=1000)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
def train():
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(train_loader)
def evaluate():
    total, correct = 0.0, 0
    with torch.no_grad():
        for x, y in test_loader:
            out = model(x)
            total += criterion(out, y).item()
            correct += (out.argmax(1) == y).sum().item()
    return total / len(test_loader), correct / len(test_set)
"""
PATIENCE = """
best, bad = float('inf'), 0
for epoch in range(1, 101):
    train_loss = train()
    val_loss, val_acc = evaluate()
    print(f'epoch {epoch} train {train_loss:.4f} val {val_loss:.6f} acc {val_acc:.3f}')
    if val_loss < best:
        best, bad = val_loss, 0
        print('saved')
        torch.save(model.state_dict(), 'best.pt')
    else:
        bad += 1
        print(f'no improvement {bad}/3')
        if bad == 3:
            print('stop')
            break
print(f'best {best:.6f}')
"""
OBJECT = """
class Stopper:
    def __init__(self, patience):
        self.patience, self.count, self.score = patience, 0, None
        self.over = False
    def __call__(self, metric):
        score = -metric
        if self.score is None or score > self.score:
            self.score, self.count = score, 0
        else:
            self.count += 1
            print(f'counter {self.count} of {self.patience}')
            self.over = self.count >= self.patience
stopper = Stopper(patience=2)
for epoch in range(1, 61):
    train_loss = train()
    val_loss, val_acc = evaluate()
    print(f'epoch {epoch} train {train_loss:.4f} val {val_loss:.6f} acc {val_acc:.3f}')
    stopper(val_loss)
    if stopper.over:
        print('stop')
        break
print(f'best {-stopper.score:.6f}')
"""
BEST = """
best_acc = 0
for epoch in range(10):
    train_loss = train()
    _, acc = evaluate()
    print('Epoch: %d loss %.3f acc %.4f' % (epoch, train_loss, acc))
    if acc > best_acc:
        print('Saving..')
        best_acc = acc
print('best %.4f' % best_acc)
"""

PLATEAU = """
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=2)
for epoch in range(1, 31):
    train_loss = train()
    val_loss, val_acc = evaluate()
    scheduler.step(val_loss)
    print(f"epoch {epoch} val {val_loss:.6f} lr {optimizer.param_groups[0]['lr']:.1e}")
"""
STOPPING = """
import numpy as np
class EarlyStopping:
    def __init__(self, patience, say=print):
        self.patience, self.say, self.counter = patience, say, 0
        self.best, self.over, self.least = None, False, np.Inf
    def __call__(self, val_loss, model):
        if self.best is None or -val_loss >= self.best:
            self.best, self.counter = -val_loss, 0
            self.say(f'decreased ({self.least:.6f} --> {val_loss:.6f})')
            torch.save(model.state_dict(), 'best.pt')
            self.least = val_loss
        else:
            self.counter += 1
            self.say(f'counter: {self.counter} out of {self.patience}')
            self.over = self.counter >= self.patience
stopping = EarlyStopping(3)
for epoch in range(40):
    losses = []
    for x, y in test_loader:
        losses.append(criterion(model(x), y).item())
    valid_loss = np.average(losses)
    print(f'valid_loss: {valid_loss:.6f}')
    stopping(valid_loss, model)
    if stopping.over:
        print('stop')
        break
"""


def _decided(source: str, seed: str = "42", facts: dict[str, object] = FACTS) -> Decided:
    first = plan(source, facts=facts)
    assert first is not None
    found = decided(source, (), first, read=lambda _: None, facts=facts, seed=seed)
    assert found is not None
    return found


def _lines(made: Plan) -> list[str]:
    lines = [node for node in every_node(made.nodes) if isinstance(node, Line)]
    return ["".join("?" if isinstance(part, Hole) else part.text for part in line.parts) for line in lines]


@pytest.mark.parametrize("seed", ["1", "2", "3"])
@pytest.mark.parametrize(
    ("source", "better", "worse", "patience"),
    [(PATIENCE, "saved", "no improvement {}/3", 3), (OBJECT, "", "counter {} of 2", 2)],
)
def test_patience_counts_what_is_printed(source: str, better: str, worse: str, patience: int, seed: str) -> None:
    found = _decided(HEAD + source, seed)
    assert found.names == ("val_loss",)
    assert not any(isinstance(node, Choice) for node in every_node(found.plan.nodes))
    lines = _lines(found.plan)
    expected: list[str] = []
    best, bad = float("inf"), 0
    for number, line in enumerate(one for one in lines if one.startswith("epoch ")):
        said = re.fullmatch(rf"epoch {number + 1} train \? val (\d\.\d{{6}}) acc \?", line)
        assert said is not None
        expected.append(line)
        if float(said[1]) < best:
            best, bad = float(said[1]), 0
            expected += [better] if better else []
        else:
            bad += 1
            expected.append(worse.format(bad))
            expected += ["stop"] if bad == patience else []
    assert lines == [*expected, f"best {best:.6f}"]


def test_what_is_saved_is_the_best_so_far() -> None:
    lines = _lines(_decided(HEAD + BEST).plan)
    expected: list[str] = []
    best = 0.0
    for number, line in enumerate(one for one in lines if one.startswith("Epoch: ")):
        said = re.fullmatch(rf"Epoch: {number} loss \? acc (\d\.\d{{4}})", line)
        assert said is not None
        expected.append(line)
        if float(said[1]) > best:
            best = float(said[1])
            expected.append("Saving..")
    assert lines == [*expected, f"best {best:.4f}"]
    assert len(expected) > 10


@pytest.mark.parametrize("name", ["inf_loss", "finance_loss", "nan_loss"])
def test_a_figure_may_have_any_name(name: str) -> None:
    found, other = _decided(HEAD + PATIENCE.replace("val_loss", name)), _decided(HEAD + PATIENCE)
    assert found.names == (name,)
    assert len(_lines(found.plan)) > 4 < len(_lines(other.plan))


def test_a_run_that_diverges_stops_at_figures_that_are_none() -> None:
    lines = _lines(
        _decided((HEAD + PATIENCE).replace("Adam(model.parameters(), lr=1e-3)", "SGD(model.parameters(), lr=1e4)")).plan
    )
    assert lines[-2] == "stop"
    assert [line for line in lines if line.startswith("no improvement")][-3:] == [
        f"no improvement {n}/3" for n in (1, 2, 3)
    ]
    assert " val nan " in lines[-4]


def test_the_same_seed_goes_the_same_way_and_another_its_own() -> None:
    first, again, other = (_lines(_decided(HEAD + PATIENCE, seed).plan) for seed in ("1", "1", "2"))
    assert first == again != other


@pytest.mark.parametrize(
    "source",
    [
        "import random\nfor epoch in range(3):\n    loss = random.random()\n    if loss < 0.5:\n        print('low')\n",
        f"{HEAD}\nfor epoch in range(3):\n    train_loss = train()\n    print(f'{{epoch}} {{train_loss:.3f}}')\n",
        f"{HEAD}\nloss = train()\nif loss < 1:\n    print(f'good {{loss:.2f}}')\n",
    ],
    ids=["no training", "nothing hangs on it", "no epochs"],
)
def test_what_no_figure_decides_stays_as_it_is(source: str) -> None:
    first = plan(source, facts=FACTS)
    assert first is not None
    assert decided(source, (), first, read=lambda _: None, facts=FACTS, seed="") is None


async def test_the_model_says_the_rest_and_why_names_the_figures() -> None:
    def replies(request: Any) -> str:
        return "".join(f"epoch {n} train {1 / n:.4f} val 0.5 acc 0.9\n" for n in range(1, 4))

    notebook = Notebook(replies)
    await notebook("%machine install pip torch")
    notebook.machine.files.write("/root/a.py", (HEAD + PATIENCE).encode())
    text = (await notebook.said("python3 a.py 2>/dev/null")).partition("epoch 1 ")[2]
    lines = f"epoch 1 {text}".splitlines()
    said = [line for line in lines if line.startswith("epoch")]
    assert [line.split()[1] for line in said] == [str(number + 1) for number in range(len(said))]
    values = [float(line.split()[5]) for line in said]
    assert lines.count("saved") == sum(one < min(values[:at], default=9) for at, one in enumerate(values))
    assert lines[-1] == f"best {min(values):.6f}"
    assert notebook.machine.files.exists("/root/best.pt")
    (shown, _) = await notebook("%why")
    told = shown.data["text/plain"].splitlines()
    assert told[-1].strip() == "decides its way, and goes as such a run usually does: val_loss"


def test_a_rate_falls_when_the_printed_losses_stand_still() -> None:
    expected: list[str] = []
    rate, best, bad = 1e-3, float("inf"), 0
    lines = _lines(_decided(HEAD + PLATEAU).plan)
    for number, line in enumerate(lines, 1):
        said = re.fullmatch(rf"epoch {number} val (\d\.\d{{6}}) lr \S+", line)
        assert said is not None
        best, bad = (float(said[1]), 0) if float(said[1]) < best * (1 - 1e-4) else (best, bad + 1)
        rate, bad = (rate / 10, 0) if bad > 2 and rate > 1.1e-8 else (rate, bad)
        expected.append(f"epoch {number} val {said[1]} lr {rate:.1e}")
    assert lines == expected
    assert rate < 1e-3


def test_a_class_that_stops_a_run_tells_of_each_step_down() -> None:
    facts = {**FACTS, "version": {"numpy": "1.24.1"}.get}
    lines = _lines(_decided(HEAD + STOPPING, facts=facts).plan)
    expected: list[str] = []
    least, counter = float("inf"), 0
    for said in (float(line[12:]) for line in lines if line.startswith("valid_loss: ")):
        expected.append(f"valid_loss: {said:.6f}")
        if said <= least:
            expected.append(f"decreased ({least:.6f} --> {said:.6f})")
            least, counter = said, 0
        else:
            counter += 1
            expected.append(f"counter: {counter} out of 3")
    assert lines == [*expected, "stop"]


def test_a_while_loop_ends_when_its_patience_does() -> None:
    loop = """
epoch, bad, best = 0, 0, float('inf')
while epoch < 50 and bad < 3:
    train_loss = train()
    val_loss, acc = evaluate()
    epoch += 1
    print(f'val {val_loss:.6f}')
    if val_loss < best:
        best, bad = val_loss, 0
    else:
        bad += 1
print('done after', epoch)
"""
    *rows, last = _lines(_decided(HEAD + loop).plan)
    figures = [float(row.removeprefix("val ")) for row in rows]
    assert min(figures) == figures[-4] < min(figures[-3:])
    assert last == f"done after {len(rows)}"


@pytest.mark.parametrize("edge", [1e-12, 1e3])
def test_a_while_loop_ends_by_the_loss_of_its_own_step(edge: float) -> None:
    loop = f"""
import torch
w = torch.randn(1, requires_grad=True)
iteration = 0
while iteration < 30:
    loss = (w - 2) ** 2
    loss.backward()
    w.grad.zero_()
    iteration += 1
    if iteration % 6 == 0:
        print(f'iter {{iteration}}: loss {{loss.item():.4f}}')
    if loss.item() < {edge}:
        print('converged')
        break
print('after', iteration)
"""
    lines = _lines(_decided(loop).plan)
    steps = [line.split(":")[0] for line in lines[:-1]]
    assert steps == (["converged"] if edge > 1 else [f"iter {n}" for n in (6, 12, 18, 24, 30)])
    assert lines[-1] == f"after {1 if edge > 1 else 30}"
