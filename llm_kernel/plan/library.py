"""What calls into libraries mean for the plan: most are silent, some speak, some give values that matter."""

from __future__ import annotations

import ast
import json
import math
import string
from collections.abc import Callable
from typing import TypeAlias

from llm_kernel.plan.copies import deepcopy
from llm_kernel.plan.data import (
    DATASETS,
    FRAMEWORK_WORDS,
    FRAMEWORKS,
    KINDS,
    LOUD,
    LOUD_WORDS,
    SILENT,
    STDERR,
    TENSOR_MAKERS,
)  # fmt: skip
from llm_kernel.plan.draws import DRAWS, draw, lose_draws
from llm_kernel.plan.expressions import checked
from llm_kernel.plan.fetching import fetch
from llm_kernel.plan.files import FILES, exists, file_attribute, file_method, path_method, written
from llm_kernel.plan.importing import IMPORTS
from llm_kernel.plan.items import iterate
from llm_kernel.plan.known import BUILTINS, Handler, exit_, len_
from llm_kernel.plan.logs import LOGGING, logger_method
from llm_kernel.plan.nodes import Choice, Free, Hole, Line, Literal, Loop, Node
from llm_kernel.plan.ordered import OrderedDict, since
from llm_kernel.plan.parsers import parser, parser_method, wrong_type
from llm_kernel.plan.paths import path_attribute, path_of
from llm_kernel.plan.rates import OPTIMIZERS, SCHEDULERS, give_up, optimizer, rate_attribute, rate_method, scheduler
from llm_kernel.plan.saving import load, save, size
from llm_kernel.plan.shapes.batches import TRANSFORMS, example, gathered, item_of, replicas, stored
from llm_kernel.plan.shapes.cards import CARDS
from llm_kernel.plan.shapes.chance import lose, lose_all
from llm_kernel.plan.shapes.gradients import GRADIENTS, MODE, around
from llm_kernel.plan.shapes.keras.table import KERAS, KERAS_THINGS, keras_attribute
from llm_kernel.plan.shapes.metrics import estimated
from llm_kernel.plan.shapes.module import is_module
from llm_kernel.plan.shapes.numpys import forget
from llm_kernel.plan.shapes.release import before, release
from llm_kernel.plan.shapes.since import has
from llm_kernel.plan.shapes.table import OBJECTS, SHAPES, called, module_attribute
from llm_kernel.plan.shapes.tensor import Tensor, tensor
from llm_kernel.plan.shapes.versions import fact, version_of
from llm_kernel.plan.standard import STANDARD
from llm_kernel.plan.text import shown
from llm_kernel.plan.values import (
    Bound,
    Class,
    Function,
    Instance,
    Items,
    Lib,
    Text,
    Thing,
    Unknown,
    Value,
    Wrapped,
    known,
    truth,
    value_size,
)  # fmt: skip
from llm_kernel.plan.walk import Flow, Raised, Walk

ThingCall: TypeAlias = Callable[[Walk, Thing, list[Value], dict[str, Value], ast.AST | None], Value]


_GROWING = ("factorial", "perm", "comb", "prod", "lcm")
_SAFE = ("time.", "random.", "math.", "datetime.", "sys.", "platform.", "uuid.", "os.path.")


_FORMER = {"numpy.Inf": math.inf, "numpy.Infinity": math.inf, "numpy.NaN": math.nan, "numpy.NAN": math.nan}
"""Names that numpy had until its second release."""


def library_value(w: Walk, path: str) -> Value:
    """Something in a library that is not called (yet)."""
    if path in w.facts:
        return w.facts[path]
    if (told := fact(w.facts, path)) is not None:
        return told
    if has(w.facts, path) is False:
        home, _, name = path.rpartition(".")
        raise Raised("AttributeError", f"module '{home}' has no attribute '{name}'")
    if path == "os.environ" and isinstance(told := w.facts.get("environ"), dict):
        return told
    if path.startswith("builtins.") and path.endswith((".__name__", ".__qualname__")) and path.count(".") == 2:
        return path.split(".")[1]
    if path == "sys.argv":
        return [w.facts.get("script") or Unknown("str"), *w.argv]
    if path.startswith("math.") and hasattr(math, path[5:]) and isinstance(getattr(math, path[5:]), float):
        return float(getattr(math, path[5:]))
    if path in ("numpy.pi", "numpy.e", "numpy.inf", "numpy.nan", "torch.pi", "torch.inf", "torch.nan"):
        return float(getattr(math, path[6:]))
    if path in _FORMER and before(w.facts, "numpy", (2, 0)):
        return _FORMER[path]
    if path in ("sys.maxsize", "sys.float_info.max"):
        return Unknown("int" if path == "sys.maxsize" else "float", low=10**9)
    if path in KINDS and path.split(".")[-1] in ("__version__", "version", "cuda", "platform", "executable", "name"):
        return Unknown(KINDS[path])
    if path in ("string.ascii_lowercase", "string.ascii_uppercase", "string.digits", "string.ascii_letters"):
        return str(getattr(string, path[7:]))
    return Lib(path)


_STEADY = frozenset({"time", "os", "sys", "math", "logging", "datetime", "pathlib", "json", "re", "builtins",
                     "argparse", "collections", "itertools", "functools", "copy", "string", "warnings",
                     "typing"})  # fmt: skip
"""Modules that never draw from the streams of torch and numpy."""


def library_call(w: Walk, path: str, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """A call of something in a library."""
    if f"{path}()" in w.facts:
        return w.facts[f"{path}()"]
    if not named and (told := fact(w.facts, path, tuple(args))) is not None:
        return told
    last = path.rsplit(".", 1)[-1]
    _note_file(w, path, last, args)
    w.risks += not path.startswith(_SAFE)
    if path.startswith("builtins.") and last.endswith(
        ("Error", "Exception", "Exit", "Interrupt", "Iteration", "Warning")
    ):
        alone = shown(args[0], w.ask, inside=True) if args and last == "KeyError" else args[0] if args else ""
        text = shown(tuple(args), w.ask) if len(args) > 1 and not last.startswith("OS") else alone
        return Thing("exception", {"name": last, "text": text, "args": tuple(args)})
    root = path.split(".", 1)[0].removesuffix("()").removesuffix("[]")
    handler = LIBRARY.get(path) or (_DATASETS.get(last) if root in ("torchvision", "datasets") else None)
    if handler is not None:
        return handler(w, args, named, node)
    if root == "sklearn" and (found := estimated(w, path, args, named)) is not None:
        return found
    made = _rated(w, path, last, args, named, node)
    if path.startswith("math.") and hasattr(math, last) and all(isinstance(each, (int, float)) for each in args):
        small = all(abs(each) < 500 for each in args if isinstance(each, int)) or last not in _GROWING
        return checked(lambda: getattr(math, last)(*args)) if small else Unknown("int")
    framework = root in FRAMEWORKS and last in FRAMEWORK_WORDS and truth(named.get("verbose", True)) is not False
    if path in LOUD or last in LOUD_WORDS or framework:
        w.emit(Free("stderr" if path in STDERR else "stdout", w.source(node)))
    elif (root not in SILENT and root not in ("", "?", "builtins", "self")) or any(
        isinstance(each, (Function, Bound)) and w.loud_value(each) for each in (*args, *named.values())
    ):
        w.emit(Free(expr=w.source(node)))
    if path in KINDS and last != "strftime":
        return Unknown(KINDS[path])
    forget(w, args)
    if root not in _STEADY and not path.startswith("torch.Generator"):
        lose_all(w)
        if root not in ("torch", "numpy"):
            lose_draws(w)
    if path in TENSOR_MAKERS:
        return _tensor(args)
    if last in ("to", "cuda") and len(args) >= 1 and isinstance(args[0], Instance):
        return args[0]
    if last == "strftime" and args and isinstance(args[0], str) and "%" in args[0][:-1]:
        return Text((Hole("time", args[0], w.source(node)),))
    if last in ("get_last_lr", "get_lr"):
        return [Unknown("float", f"{path}()")]
    if made is not None:
        return made
    kind = "str" if last in ("strftime", "isoformat", "read", "decode") else "tensor" if _tensorial(path) else "any"
    return Unknown(kind, f"{path}()")


def _rated(
    w: Walk, path: str, last: str, args: list[Value], named: dict[str, Value], node: ast.AST | None
) -> Thing | None:
    """The optimizer or scheduler that a call makes; any other library may change the rates of those it is given."""
    made: Thing | None = None
    if path.startswith("torch.optim.") and args:
        forget(w, args[0] if isinstance(args[0], (list, tuple)) else [])  # its steps are not followed
    if path == f"torch.optim.{last}" and last in OPTIMIZERS:
        made = optimizer(w, last, args, named, node)
    elif path == f"torch.optim.lr_scheduler.{last}" and last in SCHEDULERS:
        made = scheduler(w, last, args, named)
    if made is None and last not in ("step", "unscale_", "zero_grad"):
        give_up(w, [*args, *named.values()])
    return made


_FIRST = frozenset({"savefig", "to_csv", "to_json", "to_parquet", "to_pickle", "to_excel", "savetxt", "save_weights",
                    "imwrite", "savez"})  # fmt: skip


def _note_file(w: Walk, path: str, last: str, args: list[Value]) -> None:
    """Note the file that a library's call writes, where its first argument names one (``save_image``: its second)."""
    first = last in _FIRST or path in ("numpy.save", "numpy.savez_compressed")
    place = 0 if first else 1 if last == "save_image" or path == "joblib.dump" else len(args)
    name = path_of(args[place]) if place < len(args) else None
    if isinstance(name, str) and "." in name:
        written(w, name)


def _tensorial(path: str) -> bool:
    return path.startswith(
        ("torch.nn.", "torch.tensor", "torch.from_numpy", "torch.stack", "torch.cat")
    ) and path.endswith(("()", "tensor", "stack", "cat", "numpy", "loss", "entropy", "softmax", "relu"))


def _tensor(args: list[Value]) -> Value:
    dims = args[0] if args and isinstance(args[0], (tuple, list)) else args
    shape = tuple(each for each in dims if isinstance(each, int))
    if len(shape) != len(dims) or not shape:
        return Unknown("tensor")
    return Unknown("tensor", shape=shape, size=shape[0])


def silent(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return None


def first(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0] if args else Unknown()


def decorator(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0] if args and isinstance(args[0], (Function, Class, Wrapped)) else Lib("first")


def dataclass(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if not args:
        return Lib("dataclasses.dataclass")
    return args[0]


def field(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("field", dict(named))


def dataset(name: str, sizes: tuple[int, int]) -> Handler:
    """A well-known data set of torchvision; its download speaks."""

    def make(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        train = named.get("train", args[1] if len(args) > 1 else True)
        wanted = named.get("download", args[4] if len(args) > 4 else False)
        root = named.get("root", args[0] if args else None)
        if wanted is not False:
            _fetch(w, name, root if wanted is True else None)
        size = sizes[0] if train is True else sizes[1] if train is False else None
        shape = example(name, named.get("transform", args[2] if len(args) > 2 else None))
        item = (tensor(shape), tensor((), "int64")) if shape is not None else None
        return Thing("dataset", {"size": size, "item": item, **stored(name, size)})

    return make


def _fetch(w: Walk, name: str, root: Value) -> None:
    """Say what the download of data set ``name`` into ``root`` prints, where it is known whether it is there."""
    exists = w.facts.get("exists")
    known = fetch(name, root) if isinstance(root, str) and callable(exists) else None
    if known is None or not callable(exists):
        w.emit(_DOWNLOAD)
        return
    there = known in w.fetched or exists(known.files[0][0])
    if not there:
        w.fetched.append(known)
    told = release(w.facts, "torchvision")
    if told is not None and told >= _QUIET:
        if not there and version_of(w.facts, "tqdm") is None:
            for _ in (name for name, _ in known.files if name.endswith(".gz")):
                w.emit(Line((Literal("\r100.0%"),), "\n", "stderr"))
        return
    for text in known.found if there else known.lines:
        w.emit(_line(text)[0])


_QUIET = (0, 21)
"""The release of torchvision from which on a download only draws its bar, without tqdm one of percent."""


def _line(*parts: str | Hole) -> tuple[Line]:
    return (Line(tuple(Literal(part) if isinstance(part, str) else part for part in parts)),)


_FETCHED = (
    _line("Files already downloaded and verified"),
    _line("Downloading ", Hole("str", "", "url")),
    _line("Extracting ", Hole("str", "", "path")),
    _line(),
)
_DOWNLOAD = Loop(None, "", (), (Choice(_FETCHED),), (), True)
_DATASETS = {name: dataset(name, sizes) for name, sizes in DATASETS.items()}


def loader(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    data = args[0] if args else named.get("dataset")
    batch = named.get("batch_size", args[1] if len(args) > 1 else 1)
    size = len_(w, [data], {}, None) if data is not None else None
    count: int | None = None
    if (sampler := named.get("sampler")) is not None:
        size = value_size(sampler)
    if isinstance(size, int) and isinstance(batch, int) and batch > 0 and "batch_sampler" not in named:
        count = size // batch if named.get("drop_last") is True else -(-size // batch)
    plain = named.get("collate_fn") is None
    return Thing("loader", {"size": count, "data": data, "dataset": data, "batch_size": batch, "rows": size,
                            "drop_last": named.get("drop_last", False), "item": item_of(w, data) if plain else None,
                            "plain": plain, "sampler": sampler})  # fmt: skip


def split(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    lengths = args[1] if len(args) > 1 else named.get("lengths")
    size = len_(w, [args[0]], {}, None)
    if not isinstance(lengths, (list, tuple)):
        return Unknown()
    lose(w)
    parts: list[Value] = list(lengths)
    if all(isinstance(each, float) for each in parts) and isinstance(size, int):
        whole = [math.floor(size * each) for each in parts if isinstance(each, float)]
        for n in range(size - sum(whole)):
            whole[n % len(whole)] += 1
        parts = list(whole)
    item = item_of(w, args[0])
    return [Thing("dataset", {"size": each if isinstance(each, int) else None, "item": item}) for each in parts]


def subset(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    size = len_(w, [args[1]], {}, None) if len(args) > 1 else None
    return Thing("dataset", {"size": size if isinstance(size, int) else None, "item": item_of(w, args[0])})


def tensors(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    size = len_(w, [args[0]], {}, None) if args else None
    held = [each for each in args if isinstance(each, Tensor) and each.dims]
    item = tuple(tensor(each.dims[1:], each.dtype) for each in held) if len(held) == len(args) else None
    return Thing("dataset", {"size": size if isinstance(size, int) else None, "item": item})


def bar(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    inner = args[0] if args else named.get("iterable")
    return Thing("bar", {"inner": [] if inner is None else inner})


def bar_range(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("bar", {"inner": BUILTINS["builtins.range"](w, args, {}, None)})


def parallel(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("parallel", {"inner": args[0] if args else named.get("module"), "module": args[0] if args else None})


def distributed(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("chain", {"inner": [args[0] if args else named.get("module")], "module": args[0] if args else None})


def chain(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("chain", {"inner": list(args)})


def write(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    w.say(shown(args[0], w.ask, expr=w.source(node)) if args else "", end="")
    return Unknown("int")


def write_error(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    w.say(shown(args[0], w.ask, expr=w.source(node)) if args else "", end="", stream="stderr")
    return Unknown("int")


def dumps(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    if known(args[0]) and all(known(each) for each in named.values()):
        return checked(lambda: json.dumps(args[0], **named))  # type: ignore[arg-type]
    return Unknown("any")


def pprint(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    text = shown(args[0], w.ask, inside=True, expr=w.source(node))
    if isinstance(text, str) and len(text) < 78 and not isinstance(args[0], dict):
        w.say(text)
    else:
        w.emit(Free(expr=w.source(node)))
    return None


def call_parallel(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """Each GPU runs its own replica, and what a replica writes into itself is lost."""
    inner = this.attrs["inner"]
    if not w.loud_value(inner):
        return w.call(inner, args, named, node)
    count = w.facts.get("torch.cuda.device_count()")
    if count in (0, 1):
        return w.call(inner, args, named, node)
    parts = replicas(args, count) if isinstance(count, int) else []
    if parts:
        return _each_replica(w, inner, args, parts, named, node)
    args = [Unknown(each.kind) if isinstance(each, Tensor) else each for each in args]
    w.state.begin()

    def once() -> Flow:
        w.call(inner, args, named, node)
        return None

    _, nodes = w.record(once)
    w.state.rollback()
    if nodes:
        w.emit(Loop(count if isinstance(count, int) else None, "gpu", (), nodes, (), not isinstance(count, int)))
    return Unknown("tensor")


def _each_replica(
    w: Walk, inner: Value, args: list[Value], parts: list[list[Value]], named: dict[str, Value], node: ast.AST | None
) -> Value:
    """The replicas' lines one after the other, as one loop where they are alike."""
    said: list[tuple[Node, ...]] = []
    values: list[Value] = []
    for part in parts:
        w.state.begin()

        def once(part: list[Value] = part) -> Flow:
            values.append(w.call(inner, part, named, node))
            return None

        said.append(w.record(once)[1])
        w.state.rollback()
    if any(said):
        alike = all(each == said[0] for each in said)
        w.emit(Loop(len(said), "gpu", () if alike else tuple(range(len(said))), said[0], () if alike else tuple(said)))
    rows = next(each.dims[0] for each in args if isinstance(each, Tensor) and each.dims)
    return gathered(values[0], rows)


def call_chain(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    value: Value = args[0] if args else Unknown("tensor")
    inner = this.attrs["inner"]
    for n, each in enumerate(inner if isinstance(inner, list) else []):
        value = w.call(each, args if n == 0 else [value], named if n == 0 else {}, node)
    return value


def call_method(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    owner, name = this.attrs["this"], str(this.attrs["name"])
    assert isinstance(owner, Thing)
    if owner.kind == "parser":
        return parser_method(w, owner, name, args, named)
    if owner.kind in ("logger", "handler", "filehandler"):
        return logger_method(w, owner, name, args, node)
    if owner.kind == "file":
        return file_method(w, owner, name, args)
    if owner.kind in ("optimizer", "scheduler"):
        return rate_method(w, owner, name, args, named)
    if owner.kind == "random":
        return draw(w, owner.attrs, "stream", name, args, named)
    if owner.kind == "path":
        return path_method(w, owner, name, args, named)
    if owner.kind == "bar" and name == "write":
        w.say(shown(args[0], w.ask, expr=w.source(node)) if args else "")
        return None
    if name == "register_forward_hook" and args and w.loud_value(args[0]):
        w.hooked = True
    if owner.kind in ("parallel", "chain") and name in ("to", "cuda", "train", "eval", "cpu", "half", "float"):
        inner = owner.attrs["inner"]
        for each in inner if isinstance(inner, list) else [inner]:
            if is_module(each):
                w.call(w.attribute(each, name), args, named, None)
        return owner
    return Unknown("any")


THINGS: dict[str, ThingCall] = {"parallel": call_parallel, "chain": call_chain, "method": call_method, "module": called}
THINGS |= KERAS_THINGS | {MODE: around}


def thing_attribute(w: Walk, value: Thing, name: str) -> Value:
    """``value.name`` of a library's object."""
    if value.kind == "module":
        return module_attribute(w, value, name)
    if value.kind.startswith("keras "):
        return keras_attribute(value, name)
    if value.kind in ("optimizer", "scheduler"):
        return rate_attribute(value, name)
    if name in value.attrs and name not in ("steps", "this", "inner", "text", "stream"):
        return value.attrs[name]
    if value.kind in OBJECTS:
        return OBJECTS[value.kind](value, name)
    if value.kind in ("namespace", "simple", "sorted"):
        if name == "__dict__":
            return value.attrs
        return Unknown()
    if value.kind == "file" and (held := file_attribute(value, name)) is not None:
        return held
    if value.kind == "path" and (held := path_attribute(value, name)) is not None:
        return held
    if name in ("n", "total"):
        return Unknown("int")
    return Thing("method", {"this": value, "name": name})


def vars_(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return args[0].attrs if args and isinstance(args[0], (Thing, Instance)) else Unknown()


def namespace(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    return Thing("namespace", dict(named))


def begun(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``super().__init__(...)`` of a library's class: what it is given may have other rates from here on."""
    give_up(w, [*args, *named.values()])
    return None


def initialised(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``super().__init__(text)`` of an exception."""
    if args and isinstance(args[0], Instance):
        w.state.put(args[0].attrs, "args", tuple(args[1:]))
    return None


def simple(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``types.SimpleNamespace``: Python before 3.9 shows what it holds sorted."""
    return Thing("namespace", dict(named)) if args else Thing("simple" if since(w.facts, 9) else "sorted", dict(named))


def ordered(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    held = BUILTINS["builtins.dict"](w, args, named, node)
    return OrderedDict(held, since(w.facts, 12)) if isinstance(held, dict) else held


LIBRARY: dict[str, Handler] = {
    **LOGGING,
    **FILES,
    "torch.save": save, "torch.load": load, "os.path.getsize": size, "os.path.isdir": exists,
    "sys.exit": exit_, "os._exit": exit_, "sys.stdout.write": write, "sys.stderr.write": write_error,
    "argparse.ArgumentParser": parser, "argparse.ArgumentTypeError": wrong_type,
    "argparse.Namespace": namespace, "types.SimpleNamespace": simple,
    "torch.utils.data.DataLoader": loader, "torch.utils.data.random_split": split, "torch.utils.data.Subset": subset,
    "torch.utils.data.dataset.random_split": split, "torch.utils.data.TensorDataset": tensors,
    "torch.utils.data.dataloader.DataLoader": loader,
    **dict.fromkeys(("tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm"), bar),
    **dict.fromkeys(("tqdm.trange", "tqdm.auto.trange"), bar_range),
    **dict.fromkeys(("tqdm.tqdm.write", "tqdm.auto.tqdm.write"),
                    lambda w, args, named, node: w.say(shown(args[0], w.ask) if args else "")),
    "torch.nn.DataParallel": parallel, "torch.nn.parallel.DistributedDataParallel": distributed,
    "torch.compile": first, "torch.jit.script": first,
    "copy.deepcopy": deepcopy, "first": first, "asyncio.run": first,
    "silent": silent, "begun": begun, "builtins.BaseException.__init__": initialised,
    "functools.wraps": lambda w, args, named, node: Lib("first"), "functools.lru_cache": decorator,
    "functools.cache": decorator,
    "abc.abstractmethod": first, "dataclasses.dataclass": dataclass, "dataclasses.field": field, "json.dumps": dumps,
    "pprint.pprint": pprint, "builtins.vars": vars_,
    "contextlib.contextmanager": decorator,
    "dataclasses.asdict": vars_, "collections.OrderedDict": ordered,
    "collections.defaultdict": lambda w, args, named, node: Unknown(origin="collections.defaultdict()"),
}  # fmt: skip
LIBRARY |= SHAPES | TRANSFORMS | STANDARD | KERAS | DRAWS | CARDS | IMPORTS | GRADIENTS


def iter_list(w: Walk, args: list[Value]) -> list[Value]:
    """The elements of a literal iterable."""
    items = iterate(w, args[0]) if args else Items(0, lambda turn: None)
    return [items.at(turn) for turn in range(items.count)] if items.count is not None else []
