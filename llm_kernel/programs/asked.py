"""What an instruction asks of a training script in so many words, held against the script that came of it.

Only what text can decide: a number of epochs, the use of all GPUs. A small model forgets the second half of a wish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["left_out"]

_EPOCHS = re.compile(
    r"(\d{1,6})\s*(?:个\s*)?(?:training\s+)?(?:epochs?\b|轮|回合)|epochs?\s*(?:=|to|:)\s*(\d{1,6})", re.I
)
_ALL_GPUS = re.compile(
    r"\b(?:all|both|every|multiple|several|two|three|four|eight|\d+)\s+(?:of\s+)?(?:the\s+|available\s+)*gpus?\b"
    r"|(?:所有|全部|多|两|四|八)\s*(?:的|块|张|个)?\s*(?:显卡|GPU)|多卡",
    re.I,
)
_PARALLEL = re.compile(
    r"DataParallel|DistributedDataParallel|device_count|accelerate|MirroredStrategy|devices\s*=|DeepSpeed"
)
_LEARNS = re.compile(r"^\s*(?:import|from)\s+(?:torch|tensorflow|keras|jax|lightning|pytorch_lightning)\b", re.M)


def left_out(instruction: str, sources: Mapping[str, str]) -> list[str]:
    """What ``instruction`` asked and none of the training scripts in ``sources`` (path to text) does."""
    scripts = {path: text for path, text in sources.items() if _LEARNS.search(text)}
    if not scripts:
        return []
    names = ", ".join(path.rpartition("/")[2] for path in scripts)
    missing = []
    found = _EPOCHS.search(instruction)
    wanted = (found[1] or found[2]) if found else ""
    if wanted and not any(re.search(rf"(?<![\d.]){wanted}(?![\d.])", text) for text in scripts.values()):
        missing.append(f"{names} does not train for {wanted} epochs")
    if _ALL_GPUS.search(instruction) and not any(_PARALLEL.search(text) for text in scripts.values()):
        missing.append(f"{names} uses one GPU: the model needs nn.DataParallel(...)")
    return missing
