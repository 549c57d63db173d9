"""The vision transformer: patches as tokens."""

from __future__ import annotations

from llm_kernel.plan.shapes.layers import param
from llm_kernel.plan.shapes.tensor import Tensor, Vague, fault, like
from llm_kernel.plan.shapes.vision.parts import after, block, built, chain, conv, named
from llm_kernel.plan.shapes.vision.tables import TABLES
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["vit"]


def _kept(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
    return like(x, x.dims)


def _layer(heads: int, size: int, hidden: int) -> Thing:
    mlp = chain(
        built("Linear", size, hidden), built("GELU"), built("Dropout", p=0.0, inplace=False),
        built("Linear", hidden, size), built("Dropout", p=0.0, inplace=False), name="MLPBlock",
    )  # fmt: skip
    parts = {
        "ln_1": built("LayerNorm", size, eps=1e-6), "self_attention": built("MultiheadAttention", size, heads),
        "dropout": built("Dropout", p=0.0), "ln_2": built("LayerNorm", size, eps=1e-6), "mlp": mlp,
    }  # fmt: skip
    return block("EncoderBlock", parts, _kept)


def vit(name: str, classes: int, image: int) -> Thing:
    """``image``: the only size of its pictures that it takes."""
    patch, depth, heads, size, hidden = TABLES["vit"][name]
    tokens = (image // patch) ** 2 + 1
    layers = named({f"encoder_layer_{n}": _layer(heads, size, hidden) for n in range(depth)})
    encoder = block(
        "Encoder",
        {"pos_embedding": param(1, tokens, size), "dropout": built("Dropout", p=0.0), "layers": layers,
         "ln": built("LayerNorm", size, eps=1e-6)},
        _kept,
    )  # fmt: skip
    parts = {
        "class_token": param(1, 1, size), "conv_proj": conv(3, size, patch, patch, bias=True), "encoder": encoder,
        "heads": chain(head=built("Linear", size, classes)),
    }  # fmt: skip

    def step(w: Walk, held: dict[str, Value], x: Tensor) -> Value:
        if len(x.dims) != 4:
            raise Vague
        for side, place in (("height", 2), ("width", 3)):
            if x.dims[place] != image:
                raise fault(f"Wrong image {side}! Expected {image} but got {x.dims[place]}!", "AssertionError")
        found = after(w, held, x, "conv_proj")
        return after(w, held, like(found, (x.dims[0], size)), "heads")

    return block("VisionTransformer", parts, step)
