"""GoogLeNet and Inception V3: blocks of several branches whose channels are joined, and side exits while training."""

from __future__ import annotations

from typing import Any

from llm_kernel.plan.shapes.rules import cat, flatten
from llm_kernel.plan.shapes.tensor import Returned, Tensor, like
from llm_kernel.plan.shapes.vision.parts import after, block, built, chain, conv, convs, norm
from llm_kernel.plan.shapes.vision.tables import TABLES
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["googlenet", "inception"]


def _unit(ins: int, outs: int, size: Any = 1, stride: int = 1, padding: Any = 0) -> Value:
    parts = {"conv": conv(ins, outs, size, stride, padding), "bn": norm(outs, eps=0.001)}
    return block("BasicConv2d", parts, lambda w, held, x: after(w, held, x, "conv", "bn"))


def _pool(stride: int = 2, size: int = 3, **named: Value) -> Value:
    return built("MaxPool2d", kernel_size=size, stride=stride, **named)


def _joined(name: str, parts: dict[str, Value], ways: list[list[str]], pooled: int = 0) -> Thing:
    """Branches side by side; ``pooled`` is the stride of a pooling without a module, which the last way starts with."""

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        many = [after(w, held, x, *way) for way in ways]
        if pooled == 2:
            many.append(like(x, (*x.dims[:2], *((size - 3) // 2 + 1 for size in x.dims[2:]))))
        return cat(many, 1)

    return block(name, parts, step)


def _inception(ins: int, one: int, reduced: int, three: int, narrow: int, five: int, pool: int) -> Thing:
    parts: dict[str, Value] = {
        "branch1": _unit(ins, one), "branch2": chain(_unit(ins, reduced), _unit(reduced, three, 3, 1, 1)),
        "branch3": chain(_unit(ins, narrow), _unit(narrow, five, 3, 1, 1)),
        "branch4": chain(_pool(1, padding=1, ceil_mode=True), _unit(ins, pool)),
    }  # fmt: skip
    return _joined("Inception", parts, [[name] for name in parts])


def _side(ins: int, classes: int) -> Thing:
    parts = {"conv": _unit(ins, 128), "fc1": built("Linear", 2048, 1024), "fc2": built("Linear", 1024, classes),
             "dropout": built("Dropout", p=0.7, inplace=False)}  # fmt: skip

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        small = after(w, held, like(x, (*x.dims[:2], 4, 4)), "conv")
        return after(w, held, flatten(small, 1), "fc1", "dropout", "fc2")

    return block("InceptionAux", parts, step)


def googlenet(classes: int, sides: bool) -> Thing:
    """``sides``: with the two exits that only training uses."""
    parts: dict[str, Value] = {
        "conv1": _unit(3, 64, 7, 2, 3), "maxpool1": _pool(ceil_mode=True), "conv2": _unit(64, 64),
        "conv3": _unit(64, 192, 3, 1, 1), "maxpool2": _pool(ceil_mode=True),
    }  # fmt: skip
    for name, row in TABLES["googlenet"].items():
        if name in ("4a", "5a"):
            parts[f"maxpool{3 if name == '4a' else 4}"] = _pool(2, 3 if name == "4a" else 2, ceil_mode=True)
        parts[f"inception{name}"] = _inception(*row)
    order = convs(parts)
    parts |= {"aux1": _side(512, classes) if sides else None, "aux2": _side(528, classes) if sides else None}
    parts |= {"avgpool": built("AdaptiveAvgPool2d", (1, 1)), "dropout": built("Dropout", p=0.2, inplace=False),
              "fc": built("Linear", 1024, classes)}  # fmt: skip

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        exits: list[Value] = []
        for name in order:
            x = after(w, held, x, name)
            side = {"inception4a": "aux1", "inception4d": "aux2"}.get(name, "")
            if side and held.get(side) is not None and held.get("training", True):
                exits.append(after(w, held, x, side))
        last = after(w, held, flatten(after(w, held, x, "avgpool"), 1), "dropout", "fc")
        fields = ("logits", "aux_logits2", "aux_logits1")
        return Returned.of("GoogLeNetOutputs", fields, (last, *exits[::-1])) if exits else last

    return block("GoogLeNet", parts, step)


def _branched(name: str, rows: dict[str, tuple[Any, ...]], ways: str, pooled: int = 0) -> Thing:
    parts: dict[str, Value] = {key: _unit(*row) for key, row in rows.items()}
    return _joined(name, parts, [way.split() for way in ways.split("|")], pooled)


def _a(ins: int, pool: int) -> Thing:
    rows = {"branch1x1": (ins, 64), "branch5x5_1": (ins, 48), "branch5x5_2": (48, 64, 5, 1, 2),
            "branch3x3dbl_1": (ins, 64), "branch3x3dbl_2": (64, 96, 3, 1, 1), "branch3x3dbl_3": (96, 96, 3, 1, 1),
            "branch_pool": (ins, pool)}  # fmt: skip
    ways = "branch1x1|branch5x5_1 branch5x5_2|branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3|branch_pool"
    return _branched("InceptionA", rows, ways)


def _b(ins: int) -> Thing:
    rows = {"branch3x3": (ins, 384, 3, 2), "branch3x3dbl_1": (ins, 64), "branch3x3dbl_2": (64, 96, 3, 1, 1),
            "branch3x3dbl_3": (96, 96, 3, 2)}  # fmt: skip
    return _branched("InceptionB", rows, "branch3x3|branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3", 2)


def _c(ins: int, inner: int) -> Thing:
    wide, high = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
    rows = {"branch1x1": (ins, 192), "branch7x7_1": (ins, inner), "branch7x7_2": (inner, inner, *wide),
            "branch7x7_3": (inner, 192, *high), "branch7x7dbl_1": (ins, inner),
            "branch7x7dbl_2": (inner, inner, *high), "branch7x7dbl_3": (inner, inner, *wide),
            "branch7x7dbl_4": (inner, inner, *high), "branch7x7dbl_5": (inner, 192, *wide),
            "branch_pool": (ins, 192)}  # fmt: skip
    seven = " ".join(f"branch7x7_{n}" for n in (1, 2, 3))
    double = " ".join(f"branch7x7dbl_{n}" for n in (1, 2, 3, 4, 5))
    return _branched("InceptionC", rows, f"branch1x1|{seven}|{double}|branch_pool")


def _d(ins: int) -> Thing:
    rows = {"branch3x3_1": (ins, 192), "branch3x3_2": (192, 320, 3, 2), "branch7x7x3_1": (ins, 192),
            "branch7x7x3_2": (192, 192, (1, 7), 1, (0, 3)), "branch7x7x3_3": (192, 192, (7, 1), 1, (3, 0)),
            "branch7x7x3_4": (192, 192, 3, 2)}  # fmt: skip
    last = " ".join(f"branch7x7x3_{n}" for n in (1, 2, 3, 4))
    return _branched("InceptionD", rows, f"branch3x3_1 branch3x3_2|{last}", 2)


def _e(ins: int) -> Thing:
    wide, high = ((1, 3), 1, (0, 1)), ((3, 1), 1, (1, 0))
    rows = {"branch1x1": (ins, 320), "branch3x3_1": (ins, 384), "branch3x3_2a": (384, 384, *wide),
            "branch3x3_2b": (384, 384, *high), "branch3x3dbl_1": (ins, 448), "branch3x3dbl_2": (448, 384, 3, 1, 1),
            "branch3x3dbl_3a": (384, 384, *wide), "branch3x3dbl_3b": (384, 384, *high),
            "branch_pool": (ins, 192)}  # fmt: skip
    double = "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3"
    ways = f"branch1x1|branch3x3_1 branch3x3_2a|branch3x3_1 branch3x3_2b|{double}a|{double}b|branch_pool"
    return _branched("InceptionE", rows, ways)


def _exit(classes: int) -> Thing:
    parts = {"conv0": _unit(768, 128), "conv1": _unit(128, 768, 5), "fc": built("Linear", 768, classes)}

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        small = like(x, (*x.dims[:2], *((size - 5) // 3 + 1 for size in x.dims[2:])))
        found = after(w, held, small, "conv0", "conv1")
        return after(w, held, like(found, found.dims[:2]), "fc")

    return block("InceptionAux", parts, step)


def inception(classes: int, side: bool) -> Thing:
    """``side``: with the exit that only training uses; images of 299 by 299."""
    parts: dict[str, Value] = {
        "Conv2d_1a_3x3": _unit(3, 32, 3, 2), "Conv2d_2a_3x3": _unit(32, 32, 3),
        "Conv2d_2b_3x3": _unit(32, 64, 3, 1, 1), "maxpool1": _pool(), "Conv2d_3b_1x1": _unit(64, 80),
        "Conv2d_4a_3x3": _unit(80, 192, 3), "maxpool2": _pool(), "Mixed_5b": _a(192, 32), "Mixed_5c": _a(256, 64),
        "Mixed_5d": _a(288, 64), "Mixed_6a": _b(288), "Mixed_6b": _c(768, 128), "Mixed_6c": _c(768, 160),
        "Mixed_6d": _c(768, 160), "Mixed_6e": _c(768, 192), "AuxLogits": _exit(classes) if side else None,
        "Mixed_7a": _d(768), "Mixed_7b": _e(1280), "Mixed_7c": _e(2048), "avgpool": built("AdaptiveAvgPool2d", (1, 1)),
        "dropout": built("Dropout", p=0.5), "fc": built("Linear", 2048, classes),
    }  # fmt: skip

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        extra: Value = None
        for name in convs(held):
            if name == "AuxLogits":
                extra = after(w, held, x, name) if held.get("training", True) else None
            else:
                x = after(w, held, flatten(x, 1) if name == "dropout" else x, name)
        return Returned.of("InceptionOutputs", ("logits", "aux_logits"), (x, extra)) if extra is not None else x

    return block("Inception3", parts, step)
