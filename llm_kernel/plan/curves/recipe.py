"""How a script trains: data, model, optimizer and habits, read off its source and its command line; nothing is run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llm_kernel.plan.curves.constants import Constants, last_name
from llm_kernel.plan.curves.families import family_of
from llm_kernel.plan.curves.pairs import Pair, data_set, has_row, pair_for
from llm_kernel.plan.curves.practice import LABELS, OPTIMIZERS, habits

__all__ = ["Recipe", "recipe"]

_TRAIN = re.compile(r"train|^x$|^xs?_|^x\d?$|^data(?:set)?$|^inputs?$|^features$", re.IGNORECASE)
_TESTED = re.compile(r"^(?:test|val)", re.IGNORECASE)
_SOME = 0.2
"""The share of labels that are made wrong where nobody can tell how many."""
_LONGEST = 120_000
_LEARNING = frozenset(
    {"backward", "fit", "train", "minimize", "fit_generator", "value_and_grad", "compile", "apply_gradients"}
)
"""Calls without which nothing learns."""
_TRAINS = re.compile(rf"\b(?:{'|'.join(sorted(_LEARNING))})\(")
_SEEING = frozenset({"resnet", "densenet", "vgg", "vit", "cnn"})
"""Families of which there are weights that have seen ImageNet."""
_LENGTHS = ("bptt", "block_size", "seq_len", "seq_length", "sequence_length", "context_length", "chunk_len")
"""Names of how many tokens stand in one row of a batch."""
_DRAWN = frozenset({"randn", "rand", "randint", "normal", "uniform", "linspace", "zeros", "ones", "arange", "random"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one run does; ``examples`` are those it trains on, ``lr`` 0 where nobody can tell."""

    pair: Pair
    examples: int
    batch: int
    optimizer: str = ""
    lr: float = 0.0
    momentum: float = 0.0
    decay: float = 0.0
    dropout: float = 0.0
    depth: int = 2
    noise: float = 0.0
    smoothing: float = 0.0
    test: int = 0
    seed: int = 0
    epochs: int = 0
    sized: bool = True
    """Whether the script, or its data set, says how many examples there are."""
    habits: frozenset[str] = field(default_factory=frozenset)
    width: int = 0
    """Units of the narrowest layer between the first and the last, 0 where nobody can tell."""

    @property
    def updates(self) -> int:
        """Steps of the optimizer in one pass over its examples."""
        return max(1, -(-self.examples // self.batch))


def recipe(source: str, argv: Sequence[str] = ()) -> Recipe | None:
    """The recipe of a training script; None where nothing is trained or the source cannot be read."""
    if len(source) > _LONGEST or not _TRAINS.search(source):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nodes = list(ast.walk(ast.parse(source)))
        return _read(nodes, Constants(nodes, argv))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read(nodes: Sequence[ast.AST], constants: Constants) -> Recipe | None:
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    named = [last_name(call.func) for call in calls]
    if not _LEARNING & set(named):
        return None
    words = " ".join(_words(nodes)).lower()
    data, family = data_set(words), family_of(words, named)
    if not family:
        return None
    task, classes = _task(words, calls, constants)
    examples, test = _examples(nodes, calls, constants)
    held = habits(nodes, constants) | ({"no step"} if _still(calls, constants) else set())
    if "no activation" in held and family == "mlp":
        family = "linear"
    taught = _taught(family, words, held) if "pretrained" in held else ""
    family = taught if taught and has_row(data, taught) else family
    pair = pair_for(data, family, classes=classes, train=examples, test=test, task=task)
    pair = pair.times(_unit(nodes, calls, pair))
    pair = pair.squared() if task == "values" and pair.task == "classes" else pair
    pair = pair.known_by_heart() if _seen_before(nodes) else pair
    batch = _batch(calls, constants, examples or pair.train)
    if pair.data and pair.task == "tokens" and batch < pair.batch:
        batch *= int(constants.named(*_LENGTHS) or max(pair.batch // batch, 1))
    optimizer, lr, momentum, decay = _optimizer(nodes, calls, constants)
    told = examples if not data or examples < pair.train else pair.train
    return Recipe(
        pair,
        told or pair.train,
        batch,
        optimizer,
        lr,
        momentum,
        decay,
        _dropout(calls, constants) if "dropout" in held else 0.0,
        _depth(nodes, calls, constants),
        _wrong(nodes, constants, told or pair.train),
        _keyword(calls, constants, "label_smoothing") or 0.0,
        test if not data else pair.test,
        _seed(calls, constants),
        _epochs(nodes, constants),
        bool(data or examples),
        held,
        _width(calls, constants, pair.classes),
    )


def _taught(family: str, words: str, held: frozenset[str]) -> str:
    """The family of models whose weights are pretrained; nothing where pictures are too small for such weights."""
    if family == "transformer":
        return "tuned text" if re.search(r"lmhead|causallm", words) else ""
    small = re.search(r"cifar|mnist|svhn", words) and not re.search(r"resize|\w*centercrop", words)
    if family not in _SEEING or small:
        return ""
    return "probe" if "frozen" in held else "tuned"


def _words(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Names, attributes, imports and short strings: what code says, without its comments and docstrings."""
    said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    strings: list[str] = []
    for node in nodes:
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.ClassDef(name=word) | ast.alias(name=word):
                yield word
            case ast.Constant(value=str() as text) if len(text) < 80 and id(node) not in said:
                strings.append(text)
    yield from strings


def _task(words: str, calls: Sequence[ast.Call], constants: Constants) -> tuple[str, int]:
    squares = r"\b(?:mse_?loss|l1_?loss|smooth_?l1\w*|huber\w*|mean_squared_error|mse|make_regression)\b"
    if re.search(squares, words) and not re.search(r"crossentropy|cross_entropy|nll_?loss", words):
        return "values", 1
    if re.search(r"vocab|block_size|bptt|ntokens", words):
        size = constants.named("vocab_size", "ntokens", "n_vocab", "ntoken")
        return "tokens", int(size) if size else 0
    if re.search(r"bce\w*|binary_crossentropy|binary_cross_entropy\w*", words):
        return "classes", 2
    told = constants.named("num_classes", "n_classes", "classes", "nclass", "num_labels")
    heads = [constants.number(call.args[1]) for call in calls
             if last_name(call.func) == "Linear" and len(call.args) > 1]  # fmt: skip
    last = next((one for one in reversed(heads) if one), None)
    return "classes", int(told or last or 2)


def _unit(nodes: Sequence[ast.AST], calls: Sequence[ast.Call], pair: Pair) -> float:
    """What the loss of a script that makes pictures anew is of that in the file: by its sums, and by what it is given.

    That of a variational one is summed over the pixels there, that of another is their mean.
    """
    if not pair.elements:
        return 1.0
    summed = any(
        isinstance(node, ast.keyword)
        and isinstance(node.value, ast.Constant)
        and (node.arg, node.value.value) in (("reduction", "sum"), ("size_average", False))
        for node in nodes
    )
    wide = any(
        last_name(call.func) == "Normalize" and re.search(r"0?\.5\b", ast.unparse(call)) is not None for call in calls
    )
    variational = pair.family.startswith("vae")
    size = 1.0 if summed == variational else pair.elements if summed else 1 / pair.elements
    return size * (4.0 if wide and "entropy" not in pair.family and pair.family != "vae" else 1.0)


def _optimizer(
    nodes: Sequence[ast.AST], calls: Sequence[ast.Call], constants: Constants
) -> tuple[str, float, float, float]:
    found = [call for call in calls if last_name(call.func).lower() in OPTIMIZERS]
    wanted = {constants.text(ast.Name(name)).lower() for name in ("optimizer", "optim", "opt", "optimizer_name")}
    for call in sorted(found, key=lambda one: last_name(one.func).lower() not in wanted):
        name = last_name(call.func).lower()
        given = {word.arg: word.value for word in call.keywords if word.arg}
        rate = given.get("lr", given.get("learning_rate"))
        if rate is None:
            places = [one for one in call.args if constants.number(one) is not None]
            rate = places[0] if places else None
        usual = {"sgd": 0.01, "rmsprop": 0.01, "adagrad": 0.01, "adadelta": 1.0, "lbfgs": 1.0}.get(name, 0.001)
        lr = constants.number(rate) if rate is not None else usual
        momentum = constants.number(given.get("momentum")) or 0.0
        return name, lr or 0.0, momentum, constants.number(given.get("weight_decay")) or 0.0
    for node in nodes:
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub) and "grad" in ast.unparse(node.value):
            parts = [one for one in ast.walk(node.value) if isinstance(one, (ast.Constant, ast.Name, ast.Attribute))]
            rates = [constants.number(one) for one in parts]
            return "sgd", next((one for one in rates if one), 0.0), 0.0, 0.0
    for call in calls:
        for word in call.keywords:
            if word.arg == "optimizer" and isinstance(word.value, ast.Constant):
                return str(word.value.value).lower(), 0.01 if word.value.value == "sgd" else 0.001, 0.0, 0.0
        if last_name(call.func) in ("TrainingArguments", "Seq2SeqTrainingArguments"):
            given = {word.arg: word.value for word in call.keywords if word.arg}
            tuned = constants.number(given["learning_rate"]) if "learning_rate" in given else 5e-5
            return "adamw", tuned or 0.0, 0.0, constants.number(given.get("weight_decay")) or 0.0
    return "", constants.named("learning_rate", "lr") or 0.0, 0.0, 0.0


def _wrong(nodes: Sequence[ast.AST], constants: Constants, examples: int) -> float:
    """The share of labels that the script makes wrong: by name, else by how many it sets to what it draws."""
    told = constants.named("label_noise", "noise_rate", "flip_prob", "noise_ratio", "label_noise_rate")
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Subscript(value=owner)], value=ast.Call(func=func, args=args)) if (
                LABELS.search(last_name(owner)) and last_name(func) in ("randint", "randint_like", "choice")
            ):
                shapes = [one for arg in args for one in (arg.elts if isinstance(arg, (ast.Tuple, ast.List)) else [])]
                size = constants.number(shapes[0]) if shapes else None
                told = told or (size / examples if size else _SOME)
    return min(told or 0.0, 1.0)


def _seen_before(nodes: Sequence[ast.AST]) -> bool:
    """Whether the script tests on what it trains on."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=func) as call) if _TESTED.search(last_name(target)):
                first = last_name(call.args[0]) if call.args else ""
                held = {word.arg: word.value for word in call.keywords}.get("train")
                whole = isinstance(held, ast.Constant) and held.value is True
                if whole or (last_name(func) == "DataLoader" and re.match(r"train", first)):
                    return True
    return False


def _still(calls: Sequence[ast.Call], constants: Constants) -> bool:
    """Whether an optimizer is told to take steps of no length."""
    told = (word for call in calls if last_name(call.func).lower() in OPTIMIZERS for word in call.keywords)
    return any(word.arg in ("lr", "learning_rate") and constants.number(word.value) == 0 for word in told)


_GLANCE = 10
"""Rows below which a slice of the training data is looked at, and not trained on."""


def _examples(nodes: Sequence[ast.AST], calls: Sequence[ast.Call], constants: Constants) -> tuple[int, int]:
    """How many examples the script trains on, where it says so; and how many it tests on."""
    sizes: list[float] = []
    for call in calls:
        name = last_name(call.func)
        if name == "Subset" and len(call.args) > 1 and "test" not in ast.unparse(call.args[0]):
            sizes += [one for one in [_length(call.args[1], constants)] if one]
        elif name in ("select", "take") and call.args and "test" not in ast.unparse(call.func):
            sizes += [one for one in [_length(call.args[0], constants)] if one]
        elif name.startswith("make_"):
            held = next((word.value for word in call.keywords if word.arg == "n_samples"), None)
            sizes += [one for one in [constants.number(held or (call.args[0] if call.args else None))] if one]
    drawn, test = 0.0, 0.0
    for node in nodes:
        match node:
            case ast.Subscript(value=owner, slice=ast.Slice(lower=None, upper=ast.expr() as upper, step=None)):
                size = constants.number(upper)
                word = last_name(owner) if not isinstance(owner, ast.Call) else ""
                if size and size >= _GLANCE and _TRAIN.search(word):
                    sizes.append(size)
            case ast.Assign(targets=[target], value=ast.Call() as call) if last_name(call.func) in _DRAWN:
                first = constants.number(_first(call))
                word = last_name(target).lower()
                if first and first > 1 and re.search(r"test|val", word):
                    test = max(test, first)
                elif first and first > 1 and re.match(r"x|data|inputs?|features|y|targets?|labels?", word):
                    drawn = max(drawn, first)
    best = min(sizes) if sizes else drawn
    return max(0, int(best)), int(test)


def _first(call: ast.Call) -> ast.expr | None:
    """The number of rows that a call draws: its first size."""
    if last_name(call.func) in ("linspace", "randint", "normal", "uniform"):
        sizes = [word.value for word in call.keywords if word.arg in ("size", "steps")]
        rest = sizes or call.args[2:3]
    else:
        rest = list(call.args[:1])
    held = rest[0] if rest else None
    return held.elts[0] if isinstance(held, (ast.Tuple, ast.List)) and held.elts else held


def _length(node: ast.expr, constants: Constants) -> float | None:
    match node:
        case ast.Call(func=func, args=[*args]) if last_name(func) in ("range", "arange", "list", "tolist", "randperm"):
            if last_name(func) == "list" and args:
                return _length(args[0], constants)
            ends = [constants.number(one) for one in args]
            if len(ends) > 1 and ends[0] is not None and ends[1] is not None:
                return ends[1] - ends[0]
            return ends[0] if ends else None
        case ast.Subscript(slice=ast.Slice(upper=ast.expr() as upper)):
            return constants.number(upper)
        case ast.List(elts=elts):
            return float(len(elts))
        case ast.Name() | ast.Constant() | ast.Attribute():
            held = constants.held(node)
            return _length(held, constants) if held is not None else constants.number(node)
    return None


def _batch(calls: Sequence[ast.Call], constants: Constants, examples: int) -> int:
    """Examples in a step: the loader's for training, else what is called so, else all of them."""
    loaders = [call for call in calls if last_name(call.func) in ("DataLoader", "fit", "batch")]
    trains = [call for call in loaders if "train" in ast.unparse(call).lower()] or loaders
    for call in trains:
        for word in call.keywords:
            if word.arg == "batch_size" and (size := constants.number(word.value)):
                return max(1, int(size))
        if last_name(call.func) == "DataLoader" and not any(word.arg is None for word in call.keywords):
            size = constants.number(call.args[1]) if len(call.args) > 1 else 1.0
            if size:
                return max(1, int(size))
    told = constants.named("batch_size", "train_batch_size", "per_device_train_batch_size", "bs", "BATCH_SIZE")
    if told:
        return max(1, int(told))
    return 32 if any(last_name(call.func) == "fit" for call in calls) or loaders else max(1, examples)


def _epochs(nodes: Sequence[ast.AST], constants: Constants) -> int:
    """How often the script goes over its data, 0 where it does not say so: by name, else by the loop over epochs."""
    told = constants.named("epochs", "num_epochs", "n_epochs", "max_epochs", "EPOCHS", "NUM_EPOCHS")
    loops = (node for node in nodes if isinstance(node, ast.For) and re.match(r"epoch|ep$", last_name(node.target)))
    counted = (_length(loop.iter, constants) for loop in loops)
    return int(min(told or next((one for one in counted if one), 0.0), 1e6))


def _keyword(calls: Sequence[ast.Call], constants: Constants, name: str) -> float | None:
    found = (constants.number(word.value) for call in calls for word in call.keywords if word.arg == name)
    return next((one for one in found if one is not None), None)


def _dropout(calls: Sequence[ast.Call], constants: Constants) -> float:
    rates = [constants.number(call.args[0]) if call.args else 0.5
             for call in calls if last_name(call.func) in ("Dropout", "Dropout2d", "AlphaDropout")]  # fmt: skip
    told = _keyword(calls, constants, "p") if not rates else None
    return min(max([one for one in rates if one is not None], default=told or 0.1), 1.0)


def _depth(nodes: Sequence[ast.AST], calls: Sequence[ast.Call], constants: Constants) -> int:
    """Layers with weights, those that a loop or a comprehension makes counted as often as it runs."""
    names = {"Linear", "LazyLinear", "Conv1d", "Conv2d", "Dense", "Conv2D"}
    total = sum(last_name(call.func) in names for call in calls)
    for node in nodes:
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            over, body = node.generators[0].iter, list[ast.AST]([node.elt])
        elif isinstance(node, ast.For):
            over, body = node.iter, list[ast.AST](node.body)
        else:
            continue
        made = (one for part in body for one in ast.walk(part) if isinstance(one, ast.Call))
        inner = sum(last_name(one.func) in names for one in made)
        size = _length(over, constants) if inner else None
        if size and inner:
            total += inner * (int(min(size, 1000)) - 1)
    return total


def _width(calls: Sequence[ast.Call], constants: Constants, classes: int) -> int:
    """Units of the narrowest hidden layer; layers as wide as there are classes may be the last."""
    told = [constants.number(call.args[1]) for call in calls if last_name(call.func) == "Linear" and len(call.args) > 1]
    return int(min((one for one in told if one and one >= 1 and one != classes), default=0))


def _seed(calls: Sequence[ast.Call], constants: Constants) -> int:
    makers = ("manual_seed", "seed", "seed_everything", "set_seed", "set_random_seed", "default_rng", "manual_seed_all")
    found = (constants.number(call.args[0]) for call in calls if last_name(call.func) in makers and call.args)
    return next((int(one) for one in found if one is not None), 0)
