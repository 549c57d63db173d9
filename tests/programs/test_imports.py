"""What a Python file forgot to import is added where it can only be one thing."""

from __future__ import annotations

import pytest

from llm_kernel.programs.imports import added, forgotten
from tests.notebook import Notebook, out

_TRAIN = '''"""Trains."""
import torch
from torchvision import datasets

LOADER = DataLoader(datasets.MNIST("data"), batch_size=64)
model = nn.Linear(2, 2)
'''


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (_TRAIN, ["from torch.utils.data import DataLoader", "import torch.nn as nn"]),
        ("print(np.zeros(3))\n", ["import numpy as np"]),
        ("print(nn)\n", []),
        ("import torch\nprint(DataLoader, undefined)\n", []),
        ("print(\n", []),
        ("x = 1\n", []),
    ],
)
def test_only_names_that_mean_one_thing_are_imported(source: str, lines: list[str]) -> None:
    assert forgotten(source) == lines


def test_imports_stand_behind_the_imports() -> None:
    assert added(_TRAIN, ["import os"]) == _TRAIN.replace("datasets\n\n", "datasets\nimport os\n\n", 1)
    assert added("print(os)\n", ["import os"]) == "import os\nprint(os)\n"
    assert added('"""Doc."""\nprint(os)\n', ["import os"]) == '"""Doc."""\nimport os\nprint(os)\n'


async def test_a_meta_says_what_was_forgotten() -> None:
    notebook = Notebook([f"cat > train.py <<'EOF'\n{_TRAIN}EOF\n"])
    await notebook("%machine install pip torch 1.8.0")
    said = await notebook("%meta write train.py")
    assert (
        "train.py forgot, and now has: from torch.utils.data import DataLoader; import torch.nn as nn\n" in said[0].text
    )
    assert await notebook("head -5 train.py | tail -2") == out(
        "from torch.utils.data import DataLoader\nimport torch.nn as nn\n"
    )


async def test_a_second_script_that_mends_the_first_is_run_behind_it() -> None:
    notebook = Notebook(["cat > a.py <<'EOF'\nprint(wrong)\nEOF\n", "sed -i s/wrong/1/ a.py\n"])
    await notebook("%meta write a.py")
    assert await notebook("cat a.py") == out("print(1)\n")
