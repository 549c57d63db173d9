"""``GridSearchCV`` and its like: which of the settings it names the best is drawn, once for a search."""

from __future__ import annotations

import ast
import itertools
import math
import zlib
from collections.abc import Callable
from typing import TypeAlias

from llm_kernel.plan.nodes import Line, Literal
from llm_kernel.plan.shapes.estimators import CLASSES, folds, told
from llm_kernel.plan.shapes.metrics import estimated
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value, known, spread
from llm_kernel.plan.walk import Walk

__all__ = ["SEARCH", "SEARCHES", "search_attribute"]

Handler: TypeAlias = Callable[[Walk, list[Value], dict[str, Value], "ast.AST | None"], Value]
SEARCH = "search"
"""The kind of things that stand for a search."""
_MOST = 5000


def _search(tries: bool) -> Handler:
    """``tries``: as many as ``n_iter`` says are tried, and not all."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        given = {**dict(zip(("estimator", "grid"), args, strict=False)), **named}
        grid = given.get("grid", given.get("param_distributions" if tries else "param_grid"))
        choices = _choices(grid)
        iterations = given.get("n_iter", 10)
        count = len(choices) if choices and not tries else iterations if tries and isinstance(iterations, int) else None
        return Thing(SEARCH, {"model": given.get("estimator"), "choices": choices, "count": count,
                              "cv": given.get("cv", 5), "verbose": given.get("verbose", 0), "data": None})  # fmt: skip

    return make


def _choices(grid: Value) -> list[Value] | None:
    """The settings, in the order in which they are tried; None where they are not known."""
    found: list[Value] = []
    for each in grid if isinstance(grid, list) else [grid]:
        if not isinstance(each, dict) or spread(each):
            return None
        names = sorted(each, key=str)
        ways = [way for way in (each[name] for name in names) if isinstance(way, (list, tuple)) and known(way)]
        if len(ways) < len(names) or math.prod(len(way) for way in ways) + len(found) > _MOST:
            return None
        found += [dict(zip(names, way, strict=True)) for way in itertools.product(*ways)]
    return found or None


def search_attribute(this: Thing, name: str) -> Value:
    """``search.name``."""
    path = f"sklearn.model_selection.<{name}>"
    if path in SEARCHES:
        return Bound(Lib(path), this)
    choices = this.attrs["choices"]
    if name == "best_params_" and isinstance(choices, list):
        return choices[_drawn(this) % len(choices)]
    if name == "best_index_" and isinstance(choices, list):
        return _drawn(this) % len(choices)
    if name == "best_score_":
        return _score(this)
    if name == "best_estimator_":
        return this.attrs["model"]
    return Unknown(origin=f"sklearn.model_selection.GridSearchCV().{name}")


def _drawn(this: Thing) -> int:
    return zlib.crc32(f"{this.attrs['choices']}/{_maker(this)}".encode())


def _maker(this: Thing) -> str:
    model = this.attrs["model"]
    return model.origin if isinstance(model, Unknown) else ""


def _score(this: Thing) -> Value:
    """The mean of the best setting's folds."""
    rows, count = this.attrs["data"], this.attrs["cv"]
    data = told(rows, "set")
    if data not in CLASSES or not isinstance(count, int) or not 1 < count <= 50:
        return Unknown("float", "sklearn.model_selection.GridSearchCV().best_score_")
    scaled = told(rows, "scaled") is True or "Pipeline" in _maker(this) or "make_pipeline" in _maker(this)
    return float(folds(data, _maker(this), count, scaled=scaled).mean())


def _fit(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    this = args[0]
    assert isinstance(this, Thing)
    w.state.put(this.attrs, "data", args[1] if len(args) > 1 else named.get("X"))
    w.drawn.add("what the search finds")
    verbose, count, cv = (this.attrs[name] for name in ("verbose", "count", "cv"))
    if isinstance(verbose, int) and verbose >= 1 and isinstance(count, int) and isinstance(cv, int):
        text = f"Fitting {cv} folds for each of {count} candidates, totalling {cv * count} fits"
        w.emit(Line((Literal(text),)))
    return this


def _asked(name: str) -> Handler:
    """What the best estimator is asked."""

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        this, *rest = args
        assert isinstance(this, Thing)
        found = estimated(w, f"{_maker(this)}.{name}", rest, named)
        return Unknown("float" if name == "score" else "tensor", f"sklearn.{name}()") if found is None else found

    return handle


_HOME = "sklearn.model_selection"
SEARCHES: dict[str, Handler] = {
    **{f"{_HOME}.{name}": _search(False) for name in ("GridSearchCV", "HalvingGridSearchCV")},
    **{f"{_HOME}.{name}": _search(True) for name in ("RandomizedSearchCV", "HalvingRandomSearchCV")},
    f"{_HOME}.<fit>": _fit,
    **{f"{_HOME}.<{name}>": _asked(name) for name in ("predict", "score", "predict_proba")},
}
"""Handlers by full name."""
