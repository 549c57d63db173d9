"""The numbers of losses, activations and windows, for small tensors whose numbers are known.

Each takes numpy first; ``Vague`` stands for an option that nobody computes here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from llm_kernel.plan.shapes.tensor import Vague, wholes

__all__ = ["FORMULAS", "OF_LAYERS", "windows"]

Array: TypeAlias = Any
_WORK = 2_000_000


def _settled(values: Array, reduction: str) -> Array:
    if reduction == "none":
        return values
    if reduction not in ("mean", "sum"):
        raise Vague
    return getattr(values, reduction)()


def _elementwise(function: Callable[[Any, Array, Array], Array]) -> Callable[..., Array]:
    """A loss that compares element by element."""

    def loss(np: Any, x: Array, target: Array, *, reduction: str = "mean") -> Array:
        return _settled(function(np, x, target), reduction)

    return loss


def _smooth(np: Any, x: Array, target: Array, *, reduction: str = "mean", beta: float = 1.0) -> Array:
    apart = abs(x - target)
    return _settled(np.where(apart < beta, 0.5 * apart**2 / beta, apart - 0.5 * beta), reduction)


def _huber(np: Any, x: Array, target: Array, *, reduction: str = "mean", delta: float = 1.0) -> Array:
    apart = abs(x - target)
    return _settled(np.where(apart < delta, 0.5 * apart**2, delta * (apart - 0.5 * delta)), reduction)


def _log_softmax(np: Any, x: Array, dim: int) -> Array:
    low = x - x.max(axis=dim, keepdims=True)
    return low - np.log(np.exp(low).sum(axis=dim, keepdims=True))


def _picked(
    np: Any, logs: Array, target: Array, weight: Array | None, ignore: int, reduction: str, smoothing: float
) -> Array:
    if logs.ndim != 2 or target.dtype.kind != "i" or target.ndim != 1 or ignore in target:
        raise Vague
    share = np.ones(logs.shape[1], dtype=logs.dtype) if weight is None else weight
    each = -logs[np.arange(len(target)), target] * share[target]
    total = share[target].sum()
    if smoothing:
        spread = -(logs * share).sum(axis=1) / logs.shape[1]
        each = (1 - smoothing) * each + smoothing * spread
    return each.sum() / total if reduction == "mean" else _settled(each, reduction)


def _cross_entropy(
    np: Any, x: Array, target: Array, weight: Array | None = None, *, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Array:  # fmt: skip
    return _picked(np, _log_softmax(np, x, 1), target, weight, ignore_index, reduction, label_smoothing)


def _nll(
    np: Any, x: Array, target: Array, weight: Array | None = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    return _picked(np, x, target, weight, ignore_index, reduction, 0.0)


def _bce(np: Any, x: Array, target: Array) -> Array:
    return -(target * np.maximum(np.log(x), -100) + (1 - target) * np.maximum(np.log(1 - x), -100))


def _bce_logits(np: Any, x: Array, target: Array) -> Array:
    return np.maximum(x, 0) - x * target + np.log1p(np.exp(-abs(x)))


def _kl(np: Any, x: Array, target: Array, *, reduction: str = "mean", log_target: bool = False) -> Array:
    if log_target:
        raise Vague
    each = np.where(target > 0, target * (np.log(np.where(target > 0, target, 1)) - x), 0).astype(x.dtype)
    return each.sum() / len(x) if reduction == "batchmean" else _settled(each, reduction)


def _far(np: Any, x: Array, y: Array, eps: float = 1e-6) -> Array:
    return np.sqrt(((x - y + np.float32(eps)) ** 2).sum(axis=-1))


def _triplet(np: Any, x: Array, near: Array, far: Array, *, margin: float = 1.0, reduction: str = "mean") -> Array:
    return _settled(np.maximum(_far(np, x, near) - _far(np, x, far) + np.float32(margin), 0), reduction)


def _cosine(np: Any, x: Array, y: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    size = np.sqrt((x * x).sum(axis=dim)) * np.sqrt((y * y).sum(axis=dim))
    return (x * y).sum(axis=dim) / np.maximum(size, np.float32(eps))


def _normalize(np: Any, x: Array, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Array:
    if p not in (1, 2):
        raise Vague
    size = abs(x).sum(axis=dim, keepdims=True) if p == 1 else np.sqrt((x * x).sum(axis=dim, keepdims=True))
    return x / np.maximum(size, np.float32(eps))


def _leaky(np: Any, x: Array, negative_slope: float = 0.01) -> Array:
    return np.where(x > 0, x, np.float32(negative_slope) * x)


def _elu(np: Any, x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, np.float32(alpha) * np.expm1(np.minimum(x, 0)))


def _gelu(np: Any, x: Array, approximate: str = "none") -> Array:
    if approximate != "none":
        raise Vague
    return x * np.asarray([0.5 * (1 + math.erf(each / math.sqrt(2))) for each in x.ravel().tolist()]).reshape(x.shape)


def _softplus(np: Any, x: Array, beta: float = 1) -> Array:
    return np.log1p(np.exp(-abs(beta * x))) / beta + np.maximum(x, 0)


def _sigmoid(np: Any, x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _hardtanh(np: Any, x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    return np.clip(x, min_val, max_val)


def windows(np: Any, x: Array, size: Sequence[int], step: Sequence[int]) -> Array:
    """Every window of ``size`` that ``step`` reaches, its elements behind."""
    n = len(size)
    if x.size * math.prod(size) > _WORK or x.ndim < n + 1:
        raise Vague
    axes = tuple(range(-n, 0))
    view = np.lib.stride_tricks.sliding_window_view(x, tuple(size), axis=axes)
    stepped: tuple[Any, ...] = (Ellipsis, *(slice(None, None, each) for each in step), *[slice(None)] * n)
    return view[stepped]


def _framed(np: Any, x: Array, pads: Sequence[int], fill: float) -> Array:
    sides = [(0, 0)] * (x.ndim - len(pads)) + [(each, each) for each in pads]
    return np.pad(x, sides, constant_values=fill)


def _max_pool(n: int) -> Callable[..., Array]:
    def pool(
        np: Any, x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        *, ceil_mode: bool = False, return_indices: bool = False,
    ) -> Array:  # fmt: skip
        size, pads = wholes(kernel_size, n), wholes(padding, n)
        if wholes(dilation, n) != (1,) * n or ceil_mode:
            raise Vague
        view = windows(np, _framed(np, x, pads, -math.inf), size, wholes(stride or kernel_size, n))
        flat = view.reshape(*view.shape[:-n], -1)
        if not return_indices:
            return flat.max(axis=-1)
        if n != 2 or any(pads):
            raise Vague
        places = np.arange(x.shape[-2] * x.shape[-1]).reshape(x.shape[-2:])
        of = windows(np, np.broadcast_to(places, x.shape), size, wholes(stride or kernel_size, n))
        at = flat.argmax(axis=-1)[..., None]
        return flat.max(axis=-1), np.take_along_axis(of.reshape(flat.shape), at, axis=-1)[..., 0]

    return pool


def _avg_pool(n: int) -> Callable[..., Array]:
    def pool(
        np: Any, x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, *, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> Array:  # fmt: skip
        pads = wholes(padding, n)
        if ceil_mode or (any(pads) and not count_include_pad):
            raise Vague
        view = windows(np, _framed(np, x, pads, 0.0), wholes(kernel_size, n), wholes(stride or kernel_size, n))
        return view.mean(axis=tuple(range(-n, 0)))

    return pool


def _adaptive(n: int, name: str) -> Callable[..., Array]:
    def pool(np: Any, x: Array, output_size: Any) -> Array:
        wanted = output_size if isinstance(output_size, (list, tuple)) else (output_size,) * n
        sizes = [have if want is None else want for want, have in zip(wanted, x.shape[-n:], strict=True)]
        if any(have % want for want, have in zip(sizes, x.shape[-n:], strict=True)):
            raise Vague
        size = [have // want for want, have in zip(sizes, x.shape[-n:], strict=True)]
        return getattr(windows(np, x, size, size), name)(axis=tuple(range(-n, 0)))

    return pool


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pad(np: Any, x: Array, pad: Any, mode: str = "constant", value: Any = None) -> Array:
    sides = wholes(pad)
    if min(sides) < 0 or mode not in _MODES:
        raise Vague
    pairs = [(0, 0)] * (x.ndim - len(sides) // 2)
    pairs += [(sides[2 * n], sides[2 * n + 1]) for n in reversed(range(len(sides) // 2))]
    told = {"constant_values": value or 0} if mode == "constant" else {}
    return np.pad(x, pairs, mode=_MODES[mode], **told)


def _nearest(
    np: Any, x: Array, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: Any = None
) -> Array:
    n = x.ndim - 2
    if mode != "nearest" or size is not None or not isinstance(scale_factor, (int, float)) or scale_factor % 1:
        raise Vague
    for axis in range(-n, 0):
        x = np.repeat(x, int(scale_factor), axis=axis)
    return x


FORMULAS: dict[str, Callable[..., Any]] = {
    "mse_loss": _elementwise(lambda np, x, y: (x - y) ** 2), "l1_loss": _elementwise(lambda np, x, y: abs(x - y)),
    "smooth_l1_loss": _smooth, "huber_loss": _huber, "cross_entropy": _cross_entropy, "nll_loss": _nll,
    "binary_cross_entropy": _elementwise(_bce), "binary_cross_entropy_with_logits": _elementwise(_bce_logits),
    "kl_div": _kl, "triplet_margin_loss": _triplet, "cosine_similarity": _cosine, "pairwise_distance": _far,
    "normalize": _normalize, "leaky_relu": _leaky, "elu": _elu, "gelu": _gelu, "softplus": _softplus,
    "silu": lambda np, x: x * _sigmoid(np, x), "hardtanh": _hardtanh, "relu6": lambda np, x: np.clip(x, 0, 6),
    "logsigmoid": lambda np, x: -_softplus(np, -x), "pad": _pad, "interpolate": _nearest,
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)}, **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    **{f"adaptive_{word}_pool{n}d": _adaptive(n, name) for n in (1, 2, 3)
       for word, name in (("avg", "mean"), ("max", "max"))},
}  # fmt: skip
"""Functions of ``torch.nn.functional`` by name."""

OF_LAYERS = {
    "MSELoss": "mse_loss", "L1Loss": "l1_loss", "SmoothL1Loss": "smooth_l1_loss", "HuberLoss": "huber_loss",
    "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss", "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits", "KLDivLoss": "kl_div",
    "TripletMarginLoss": "triplet_margin_loss", "CosineSimilarity": "cosine_similarity",
    "PairwiseDistance": "pairwise_distance", "ReLU": "relu", "ReLU6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh",
    "Softmax": "softmax", "LogSoftmax": "log_softmax", "LeakyReLU": "leaky_relu", "ELU": "elu", "GELU": "gelu",
    "SiLU": "silu", "Softplus": "softplus", "Hardtanh": "hardtanh", "LogSigmoid": "logsigmoid", "Flatten": "flatten",
    **{f"{word}Pool{n}d": f"{name}_pool{n}d" for n in (1, 2, 3) for word, name in (("Max", "max"), ("Avg", "avg"))},
    **{f"Adaptive{word}Pool{n}d": f"adaptive_{name}_pool{n}d" for n in (1, 2, 3)
       for word, name in (("Avg", "avg"), ("Max", "max"))},
}  # fmt: skip
"""Layers without parameters, and the function that each is."""
