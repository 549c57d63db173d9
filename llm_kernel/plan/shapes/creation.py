"""Tensors that come from nothing but sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from llm_kernel.plan.shapes.functions import dims_of
from llm_kernel.plan.shapes.tensor import Shape, Tensor, Vague, fault, tensor, whole, wholes
from llm_kernel.plan.values import Lib, Value, spread

__all__ = ["MAKERS", "device_of", "dtype_of"]

_ALIASES = {"float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32",
            "short": "int16"}  # fmt: skip
_NAMES = frozenset(["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"])


def dtype_of(value: Value, usual: str) -> str:
    """The type that an argument names; ``usual`` where it names none."""
    if value is None:
        return usual
    if isinstance(value, Lib):
        root, _, name = value.path.rpartition(".")
        if root == "builtins":
            name = {"int": "int64", "float": "float64", "bool": "bool"}.get(name, name)
        elif root == "torch":
            name = _ALIASES.get(name, name)
    elif isinstance(value, str):
        name = value.removeprefix("torch.")
    else:
        raise Vague
    if name not in _NAMES:
        raise Vague
    return name


def device_of(value: Value) -> str:
    """The device that an argument names."""
    if value is None or value == "cpu":
        return "cpu"
    if value == "cuda":
        return "cuda:0"
    if type(value) is int:
        return f"cuda:{value}"
    return value if isinstance(value, str) else "?"


def _sized(
    args: Sequence[Value], size: Value = None, dtype: Value = None, device: Value = None, **named: Value
) -> Tensor:
    dims = wholes(size) if size is not None else dims_of(args)
    return tensor(dims, dtype_of(dtype, "float32"), device=device_of(device), grad=named.get("requires_grad") is True)


def sized(*args: Value, **named: Value) -> Tensor:
    """``torch.zeros`` and its like."""
    return _sized(args, **named)


def full(size: Value, fill_value: Value, dtype: Value = None, **named: Value) -> Tensor:
    usual = "bool" if isinstance(fill_value, bool) else "int64" if isinstance(fill_value, int) else "float32"
    return tensor(wholes(size), dtype_of(dtype, usual))


def randint(*args: Value, **named: Value) -> Tensor:
    size = named.get("size", args[-1] if args else None)
    return tensor(wholes(size), dtype_of(named.get("dtype"), "int64"), device=device_of(named.get("device")))


def arange(*args: Value, dtype: Value = None, **named: Value) -> Tensor:
    start, stop, step = span(args)
    floats = any(isinstance(each, float) for each in (start, stop, step))
    count = max(0, math.ceil((stop - start) / step))
    return tensor((count,), dtype_of(dtype, "float32" if floats else "int64"), device=device_of(named.get("device")))


def span(args: Sequence[Value]) -> tuple[float, float, float]:
    """Start, stop and step of a range."""
    numbers = [each for each in args if isinstance(each, (int, float))]
    if len(numbers) != len(args) or not 1 <= len(numbers) <= 3:
        raise Vague
    start, stop, step = (0, *numbers, 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    if step == 0:
        raise Vague
    return start, stop, step


def linspace(start: Value, end: Value, steps: Value = 100, dtype: Value = None, **named: Value) -> Tensor:
    return tensor((whole(steps),), dtype_of(dtype, "float32"))


def eye(n: Value, m: Value = None, dtype: Value = None, **named: Value) -> Tensor:
    return tensor((whole(n), whole(n if m is None else m)), dtype_of(dtype, "float32"))


def randperm(n: Value, **named: Value) -> Tensor:
    return tensor((whole(n),), "int64")


def normal(mean: Value, std: Value = 1.0, size: Value = None, **named: Value) -> Tensor:
    if size is not None:
        return tensor(wholes(size))
    found = next((each for each in (mean, std) if isinstance(each, Tensor)), None)
    if found is None:
        raise Vague
    return tensor(found.dims)


def literal(value: Value) -> tuple[Shape, str]:
    """The shape and type of nested lists of numbers."""
    if isinstance(value, bool):
        return (), "bool"
    if isinstance(value, int):
        return (), "int64"
    if isinstance(value, float):
        return (), "float32"
    if isinstance(value, (list, tuple)) and not value:
        return (0,), "float32"
    if isinstance(value, (list, tuple)):
        inner = {literal(each)[0] for each in value}
        kinds = [literal(each)[1] for each in value]
        if len(inner) == 1:
            kind = max(kinds, key=("bool", "int64", "float32").index)
            return (len(value), *inner.pop()), kind
    raise Vague


def _even(data: Value, depth: int) -> None:
    """Raise what torch raises of lists that are not all of one length."""
    if not isinstance(data, (list, tuple)) or not data or not all(isinstance(each, (list, tuple)) for each in data):
        return
    first = data[0]
    assert isinstance(first, (list, tuple))
    for each in data:
        if isinstance(each, (list, tuple)) and len(each) != len(first) and not (spread(each) or spread(first)):
            text = f"expected sequence of length {len(first)} at dim {depth + 1} (got {len(each)})"
            raise fault(text, "ValueError")
        _even(each, depth + 1)


def from_data(data: Value, dtype: Value = None, device: Value = None, requires_grad: Value = False) -> Tensor:
    """``torch.tensor(...)``."""
    if isinstance(data, Tensor):
        return tensor(data.dims, dtype_of(dtype, data.dtype), device=device_of(device), grad=requires_grad is True)
    _even(data, 0)
    shape, kind = literal(data)
    return tensor(shape, dtype_of(dtype, kind), device=device_of(device), grad=requires_grad is True)


def from_numpy(array: Value) -> Tensor:
    if not isinstance(array, Tensor):
        raise Vague
    return tensor(array.dims, array.dtype)


def typed(dtype: str) -> Callable[..., Value]:
    """``torch.FloatTensor`` and its like: data, or sizes."""
    return lambda *args: (
        from_data(args[0], dtype) if args and isinstance(args[0], (list, tuple, Tensor)) else sized(*args, dtype=dtype)
    )


MAKERS: dict[str, Callable[..., Value]] = {
    **{f"torch.{name}": sized for name in ("zeros", "ones", "randn", "rand", "empty")},
    "torch.full": full, "torch.randint": randint, "torch.arange": arange, "torch.linspace": linspace,
    "torch.eye": eye, "torch.randperm": randperm, "torch.normal": normal, "torch.tensor": from_data,
    "torch.as_tensor": from_data, "torch.from_numpy": from_numpy,
    "torch.Tensor": typed("float32"), "torch.FloatTensor": typed("float32"), "torch.LongTensor": typed("int64"),
}  # fmt: skip
"""Makers of tensors by their full name."""
