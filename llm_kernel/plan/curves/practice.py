"""What a training loop leaves out or does besides: each habit that changes what a run gives has a word here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from itertools import chain

from llm_kernel.plan.curves.constants import Constants, last_name

__all__ = ["LABELS", "OPTIMIZERS", "habits"]

OPTIMIZERS = frozenset("sgd adam adamw rmsprop adagrad adadelta nadam radam adamax lbfgs asgd lion".split())
"""The names of optimizers, in small letters."""

_ACTIVATIONS = re.compile(
    r"^(?:(?:leaky_?|p|c|r)?relu6?|s?elu|gelu|silu|swish|mish|tanh|sigmoid|softplus|hardswish|max_?pool\w*|maxpool\w*"
    r"|(?:log_?)?softmax|lstm|gru|rnn|transformer\w*|multiheadattention|adaptive\w*)$",
    re.IGNORECASE,
)
_SQUASHING = re.compile(r"^(?:tanh|sigmoid)$", re.IGNORECASE)
_STRAIGHT = re.compile(r"relu|elu|gelu|silu|swish|mish", re.IGNORECASE)
_NORMS = re.compile(r"^(?:batch|layer|group|instance)_?norm", re.IGNORECASE)
_SCALED = re.compile(r"kaiming|xavier|orthogonal_|trunc_normal_|he_|glorot")
LABELS = re.compile(r"^(?:y|labels?|targets?)(?:_?tr(?:ain)?)?$|label|target", re.IGNORECASE)
"""The names of what is to be told."""


def habits(nodes: Sequence[ast.AST], constants: Constants) -> frozenset[str]:
    """The words that hold of this script: ``no step``, ``no zero_grad``, ``no eval``, ``softmax twice`` and so on."""
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    named = [last_name(call.func) for call in calls]
    return frozenset(
        chain(
            _loop(nodes, calls, named),
            _model(nodes, calls, named),
            _labels(nodes),
            _frozen(nodes),
            _loaders(calls, constants),
        )
    )


def _loop(nodes: Sequence[ast.AST], calls: Sequence[ast.Call], named: Sequence[str]) -> Iterable[str]:
    """A hand-written loop of PyTorch: what it does to gradients and weights."""
    if "backward" not in named:
        return
    by_hand = any(
        isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub) and "grad" in ast.unparse(node.value)
        for node in nodes
    )
    steps = [call for call in calls if last_name(call.func) == "step" and _of_optimizer(call)]
    made = {name.lower() for name in named} & OPTIMIZERS
    if not steps and not by_hand and made and not _handed_on(nodes, calls):
        yield "no step"
    owners = [last_name(target) for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    wiped = [ast.unparse(call.func) for call in calls if last_name(call.func) in ("zero_", "fill_")]
    if {"clip_grad_norm_", "clip_grad_norm", "clip_grad_value_"} & set(named):
        yield "clipped gradients"
    cleared = "zero_grad" in named or "grad" in owners or any("grad" in text for text in wiped)
    if not cleared and (steps or by_hand):
        yield "no zero_grad"
    for node in nodes:
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list) and _wrong_order(body):
                yield "wrong order"
    for call in calls:
        if last_name(call.func) == "backward" and isinstance(call.func, ast.Attribute):
            if isinstance(call.func.value, ast.UnaryOp) and isinstance(call.func.value.op, ast.USub):
                yield "ascent"
            inner = call.func.value
            if isinstance(inner, ast.Call) and last_name(inner.func) in ("detach", "requires_grad_", "item"):
                yield "no step"
    if any(_cut_off(node) for node in _training(nodes)):
        yield "no step"
    if "eval" not in named and ({"no_grad", "inference_mode"} & set(named) or _test_loop(nodes)):
        yield "no eval"


def _training(nodes: Sequence[ast.AST]) -> list[ast.AST]:
    """The function around ``backward``, or all where none is around it."""
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef))
    held = (list(ast.walk(node)) for node in functions)
    return next((inner for inner in held if any(_is_call(one, "backward") for one in inner)), list(nodes))


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) == name


def _cut_off(node: ast.AST) -> bool:
    """Whether what a model gives is detached as it comes, so that no gradient reaches it."""
    inner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    made = isinstance(inner, ast.Call) and re.fullmatch(r"model|net|classifier", last_name(inner.func)) is not None
    return made and _is_call(node, "detach")


def _handed_on(nodes: Sequence[ast.AST], calls: Sequence[ast.Call]) -> bool:
    """Whether an optimizer goes to a function that is not in the source, which may do with it what it likes."""
    own = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    given = (last_name(arg) for call in calls if last_name(call.func) not in own for arg in call.args)
    return any(re.match(r"opt", name) for name in given)


def _of_optimizer(call: ast.Call) -> bool:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    name = last_name(owner).lower() if owner is not None else ""
    if re.search(r"sched", name) or name == "profiler":
        return False
    return name in ("scaler", "accelerator", "engine", "model_engine") or "sched" not in name


def _test_loop(nodes: Sequence[ast.AST]) -> bool:
    return any(isinstance(node, ast.For) and re.search(r"test|val", ast.unparse(node.iter)) for node in nodes)


def _wrong_order(body: Sequence[ast.stmt]) -> bool:
    """Whether gradients are cleared between ``backward`` and ``step``, so that no step ever sees one."""
    at: dict[str, int] = {}
    for number, statement in enumerate(body):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            word = last_name(statement.value.func)
            if word in ("backward", "zero_grad") or (word == "step" and _of_optimizer(statement.value)):
                at.setdefault(word, number)
    if len(at) < 3:
        return False
    clear, back, step = at["zero_grad"], at["backward"], at["step"]
    return back < clear < step or clear < step < back


def _model(nodes: Sequence[ast.AST], calls: Sequence[ast.Call], named: Sequence[str]) -> Iterable[str]:
    words = {last_name(node) for node in nodes if isinstance(node, (ast.Name, ast.Attribute))}
    words |= {str(word.value.value) for call in calls for word in call.keywords
              if word.arg == "activation" and isinstance(word.value, ast.Constant)}  # fmt: skip
    layers = [name for name in named if name in ("Linear", "LazyLinear", "Conv1d", "Conv2d", "Dense", "Conv2D")]
    if len(layers) >= 2 and not any(_ACTIVATIONS.match(word) for word in words):
        yield "no activation"
    if any(_NORMS.match(word) for word in words):
        yield "normalised layers"
    elif any(_SQUASHING.match(word) for word in words) and not any(_STRAIGHT.search(word) for word in words):
        yield "squashing"
    if {"Dropout", "Dropout2d", "dropout", "AlphaDropout"} & words:
        yield "dropout"
    entropy = {"CrossEntropyLoss", "cross_entropy"} & words
    if entropy and _ends_in(nodes, calls, "softmax"):
        yield "softmax twice"
    logs = {"log_softmax", "LogSoftmax", "logsoftmax"} & words
    learnt = {last_name(node) for node in _training(nodes)}
    if (
        {"NLLLoss", "nll_loss"} & words
        and not logs
        and not (entropy and {"CrossEntropyLoss", "cross_entropy"} & learnt)
    ):
        yield "no logarithm"
    if "half" in named and "autocast" not in named:
        yield "half precision"
    if "BCELoss" in words and not {"sigmoid", "Sigmoid"} & words:
        yield "no sigmoid"
    for call in calls:
        if last_name(call.func) in ("zeros_", "constant_") and call.args and "bias" not in ast.unparse(call.args[0]):
            yield "constant weights"
        text = ast.unparse(call.func) if last_name(call.func) in ("zero_", "fill_") else ""
        if re.search(r"weight|param|\bp\b", text) and "grad" not in text:
            yield "constant weights"
    if "Dense" in named or any(_SCALED.match(word) for word in words):
        yield "scaled weights"
    if {"Normalize", "StandardScaler", "BatchNorm1d", "BatchNorm2d", "ToTensor", "scale", "MinMaxScaler"} & words:
        yield "scaled input"


def _ends_in(nodes: Sequence[ast.AST], calls: Sequence[ast.Call], word: str) -> bool:
    """Whether what the model gives has gone through ``softmax`` already."""

    def is_one(node: ast.AST | None) -> bool:
        if not isinstance(node, ast.Call):
            return False
        name = last_name(node.func).lower()
        return name == word or (name in ("sm", "soft", "out_act") and word == "softmax")

    for call in calls:
        if last_name(call.func) == "Sequential" and call.args and is_one(call.args[-1]):
            return True
    for node in nodes:
        if not (isinstance(node, ast.FunctionDef) and node.name in ("forward", "__call__") and node.body):
            continue
        end = node.body[-1]
        if isinstance(end, ast.Return):
            if is_one(end.value):
                return True
            before = node.body[-2] if len(node.body) > 1 else None
            if isinstance(before, ast.Assign) and isinstance(end.value, ast.Name) and is_one(before.value):
                return last_name(before.targets[0]) == end.value.id
    return False


def _labels(nodes: Sequence[ast.AST]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = last_name(node.value.func)
            owners = [last_name(target) for target in node.targets]
            if maker in ("randint", "randint_like", "randperm", "shuffle", "permutation", "choice"):
                text = ast.unparse(node.value)
                own = any(LABELS.search(owner) for owner in owners)
                if own and (maker.startswith("randint") or LABELS.search(text)):
                    yield "random labels"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            name = last_name(node.targets[0])
            mixed = re.search(r"randperm|permutation|shuffle", ast.unparse(node.value.slice))
            if mixed and LABELS.search(name) and last_name(node.value.value) == name:
                yield "random labels"
        shuffled = node.args[:1] if isinstance(node, ast.Call) and last_name(node.func) == "shuffle" else []
        if any(LABELS.search(last_name(one)) for one in shuffled):
            yield "random labels"


def _frozen(nodes: Sequence[ast.AST]) -> Iterable[str]:
    """Weights that do not learn: all of them, or all but a new head."""
    last = 0
    for node in nodes:
        if (
            isinstance(node, ast.Assign)
            and last_name(node.targets[0]) == "requires_grad"
            and isinstance(node.value, ast.Constant)
            and node.value.value is False
        ) or (
            isinstance(node, ast.Call)
            and last_name(node.func) == "requires_grad_"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and node.args[0].value is False
        ):
            last = max(last, node.lineno)
    if last:
        yield "frozen"
    for node in nodes:
        if (isinstance(node, ast.Call) and last_name(node.func) == "from_pretrained") or (
            isinstance(node, ast.keyword)
            and node.arg in ("pretrained", "weights")
            and not (isinstance(node.value, ast.Constant) and node.value.value in (False, None))
        ):
            yield "pretrained"


def _loaders(calls: Sequence[ast.Call], constants: Constants) -> Iterable[str]:
    loaders = [call for call in calls if last_name(call.func) == "DataLoader" and call.args]
    trains = [call for call in loaders if "train" in ast.unparse(call.args[0]).lower()] or loaders[:1]
    if trains and not any(
        word.arg in (None, "sampler", "batch_sampler")
        or (word.arg == "shuffle" and constants.value(word.value) is not False)
        for call in trains
        for word in call.keywords
    ):
        yield "no shuffle"
    words = {last_name(call.func) for call in calls}
    if any(re.match(r"Random(?:Crop|ResizedCrop|HorizontalFlip|Rotation|Affine|Erasing)|AutoAugment|Random\w*Flip", one)
           for one in words):  # fmt: skip
        yield "augmented"
