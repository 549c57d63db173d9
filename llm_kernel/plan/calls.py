"""Calls and attributes: who answers them, by what is called."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

from llm_kernel.plan.classes import member, of_class, of_instance, of_super
from llm_kernel.plan.known import BUILTINS
from llm_kernel.plan.library import LIBRARY, THINGS, library_call, library_value, thing_attribute
from llm_kernel.plan.methods import method_call, unknown_attribute
from llm_kernel.plan.nodes import Free
from llm_kernel.plan.reckoning import reckoned
from llm_kernel.plan.shapes.device import Device
from llm_kernel.plan.shapes.hooks import after, before
from llm_kernel.plan.shapes.module import Named
from llm_kernel.plan.shapes.table import SHAPES, base, called
from llm_kernel.plan.shapes.tensor import Returned, Tensor
from llm_kernel.plan.values import (
    Bound,
    Class,
    Counted,
    Env,
    Function,
    Instance,
    Lib,
    Method,
    Super,
    Thing,
    Unknown,
    Value,
    Wrapped,
    join,
    known,
)  # fmt: skip
from llm_kernel.plan.walk import Flow, Raised, Walk

_LARGE = 1 << 28
"""Bytes below which nobody asks whether a tensor fits."""
_BYTES = {"float64": 8, "int64": 8, "float16": 2, "bfloat16": 2, "int16": 2, "int8": 1, "uint8": 1, "bool": 1}


def attribute(w: Walk, value: Value, name: str) -> Value:
    """``value.name``."""
    match value:
        case Env():
            if name in value.names:
                return value.names[name]
            if name == "__dict__":
                return {name: each for name, each in value.names.items() if not name.startswith("<")}
            return w.module(f"{value.names.get('__name__', '')}.{name}")
        case Lib(path):
            return library_value(w, f"{path}.{name}")
        case Instance():
            found = of_instance(w, value, name)
            if isinstance(found, Unknown) and name in ("__enter__", "__exit__", "__iter__", "__getitem__", "__len__"):
                return Unknown()
            return found
        case Class():
            return of_class(w, value, name)
        case Super():
            return of_super(w, value, name)
        case Thing():
            return thing_attribute(w, value, name)
        case Unknown():
            if value.among and not known(value.among[0]):
                return _among(w, value, name)
            return unknown_attribute(value, name)
        case Function():
            return value.attrs.get(name, value.name if name == "__name__" else Unknown())
        case Bound():
            return attribute(w, value.function, name)
        case Named() if name in value:
            return value[name]
        case Returned():
            return value[value.fields.index(name)] if name in value.fields else Method(value, name)
        case Device() if name in ("type", "index"):
            return getattr(value, name)
    return Method(value, name)


def _among(w: Walk, value: Unknown, name: str) -> Value:
    found = [attribute(w, each, name) for each in value.among]
    result = found[0]
    for each in found[1:]:
        result = join(result, each)
    return result


def call(w: Walk, function: Value, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """The value of ``function(*args, **named)``."""
    match function:
        case Function():
            return _walked(w, function, args, named, None)
        case Bound(Lib("self"), this):
            return this
        case Bound(inner, this):
            if isinstance(inner, Function):
                return _walked(w, inner, [this, *args], named, this)
            return call(w, inner, [this, *args], named, node)
        case Class():
            return _made(w, function, args, named)
        case Instance():
            return _called(w, function, args, named, node)
        case Method():
            return method_call(w, function, args, named, node)
        case Lib(path):
            if f"{path}()" in w.facts:
                return w.facts[f"{path}()"]
            counts = any(isinstance(each, Counted) for each in args) and not named
            if counts and (reckon := reckoned(path, args)) is not None:
                return reckon
            handler = BUILTINS.get(path) or LIBRARY.get(path)
            made = handler(w, args, named, node) if handler else library_call(w, path, args, named, node)
            _has_room(w, made)
            return made
        case Thing():
            thing = THINGS.get(function.kind)
            return thing(w, function, args, named, node) if thing else Unknown()
        case Unknown():
            if function.among:
                return _each(w, function, args, named, node)
            return library_call(w, function.origin, args, named, node)
        case Wrapped():
            return call(w, function.function, args, named, node)
    if known(function):
        raise Raised("TypeError", f"'{type(function).__name__}' object is not callable")
    return Unknown()


def _has_room(w: Walk, made: Value) -> None:
    """Whether a new tensor fits on its GPU."""
    if isinstance(made, Tensor) and made.dims and made.device.startswith("cuda") and callable(w.facts.get("room")):
        size = math.prod(made.dims) * _BYTES.get(made.dtype, 4)
        if size > _LARGE and (fault := w.facts["room"](size)):  # type: ignore[operator]  # callable, as just seen
            raise Raised(*fault)


def _each(w: Walk, function: Unknown, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    values: list[Value] = []

    def way(each: Value) -> Callable[[], Flow]:
        def walk() -> Flow:
            values.append(call(w, each, args, named, node))
            return None

        return walk

    w.fork([way(each) for each in function.among if not isinstance(each, (int, float, str, type(None)))] or [_nothing])
    result = values[0] if values else Unknown()
    for each in values[1:]:
        result = join(result, each)
    return result


def _nothing() -> Flow:
    return None


def _walked(w: Walk, function: Function, args: list[Value], named: dict[str, Value], this: Value) -> Value:
    node = function.node
    if not isinstance(node, ast.Lambda) and w.yields(node):
        return _generator(w, function, args, named, this)
    return w.run(function, args, named, function.owner, this if this is not None else (args[0] if args else None))


def _generator(w: Walk, function: Function, args: list[Value], named: dict[str, Value], this: Value) -> Value:
    """A quiet generator is walked to its end at once; a printing one would mix its lines with its reader's."""
    if w.loud(function.node):
        w.emit(Free(expr=function.name))
        return Unknown()
    out: list[Value] = []
    inner = Function(function.node, Env({"<yield>": out}, function.env, function.env.root), function.defaults,
                     function.named, function.owner)  # fmt: skip

    def walk() -> Flow:
        w.run(inner, args, named, function.owner, this)
        return None

    done, _ = w.attempt(walk, function.node)
    return out if done else Unknown()


def _made(w: Walk, cls: Class, args: list[Value], named: dict[str, Value]) -> Value:
    foreign = cls.foreign()
    if foreign.startswith(("enum.", "typing.NamedTuple", "collections.namedtuple")):
        return Unknown(origin=foreign)
    this = Instance(cls)
    w.state.made(this.attrs)
    init = member(cls, "__init__")
    if foreign.startswith("builtins.") and foreign.endswith(("Exception", "Error")):
        w.state.put(this.attrs, "args", tuple(args))
    if init is None and cls.fields is not None:
        return _data(w, cls, this, args, named)
    if isinstance(init, Function):
        _walked(w, init, [this, *args], named, this)
    elif base(foreign):
        SHAPES["torch.nn.Module.<descend>"](w, [foreign, this, *args], named, None)
    return this


def _data(w: Walk, cls: Class, this: Instance, args: list[Value], named: dict[str, Value]) -> Value:
    given = dict(zip(cls.fields or (), args, strict=False)) | named
    for name in cls.fields or ():
        default = member(cls, name)
        if isinstance(default, Thing) and default.kind == "field":
            maker = default.attrs.get("default_factory")
            default = call(w, maker, [], {}, None) if maker is not None else default.attrs.get("default")
        w.state.put(this.attrs, name, given.get(name, default))
    after = member(cls, "__post_init__")
    if isinstance(after, Function):
        _walked(w, after, [this], {}, this)
    return this


def _called(w: Walk, this: Instance, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    method = member(this.cls, "__call__") or member(this.cls, "forward")
    if isinstance(method, Function):
        if w.hooked:
            w.emit(Free(expr=w.source(node)))
        args = before(w, this, args)
        value = after(w, this, args, _walked(w, method, [this, *args], named, this))
        return Unknown("tensor") if isinstance(value, Unknown) and value.kind == "any" and this.cls.foreign() else value
    if base(this.cls.foreign()):
        return called(w, this, args, named, node)
    return library_call(w, this.cls.foreign() + "()", args, named, node)
