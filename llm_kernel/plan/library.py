"""What calls into libraries mean for the plan: most are silent, some speak, some give values that matter."""

from __future__ import annotations

import ast
import math
import string

from llm_kernel.plan.agents import AGENT, AGENTS, agent_attribute
from llm_kernel.plan.boosting.estimators import BOOSTED, booster_attribute
from llm_kernel.plan.boosting.given import BOOSTER, TABLE, table_attribute
from llm_kernel.plan.copies import deepcopy
from llm_kernel.plan.data import (
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
from llm_kernel.plan.environments import ENVIRONMENTS
from llm_kernel.plan.expressions import checked
from llm_kernel.plan.files import FILES, exists, file_attribute, file_method, path_method, written
from llm_kernel.plan.hub import HUB, HUB_DATA, hub_attribute
from llm_kernel.plan.importing import IMPORTS
from llm_kernel.plan.known import Handler, exit_
from llm_kernel.plan.lightning import LIGHTNING, LIGHTNING_TRAINER, lightning_attribute
from llm_kernel.plan.loaders import DATA_SETS, LOADERS
from llm_kernel.plan.logs import LOGGING, logger_method
from llm_kernel.plan.measures import MEASURE, MEASURES, measure_attribute
from llm_kernel.plan.nodes import Free, Hole
from llm_kernel.plan.parallel import PARALLEL, PARALLEL_THINGS, ThingCall
from llm_kernel.plan.parsers import parser, parser_method, wrong_type
from llm_kernel.plan.paths import path_attribute, path_of
from llm_kernel.plan.plain import PLAIN
from llm_kernel.plan.rates import OPTIMIZERS, SCHEDULERS, give_up, optimizer, rate_attribute, rate_method, scheduler
from llm_kernel.plan.saving import load, save, size
from llm_kernel.plan.sequences import MADE_OF_OTHERS, made_of_others, step_all
from llm_kernel.plan.shapes.batches import TRANSFORMS
from llm_kernel.plan.shapes.cards import CARDS
from llm_kernel.plan.shapes.casting import CASTING
from llm_kernel.plan.shapes.chance import lose_all
from llm_kernel.plan.shapes.descent import closed, followed, optimizer_method
from llm_kernel.plan.shapes.gradients import GRADIENTS, MODE, around
from llm_kernel.plan.shapes.keras.table import KERAS, KERAS_THINGS, keras_attribute
from llm_kernel.plan.shapes.metrics import estimated
from llm_kernel.plan.shapes.module import is_module
from llm_kernel.plan.shapes.numpys import forget
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.since import has
from llm_kernel.plan.shapes.table import OBJECTS, SHAPES, called, module_attribute
from llm_kernel.plan.shapes.versions import fact
from llm_kernel.plan.standard import STANDARD
from llm_kernel.plan.studies import STUDIES, STUDY, TRIAL, study_attribute, trial_attribute
from llm_kernel.plan.text import shown
from llm_kernel.plan.values import (
    Bound,
    Function,
    Instance,
    Lib,
    Text,
    Thing,
    Unknown,
    Value,
    truth,
)  # fmt: skip
from llm_kernel.plan.walk import Raised, Walk

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
    if path in ("numpy.newaxis", "tensorflow.newaxis", "jax.numpy.newaxis"):
        return None
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
    if args and last == "step" and path.startswith("torch.optim."):
        return closed(w, path, args[0])
    _note_file(w, path, last, args)
    w.risks += not path.startswith(_SAFE)
    if path.startswith("builtins.") and last.endswith(
        ("Error", "Exception", "Exit", "Interrupt", "Iteration", "Warning")
    ):
        alone = shown(args[0], w.ask, inside=True) if args and last == "KeyError" else args[0] if args else ""
        text = shown(tuple(args), w.ask) if len(args) > 1 and not last.startswith("OS") else alone
        return Thing("exception", {"name": last, "text": text, "args": tuple(args)})
    root = path.split(".", 1)[0].removesuffix("()").removesuffix("[]")
    handler = LIBRARY.get(path) or (DATA_SETS.get(last) if root in ("torchvision", "datasets") else None)
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
    if made is None:
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
    if path == f"torch.optim.{last}" and last in OPTIMIZERS and (w.telling or followed(args[:1])):
        made = optimizer(w, last, args, named, node)
    elif path == f"torch.optim.lr_scheduler.{last}" and last in SCHEDULERS:
        made = scheduler(w, last, args, named)
    elif path == f"torch.optim.lr_scheduler.{last}" and last in MADE_OF_OTHERS:
        made = made_of_others(w, last, args, named)
    if made is None and path.startswith("torch.optim.") and args:
        forget(w, args[0] if isinstance(args[0], (list, tuple)) else [])  # its steps are not followed
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


def call_method(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    owner, name = this.attrs["this"], str(this.attrs["name"])
    assert isinstance(owner, Thing)
    if owner.kind == "parser":
        return parser_method(w, owner, name, args, named)
    if owner.kind in ("logger", "handler", "filehandler"):
        return logger_method(w, owner, name, args, node)
    if owner.kind == "file":
        return file_method(w, owner, name, args)
    if owner.kind == "optimizer" and name in ("step", "zero_grad"):
        return optimizer_method(w, owner, name, args, named)
    if owner.kind == "scheduler" and owner.attrs["name"] in MADE_OF_OTHERS and name == "step":
        return step_all(w, owner, args, named)
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


THINGS: dict[str, ThingCall] = {"method": call_method, "module": called}
THINGS |= PARALLEL_THINGS | KERAS_THINGS | {MODE: around}


_OBJECTS = OBJECTS | {
    BOOSTER: booster_attribute, TABLE: table_attribute, STUDY: study_attribute, TRIAL: trial_attribute,
    LIGHTNING_TRAINER: lightning_attribute, AGENT: agent_attribute, HUB_DATA: hub_attribute, MEASURE: measure_attribute,
}  # fmt: skip
"""Who answers for the attributes of an object, by its kind."""


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
    if value.kind in _OBJECTS:
        return _OBJECTS[value.kind](value, name)
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


LIBRARY: dict[str, Handler] = {
    "torch.save": save, "torch.load": load, "os.path.getsize": size, "os.path.isdir": exists,
    "sys.exit": exit_, "os._exit": exit_, "copy.deepcopy": deepcopy,
    "argparse.ArgumentParser": parser, "argparse.ArgumentTypeError": wrong_type,
}  # fmt: skip
LIBRARY |= LOGGING | FILES | PLAIN | LOADERS | PARALLEL | BOOSTED | STUDIES | LIGHTNING | AGENTS | MEASURES
LIBRARY |= ENVIRONMENTS | HUB | SHAPES | TRANSFORMS | STANDARD | KERAS | DRAWS | CARDS | IMPORTS | GRADIENTS | CASTING
"""Handlers by full name; what stands in no table is silent, speaks, or is unknown by the words of ``data.py``."""
