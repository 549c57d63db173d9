"""The functions of numpy as the walk calls them: computed where every number is known, else their shape alone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from llm_kernel.plan.shapes import arrays, rules
from llm_kernel.plan.shapes.creation import dtype_of, literal, span
from llm_kernel.plan.shapes.functions import FUNCTIONS, permute
from llm_kernel.plan.shapes.module import is_module
from llm_kernel.plan.shapes.nets import moved
from llm_kernel.plan.shapes.tensor import Tensor, Vague, fault, like, tensor, whole, wholes
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["NUMPY", "add_to", "forget", "related", "set_item", "write"]

_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
_KEEP = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "abs", "square", "clip", "round", "flip", "cumsum", "sort")
_REDUCE = ("sum", "mean", "std", "var", "min", "max", "amin", "amax", "argmin", "argmax", "prod", "median")


def _sized(dtype: Value = None, shape: Value = None, *args: Value, **named: Value) -> Tensor:
    return tensor(wholes(shape), dtype_of(dtype, "float64"), of="numpy")


def _symbolic(name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """The shape of a result whose numbers are not known."""
    if name in ("zeros", "ones", "empty"):
        return _sized(
            named.get("dtype", args[1] if len(args) > 1 else None), named.get("shape", args[0] if args else None)
        )
    if name == "full":
        return _sized(named.get("dtype"), args[0])
    if name == "arange":
        start, stop, step = span(args)
        floats = any(isinstance(each, float) for each in (start, stop, step))
        return tensor((max(0, -int((start - stop) // step)),), "float64" if floats else "int64", of="numpy")
    if name == "linspace":
        return tensor(wholes(args[2] if len(args) > 2 else named.get("num", 50)), "float64", of="numpy")
    if name in ("array", "asarray") and args:
        if isinstance(args[0], Tensor):
            return tensor(args[0].dims, dtype_of(named.get("dtype"), args[0].dtype), of="numpy")
        shape, kind = literal(args[0])
        return tensor(shape, dtype_of(named.get("dtype"), {"float32": "float64"}.get(kind, kind)), of="numpy")
    first = args[0] if args else None
    if name in _REDUCE and isinstance(first, Tensor):
        axis = named.get("axis", args[1] if len(args) > 1 else None)
        kind = "int64" if name.startswith("arg") else "float64" if name in ("mean", "std", "var") else first.dtype
        made = rules.reduce(first, axis, named.get("keepdims") is True, kind)
        return made if made.dims else Unknown("int" if made.kind == "ints" else "float")
    if name == "dot":
        return _product(first, args[1])
    if name in _RESHAPE and isinstance(first, Tensor):
        try:
            return _RESHAPE[name](first, *args[1:], **named)
        except Raised:
            raise Vague from None  # numpy has words of its own
    listed = isinstance(first, (list, tuple)) and any(isinstance(each, Tensor) for each in first)
    function = FUNCTIONS.get(name)
    if function is None or not (isinstance(first, Tensor) or listed):
        return Unknown("tensor")
    return function(
        *args, **{{"axis": "dim", "keepdims": "keepdim"}.get(key, key): each for key, each in named.items()}
    )


def _expanded(x: Tensor, axis: Value) -> Value:
    """``numpy.expand_dims``: the places count in the result."""
    wanted = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = len(x.dims) + len(wanted)
    new = {rules.at(each, rank) for each in wanted}
    rest = iter(x.dims)
    return like(x, [1 if place in new else next(rest) for place in range(rank)])


def _turned(x: Tensor, axes: Value = None) -> Value:
    return like(x, x.dims[::-1]) if axes is None else permute(x, axes)


def _repeated(x: Tensor, repeats: Value, axis: Value = None) -> Value:
    times = whole(repeats)
    if axis is None:
        return like(x, (x.count * times,))
    place = rules.at(axis, len(x.dims))
    return like(x, (size * times if n == place else size for n, size in enumerate(x.dims)))


def _bordered(x: Tensor, pad_width: Value, *rest: Value, **named: Value) -> Value:
    """``numpy.pad``: one number for all sides, a pair for all axes, or a pair for each."""
    widths = pad_width if isinstance(pad_width, (tuple, list)) else (pad_width, pad_width)
    pairs = [wholes(each, 2) for each in widths] if any(isinstance(each, (tuple, list)) for each in widths) else [
        wholes(widths, 2)
    ]  # fmt: skip
    if len(pairs) not in (1, len(x.dims)):
        raise Vague
    return like(x, (size + sum(pairs[n if len(pairs) > 1 else 0]) for n, size in enumerate(x.dims)))


def _split(x: Tensor, places: Value, axis: Value = 0) -> list[Value]:
    """At these places, or into so many equal parts."""
    at = rules.at(axis, len(x.dims))
    size = x.dims[at]
    if isinstance(places, int):
        if size % places:
            raise fault("array split does not result in an equal division", "ValueError")
        step = size // places
        places = list(range(step, size, step))
    edges = [0, *wholes(places), size]
    widths = [len(range(*slice(one, other).indices(size))) for one, other in pairwise(edges)]
    return [tensor((*x.dims[:at], width, *x.dims[at + 1 :]), x.dtype, of="numpy") for width in widths]


_RESHAPE: dict[str, Callable[..., Value]] = {
    "expand_dims": _expanded, "transpose": _turned, "repeat": _repeated, "pad": _bordered, "split": _split,
}  # fmt: skip
"""What numpy calls otherwise than torch, or means otherwise by its name."""


def _product(one: Value, other: Value) -> Value:
    """``numpy.dot`` of vectors and matrices."""
    if not isinstance(one, Tensor) or not isinstance(other, Tensor) or not one.dims or not other.dims:
        raise Vague
    if max(len(one.dims), len(other.dims)) > 2:
        raise Vague
    if one.dims[-1] != other.dims[0]:
        sizes = [str(each.dims).replace(" ", "") for each in (one, other)]
        places = f"{one.dims[-1]} (dim {len(one.dims) - 1}) != {other.dims[0]} (dim 0)"
        raise fault(f"shapes {sizes[0]} and {sizes[1]} not aligned: {places}", "ValueError")
    made = rules.matmul(one, other)
    return made if made.dims else Unknown("int" if made.kind == "ints" else "float")


def related(w: Walk, made: Value, args: list[Value]) -> Value:
    """An array that shares its memory with an argument: what is written into one is seen in the other."""
    if not isinstance(made, Tensor) or made.cell is None or made.numbers is None:
        return made
    import numpy

    for each in args:
        if not isinstance(each, Tensor) or each.cell is None or each.numbers is None or each is made:
            continue
        if numpy.may_share_memory(each.numbers, made.numbers):
            each.cell.share(made.cell)
    return made


def _held(params: Value) -> Sequence[Value]:
    """The parameters of a group, where they are known one by one."""
    return params if isinstance(params, (list, tuple)) else ()


def forget(w: Walk, values: Any) -> None:
    """The numbers of these, or the device of a module, may have been changed by code that nobody follows."""
    for each in values:
        if isinstance(each, Thing) and each.kind == "optimizer":
            groups: Any = each.attrs["param_groups"]
            forget(w, [one for group in groups for one in _held(group.get("params"))])
        if is_module(each):
            moved(w, each, "?", None)
        if isinstance(each, Tensor) and each.cell is not None and each.numbers is not None:
            write(w, each, None)


def write(w: Walk, this: Tensor, array: Any) -> None:
    """Other numbers in the same array; whoever shares its memory is known no more."""
    if this.cell is None:
        return
    family = this.cell.held.get("family")
    if isinstance(family, dict):
        w.state.put(family, "writes", family.get("writes", 0) + 1)
        w.state.put(this.cell.held, "seen", family["writes"])
    w.state.put(this.cell.held, "array", array)
    whole = this.cell.held.get("whole")
    if isinstance(whole, Tensor) and whole.cell is not None:
        w.state.put(whole.cell.held, "seen", this.cell.held["seen"])
        w.state.put(whole.cell.held, "array", array)


def set_item(w: Walk, this: Tensor, key: Value, value: Value) -> None:
    """``this[key] = value``."""
    if this.numbers is None:
        return
    try:
        changed = this.numbers.copy()
        changed[arrays.plain(key)] = arrays.plain(value)
    except _UNSURE:
        changed = None
    write(w, this, changed)


def add_to(w: Walk, this: Tensor, result: Value) -> None:
    """``this += ...``: the same array with other numbers."""
    fits = isinstance(result, Tensor) and result.numbers is not None and result.dtype == this.dtype
    write(w, this, result.numbers if fits and isinstance(result, Tensor) and result.dims == this.dims else None)


def _function(name: str) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        if name in arrays.NAMES:
            try:
                made = arrays.compute(name, args, named)
                if isinstance(made, Tensor) and made.cell is not None:
                    w.state.made(made.cell.held)
                return related(w, made, args)
            except _UNSURE:
                pass
        try:
            return _symbolic(name, args, named)
        except _UNSURE:
            return Unknown("tensor")

    return handle


NUMPY = {f"numpy.{name}": _function(name) for name in sorted(arrays.NAMES | {"empty"})}
"""Handlers by full name."""
