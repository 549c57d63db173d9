"""The layers of Keras: the shape that each gives and the weights that it then has; the first dimension is the batch."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from llm_kernel.plan.shapes.tensor import Vague, whole, wholes
from llm_kernel.plan.values import Value

__all__ = ["KINDS", "Built", "Dims", "Kind", "snake"]

Dims: TypeAlias = tuple[int | None, ...]


class Built(NamedTuple):
    """What a layer gives, and how many of its weights learn and how many do not."""

    shape: Dims
    learned: int = 0
    kept: int = 0


Rule: TypeAlias = Callable[[Mapping[str, Any], Sequence[Dims]], Built]


class Kind(NamedTuple):
    """A class of layers: the names of its arguments in order, and what it builds from them and its inputs."""

    names: tuple[str, ...]
    rule: Rule


def snake(name: str) -> str:
    """The name that Keras gives to the first layer of a class."""
    parts = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parts).lower()


def _last(shape: Dims) -> int:
    return whole(shape[-1])


def _biased(given: Mapping[str, Any]) -> bool:
    return given.get("use_bias", True) is not False


def _same(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    return Built(inputs[0])


def _dense(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    units = whole(given["units"])
    return Built((*inputs[0][:-1], units), _last(inputs[0]) * units + units * _biased(given))


def _size(size: int | None, window: int, stride: int, padding: object, spread: int = 1) -> int | None:
    if size is None:
        return None
    found = -(-size // stride) if padding == "same" else (size - spread * (window - 1) - 1) // stride + 1
    if found < 1 or padding not in ("same", "valid", "causal"):
        raise Vague
    return found if padding != "causal" else -(-size // stride)


def _conv(n: int) -> Rule:
    def build(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
        shape, window = inputs[0], wholes(given["kernel_size"], n)
        if len(shape) != n + 2 or given.get("data_format") == "channels_first":
            raise Vague
        outs, group = whole(given["filters"]), whole(given.get("groups", 1))
        stride, spread = wholes(given.get("strides", 1), n), wholes(given.get("dilation_rate", 1), n)
        way = given.get("padding", "valid")
        places = (_size(shape[1 + i], window[i], stride[i], way, spread[i]) for i in range(n))
        count = math.prod(window) * (_last(shape) // group) * outs + outs * _biased(given)
        return Built((shape[0], *places, outs), count)

    return build


def _transposed(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    shape, window = inputs[0], wholes(given["kernel_size"], 2)
    outs, stride = whole(given["filters"]), wholes(given.get("strides", 1), 2)
    same = given.get("padding", "valid") == "same"
    places = (whole(shape[1 + i]) * stride[i] + (0 if same else max(window[i] - stride[i], 0)) for i in range(2))
    return Built((shape[0], *places, outs), math.prod(window) * _last(shape) * outs + outs * _biased(given))


def _separable(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    shape, window, ins = inputs[0], wholes(given["kernel_size"], 2), _last(inputs[0])
    outs = whole(given["filters"])
    found = _conv(2)({**given, "use_bias": False}, inputs)
    return Built((shape[0], *found.shape[1:-1], outs), math.prod(window) * ins + ins * outs + outs * _biased(given))


def _depthwise(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    ins, window = _last(inputs[0]), wholes(given["kernel_size"], 2)
    found = _conv(2)({**given, "filters": ins}, inputs)
    return Built(found.shape, math.prod(window) * ins + ins * _biased(given))


def _pool(n: int) -> Rule:
    def build(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
        shape, window = inputs[0], wholes(given.get("pool_size", 2), n)
        stride = window if given.get("strides") is None else wholes(given["strides"], n)
        if len(shape) != n + 2:
            raise Vague
        way = given.get("padding", "valid")
        return Built((shape[0], *(_size(shape[1 + i], window[i], stride[i], way) for i in range(n)), shape[-1]))

    return build


def _global(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    if given.get("keepdims"):
        raise Vague
    return Built((inputs[0][0], inputs[0][-1]))


def _flatten(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    sizes = inputs[0][1:]
    return Built((inputs[0][0], None if None in sizes else math.prod(whole(each) for each in sizes)))


def _reshape(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    wanted = wholes(given["target_shape"])
    total = math.prod(whole(each) for each in inputs[0][1:])
    rest = math.prod(each for each in wanted if each != -1)
    if rest == 0 or total % rest or (-1 not in wanted and rest != total):
        raise Vague
    return Built((inputs[0][0], *(total // rest if each == -1 else each for each in wanted)))


def _embedding(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    width = whole(given["output_dim"])
    return Built((*inputs[0], width), whole(given["input_dim"]) * width)


def _recurrent(gates: int, biases: int = 1) -> Rule:
    def build(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
        batch, steps, ins = inputs[0]
        units = whole(given["units"])
        two = biases if given.get("reset_after", True) is not False else 1
        count = gates * units * (whole(ins) + units + two * _biased(given))
        if given.get("return_state"):
            raise Vague
        return Built((batch, steps, units) if given.get("return_sequences") else (batch, units), count)

    return build


def _normed(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    size = _last(inputs[0])
    learned = size * (given.get("scale", True) is not False) + size * (given.get("center", True) is not False)
    return Built(inputs[0], learned, 2 * size)


def _layer_normed(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    return Built(inputs[0], 2 * _last(inputs[0]))


def _joined(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    axis = whole(given.get("axis", -1)) % len(inputs[0])
    sizes = [each[axis] for each in inputs]
    total = None if None in sizes else sum(whole(each) for each in sizes)
    return Built((*inputs[0][:axis], total, *inputs[0][axis + 1 :]))


def _merged(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    if any(each != inputs[0] for each in inputs):
        raise Vague
    return Built(inputs[0])


def _zoomed(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    high, wide = wholes(given.get("size", 2), 2)
    batch, rows, columns, channels = inputs[0]
    return Built((batch, whole(rows) * high, whole(columns) * wide, channels))


def _padded(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    padding: Value = given.get("padding", 1)
    sides = padding if isinstance(padding, (tuple, list)) else (padding, padding)
    added = [sum(wholes(each, 2)) for each in sides]
    batch, rows, columns, channels = inputs[0]
    return Built((batch, whole(rows) + added[0], whole(columns) + added[1], channels))


def _repeated(given: Mapping[str, Any], inputs: Sequence[Dims]) -> Built:
    return Built((inputs[0][0], whole(given["n"]), inputs[0][1]))


_CONV = ("filters", "kernel_size", "strides", "padding")
_POOL = ("pool_size", "strides", "padding")
KINDS: dict[str, Kind] = {
    "Dense": Kind(("units", "activation"), _dense),
    **{f"Conv{n}D": Kind(_CONV, _conv(n)) for n in (1, 2, 3)},
    "Conv2DTranspose": Kind(_CONV, _transposed), "SeparableConv2D": Kind(_CONV, _separable),
    "DepthwiseConv2D": Kind(("kernel_size", "strides", "padding"), _depthwise),
    **{f"{kind}Pooling{n}D": Kind(_POOL, _pool(n)) for kind in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Global{kind}Pooling{n}D": Kind((), _global) for kind in ("Max", "Average") for n in (1, 2, 3)},
    "Flatten": Kind((), _flatten), "Reshape": Kind(("target_shape",), _reshape),
    "Embedding": Kind(("input_dim", "output_dim"), _embedding),
    "LSTM": Kind(("units",), _recurrent(4)), "GRU": Kind(("units",), _recurrent(3, 2)),
    "SimpleRNN": Kind(("units",), _recurrent(1)),
    "BatchNormalization": Kind(("axis",), _normed), "LayerNormalization": Kind(("axis",), _layer_normed),
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "Activation", "ReLU",
                     "LeakyReLU", "ELU", "Softmax", "Rescaling", "RandomFlip", "RandomRotation", "RandomZoom",
                     "ActivityRegularization"), Kind(("rate",), _same)),
    "Concatenate": Kind(("axis",), _joined),
    **dict.fromkeys(("Add", "Multiply", "Average", "Subtract", "Maximum", "Minimum"), Kind((), _merged)),
    "UpSampling2D": Kind(("size",), _zoomed), "ZeroPadding2D": Kind(("padding",), _padded),
    "RepeatVector": Kind(("n",), _repeated),
}  # fmt: skip
"""Layers by class name."""
KINDS |= {f"Convolution{n}D": KINDS[f"Conv{n}D"] for n in (1, 2, 3)}
