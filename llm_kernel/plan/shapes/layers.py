"""The layers of torch: what each holds, how it is shown, and the shape it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from llm_kernel.plan.shapes import rules
from llm_kernel.plan.shapes.module import Layer, make
from llm_kernel.plan.shapes.tensor import Shape, Tensor, Vague, fault, like, tensor, whole, wholes
from llm_kernel.plan.values import Thing, Unknown, Value, known
from llm_kernel.plan.walk import Walk

__all__ = ["LAYERS", "Made", "buffer", "layer", "maker_of", "param", "same"]

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
            LAYERS[name] = maker_of(name, maker)
        return maker

    return register


def maker_of(name: str, maker: Maker) -> Callable[[list[Value], Mapping[str, Value]], Value]:
    """What builds the module of class ``name``; ``maker`` says what is special about it."""
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


def same(x: Tensor, *rest: Value, **named: Value) -> Tensor:
    """What comes out of a layer that keeps shape and type."""
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
    return Made("", {}, same)


def _convolved(ins: int, outs: int, kernel: Shape, step: Shape, pads: Shape | str, spread: Shape) -> str:
    """How every convolution begins to show itself."""
    n = len(kernel)
    text = f"{ins}, {outs}, kernel_size={kernel}, stride={step}"
    return text + f", padding={pads}" * (pads != (0,) * n) + f", dilation={spread}" * (spread != (1,) * n)


def _grouped(group: int, bias: bool) -> str:
    return f", groups={group}" * (group != 1) + ", bias=False" * (not bias)


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
    extra = _convolved(ins, outs, kernel, step, pads, spread) + _grouped(group, bias)
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
    extra = _convolved(ins, outs, kernel, step, pads, spread)
    extra += f", output_padding={more}" * any(more) + _grouped(group, bias)
    attrs = {"weight": param(*weight), "bias": param(outs) if bias else None}
    return Made(extra, attrs, lambda x: rules.transposed_conv(x, weight, step, pads, more, spread, group))


@layer("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
def dropout(p: Any = 0.5, inplace: bool = False) -> Made:
    if not 0 <= p <= 1:
        raise fault(f"dropout probability has to be between 0 and 1, but got {p}", "ValueError")
    return Made(f"p={p}, inplace={inplace}", {}, same)


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
