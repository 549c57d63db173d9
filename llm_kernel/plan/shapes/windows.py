"""Layers that look at an image through windows, or give it another size: pooling, padding, scaling."""

from __future__ import annotations

from typing import Any

from llm_kernel.plan.shapes import rules
from llm_kernel.plan.shapes.layers import LAYERS, Made, layer
from llm_kernel.plan.shapes.tensor import Tensor, fault, like, whole, wholes
from llm_kernel.plan.values import Unknown, Value

__all__ = ["LAYERS", "padded", "scaled"]


@layer("MaxPool1d", "MaxPool2d", "MaxPool3d")
def max_pool(
    n: int, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
    ceil_mode: bool = False,
) -> Made:  # fmt: skip
    step = kernel_size if stride is None else stride
    extra = (
        f"kernel_size={kernel_size}, stride={step}, padding={padding}, dilation={dilation}, ceil_mode={bool(ceil_mode)}"
    )
    a, b, c, d = (wholes(each, n) for each in (kernel_size, step, padding, dilation))
    if return_indices:
        return Made(extra, {}, lambda x: (rules.pool(x, a, b, c, d, bool(ceil_mode)), Unknown("ints")))
    return Made(extra, {}, lambda x: rules.pool(x, a, b, c, d, bool(ceil_mode)))


@layer("AvgPool1d", "AvgPool2d", "AvgPool3d")
def avg_pool(
    n: int,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    *rest: Value,
    **named: Value,
) -> Made:
    step = kernel_size if stride is None else stride
    a, b, c, d = (wholes(each, n) for each in (kernel_size, step, padding, 1))
    told = (a, b, c) if n == 1 else (kernel_size, step, padding)
    extra = f"kernel_size={told[0]}, stride={told[1]}, padding={told[2]}"
    return Made(extra, {}, lambda x: rules.pool(x, a, b, c, d, bool(ceil_mode)))


@layer("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d",
       "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d")  # fmt: skip
def adaptive(n: int, output_size: Any, return_indices: bool = False) -> Made:
    sizes = output_size if isinstance(output_size, (list, tuple)) else (output_size,) * n

    def forward(x: Tensor) -> Tensor:
        return like(x, (*x.dims[:-n], *(x.dims[i - n] if sizes[i] is None else whole(sizes[i]) for i in range(n))))

    return Made(f"output_size={output_size}", {}, forward)


@layer("Upsample", "UpsamplingNearest2d")
def upsample(size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: Any = None) -> Made:
    extra = f"scale_factor={float(scale_factor)}" if scale_factor is not None else f"size={size}"

    def forward(x: Tensor) -> Tensor:
        return scaled(x, size, scale_factor)

    return Made((f"{extra}, mode={mode}", f"{extra}, mode={mode!r}"), {}, forward)


def scaled(x: Tensor, size: Any, factor: Any) -> Tensor:
    """An image of another size."""
    n = len(x.dims) - 2
    if size is not None:
        return like(x, (*x.dims[:2], *wholes(size, n)))
    factors = factor if isinstance(factor, (list, tuple)) else (factor,) * n
    return like(x, (*x.dims[:2], *(int(d * f) for d, f in zip(x.dims[2:], factors, strict=True))))


@layer("PixelShuffle")
def pixel_shuffle(upscale_factor: int) -> Made:
    r = whole(upscale_factor)

    def forward(x: Tensor) -> Tensor:
        *rest, c, h, width = x.dims
        if c % (r * r):
            raise fault("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
                        f"upscale_factor, but input.size(-3)={c} is not divisible by {r * r}")  # fmt: skip
        return like(x, (*rest, c // (r * r), h * r, width * r))

    return Made(f"upscale_factor={r}", {}, forward)


@layer("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d")
def pad2d(padding: Any) -> Made:
    sides = wholes(padding, 4)
    extra = f"{sides}"
    return Made(extra, {}, lambda x: padded(x, sides))


def padded(x: Tensor, sides: tuple[int, ...]) -> Tensor:
    """A tensor with margins, the last dimension's first."""
    dims = list(x.dims)
    for n in range(len(sides) // 2):
        dims[-n - 1] += sides[2 * n] + sides[2 * n + 1]
    return like(x, dims)
