"""The figures that programs print, read as series."""

from __future__ import annotations

import time

import pytest

from llm_kernel.views.metrics import Series, of_a_run, series


def _told(text: str) -> dict[str, tuple[str, list[float], list[float], bool]]:
    """Every series by its name: what its places are, the places, the values, and whether they are percent."""
    return {
        one.name: (one.x, [round(x, 3) for x, _ in one.points], [y for _, y in one.points], one.percent)
        for one in series(text)
    }


def test_epochs_in_brackets() -> None:
    text = "Loading...\n[1/3] loss 0.3405, accuracy 94.36%\n[2/3] loss 0.1573, accuracy 95.73%\nSaved to fit.pt\n"
    assert _told(text) == {
        "loss": ("epoch", [1, 2], [0.3405, 0.1573], False),
        "accuracy": ("epoch", [1, 2], [94.36, 95.73], True),
    }


def test_marked_names_and_what_is_no_metric() -> None:
    text = "".join(
        f"[{n:02}/10] train_loss=0.{9 - n} val_acc=9{n}.00% lr=1e-0{n} (11.{n}s, eta 0:12)\n" for n in (1, 2)
    )
    assert _told(text) == {
        "train_loss": ("epoch", [1, 2], [0.8, 0.7], False),
        "val_acc": ("epoch", [1, 2], [91.0, 92.0], True),
        "lr": ("epoch", [1, 2], [0.1, 0.01], False),
    }


def test_keras() -> None:
    text = "".join(
        f"Epoch {n}/2\n1875/1875 [==============================] - 5s 3ms/step - loss: 0.{n} - accuracy: 0.9{n} "
        f"- val_loss: 0.2{n} - val_accuracy: 0.8{n}\n"
        for n in (1, 2)
    )
    assert _told(text) == {
        "loss": ("epoch", [1, 2], [0.1, 0.2], False),
        "accuracy": ("epoch", [1, 2], [0.91, 0.92], False),
        "val_loss": ("epoch", [1, 2], [0.21, 0.22], False),
        "val_accuracy": ("epoch", [1, 2], [0.81, 0.82], False),
    }


def test_batches_are_parts_of_an_epoch() -> None:
    text = "".join(
        f"Train Epoch: {e} [0/600 (0%)]\tLoss: {e}.5\nTrain Epoch: {e} [300/600 (50%)]\tLoss: {e}.25\n\n"
        f"Test set: Average loss: 0.0{e}, Accuracy: 98{e}/1000 (98%)\n\n"
        for e in (1, 2)
    )
    assert _told(text) == {
        "train Loss": ("epoch", [0, 0.5, 1, 1.5], [1.5, 1.25, 2.5, 2.25], False),
        "test loss": ("epoch", [1, 2], [0.01, 0.02], False),
        "test Accuracy": ("epoch", [1, 2], [98.1, 98.2], True),
    }


def test_steps_within_epochs() -> None:
    text = "".join(f"Epoch [{e}/2], Step [{s}/600], Loss: 0.{e}{s}\n" for e in (1, 2) for s in (300, 600))
    assert _told(text) == {"Loss": ("epoch", [0.5, 1, 1.5, 2], [0.13, 0.16, 0.23, 0.26], False)}


def test_epochs_from_zero_with_batches_are_never_negative() -> None:
    text = "".join(f"[{e}/2][{b}/100]\tLoss_D: 1.{e}{b}\tLoss_G: 2.0\n" for e in (0, 1) for b in (0, 50))
    assert _told(text)["Loss_D"] == ("epoch", [0, 0.5, 1, 1.5], [1.0, 1.05, 1.1, 1.15], False)


def test_steps_without_epochs() -> None:
    text = "".join(f"step {n}: train loss {4.5 - n / 100}, val loss 4.{n}\n" for n in (0, 250))
    assert _told(text) == {
        "train loss": ("step", [0, 250], [4.5, 2.0], False),
        "val loss": ("step", [0, 250], [4.0, 4.25], False),
    }


def test_phases_hold_for_their_line() -> None:
    text = "".join(
        f"Epoch: 0{n} | Time: 0m 5s\n\tTrain Loss: 0.{n} | Train Acc: 8{n}.1%\n"
        f"\t Val. Loss: 0.2{n} |  Val. Acc: 7{n}%\n"
        for n in (1, 2)
    )
    assert {name: values for name, (_, _, values, _) in _told(text).items()} == {
        "train Loss": [0.1, 0.2],
        "train Acc": [81.1, 82.1],
        "val Loss": [0.21, 0.22],
        "val Acc": [71, 72],
    }
    assert set(_told("train Loss: 0.5 Acc: 0.8\nval Loss: 0.4 Acc: 0.9\n" * 2)) == {
        "train Loss",
        "train Acc",
        "val Loss",
        "val Acc",
    }


def test_log_lines_with_times() -> None:
    text = "".join(f"2021-04-01 09:00:0{n},123 INFO epoch {n} loss=1.{n}e-1\n" for n in (1, 2))
    assert _told(text) == {"loss": ("epoch", [1, 2], [0.11, 0.12], False)}


def test_the_line_of_the_source_that_logs_is_no_metric() -> None:
    text = "".join(f"INFO [src/train.py:3{n}] epoch {n} loss=1.{n}\n" for n in (1, 2))
    assert _told(text) == {"loss": ("epoch", [1, 2], [1.1, 1.2], False)}


def test_dicts_as_trainers_print_them() -> None:
    text = (
        "{'loss': 2.0, 'learning_rate': 5e-05, 'epoch': 0.5}\n{'loss': 1.0, 'learning_rate': 2e-05, 'epoch': 1.0}\n"
        "{'eval_loss': 0.4, 'eval_runtime': 3.2, 'epoch': 1.0}\n{'eval_loss': 0.3, 'eval_runtime': 3.1, 'epoch': 2.0}\n"
    )
    assert _told(text) == {
        "loss": ("epoch", [0.5, 1], [2, 1], False),
        "learning_rate": ("epoch", [0.5, 1], [5e-5, 2e-5], False),
        "eval_loss": ("epoch", [1, 2], [0.4, 0.3], False),
    }


@pytest.mark.parametrize(
    "text",
    [
        "第 1 轮: 训练损失 0.5, 验证准确率 91%\n第 2 轮: 训练损失 0.3, 验证准确率 92%\n",
        "第1轮: 训练损失：0.5，验证准确率：91%\n第2轮: 训练损失：0.3，验证准确率：92%\n",
    ],
)
def test_chinese(text: str) -> None:
    assert _told(text) == {
        "train loss": ("epoch", [1, 2], [0.5, 0.3], False),
        "val accuracy": ("epoch", [1, 2], [91, 92], True),
    }


def test_a_bar_that_redraws_itself_counts_once() -> None:
    text = "".join(
        f"Epoch {n}:   0%|   | 0/10\rEpoch {n}: 100%|####| 10/10 [00:02<00:00, 5.0it/s, loss=0.{9 - n}]\n"
        for n in (1, 2)
    )
    assert _told(text) == {"loss": ("epoch", [1, 2], [0.8, 0.7], False)}


def test_colours_are_no_part_of_a_name() -> None:
    assert _told("\x1b[32mloss\x1b[0m: 0.5\n\x1b[32mloss\x1b[0m: 0.4\n") == {
        "loss": ("number", [1, 2], [0.5, 0.4], False)
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "epoch,train_loss,acc,time\n1,0.5,90%,3\n2,0.4,91%,3\n",
            {"train_loss": ("epoch", [1, 2], [0.5, 0.4], False), "acc": ("epoch", [1, 2], [90, 91], True)},
        ),
        ("a\tb\n1\tx\n2\ty\n", {"a": ("number", [1, 2], [1, 2], False)}),
        (
            "epoch,step,train_loss,val_loss\n0,50,0.5,\n0,100,,0.6\n0,150,0.4,\n0,200,,0.5\n",
            {"train_loss": ("step", [50, 150], [0.5, 0.4], False), "val_loss": ("step", [100, 200], [0.6, 0.5], False)},
        ),
        ('{"epoch":1,"m":{"f1":0.1}}\n{"epoch":2,"m":{"f1":0.2}}\n', {"m.f1": ("epoch", [1, 2], [0.1, 0.2], False)}),
        ('{"loss":[0.5,0.4],"name":"x"}', {"loss": ("number", [1, 2], [0.5, 0.4], False)}),
        ('[{"step":10,"loss":2},{"step":20,"loss":1}]', {"loss": ("step", [10, 20], [2, 1], False)}),
        (
            '{"best":null,"log_history":[{"epoch":1.0,"loss":2.0},{"epoch":2.0,"loss":1.0}]}',
            {"loss": ("epoch", [1, 2], [2, 1], False)},
        ),
        (
            "epoch     train_loss  time\n0         0.300000    00:10\n1         0.200000    00:10\n",
            {"train_loss": ("epoch", [0, 1], [0.3, 0.2], False)},
        ),
    ],
)
def test_tables(text: str, wanted: dict[str, object]) -> None:
    assert _told(text) == wanted


def test_what_is_not_a_number_is_no_point() -> None:
    assert _told("Epoch 1: loss nan\nEpoch 2: loss 0.4\nEpoch 3: loss inf\nEpoch 4: loss 0.2\n") == {
        "loss": ("epoch", [2, 4], [0.4, 0.2], False)
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "loss: 0.5\n",
        "total 4\n-rw-r--r-- 1 root root 12 Apr  1 09:00 a\n-rw-r--r-- 1 root root 12 Apr  1 09:00 b\n",
        "| N/A 30C P8 9W / 70W | 0MiB / 15109MiB | 0% Default |\n" * 2,
        "127.0.0.1 localhost\n::1 localhost\nff02::1 a\nff02::2 b\n",
        "Python 3.8.5\nPython 3.8.5\n",
        "{",
        "[[[[1,",
        '{"a":' * 5000,
        "[]",
        "epoch,loss\n",
        "\x00\xff" * 100,
    ],
)
def test_what_holds_no_series(text: str) -> None:
    assert series(text) == []


def test_a_run_is_told_from_what_looks_like_one() -> None:
    assert not of_a_run(series("64 bytes: icmp_seq=1 ttl=64\n64 bytes: icmp_seq=2 ttl=64\n"))
    assert of_a_run(series("loss 0.5\nloss 0.4\n"))
    assert of_a_run([Series("x", "epoch", ((1.0, 1.0), (2.0, 2.0)))])


@pytest.mark.parametrize(
    "text",
    [
        "a" * 2_000_000,
        "1/" * 1_000_000,
        "a: " * 700_000,
        "1 " * 1_000_000,
        "loss=1\n" * 300_000,
        "a,b\n" + "1,2\n" * 500_000,
        "=" * 1_000_000,
        "- " * 700_000,
        "第" * 700_000,
        "[" * 200_000,
        "0:" * 700_000,
        "1e" * 700_000,
        "\x1b[" * 700_000,
    ],
)
def test_endless_texts_are_read_in_bearable_time(text: str) -> None:
    begun = time.process_time()
    series(text)
    assert time.process_time() - begun < 20
