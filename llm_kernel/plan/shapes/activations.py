"""Layers that bend numbers one by one."""

from __future__ import annotations

from typing import Any

from llm_kernel.plan.shapes import rules
from llm_kernel.plan.shapes.layers import LAYERS, Made, layer, maker_of, param, same
from llm_kernel.plan.shapes.tensor import whole

__all__ = ["LAYERS"]


@layer("Hardswish", "Hardsigmoid")
def hard(inplace: bool = False) -> Made:
    return Made("", {}, same)


@layer("ReLU", "ReLU6", "SELU", "SiLU", "Mish")
def rectifier(inplace: bool = False) -> Made:
    return Made("inplace=True" if inplace else "", {}, same)


LAYERS["ReLU6"] = maker_of("ReLU6", lambda inplace=False: Made("inplace=True" if inplace else "", {}, same))


@layer("Sigmoid", "Tanh", "Softsign", "Tanhshrink", "LogSigmoid", "Softmax2d")
def plain() -> Made:
    return Made("", {}, same)


@layer("LeakyReLU")
def leaky(negative_slope: Any = 0.01, inplace: bool = False) -> Made:
    return Made(f"negative_slope={negative_slope}" + ", inplace=True" * bool(inplace), {}, same)


@layer("ELU", "CELU")
def elu(alpha: Any = 1.0, inplace: bool = False) -> Made:
    return Made(f"alpha={alpha}" + ", inplace=True" * bool(inplace), {}, same)


@layer("GELU")
def gelu(approximate: str = "none") -> Made:
    return Made(f"approximate={approximate!r}", {}, same)


@layer("Softplus")
def softplus(beta: Any = 1, threshold: Any = 20) -> Made:
    return Made(f"beta={beta}, threshold={threshold}", {}, same)


@layer("PReLU")
def prelu(num_parameters: int = 1, init: float = 0.25) -> Made:
    return Made(f"num_parameters={num_parameters}", {"weight": param(whole(num_parameters))}, same)


@layer("Hardtanh")
def hardtanh(min_val: Any = -1.0, max_val: Any = 1.0, inplace: bool = False) -> Made:
    return Made(f"min_val={min_val}, max_val={max_val}" + ", inplace=True" * bool(inplace), {}, same)


@layer("Softmax", "LogSoftmax", "Softmin")
def softmax(dim: Any = None) -> Made:
    return Made(f"dim={dim}", {}, lambda x: same(x) if dim is None or rules.at(dim, len(x.dims)) >= 0 else x)
