"""What a script shows of a GPU's memory: which of PyTorch's counts, and in which unit."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass

from llm_kernel.plan.curves.constants import Constants
from llm_kernel.plan.curves.schedule import reckoned

__all__ = ["Memory", "counted"]

_COUNT = re.compile(r"torch\.cuda\.(?:max_)?memory_(?:allocated|reserved|cached)\([^()]*\)")
_KINDS = {"max_memory_allocated": "peak", "memory_allocated": "tensors"}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one GPU: those of tensors at their most, those between two steps, and those that PyTorch keeps."""

    peak: float
    tensors: float
    reserved: float


def counted(expr: str, meanings: Mapping[str, str]) -> tuple[str, float] | None:
    """The field of ``Memory`` that an expression shows, and what it is multiplied by; None where it shows none."""
    text = expr if _COUNT.search(expr) else meanings.get(expr, "")
    found = _COUNT.search(text)
    if found is None:
        return None
    try:
        tree = ast.parse(_COUNT.sub("held", text), mode="eval").body
    except SyntaxError:
        return None
    unit = reckoned(tree, {"held": 1.0}, Constants([], ()))
    return None if unit is None else (_KINDS.get(found[0].split(".")[-1].partition("(")[0], "reserved"), unit)
