"""MobileNet V2 and V3, EfficientNet: inverted residuals, convolutions channel by channel, squeeze and excitation."""

from __future__ import annotations

import math
from typing import Any

from llm_kernel.plan.shapes.layers import LAYERS
from llm_kernel.plan.shapes.module import Layer, make
from llm_kernel.plan.shapes.tensor import Tensor, like
from llm_kernel.plan.shapes.vision.parts import Step, after, block, built, chain, conv, norm
from llm_kernel.plan.shapes.vision.plain import flat
from llm_kernel.plan.shapes.vision.tables import TABLES
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["efficientnet", "mobilenet_v2", "mobilenet_v3"]


def _divisible(value: float) -> int:
    """The nearest multiple of eight that is not smaller by a tenth."""
    found = max(8, int(value + 4) // 8 * 8)
    return found + 8 if found < 0.9 * value else found


def _unit(
    label: str, ins: int, outs: int, size: int, stride: int = 1, groups: int = 1, act: str = "", **how: Any
) -> Value:
    """A convolution, its normalisation, and what ``act`` names."""
    last = [built(act, inplace=True)] if act else []
    return chain(conv(ins, outs, size, stride, (size - 1) // 2, groups), norm(outs, **how), *last, name=label)


def _added(inside: str) -> Step:
    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        found = after(w, held, x, inside)
        return like(found, found.dims)

    return step


def _inverted(label: str, ins: int, outs: int, stride: int, ratio: int) -> Thing:
    inner = ins * ratio
    parts = [_unit(label, ins, inner, 1, act="ReLU6")] if ratio != 1 else []
    parts += [_unit(label, inner, inner, 3, stride, inner, "ReLU6"), conv(inner, outs, 1), norm(outs)]
    return block("InvertedResidual", {"conv": chain(*parts)}, _added("conv"))


def mobilenet_v2(classes: int, label: str) -> Thing:
    """``label`` is what the version calls a convolution with its normalisation."""
    parts: list[Value] = [_unit(label, 3, 32, 3, 2, act="ReLU6")]
    ins = 32
    for ratio, outs, count, stride in TABLES["mobilenet_v2"]:
        for turn in range(count):
            parts.append(_inverted(label, ins, outs, 1 if turn else stride, ratio))
            ins = outs
    parts.append(_unit(label, ins, 1280, 1, act="ReLU6"))
    head = chain(built("Dropout", p=0.2, inplace=False), built("Linear", 1280, classes))

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        found = after(w, held, x, "features")
        return after(w, held, like(found, found.dims[:2]), "classifier")

    return block("MobileNetV2", {"last_channel": 1280, "features": chain(*parts), "classifier": head}, step)


def _squeeze(outs: int, inner: int, act: str, gate: str) -> Thing:
    parts = {
        "avgpool": built("AdaptiveAvgPool2d", 1), "fc1": conv(outs, inner, 1, bias=True),
        "fc2": conv(inner, outs, 1, bias=True),
        "activation": built(act, inplace=True) if act == "SiLU" else built(act), "scale_activation": built(gate),
    }  # fmt: skip

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        after(w, held, x, "avgpool", "fc1", "activation", "fc2", "scale_activation")
        return like(x, x.dims)

    return block("SqueezeExcitation", parts, step)


def mobilenet_v3(size: str, classes: int, label: str) -> Thing:
    """The large or the small one."""
    table = TABLES["mobilenet_v3"][size]
    how: dict[str, Any] = {"eps": 0.001, "momentum": 0.01}
    parts: list[Value] = [_unit(label, 3, 16, 3, 2, act="Hardswish", **how)]
    for ins, kernel, inner, outs, squeezed, word, stride in table["rows"]:
        act = "ReLU" if word == "R" else "Hardswish"
        made = [_unit(label, ins, inner, 1, act=act, **how)] if inner != ins else []
        made.append(_unit(label, inner, inner, kernel, stride, inner, act, **how))
        if squeezed:
            made.append(_squeeze(inner, _divisible(inner // 4), "ReLU", "Hardsigmoid"))
        made.append(_unit(label, inner, outs, 1, **how))
        parts.append(block("InvertedResidual", {"block": chain(*made)}, _added("block")))
    outs = table["rows"][-1][3]
    parts.append(_unit(label, outs, 6 * outs, 1, act="Hardswish", **how))
    head = chain(
        built("Linear", 6 * outs, table["last"]), built("Hardswish", inplace=True),
        built("Dropout", p=0.2, inplace=True), built("Linear", table["last"], classes),
    )  # fmt: skip
    held = {"features": chain(*parts), "avgpool": built("AdaptiveAvgPool2d", 1), "classifier": head}
    return block("MobileNetV3", held, flat("features", "avgpool", "classifier"))


def _depth(rate: float) -> Value:
    """Drops the whole block for some examples."""
    same = LAYERS["Identity"]([], {})
    assert isinstance(same, Thing)
    layer = same.attrs["<layer>"]
    assert isinstance(layer, Layer)
    extra = f"p={rate}, mode=row"
    return make(Layer("StochasticDepth", (extra, extra), layer.forward), {})


def efficientnet(name: str, classes: int, label: str) -> Thing:
    """B0 to B4: one table, wider and deeper."""
    wide, deep, dropout = TABLES["efficientnet"]["scales"][name]
    rows = TABLES["efficientnet"]["rows"]
    total = sum(math.ceil(row[5] * deep) for row in rows)
    first = _divisible(rows[0][3] * wide)
    parts: list[Value] = [_unit(label, 3, first, 3, 2, act="SiLU")]
    seen = 0
    for ratio, kernel, stride, ins, outs, count in rows:
        stage: list[Value] = []
        width, out = _divisible(ins * wide), _divisible(outs * wide)
        for turn in range(math.ceil(count * deep)):
            inner = _divisible(width * ratio)
            made = [_unit(label, width, inner, 1, act="SiLU")] if inner != width else []
            made.append(_unit(label, inner, inner, kernel, 1 if turn else stride, inner, "SiLU"))
            made += [_squeeze(inner, max(1, width // 4), "SiLU", "Sigmoid"), _unit(label, inner, out, 1)]
            held = {"block": chain(*made), "stochastic_depth": _depth(0.2 * seen / total)}
            stage.append(block("MBConv", held, _added("block")))
            seen, width = seen + 1, out
        parts.append(chain(*stage))
    last = _divisible(rows[-1][4] * wide)
    parts.append(_unit(label, last, 4 * last, 1, act="SiLU"))
    head = chain(built("Dropout", p=dropout, inplace=True), built("Linear", 4 * last, classes))
    whole = {"features": chain(*parts), "avgpool": built("AdaptiveAvgPool2d", 1), "classifier": head}
    return block("EfficientNet", whole, flat("features", "avgpool", "classifier"))
