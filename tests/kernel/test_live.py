"""The embedded model through a real kernel: fetched, started, asked. Slow; the mark ``live`` runs it."""

from __future__ import annotations

import importlib.util
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from llm_kernel.model.weights import fetch

pytestmark = [
    pytest.mark.live,
    pytest.mark.kernel,
    pytest.mark.timeout(1700),
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="needs the extra `local`"),
]

SCRIPT = """\
%%writefile fit.py
import torch
from torch import nn

model = nn.Linear(10, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(3):
    x, y = torch.randn(64, 10), torch.randn(64, 1)
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step} loss {loss.item():.2f}")
"""


def test_a_meta_cell_and_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch()
    monkeypatch.setenv("LLM_KERNEL_BACKEND", "local")
    monkeypatch.setenv("LLM_KERNEL_CLOCK", "stepped")
    cells = [
        "%%meta\nYou are Ubuntu 18.04 with Python 3.9 and two Tesla T4 GPUs.",
        "%machine install pip torch\nnvidia-smi -L | wc -l",
        SCRIPT,
        "python3 fit.py",
        "%why",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, kernel_name="llm_kernel", timeout=800).execute()
    said = ["".join(map(_plain, cell.outputs)) for cell in book.cells]
    assert said[0].splitlines()[0] == "Ubuntu 18.04.5 LTS"
    assert "2 x NVIDIA Tesla T4" in said[0].splitlines()
    assert said[1].splitlines()[-1] == "2"
    assert said[2] == "Writing fit.py\n"
    assert [line[:12] for line in said[3].splitlines()] == [f"step {number} loss " for number in range(3)]
    assert said[4].startswith("python3 fit.py\n    model: ")


def _plain(output: Any) -> str:
    """What an output says, a view by its text."""
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))
