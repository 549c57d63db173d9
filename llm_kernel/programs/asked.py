"""What an instruction asks of a training script in so many words, held against the script that came of it.

Only what its source can decide: a number of epochs, a print in ``forward`` and how often it prints, the use of all
GPUs. A small model forgets the second half of a wish.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from llm_kernel.programs.often import misjudged

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
_IN_FORWARD = re.compile(
    r"\bprint\w*\b.{0,80}\bforward\b|\bforward\b.{0,80}\bprint|打印.{0,40}forward|forward.{0,40}打印", re.I | re.S
)
_MODEL = re.compile(r"^[ \t]*(\w+) = (\w+\(.*?\))\.(?:to\(.*\)|cuda\(.*\))[ \t]*$", re.M)
_LEARNS = re.compile(r"^[^\S\n]*(?:import|from)\s+(?:torch|tensorflow|keras|jax|lightning|pytorch_lightning)\b", re.M)


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
    if _IN_FORWARD.search(instruction) and not any(_prints_in_forward(text) for text in scripts.values()):
        missing.append(f"{names} prints nothing in forward")
    if _ALL_GPUS.search(instruction) and not any(_PARALLEL.search(text) for text in scripts.values()):
        missing.append(f"{names} uses one GPU: {_where_the_model_is(scripts)}")
    for path, text in scripts.items():
        missing += misjudged(instruction, path.rpartition("/")[2], text)
    return missing


def _where_the_model_is(scripts: Mapping[str, str]) -> str:
    """The line that makes the model, which is the one to change."""
    for text in scripts.values():
        if found := _MODEL.search(text):
            return f"its line `{found[0].strip()}` needs nn.DataParallel({found[2]})"
    return "the model needs nn.DataParallel(...)"


def _prints_in_forward(source: str) -> bool:
    """Whether a method ``forward`` of the script calls ``print``."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "forward"
        for call in ast.walk(node)
    )
