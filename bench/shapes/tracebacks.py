"""Record the tracebacks of calls that do not fit: ``python -m bench.shapes.tracebacks PYTHON``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["CALLS", "RECORDED", "program"]

RECORDED = Path(__file__).parents[2] / "tests" / "plan" / "shapes" / "tracebacks.json"
CALLS = {
    "linear": "nn.Linear(3, 4)(torch.zeros(2, 5))",
    "conv2d": "nn.Conv2d(3, 4, 3)(torch.zeros(2, 1, 8, 8))",
    "conv1d": "nn.Conv1d(3, 4, 3)(torch.zeros(2, 1, 8))",
    "transposed": "nn.ConvTranspose2d(3, 4, 3)(torch.zeros(2, 1, 8, 8))",
    "batch_norm": "nn.BatchNorm2d(3)(torch.zeros(2, 4, 8, 8))",
    "batch_norm_rank": "nn.BatchNorm2d(3)(torch.zeros(2, 3))",
    "layer_norm": "nn.LayerNorm(3)(torch.zeros(2, 4))",
    "group_norm": "nn.GroupNorm(1, 3)(torch.zeros(2, 4, 8))",
    "pool": "nn.MaxPool2d(4)(torch.zeros(2, 1, 2, 2))",
    "embedding": "nn.Embedding(3, 4)(torch.zeros(2))",
    "lstm": "nn.LSTM(3, 4)(torch.zeros(2, 1, 8))",
    "flatten": "nn.Flatten(5)(torch.zeros(2, 5))",
    "cross_entropy": "nn.CrossEntropyLoss()(torch.zeros(2, 5), torch.zeros(3, dtype=torch.long))",
    "bce": "nn.BCELoss()(torch.zeros(2, 5), torch.zeros(3))",
    "mse": "nn.MSELoss()(torch.zeros(2, 5), torch.zeros(3))",
    "nested": "nn.Sequential(Net())(torch.zeros(2, 3, 8, 8))",
}


def program(call: str) -> str:
    """A script that makes this call inside a function."""
    return f"""import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        self.fc = nn.Linear(10, 2)

    def forward(self, x):
        x = self.body(x)
        return self.fc(x.flatten(1))


def main():
    {call}


main()
"""


def main() -> None:
    """Write what the real torch prints, without the marks that newer Pythons set under a line."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.py"
        for name, call in CALLS.items():
            path.write_text(program(call), "utf-8")
            run = subprocess.run([sys.argv[1], "-W", "ignore", "script.py"], capture_output=True, text=True, cwd=folder)
            rows = [row for row in run.stderr.splitlines() if set(row) - {" ", "^"}]
            found[name] = "\n".join(rows).replace(f"{folder}/", "") + "\n"
    RECORDED.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
