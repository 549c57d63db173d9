"""What a network weighs, as its first batch goes through it: parameters, what its layers put out, multiplications."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_kernel.plan.shapes.module import held, layer_of
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import Value
from llm_kernel.plan.walk import Walk
from llm_kernel.plan.weight import Load

__all__ = ["load_of", "weigh"]

_LOAD = "<load>"
_FREE = ("Flatten", "Identity", "Dropout", "Unflatten")
"""Layers that keep no numbers of their own for the way back."""


@dataclass(slots=True)
class _Sum:
    seen: set[int] = field(default_factory=set)
    examples: int = 0
    inputs: int = 0
    parameters: int = 0
    activations: int = 0
    multiplied: int = 0


def weigh(w: Walk, module: Value, x: Value, out: Value) -> None:
    """Note a library's layer, the first time that it is called."""
    layer = layer_of(module)
    found = out[0] if isinstance(out, tuple) and out else out
    if layer is None or not isinstance(x, Tensor) or not isinstance(found, Tensor) or not found.dims:
        return
    total = w.globals.names.setdefault(_LOAD, _Sum())
    if not isinstance(total, _Sum) or id(module) in total.seen or len(total.seen) > 5000:
        return
    total.seen.add(id(module))
    weights = [each for each in held(module).values() if isinstance(each, Tensor) and each.role == "param"]
    if not total.examples:
        total.examples, total.inputs = x.dims[0] if x.dims else 1, x.count
    total.parameters += sum(each.count for each in weights)
    quiet = layer.name.startswith(_FREE) or "inplace=True" in layer.extra[0]
    total.activations += 0 if quiet else found.count
    first = weights[0] if weights else None
    if first is not None and len(first.dims) > 1 and first.dims[0] and layer.name != "Embedding":
        total.multiplied += found.count // first.dims[0] * first.count


def load_of(names: dict[str, Value]) -> Load | None:
    """What was noted among these names; None where no layer was called."""
    found = names.get(_LOAD)
    if not isinstance(found, _Sum) or not found.parameters or not found.examples:
        return None
    return Load(
        found.examples, found.inputs, found.parameters, found.activations, found.multiplied / 1e6, len(found.seen)
    )
