"""Layers that normalise."""

from __future__ import annotations

from typing import Any

from llm_kernel.plan.shapes import rules
from llm_kernel.plan.shapes.layers import LAYERS, Made, buffer, layer, maker_of, param, same
from llm_kernel.plan.shapes.tensor import Tensor, fault, whole, wholes
from llm_kernel.plan.values import Value

__all__ = ["LAYERS"]


@layer("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm")
def batch_norm(*args: Any, **named: Any) -> Made:
    n = args[0] if args else 2
    return _batch_norm(n, *args[1:], **named)


def _batch_norm(
    n: int,
    num_features: int,
    eps: float = 1e-5,
    momentum: float = 0.1,
    affine: bool = True,
    track_running_stats: bool = True,
) -> Made:
    size = whole(num_features)
    extra = f"{size}, eps={eps}, momentum={momentum}, affine={affine}, track_running_stats={track_running_stats}"
    attrs: dict[str, Value] = {"num_features": size}
    attrs |= {"weight": param(size), "bias": param(size)} if affine else {"weight": None, "bias": None}
    if track_running_stats:
        attrs |= {"running_mean": buffer(size), "running_var": buffer(size),
                  "num_batches_tracked": buffer(dtype="int64")}  # fmt: skip
    ranks = (2, 3) if n == 1 else (n + 2,)
    return Made(extra, attrs, lambda x: rules.norm(x, size, ranks, training=False))


for _n in (1, 2, 3):
    LAYERS[f"BatchNorm{_n}d"] = maker_of(
        f"BatchNorm{_n}d",
        lambda *args, _n=_n, **named: _batch_norm(_n, *args, **named),
    )


@layer("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d")
def instance_norm(
    n: int, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False,
    track_running_stats: bool = False,
) -> Made:  # fmt: skip
    size = whole(num_features)
    extra = f"{size}, eps={eps}, momentum={momentum}, affine={affine}, track_running_stats={track_running_stats}"
    attrs: dict[str, Value] = {"weight": param(size), "bias": param(size)} if affine else {}
    return Made(extra, attrs, same)


@layer("LayerNorm")
def layer_norm(
    normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True
) -> Made:  # fmt: skip
    shape = wholes(normalized_shape)
    attrs: dict[str, Value] = {"weight": param(*shape)} if elementwise_affine else {}
    if elementwise_affine and bias:
        attrs["bias"] = param(*shape)

    def forward(x: Tensor) -> Tensor:
        if x.dims[-len(shape) :] != shape:
            wanted = ", ".join(["*", *map(str, shape)])
            raise fault(f"Given normalized_shape={rules.shown(shape)}, expected input with shape [{wanted}], "
                        f"but got input of size{rules.shown(x.dims)}")  # fmt: skip
        return same(x)

    return Made(f"{shape}, eps={eps}, elementwise_affine={elementwise_affine}", attrs, forward)


@layer("GroupNorm")
def group_norm(num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True) -> Made:
    size = whole(num_channels)
    if size % whole(num_groups):
        raise fault("num_channels must be divisible by num_groups", "ValueError")
    attrs: dict[str, Value] = {"weight": param(size), "bias": param(size)} if affine else {}

    def forward(x: Tensor) -> Tensor:
        if len(x.dims) > 1 and x.dims[1] != size:
            raise fault("Expected weight to be a vector of size equal to the number of channels in input, but got "
                        f"weight of shape [{size}] and input of shape {rules.shown(x.dims)}")  # fmt: skip
        return same(x)

    return Made(f"{num_groups}, {size}, eps={eps}, affine={affine}", attrs, forward)
