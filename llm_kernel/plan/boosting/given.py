"""What boosted trees are given, and what is held of a model."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TypeAlias

from llm_kernel.plan.shapes.tensor import Tensor, Vague
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["BOOSTER", "TABLE", "TABLES", "Handler", "count_of", "model", "names_of", "rate_of", "rows_of", "several",
           "table_attribute"]  # fmt: skip

Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], "ast.AST | None"], Value]
BOOSTER, TABLE = "booster", "boosting data"
"""The kinds of things: a model, and the data that it is given."""
_MOST = 2000
"""Rounds of the longest training whose lines are told."""


def _set(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``DMatrix``, ``lightgbm.Dataset`` and ``Pool``."""
    return Thing(TABLE, {"rows": args[0] if args else named.get("data"),
                         "label": args[1] if len(args) > 1 else named.get("label")})  # fmt: skip


def table_attribute(this: Thing, name: str) -> Value:
    """``matrix.name``."""
    rows = this.attrs["rows"]
    size = rows.dims if isinstance(rows, Tensor) and len(rows.dims) == 2 else None
    if name in _SIZES and size:
        return Bound(Lib(f"xgboost.<{name}>"), this)
    return Unknown(origin=f"xgboost.DMatrix().{name}")


_SIZES = {"num_row": 0, "num_col": 1, "num_data": 0, "num_feature": 1}


def _size(name: str) -> Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        this = args[0]
        rows = this.attrs["rows"] if isinstance(this, Thing) else None
        return rows.dims[_SIZES[name]] if isinstance(rows, Tensor) else Unknown("int")

    return handle


def rate_of(params: Mapping[object, Value], usual: float) -> float:
    """The learning rate; ``usual`` where none is given."""
    found = next((params[name] for name in ("eta", "learning_rate") if params.get(name) is not None), usual)
    if not isinstance(found, (int, float)):
        raise Vague
    return float(found)


def names_of(value: Value, usual: str) -> list[str]:
    """The names of what is measured."""
    found = [usual] if value is None else sorted(value) if isinstance(value, (set, frozenset)) else value
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, (list, tuple)) or not all(isinstance(each, str) for each in found):
        raise Vague
    return [str(each) for each in found]


def count_of(value: Value) -> int:
    """A number of rounds that can be told."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST:
        raise Vague
    return value


def several(value: Value) -> list[Value]:
    """One or several, as a list."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def rows_of(value: Value) -> Value:
    """The examples in what may be a library's own table."""
    return value.attrs["rows"] if isinstance(value, Thing) and value.kind == TABLE else value


def model(maker: str, **held: Value) -> Thing:
    """A model that has learnt nothing yet."""
    return Thing(BOOSTER, {"maker": maker, "objective": None, "<best>": None, "<score>": None, **held})


TABLES: dict[str, Handler] = {
    **dict.fromkeys(("xgboost.DMatrix", "xgboost.QuantileDMatrix", "lightgbm.Dataset", "catboost.Pool"), _set),
    **{f"xgboost.<{name}>": _size(name) for name in _SIZES},
}
"""Makers of tables, and what they are asked, by full name."""
