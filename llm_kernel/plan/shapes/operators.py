"""Arithmetic, comparison and indexing of tensors of known shape."""

from __future__ import annotations

import ast
from typing import Any

from llm_kernel.plan.shapes import arrays, numeric, rules
from llm_kernel.plan.shapes.fit import together
from llm_kernel.plan.shapes.functions import weak
from llm_kernel.plan.shapes.gradients import record
from llm_kernel.plan.shapes.tensor import Tensor, Vague, fault, given, like
from llm_kernel.plan.values import Unknown, Value
from llm_kernel.plan.walk import Raised

__all__ = ["compare", "element", "elements", "index", "operate"]


def operate(op: ast.operator, one: Value, other: Value) -> Value | None:
    """``one op other`` where one of them is a tensor of known shape; None where nothing is known."""
    try:
        if "numpy" in (getattr(one, "of", ""), getattr(other, "of", "")) and "torch" not in (
            getattr(one, "of", ""),
            getattr(other, "of", ""),
        ):
            found = _computed(op, one, other)
            if found is not None:
                return found
        return numeric.operate(_operate(op, one, other), op, one, other)
    except Vague:
        return None


def _computed(op: ast.AST, one: Value, other: Value) -> Value | None:
    try:
        return arrays.operate(op, one, other)
    except Vague:
        return None


def _operate(op: ast.operator, one: Value, other: Value) -> Value:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        together(one, other)
        if isinstance(op, ast.MatMult):
            return rules.matmul(one, other)
        of = "torch" if "torch" in (one.of, other.of) else "numpy"
        shape = rules.broadcast(one.dims, other.dims, of)
        return like(one if one.dims else other, shape, _divided(op, weak(one, other), of))
    known, number = (one, other) if isinstance(one, Tensor) else (other, one)
    if not isinstance(known, Tensor) or isinstance(op, ast.MatMult):
        raise Vague
    if isinstance(number, Unknown) and number.kind in ("int", "float", "bool", "time"):
        number = 1 if number.kind in ("int", "bool") else 1.0
    if not isinstance(number, (int, float)):
        raise Vague
    dtype = known.dtype
    if not dtype.startswith(("float", "bfloat")) and isinstance(number, float):
        dtype = "float32" if known.of == "torch" else "float64"
    elif dtype == "bool" and not isinstance(number, bool):
        dtype = "int64"
    return like(known, known.dims, _divided(op, dtype, known.of))


def _divided(op: ast.operator, dtype: str, of: str) -> str:
    if isinstance(op, ast.Div) and not dtype.startswith(("float", "bfloat")):
        return "float32" if of == "torch" else "float64"
    return dtype


def compare(op: ast.cmpop, one: Value, other: Value) -> Value | None:
    """``one < other`` and its like where one of them is a tensor of known shape."""
    known, rest = (one, other) if isinstance(one, Tensor) else (other, one)
    if not isinstance(known, Tensor):
        return None
    found = _computed(op, one, other) if known.of == "numpy" else None
    if found is not None:
        return found
    try:
        return numeric.operate(_compared(known, rest), op, one, other)
    except Vague:
        return None


def _compared(known: Tensor, rest: Value) -> Value:
    if isinstance(rest, Tensor):
        of = "torch" if "torch" in (known.of, rest.of) else "numpy"
        return like(known, rules.broadcast(known.dims, rest.dims, of), "bool")
    scalar = isinstance(rest, (int, float)) or (isinstance(rest, Unknown) and rest.kind in ("int", "float"))
    if not scalar:
        raise Vague
    return like(known, known.dims, "bool")


def index(x: Tensor, key: Value) -> Value | None:
    """``x[key]``."""
    keys: tuple[Any, ...] = key if isinstance(key, tuple) else (key,)
    if x.numbers is not None:
        try:
            made = _related(x, arrays.index(x, key))
            name = "select" if isinstance(key, int) else "slice" if isinstance(key, slice) else "index"
            return record(made, name, [x], {}, lambda values, words: values[0][arrays.plain(key)])
        except (Raised, Vague):
            pass
    try:
        return like(x, _indexed(x, keys))
    except Vague:
        return None


def _related(x: Tensor, made: Value) -> Value:
    found = _shared(x, made)
    if x.rough and isinstance(found, Tensor) and found.cell is not None:
        found.cell.held["rough"] = True
    return found


def _shared(x: Tensor, made: Value) -> Value:
    """An element, or a view that shares the array's memory."""
    if isinstance(made, (bool, int, float)) and x.of == "torch":
        return given(numpy_scalar(made, x.dtype), of="torch", device=x.device)
    if isinstance(made, Tensor) and made.cell is not None and x.cell is not None:
        x.cell.share(made.cell)
    return made


def numpy_scalar(value: Value, dtype: str) -> Any:
    """An array without dimensions."""
    import numpy

    return numpy.asarray(value, dtype=dtype)


def _indexed(x: Tensor, keys: tuple[Any, ...]) -> list[int]:
    used = sum(len(each.dims) if isinstance(each, Tensor) and each.dtype == "bool" else 1
               for each in keys if each is not None and each is not Ellipsis)  # fmt: skip
    if used > len(x.dims):
        if x.of == "numpy":
            raise fault(f"too many indices for array: array is {len(x.dims)}-dimensional, but {used} were indexed",
                        "IndexError")  # fmt: skip
        if not x.dims:
            raise fault("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ "
                        "to convert a 0-dim tensor to a number", "IndexError")  # fmt: skip
        raise fault(f"too many indices for tensor of dimension {len(x.dims)}", "IndexError")
    out: list[int] = []
    place = 0
    advanced = [each for each in keys if isinstance(each, (Tensor, list))]
    if len(advanced) > 1:
        raise Vague
    for each in keys:
        if each is None:
            out.append(1)
        elif each is Ellipsis:
            rest = len(x.dims) - used
            out += x.dims[place : place + rest]
            place += rest
        else:
            out += _one(x, each, place)
            place += 1
    return [*out, *x.dims[place:]]


def _one(x: Tensor, key: Value, place: int) -> list[int]:
    size = x.dims[place]
    match key:
        case bool():
            raise Vague
        case int():
            if not -size <= key < size:
                text = f"index {key} is out of bounds for "
                where = f"dimension {place}" if x.of == "torch" else f"axis {place}"
                raise fault(f"{text}{where} with size {size}", "IndexError")
            return []
        case slice():
            if not all(each is None or isinstance(each, int) for each in (key.start, key.stop, key.step)):
                raise Vague
            return [len(range(*key.indices(size)))]
        case Tensor() if key.dtype != "bool":
            return list(key.dims)
        case list() if all(isinstance(each, int) and not isinstance(each, bool) for each in key):
            return [len(key)]
        case Unknown(kind="int"):
            return []
    raise Vague


def elements(x: Tensor) -> Value:
    """What a loop over the tensor meets at each turn."""
    return like(x, x.dims[1:])


def element(x: Tensor, turn: int | None) -> Value:
    """What a loop over the tensor meets at a turn."""
    found = index(x, turn) if turn is not None and x.numbers is not None else None
    return elements(x) if found is None else found
