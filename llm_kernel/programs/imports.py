"""The import that a Python file forgot, where its name can mean only one thing: a weak model leaves such lines out."""

from __future__ import annotations

import ast

from pyflakes.checker import Checker
from pyflakes.messages import UndefinedName

__all__ = ["added", "forgotten"]

_TORCH = {
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "optim": "import torch.optim as optim",
    "torchvision": "import torchvision",
    "datasets": "from torchvision import datasets",
    "transforms": "from torchvision import transforms",
    "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from torch.utils.data import Dataset",
    "TensorDataset": "from torch.utils.data import TensorDataset",
    "Subset": "from torch.utils.data import Subset",
    "random_split": "from torch.utils.data import random_split",
    "StepLR": "from torch.optim.lr_scheduler import StepLR",
    "CosineAnnealingLR": "from torch.optim.lr_scheduler import CosineAnnealingLR",
    "ReduceLROnPlateau": "from torch.optim.lr_scheduler import ReduceLROnPlateau",
    "SummaryWriter": "from torch.utils.tensorboard import SummaryWriter",
}
"""Names as PyTorch's own tutorials import them; only in a file that imports torch anyway."""

_ANY = {
    **{name: f"import {name}" for name in "argparse csv json logging math os pickle random re sys time".split()},
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "tf": "import tensorflow as tf",
    "tqdm": "from tqdm import tqdm",
    "Path": "from pathlib import Path",
    "datetime": "from datetime import datetime",
    "defaultdict": "from collections import defaultdict",
    "Counter": "from collections import Counter",
    "deque": "from collections import deque",
    "partial": "from functools import partial",
}


def forgotten(source: str) -> list[str]:
    """The import lines that ``source`` lacks; none where a name of it cannot be told, or it does not compile."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    messages = Checker(tree).messages  # type: ignore[no-untyped-call]
    undefined: list[tuple[str, ...]] = [one.message_args for one in messages if isinstance(one, UndefinedName)]
    names = dict.fromkeys(str(args[0]) for args in undefined)
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    known = {**_ANY, **(_TORCH if any(name.partition(".")[0] in ("torch", "torchvision") for name in modules) else {})}
    return [known[name] for name in names] if names.keys() <= known.keys() else []


def added(source: str, lines: list[str]) -> str:
    """``source`` with ``lines`` behind the imports at its top."""
    body = ast.parse(source).body
    last = 0
    for number, node in enumerate(body):
        docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if docstring or isinstance(node, (ast.Import, ast.ImportFrom)):
            last = node.end_lineno or last
        elif last:
            break
    text = source.splitlines(keepends=True)
    return "".join([*text[:last], *(f"{line}\n" for line in lines), *text[last:]])
