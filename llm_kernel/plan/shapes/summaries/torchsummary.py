"""The table of ``torchsummary.summary``."""

from __future__ import annotations

import ast
import math
from typing import Any

from llm_kernel.plan.nodes import Free
from llm_kernel.plan.shapes.containers import SEQUENTIAL
from llm_kernel.plan.shapes.module import layer_of
from llm_kernel.plan.shapes.summaries.passed import Call, calls, class_name, placed
from llm_kernel.plan.shapes.tensor import Shape, Tensor, Vague, tensor, whole, wholes
from llm_kernel.plan.values import Instance, Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["summary"]

_WIDTH = 64
_BATCH = 2
"""Examples of the batch that it sends through."""


def summary(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``summary(model, input_size, batch_size=-1, device="cuda")``."""
    given = {**dict(zip(("model", "input_size", "batch_size", "device"), args, strict=False)), **named}
    try:
        shapes = _shapes(given["input_size"])
        batch = whole(given.get("batch_size", -1))
        usual = "cuda" if w.facts.get("torch.cuda.is_available()") is True else "cpu"
        device = "cuda:0" if given.get("device", "cuda") == "cuda" and usual == "cuda" else "cpu"
        rows = _rows(w, given["model"], [tensor((_BATCH, *each), device=device) for each in shapes])
        text = _table(rows, given["model"], shapes, batch)
    except (Vague, KeyError, TypeError):
        w.emit(Free(expr=w.source(node)))
        return None
    for line in text:
        w.say(line)
    return None


def _shapes(size: Value) -> list[Shape]:
    if isinstance(size, (list, tuple)) and size and isinstance(size[0], (list, tuple)):
        return [wholes(each) for each in size]
    return [wholes(size)]


def _rows(w: Walk, model: Value, inputs: list[Value]) -> list[Call]:
    """The calls that have a row, as they end."""
    held = [id(each) for _, each, _ in placed(model)]
    if len(set(held)) < len(held):
        raise Vague  # one that stands under two names has two rows a call
    made = sorted(calls(w, model, inputs), key=lambda call: call.done)
    return [each for each in made if each.module is not model and not _plain_container(each.module)]


def _plain_container(module: Value) -> bool:
    layer = layer_of(module)
    if isinstance(module, Instance):
        return module.cls.foreign() in ("torch.nn.Sequential", "torch.nn.ModuleList")
    return layer is not None and layer.forward is SEQUENTIAL.forward


def _size(gave: Value, batch: int) -> Any:
    if isinstance(gave, (list, tuple)):
        return [_size_of(each, -1) for each in gave]
    return _size_of(gave, batch)


def _size_of(gave: Value, batch: int) -> list[int]:
    if not isinstance(gave, Tensor):
        raise Vague
    return [batch, *gave.dims[1:]]


def _weights(module: Value) -> tuple[int, bool]:
    """How many numbers ``weight`` and ``bias`` hold, and whether they learn: it looks at nothing else."""
    attrs = module.attrs if isinstance(module, (Thing, Instance)) else {}
    weight, bias = attrs.get("weight"), attrs.get("bias")
    count = sum(each.count for each in (weight, bias) if isinstance(each, Tensor))
    learns = isinstance(weight, Tensor) and weight.learns is not False
    return count, learns


def _table(rows: list[Call], model: Value, shapes: list[Shape], batch: int) -> list[str]:
    line = "{:>20}  {:>25} {:>15}".format
    out = ["-" * _WIDTH, line("Layer (type)", "Output Shape", "Param #"), "=" * _WIDTH]
    total = learning = outputs = 0
    for n, each in enumerate(rows, 1):
        count, learns = _weights(each.module)
        size = _size(each.gave, batch)
        out.append(line(f"{class_name(each.module)}-{n}", str(size), f"{count:,}"))
        total += count
        learning += count if learns else 0
        outputs += math.prod(math.prod(one) if isinstance(one, list) else one for one in size)
    mega = 4.0 / 1024**2
    given = abs(sum(math.prod(each) for each in shapes[:1]) * batch * mega) if len(shapes) == 1 else abs(
        math.prod(size for each in shapes for size in each) * batch * mega)  # fmt: skip
    passed, held = abs(2.0 * outputs * mega), abs(total * mega)
    return [
        *out, "=" * _WIDTH, f"Total params: {total:,}", f"Trainable params: {learning:,}",
        f"Non-trainable params: {total - learning:,}", "-" * _WIDTH, f"Input size (MB): {given:.2f}",
        f"Forward/backward pass size (MB): {passed:.2f}", f"Params size (MB): {held:.2f}",
        f"Estimated Total Size (MB): {given + passed + held:.2f}", "-" * _WIDTH,
    ]  # fmt: skip
