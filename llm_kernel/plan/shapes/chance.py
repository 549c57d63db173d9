"""Seeded random numbers of numpy and torch: their streams are fixed, so a seed in the source fixes the numbers."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from llm_kernel.plan.shapes.arrays import MOST, outcome, plain
from llm_kernel.plan.shapes.creation import MAKERS
from llm_kernel.plan.shapes.tensor import Tensor, Vague, given, tensor, wholes
from llm_kernel.plan.values import Unknown, Value
from llm_kernel.plan.walk import Raised, Walk

__all__ = ["CHANCE"]

_NUMPY = "<numpy.random>"
_TORCH = "<torch.random>"
_SIZED = ("rand", "randn", "random", "random_sample", "normal", "uniform", "randint", "choice", "permutation",
          "exponential", "poisson", "binomial", "beta", "gamma", "standard_normal")  # fmt: skip
_POSITION = {"rand": None, "randn": None, "random": 0, "random_sample": 0, "standard_normal": 0, "normal": 2,
             "uniform": 2, "randint": 2, "choice": 1, "permutation": None, "exponential": 1, "poisson": 1,
             "binomial": 2, "beta": 2, "gamma": 2}  # fmt: skip


def _state(w: Walk, key: str) -> Any:
    return w.globals.names.get(key)


def _lost(w: Walk, key: str) -> None:
    """The stream has moved, nobody knows how far."""
    if _state(w, key) is not None:
        w.state.put(w.globals.names, key, None)


def _seed(key: str) -> Callable[..., Value]:
    def seed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        import numpy

        value = args[0] if args else named.get("seed")
        small = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32
        state = numpy.random.RandomState(value).get_state() if small and isinstance(value, int) else None
        w.state.put(w.globals.names, key, state)
        return Unknown("any", "torch.manual_seed()") if key == _TORCH else None

    return seed


def _shape(name: str, args: list[Value], named: dict[str, Value]) -> tuple[int, ...]:
    """The shape that is asked for; empty for a single number."""
    if name in ("rand", "randn"):
        return wholes(list(args))
    place = _POSITION[name]
    size = named.get("size", args[place] if place is not None and len(args) > place else None)
    if name == "permutation":
        first = args[0]
        return wholes(first) if isinstance(first, int) else first.dims if isinstance(first, Tensor) else (len(first),)  # type: ignore[arg-type]
    return () if size is None else wholes(size)


def _draw(name: str) -> Callable[..., Value]:
    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            shape = _shape(name, args, named)
        except (Vague, TypeError, IndexError):
            _lost(w, _NUMPY)
            return Unknown("tensor")
        state = _state(w, _NUMPY)
        if state is None or math.prod(shape) > MOST:
            _lost(w, _NUMPY)
            return _symbolic(name, shape)
        try:
            return _drawn(w, name, state, [plain(each) for each in args], {k: plain(v) for k, v in named.items()})
        except (Vague, TypeError):
            _lost(w, _NUMPY)
            return _symbolic(name, shape)

    return draw


def _drawn(w: Walk, name: str, state: Any, args: list[Any], named: dict[str, Any]) -> Value:
    import numpy

    source = numpy.random.RandomState()
    source.set_state(state)
    try:
        found = getattr(source, name)(*args, **named)
    except ValueError as err:
        raise Raised("ValueError", str(err)) from None
    w.state.put(w.globals.names, _NUMPY, source.get_state())
    return outcome(numpy.int64(found) if type(found) is int else found)


def _symbolic(name: str, shape: tuple[int, ...]) -> Value:
    whole = name in ("randint", "permutation", "poisson", "binomial")
    if not shape:
        return Unknown("int" if whole else "any" if name == "choice" else "float")
    return tensor(shape, "int64" if whole else "float64", of="numpy") if name != "choice" else Unknown("tensor")


def _shuffle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    _lost(w, _NUMPY)
    for each in args:
        if isinstance(each, Tensor) and each.cell is not None:
            w.state.put(each.cell.held, "array", None)
        elif isinstance(each, list):
            w.state.touch(each)
            each[:] = [Unknown()] * len(each)
    return None


def _torch(name: str) -> Callable[..., Value]:
    """``torch.rand`` and ``torch.randn``; their stream on the processor is that of the Mersenne twister."""
    make = MAKERS[f"torch.{name}"]

    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        try:
            made = make(*args, **named)
        except (Vague, TypeError, ValueError):
            _lost(w, _TORCH)
            return Unknown("tensor")
        state = _state(w, _TORCH)
        plain_kind = isinstance(made, Tensor) and made.dtype == "float32" and made.device == "cpu" and not made.grad
        if state is None or not plain_kind or not isinstance(made, Tensor) or made.count > MOST:
            _lost(w, _TORCH)
            return made
        if name == "randn" and made.count < 16:
            _lost(w, _TORCH)
            return made
        return _from_twister(w, state, made, name)

    return draw


def _from_twister(w: Walk, state: Any, made: Tensor, name: str) -> Value:
    import numpy

    source = numpy.random.RandomState()
    source.set_state(state)
    count = made.count
    values = _uniform(source, count)
    if name == "randn":
        values = _normal(source, values)
    w.state.put(w.globals.names, _TORCH, source.get_state())
    return given(numpy.asarray(values, dtype="float32").reshape(made.dims), of="torch")


def _uniform(source: Any, count: int) -> Any:
    """24 bits of each draw."""
    import numpy

    raw = source.randint(0, 2**32, size=count, dtype=numpy.uint32)
    return (raw & numpy.uint32((1 << 24) - 1)).astype(numpy.float32) * numpy.float32(2.0**-24)


def _normal(source: Any, values: Any) -> Any:
    """Pairs of uniform numbers, eight apart, as torch turns them into normal ones; the last sixteen are drawn anew."""
    import numpy

    count = len(values)
    out = values.copy()
    for start in range(0, count - 15, 16):
        out[start : start + 16] = _sixteen(out[start : start + 16])
    if count % 16:
        out[count - 16 :] = _sixteen(_uniform(source, 16))
    return numpy.asarray(out)


def _sixteen(values: Any) -> Any:
    import numpy

    one = numpy.float32(1) - values[:8]
    radius = numpy.sqrt(numpy.float32(-2) * numpy.log(one))
    angle = numpy.float32(2 * math.pi) * values[8:]
    return numpy.concatenate([radius * numpy.cos(angle), radius * numpy.sin(angle)])


def _spends(path: str) -> Callable[..., Value]:
    """Other makers of random tensors: the stream moves."""
    make = MAKERS[path]

    def draw(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        _lost(w, _TORCH)
        try:
            return make(*args, **named)
        except (Vague, TypeError, ValueError):
            return Unknown("tensor")

    return draw


CHANCE = {
    "numpy.random.seed": _seed(_NUMPY), "torch.manual_seed": _seed(_TORCH), "torch.random.manual_seed": _seed(_TORCH),
    **{f"numpy.random.{name}": _draw(name) for name in _SIZED}, "numpy.random.shuffle": _shuffle,
    "torch.rand": _torch("rand"), "torch.randn": _torch("randn"),
    **{path: _spends(path) for path in ("torch.randint", "torch.randperm", "torch.normal")},
}  # fmt: skip
"""Handlers by full name."""
