"""Optuna: a study's trials are drawn and its objective is walked, so that values, parameters and the best agree."""

from __future__ import annotations

import ast
import math
import random
from typing import cast

from llm_kernel.plan.known import Handler
from llm_kernel.plan.logs import DATES
from llm_kernel.plan.nodes import Free, Hole, Line, Literal, Part
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Bound, Lib, Thing, Unknown, Value, known
from llm_kernel.plan.walk import Flow, Walk

__all__ = ["STUDIES", "STUDY", "TRIAL", "study_attribute", "trial_attribute"]

STUDY, TRIAL = "study", "trial"
"""The kinds of things."""
_MOST, _WALKED = 300, 6
"""Trials whose lines are told, and those for which an objective is walked whose values nobody knows."""
_QUIET = "<optuna>"


def _created(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``create_study``."""
    own = named.get("study_name")
    chance = random.Random(f"study {w.facts.get('chance')} {getattr(node, 'lineno', 0)}")
    name = own if isinstance(own, str) else _nameless(chance)
    if named.get("storage") is None:
        _log(w, [Literal(f"A new study created in memory with name: {name}")])
    else:
        w.emit(Free("stderr", w.source(node)))
    many = named.get("directions")
    return Thing(STUDY, {"<upward>": named.get("direction") == "maximize", "<many>": many is not None, "<seed>": name,
                         "trials": [], "best_trial": None, "study_name": name})  # fmt: skip


def _nameless(chance: random.Random) -> str:
    """The name of a study that has none: a random UUID of the fourth version."""
    digits = f"{chance.getrandbits(128):032x}"
    parts = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"{chance.choice('89ab')}{digits[17:20]}", digits[20:])
    return f"no-name-{'-'.join(parts)}"


def _log(w: Walk, parts: list[Part]) -> None:
    if w.globals.names.get(_QUIET) is not True:
        w.emit(Line((Literal("[I "), Hole("time", DATES), Literal("] "), *parts), "\n", "stderr"))


def _verbosity(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    level = args[0] if args else named.get("verbosity")
    quiet = isinstance(level, Lib) and level.path.endswith((".WARNING", ".WARN", ".ERROR", ".CRITICAL"))
    w.state.put(w.globals.names, _QUIET, quiet or (isinstance(level, int) and level >= 30))
    return None


def _optimized(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``study.optimize(objective, n_trials)``."""
    study, *rest = args
    assert isinstance(study, Thing)
    given = {**dict(zip(("func", "n_trials"), rest, strict=False)), **named}
    count = given.get("n_trials")
    plain = not given.get("callbacks") and not given.get("catch") and study.attrs["<many>"] is False
    if not plain or isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= _MOST:
        _open(w, study, node)
        return None
    w.drawn.add("what the trials of a study suggest")
    unknown, quiet = 0, True
    for _ in range(count):
        trials = cast("list[Thing]", study.attrs["trials"])
        trial = Thing(TRIAL, {"number": len(trials), "params": {}, "value": None, "user_attrs": {}, "<asked>": {},
                              "<seed>": f"{study.attrs['<seed>']}/{len(trials)}"})  # fmt: skip
        value: Value = None
        if unknown < _WALKED:
            value, quiet = _walked(w, given.get("func"), trial, node)
            unknown += not isinstance(value, (int, float))
        elif not quiet:
            _open(w, study, node)
            return None
        else:
            _varied(trial, trials[len(trials) % _WALKED])
        w.state.put(trial.attrs, "value", float(value) if isinstance(value, (int, float)) else _measured(study, trial))
        w.state.put(study.attrs, "trials", [*trials, trial])
        _finished(w, study, trial)
    return None


def _walked(w: Walk, objective: Value, trial: Thing, node: ast.AST | None) -> tuple[Value, bool]:
    """What the objective gives, and whether it says nothing."""
    values: list[Value] = []

    def once() -> Flow:
        values.append(w.call(objective, [trial], {}, node))
        return None

    _, said = w.record(once)
    for each in said:
        w.emit(each)
    return (values[0] if values else Unknown()), not said


def _varied(trial: Thing, model: Thing) -> None:
    """A trial that is asked what another was; what may say how many numbered ones there are stays as it was."""
    asked = cast("dict[str, tuple[str, dict[str, Value]]]", model.attrs["<asked>"])
    numbered = any(letter.isdigit() for name in asked for letter in name)
    held = cast("dict[str, Value]", model.attrs["params"])
    params: dict[object, Value] = {}
    for name, (kind, given) in asked.items():
        stays = numbered and kind == "int" and not any(letter.isdigit() for letter in name)
        params[name] = held[name] if stays else _drawn(trial, name, kind, given)
    noted = cast("dict[str, Value]", model.attrs["user_attrs"])
    trial.attrs.update({"params": params, "<asked>": asked, "user_attrs": {name: Unknown() for name in noted}})


def _measured(study: Thing, trial: Thing) -> float:
    """A value that nobody computes: a share that is to grow, or an error that is to shrink."""
    chance = random.Random(f"value of {trial.attrs['<seed>']}")
    return 1 - 0.5 * chance.betavariate(1.2, 4) if study.attrs["<upward>"] is True else chance.lognormvariate(-0.5, 0.6)


def _open(w: Walk, study: Thing, node: ast.AST | None) -> None:
    """Nobody can say what the trials are."""
    w.emit(Free("stderr", w.source(node)))
    w.state.put(study.attrs, "trials", Unknown())
    w.state.put(study.attrs, "best_trial", Unknown(origin="optuna.trial"))


def _finished(w: Walk, study: Thing, trial: Thing) -> None:
    """The line of a trial."""
    value, best, params = trial.attrs["value"], study.attrs["best_trial"], trial.attrs["params"]
    held = best.attrs["value"] if isinstance(best, Thing) else best
    assert isinstance(value, float)
    upward = study.attrs["<upward>"] is True
    if not isinstance(held, float) or (value > held if upward else value < held):
        best = trial
        w.state.put(study.attrs, "best_trial", best)
    assert isinstance(best, Thing)
    shown: Part = Literal(repr(params)) if known(params) else Hole("any", "", "parameters")
    said = f". Best is trial {best.attrs['number']} with value: {best.attrs['value']}."
    head = f"Trial {trial.attrs['number']} finished with value: {value} and parameters: "
    _log(w, [Literal(head), shown, Literal(said)])


def study_attribute(this: Thing, name: str) -> Value:
    """``study.name``."""
    best = this.attrs["best_trial"]
    if name == "optimize":
        return Bound(Lib("optuna.<optimize>"), this)
    if name == "get_trials":
        return Bound(Lib("optuna.<get_trials>"), this)
    if name in ("best_params", "best_value"):
        inner = name.removeprefix("best_")
        return best.attrs[inner] if isinstance(best, Thing) else Unknown("float" if inner == "value" else "any", inner)
    return Unknown(origin=f"optuna.study.{name}")


def trial_attribute(this: Thing, name: str) -> Value:
    """``trial.name``."""
    if name == "values":
        return [this.attrs["value"]]
    path = f"optuna.<{name}>"
    return Bound(Lib(path), this) if path in STUDIES else Unknown(origin=f"optuna.trial.{name}")


def _suggested(kind: str) -> Handler:
    """A value of the trial, drawn by its name."""

    def suggest(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        trial, *rest = args
        assert isinstance(trial, Thing)
        order = ("name", "choices") if kind == "categorical" else ("name", "low", "high", "q")
        given = {**dict(zip(order, rest, strict=False)), **named}
        params = cast("dict[Value, Value]", trial.attrs["params"])
        name = given.get("name")
        if not isinstance(name, str):
            return Unknown()
        if name not in params:
            w.state.put(cast("dict[Value, Value]", trial.attrs["<asked>"]), name, (kind, given))
            w.state.put(params, name, _drawn(trial, name, kind, given))
        return params[name]

    return suggest


def _drawn(trial: Thing, name: str, kind: str, given: dict[str, Value]) -> Value:
    try:
        return _chosen(kind, given, random.Random(f"{trial.attrs['<seed>']}/{name}"))
    except (Vague, TypeError, ValueError, OverflowError):
        return Unknown("int" if kind == "int" else "float" if kind != "categorical" else "any", name)


def _chosen(kind: str, given: dict[str, Value], chance: random.Random) -> Value:
    if kind == "categorical":
        choices = given.get("choices")
        if not isinstance(choices, (list, tuple)) or not choices:
            raise Vague
        return cast(Value, chance.choice(choices))
    low, high, step = given.get("low"), given.get("high"), given.get("step", given.get("q"))
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        raise Vague
    if kind == "int":
        whole = step if isinstance(step, int) else 1
        if given.get("log") is True:
            return min(int(high), max(int(low), round(math.exp(chance.uniform(math.log(low), math.log(high))))))
        return int(low) + whole * chance.randrange((int(high) - int(low)) // whole + 1)
    if kind == "loguniform" or given.get("log") is True:
        return math.exp(chance.uniform(math.log(low), math.log(high)))
    if isinstance(step, (int, float)):
        return low + step * chance.randrange(int((high - low) / step + 1e-9) + 1)
    return chance.uniform(low, high)


def _silent(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return None


def _noted(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``set_user_attr(key, value)`` of a trial."""
    this, *rest = args
    given = {**dict(zip(("key", "value"), rest, strict=False)), **named}
    held = this.attrs["user_attrs"] if isinstance(this, Thing) else None
    if isinstance(held, dict) and isinstance(given.get("key"), str):
        w.state.put(held, given["key"], given.get("value"))
    return None


def _pruned(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``trial.should_prune()``: every trial is let go on."""
    return False


def _trials(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``study.get_trials(states=...)``: all that were begun are complete."""
    study, *rest = args
    states = rest[1] if len(rest) > 1 else named.get("states")
    wanted = [each.path.rsplit(".", 1)[-1] for each in states if isinstance(each, Lib)] if isinstance(
        states, (list, tuple)) else ["COMPLETE"]  # fmt: skip
    held = study.attrs["trials"] if isinstance(study, Thing) else Unknown()
    return held if "COMPLETE" in wanted or isinstance(held, Unknown) else []


STUDIES: dict[str, Handler] = {
    **dict.fromkeys(("optuna.create_study", "optuna.study.create_study"), _created),
    "optuna.<optimize>": _optimized, "optuna.<get_trials>": _trials, "optuna.logging.set_verbosity": _verbosity,
    **{f"optuna.<suggest_{kind}>": _suggested(kind) for kind in
       ("float", "int", "categorical", "uniform", "loguniform", "discrete_uniform")},
    "optuna.<report>": _silent, "optuna.<set_user_attr>": _noted, "optuna.<should_prune>": _pruned,
}  # fmt: skip
"""Handlers by full name."""
