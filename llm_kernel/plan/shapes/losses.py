"""The losses of torch: a number, and what they say of targets that do not fit."""

from __future__ import annotations

from typing import Any

from llm_kernel.plan.shapes.layers import LAYERS, Made, layer
from llm_kernel.plan.shapes.rules import broadcast
from llm_kernel.plan.shapes.tensor import Size, Tensor, Vague, fault, tensor
from llm_kernel.plan.values import Value

__all__ = ["LAYERS", "apart", "classes", "pairs", "same_sizes"]


def _number(x: Tensor, shape: tuple[int, ...], reduction: Value) -> Tensor:
    return tensor(shape if reduction == "none" else (), x.dtype, device=x.device, grad=True)


def classes(x: Tensor, target: Tensor, reduction: Value = "mean") -> Tensor:
    """Cross entropy and negative log likelihood."""
    if not isinstance(target, Tensor):
        raise Vague
    if len(x.dims) < 2:
        return _number(x, target.dims[:0], reduction)
    if target.dims == x.dims and target.dtype == x.dtype:
        return _number(x, x.dims[:1], reduction)
    if x.dims[:1] != target.dims[:1]:
        first = target.dims[0] if target.dims else 0
        raise fault(f"Expected input batch_size ({x.dims[0]}) to match target batch_size ({first}).", "ValueError")
    if len(x.dims) == 2 and len(target.dims) > 1:
        raise fault("0D or 1D target tensor expected, multi-target not supported")
    if target.dtype != "int64":
        if target.dtype != "float32" or len(x.dims) != 2:
            raise Vague
        raise fault("expected scalar type Long but found Float")
    return _number(x, target.dims, reduction)


def pairs(x: Tensor, target: Tensor, reduction: Value = "mean") -> Tensor:
    """Losses that compare element by element."""
    if not isinstance(target, Tensor):
        raise Vague
    return _number(x, broadcast(x.dims, target.dims), reduction)


def same_sizes(logits: bool) -> Any:
    """Binary cross entropy: both sizes have to agree."""

    def loss(x: Tensor, target: Tensor, reduction: Value = "mean") -> Tensor:
        if not isinstance(target, Tensor):
            raise Vague
        if x.dims != target.dims:
            one, other = Size(target.dims), Size(x.dims)
            if logits:
                raise fault(f"Target size ({one}) must be the same as input size ({other})", "ValueError")
            raise fault(f"Using a target size ({one}) that is different to the input size ({other}) is deprecated. "
                        "Please ensure they have the same size.", "ValueError")  # fmt: skip
        return _number(x, x.dims, reduction)

    return loss


def apart(x: Tensor, *rest: Value, **named: Value) -> Tensor:
    """Any other loss: a number."""
    return tensor((), x.dtype, device=x.device, grad=True)


def _loss(function: Any) -> Any:
    def make(weight: Any = None, *args: Any, reduction: str = "mean", **named: Any) -> Made:
        return Made("", {}, lambda x, target, *rest: function(x, target, reduction))

    return make


for _name in ("CrossEntropyLoss", "NLLLoss"):
    layer(_name)(_loss(classes))
for _name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"):
    layer(_name)(_loss(pairs))
layer("BCELoss")(_loss(same_sizes(False)))
layer("BCEWithLogitsLoss")(_loss(same_sizes(True)))
for _name in ("KLDivLoss", "TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss", "CTCLoss", "PoissonNLLLoss",
              "HingeEmbeddingLoss", "MultiLabelSoftMarginLoss", "GaussianNLLLoss"):  # fmt: skip
    layer(_name)(lambda *args, **named: Made("", {}, apart))
