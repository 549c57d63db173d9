"""``torchvision.models``: the names under which its image models are made."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeAlias

from llm_kernel.plan.shapes import attention
from llm_kernel.plan.shapes.chance import lose
from llm_kernel.plan.shapes.module import LAYER, Layer
from llm_kernel.plan.shapes.tensor import Vague, whole
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.shapes.vision.branches import googlenet, inception
from llm_kernel.plan.shapes.vision.mobile import efficientnet, mobilenet_v2, mobilenet_v3
from llm_kernel.plan.shapes.vision.plain import alexnet, squeezenet, vgg
from llm_kernel.plan.shapes.vision.residual import densenet, resnet
from llm_kernel.plan.shapes.vision.tables import TABLES
from llm_kernel.plan.shapes.vision.tokens import vit
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["MODELS", "Order"]

_NEEDED = attention.STACKS
"""The transformer's layers are registered before one of them is built."""
_PLAIN = {"pretrained", "weights", "progress", "num_classes", "aux_logits", "transform_input", "init_weights",
          "dropout", "image_size", "weights_backbone", "zero_init_residual"}  # fmt: skip


class Order:
    """What a call asks for: how many classes, with or without trained weights, and the library's version."""

    def __init__(self, w: Walk, args: list[Value], named: dict[str, Value]) -> None:
        if set(named) - _PLAIN or len(args) > 1:
            raise Vague
        self.classes = whole(named.get("num_classes", 1000))
        weights = named.get("weights", named.get("pretrained", args[0] if args else None))
        self.trained = weights is not None and weights is not False
        self.named: Mapping[str, Value] = named
        self.label = _label(w.facts)

    def number(self, name: str, default: float) -> float:
        """A setting that is a number."""
        found = self.named.get(name, default)
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise Vague
        return found


def _label(facts: Mapping[str, object]) -> str:
    """The class of a convolution with its normalisation, by the version of torchvision, or of the torch beside it."""
    own, torch = version_of(facts, "torchvision"), version_of(facts, "torch")
    minor = _minor(own, 0) or _minor(torch, 1) or 14
    return "ConvBNReLU" if minor < 9 else "ConvBNActivation" if minor < 12 else (
        "ConvNormActivation" if minor < 13 else "Conv2dNormActivation"
    )  # fmt: skip


def _minor(version: object, more: int) -> int:
    if not isinstance(version, str):
        return 0
    words = version.split(".")
    if len(words) < 2 or not (words[0].isdigit() and words[1].isdigit()):
        return 0
    if more == 0:
        return int(words[1]) if words[0] == "0" else 99
    return int(words[1]) + 1 if words[0] == "1" else 15


def _sides(order: Order, trained: bool) -> bool:
    """Whether the side exits are kept."""
    asked = order.named.get("aux_logits")
    return bool(asked) if isinstance(asked, bool) else trained if order.trained else True


Makers: TypeAlias = dict[str, Callable[[Order], Thing]]


def _many(names: Iterable[str], make: Callable[[str, Order], Thing], head: str = "", tail: str = "") -> Makers:
    return {f"{head}{name}{tail}": partial(make, name) for name in names}


MAKERS: Makers = {
    "alexnet": lambda o: alexnet(o.classes, o.number("dropout", 0.5)),
    **_many(TABLES["vgg"], lambda n, o: vgg(n, o.classes, False, o.number("dropout", 0.5)), "vgg"),
    **_many(TABLES["vgg"], lambda n, o: vgg(n, o.classes, True, o.number("dropout", 0.5)), "vgg", "_bn"),
    **_many(TABLES["resnet"], lambda n, o: resnet(n, o.classes)),
    **_many(TABLES["densenet"], lambda n, o: densenet(n, o.classes)),
    **_many(TABLES["squeezenet"], lambda n, o: squeezenet(n, o.classes, o.number("dropout", 0.5)), "squeezenet"),
    "mobilenet_v2": lambda o: mobilenet_v2(o.classes, o.label),
    **_many(TABLES["mobilenet_v3"], lambda n, o: mobilenet_v3(n, o.classes, o.label), "mobilenet_v3_"),
    **_many(TABLES["efficientnet"]["scales"], lambda n, o: efficientnet(n, o.classes, o.label), "efficientnet_"),
    "googlenet": lambda o: googlenet(o.classes, _sides(o, False)),
    "inception_v3": lambda o: inception(o.classes, _sides(o, True)),
    **_many(TABLES["vit"], lambda n, o: vit(n, o.classes, whole(o.named.get("image_size", 224)))),
}
"""Models by the name of the function that makes them."""


def _model(name: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    make = MAKERS[name]

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        lose(w)
        try:
            return make(Order(w, args, named))
        except (Vague, TypeError, ValueError, LookupError):
            return Thing("module", {LAYER: Layer(name, ("", ""), _nothing), "<open>": True})

    return handle


def _nothing(w: Walk, this: Value, args: list[Value], named: dict[str, Value]) -> Value:
    raise Vague


MODELS = {f"torchvision.models.{name}": _model(name) for name in MAKERS}
"""Handlers by the full name of what is called."""
