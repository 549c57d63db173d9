"""The layers of torch: what each holds, how it is shown, and the shape it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from llm_kernel.plan.shapes import rules
from llm_kernel.plan.shapes.module import Layer, make
from llm_kernel.plan.shapes.tensor import Tensor, Vague, fault, like, tensor, whole, wholes
from llm_kernel.plan.values import Thing, Unknown, Value, known
from llm_kernel.plan.walk import Walk

__all__ = ["LAYERS", "Made", "layer"]

Maker: TypeAlias = Callable[..., "Made"]


class Made(NamedTuple):
    """What a layer is shown with, what it holds, and the tensor it makes of one."""

    extra: str | tuple[str, str]
    attrs: Mapping[str, Value]
    forward: Callable[..., Value]


LAYERS: dict[str, Callable[[list[Value], Mapping[str, Value]], Value]] = {}
"""The makers of layers by class name."""


def layer(*names: str) -> Callable[[Maker], Maker]:
    """Register the maker of one or several classes; one with a first parameter ``n`` is told the name's dimensions."""

    def register(maker: Maker) -> Maker:
        for name in names:
            LAYERS[name] = _layer(name, maker)
        return maker

    return register


def _layer(name: str, maker: Maker) -> Callable[[list[Value], Mapping[str, Value]], Value]:
    numbered = next(iter(inspect.signature(maker).parameters), "") == "n"
    sizes = (int(name[-2]),) if numbered else ()

    def build(args: list[Value], named: Mapping[str, Value]) -> Value:
        given = {key: each for key, each in named.items() if key not in ("device", "dtype")}
        if not all(known(each) or isinstance(each, Thing) for each in (*args, *given.values())):
            raise Vague
        made = maker(*sizes, *args, **given)
        extras = made.extra if isinstance(made.extra, tuple) else (made.extra, made.extra)
        return make(Layer(name, extras, _forward(made.forward), (args, given)), dict(made.attrs))

    return build


def _forward(function: Callable[..., Value]) -> Callable[[Walk, Value, list[Value], dict[str, Value]], Value]:
    def forward(w: Walk, this: Value, args: list[Value], named: dict[str, Value]) -> Value:
        values = [*args, *named.values()]
        if not values or not isinstance(values[0], Tensor):
            return Unknown("tensor")
        return function(*args, **named)

    return forward


def param(*shape: int) -> Tensor:
    """A parameter of this shape."""
    return tensor(shape, role="param", grad=True)


def buffer(*shape: int, dtype: str = "float32") -> Tensor:
    """A buffer of this shape."""
    return tensor(shape, dtype, role="buffer")


def _same(x: Tensor, *rest: Value, **named: Value) -> Tensor:
    return replace(x, role="", cell=None)


@layer("Linear")
def linear(in_features: int, out_features: int, bias: bool = True) -> Made:
    ins, outs = whole(in_features), whole(out_features)
    attrs: dict[str, Value] = {"in_features": ins, "out_features": outs, "weight": param(outs, ins)}
    attrs["bias"] = param(outs) if bias else None
    extra = f"in_features={ins}, out_features={outs}, bias={bool(bias)}"
    return Made(extra, attrs, lambda x: rules.linear(x, ins, outs))


@layer("Bilinear")
def bilinear(in1_features: int, in2_features: int, out_features: int, bias: bool = True) -> Made:
    one, two, out = whole(in1_features), whole(in2_features), whole(out_features)
    extra = f"in1_features={one}, in2_features={two}, out_features={out}, bias={bool(bias)}"
    attrs = {"weight": param(out, one, two), "bias": param(out) if bias else None}
    return Made(extra, attrs, lambda a, b: like(a, (*a.dims[:-1], out)))


@layer("Identity")
def identity(*args: Value, **named: Value) -> Made:
    return Made("", {}, _same)


@layer("Conv1d", "Conv2d", "Conv3d")
def conv(
    n: int,
    in_channels: int,
    out_channels: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    bias: bool = True,
    padding_mode: str = "zeros",
) -> Made:
    ins, outs, group = whole(in_channels), whole(out_channels), whole(groups)
    if group < 1 or ins % group:
        raise fault("in_channels must be divisible by groups", "ValueError")
    if outs % group:
        raise fault("out_channels must be divisible by groups", "ValueError")
    kernel, step, spread = wholes(kernel_size, n), wholes(stride, n), wholes(dilation, n)
    pads = padding if isinstance(padding, str) else wholes(padding, n)
    weight = (outs, ins // group, *kernel)
    extra = f"{ins}, {outs}, kernel_size={kernel}, stride={step}"
    if pads != (0,) * n:
        extra += f", padding={pads}"
    if spread != (1,) * n:
        extra += f", dilation={spread}"
    extra += f", groups={group}" * (group != 1) + ", bias=False" * (not bias)
    extra += f", padding_mode={padding_mode}" * (padding_mode != "zeros")
    attrs: dict[str, Value] = {"in_channels": ins, "out_channels": outs, "kernel_size": kernel, "stride": step,
                               "padding": pads, "weight": param(*weight)}  # fmt: skip
    attrs["bias"] = param(outs) if bias else None
    return Made(extra, attrs, lambda x: rules.conv(x, weight, step, pads, spread, group))


@layer("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
def transposed(
    n: int,
    in_channels: int,
    out_channels: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    bias: bool = True,
    dilation: Any = 1,
) -> Made:
    ins, outs, group = whole(in_channels), whole(out_channels), whole(groups)
    kernel, step, spread = wholes(kernel_size, n), wholes(stride, n), wholes(dilation, n)
    pads, more = wholes(padding, n), wholes(output_padding, n)
    weight = (ins, outs // group, *kernel)
    extra = f"{ins}, {outs}, kernel_size={kernel}, stride={step}"
    extra += f", padding={pads}" * any(pads) + f", dilation={spread}" * (spread != (1,) * n)
    extra += f", output_padding={more}" * any(more) + f", groups={group}" * (group != 1) + ", bias=False" * (not bias)
    attrs = {"weight": param(*weight), "bias": param(outs) if bias else None}
    return Made(extra, attrs, lambda x: rules.transposed_conv(x, weight, step, pads, more, spread, group))


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
    LAYERS[f"BatchNorm{_n}d"] = _layer(
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
    return Made(extra, attrs, _same)


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
        return _same(x)

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
        return _same(x)

    return Made(f"{num_groups}, {size}, eps={eps}, affine={affine}", attrs, forward)


@layer("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
def dropout(p: Any = 0.5, inplace: bool = False) -> Made:
    if not 0 <= p <= 1:
        raise fault(f"dropout probability has to be between 0 and 1, but got {p}", "ValueError")
    return Made(f"p={p}, inplace={inplace}", {}, _same)


@layer("Hardswish", "Hardsigmoid")
def hard(inplace: bool = False) -> Made:
    return Made("", {}, _same)


@layer("ReLU", "ReLU6", "SELU", "SiLU", "Mish")
def rectifier(inplace: bool = False) -> Made:
    return Made("inplace=True" if inplace else "", {}, _same)


LAYERS["ReLU6"] = _layer("ReLU6", lambda inplace=False: Made("inplace=True" if inplace else "", {}, _same))


@layer("Sigmoid", "Tanh", "Softsign", "Tanhshrink", "LogSigmoid", "Softmax2d")
def plain() -> Made:
    return Made("", {}, _same)


@layer("LeakyReLU")
def leaky(negative_slope: Any = 0.01, inplace: bool = False) -> Made:
    return Made(f"negative_slope={negative_slope}" + ", inplace=True" * bool(inplace), {}, _same)


@layer("ELU", "CELU")
def elu(alpha: Any = 1.0, inplace: bool = False) -> Made:
    return Made(f"alpha={alpha}" + ", inplace=True" * bool(inplace), {}, _same)


@layer("GELU")
def gelu(approximate: str = "none") -> Made:
    return Made(f"approximate={approximate!r}", {}, _same)


@layer("Softplus")
def softplus(beta: Any = 1, threshold: Any = 20) -> Made:
    return Made(f"beta={beta}, threshold={threshold}", {}, _same)


@layer("PReLU")
def prelu(num_parameters: int = 1, init: float = 0.25) -> Made:
    return Made(f"num_parameters={num_parameters}", {"weight": param(whole(num_parameters))}, _same)


@layer("Hardtanh")
def hardtanh(min_val: Any = -1.0, max_val: Any = 1.0, inplace: bool = False) -> Made:
    return Made(f"min_val={min_val}, max_val={max_val}" + ", inplace=True" * bool(inplace), {}, _same)


@layer("Softmax", "LogSoftmax", "Softmin")
def softmax(dim: Any = None) -> Made:
    return Made(f"dim={dim}", {}, lambda x: _same(x) if dim is None or rules.at(dim, len(x.dims)) >= 0 else x)


@layer("Flatten")
def flatten(start_dim: int = 1, end_dim: int = -1) -> Made:
    extra = f"start_dim={start_dim}, end_dim={end_dim}"
    return Made(extra, {}, lambda x: rules.flatten(x, start_dim, end_dim))


@layer("Unflatten")
def unflatten(dim: int, unflattened_size: Any) -> Made:
    sizes = wholes(unflattened_size)

    def forward(x: Tensor) -> Tensor:
        place = rules.at(dim, len(x.dims))
        inner = rules.reshape(tensor((x.dims[place],)), sizes)
        return like(x, (*x.dims[:place], *inner.dims, *x.dims[place + 1 :]))

    return Made(f"dim={dim}, unflattened_size={unflattened_size}", {}, forward)


@layer("Embedding")
def embedding(
    num_embeddings: int, embedding_dim: int, padding_idx: Any = None, *rest: Value, **named: Value
) -> Made:  # fmt: skip
    rows, width = whole(num_embeddings), whole(embedding_dim)
    extra = f"{rows}, {width}" + f", padding_idx={padding_idx}" * (padding_idx is not None)

    def forward(x: Tensor) -> Tensor:
        if x.dtype not in ("int64", "int32"):
            kind = {"float32": "FloatTensor", "float64": "DoubleTensor", "float16": "HalfTensor"}.get(x.dtype)
            if kind is None:
                raise Vague
            raise fault("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, "
                        f"Int; but got torch.{kind} instead (while checking arguments for embedding)")  # fmt: skip
        return tensor((*x.dims, width), device=x.device)

    attrs = {"num_embeddings": rows, "embedding_dim": width, "padding_idx": padding_idx, "weight": param(rows, width)}
    return Made(extra, attrs, forward)


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
