"""AlexNet, VGG and SqueezeNet: chains of convolutions."""

from __future__ import annotations

from llm_kernel.plan.shapes.module import make
from llm_kernel.plan.shapes.rules import cat, flatten
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.shapes.vision.parts import Step, after, block, built, chain, conv, norm, relu
from llm_kernel.plan.shapes.vision.tables import TABLES
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["alexnet", "squeezenet", "vgg"]


def flat(*before: str) -> Step:
    """Features, then their pooling, then what comes behind the flattening."""

    def step(w: Walk, parts: dict[str, Value], x: Tensor) -> Value:
        return after(w, parts, flatten(after(w, parts, x, *before[:-1]), 1), before[-1])

    return step


def _pool(size: int = 3, stride: int = 2, **named: Value) -> Value:
    return built("MaxPool2d", kernel_size=size, stride=stride, **named)


def alexnet(classes: int, dropout: float = 0.5) -> Thing:
    """One tower, as the second paper has it."""
    features = chain(
        conv(3, 64, 11, 4, 2, bias=True), relu(), _pool(),
        conv(64, 192, 5, 1, 2, bias=True), relu(), _pool(),
        conv(192, 384, 3, 1, 1, bias=True), relu(),
        conv(384, 256, 3, 1, 1, bias=True), relu(),
        conv(256, 256, 3, 1, 1, bias=True), relu(), _pool(),
    )  # fmt: skip
    classifier = chain(
        built("Dropout", dropout), built("Linear", 256 * 6 * 6, 4096), relu(),
        built("Dropout", dropout), built("Linear", 4096, 4096), relu(), built("Linear", 4096, classes),
    )  # fmt: skip
    pooled = built("AdaptiveAvgPool2d", (6, 6))
    parts = {"features": features, "avgpool": pooled, "classifier": classifier}
    return block("AlexNet", parts, flat("features", "avgpool", "classifier"))


def vgg(depth: str, classes: int, normed: bool, dropout: float = 0.5) -> Thing:
    """``depth`` layers with weights; 0 in the table is a pooling."""
    features: list[Value] = []
    width = 3
    for each in TABLES["vgg"][depth]:
        if each:
            features += [conv(width, each, 3, 1, 1, bias=True), *([norm(each)] if normed else []), relu()]
            width = each
        else:
            features.append(_pool(2))
    classifier = chain(
        built("Linear", 512 * 7 * 7, 4096), relu(), built("Dropout", dropout),
        built("Linear", 4096, 4096), relu(), built("Dropout", dropout), built("Linear", 4096, classes),
    )  # fmt: skip
    parts: dict[str, Value] = {"features": chain(*features), "avgpool": built("AdaptiveAvgPool2d", (7, 7))}
    return block("VGG", {**parts, "classifier": classifier}, flat("features", "avgpool", "classifier"))


def _fire(ins: int, squeeze: int, expand: int) -> Thing:
    def step(w: Walk, parts: dict[str, Value], x: Tensor) -> Value:
        x = after(w, parts, x, "squeeze", "squeeze_activation")
        left = after(w, parts, x, "expand1x1", "expand1x1_activation")
        return cat([left, after(w, parts, x, "expand3x3", "expand3x3_activation")], 1)

    parts = {
        "squeeze": conv(ins, squeeze, 1, bias=True), "squeeze_activation": relu(),
        "expand1x1": conv(squeeze, expand, 1, bias=True), "expand1x1_activation": relu(),
        "expand3x3": conv(squeeze, expand, 3, 1, 1, bias=True), "expand3x3_activation": relu(),
    }  # fmt: skip
    return block("Fire", parts, step)


def squeezenet(version: str, classes: int, dropout: float = 0.5) -> Thing:
    """Fire modules; the classifier is a convolution."""
    table = TABLES["squeezenet"][version]
    width, size = table["first"]
    fires = [_fire(*each) if each else _pool(ceil_mode=True) for each in table["fires"]]
    features = chain(conv(3, width, size, 2, bias=True), relu(), *fires)
    last = chain(
        built("Dropout", dropout), conv(512, classes, 1, bias=True), relu(), built("AdaptiveAvgPool2d", (1, 1))
    )

    def step(w: Walk, parts: dict[str, Value], x: Tensor) -> Value:
        return flatten(after(w, parts, x, "features", "classifier"), 1)

    made = block("SqueezeNet", {"features": features, "classifier": last}, step)
    return make(made.attrs["<layer>"], {**made.attrs, "num_classes": classes})  # type: ignore[arg-type]
