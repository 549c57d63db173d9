"""Automatic mixed precision: the types of elements that ``torch.autocast`` gives to results."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from llm_kernel.plan.shapes.creation import dtype_of
from llm_kernel.plan.shapes.gradients import MODE, mode
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import Lib, Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["CASTING", "UNSURE", "cast", "casts", "operated", "plain"]

UNSURE = "?"
"""The type of elements of which nobody knows how precise they are."""
_SHORT = ("float16", "bfloat16", UNSURE)
_DEVICES = {"cuda": "float16", "cpu": "bfloat16"}
"""The types that are usual on each kind of device."""
_LOWER = frozenset({
    "matmul", "mm", "bmm", "mv", "addmm", "addmv", "addr", "addbmm", "baddbmm", "linear", "conv1d", "conv2d", "conv3d",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "chain_matmul", "prelu", "Linear", "Conv1d", "Conv2d",
    "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "LSTM", "GRU", "RNN", "LSTMCell", "GRUCell",
    "RNNCell", "PReLU",
})  # fmt: skip
_PRODUCTS = frozenset({"matmul", "mm", "bmm", "linear", "conv1d", "conv2d", "conv3d", "Linear", "Conv1d", "Conv2d",
                       "Conv3d"})  # fmt: skip
"""What every release computes in short numbers on the processor as well."""
_FULL = frozenset({
    "pow", "acos", "asin", "cosh", "sinh", "tan", "exp", "expm1", "log", "log10", "log1p", "log2", "reciprocal",
    "rsqrt", "softmax", "log_softmax", "softmin", "softplus", "sum", "prod", "cumsum", "cumprod", "norm", "normalize",
    "dist", "cdist", "pdist", "renorm", "cosine_similarity", "layer_norm", "group_norm", "cross_entropy", "nll_loss",
    "mse_loss", "l1_loss", "smooth_l1_loss", "kl_div", "binary_cross_entropy_with_logits", "hinge_embedding_loss",
    "cosine_embedding_loss", "margin_ranking_loss", "triplet_margin_loss", "poisson_nll_loss", "soft_margin_loss",
    "Softmax", "LogSoftmax", "Softmin", "Softplus", "LayerNorm", "GroupNorm", "CosineSimilarity", "CrossEntropyLoss",
    "NLLLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "KLDivLoss", "BCEWithLogitsLoss", "HingeEmbeddingLoss",
    "CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss", "PoissonNLLLoss", "SoftMarginLoss",
})  # fmt: skip


_COMPUTED = 2
"""What arithmetic on an array's numbers costs beside its expression, in steps."""
_OPERATORS = {ast.MatMult: "matmul", ast.Pow: "pow"}


def casts(w: Walk) -> tuple[Value, ...]:
    """What holds on each kind of device: None, or the type that products have; empty where nothing is cast."""
    held = tuple(mode(w, f"cast on {device}") for device in _DEVICES)
    return held if any(held) else ()


def plain(w: Walk, name: str, args: Sequence[Value]) -> list[Value]:
    """The arguments of a layer, or of a product, which casts them itself: all of one type."""
    if not casts(w) or not (name in _LOWER or name[:1].isupper()):
        return list(args)
    return [_to(each, "float32") if isinstance(each, Tensor) and each.dtype in _SHORT else each for each in args]


def operated(w: Walk, op: ast.operator, one: Value, other: Value, compute: Callable[[Value, Value], Value]) -> Value:
    """``one op other`` as autocast makes it."""
    if not (isinstance(one, Tensor) or isinstance(other, Tensor)):
        return compute(one, other)
    if not casts(w):
        found = compute(one, other)
        if isinstance(found, Tensor) and found.shape and found.numbers is not None:
            w.spend(_COMPUTED)
        return found
    inverse = isinstance(op, ast.Div) and not isinstance(one, Tensor)
    name = "reciprocal" if inverse else _OPERATORS.get(type(op), "")
    return cast(w, name, [one, other], compute(*plain(w, name, [one, other])))


def cast(w: Walk, name: str, args: Sequence[Value], found: Value) -> Value:
    """The result of an operation as autocast makes it; ``args`` are those that were given."""
    if isinstance(found, tuple):
        return found if not casts(w) else tuple(cast(w, name, args, each) for each in found)
    held = casts(w)
    if not held or not isinstance(found, Tensor) or found.of != "torch" or found.dtype not in ("float32", *_SHORT):
        return found
    device = found.device.partition(":")[0]
    kind = dict(zip(_DEVICES, held, strict=True)).get(device, UNSURE)
    if kind is None:
        return found
    if name in _LOWER:
        return _to(found, str(kind) if device == "cuda" or name in _PRODUCTS else UNSURE)
    if name in _FULL:
        return _to(found, "float32" if device == "cuda" else UNSURE)
    first = next((each.dtype for each in args if isinstance(each, Tensor) and each.dtype in ("float32", *_SHORT)), "")
    return _to(found, first) if first in _SHORT and name[:1].isupper() else found


def _to(value: Tensor, dtype: str) -> Tensor:
    return value if value.dtype == dtype else replace(value, dtype=dtype, role="", cell=None)


def _autocast(device: str | None) -> Callable[..., Value]:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: object) -> Value:
        names = ("enabled", "dtype", "cache_enabled") if device else ("device_type", "dtype", "enabled")
        given = {**dict(zip(names, args, strict=False)), **named}
        place = device or given.get("device_type")
        if not isinstance(place, str):
            return Thing(MODE, {"of": "cast on cuda", "to": UNSURE})
        enabled, dtype = given.get("enabled", True), given.get("dtype")
        usual = _DEVICES.get(place, UNSURE)
        kind = dtype_of(dtype, usual) if dtype is None or isinstance(dtype, Lib) else UNSURE
        to = None if enabled is False else kind if enabled is True else UNSURE
        return Thing(MODE, {"of": f"cast on {place}", "to": to})

    return handle


CASTING = {
    "torch.autocast": _autocast(None), "torch.amp.autocast": _autocast(None),
    "torch.amp.autocast_mode.autocast": _autocast(None), "torch.cuda.amp.autocast": _autocast("cuda"),
    "torch.cuda.amp.autocast_mode.autocast": _autocast("cuda"), "torch.cpu.amp.autocast": _autocast("cpu"),
}  # fmt: skip
"""Handlers by full name."""
