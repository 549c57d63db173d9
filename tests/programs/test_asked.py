"""What an instruction asks of a training script, held against the script."""

from __future__ import annotations

import pytest

from llm_kernel.programs.asked import left_out

ONE = "import torch\nEPOCHS = 10\nmodel = Net().to(device)\n"
ALL = "import torch\nEPOCHS = 100\nmodel = torch.nn.DataParallel(Net())\n"


@pytest.mark.parametrize(
    "wish",
    [
        "Change train.py: train for 100 epochs and use all GPUs.",
        "改成训练 100 个 epoch，并使用所有显卡。",
        "100轮，用四块显卡",
    ],
)
def test_both_halves_of_a_wish_are_held_against_the_script(wish: str) -> None:
    assert left_out(wish, {"/root/train.py": ALL}) == []
    assert left_out(wish, {"/root/train.py": ONE}) == [
        "train.py does not train for 100 epochs",
        "train.py uses one GPU: its line `model = Net().to(device)` needs nn.DataParallel(Net())",
    ]


def test_what_no_training_script_is_about_is_not_held_against_it() -> None:
    assert left_out("It has four GPUs and 100 epochs.", {}) == []
    assert left_out("count.py prints 100 epochs", {"/root/count.py": "print(1)\n"}) == []
    assert left_out("Create train.py for MNIST.", {"/root/train.py": ONE}) == []


def test_a_print_in_forward_is_missed() -> None:
    wish = "Create it; print the shape of the input in forward, once."
    bare = "import torch\n\n\nclass Net:\n    def forward(self, x):\n        return x\n"
    said = bare.replace("return", "print(x.shape)\n        return")
    assert left_out(wish, {"/root/cifar.py": bare}) == ["cifar.py prints nothing in forward"]
    assert left_out(wish, {"/root/cifar.py": said}) == []
