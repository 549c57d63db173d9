"""The learning rate that is shown is the one that PyTorch's schedulers give; values checked against torch 1.13."""

from __future__ import annotations

import pytest

from llm_kernel.plan.curves.schedule import schedule

_LOOP = """
import math, torch
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
{}
for epoch in range(10):
    for x, y in loader:
        optimizer.step()
        {}
    {}
    print(optimizer.param_groups[0]['lr'])
"""
_CASES = {
    "torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)": (0.1, 0.1, 0.05, 0.025),
    "torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2, 5], gamma=0.1)": (0.1, 0.01, 0.01, 0.001),
    "torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)": (0.09, 0.081, 0.0729, 0.0531441),
    "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)": (0.0975528, 0.0904508, 0.0793893, 0.0345492),
    "torch.optim.lr_scheduler.LambdaLR(optimizer, lambda e: 0.5 ** (e // 2))": (0.1, 0.05, 0.05, 0.0125),
    "torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)": (0.0625, 0.075, 0.0875, 0.1),
}


@pytest.mark.parametrize("made", _CASES)
def test_the_rate_after_epochs_1_2_3_and_6(made: str) -> None:
    found = schedule(_LOOP.format(f"scheduler = {made}", "", "scheduler.step()"), (), 0.1, 10, 100)
    assert found is not None
    assert tuple(round(found.at(epoch, 100), 7) for epoch in (1, 2, 3, 6)) == _CASES[made]


def test_a_warm_up_is_reckoned_from_the_loaders_length() -> None:
    rates = """
total = 10 * len(loader)
warm = int(0.1 * total)
def rate_at(step):
    if step < warm:
        return step / max(1, warm)
    share = (step - warm) / max(1, total - warm)
    return 0.5 * (1 + math.cos(math.pi * share))
"""
    by_hand = schedule(
        _LOOP.format(f"{rates}sch = torch.optim.lr_scheduler.LambdaLR(optimizer, rate_at)", "sch.step()", ""),
        (), 0.1, 10, 100,
    )  # fmt: skip
    library = schedule(
        _LOOP.format(f"{rates}sch = get_cosine_schedule_with_warmup(optimizer, warm, total)", "sch.step()", ""),
        (), 0.1, 10, 100,
    )  # fmt: skip
    assert by_hand is not None
    assert library is not None
    for found in (by_hand, library):
        assert [round(found.at(at, 100), 6) for at in (0, 0.5, 1, 5.5, 10)] == [0, 0.05, 0.1, 0.05, 0]


def test_a_rate_that_is_read_before_the_step_is_the_epochs_own() -> None:
    made = "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.1)"
    source = _LOOP.format(made, "", "").replace("['lr'])\n", "['lr'])\n    scheduler.step()\n")
    found = schedule(source, (), 0.1, 10, 100)
    assert found is not None
    assert [round(found.at(epoch, 100), 6) for epoch in (1, 2)] == [0.1, 0.01]


def test_one_cycle_rises_to_its_highest_rate_and_falls_with_the_batches() -> None:
    made = "scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, epochs=10, steps_per_epoch=100)"
    found = schedule(_LOOP.format(made, "scheduler.step()", ""), (), 0.1, 10, 100)
    assert found is not None
    rates = [found.at(epoch, 100) for epoch in (0, 2.99, 10)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[1] == pytest.approx(0.5)
    assert rates[2] < 1e-5


def test_a_rate_set_by_hand_follows_its_formula() -> None:
    body = "def adjust(optimizer, epoch):\n    lr = 0.2 * (0.1 ** (epoch // 3))\n    optimizer.lr = lr\n"
    found = schedule(_LOOP.format(body, "", "adjust(optimizer, epoch)"), (), 0.1, 10, 100)
    assert found is not None
    assert [round(found.at(epoch, 100), 6) for epoch in (1, 3, 4)] == [0.2, 0.2, 0.02]


def test_without_a_scheduler_the_rate_stays() -> None:
    found = schedule(_LOOP.format("", "", ""), (), 0.1, 10, 100)
    assert found is not None
    assert [found.at(epoch, 100) for epoch in (1, 10)] == [0.1, 0.1]


@pytest.mark.parametrize(
    "made", ["ReduceLROnPlateau(optimizer)", "SequentialLR(optimizer, [LinearLR(optimizer)], [5])"]
)
def test_a_rate_that_nobody_can_reckon_is_left_to_the_model(made: str) -> None:
    assert schedule(_LOOP.format(f"scheduler = {made}", "", "scheduler.step()"), (), 0.1, 10, 100) is None


def test_a_rate_read_before_the_step_and_one_read_behind_the_loop() -> None:
    source = """
import torch
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5)
for epoch in range(12):
    loss = torch.nn.functional.mse_loss(model(torch.randn(64, 3)), torch.randn(64, 1))
    loss.backward()
    optimizer.step()
    lr = optimizer.param_groups[0]["lr"]
    print(epoch, lr, loss.item())
    scheduler.step()
print("last", scheduler.get_last_lr())
"""
    found = schedule(source, (), 0.1, 12, 1)
    assert found is not None
    rates = [found.at(turn + 1.0, 1) for turn in range(12)]
    assert rates == [0.1] * 4 + [0.05] * 4 + [0.025] * 4
    assert found.at(12.0, 1, over=True) == 0.0125
