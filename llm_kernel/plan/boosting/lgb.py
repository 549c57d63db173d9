"""LightGBM: what it says of its data, its rounds, and how it stops."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from llm_kernel.plan.boosting.course import Watched, course, ended, figures, outcome, say_rounds
from llm_kernel.plan.boosting.given import TABLE, Handler, count_of, model, names_of, rate_of, rows_of, several
from llm_kernel.plan.nodes import Choice, Free, Hole, Line, Literal
from llm_kernel.plan.shapes.estimators import told
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.tensor import Tensor, Vague
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["begins", "callback", "train"]

_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError)


_LGB = {"binary": "binary_logloss", "multiclass": "multi_logloss", "regression": "l2", "regression_l1": "l1"}


def train(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``lightgbm.train(params, train_set, num_boost_round, valid_sets)``."""
    order = ("params", "train_set", "num_boost_round", "valid_sets", "valid_names")
    given = {**dict(zip(order, args, strict=False)), **named}
    params = given.get("params")
    objective = params.get("objective", "regression") if isinstance(params, dict) else None
    made = model("lightgbm.LGBMModel()", objective=objective)
    try:
        if not isinstance(params, dict) or given.get("feval") is not None:
            raise Vague
        _rounds(w, made, params, str(objective), given)
    except _UNSURE:
        w.emit(Free(expr=w.source(node)))
    return made


def _rounds(w: Walk, made: Thing, params: Mapping[object, Value], objective: str, given: Mapping[str, Value]) -> None:
    patience, period = given.get("early_stopping_rounds"), given.get("verbose_eval", 1)
    if not before(w.facts, "lightgbm", (4, 0)):
        patience, period = None, None
    for each in several(given.get("callbacks")):
        name = each.origin if isinstance(each, Unknown) else ""
        if isinstance(each, Thing) and each.kind == "boosting callback":
            patience = each.attrs["rounds"] if each.attrs["name"] == "early_stopping" else patience
            period = each.attrs["rounds"] if each.attrs["name"] == "log_evaluation" else period
        elif not name.endswith(("record_evaluation()", "reset_parameter()")):
            raise Vague
    sets, names = several(given.get("valid_sets")), several(given.get("valid_names"))
    metrics = names_of(params.get("metric"), _LGB.get(objective, ""))
    count = count_of(given.get("num_boost_round", 100))
    labels = [str(names[n]) if n < len(names) else f"valid_{n}" for n in range(len(sets))]
    watched = [Watched(label, metric, course(rows_of(data), metric, count, rate_of(params, 0.1), f"{objective}"))
               for label, data in zip(labels, sets, strict=True) for metric in metrics]  # fmt: skip
    speaks = params.get("verbosity", params.get("verbose", 1))
    if isinstance(speaks, int) and speaks >= 1:
        begins(w, rows_of(given.get("train_set")), given.get("train_set"), objective)
    if patience is not None:
        w.say(f"Training until validation scores don't improve for {patience} rounds")
    end, best = ended(watched, count, patience)
    for name, value in outcome(watched, best):
        w.state.put(made.attrs, name, value + 1 if name == "<best>" and isinstance(value, int) else value)

    def line(turn: int, number: str | Hole) -> Line:
        parts = figures(watched, turn, lambda one: f"\t{one.data}'s {one.metric}: ", "g")
        return Line((Literal("["), Literal(number) if isinstance(number, str) else number, Literal("]"), *parts))

    step = 1 if period is True else period if isinstance(period, int) else 0
    turns = [turn for turn in range(end) if step > 0 and (turn + 1) % step == 0] if watched else []
    sure = bool(watched) and bool(watched[-1].values)
    lines = [(line(turn, str(turn + 1)),) for turn in turns]
    say_rounds(w, [turn + 1 for turn in turns], lines, patience is not None and not sure)
    if sure and (turns or patience is not None):
        w.drawn.add("what the booster measures")
    if patience is None or not watched:
        return
    words = ("Early stopping, best iteration is:", "Did not meet early stopping. Best iteration is:")
    if sure:
        w.say(words[0] if end - 1 - best >= count_of(patience) else words[1])
        w.emit(line(best, str(best + 1)))
    else:
        w.emit(Choice(tuple((Line((Literal(each),)),) for each in words)))
        w.emit(line(0, Hole("int", "", "best iteration")))


def begins(w: Walk, rows: Value, data: Value, objective: str) -> None:
    """What LightGBM says of its data before the first round."""
    label = data.attrs["label"] if isinstance(data, Thing) and data.kind == TABLE else data
    labels = told(label, "labels")
    size = rows.dims if isinstance(rows, Tensor) and len(rows.dims) == 2 else None
    info = "[LightGBM] [Info] "

    def line(*parts: str | Hole) -> None:
        w.emit(Line(tuple(Literal(part) if isinstance(part, str) else part for part in parts)))

    if objective == "binary":
        one, other = (Hole("int", "", f"{sign} examples") if labels is None else str(int((labels == n).sum()))
                      for n, sign in ((1, "positive"), (0, "negative")))  # fmt: skip
        line(f"{info}Number of positive: ", one, ", number of negative: ", other)
    line(f"{info}Auto-choosing col-wise multi-threading, the overhead of testing was ", Hole("float", ".6f", "seconds"),
         " seconds.")  # fmt: skip
    line("You can set `force_col_wise=true` to remove the overhead.")
    line(f"{info}Total Bins ", Hole("int", "", "bins"))
    line(f"{info}Number of data points in the train set: ", str(size[0]) if size else Hole("int", "", "examples"),
         ", number of used features: ", str(size[1]) if size else Hole("int", "", "features"))  # fmt: skip
    if objective == "binary" and labels is not None:
        share = float((labels == 1).mean())
        score = math.log(share / (1 - share))
        line(f"{info}[binary:BoostFromScore]: pavg={share:.6f} -> initscore={score:.6f}")
        line(f"{info}Start training from score {score:.6f}")
    elif objective == "multiclass" and labels is not None:
        for n in sorted(set(labels.tolist())):
            line(f"{info}Start training from score {math.log(float((labels == n).mean())):.6f}")
    else:
        line(f"{info}Start training from score ", Hole("float", ".6f", "mean of the targets"))


def callback(name: str, usual: int) -> Handler:
    """``early_stopping(n)`` and ``log_evaluation(n)``."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        word = "stopping_rounds" if name == "early_stopping" else "period"
        return Thing("boosting callback", {"name": name, "rounds": args[0] if args else named.get(word, usual)})

    return make
