"""Lightning's trainer: what it finds, the table of a model's parts, its bar, how it stops, and the files it leaves.

Lines as those of its second series. What a model's own methods print among them is not followed: then all is open.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass

from llm_kernel.plan.known import Handler
from llm_kernel.plan.nodes import Free, Hole, Line, Literal, Loop, Node, Part
from llm_kernel.plan.saves import Record
from llm_kernel.plan.shapes.module import children, complete, is_module, layer_of, parameters
from llm_kernel.plan.shapes.release import release
from llm_kernel.plan.shapes.tensor import Vague
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.values import Bound, Function, Instance, Lib, Thing, Unknown, Value, truth, value_size
from llm_kernel.plan.walk import Walk

__all__ = ["LIGHTNING", "LIGHTNING_TRAINER", "lightning_attribute"]

LIGHTNING_TRAINER = "lightning trainer"
"""The kind of things that stand for a trainer."""
_PACKAGES = ("pytorch_lightning", "lightning.pytorch", "lightning")
_PIPS = ("pytorch_lightning", "lightning")
_MOST = 1000
_FRAME = 6_000
"""Bytes of a checkpoint beside its parameters and the two moments that Adam keeps of each."""
_WORDS = frozenset({"print", "write", "pprint", "info", "warning", "tqdm"})
"""Calls by which a model of one's own says something while it trains."""
_UNSURE = (Vague, TypeError, ValueError, LookupError, AttributeError)


def _trainer(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``Trainer(...)``: what it runs on is said at once."""
    this = Thing(LIGHTNING_TRAINER, {"<given>": dict(named), "<steps>": None})
    told = _release(w)
    if args or told is None:
        w.emit(Free("stderr", w.source(node)))
        return this
    cards = w.facts.get("torch.cuda.is_available()")
    used = _on_cards(w, dict(named))
    say = [f"GPU available: {cards is True}{' (cuda)' if cards is True else ''}, used: {used}",
           "TPU available: False, using: 0 TPU cores"]  # fmt: skip
    say += ["IPU available: False, using: 0 IPUs"] if told < (2, 2) else []
    for text in [*say, "HPU available: False, using: 0 HPUs"]:
        w.emit(_error(text))
    return this


def _release(w: Walk) -> tuple[int, int] | None:
    """The release of Lightning, where its lines are known."""
    found = next((each for each in (release(w.facts, name) for name in _PIPS) if each is not None), None)
    return found if found is not None and found >= (2, 0) else None


def _error(text: str) -> Line:
    return Line((Literal(text),), "\n", "stderr")


def lightning_attribute(this: Thing, name: str) -> Value:
    """``trainer.name``."""
    if name in ("fit", *_STAGES):
        return Bound(Lib(f"pytorch_lightning.<{name}>"), this)
    return Unknown(origin=f"pytorch_lightning.Trainer().{name}")


def _fit(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``trainer.fit(model, train_dataloaders, val_dataloaders, datamodule)``."""
    this, *rest = args
    assert isinstance(this, Thing)
    given = {**dict(zip(("model", "train_dataloaders", "val_dataloaders", "datamodule"), rest, strict=False)), **named}
    w.state.put(this.attrs, "<model>", given.get("model"))
    w.state.put(this.attrs, "<data>", given.get("datamodule"))
    try:
        said = list(_lines(w, this, given, getattr(node, "lineno", 0)))
    except _UNSURE:
        w.emit(Free(expr=w.source(node)))
        return None
    for each in said:
        w.emit(each)
    return None


def _lines(w: Walk, this: Thing, given: dict[str, Value], line: int) -> Iterator[Node]:
    model, setting = given.get("model"), this.attrs["<given>"]
    told = _release(w)
    if not isinstance(model, Instance) or not isinstance(setting, dict) or told is None or _speaks(model):
        raise Vague
    epochs, most = setting.get("max_epochs", 1000), setting.get("max_steps", -1)
    if isinstance(epochs, bool) or not isinstance(epochs, int) or not 0 < epochs <= _MOST or most != -1:
        raise Vague
    quiet = setting.get("callbacks") is None and setting.get("fast_dev_run", False) is False
    if not quiet:
        raise Vague
    steps = _steps(w, model, given, setting)
    if _on_cards(w, setting):
        yield _error("LOCAL_RANK: 0 - CUDA_VISIBLE_DEVICES: [0]")
    yield _error("")
    if truth(setting.get("enable_model_summary", True)) is not False:
        for text in _table(model, told):
            yield _error(text)
    logged = setting.get("logger", True) is not False
    if truth(setting.get("enable_progress_bar", True)) is not False:
        yield _bars(model, epochs, steps, logged)
    if logged and setting.get("logger", True) is True and setting.get("default_root_dir") is None:
        path = f"lightning_logs/version_0/checkpoints/epoch={epochs - 1}-step={epochs * steps}.ckpt"
        if setting.get("enable_checkpointing", True) is not False:
            size = 3 * sum(value.count * value.width for _, value in parameters(model)) + _FRAME
            w.saved.append(Record(line, path, (("epoch", epochs - 1), ("global_step", epochs * steps)), size))
    yield _error(f"`Trainer.fit` stopped: `max_epochs={epochs}` reached.")


def _on_cards(w: Walk, setting: dict[str, Value]) -> bool:
    on_cards = w.facts.get("torch.cuda.is_available()") is True
    return on_cards and setting.get("accelerator", "auto") in ("auto", "gpu", "cuda")


def _speaks(model: Instance) -> bool:
    """Whether one of the model's own methods prints."""
    functions = [each for cls in model.cls.line() for each in cls.attrs.values() if isinstance(each, Function)]
    calls = [node.func for each in functions for node in ast.walk(each.node) if isinstance(node, ast.Call)]
    names = {each.id if isinstance(each, ast.Name) else each.attr for each in calls
             if isinstance(each, (ast.Name, ast.Attribute))}  # fmt: skip
    return bool(names & _WORDS)


def _steps(w: Walk, model: Instance, given: dict[str, Value], setting: dict[str, Value]) -> int:
    """The batches of an epoch."""
    loader = given.get("train_dataloaders")
    if isinstance(loader, Instance):
        given, loader = {**given, "datamodule": given.get("datamodule") or loader}, None
    return _batches(w, _loader(w, model, given, loader, "fit", "train_dataloader"), setting, "limit_train_batches")


def _loader(w: Walk, model: Instance, given: dict[str, Value], loader: Value, stage: str, maker: str) -> Value:
    """The loader of a stage: the one that is given, or that of the module of data or of the model."""
    if loader is not None:
        return loader
    source = given.get("datamodule") or model
    if not isinstance(source, Instance):
        raise Vague
    for name, words in (("prepare_data", []), ("setup", [stage]), (maker, [])):
        method = w.attribute(source, name)
        if not isinstance(method, (Unknown, Lib)):
            loader = w.call(method, list(words), {}, None)
    return loader


def _batches(w: Walk, loader: Value, setting: dict[str, Value], limited: str) -> int:
    size, limit = value_size(loader), setting.get(limited, 1.0)
    if size is None or not isinstance(limit, (int, float)) or setting.get("devices", "auto") not in ("auto", 1, [0]):
        raise Vague
    return min(size, limit) if isinstance(limit, int) else int(size * limit)


def _tried(stage: str) -> Handler:
    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        """``trainer.test(model, dataloaders)``."""
        this, *rest = args
        assert isinstance(this, Thing)
        given = {**dict(zip(("model", "dataloaders"), rest, strict=False)), **named}
        given.setdefault("datamodule", this.attrs.get("<data>"))
        try:
            names, said = _trial(w, this, given, _STAGES[stage], stage)
        except _UNSURE:
            w.emit(Free(expr=w.source(node)))
            return Unknown(origin=f"pytorch_lightning.Trainer().{stage}()")
        for each in said:
            w.emit(each)
        return [{name: Unknown("float", name) for name in names}]

    return handle


@dataclass(frozen=True, slots=True)
class _Stage:
    """How a stage without training is told: its bar, its table, its method, and where its batches come from."""

    bar: str
    head: str
    step: str
    maker: str
    limit: str


_STAGES = {
    "test": _Stage("Testing", "Test metric", "test_step", "test_dataloader", "limit_test_batches"),
    "validate": _Stage("Validation", "Validate metric", "validation_step", "val_dataloader", "limit_val_batches"),
}
_CELL = 25
"""The width of a column of a table of figures."""


def _trial(w: Walk, this: Thing, given: dict[str, Value], stage: _Stage, word: str) -> tuple[list[str], list[Node]]:
    """The names of a stage's figures, and what is printed."""
    model, setting = given.get("model") or this.attrs.get("<model>"), this.attrs["<given>"]
    plain = isinstance(model, Instance) and isinstance(setting, dict) and not _speaks(model)
    if not plain or _release(w) is None or version_of(w.facts, "rich") is not None or given.get("verbose") is False:
        raise Vague
    assert isinstance(model, Instance) and isinstance(setting, dict)  # noqa: PT018 - one fact
    if setting.get("callbacks") is not None or given.get("ckpt_path") not in (None, "best", "last"):
        raise Vague
    loader = _loader(w, model, given, given.get("dataloaders"), word, stage.maker)
    count = _batches(w, loader, setting, stage.limit)
    names = sorted(_measured(model, stage.step))
    said: list[Node] = [_error("LOCAL_RANK: 0 - CUDA_VISIBLE_DEVICES: [0]")] if _on_cards(w, setting) else []
    if truth(setting.get("enable_progress_bar", True)) is not False:
        said.append(Line((Literal(f"{stage.bar} DataLoader 0: 100%|{'█' * 10}| {count}/{count} ["),
                          Hole("time", "%M:%S", "seconds"), Literal("<00:00, "), Hole("float", ".2f", "steps/s"),
                          Literal("it/s]"))))  # fmt: skip
    if names:
        size = w.facts.get("terminal")
        rule = Line((Literal("─" * (size[0] if isinstance(size, tuple) else 120)),))
        rows = [Line((Literal(f"{name:^{_CELL}}   "), Hole("float", "", name))) for name in names]
        said += [rule, Line((Literal(f"{stage.head:^{_CELL}}{'DataLoader 0':^{_CELL}}".rstrip()),)), rule, *rows, rule]
    return names, said


def _measured(model: Instance, step: str) -> Iterator[str]:
    """What a step logs."""
    function = next((cls.attrs[step] for cls in model.cls.line() if step in cls.attrs), None)
    if not isinstance(function, Function):
        raise Vague
    inside = [each for each in ast.walk(function.node) if isinstance(each, ast.Call)
              and isinstance(each.func, ast.Attribute) and isinstance(each.func.value, ast.Name)
              and each.func.value.id == "self"]  # fmt: skip
    for each in inside:
        assert isinstance(each.func, ast.Attribute)
        if each.func.attr == "log_dict" or "step" in each.func.attr or "eval" in each.func.attr:
            raise Vague  # what is logged elsewhere is not looked for
        if each.func.attr == "log":
            name = each.args[0] if each.args else None
            if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
                raise Vague
            yield name.value


def _count(number: int) -> str:
    """A number of parameters as the table shows it."""
    groups = max(math.ceil((math.floor(math.log10(number)) + 1 if number > 0 else 1) / 3), 1)
    value = number / 1000 ** (groups - 1)
    label = " KMBT"[groups - 1]
    return f"{int(value):,d} {label}" if groups == 1 or value >= 100 else f"{value:,.1f} {label}"


def _table(model: Instance, told: tuple[int, int]) -> list[str]:
    inner = children(model)
    if any(isinstance(each, Unknown) and "torch" in each.origin for each in model.attrs.values()):
        raise Vague  # a metric, or a module that nobody knows, has a row of its own
    rows = []
    for n, (name, each) in enumerate(inner.items()):
        if not complete(each):
            raise Vague
        size = sum(value.count for _, value in parameters(each))
        rows.append([str(n), name, _kind(each), _count(size), *(["train"] if told >= (2, 3) else [])])
    heads = [" ", "Name", "Type", "Params", *(["Mode"] if told >= (2, 3) else [])]
    widths = [max([len(head), *(len(row[at]) for row in rows)]) for at, head in enumerate(heads)]
    line = "-" * (sum(widths) + 3 * (len(widths) + 1))

    def joined(cells: list[str]) -> str:
        return " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))

    held = [value for _, value in parameters(model)]
    learned = sum(value.count for value in held if value.learns is not False)
    whole = sum(value.count for value in held)
    weight = f"{whole * 4 / 1e6:,.3f}"
    ends = [(_count(learned), "Trainable params"), (_count(whole - learned), "Non-trainable params"),
            (_count(whole), "Total params"), (weight, "Total estimated model params size (MB)")]  # fmt: skip
    if told >= (2, 4):
        ends += [(str(_inside(model)), "Modules in train mode"), ("0", "Modules in eval mode")]
    said = [f"{text:<10}{what}" for text, what in ends]
    return [joined(heads), line, *(joined(row) for row in rows), line, *said]


def _inside(module: Value) -> int:
    return sum(1 + _inside(each) for each in children(module).values())


def _kind(module: Value) -> str:
    if isinstance(module, Instance):
        return module.cls.name
    layer = layer_of(module)
    if layer is None or not is_module(module):
        raise Vague
    return layer.name


def _bars(model: Instance, epochs: int, steps: int, logged: bool) -> Node:
    """The bar as it stands at the end of each epoch; the next one is drawn over it."""
    shown = list(_shown(model))

    def bar(epoch: int) -> Line:
        begin = f"Epoch {epoch}: 100%|{'█' * 10}| {steps}/{steps} ["
        parts: list[Part] = [Literal(begin), Hole("time", "%M:%S", "elapsed"), Literal("<00:00, "),
                             Hole("float", ".2f", "steps/s"), Literal("it/s")]  # fmt: skip
        parts += [Literal(", v_num=0")] if logged else []
        for name in shown:
            parts += [Literal(f", {name}="), Hole("float", ".3f", name)]
        return Line((*parts, Literal("]")))

    turns = tuple((bar(epoch),) for epoch in range(epochs))
    return Loop(epochs, "epoch", tuple(range(epochs)), turns[0], turns)


def _shown(model: Instance) -> Iterator[str]:
    """The names that the model logs to its bar, those of training steps and of the others in their order."""
    for method in ("training_step", "validation_step", "on_validation_epoch_end", "on_train_epoch_end"):
        function = next((cls.attrs[method] for cls in model.cls.line() if method in cls.attrs), None)
        if not isinstance(function, Function):
            continue
        for each in ast.walk(function.node):
            if (
                isinstance(each, ast.Call)
                and isinstance(each.func, ast.Attribute)
                and each.func.attr in ("log", "log_dict")
            ):
                yield from _logged(each, method == "training_step")


def _logged(call: ast.Call, training: bool) -> Iterator[str]:
    told = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
    if told.get("prog_bar") is not True:
        return
    name = call.args[0] if call.args else None
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        raise Vague
    both = training and told.get("on_epoch") is True and told.get("on_step", True) is True
    yield from (f"{name.value}_step", f"{name.value}_epoch") if both else (name.value,)


LIGHTNING: dict[str, Handler] = {
    **{f"{package}{home}.Trainer": _trainer for package in _PACKAGES for home in ("", ".trainer")},
    "pytorch_lightning.<fit>": _fit,
    **{f"pytorch_lightning.<{stage}>": _tried(stage) for stage in _STAGES},
}
"""Handlers by full name."""
