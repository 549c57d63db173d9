"""Boosted trees as scikit-learn's estimators are used: made, fitted, asked."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from llm_kernel.plan.boosting import cat, lgb, xgb
from llm_kernel.plan.boosting.given import TABLES, Handler, model, rows_of, several
from llm_kernel.plan.files import written
from llm_kernel.plan.nodes import Free
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.shapes.estimators import CLASSES, told
from llm_kernel.plan.shapes.metrics import estimated
from llm_kernel.plan.shapes.operators import index
from llm_kernel.plan.shapes.tensor import Tensor, Vague, tensor
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["BOOSTED", "booster_attribute"]

_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError)


def _estimator(maker: str) -> Handler:
    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        return model(f"{maker}()", params=dict(named))

    return make


def _fit(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    this = args[0]
    assert isinstance(this, Thing)
    maker, params = str(this.attrs["maker"]), this.attrs.get("params")
    given: dict[str, Value] = {**(params if isinstance(params, dict) else {}), **named}
    rows = rows_of(args[1] if len(args) > 1 else named.get("X"))
    try:
        if maker.startswith("catboost."):
            evals = several(given.get("eval_set"))
            first = evals[0] if evals else None
            test = first[0] if isinstance(first, tuple) else first
            cat.rounds(w, this, given, rows, rows_of(test))
        elif maker.startswith("xgboost."):
            _xgb_fit(w, this, given)
        elif not _hushed(given):
            data = args[2] if len(args) > 2 else named.get("y")
            lgb.begins(w, rows, data, "binary" if _binary(rows) else "multiclass" if "Classifier" in maker else "")
    except _UNSURE:
        w.emit(Free(expr=w.source(node)))
    return this


def _hushed(given: Mapping[str, Value]) -> bool:
    """Whether LightGBM is told to keep still."""
    found = given.get("verbose", given.get("verbosity", 1))
    return not isinstance(found, int) or found < 1


def _binary(rows: Value) -> bool:
    return len(CLASSES.get(told(rows, "set"), ())) == 2


def _xgb_fit(w: Walk, this: Thing, given: Mapping[str, Value]) -> None:
    evals = given.get("eval_set")
    if evals is None:
        return
    if given.get("callbacks"):
        raise Vague
    if not isinstance(evals, (list, tuple)) or not all(isinstance(each, tuple) for each in evals):
        raise Vague
    held = [(f"validation_{n}", each[0]) for n, each in enumerate(evals) if isinstance(each, tuple)]
    usual = "reg:squarederror"
    if "Classifier" in str(this.attrs["maker"]):
        data = told(held[0][1], "set") if held else None
        if data not in CLASSES and "objective" not in given and "eval_metric" not in given:
            raise Vague
        usual = "multi:softprob" if data in CLASSES and len(CLASSES[data]) > 2 else "binary:logistic"
    params: dict[object, Value] = {"objective": usual, **dict(given.items())}
    xgb.rounds(w, this, params, held, given.get("n_estimators", 100), given)


def _ask(name: str) -> Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        this, *rest = args
        assert isinstance(this, Thing)
        rows = rows_of(rest[0] if rest else named.get("data", named.get("X")))
        whole = str(this.attrs["objective"])
        sure = name == "predict" and whole.startswith(("binary:logistic", "multi:softprob", "binary", "multiclass"))
        maker = str(this.attrs["maker"]).replace("Model()", "Classifier()")
        found = estimated(w, f"{maker}.{'predict_proba' if sure else name}", [rows, *rest[1:]], {})
        if found is None:
            one = tensor(rows.dims[:1], of="numpy") if isinstance(rows, Tensor) and rows.dims else Unknown("tensor")
            return Unknown("float") if name == "score" else one if name == "predict" else Unknown("tensor")
        if sure and isinstance(found, Tensor) and found.numbers is not None and whole.startswith("binary"):
            return index(found, (slice(None), 1))
        return found

    return handle


def _save(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    path = path_of(args[1] if len(args) > 1 else named.get("fname", named.get("filename")))
    if isinstance(path, str):
        written(w, path)
    return None


def _best(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0].attrs["<best>"] if isinstance(args[0], Thing) else Unknown("int")


def booster_attribute(this: Thing, name: str) -> Value:
    """``model.name``."""
    if f"xgboost.<{name}>" in BOOSTED:
        return Bound(Lib(f"xgboost.<{name}>"), this)
    held = {"best_iteration": "<best>", "best_iteration_": "<best>", "best_score": "<score>"}.get(name)
    if held is not None and this.attrs[held] is not None and name != "best_score_":
        return this.attrs[held]
    return Unknown(origin=f"{this.attrs['maker']}.{name}")


BOOSTED: dict[str, Handler] = {
    **TABLES,
    "xgboost.train": xgb.train, "lightgbm.train": lgb.train,
    "lightgbm.early_stopping": lgb.callback("early_stopping", 10),
    "lightgbm.log_evaluation": lgb.callback("log_evaluation", 1),
    **{path: _estimator(path) for path in (
        "xgboost.XGBClassifier", "xgboost.XGBRegressor", "xgboost.XGBRFClassifier", "xgboost.XGBRFRegressor",
        "lightgbm.LGBMClassifier", "lightgbm.LGBMRegressor", "catboost.CatBoostClassifier",
        "catboost.CatBoostRegressor", "catboost.CatBoost")},
    "xgboost.<fit>": _fit, **{f"xgboost.<{name}>": _ask(name) for name in ("predict", "predict_proba", "score")},
    "xgboost.<save_model>": _save,
    "xgboost.<get_best_iteration>": _best,
}  # fmt: skip
"""Handlers by full name."""
