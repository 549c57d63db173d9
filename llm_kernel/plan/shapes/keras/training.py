"""What ``fit``, ``evaluate`` and ``predict`` print: lines whose steps the data fixes, with places for what is measured.

Progress is shown as its last state; the colours that Keras 3 gives it are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import cast

from llm_kernel.plan.files import written
from llm_kernel.plan.nodes import Free, Hole, Line, Literal, Loop, Node, Part
from llm_kernel.plan.paths import path_of
from llm_kernel.plan.shapes.keras.callbacks import CALLBACK, Course, Rated, deciding, followed, single
from llm_kernel.plan.shapes.keras.graph import major
from llm_kernel.plan.shapes.keras.layers import snake
from llm_kernel.plan.shapes.keras.tensors import PIPELINE
from llm_kernel.plan.shapes.tensor import Tensor, Vague
from llm_kernel.plan.values import Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["compiled", "evaluate", "fit", "predict", "save"]

_QUIET = ("EarlyStopping", "ModelCheckpoint", "TensorBoard", "CSVLogger", "History", "TerminateOnNaN")
_MOST = 2000
_MEASURED = "<measured>"
"""The examples on which the model was tested last, and what was measured."""
_TURNING = ("ReduceLROnPlateau", "LearningRateScheduler")
"""Callbacks that show the learning rate."""
_NAMES = {"acc": "acc", "accuracy": "accuracy", "mse": "mse", "mae": "mae", "auc": "auc"}
_SPELLED = {"AUC": "auc", "MeanAbsoluteError": "mean_absolute_error"}


def compiled(w: Walk, this: Thing, args: list[Value], named: dict[str, Value]) -> Value:
    """``model.compile(optimizer, loss, metrics)``."""
    given = {**dict(zip(("optimizer", "loss", "metrics"), args, strict=False)), **named}
    metrics = given.get("metrics") or []
    names = [_metric(each) for each in metrics] if isinstance(metrics, (list, tuple)) else [None]
    w.state.put(this.attrs, "metrics", None if None in names else tuple(names))
    optimizer = given.get("optimizer", "rmsprop")
    w.state.put(this.attrs, "optimizer", _optimizer(optimizer))
    w.state.put(this.attrs, "<rate>", _rate(optimizer))
    w.state.put(this.attrs, _MEASURED, None)
    return None


def _metric(value: Value) -> str | None:
    if isinstance(value, str):
        return value
    path = value.origin if isinstance(value, Unknown) else value.path if isinstance(value, Lib) else ""
    last = path.removesuffix("()").rsplit(".", 1)[-1]
    if ".metrics." not in path:
        return None
    return _SPELLED.get(last, snake(last))


def _optimizer(value: Value) -> str:
    if isinstance(value, str):
        return value.lower()
    return value.origin.removesuffix("()").rsplit(".", 1)[-1].lower() if isinstance(value, Unknown) else ""


def _rate(optimizer: Value) -> float | None:
    """The learning rate of an optimizer, by what it was made with or by its name."""
    if isinstance(optimizer, Rated):
        return optimizer.rate
    return (0.01 if optimizer.lower() == "sgd" else 0.001) if isinstance(optimizer, str) else None


def save(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``model.save(path)`` and ``save_weights``: a file where the name has an ending."""
    path = path_of(args[0] if args else named.get("filepath"))
    if isinstance(path, str) and path.endswith((".h5", ".keras", ".hdf5")):
        written(w, path)
    return None


def extra_weights(this: Thing, learned: int) -> int | None:
    """How many weights the optimizer holds after training; None before it."""
    if this.attrs.get("fitted") is not True:
        return None
    states = {"adam": 2, "adamw": 2, "nadam": 2, "rmsprop": 1, "adagrad": 1, "sgd": 0}.get(str(this.attrs["optimizer"]))
    if states is None:
        raise Vague
    return states * learned + 2


def fit(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``model.fit(x, y, batch_size, epochs, verbose, ...)``."""
    order = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data")
    given = {**dict(zip(order, args, strict=False)), **named}
    try:
        return _fit(w, this, given, node)
    except Vague:
        return _free(w, this, given, node)


def _free(w: Walk, this: Thing, given: Mapping[str, Value], node: ast.AST | None) -> Value:
    if given.get("verbose", 1) != 0:
        w.emit(Free(expr=w.source(node)))
    w.state.put(this.attrs, "fitted", None)
    return Unknown(origin="keras.callbacks.History()")


def _fit(w: Walk, this: Thing, given: Mapping[str, Value], node: ast.AST | None) -> Value:
    epochs, verbose = _number(given.get("epochs", 1)), given.get("verbose", "auto")
    first = _number(given.get("initial_epoch", 0))
    names = _names(w, this, "validation_data" in given or _share(given) > 0)
    steps = _steps(given)
    if epochs - first > _MOST or epochs <= first:
        raise Vague
    style = 1 if verbose in ("auto", True, 1) else verbose
    if (course := _guided(w, this, given, names, range(first, epochs))) is not None:
        return _told(w, this, given, course, style, steps, range(first, epochs))
    early = _callbacks(given.get("callbacks"))
    w.state.put(this.attrs, "fitted", True)
    w.state.put(this.attrs, _MEASURED, None)
    if style in (1, 2):
        turns = tuple(
            (_text(f"Epoch {n}/{epochs}"), _line(w, 2 if style == 2 else 1, steps, names))
            for n in range(first + 1, epochs + 1)
        )
        w.emit(Loop(len(turns), "epoch", tuple(range(first + 1, epochs + 1)), turns[0], turns, early))
    elif style != 0:
        raise Vague
    count = None if early else epochs - first
    held: dict[object, Value] = {
        name: [Unknown("float", name)] * count if count is not None else Unknown("any") for name in names
    }
    return Thing("namespace", {"history": held, "epoch": list(range(first, epochs)) if count else Unknown()})


def _guided(w: Walk, this: Thing, given: Mapping[str, Value], names: list[str], epochs: range) -> Course | None:
    """The run as its callbacks guide it, where figures decide what they do and such a run can be foreseen."""
    held, foreseen = _listed(given.get("callbacks")), w.facts.get("foreseen")
    rate = this.attrs.get("<rate>")
    if not deciding(held) or not callable(foreseen):
        return None
    rows = [{name: foreseen(name, turn) for name in names} for turn in range(len(epochs))]
    if any(each is None for row in rows for each in row.values()):
        return None
    figures = [{name: single(value) for name, value in row.items()} for row in rows]
    course = followed(w, held, figures, epochs[0], rate if isinstance(rate, float) else None, major(w))
    w.drawn.add("what a model measures epoch by epoch")
    return course


def _told(
    w: Walk, this: Thing, given: Mapping[str, Value], course: Course, style: Value, steps: int, epochs: range
) -> Value:
    """The lines of a run whose figures are known, and what is left of it."""
    version, count = major(w), len(course.figures)
    turned = any(isinstance(each, Thing) and each.attrs.get("name") in _TURNING for each in _listed(given["callbacks"]))
    word = "learning_rate" if version >= (3, 0) else "lr"
    turns: list[tuple[Node, ...]] = []
    for turn, figures in enumerate(course.figures):
        shown = {**figures, **({word: course.rates[turn]} if turned else {})}
        before = (_text(course.before[turn].removesuffix("\n")),) if course.before[turn] else ()
        after: tuple[Node, ...] = ()
        if (said := course.after[turn].removesuffix("\n")) and style == 1:
            bar = _line(w, 1, steps, [name for name in figures if not name.startswith("val_")], figures, "ETA: ")
            after = (Line((*bar.parts, Literal(said))),)
        elif said:
            after = (_text(said),)
        turns.append((*before, _text(f"Epoch {epochs[turn] + 1}/{epochs.stop}"), *after,
                      _line(w, 2 if style == 2 else 1, steps, list(shown), shown)))  # fmt: skip
    if style not in (0, 1, 2):
        raise Vague
    if style == 0:
        loud = [part for turn in range(count) for part in (course.before[turn], course.after[turn]) if part]
        for each in loud:
            w.say(each, end="")
    else:
        w.emit(Loop(count, "epoch", tuple(epochs[turn] + 1 for turn in range(count)), turns[0], tuple(turns)))
    if course.last:
        w.say(course.last, end="")
    for path in course.saved:
        written(w, path)
    w.state.put(this.attrs, "fitted", True)
    w.state.put(this.attrs, _MEASURED, (given.get("validation_data"), course.figures[course.kept]))
    history: dict[object, Value] = {name: [row[name] for row in course.figures] for name in course.figures[0]}
    return Thing("namespace", {"history": history, "epoch": list(epochs[:count])})


def _listed(value: Value) -> list[Value]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _callbacks(value: Value) -> bool:
    """Whether one of them may end the training early; who may speak or count makes all unknown."""
    early = False
    for each in _listed(value):
        origin = each.origin if isinstance(each, Unknown) else ""
        last = origin.removesuffix("()").rsplit(".", 1)[-1]
        if isinstance(each, Thing) and each.kind == CALLBACK:
            given = each.attrs["given"]
            silent = isinstance(given, dict) and given.get("verbose", 0) == 0
            last = str(each.attrs["name"]) if silent else ""
        if last not in _QUIET:
            raise Vague
        early = early or last == "EarlyStopping"
    return early


def _number(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Vague
    return value


def _share(given: Mapping[str, Value]) -> float:
    found = given.get("validation_split", 0.0)
    if not isinstance(found, (int, float)):
        raise Vague
    return found


def _steps(given: Mapping[str, Value]) -> int:
    told = given.get("steps_per_epoch", given.get("steps"))
    if told is not None:
        return _number(told)
    data = given.get("x")
    if isinstance(data, Thing) and data.kind == PIPELINE:
        return _number(data.attrs["size"])
    data = data[0] if isinstance(data, (list, tuple)) and data else data
    batch = given.get("batch_size")
    size = 32 if batch is None else _number(batch)
    if not isinstance(data, Tensor) or not data.dims or size < 1:
        raise Vague
    return -(-int(data.dims[0] * (1.0 - _share(given))) // size)


def _names(w: Walk, this: Thing, tested: bool) -> list[str]:
    metrics = this.attrs.get("metrics")
    outputs = this.attrs.get("outputs", 1)
    if not isinstance(metrics, tuple) or outputs != 1:
        raise Vague
    own = ["loss", *metrics]
    if major(w) >= (3, 0):
        own.sort()
    return [*own, *(f"val_{name}" for name in own)] if tested else own


def _text(text: str) -> Line:
    return Line((Literal(text),))


def _line(
    w: Walk, style: int, steps: int, names: list[str], values: Mapping[str, float] | None = None, ahead: str = ""
) -> Line:
    """The last state of an epoch's progress, with the ``values`` that are known; ``ahead``: it is not over."""
    version = major(w)
    seconds, each = Hole("time", ".0f", "time"), (Hole("int", "", "milliseconds per step"), Literal("ms/step"))
    measured = [part for name in names for part in (Literal(f" - {name}: "), _figure(name, values))]
    parts: list[Part]
    if style == 2:
        parts = [Literal(f"{steps}/{steps} - "), seconds, Literal("s")]
        if version >= (3, 0):
            parts += [Literal(" - "), *each, *measured]
        elif version >= (2, 6):
            parts += [*measured, Literal(" - "), seconds, Literal("s/epoch - "), *each]
        else:
            parts += measured
        return Line(tuple(parts))
    bar = "━" * 20 if version >= (3, 0) else "[" + "=" * 30 + "]"
    between = " " if version >= (3, 0) else " - "
    if ahead and version < (3, 0):
        return Line((Literal(f"{steps}/{steps} {bar}{between}{ahead}0s"), *measured))
    return Line((Literal(f"{steps}/{steps} {bar}{between}"), seconds, Literal("s "), *each, *measured))


def _figure(name: str, values: Mapping[str, float] | None) -> Part:
    if values is None:
        return Hole("float", ".4f", name)
    return Literal(f"{values[name]:.4f}" if abs(values[name]) > 1e-3 else f"{values[name]:.4e}")


def evaluate(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``model.evaluate(x, y, batch_size, verbose)``."""
    given = {**dict(zip(("x", "y", "batch_size", "verbose"), args, strict=False)), **named}
    try:
        names = _names(w, this, False)
        verbose = given.get("verbose", 1)
        known = _measured(this, given, names)
        if verbose != 0:
            w.emit(_line(w, 2 if verbose == 2 else 1, _steps(given), names, known))
        if known is not None:
            own = {name: known[name] for name in ("loss", *(name for name in names if name != "loss"))}
            return dict(own) if named.get("return_dict") else list(own.values()) if len(own) > 1 else own["loss"]
        metrics = this.attrs["metrics"]
        values: list[Value] = [Unknown("float", f"test_{name}") for name in ("loss", *cast("tuple[str, ...]", metrics))]
        if named.get("return_dict"):
            return dict(zip(names, values, strict=True))
        return values if len(values) > 1 else values[0]
    except Vague:
        if given.get("verbose", 1) != 0:
            w.emit(Free(expr=w.source(node)))
        return Unknown(origin="keras.Model().evaluate()")


def _measured(this: Thing, given: Mapping[str, Value], names: list[str]) -> dict[str, float] | None:
    """What the model has measured before on the very examples of ``given``."""
    held = this.attrs.get(_MEASURED)
    if not isinstance(held, tuple):
        return None
    data, figures = held
    tested = data[0] if isinstance(data, (list, tuple)) and data else data
    if tested is None or tested is not given.get("x") or not isinstance(figures, dict):
        return None
    return {name: float(figures[f"val_{name}"]) for name in names}


def predict(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``model.predict(x)``, which shows its progress since 2.9."""
    given = {**dict(zip(("x", "batch_size", "verbose"), args, strict=False)), **named}
    verbose = given.get("verbose", 1 if major(w) >= (2, 9) else 0)
    data, shape = given.get("x"), this.attrs.get("shape")
    try:
        if verbose != 0:
            w.emit(_line(w, 2 if verbose == 2 else 1, _steps(given), []))
    except Vague:
        w.emit(Free(expr=w.source(node)))
    if isinstance(data, Tensor) and isinstance(shape, tuple) and None not in shape[1:] and data.dims:
        from_shape = (data.dims[0], *shape[1:])
        return Tensor("tensor", "", (), from_shape[0], from_shape, None, "float32", "cpu", "numpy")
    return Unknown("tensor")
