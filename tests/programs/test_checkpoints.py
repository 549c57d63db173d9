"""Checkpoints without bytes: their size is computed, and what is known of them survives copies and moves."""

from __future__ import annotations

import pytest

from llm_kernel.machine import Machine
from llm_kernel.programs.checkpoints import contents, leave, size_of
from tests.notebook import Notebook, out

_MLP = "model = nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 128), nn.ReLU(), nn.Linear(128, 10))\n"


@pytest.mark.parametrize(
    ("source", "keys", "parameters", "states"),
    [
        (_MLP, (), 784 * 128 + 128 + 1290, 1),
        ("nn.Conv2d(3, 16, 3); nn.BatchNorm2d(16); nn.Conv2d(16, 32, kernel_size=5)", (), 448 + 64 + 12832, 1),
        ("nn.Embedding(1000, 64)", (), 64000, 1),
        (_MLP + "optimizer = Adam()", ("model", "optimizer"), 784 * 128 + 128 + 1290, 3),
        (_MLP + "optimizer = SGD(momentum=0.9)", ("model", "optimizer"), 784 * 128 + 128 + 1290, 2),
        ("torchvision.models.resnet18()", (), 11_689_512, 1),
    ],
)
def test_a_checkpoint_is_as_large_as_its_parameters(
    source: str, keys: tuple[str, ...], parameters: int, states: int
) -> None:
    bare = size_of("nn.Linear(1, 1)") - 8
    assert size_of(source, keys) - states * 4 * parameters == bare + (states - 1) * 3200


def test_what_a_checkpoint_holds_is_read_back() -> None:
    machine = Machine()
    leave(machine, "/root/a.pt", 45_000_000, {"epoch": 12})
    assert machine.files.stat("/root/a.pt").size == 45_000_000
    assert contents(machine, "/root/a.pt") == {"epoch": 12}


async def test_it_is_still_known_after_a_copy_and_a_move() -> None:
    notebook = Notebook()
    leave(notebook.machine, "/root/a.pt", 45_000_000, {"epoch": 12})
    assert await notebook("cp a.pt b.pt; mv b.pt c.pt; stat -c %s c.pt; head -c 2 c.pt") == out("45000000\nPK")
    assert contents(notebook.machine, "/root/c.pt") == {"epoch": 12}


@pytest.mark.parametrize("path", ["/root", "/root/none.pt", "/etc/hostname"])
def test_what_is_no_checkpoint_holds_nothing(path: str) -> None:
    assert contents(Machine(), path) is None


def test_other_bytes_hold_nothing() -> None:
    machine = Machine()
    machine.files.sized("/root/x.pt", 10_000)
    assert contents(machine, "/root/x.pt") is None
