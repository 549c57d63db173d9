"""Loops too long to walk turn by turn: every line, in order, and nothing that is not known."""

from __future__ import annotations

import random

from llm_kernel.plan import Hole, Matcher, check, counts, plan
from llm_kernel.plan.rest import rest

SAVES_ONCE = """
import torch
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(60000, 4)), batch_size=100)
total = len(loader)
for epoch in range(200):
    for i, (x,) in enumerate(loader):
        ones = torch.ones(100, 1)
        loss = (x.sum(1, keepdim=True) - ones).pow(2).mean()
        loss.backward()
        if (i + 1) % 200 == 0:
            print('Epoch [{}/{}], Step [{}/{}], loss: {:.4f}'.format(epoch, 200, i + 1, total, loss.item()))
    if (epoch + 1) == 1:
        print("first epoch is over")
    torch.save(loss, "loss-{}.pt".format(epoch + 1))
"""

METERS = """
import torch
class Meter:
    def __init__(self):
        self.sum = self.count = self.avg = 0
    def update(self, value, n):
        self.sum += value * n
        self.count += n
        self.avg = self.sum / self.count
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(80000, 4)), batch_size=16)
for epoch in range(30):
    meter = Meter()
    for i, (x,) in enumerate(loader):
        meter.update(x.mean().item(), x.size(0))
        if i % 1000 == 0:
            print(f"[{epoch}][{i:5d}/{len(loader)}] {meter.avg:.3f}")
    print(f" * {meter.avg:.3f} of {meter.count}")
"""


def lines(source: str) -> list[str]:
    made = plan(source)
    assert made is not None
    return [
        "".join("?" if isinstance(part, Hole) else part.text for part in line.parts)
        for line in rest(Matcher(made).places, random.Random(1))
    ]


def test_a_test_on_the_epoch_divides_the_turns() -> None:
    found = lines(SAVES_ONCE)
    assert len(found) == 601
    assert found[3] == "first epoch is over"
    assert found[-1] == "Epoch [199/200], Step [600/600], loss: ?"


def test_meters_are_not_zero_behind_a_loop() -> None:
    found = lines(METERS)
    assert len(found) == 30 * 6
    assert found[4:7] == ["[0][ 4000/5000] ?", " * ? of ?", "[1][    0/5000] ?"]


def test_a_list_holds_as_many_values_as_turns_put_in() -> None:
    turn = "for n in range(300):\n    held.append(random.random())\n    print(n)\n"
    source = f"import random\nheld = []\n{turn}print(len(held))"
    assert lines(source)[-1] == "300"


def test_counts_by_a_key_that_nobody_knows_keep_their_keys() -> None:
    turn = "for n in range(9):\n    hits[random.randrange(3)] += 1\n"
    source = f"import random\nhits = [0] * 3\n{turn}for h in hits:\n    print(h)"
    assert lines(source) == ["?", "?", "?"]


def test_all_of_a_list_can_be_deleted() -> None:
    assert lines("held = [1, 2]\ndel held[:]\nprint(len(held))") == ["0"]


def test_a_break_that_nobody_asks_for_is_not_taken() -> None:
    turn = "    if random.random() < 1e-9:\n        print('luck')\n        break\n    print(n)\n"
    source = f"import random\nfor n in range(40):\n{turn}"
    assert lines(source)[:36] == [str(n) for n in range(36)]


def test_the_standard_library_is_computed() -> None:
    source = (
        "import itertools, re, collections\n"
        "print(len(list(itertools.product([1, 2, 3], 'ab'))))\n"
        "print(collections.Counter(re.findall('[a-z]+', 'to be or not to be')).most_common(2))\n"
        "exec('limit = 7')\nprint(limit)"
    )
    made = plan(source)
    assert made is not None
    assert lines(source) == ["6", "[('to', 2), ('be', 2)]", "7"]
    assert counts(made)["lines"] == 3


def test_the_environment_is_the_machines() -> None:
    source = "import os\nos.environ['A'] = 'x'\nprint(os.environ['A'], os.environ.get('RANK', -1), os.getenv('HOME'))"
    made = plan(source, facts={"environ": {"HOME": "/root"}})
    assert made is not None
    assert [part.text for line in rest(Matcher(made).places, random.Random(1)) for part in line.parts] == ["x -1 /root"]


PHASES = """
import time
import torch
class Meter:
    def __init__(self):
        self.val = self.sum = self.count = self.avg = 0
    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n
        self.avg = self.sum / self.count
def right(output, target, topk=(1, 5)):
    _, pred = output.topk(max(topk), 1, True, True)
    correct = pred.t().eq(target.view(1, -1).expand_as(pred.t()))
    return [correct[:k].reshape(-1).float().sum(0).mul_(100.0 / target.size(0)) for k in topk]
data = torch.utils.data.TensorDataset(torch.randn(50000, 32), torch.randint(10, (50000,)))
train = torch.utils.data.DataLoader(data, batch_size=128)
test = torch.utils.data.DataLoader(torch.utils.data.Subset(data, range(10000)), batch_size=128)
net = torch.nn.Linear(32, 10)
def phase(name, epoch, loader):
    times, losses, top1 = Meter(), Meter(), Meter()
    end = time.time()
    for i, (x, y) in enumerate(loader):
        out = net(x)
        loss = torch.nn.functional.cross_entropy(out, y)
        if name == "train":
            loss.backward()
        prec1, prec5 = right(out.data, y)
        losses.update(loss.item(), x.size(0))
        top1.update(prec1.item(), x.size(0))
        times.update(time.time() - end)
        end = time.time()
        if i % 50 == 0:
            print(f"{name} [{epoch}][{i}/{len(loader)}] {times.avg:.3f} {losses.val:.4f} ({losses.avg:.4f})")
    print(f" * {name} {top1.avg:.3f}")
for epoch in range(200):
    phase("train", epoch, train)
    phase("test", epoch, test)
"""


def test_phases_with_meters_are_told_for_every_epoch() -> None:
    found = lines(PHASES)
    assert found == [
        text
        for epoch in range(200)
        for name, count in (("train", 391), ("test", 79))
        for text in (*(f"{name} [{epoch}][{i}/{count}] ? ? (?)" for i in range(0, count, 50)), f" * {name} ?")
    ]


MOVED = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
device = torch.device("cuda")
net = nn.Linear(4, 2).to(device)
loader = DataLoader(TensorDataset(torch.randn(100, 4), torch.zeros(100)), batch_size=8)
seen = 0
for i, (x, y) in enumerate(loader):
    x = x.to(device)
    out = net(x)
    seen += out.mean().item()
    if i == 0:
        print(x.shape)
print(i, x.shape, x.device, y.device, net(x).shape)
"""


def test_what_the_body_makes_of_the_loops_own_names_is_made_in_every_turn_and_stays() -> None:
    found = plan(MOVED, facts={"torch.cuda.is_available()": True})
    assert found is not None
    assert found.fault is None
    assert [part.text for line in rest(Matcher(found).places, random.Random(1)) for part in line.parts] == [
        "torch.Size([8, 4])",
        "12 torch.Size([4, 4]) cuda:0 cpu torch.Size([4, 2])",
    ]


PAIRS = """
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset
def one_hot(labels):
    made = np.zeros((labels.shape[0], 3))
    made[range(labels.shape[0]), labels] = 1.0
    return made
loader = DataLoader(TensorDataset(torch.randn(4000, 4), torch.zeros(4000)), batch_size=5)
for epoch in range(2):
    for i, batch in enumerate(loader):
        x = batch[0] * 2
        hot = one_hot(np.random.randint(0, 3, len(x)))
        print("[%d][%d/%d] %f" % (epoch, i, len(loader), x.mean()))
        if (epoch * len(loader) + i) % 50 == 0:
            torch.save(x, "x.pt")
"""


def test_a_batch_held_as_a_whole_and_an_array_made_in_each_turn_leave_the_counter_known() -> None:
    assert lines(PAIRS) == [f"[{epoch}][{i}/800] ?" for epoch in range(2) for i in range(800)]


def test_behind_a_loop_that_may_be_left_nobody_knows_how_far_it_came():
    source = (
        "import torch\nn = 0\n"
        "while True:\n    n += 1\n    if torch.rand(1).item() < 0.01 or n > 6:\n        break\nprint(n)\n"
        "k = 0\nfor i in range(8):\n    if torch.rand(1).item() < 0.01:\n        break\n    k += 1\nprint(k, n > 0)\n"
        "def walk(out):\n    out['first'] = 1\n"
        "    if torch.rand(1).item() < 0.5:\n        return\n    out['last'] = 2\n"
        "held = {'first': 0, 'last': 0}\nwalk(held)\nprint(held['first'])\nprint(held['last'])\n"
    )
    found = plan(source)
    assert found is not None
    for turns in (1, 7):
        assert check(found, [str(turns), f"{turns} True", "1", "0"]) is None
        assert check(found, [str(turns), f"{turns} True", "1", "2"]) is None
    assert check(found, ["3", "3 True", "0"]) == 2


def test_a_rare_line_of_very_many_steps_is_told_though_chance_moves_in_each() -> None:
    source = """
import torch
net = torch.nn.Linear(10, 10)
opt = torch.optim.AdamW(net.parameters())
for step in range(600000):
    loss = net(torch.randn(32, 10)).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 200000 == 0 and not step == 400000:
        print(f"step {step}: {loss.item():.4f}")
"""
    made = plan(source, facts={"chance": 7})
    assert made is not None
    found = ["".join("?" if isinstance(part, Hole) else part.text for part in line.parts)
             for line in rest(Matcher(made).places, random.Random(1))]  # fmt: skip
    assert found == ["step 0: ?", "step 200000: ?"]


def test_turns_without_an_end_are_numbered_until_the_loop_is_left() -> None:
    source = """
import gym
from itertools import count
env = gym.make("CartPole-v1")
mean = 10
for episode in count(1):
    state, _ = env.reset()
    mean = 0.05 * env.step(0)[1] + 0.95 * mean
    if episode % 10 == 0:
        print(f"Episode {episode}: {mean:.2f}")
    if mean > env.spec.reward_threshold:
        print("Solved!")
        break
print("over")
"""
    made = plan(source)
    assert made is not None
    solved = ["Episode 10: 12.00", "Episode 20: 31.10", "Solved!", "over"]
    assert check(made, solved) is None
    assert check(made, ["Solved!", "over"]) is None
    assert check(made, [solved[0], "Episode 30: 31.10"]) == 1
    assert check(made, [*solved[:3], "Solved!"]) == 3
