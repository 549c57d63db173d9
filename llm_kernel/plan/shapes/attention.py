"""Multi-head attention and the transformer's layers: modules that hold modules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from llm_kernel.plan.shapes.chance import lose
from llm_kernel.plan.shapes.layers import LAYERS, Made, layer, param
from llm_kernel.plan.shapes.module import Forward, Layer, Modules, make
from llm_kernel.plan.shapes.tensor import Tensor, Vague, fault, like, whole
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["STACKS"]


def _built(name: str, *args: Value, **named: Value) -> Value:
    return LAYERS[name](list(args), named)


@layer("MultiheadAttention")
def multihead(
    embed_dim: int, num_heads: int, dropout: Any = 0.0, bias: bool = True, add_bias_kv: bool = False,
    add_zero_attn: bool = False, kdim: Any = None, vdim: Any = None, batch_first: bool = False,
) -> Made:  # fmt: skip
    size, heads = whole(embed_dim), whole(num_heads)
    if size % heads:
        raise fault("embed_dim must be divisible by num_heads", "AssertionError")
    attrs: dict[str, Value] = {"embed_dim": size, "num_heads": heads, "head_dim": size // heads}
    if kdim in (None, size) and vdim in (None, size):
        attrs["in_proj_weight"] = param(3 * size, size)
    else:
        attrs |= {"q_proj_weight": param(size, size), "k_proj_weight": param(size, whole(kdim or size)),
                  "v_proj_weight": param(size, whole(vdim or size))}  # fmt: skip
    if bias:
        attrs["in_proj_bias"] = param(3 * size)
    out = _built("Linear", size, size, bias=bias)
    if isinstance(out, Thing) and isinstance(out.attrs["<layer>"], Layer):
        inner = out.attrs["<layer>"]
        out.attrs["<layer>"] = Layer("NonDynamicallyQuantizableLinear", inner.extra, inner.forward)
    attrs["out_proj"] = out
    if add_bias_kv:
        attrs |= {"bias_k": param(1, 1, size), "bias_v": param(1, 1, size)}

    def forward(
        query: Tensor, key: Value = None, value: Value = None, key_padding_mask: Value = None, need_weights: Any = True,
        attn_mask: Value = None, average_attn_weights: Any = True, **named: Value,
    ) -> Value:  # fmt: skip
        if not isinstance(key, Tensor) or len(query.dims) not in (2, 3):
            raise Vague
        if query.dims[-1] != size:
            raise fault(f"was expecting embedding dimension of {size}, but got {query.dims[-1]}", "AssertionError")
        if need_weights is False:
            return (like(query, query.dims), None)
        place = -2 if len(query.dims) == 2 or batch_first else 0
        batch = () if len(query.dims) == 2 else (query.dims[0 if batch_first else 1],)
        extra = () if average_attn_weights is not False else (heads,)
        return (like(query, query.dims), like(query, (*batch, *extra, query.dims[place], key.dims[place])))

    return Made("", attrs, forward)


def _kept(w: Walk, this: Value, args: list[Value], named: Mapping[str, Value]) -> Value:
    """A stack of blocks gives what it takes; a decoder the shape of its target."""
    first = args[0] if args else next(iter(named.values()), None)
    return like(first, first.dims) if isinstance(first, Tensor) else Unknown("tensor")


def _checked(size: int) -> Forward:
    def forward(w: Walk, this: Value, args: list[Value], named: Mapping[str, Value]) -> Value:
        first = args[0] if args else next(iter(named.values()), None)
        if isinstance(first, Tensor) and first.dims and first.dims[-1] != size:
            text = f"was expecting embedding dimension of {size}, but got {first.dims[-1]}"
            raise fault(text, "AssertionError")
        return _kept(w, this, args, named)

    return forward


def _block(
    decoder: bool, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: Any = 0.1, activation: Any = "relu",
    layer_norm_eps: Any = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True,
) -> Thing:  # fmt: skip
    size, wide = whole(d_model), whole(dim_feedforward)

    def attend() -> Value:
        return _built("MultiheadAttention", size, nhead, dropout=dropout, batch_first=batch_first, bias=bias)

    held: dict[str, Value] = {"self_attn": attend()}
    if decoder:
        held["multihead_attn"] = attend()
    held["linear1"] = _built("Linear", size, wide, bias=bias)
    held["dropout"] = _built("Dropout", dropout)
    held["linear2"] = _built("Linear", wide, size, bias=bias)
    count = 3 if decoder else 2
    for n in range(1, count + 1):
        held[f"norm{n}"] = _built("LayerNorm", size, eps=layer_norm_eps)
    for n in range(1, count + 1):
        held[f"dropout{n}"] = _built("Dropout", dropout)
    if not isinstance(activation, str):
        raise Vague
    name = "TransformerDecoderLayer" if decoder else "TransformerEncoderLayer"
    return make(Layer(name, ("", ""), _checked(size)), held)


def copied(value: Value) -> Value:
    """A deep copy: the same layers with parameters of their own."""
    match value:
        case Modules():
            return Modules(copied(each) for each in value)
        case Thing(kind="module"):
            return Thing("module", {name: copied(each) for name, each in value.attrs.items()})
        case Tensor(role="param"):
            return param(*value.dims)
    return value


def _stack(name: str) -> Callable[..., Thing]:
    def make_stack(
        block: Value, num_layers: int, norm: Value = None, enable_nested_tensor: Any = True, mask_check: Any = True
    ) -> Thing:
        held: dict[str, Value] = {"layers": Modules(copied(block) for _ in range(whole(num_layers)))}
        if isinstance(norm, Thing):
            held["norm"] = norm
        return make(Layer(name, ("", ""), _through), held)

    return make_stack


def _through(w: Walk, this: Value, args: list[Value], named: dict[str, Value]) -> Value:
    layers = this.attrs.get("layers") if isinstance(this, Thing) else None
    first = layers[0] if isinstance(layers, Modules) and layers else None
    return w.call(first, args, {}, None) if first is not None else _kept(w, this, args, named)


def _transformer(
    d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
    dim_feedforward: int = 2048, dropout: Any = 0.1, activation: Any = "relu", custom_encoder: Any = None,
    custom_decoder: Any = None, layer_norm_eps: Any = 1e-5, batch_first: bool = False, norm_first: bool = False,
) -> Thing:  # fmt: skip
    rest = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first)
    ends = [_built("LayerNorm", whole(d_model), eps=layer_norm_eps) for _ in range(2)]
    held: dict[str, Value] = {
        "encoder": _stack("TransformerEncoder")(_block(False, *rest), num_encoder_layers, ends[0]),
        "decoder": _stack("TransformerDecoder")(_block(True, *rest), num_decoder_layers, ends[1]),
    }

    def forward(w: Walk, this: Value, args: list[Value], named: Mapping[str, Value]) -> Value:
        target = args[1] if len(args) > 1 else named.get("tgt")
        return like(target, target.dims) if isinstance(target, Tensor) else Unknown("tensor")

    return make(Layer("Transformer", ("", ""), forward), held)


def _handler(build: Callable[..., Thing], name: str) -> Callable[..., Value]:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        lose(w)
        try:
            return build(*args, **{key: each for key, each in named.items() if key not in ("device", "dtype")})
        except (Vague, TypeError, ValueError):
            return make(Layer(name, ("", ""), _kept), {"<open>": True})

    return handle


STACKS = {
    "torch.nn.TransformerEncoderLayer": _handler(lambda *args, **named: _block(False, *args, **named), "?"),
    "torch.nn.TransformerDecoderLayer": _handler(lambda *args, **named: _block(True, *args, **named), "?"),
    "torch.nn.TransformerEncoder": _handler(_stack("TransformerEncoder"), "?"),
    "torch.nn.TransformerDecoder": _handler(_stack("TransformerDecoder"), "?"),
    "torch.nn.Transformer": _handler(_transformer, "?"),
}
"""Makers of the transformer's parts by full name."""
