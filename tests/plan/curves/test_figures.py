"""The figures of a run hang together, whatever a careless model says."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from llm_kernel.plan import plan
from llm_kernel.plan.curves.classes import area, of_five
from llm_kernel.plan.curves.memory import Memory
from llm_kernel.programs.bounds import Bounds, bounds

_HEAD = """
import math, time, torch
begin = time.time()
from torchvision import datasets
train_set = datasets.MNIST('data', train=True, download=True)
test_set = datasets.MNIST('data', train=False)
train_loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=1000)
model = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(5408, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.1)
best_acc = 0.0
for epoch in range(1, 11):
    model.train()
    running = 0.0
    for i, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        running += loss.item()
{batch}
    train_loss = running / len(train_loader)
    model.eval()
    val_loss, correct = evaluate(model, test_loader)
    acc = 100. * correct / len(test_set)
    best_acc = max(best_acc, acc)
    scheduler.step()
{epoch}
{end}
"""


def _bounds(batch: str = "        pass", epoch: str = "pass", end: str = "", seed: str = "1") -> Bounds:
    source = _HEAD.format(batch=batch, epoch=f"    {epoch}", end=end)
    source = f"def evaluate(model, loader):\n    return float(input()), int(input())\n{source}"
    planned = plan(source)
    assert planned is not None
    held = bounds(planned, source, (), seed)
    assert held is not None
    return held


def test_percentages_equal_their_fractions() -> None:
    held = _bounds(epoch="print(f'Accuracy: {correct}/{len(test_set)} ({acc:.2f}%)')")
    for said in ("Accuracy: 9812/10000 (12.00%)", "Accuracy: 98/10000 (98.12%)", "Accuracy: 10400/10000 (104.00%)"):
        found = re.fullmatch(r"Accuracy: (\d+)/10000 \((\d+\.\d\d)%\)", held.held(said))
        assert found is not None
        assert int(found[1]) / 100 == float(found[2])
        assert 0 <= int(found[1]) <= 10000


def test_a_figure_that_can_be_is_left_as_it_is() -> None:
    held = _bounds(epoch="print(f'epoch {epoch}: val loss {val_loss:.4f}, acc {acc:.2f}%')")
    assert held.held("epoch 1: val loss 0.0567, acc 98.15%") == "epoch 1: val loss 0.0567, acc 98.15%"
    assert held.replaced == 0


def test_a_run_does_not_overshoot_and_fall_back() -> None:
    held = _bounds(epoch="print(f'epoch {epoch}: acc {acc:.2f}%')")
    said = [held.held(f"epoch {n + 1}: acc {acc:.2f}%") for n, acc in enumerate((98.1, 99.86, 97.67, 96.0, 99.9, 93.0))]
    shares = [float(line.split()[-1][:-1]) for line in said]
    assert all(later > earlier - 0.35 for earlier, later in pairwise(shares))
    assert shares[-1] > shares[0]


def test_what_is_said_of_the_classes_follows_from_the_accuracy() -> None:
    held = _bounds(
        epoch="p, r, f, u = map(float, input().split()); "
        "print(f'acc {acc:.2f}% precision {p:.4f} recall {r:.4f} f1 {f:.4f} auc {u:.4f}')"
    )
    said = held.held("acc 98.15% precision 0.1000 recall 0.9000 f1 0.9900 auc 0.6600")
    precision, recall, f1, auc = (float(one) for one in said.split()[3::2])
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-4)
    assert (precision, recall) == pytest.approx((0.98, 0.98), abs=0.01)
    assert 0.99 < auc < 1


@pytest.mark.parametrize(
    ("share", "classes", "five", "under"),
    [(76.1, 1000, 92.9, 95), (77.0, 100, 93.5, 95), (93.0, 10, 99.8, 99), (95.0, 2, 100, 99), (50.0, 2, 100, 50)],
)
def test_accuracies_of_five_and_areas_are_about_as_published(
    share: float, classes: int, five: float, under: float
) -> None:
    assert of_five(share, classes) == pytest.approx(five, abs=1.5)
    assert area(share, classes) == pytest.approx(under, abs=1.5)


def test_memory_is_counted_in_the_units_of_the_script() -> None:
    source = _HEAD.format(
        batch="        pass",
        epoch="    peak = torch.cuda.max_memory_allocated() / 2 ** 30\n"
        "    print(f'peak {peak:.2f} GB, now {torch.cuda.memory_allocated() / 1e6:.0f} MB')",
        end="",
    )
    planned = plan(f"def evaluate(model, loader):\n    return float(input()), int(input())\n{source}")
    assert planned is not None
    held = bounds(planned, source, memory=Memory(3 * 2**30, 5e8, 4e9))
    assert held is not None
    assert held.held("peak 0.51 GB, now 12 MB") == "peak 3.00 GB, now 500 MB"


def test_examples_a_second_are_those_of_the_turn() -> None:
    held = _bounds(
        epoch="n, m, dt = map(float, input().split()); "
        "print(f'epoch {epoch} val acc {acc:.1f}% {n / dt:.0f} img/s {m / dt:.1f} it/s')"
    )
    row = held.held("epoch 1 val acc 98.1% 3 img/s 0.2 it/s")
    assert held.clocked(row, 12.0, 12.0) == "epoch 1 val acc 98.1% 5000 img/s 78.2 it/s"


def test_a_perplexity_is_that_of_its_loss() -> None:
    held = _bounds(epoch="print(f'val loss {val_loss:.4f} ppl {math.exp(val_loss):.4f}')")
    assert held.held("val loss 0.0567 ppl 99.1234") == "val loss 0.0567 ppl 1.0583"


def test_the_learning_rate_is_the_schedulers() -> None:
    held = _bounds(epoch="print(f'epoch {epoch} lr {scheduler.get_lr()[0]:.6f}')")
    said = [held.held(f"epoch {epoch} lr 0.500000").split()[-1] for epoch in range(1, 6)]
    assert said == ["0.001000", "0.000100", "0.000100", "0.000010", "0.000010"]


def test_the_best_is_the_best_so_far_and_the_end_is_that_of_the_last_epoch() -> None:
    held = _bounds(
        epoch="print(f'epoch {epoch}: acc {acc:.2f}% best {best_acc:.2f}%')", end="print(f'final acc: {acc:.2f}%')"
    )
    rows = [held.held(f"epoch {epoch}: acc {98 + epoch / 20:.2f}% best 12.00%") for epoch in range(1, 11)]
    shares = [float(row.split()[3][:-1]) for row in rows]
    assert [float(row.split()[5][:-1]) for row in rows] == [max(shares[: n + 1]) for n in range(10)]
    assert held.held("final acc: 10.00%") == f"final acc: {shares[-1]:.2f}%"


def test_an_epochs_training_loss_is_the_mean_of_its_batches() -> None:
    held = _bounds(
        batch="        if i % 100 == 0:\n            print(f'step {i} loss {loss.item():.4f}')",
        epoch="print(f'epoch {epoch} train loss {train_loss:.4f}')",
    )
    for epoch in range(1, 4):
        shown = [float(held.held(f"step {step} loss 0.1500").split()[-1]) for step in range(0, 938, 100)]
        told = float(held.held(f"epoch {epoch} train loss 0.0001").split()[-1])
        assert told == pytest.approx(sum(shown) / len(shown), rel=0.09)


def test_batches_begin_at_the_untrained_loss() -> None:
    held = _bounds(batch="        if i % 100 == 0:\n            print(f'step {i} loss {loss.item():.4f}')")
    first, second = (float(held.held(f"step {step} loss 0.0500").split()[-1]) for step in (0, 100))
    assert first == pytest.approx(2.3026, rel=0.015)
    assert second < first / 2


def test_a_first_batch_that_is_about_chance_is_left_as_it_is() -> None:
    held = _bounds(batch="        print(f'step {i} loss {loss.item():.4f}')")
    assert [held.held("step 0 loss 2.3141"), held.replaced] == ["step 0 loss 2.3141", 0]


def test_a_figures_label_begins_behind_the_figure_before_it() -> None:
    held = _bounds(
        epoch="print(f'epoch {epoch} lr {0.001 * epoch:.5f} train {train_loss:.4f} rate 1e-3 val {acc:.1f}%')"
    )
    loss, acc = held.held("epoch 1 lr 0.00100 train 9.0000 rate 1e-3 val 11.0%").split()[5::4]
    assert 0.05 < float(loss) < 0.4
    assert 95 < float(acc[:-1]) < 100


def test_rows_whose_rate_nobody_knows_any_longer_follow_those_that_told_it() -> None:
    rates = "float(input()) if epoch > 3 else 0.1 / epoch"
    held = _bounds(epoch=f"rate = {rates}; print(f'epoch {{epoch}} lr {{rate:.4f}} train {{train_loss:.4f}}')")
    rows = [held.held(f"epoch {n} lr {0.1 / min(n, 4):.4f} train 9.0000") for n in range(1, 9)]
    shown = [float(row.split()[-1]) for row in rows]
    assert len(set(shown)) == 8
    assert shown[7] < shown[3] < shown[0] < 0.5


def test_what_is_no_figure_of_training_is_left_alone() -> None:
    held = _bounds(epoch="print(f'epoch {epoch} on {torch.get_num_threads()} threads')", end="print('done', input())")
    assert [held.held(text) for text in ("epoch 1 on 999 threads", "done loss 5", "loss: 77")] == [
        "epoch 1 on 999 threads",
        "done loss 5",
        "loss: 77",
    ]


def test_the_same_words_give_the_same_figures() -> None:
    def run(seed: str) -> list[str]:
        held = _bounds(epoch="print(f'epoch {epoch}: val loss {val_loss:.4f}, acc {acc:.2f}%')", seed=seed)
        return [held.held(f"epoch {epoch}: val loss 9.0000, acc 1.00%") for epoch in range(1, 11)]

    assert run("1") == run("1")
    assert run("1") != run("2")


def test_the_total_time_is_what_the_run_took() -> None:
    held = _bounds(epoch="print(f'acc: {acc:.1f}')", end="print(f'took {time.time() - begin:.1f}s')")
    assert held.held("took 9999.0s", elapsed=83.25) == "took 83.2s"


def test_a_sum_of_batch_losses_is_that_many_times_their_mean() -> None:
    held = _bounds(epoch="print(f'epoch {epoch} loss {running:.2f}')")
    told = float(held.held("epoch 1 loss 0.20").split()[-1])
    assert 938 * 0.1 < told < 938 * 0.4


def test_shares_of_one_are_not_taken_for_percents() -> None:
    held = _bounds(epoch="print(f'acc {acc / 100:.4f}')")
    assert held.held("acc 0.9815") == "acc 0.9815"
    assert 0.97 < float(held.held("acc 0.1000").split()[-1]) < 1.0


def test_of_data_that_nobody_knows_the_models_word_is_taken() -> None:
    source = (
        "import torch\nfrom torch import nn\nmodel = nn.Linear(10, 10)\nfor epoch in range(1, 7):\n"
        "    loss = torch.rand(1)\n    loss.backward()\n    print(f'epoch {epoch} loss {loss:.4f}')\n"
    )
    planned = plan(source)
    assert planned is not None
    held = bounds(planned, source)
    assert held is not None
    said = [f"epoch {epoch} loss {0.99 - 0.09 * epoch:.4f}" for epoch in range(1, 7)]
    assert [held.held(row) for row in said] == said


_FIVE = """
import torch
from torchvision import datasets
train_set = datasets.CIFAR100('data', train=True, download=True)
loader = torch.utils.data.DataLoader(train_set, batch_size=100)
model = Net(resnet18)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(20):
    for i in range(500):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f' * Acc@1 {top1.avg:.3f} Acc@5 {top5.avg:.3f}')
    print(f'best {best_acc1:.3f}')
    if epoch == 19:
        for name in ('apple', 'bear', 'boy'):
            print(f'Accuracy of {name}: {share:.1f} %')
"""


def test_shares_of_a_run_have_one_unit_and_five_guesses_are_right_more_often_than_one() -> None:
    source = f"from net import Net, resnet18, loss, top1, top5, best_acc1, share\n{_FIVE}"
    planned = plan(source)
    assert planned is not None
    held = bounds(planned, source, (), "1")
    assert held is not None
    best = 0.0
    for _ in range(20):
        one, five = (float(said) for said in re.findall(r"\d+\.\d+", held.held(" * Acc@1 0.500 Acc@5 0.500")))
        best = max(best, one)
        assert (one < five <= 100, held.held("best 0.500")) == (True, f"best {best:.3f}")
    assert best > 20
    shares = [held.held(f"Accuracy of {name}: 43.7 %") for name in ("apple", "bear", "boy")]
    assert len({line.rpartition(":")[2] for line in shares}) == 3
