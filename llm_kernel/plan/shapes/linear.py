"""Functions of torch that are computed where every number is known, and of which nothing is known otherwise.

What they give hangs on the numbers, or is what linear algebra says of a matrix; they change nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeAlias

from llm_kernel.plan.shapes.arrays import MOST
from llm_kernel.plan.shapes.tensor import Tensor, exact, given
from llm_kernel.plan.values import Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["LINEAR"]

_Compute: TypeAlias = Callable[..., Any]
_SIDE = 100
"""Rows of the largest matrix that is looked at."""


def _handler(compute: _Compute) -> Callable[[Walk, list[Value], dict[str, Value], ast.AST | None], Value]:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        held = [each for each in args if isinstance(each, Tensor)]
        plain = all(isinstance(each, (Tensor, int, float)) for each in args)
        if named or not held or not plain or not all(_small(each) for each in held):
            w.risks += 1
            return Unknown("tensor")
        return _computed(w, compute, args, held[0])

    return handle


def _small(this: Tensor) -> bool:
    return this.numbers is not None and this.learns is not True and max(this.dims, default=0) <= _SIDE


def _computed(w: Walk, compute: _Compute, args: list[Value], like: Tensor) -> Value:
    import numpy

    wide = [_wide(each) for each in args]
    try:
        with numpy.errstate(all="ignore"):
            found = compute(numpy, *wide)
    except (TypeError, ValueError, IndexError, numpy.linalg.LinAlgError):
        w.risks += 1
        return Unknown("tensor")
    if isinstance(found, bool):
        return found
    array = numpy.asarray(found)
    if array.size > MOST or array.dtype.kind not in "fi":
        return Unknown("tensor")
    made = given(array.astype(like.dtype if array.dtype.kind == "f" else "int64"), of="torch", device=like.device)
    assert made.cell is not None
    w.state.made(made.cell.held)
    made.cell.held["rough"] = not exact(made.numbers)
    return made


def _wide(value: Value) -> Any:
    """A tensor's numbers as precise as they can be."""
    if not isinstance(value, Tensor) or value.numbers is None:
        return value
    return value.numbers.astype("float64") if value.dtype.startswith("float") else value.numbers


def _norm(np: Any, x: Any) -> Any:
    return np.sqrt((x.astype("float64") ** 2).sum())


def _algebra(name: str) -> _Compute:
    """A function of numpy's linear algebra."""
    return lambda np, *args: getattr(np.linalg, name)(*args)


def _numpy(name: str) -> _Compute:
    return lambda np, *args: getattr(np, name)(*args)


def _decides(name: str) -> _Compute:
    return lambda np, x, y: bool(getattr(np, name)(x, y))


_COMPUTED: dict[str, _Compute] = {
    **{f"linalg.{name}": _algebra(name) for name in
       ("det", "inv", "solve", "cholesky", "eigvalsh", "matrix_rank", "matrix_power", "pinv")},
    "linalg.norm": _norm, "linalg.vector_norm": _norm, "linalg.matrix_norm": _norm,
    "linalg.svdvals": lambda np, x: np.linalg.svd(x, compute_uv=False),
    "det": _algebra("det"), "inverse": _algebra("inv"), "pinverse": _algebra("pinv"),
    "matrix_power": _algebra("matrix_power"),
    **{name: _numpy(name) for name in ("bincount", "unique", "trace", "diag", "outer", "kron")},
    "equal": _decides("array_equal"), "allclose": _decides("allclose"),
}  # fmt: skip
LINEAR = {f"torch.{name}": _handler(compute) for name, compute in _COMPUTED.items()}
"""Handlers by full name."""
