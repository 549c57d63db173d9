"""TensorFlow's functions and input pipelines: the shapes of what they make. The numbers stay unknown."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from llm_kernel.plan.shapes.creation import literal
from llm_kernel.plan.shapes.functions import FUNCTIONS, permute
from llm_kernel.plan.shapes.numpys import NUMPY
from llm_kernel.plan.shapes.tensor import Tensor, Vague, like, tensor, whole, wholes
from llm_kernel.plan.values import Bound, Items, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["PIPELINE", "TENSORS", "examples", "pipeline_attribute"]

Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], "ast.AST | None"], Value]
PIPELINE = "pipeline"
"""The kind of things that stand for a ``tf.data.Dataset``."""
_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError)


def _array(value: Value) -> Tensor:
    """A tensor of this shape, of whatever it is made."""
    if isinstance(value, Tensor):
        return tensor(value.dims, value.dtype, of="numpy")
    shape, kind = literal(value)
    return tensor(shape, {"float64": "float32", "int64": "int32"}.get(kind, kind), of="numpy")


def _cast(x: Tensor, dtype: Value = None, **named: Value) -> Value:
    kind = dtype if isinstance(dtype, str) else dtype.path.rsplit(".", 1)[-1] if isinstance(dtype, Lib) else x.dtype
    return like(x, x.dims, kind)


def _one_hot(x: Tensor, depth: Value, **named: Value) -> Value:
    return like(x, (*x.dims, whole(depth)), "float32")


def _transpose(x: Tensor, perm: Value = None, **named: Value) -> Value:
    return like(x, x.dims[::-1]) if perm is None else permute(x, perm)


_OF_ONE: dict[str, Callable[..., Value]] = {
    "cast": _cast, "one_hot": _one_hot, "transpose": _transpose, "reshape": FUNCTIONS["reshape"],
    **dict.fromkeys(("convert_to_tensor", "identity", "stop_gradient", "square", "abs", "exp", "sqrt", "sign",
                     "clip_by_value", "nn.relu", "nn.softmax", "nn.sigmoid", "nn.tanh", "nn.log_softmax", "nn.dropout",
                     "zeros_like", "ones_like", "math.log", "math.exp", "sigmoid", "tanh"),
                    lambda x, *rest, **named: like(x, x.dims)),
}  # fmt: skip


def _function(compute: Callable[..., Value]) -> Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            first, *rest = args or [named.pop("tensor", named.pop("x", None))]
            return compute(_array(first), *rest, **{key: each for key, each in named.items() if key != "name"})
        except _UNSURE:
            return Unknown("tensor")

    return handle


def _filled(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    try:
        return tensor(wholes(args[0] if args else named.get("shape")), "float32", of="numpy")
    except _UNSURE:
        return Unknown("tensor")


def _slices(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``from_tensor_slices``: as many examples as its first dimension."""
    given = args[0] if args else named.get("tensors")
    parts = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(each, Tensor) and each.dims for each in parts):
        return _pipeline(None, None)
    held = [each for each in parts if isinstance(each, Tensor)]
    items = tuple(like(each, each.dims[1:]) for each in held)
    return _pipeline(held[0].dims[0], items if isinstance(given, tuple) else items[0])


def _pipeline(size: int | None, item: Value) -> Thing:
    return Thing(PIPELINE, {"size": size, "item": item, "last": None})


_STEADY = ("shuffle", "prefetch", "cache", "with_options", "apply")


def _step(name: str) -> Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        this, *rest = args
        assert isinstance(this, Thing)
        try:
            return _after(this, name, rest, named)
        except _UNSURE:
            return _pipeline(None, None)

    return handle


def _after(this: Thing, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    size, item = this.attrs["size"], this.attrs["item"]
    if name in _STEADY:
        return this
    if name == "map":  # what the function makes of an example nobody follows
        return _pipeline(size if isinstance(size, int) else None, None)
    if name == "repeat":
        times = args[0] if args else named.get("count")
        return _pipeline(whole(size) * whole(times), item)
    number = whole(args[0] if args else named.get("count", named.get("batch_size")))
    if name == "take":
        return _pipeline(min(whole(size), number), item)
    if name == "skip":
        return _pipeline(max(whole(size) - number, 0), item)
    left = 0 if named.get("drop_remainder") is True else whole(size) % number
    made = _pipeline(whole(size) // number + (left > 0), _grouped(item, number))
    made.attrs["last"] = _grouped(item, left) if left else None
    return made


def _grouped(item: Value, count: int) -> Value:
    if isinstance(item, tuple):
        return tuple(_grouped(each, count) for each in item)
    return like(item, (count, *item.dims)) if isinstance(item, Tensor) else None


def examples(this: Thing) -> Items:
    """What a loop over a pipeline meets."""
    size, item, last = (this.attrs[name] for name in ("size", "item", "last"))
    usual = Unknown("any") if item is None else item
    count = size if isinstance(size, int) else None

    def at(turn: int | None) -> Value:
        return last if last is not None and turn is not None and turn + 1 == count else usual

    return Items(count, at)


def pipeline_attribute(this: Thing, name: str) -> Value:
    """``pipeline.name``."""
    path = f"tensorflow.data.<{name}>"
    return Bound(Lib(path), this) if path in TENSORS else Unknown(origin=f"tensorflow.data.Dataset().{name}")


_STEPS = (*_STEADY, "map", "repeat", "take", "skip", "batch")
TENSORS: dict[str, Handler] = {
    **{f"tensorflow.{name}": _function(compute) for name, compute in _OF_ONE.items()},
    **dict.fromkeys(("tensorflow.zeros", "tensorflow.ones", "tensorflow.random.normal", "tensorflow.random.uniform"),
                    _filled),
    "tensorflow.expand_dims": NUMPY["numpy.expand_dims"],
    "tensorflow.data.Dataset.from_tensor_slices": _slices,
    **{f"tensorflow.data.<{name}>": _step(name) for name in _STEPS},
}  # fmt: skip
"""Handlers by full name."""
