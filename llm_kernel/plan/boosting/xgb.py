"""XGBoost: its rounds, a line each."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from llm_kernel.plan.boosting.course import Watched, course, ended, figures, outcome, say_rounds
from llm_kernel.plan.boosting.given import count_of, model, names_of, rate_of, rows_of
from llm_kernel.plan.nodes import Free, Line, Literal
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import SPREAD, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["rounds", "train", "unknown_results"]

_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError)


def _metric(w: Walk, objective: Value) -> str:
    old = before(w.facts, "xgboost", (1, 3))
    if objective in ("binary:logistic", "binary:logitraw"):
        return "error" if old else "logloss"
    if objective in ("multi:softmax", "multi:softprob"):
        return "merror" if old else "mlogloss"
    if objective in (None, "reg:squarederror", "reg:linear"):
        return "rmse"
    raise Vague


def train(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``xgboost.train(params, dtrain, num_boost_round, evals)``."""
    order = ("params", "dtrain", "num_boost_round", "evals")
    given = {**dict(zip(order, args, strict=False)), **named}
    params = given.get("params")
    made = model("xgboost.XGBModel()", objective=params.get("objective") if isinstance(params, dict) else None)
    try:
        if not isinstance(params, dict) or given.get("custom_metric", given.get("feval")) or given.get("callbacks"):
            raise Vague
        evals = given.get("evals") or ()
        if not isinstance(evals, (list, tuple)) or not all(isinstance(each, tuple) for each in evals):
            raise Vague
        held = [(str(name), rows_of(data)) for data, name in evals]
        rounds(w, made, params, held, given.get("num_boost_round", 10), given)
    except _UNSURE:
        w.emit(Free(expr=w.source(node)))
        unknown_results(w, given)
    return made


def unknown_results(w: Walk, given: Mapping[str, Value]) -> None:
    """Nobody knows what a training has left in the dict that it was given for its figures."""
    results = given.get("evals_result")
    if isinstance(results, dict):
        w.state.put(results, SPREAD, SPREAD)


def rounds(
    w: Walk, made: Thing, params: Mapping[object, Value], evals: Sequence[tuple[str, Value]], most: Value,
    given: Mapping[str, Value],
) -> None:  # fmt: skip
    """The rounds of a training that watches ``evals``, told and kept in ``made``."""
    patience = given.get("early_stopping_rounds")
    if given.get("xgb_model") is not None:
        raise Vague  # it goes on where another one ended
    if patience is not None and before(w.facts, "xgboost", (1, 3)):
        raise Vague
    metrics = names_of(params.get("eval_metric"), _metric(w, params.get("objective")))
    count, eta = count_of(most), rate_of(params, 0.3)
    watched = [Watched(name, metric, course(rows, metric, count, eta, f"{params}"))
               for name, rows in evals for metric in metrics]  # fmt: skip
    end, best = ended(watched, count, patience)
    for name, value in outcome(watched, best):
        w.state.put(made.attrs, name, value)
    results = given.get("evals_result")
    if isinstance(results, dict):
        for one in watched:
            known_values: Value = list(one.values[:end]) if one.values else Unknown()
            w.state.put(results, one.data, {**results.get(one.data, {}), one.metric: known_values})
    every = given.get("verbose_eval", given.get("verbose", True))
    step = 1 if every is True else 0 if every in (False, None) else every
    if not watched or not isinstance(step, int) or step < 1:
        return
    if watched[0].values:
        w.drawn.add("what the booster measures")
    form = ".6f" if before(w.facts, "xgboost", (1, 0)) else ".5f"
    turns = [turn for turn in range(end) if turn % step == 0 or turn == end - 1]

    def line(turn: int) -> Line:
        said = figures(watched, turn, lambda one: f"\t{one.data}-{one.metric}:", form)
        return Line((Literal(f"[{turn}]"), *said))

    say_rounds(w, turns, [(line(turn),) for turn in turns], patience is not None and not watched[-1].values)
