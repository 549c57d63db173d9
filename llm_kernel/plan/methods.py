"""Methods of strings, lists and dicts, and what is known of the methods of unknown values."""

from __future__ import annotations

import ast
import math
from collections import Counter
from typing import Any

from llm_kernel.plan.expressions import checked
from llm_kernel.plan.items import lengthen, unpack
from llm_kernel.plan.known import BUILTINS, exprs
from llm_kernel.plan.library import library_call
from llm_kernel.plan.nodes import Hole
from llm_kernel.plan.ordered import OrderedDict, View
from llm_kernel.plan.shapes.checkpoint import State
from llm_kernel.plan.shapes.gradients import loosen, slope
from llm_kernel.plan.shapes.module import Modules
from llm_kernel.plan.shapes.table import NOT_KNOWN, SHAPES, method, tensor_attribute
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.text import braces, joined, parts_of, shown
from llm_kernel.plan.values import LONGEST, SPREAD, Items, Leading, Method, Text, Unknown, Value, kind_of, known, spread
from llm_kernel.plan.walk import Raised, Walk

_STRING = frozenset(
    [
        "upper",
        "lower",
        "title",
        "capitalize",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "splitlines",
        "replace",
        "startswith",
        "endswith",
        "find",
        "rfind",
        "index",
        "count",
        "isdigit",
        "isalpha",
        "isalnum",
        "isupper",
        "islower",
        "isspace",
        "swapcase",
        "casefold",
        "partition",
        "rpartition",
        "removeprefix",
        "removesuffix",
        "zfill",
        "ljust",
        "rjust",
        "center",
        "encode",
        "expandtabs",
        "isnumeric",
        "isidentifier",
        "decode",
    ]
)
_RESULT = {"split": "any", "startswith": "bool", "endswith": "bool", "find": "int", "count": "int", "index": "int",
           "isdigit": "bool", "isalpha": "bool", "splitlines": "any"}  # fmt: skip
_NUMBERS = {"size": "shape", "numel": "int", "dim": "int", "tolist": "any", "nelement": "int", "ndimension": "int"}
_KEEPS = frozenset(
    [
        "to",
        "cuda",
        "cpu",
        "detach",
        "view",
        "view_as",
        "reshape",
        "squeeze",
        "unsqueeze",
        "flatten",
        "clone",
        "data",
        "T",
        "transpose",
        "permute",
        "contiguous",
        "abs",
        "max",
        "min",
        "cumsum",
        "expand",
        "repeat",
    ]
)
_MOVES = frozenset(["to", "cuda", "cpu", "detach", "clone", "contiguous", "float", "double", "half", "long"])
"""Methods of a tensor that leave its shape."""
_INTS = frozenset({"argmax", "argmin", "argsort", "long", "int", "nonzero"})
_BOOLS = frozenset({"eq", "ne", "gt", "lt", "ge", "le"})
_TENSORS = ("tensor", "ints", "bools")


def unknown_attribute(value: Unknown, name: str) -> Value:
    """``value.name`` of a value that nobody knows."""
    if (known := value.told(name)) is not None:
        return known
    if isinstance(value, Tensor) and name == "grad":
        return slope(value)
    if isinstance(value, Tensor):
        found = tensor_attribute(value, name)
        if found is not None:
            return found
    if name == "shape" and value.shape is None and value.size is not None:
        return Leading("shape", first=value.size)
    if name == "shape":
        return Unknown("shape", shape=value.shape)
    if value.kind in _TENSORS and name in ("dtype", "device"):
        return Unknown("str")
    if value.kind in _TENSORS and name in ("data", "T", "grad"):
        return Unknown(value.kind)
    if name in ("ndim", "pid", "returncode"):
        return Unknown("int")
    if name in ("__doc__", "__name__", "name", "stem", "suffix"):
        return Unknown("str", value.origin and f"{value.origin}.{name}")
    return Method(value, name)


def method_call(w: Walk, method: Method, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """A method of a built-in or unknown value."""
    w.risks += isinstance(method.this, Unknown)
    this, name = method.this, method.name
    if isinstance(this, (str, Text)):
        return _of_text(w, this, name, args, named, node)
    if isinstance(this, list):
        return _of_list(w, this, name, args, named)
    if isinstance(this, dict):
        return _of_dict(w, this, name, args, named)
    if isinstance(this, set):
        return _of_set(w, this, name, args)
    if isinstance(this, Unknown):
        return _of_unknown(w, this, name, args, named, node)
    if known(this) and all(known(each) for each in args) and hasattr(this, name) and not name.startswith("_"):
        return checked(lambda: getattr(this, name)(*args, **named))
    return Unknown()


def _of_text(
    w: Walk, this: str | Text, name: str, args: list[Value], named: dict[str, Value], node: ast.AST | None
) -> Value:
    if name == "format" and isinstance(this, str):
        return checked(
            lambda: braces(this, args, named, w.ask, lambda value, path: _reach(w, value, path), exprs(w, node))
        )
    if name == "join":
        held = unpack(w, args[0]) if args else []
        if SPREAD in held or not all(isinstance(each, (str, Text)) or kind_of(each) in ("str", "any") for each in held):
            wrong = next((n for n, each in enumerate(held) if known(each) and not isinstance(each, str)), None)
            if wrong is not None and SPREAD not in held:
                kind = type(held[wrong]).__name__
                raise Raised("TypeError", f"sequence item {wrong}: expected str instance, {kind} found")
            return Unknown("str")
        if sum(map(_length, held)) + _length(this) * len(held) > LONGEST:
            return Unknown("str")
        texts = [each if isinstance(each, (str, Text)) else shown(each, w.ask) for each in held]
        out: list[str | Hole] = []
        for n, each in enumerate(texts):
            out += [*parts_of(this), *parts_of(each)] if n else parts_of(each)
        return joined(out)
    small = all(known(each) and not (isinstance(each, int) and each > 10000) for each in args)
    small = small and not (name == "replace" and _long([this, *args[:2]]))
    if isinstance(this, str) and name in _STRING and small:
        return checked(lambda: getattr(this, name)(*args, **named))
    if not hasattr("", name):
        raise Raised("AttributeError", f"'str' object has no attribute '{name}'", near=[dir(str)])
    return Unknown(_RESULT.get(name, "str"))


def _length(text: Value) -> int:
    """The letters of a text, a part that is not known counted as one."""
    if isinstance(text, Text):
        return sum(len(part) if isinstance(part, str) else 1 for part in text.parts)
    return len(text) if isinstance(text, str) else 1


def _long(factors: list[Value]) -> bool:
    """Whether things of these lengths may make one that nobody holds."""
    return math.prod(len(each) for each in factors if isinstance(each, (str, list)) and each) > LONGEST


def _reach(w: Walk, value: Value, path: str) -> Value:
    for step in path.replace("[", ".[").split("."):
        if step.startswith("["):
            key: Value = int(step[1:-1]) if step[1:-1].isdigit() else step[1:-1]
            inside: Any = value if isinstance(value, (list, tuple, dict)) and not spread(value) else None
            value = Unknown() if inside is None else inside[key]
        elif step:
            value = w.attribute(value, step)
    return value


def _of_list(w: Walk, this: list[Value], name: str, args: list[Value], named: dict[str, Value]) -> Value:
    if isinstance(this, Modules) and f"torch.nn.Module.{name}" in SHAPES and name != "append":
        return SHAPES[f"torch.nn.Module.{name}"](w, [this, *args], named, None)
    if name == "copy":
        return this.copy()
    if name in ("count", "index") and known(this) and all(known(each) for each in args):
        return checked(lambda: getattr(this, name)(*args))
    if name in ("count", "index"):
        return Unknown("int")
    w.state.touch(this)
    if name == "sort":
        ordered = BUILTINS["builtins.sorted"](w, [this], named, None)
        this[:] = ordered if isinstance(ordered, list) else [SPREAD]
        return None
    if name == "extend":
        lengthen(w, this, unpack(w, args[0]))
        return None
    if name == "append" and spread(this) and len(this) > 3:
        return None
    if name in ("append", "insert", "reverse", "clear") or (name in ("pop", "remove") and not spread(this)):
        return checked(lambda: getattr(this, name)(*args))
    return Unknown()


def _of_dict(w: Walk, this: dict[Any, Value], name: str, args: list[Value], named: dict[str, Value]) -> Value:
    open_ = spread(this) or not all(known(each) for each in args[:1])
    if name in ("items", "keys", "values"):
        if spread(this):
            pair = (Unknown("any"), Unknown("any"))
            return Items(None, lambda turn: pair if name == "items" else pair[0])
        return View.of(this, name, ordered=isinstance(this, OrderedDict | State))
    if name == "get":
        if open_ and known(args[0]) and args[0] in this:
            return this[args[0]]
        return Unknown() if open_ else this.get(args[0], args[1] if len(args) > 1 else None)
    if name == "copy":
        return this.copy()
    if name == "most_common":
        limit = args[0] if args else None
        if known(this) and (limit is None or isinstance(limit, int)):
            return Counter(this).most_common(limit)
        return Unknown(origin="Counter().most_common()")
    if name == "update":
        extra = args[0] if args and isinstance(args[0], dict) else {SPREAD: SPREAD} if args else {}
        for key, value in {**extra, **named}.items():
            w.state.put(this, key, value)
        return None
    if name == "setdefault" and not open_:
        if args[0] not in this:
            w.state.put(this, args[0], args[1] if len(args) > 1 else None)
        return this[args[0]]
    w.state.touch(this)
    if name == "pop" and not open_:
        return checked(lambda: this.pop(*args[:2]))
    if name == "clear":
        this.clear()
        return None
    this[SPREAD] = SPREAD
    return Unknown()


def _of_set(w: Walk, this: set[Any], name: str, args: list[Value]) -> Value:
    if name in ("add", "discard", "remove", "update", "clear", "pop"):
        w.state.touch(this)
        if name == "pop" or not all(known(each) for each in args):
            this.add(SPREAD)
            return Unknown()
        return checked(lambda: getattr(this, name)(*args))
    if known(this) and all(known(each) for each in args) and hasattr(this, name):
        return checked(lambda: getattr(this, name)(*args))
    return Unknown()


def _of_unknown(
    w: Walk, this: Unknown, name: str, args: list[Value], named: dict[str, Value], node: ast.AST | None
) -> Value:
    if isinstance(this, Tensor):
        found = method(w, this, name, args, named)
        if found is not NOT_KNOWN:
            return found
    if this.size is not None and this.kind in ("any", "tensor") and name in _MOVES:
        return Unknown("tensor", size=this.size)
    if name == "backward":
        loosen(w)
    if this.kind in _TENSORS or name in ("item", "size", "eq", "argmax", "backward", "cpu", "view_as"):
        return _of_tensor(this, name, args)
    if name in ("numel", "nelement", "dim"):
        return Unknown("int")
    if this.kind == "str" and hasattr("", name):
        return Unknown(_RESULT.get(name, "str"))
    return library_call(w, f"{this.origin}.{name}", args, named, node)


def _of_tensor(this: Unknown, name: str, args: list[Value]) -> Value:
    if name == "item":
        return Unknown("int" if this.kind in ("ints", "bools") else "float")
    if name == "sum":
        return Unknown("ints" if this.kind in ("ints", "bools") else "tensor")
    if name in ("size", "numel", "dim", "nelement"):
        if name == "size" and args:
            at = args[0]
            if at == 0 and this.shape is None and this.size is not None:
                return this.size
            inside = this.shape is not None and isinstance(at, int) and -len(this.shape) <= at < len(this.shape)
            return this.shape[at] if inside and this.shape is not None and isinstance(at, int) else Unknown("int")
        return Unknown(_NUMBERS[name], shape=this.shape if name == "size" else None)
    if name in ("max", "min", "topk", "sort") and args:
        return (Unknown("tensor"), Unknown("ints"))
    if name in _KEEPS:
        return Unknown(this.kind)
    kind = "ints" if name in _INTS else "bools" if name in _BOOLS else "tensor"
    if name in ("tolist", "backward"):
        return Unknown() if name == "tolist" else None
    if name in ("numpy",):
        return Unknown(this.kind)
    return Unknown(kind)
