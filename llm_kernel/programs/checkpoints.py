"""Checkpoints that a run leaves: files with a size, which begin as the real ones do and remember what is known.

Their size is that of the parameters that the source names, four bytes each, and what the optimizer keeps of them.
"""

from __future__ import annotations

import json
import re
from typing import Any

from llm_kernel.machine import Machine

__all__ = ["contents", "leave", "size_of"]

_HEAD = b"PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00archive/data.pkl\n"
_MOST = 60_000
_LAYERS = (
    (r"Linear\(\s*(\d+(?:\s*\*\s*\d+)*)\s*,\s*(\d+)", 1),
    (r"Conv1d\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(?:kernel_size\s*=\s*)?(\d+)", 1),
    (r"Conv2d\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(?:kernel_size\s*=\s*)?(\d+)", 2),
    (r"BatchNorm\dd\(\s*(\d+)", 0),
    (r"Embedding\(\s*(\d+)\s*,\s*(\d+)", -1),
)
_KNOWN = (
    ("resnet18", 11_689_512),
    ("resnet34", 21_797_672),
    ("resnet50", 25_557_032),
    ("resnet101", 44_549_160),
    ("vgg16", 138_357_544),
    ("mobilenet_v2", 3_504_872),
    ("densenet121", 7_978_856),
    ("efficientnet_b0", 5_288_548),
    ("alexnet", 61_100_840),
    ("bert", 109_482_240),
    ("gpt2", 124_439_808),
    ("distilbert", 66_362_880),
)
"""Parameters of models that libraries bring, as torchvision's and the models' own documentation count them."""


def size_of(source: str, keys: tuple[str, ...] = ()) -> int:
    """Bytes of what a script saves; ``keys``: the names in the dict that it saves, where it is one."""
    parameters = _parameters(source)
    states = 1
    if any("optim" in key for key in keys) or re.search(r"optimizer\.state_dict", source):
        states += 2 if re.search(r"Adam|AdamW|RMSprop", source) else 1 if "momentum" in source else 0
    return 1_400 + states * (4 * parameters + 3_200)


def _parameters(source: str) -> int:
    text = source.lower()
    known = next((count for name, count in _KNOWN if name in text), 0)
    if known:
        return known
    total = 0
    for pattern, kind in _LAYERS:
        for found in re.finditer(pattern, source):
            numbers = [_product(group) for group in found.groups()]
            match kind:
                case 0:
                    total += 4 * numbers[0]
                case -1:
                    total += numbers[0] * numbers[1]
                case _:
                    window = numbers[2] ** kind if len(numbers) > 2 else 1
                    total += numbers[0] * numbers[1] * window + numbers[1]
    return total or 250_000


def _product(text: str) -> int:
    result = 1
    for part in text.split("*"):
        result *= int(part)
    return result


def leave(machine: Machine, path: str, size: int, holds: dict[str, Any]) -> None:
    """Write a checkpoint of ``size`` bytes that holds ``holds``, which is JSON-able."""
    said = json.dumps(holds, ensure_ascii=True)[:_MOST].encode()
    machine.files.sized(path, max(size, len(_HEAD) + len(said)), _HEAD + said)


def contents(machine: Machine, path: str) -> dict[str, Any] | None:
    """What is known of the checkpoint at ``path``; None where it is not one of ours."""
    files = machine.files
    if not files.exists(path) or not files.is_sized(path):
        return None
    data = files.root.read_file(files.resolve(path))[: len(_HEAD) + _MOST]
    if not data.startswith(_HEAD):
        return None
    try:
        held = json.loads(data[len(_HEAD) :])
    except ValueError:
        return None
    return held if isinstance(held, dict) else None
