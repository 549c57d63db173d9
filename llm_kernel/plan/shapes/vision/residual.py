"""ResNet, DenseNet: blocks whose input goes around them."""

from __future__ import annotations

from llm_kernel.plan.shapes.rules import broadcast, cat
from llm_kernel.plan.shapes.tensor import Tensor, like
from llm_kernel.plan.shapes.vision.parts import after, block, built, chain, conv, convs, named, norm, relu
from llm_kernel.plan.shapes.vision.plain import flat
from llm_kernel.plan.shapes.vision.tables import TABLES
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["densenet", "resnet"]


def _sum(x: Tensor, other: Tensor) -> Tensor:
    return like(x, broadcast(x.dims, other.dims))


def _block(parts: dict[str, Value], shorter: Thing | None, inside: tuple[str, ...], name: str) -> Thing:
    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        through = after(w, held, x, *inside)
        around = after(w, held, x, "downsample") if held.get("downsample") is not None else x
        return after(w, held, _sum(through, around), "relu")

    return block(name, {**parts, "downsample": shorter}, step)


def _basic(ins: int, width: int, stride: int, shorter: Thing | None) -> Thing:
    parts = {"conv1": conv(ins, width, 3, stride, 1), "bn1": norm(width), "relu": relu(),
             "conv2": conv(width, width, 3, 1, 1), "bn2": norm(width)}  # fmt: skip
    return _block(parts, shorter, ("conv1", "bn1", "relu", "conv2", "bn2"), "BasicBlock")


def _bottleneck(ins: int, outs: int, inner: int, stride: int, groups: int, shorter: Thing | None) -> Thing:
    parts = {"conv1": conv(ins, inner, 1), "bn1": norm(inner), "conv2": conv(inner, inner, 3, stride, 1, groups),
             "bn2": norm(inner), "conv3": conv(inner, outs, 1), "bn3": norm(outs), "relu": relu()}  # fmt: skip
    order = ("conv1", "bn1", "relu", "conv2", "bn2", "relu", "conv3", "bn3")
    return _block(parts, shorter, order, "Bottleneck")


def resnet(name: str, classes: int) -> Thing:
    """Four stages of blocks, each half the size of the one before."""
    table = TABLES["resnet"][name]
    basic = table["block"] == "basic"
    groups, base = table.get("groups", 1), table.get("width", 64)
    parts: dict[str, Value] = {
        "conv1": conv(3, 64, 7, 2, 3), "bn1": norm(64), "relu": relu(),
        "maxpool": built("MaxPool2d", kernel_size=3, stride=2, padding=1),
    }  # fmt: skip
    ins = 64
    for n, count in enumerate(table["layers"]):
        width = 64 << n
        outs = width if basic else 4 * width
        made: list[Value] = []
        for turn in range(count):
            stride = 2 if n and not turn else 1
            shorter = chain(conv(ins, outs, 1, stride), norm(outs)) if stride > 1 or ins != outs else None
            inner = int(width * (base / 64.0)) * groups
            made.append(
                _basic(ins, width, stride, shorter) if basic else _bottleneck(ins, outs, inner, stride, groups, shorter)
            )
            ins = outs
        parts[f"layer{n + 1}"] = chain(*made)
    parts |= {"avgpool": built("AdaptiveAvgPool2d", (1, 1)), "fc": built("Linear", ins, classes)}
    return block("ResNet", parts, flat(*convs(parts)))


def _dense(ins: int, growth: int) -> Thing:
    parts = {"norm1": norm(ins), "relu1": relu(), "conv1": conv(ins, 4 * growth, 1), "norm2": norm(4 * growth),
             "relu2": relu(), "conv2": conv(4 * growth, growth, 3, 1, 1)}  # fmt: skip
    return block("_DenseLayer", parts, lambda w, held, x: after(w, held, x, *convs(held)))


def _dense_block(ins: int, growth: int, count: int) -> Thing:
    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        many = [x]
        for name in convs(held):
            many.append(after(w, held, cat(many, 1), name))
        return cat(many, 1)

    parts: dict[str, Value] = {f"denselayer{n + 1}": _dense(ins + n * growth, growth) for n in range(count)}
    return block("_DenseBlock", parts, step)


def densenet(name: str, classes: int) -> Thing:
    """Blocks in which each layer sees all that came before it."""
    table = TABLES["densenet"][name]
    width, growth = table["first"], table["growth"]
    parts: dict[str, Value] = {
        "conv0": conv(3, width, 7, 2, 3), "norm0": norm(width), "relu0": relu(),
        "pool0": built("MaxPool2d", kernel_size=3, stride=2, padding=1),
    }  # fmt: skip
    for n, count in enumerate(table["blocks"], 1):
        parts[f"denseblock{n}"] = _dense_block(width, growth, count)
        width += count * growth
        if n < len(table["blocks"]):
            parts[f"transition{n}"] = chain(
                name="_Transition", norm=norm(width), relu=relu(), conv=conv(width, width // 2, 1),
                pool=built("AvgPool2d", kernel_size=2, stride=2),
            )  # fmt: skip
            width //= 2
    parts["norm5"] = norm(width)
    head = built("Linear", width, classes)

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        found = after(w, held, x, "features")
        return after(w, held, like(found, found.dims[:2]), "classifier")

    return block("DenseNet", {"features": named(parts), "classifier": head}, step)
