"""CatBoost: its rounds with their times, and the best of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from llm_kernel.plan.boosting.course import Watched, course, ended, outcome, say_rounds
from llm_kernel.plan.boosting.given import count_of, names_of, rate_of
from llm_kernel.plan.nodes import Hole, Line, Literal
from llm_kernel.plan.shapes.estimators import CLASSES, told
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["rounds"]


def rounds(w: Walk, made: Thing, params: Mapping[str, Value], rows: Value, evals: Value) -> None:
    """The rounds of a training on ``rows``, told and kept in ``made``."""
    names = ("iterations", "n_estimators", "num_boost_round")
    most = count_of(next((params[name] for name in names if name in params), 1000))
    patience = params.get("early_stopping_rounds", params.get("od_wait"))
    classifies = "Classifier" in str(made.attrs["maker"])
    data = told(rows, "set")
    usual = ("MultiClass" if data in CLASSES and len(CLASSES[data]) > 2 else "Logloss") if classifies else "RMSE"
    metric = names_of(params.get("loss_function"), usual)[0]
    given = params.get("learning_rate")
    eta = rate_of({"eta": given}, 0.05)
    held = [("learn", rows)] + ([("test", evals)] if evals is not None else [])
    watched = [Watched(name, metric, course(each, metric, most, eta, metric)) for name, each in held]
    if not watched[0].values:
        raise Vague
    end, best = ended(watched, most, patience)
    for name, value in outcome(watched, best):
        w.state.put(made.attrs, name, value)
    shown = params.get("verbose", params.get("verbose_eval", params.get("logging_level", 1)))
    step = 0 if shown in (False, 0, "Silent") or params.get("silent") is True else 1 if shown is True else shown
    if not isinstance(step, int):
        raise Vague
    if not step:
        return
    w.drawn.add("what the booster measures")
    if given is None:
        w.emit(Line((Literal("Learning rate set to "), Hole("float", "", "learning_rate"))))
    each = random.Random(f"{most}/{eta}").uniform(0.002, 0.006)
    turns = [turn for turn in range(end) if turn % step == 0 or turn == end - 1]
    lines = [(Line((Literal(_line(watched, turn, most, each)),)),) for turn in turns]
    say_rounds(w, turns, lines, False)
    if evals is not None:
        if end < most:
            w.say(f"Stopped by overfitting detector  ({patience} iterations wait)")
        w.say(f"\nbestTest = {watched[-1].values[best]:.10g}\nbestIteration = {best}\n")
        if best < end - 1:
            w.say(f"Shrink model to first {best + 1} iterations.")


def _line(watched: Sequence[Watched], turn: int, most: int, each: float) -> str:
    text = f"{turn}:" + "".join(f"\t{one.data}: {one.values[turn]:.7f}" for one in watched)
    if len(watched) > 1:
        last = watched[-1]
        best = Watched(last.data, last.metric, last.values[: turn + 1]).best
        text += f"\tbest: {last.values[best]:.7f} ({best})"
    return f"{text}\ttotal: {_span(each * (turn + 1))}\tremaining: {_span(each * (most - turn - 1))}"


def _span(seconds: float) -> str:
    if not seconds:
        return "0us"
    value, unit = (
        (seconds, "s") if seconds >= 1 else (1e3 * seconds, "ms") if seconds >= 1e-3 else (1e6 * seconds, "us")
    )
    return f"{value:.3g}{unit}"
