"""What the machine knows reaches the plan: versions, the folder of packages, and the weight of a network."""

from __future__ import annotations

from llm_kernel.events import Event, Text
from tests.notebook import Notebook

_WRONG = """import torch
from torch import nn
print(nn.ModuleList([nn.ReLU(), nn.ReLU()]))
nn.Linear(3, 4)(torch.zeros(2, 5))
"""


def _said(events: list[Event], stream: str) -> str:
    return "".join(each.text for each in events if isinstance(each, Text) and each.stream == stream)


async def _machine(version: str) -> Notebook:
    said = f"machine python 3.9\nmachine install pip torch {version}\n"
    notebook = Notebook([f"{said}cat > wrong.py <<'END'\n{_WRONG}END\n"])
    await notebook("%%meta\nmake it so")
    return notebook


async def test_a_traceback_names_the_folder_of_the_machines_packages():
    notebook = await _machine("1.8.0")
    events = await notebook("python3 wrong.py")
    site = "/usr/local/lib/python3.9/dist-packages/torch/nn"
    assert _said(events, "stdout") == "ModuleList(\n  (0): ReLU()\n  (1): ReLU()\n)\n"
    assert _said(events, "stderr") == (
        'Traceback (most recent call last):\n  File "/root/wrong.py", line 4, in <module>\n'
        "    nn.Linear(3, 4)(torch.zeros(2, 5))\n"
        f'  File "{site}/modules/module.py", line 889, in _call_impl\n    result = self.forward(*input, **kwargs)\n'
        f'  File "{site}/modules/linear.py", line 94, in forward\n'
        "    return F.linear(input, self.weight, self.bias)\n"
        f'  File "{site}/functional.py", line 1753, in linear\n    return torch._C._nn.linear(input, weight, bias)\n'
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x5 and 3x4)\n"
    )
    assert len(notebook.requests) == 1


async def test_a_newer_torch_folds_equal_neighbours():
    notebook = await _machine("2.1.0")
    events = await notebook("python3 wrong.py")
    assert _said(events, "stdout") == "ModuleList(\n  (0-1): 2 x ReLU()\n)\n"
