"""Training scripts: how many lines, in which loops, with which holes."""

from __future__ import annotations

import pytest

from llm_kernel.plan import Matcher, check, counts, grammar, hint, plan
from tests.plan.gbnf import Gbnf
from tests.plan.scripts import training

LINES = {
    "digits": (1358, 1358),
    "once": (3, 3),
    "progress": (4, 4),
    "talkative": (4224, 4224),
    "reporter": (7, 7),
    "pictures": (17, None),
    "regression": (12, None),
    "classic": (13, 13),
    "framework": (2, None),
    "resume": (1, None),
}


@pytest.mark.parametrize("name", LINES)
def test_lines_are_counted(name):
    found = counts(training(name))
    assert (found["least"], found["most"]) == LINES[name]


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        ([], 14 * 94 + 14 * 3),
        (["--epochs", "3"], 3 * 94 + 9),
        (["--epochs", "1", "--log-interval", "100"], 10 + 3),
        (["--epochs=2", "--batch-size", "128", "--save-model"], 2 * 47 + 6 + 1),
        (["--epochs", "5", "--dry-run"], 5 + 15),
        (["--epochs", "100", "--log-interval", "500"], 200 + 300),
        (["--no-such-option"], 0),
    ],
)
def test_the_command_line_decides(argv, lines):
    assert counts(training("digits", *argv))["lines"] == lines


def test_the_lines_of_the_digits_example():
    plan = training("digits", "--epochs", "2", "--log-interval", "400")
    lines = [
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.300039",
        "Train Epoch: 1 [25600/60000 (43%)]\tLoss: 0.137890",
        "Train Epoch: 1 [51200/60000 (85%)]\tLoss: 0.094012",
        "",
        "Test set: Average loss: 0.0490, Accuracy: 9839/10000 (98%)",
        "",
        "Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.081223",
    ]
    assert check(plan, lines) is None
    assert check(plan, [lines[0], lines[0]]) == 1
    assert check(plan, [lines[0], lines[1].replace("43%", "44%")]) == 1
    assert check(plan, [*lines[:3], "Test set: Average loss: 0.0490, Accuracy: 9839/10000 (98%)"]) == 3
    assert check(plan, [*lines[:6], lines[6].replace("Epoch: 2", "Epoch: 3")]) == 6


def test_the_grammar_of_the_digits_example():
    reader = Gbnf(grammar(training("digits", "--epochs", "1", "--log-interval", "500")))
    text = (
        "Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.300039\n"
        "Train Epoch: 1 [32000/60000 (53%)]\tLoss: 0.137890\n"
        "\nTest set: Average loss: 0.0490, Accuracy: 9839/10000 (98%)\n\n"
    )
    assert reader.accepts(text)
    assert not reader.accepts(text.replace("2.300039", "2.3000"))
    assert not reader.accepts(text.replace("53%", "54%"))


def test_a_sum_that_starts_anew_is_not_zero():
    plan = training("pictures")
    assert "[1,  2000] loss: ?.???      (12 lines: epoch = 0 .. 1)\n" in hint(plan)
    assert (
        check(plan, ["Files already downloaded and verified"] * 2 + ["[1,  2000] loss: 2.172", "[1,  4000] loss: 1.8"])
        == 3
    )


def test_early_stopping_makes_the_loop_at_most():
    plan = training("trainer")
    start = ["train batches: 25, val batches: 7"]
    epochs = [f"[{n:02d}/20] train_loss=0.{n:04d} val_loss=0.5000 (0.1s)" for n in range(1, 21)]
    assert check(plan, [*start, *epochs, "best val loss: 0.5000"]) is None
    counted = [f"EarlyStopping counter: {n} out of 3" for n in (1, 2, 3)]
    stopped = [*epochs[:2], counted[0], epochs[2], counted[1], epochs[3], counted[2], "Early stopping"]
    assert check(plan, [*start, *stopped, "best val loss: 0.5000"]) is None
    assert check(plan, [*start, *stopped, epochs[4]]) == 9
    assert check(plan, [*start, epochs[0], "Early stopping"]) == 2
    assert check(plan, [*start, epochs[0], epochs[2]]) == 2


def test_a_flag_in_forward_prints_once_without_replicas():
    one = training("replicas", torch__cuda__device_count=1)
    assert counts(one)["lines"] == 3
    assert check(one, ["inside: torch.Size([32, 4])", "epoch 0 done", "epoch 1 done"]) is None


def test_a_flag_set_in_a_replica_is_lost():
    four = training("replicas", torch__cuda__device_count=4)
    assert counts(four)["lines"] == 1 + 2 * 4 * 4 + 2
    assert hint(four).splitlines()[0] == "Using 4 GPUs"


def test_whether_there_are_replicas_may_stay_open():
    free = training("replicas")
    assert check(free, ["inside: torch.Size([32, 4])", "epoch 0 done", "epoch 1 done"]) is None
    assert check(free, ["Using 2 GPUs", "inside: torch.Size([16, 4])", "inside: torch.Size([16, 4])"]) is None


def test_a_bare_print_in_forward_prints_for_every_batch():
    plan = training("talkative")
    assert hint(plan) == (
        "input torch.Size([?])      (1407 lines: epoch = 0 .. 2)\n"
        "after layer 0: torch.Size([?])      (2814 lines: epoch = 0 .. 2)\n"
        "epoch 0      (3 lines: epoch = 0 .. 2)\n"
    )
    turn = [
        "input torch.Size([128, 784])",
        "after layer 0: torch.Size([128, 64])",
        "after layer 1: torch.Size([128, 10])",
    ]
    assert check(plan, [*(turn * 469), "epoch 0"]) is None
    assert check(plan, [*(turn * 468), "epoch 0"]) == 3 * 468
    assert check(plan, [*(turn * 470)]) == 3 * 469


def test_a_global_flag_prints_once():
    shape = "shape: torch.Size([100, 1, 28, 28])"
    assert check(training("once"), [shape, "Epoch 5: accuracy 91.20%", "Epoch 10: accuracy 93.02%"]) is None
    assert check(training("once"), [shape, shape]) == 1
    assert check(training("once"), [shape, "Epoch 1: accuracy 91.20%"]) == 1


def test_log_records_follow_the_format():
    plan = training("reporter")
    stamp = "2021-04-01 09:00:03,512 [INFO] "
    lines = [stamp + "config: {'epochs': 5, 'lr': 0.01}", stamp + "data torch.Size([64, 10])"]
    lines += [f"{stamp}epoch {n}/5 loss 0.6931" for n in range(1, 6)]
    assert check(plan, lines) is None
    matcher = Matcher(plan)
    for line in lines:
        matcher.feed(line)
    assert matcher.done


def test_a_frameworks_own_output_is_free():
    plan = training("framework")
    assert counts(plan)["free"] == 1
    lines = ["Training on 1 GPUs", "Epoch 1/5", "1875/1875 - 2s", "Test accuracy: 0.9772"]
    assert check(plan, lines) is None
    assert check(plan, ["Epoch 1/5"]) == 0


def test_a_module_beside_the_script_is_read():
    plan = training("stubborn")
    assert hint(plan).splitlines()[0] == "net has 25 parameters"
    lines = [
        "net has 25 parameters",
        "epoch 0 loss 0.41",
        "epoch 25 loss 0.21",
        "epoch 50 loss 0.1",
        "epoch 75 loss 0.05",
    ]
    lines.append("epoch 99 loss 0.02")
    assert check(plan, lines) is None
    assert check(plan, [*lines[:2], "epoch 26 loss 0.2"]) == 2
    assert check(plan, [*lines[:3], "failed: out of memory"]) is None
    assert check(plan, [*lines[:3], "failed: out of memory", lines[3]]) == 4


def test_what_training_usually_gives_is_told_for_the_datas_own_epochs() -> None:
    found = plan(
        "import torch\nfrom torch import nn\nfrom torchvision import datasets\nEPOCHS = 10\nnet = nn.Linear(784, 10)\n"
        "optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)\ndata = datasets.MNIST('data')\n"
        "for e in range(EPOCHS):\n    for x, y in torch.utils.data.DataLoader(data, batch_size=64):\n"
        "        loss = nn.functional.cross_entropy(net(x), y)\n        optimizer.zero_grad()\n"
        "        loss.backward()\n        optimizer.step()\n    print(f'{e} {loss.item():.2f}')\n"
    )
    assert found is not None
    name, _, told = found.usual.partition(" usually, a little different each time: ")
    assert name == "MNIST with linear"
    assert [part.split()[1] for part in told.split(", ")] == ["1", "2", "5", "10"]
