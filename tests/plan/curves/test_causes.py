"""What a script does to its run shows in its figures, even where the model says the same of all."""

from __future__ import annotations

import pytest

from bench.causes.__main__ import careless, judged
from bench.causes.pairs import BASE, PAIRS, Pair
from llm_kernel.plan.curves import course


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_changed_script_gives_figures_that_went_the_way_of_its_cause(pair: Pair) -> None:
    right, plain, changed = judged(pair, (careless(pair.scripts()[0]), careless(pair.scripts()[1])))
    assert right, (plain[-1], changed[-1])


def _kind(*edits: tuple[str, str]) -> str:
    source = BASE
    for old, new in edits:
        source = source.replace(old, new)
    found = course(source)
    assert found is not None
    return found.regime.kind


_SGD = ("torch.optim.Adam(model.parameters(), lr=0.001)", "torch.optim.SGD(model.parameters(), lr={})")


@pytest.mark.parametrize(
    ("lr", "kind"), [("10", "diverge"), ("0.1", "normal"), ("0.005", "slow"), ("1e-7", "chance"), ("0.05", "normal")]
)
def test_the_regime_follows_the_learning_rate(lr: str, kind: str) -> None:
    assert _kind((_SGD[0], _SGD[1].format(lr))) == kind


def test_an_optimizer_of_half_precision_loses_its_smallest_numbers() -> None:
    half = ("model = Net()", "model = Net().cuda().half()")
    assert [_kind(half), _kind(half, (_SGD[0], _SGD[1].format("0.05")))] == ["diverge", "normal"]


def test_what_stands_in_comments_and_strings_causes_nothing() -> None:
    assert (
        _kind(("import torch\n", '"""Try lr=10 on CIFAR-100, without optimizer.step()."""\nimport torch  # Softmax\n'))
        == "normal"
    )


def test_an_argument_of_the_command_line_counts_more_than_its_default() -> None:
    source = BASE.replace("lr=0.001", "lr=args.lr").replace(
        "EPOCHS = 6",
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--lr', type=float, default=0.001)\n"
        "args = parser.parse_args()\nEPOCHS = 6",
    )
    kinds = [found.regime.kind for argv in ([], ["--lr", "1e-8"], ["--lr=1e-8"]) if (found := course(source, argv))]
    assert kinds == ["normal", "chance", "chance"]


def test_a_script_that_trains_nothing_has_no_course() -> None:
    assert course("print('hello')") is None
    assert course("import torch\nprint(torch.ones(3))") is None
    assert course("def broken(:\n") is None
