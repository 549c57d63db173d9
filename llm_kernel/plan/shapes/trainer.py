"""What the trainer of transformers prints while it trains: one line of figures at a time, each a Python dict."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from llm_kernel.plan.nodes import Free, Hole, Line, Literal, Loop, Node, Part
from llm_kernel.plan.shapes.logged import Moment, Steps
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
    if this.kind == "trainer" and name in ("train", "evaluate", "log_metrics"):
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
        given = this.attrs.get("args")
        epochs = given.attrs.get("num_train_epochs", 3) if isinstance(given, Thing) else 3
        w.state.put(this.attrs, "<epochs>", float(epochs) if isinstance(epochs, (int, float)) else None)
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
    return {f"eval_{name}": Unknown("float", f"eval_{name}") for name in names} | {
        "epoch": Unknown("float", "epoch") if this.attrs.get("<epochs>") is None else this.attrs["<epochs>"]
    }


def _told(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``trainer.log_metrics(split, metrics)``: a head, and a line for each figure."""
    split = args[1] if len(args) > 1 else named.get("split")
    if isinstance(split, str):
        w.say(f"***** {split} metrics *****")
    w.emit(Free(expr=w.source(node)))
    return None


def _lines(w: Walk, this: Thing) -> list[Node]:
    told = this.attrs.get("args")
    given: Mapping[str, Value] = told.attrs if isinstance(told, Thing) else {}
    if told is not None and not isinstance(told, Thing):
        raise Vague
    if this.attrs.get("callbacks") or given.get("disable_tqdm") is True:
        raise Vague  # who speaks then is not known
    size, seats = _size(w, this.attrs.get("train_dataset")), _seats(w)
    if size is None or seats is None:
        return _uncounted(w, this, given)
    late = not before(w.facts, "transformers", (4, 46))
    batch = given.get("per_device_train_batch_size", 8)
    if isinstance(batch, bool) or not isinstance(batch, int) or batch < 1 or given.get("group_by_length") is True:
        raise Vague
    whole = batch * seats
    count = size // whole if given.get("dataloader_drop_last") is True else -(-size // whole)
    steps = Steps(given, count, late=late, tuned="optimizers" in this.attrs)
    epochs = list(steps.epochs())
    tests = any(one.tests for inside, end in epochs for one in (*inside, *([end] if end else [])))
    test = _tested(w, this) if tests else []

    def said(moment: Moment) -> tuple[Line, ...]:
        log = (_line(_log(w), moment.epoch, moment.rate),) if moment.logs else ()
        return (*log, _line(test, moment.epoch)) if moment.tests else log

    turns = tuple(_turn(inside, end, said) for inside, end in epochs)
    last = steps.epoch(steps.count)
    seen = size * last
    end = _end(last, samples=seen, steps=steps.count)
    if not any(turns):
        return [end]
    if all(turns):
        return [Loop(len(turns), "epoch", tuple(range(1, len(turns) + 1)), turns[0], turns), end]
    few = tuple(said(one) for inside, at in epochs for one in (*inside, *([at] if at else [])))
    return [Loop(len(few), "step", tuple(range(len(few))), few[0], few), end]


def _turn(inside: list[Moment], end: Moment | None, said: Callable[[Moment], tuple[Line, ...]]) -> tuple[Node, ...]:
    """What is told in an epoch."""
    steps = tuple(said(one) for one in inside)
    within = (Loop(len(steps), "step", tuple(range(len(steps))), steps[0], steps),) if steps else ()
    return (*within, *(said(end) if end else ()))


def _size(w: Walk, data: Value) -> int | None:
    """The examples of a data set."""
    size = w.call(Lib("builtins.len"), [data], {}, None) if isinstance(data, (Thing, Instance, list)) else None
    return size if isinstance(size, int) and size > 0 else None


def _seats(w: Walk) -> int | None:
    """How many batches are taken at once: by each process of a launcher, or by each GPU of the only one."""
    environ, cards = w.facts.get("environ"), w.facts.get("torch.cuda.device_count()")
    count = environ.get("WORLD_SIZE") if isinstance(environ, dict) else None
    if isinstance(count, str) and count.isdigit():
        return int(count)
    return max(cards, 1) if isinstance(cards, int) else None


def _uncounted(w: Walk, this: Thing, given: Mapping[str, Value]) -> list[Node]:
    """The lines of a run of which nobody knows how many steps an epoch has."""
    tested = given.get("eval_strategy", given.get("evaluation_strategy", "no"))
    logged = given.get("logging_strategy", "steps")
    epochs = given.get("num_train_epochs", 3)
    if not isinstance(epochs, (int, float)) or epochs != int(epochs) or not 0 < epochs <= _EPOCHS:
        raise Vague
    if given.get("max_steps", -1) != -1 or given.get("logging_first_step") is True:
        raise Vague
    log, count = _log(w), int(epochs)
    test = _tested(w, this) if tested in ("epoch", "steps") else []
    inside: list[Node] = []
    if logged == "steps" or tested == "steps":
        both = tested == "steps" and given.get("eval_steps") in (None, given.get("logging_steps", 500))
        if tested == "steps" and not (both and logged == "steps"):
            raise Vague
        inside.append(Loop(None, "step", (), (_line(log), _line(test)) if both else (_line(log),)))
    if logged not in ("steps", "epoch", "no") or tested not in ("steps", "epoch", "no"):
        raise Vague
    rows = [*([log] if logged == "epoch" else []), *([test] if tested == "epoch" else [])]
    each = [(*inside, *(_line(row, float(n)) for row in rows)) for n in range(1, count + 1)]
    turns = Loop(count, "epoch", tuple(range(1, count + 1)), each[0], tuple(each))
    return [*([turns] if each[0] else []), _end(float(count))]


def _line(figures: list[tuple[str, str, str]], epoch: float | None = None, rate: float | None = None) -> Line:
    """A line of figures; that of the epoch comes last."""
    sure = {"epoch": epoch, "learning_rate": rate}
    parts: list[Part] = [Literal("{")]
    for n, (name, form, what) in enumerate([*figures, ("epoch", "", "epoch")]):
        value = sure.get(name)
        told: Part = Hole("float", form, what) if value is None else Literal(repr(float(value)))
        parts += [Literal(f"{', ' if n else ''}'{name}': "), told]
    return Line((*parts, Literal("}")))


def _log(w: Walk) -> list[tuple[str, str, str]]:
    """The figures of a line of training."""
    norm = [] if before(w.facts, "transformers", (4, 38)) else [("grad_norm", "", "grad_norm")]
    return [("loss", ".4f", "train_loss"), *norm, ("learning_rate", "", "learning_rate")]


def _tested(w: Walk, this: Thing) -> list[tuple[str, str, str]]:
    """The figures of a line of evaluation."""
    names = _metrics(w, this)
    if names is None:
        raise Vague
    figures = [(f"eval_{name}", "", f"eval_{name}") for name in ("loss", *names)]
    size, seats = _size(w, this.attrs.get("eval_dataset")), _seats(w)
    given = this.attrs.get("args")
    batch = given.attrs.get("per_device_eval_batch_size", 8) if isinstance(given, Thing) else 8
    sure = size is not None and seats is not None and isinstance(batch, int) and batch > 0
    count = f"{-(-size // (batch * seats))} / " if sure and size and seats and isinstance(batch, int) else "steps / "
    return [*figures, ("eval_runtime", ".4f", "eval_seconds"),
            ("eval_samples_per_second", ".3f", f"{size or 'samples'} / eval_seconds"),
            ("eval_steps_per_second", ".3f", f"{count}eval_seconds")]  # fmt: skip


def _end(epoch: float, *, samples: float | None = None, steps: int | None = None) -> Line:
    seen = "samples" if samples is None else f"{samples:.0f}"
    return _line([("train_runtime", ".4f", "elapsed"), ("train_samples_per_second", ".3f", f"{seen} / elapsed"),
                  ("train_steps_per_second", ".3f", f"{steps or 'steps'} / elapsed"),
                  ("train_loss", "", "train_loss")], round(epoch, 2))  # fmt: skip


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
    "transformers.Trainer.<log_metrics>": _told,
}  # fmt: skip
"""Handlers by full name."""
