"""What the trainer of transformers prints while it trains: one line of figures at a time, each a Python dict."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from llm_kernel.plan.nodes import Free, Hole, Line, Literal, Loop, Node, Part
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.values import Bound, Class, Instance, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["TRAINERS", "trainer_attribute"]

_EPOCHS = 1000
_ORDER = ("model", "args", "data_collator", "train_dataset", "eval_dataset", "tokenizer", "model_init",
          "compute_metrics", "callbacks")  # fmt: skip
_LATE = ("model", "args", "data_collator", "train_dataset", "eval_dataset", "processing_class", "model_init",
         "compute_loss_func", "compute_metrics", "callbacks")  # fmt: skip


def _arguments(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    first = {"output_dir": args[0]} if args else {}
    return Thing("training arguments", {**first, **named})


def _trainer(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    order = _ORDER if before(w.facts, "transformers", (4, 46)) else _LATE
    return Thing("trainer", {**dict(zip(order, args, strict=False)), **named})


def trainer_attribute(this: Thing, name: str) -> Value:
    """``trainer.name``, or ``arguments.name``."""
    if this.kind == "trainer" and name in ("train", "evaluate"):
        return Bound(Lib(f"transformers.Trainer.<{name}>"), this)
    if name in this.attrs:
        return this.attrs[name]
    return Unknown(origin=f"transformers.Trainer().{name}")


def _train(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    this = args[0]
    assert isinstance(this, Thing)
    try:
        for each in _lines(w, this):
            w.emit(each)
    except Vague:
        w.emit(Free(expr=w.source(node)))
    return Unknown(origin="transformers.Trainer().train()")


def _evaluate(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """Its figures are returned; a line of them is printed only while it trains."""
    this = args[0]
    assert isinstance(this, Thing)
    try:
        names = ["loss", *(_metrics(w, this) or []), "runtime", "samples_per_second", "steps_per_second"]
    except Vague:
        return Unknown(origin="transformers.Trainer().evaluate()")
    return {f"eval_{name}": Unknown("float", f"eval_{name}") for name in names} | {"epoch": Unknown("float", "epoch")}


def _lines(w: Walk, this: Thing) -> list[Node]:
    told = this.attrs.get("args")
    given: Mapping[str, Value] = told.attrs if isinstance(told, Thing) else {}
    if told is not None and not isinstance(told, Thing):
        raise Vague
    if this.attrs.get("callbacks") or given.get("disable_tqdm") is True:
        raise Vague  # who speaks then is not known
    tested = given.get("eval_strategy", given.get("evaluation_strategy", "no"))
    logged = given.get("logging_strategy", "steps")
    epochs = given.get("num_train_epochs", 3)
    if not isinstance(epochs, (int, float)) or epochs != int(epochs) or not 0 < epochs <= _EPOCHS:
        raise Vague
    if given.get("max_steps", -1) != -1 or given.get("logging_first_step") is True:
        raise Vague
    log = _log(w)
    test = [_test(w, this)] if tested in ("epoch", "steps") else []
    inside: list[Node] = []
    if logged == "steps" or tested == "steps":
        both = tested == "steps" and given.get("eval_steps") in (None, given.get("logging_steps", 500))
        if tested == "steps" and not (both and logged == "steps"):
            raise Vague
        inside.append(Loop(None, "step", (), (log, *test) if both else (log,)))
    if logged == "epoch":
        inside.append(log)
    if tested == "epoch":
        inside += test
    if logged not in ("steps", "epoch", "no") or tested not in ("steps", "epoch", "no"):
        raise Vague
    count = int(epochs)
    turns = Loop(count, "epoch", tuple(range(1, count + 1)), tuple(inside))
    return [*([turns] if inside else []), _end()]


def _line(figures: list[tuple[str, str]]) -> Line:
    parts: list[Part] = [Literal("{")]
    for n, (name, what) in enumerate(figures):
        parts += [Literal(f"{', ' if n else ''}'{name}': "), Hole("float", "", what)]
    return Line((*parts, Literal("}")))


def _log(w: Walk) -> Line:
    norm = [] if before(w.facts, "transformers", (4, 38)) else [("grad_norm", "grad_norm")]
    return _line([("loss", "train_loss"), *norm, ("learning_rate", "learning_rate"), ("epoch", "epoch")])


def _test(w: Walk, this: Thing) -> Line:
    names = _metrics(w, this)
    if names is None:
        raise Vague
    figures = [(f"eval_{name}", f"eval_{name}") for name in ("loss", *names)]
    figures += [("eval_runtime", "eval_seconds"), ("eval_samples_per_second", "samples/s"),
                ("eval_steps_per_second", "steps/s"), ("epoch", "epoch")]  # fmt: skip
    return _line(figures)


def _end() -> Line:
    return _line([("train_runtime", "elapsed"), ("train_samples_per_second", "samples/s"),
                  ("train_steps_per_second", "steps/s"), ("train_loss", "train_loss"), ("epoch", "epoch")])  # fmt: skip


def _metrics(w: Walk, this: Thing) -> list[str] | None:
    """The names of what ``compute_metrics`` gives; None where it does not say."""
    function = this.attrs.get("compute_metrics")
    if function is None:
        return []
    if isinstance(function, (Class, Instance)) or w.loud_value(function):
        raise Vague
    found = w.call(function, [Unknown("any", "transformers.EvalPrediction()")], {}, None)
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        return None
    return [str(name).removeprefix("eval_") for name in found]


TRAINERS = {
    **dict.fromkeys(("transformers.TrainingArguments", "transformers.Seq2SeqTrainingArguments"), _arguments),
    **dict.fromkeys(("transformers.Trainer", "transformers.Seq2SeqTrainer"), _trainer),
    "transformers.Trainer.<train>": _train, "transformers.Trainer.<evaluate>": _evaluate,
}  # fmt: skip
"""Handlers by full name."""
