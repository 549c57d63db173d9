"""The parts that image models are built of, and the blocks that are more than a chain of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_kernel.plan.shapes.containers import SEQUENTIAL
from llm_kernel.plan.shapes.layers import LAYERS
from llm_kernel.plan.shapes.module import Layer, children, is_module, make
from llm_kernel.plan.shapes.tensor import Tensor, Vague
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["Step", "after", "block", "built", "chain", "conv", "convs", "each", "named", "norm", "relu"]

Step = Callable[[Walk, dict[str, Value], Tensor], Value]
"""What a block does with its input: the parts it holds, and the tensor."""


def built(name: str, *args: Value, **named: Value) -> Value:
    """A layer of torch."""
    return LAYERS[name](list(args), named)


def conv(
    ins: int, outs: int, size: Any, stride: Any = 1, padding: Any = 0, groups: int = 1, bias: bool = False
) -> Value:
    """A convolution of images; without a bias, as before a normalisation."""
    return built("Conv2d", ins, outs, size, stride=stride, padding=padding, groups=groups, bias=bias)


def norm(size: int, **named: Value) -> Value:
    """Batch normalisation of images."""
    return built("BatchNorm2d", size, **named)


def relu() -> Value:
    """A rectifier that works in place."""
    return built("ReLU", inplace=True)


def chain(*parts: Value, name: str = "Sequential", **held: Value) -> Thing:
    """Modules one behind the other, numbered or under names; ``name`` is the class that descends from Sequential."""
    layer = SEQUENTIAL if name == "Sequential" else Layer(name, ("", ""), SEQUENTIAL.forward)
    return make(layer, {**{str(n): each for n, each in enumerate(parts)}, **held})


def named(parts: dict[str, Value], name: str = "Sequential") -> Thing:
    """Modules one behind the other under these names."""
    return chain(name=name, **parts)


def block(name: str, parts: dict[str, Value], step: Step) -> Thing:
    """A module of class ``name`` that holds ``parts``."""

    def forward(w: Walk, this: Value, args: list[Value], given: dict[str, Value]) -> Value:
        x = args[0] if args else next(iter(given.values()), None)
        if not isinstance(this, Thing) or not isinstance(x, Tensor):
            raise Vague
        return step(w, this.attrs, x)

    return make(Layer(name, ("", ""), forward), parts)


def after(w: Walk, parts: dict[str, Value], x: Value, *names: str) -> Tensor:
    """``x`` behind these parts, one after the other."""
    for name in names:
        x = w.call(parts[name], [x], {}, None)
    if not isinstance(x, Tensor):
        raise Vague
    return x


def each(*names: str) -> Step:
    """These parts one after the other."""
    return lambda w, parts, x: after(w, parts, x, *names)


def convs(parts: dict[str, Value]) -> list[str]:
    """The names of the modules among ``parts``."""
    return [name for name, part in parts.items() if is_module(part)]


def inner(module: Value) -> list[str]:
    """The names of a module's parts."""
    return list(children(module))
