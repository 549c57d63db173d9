"""What can be asked of a module: its parameters, its parts, its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from llm_kernel.plan.shapes import module as modules
from llm_kernel.plan.shapes.checkpoint import State
from llm_kernel.plan.shapes.creation import device_of, dtype_of
from llm_kernel.plan.shapes.fit import reach
from llm_kernel.plan.shapes.hooks import HOOKS
from llm_kernel.plan.shapes.loading import load
from llm_kernel.plan.shapes.tensor import Tensor, Vague, tensor
from llm_kernel.plan.values import Instance, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["QUESTIONS"]

_MOST = 1000
"""More parameters than this are not looped over one by one."""


def _values(pairs: list[tuple[str, Tensor]]) -> Value:
    if len(pairs) > _MOST:
        raise Vague
    return [each for _, each in pairs]


def _pairs(pairs: list[tuple[str, Tensor]]) -> Value:
    if len(pairs) > _MOST:
        raise Vague
    return [(name, each) for name, each in pairs]


def _named_modules(this: Value) -> list[Value]:
    return [(name, each) for name, each in modules.modules(this)]


def parameter(w: Walk, this: Value, name: Value, value: Value) -> Value:
    return _register(w, this, name, value, "param")


def buffer(w: Walk, this: Value, name: Value, value: Value, persistent: Value = True) -> Value:
    return _register(w, this, name, value, "buffer" if persistent is not False else "")


def _register(w: Walk, this: Value, name: Value, value: Value, role: str) -> Value:
    if isinstance(this, (Thing, Instance)):
        if isinstance(name, str) and (isinstance(value, Tensor) or value is None):
            held = tensor(value.dims, value.dtype, role=role) if isinstance(value, Tensor) else None
            w.state.put(this.attrs, name, held)
        else:
            w.state.put(this.attrs, "<open>", True)
    return None


def add_module(w: Walk, this: Value, name: Value, value: Value) -> Value:
    if isinstance(this, (Thing, Instance)):
        known = isinstance(name, str)
        w.state.put(this.attrs, name if known else "<open>", value if known else True)
    return None


def freeze(w: Walk, this: Value, requires_grad: Value = True) -> Value:
    """``requires_grad_``: every parameter anew."""
    for _, each in modules.modules(this):
        for value in list(modules.held(each).values()):
            if isinstance(value, Tensor) and value.role == "param" and value.cell is not None:
                w.state.put(value.cell.held, "grad", requires_grad is not False)
    return this


def apply(w: Walk, this: Value, function: Value) -> Value:
    if w.loud_value(function):
        for _, each in reversed(list(modules.modules(this))):
            w.call(function, [each], {}, None)
    return this


def nothing(w: Walk, this: Value, *args: Value, **named: Value) -> Value:
    return None


def itself(w: Walk, this: Value, *args: Value, **named: Value) -> Value:
    return this


def train(w: Walk, this: Value, mode: Value = True) -> Value:
    return _train(w, this, mode is not False)


def _train(w: Walk, this: Value, mode: bool) -> Value:
    for _, each in modules.modules(this):
        if isinstance(each, (Thing, Instance)):
            w.state.put(each.attrs, "training", mode, quiet=True)
    return this


def move(w: Walk, this: Value, *args: Value, **named: Value) -> Value:
    """``to``: every parameter and buffer on another device, or of another type."""
    place: str | None = None
    kind: str | None = None
    for each in (*args, *(named[name] for name in ("device", "dtype") if name in named)):
        if isinstance(each, Lib):
            kind = dtype_of(each, "")
        elif isinstance(each, (str, Unknown)) or type(each) is int:
            place = device_of(each)
        elif each is not None and not isinstance(each, bool):
            place = "?"
    return moved(w, this, place, kind)


def moved(w: Walk, this: Value, place: str | None, kind: str | None) -> Value:
    """The module with its tensors elsewhere; one that stands under two names stays one."""
    if place is not None:
        reach(w.facts, place)
    new: dict[int, Tensor] = {}
    for _, each in modules.modules(this):
        attrs = modules.held(each)
        for name, value in list(attrs.items()):
            if not isinstance(value, Tensor) or value.role not in ("param", "buffer"):
                continue
            made = new.get(id(value))
            if made is None:
                floats = kind is not None and value.dtype.startswith(("float", "bfloat"))
                made = replace(value, device=place or value.device, dtype=kind if floats and kind else value.dtype)
                new[id(value)] = made
            if made != value or made.device != value.device:
                w.state.put(attrs, name, made)
    return this


QUESTIONS: dict[str, Callable[..., Value]] = {
    "parameters": lambda w, this, *rest, **named: _values(modules.parameters(this)),
    "named_parameters": lambda w, this, prefix="", *rest, **named: _pairs(modules.parameters(this)),
    "buffers": lambda w, this, *rest: _values(modules.buffers(this)),
    "named_buffers": lambda w, this, *rest: _pairs(modules.buffers(this)),
    "children": lambda w, this: list({id(each): each for each in modules.children(this).values()}.values()),
    "named_children": lambda w, this: list(modules.children(this).items()),
    "modules": lambda w, this: [each for _, each in modules.modules(this)],
    "named_modules": lambda w, this, *rest, **named: _named_modules(this),
    "state_dict": lambda w, this, *rest, **named: State.of(this, modules.state(this)),
    "register_parameter": parameter, "register_buffer": buffer, "add_module": add_module, "register_module": add_module,
    "load_state_dict": load, "requires_grad_": freeze, "apply": apply, "zero_grad": nothing,
    "train": train, "eval": lambda w, this: _train(w, this, False),
    "__len__": lambda w, this: len(modules.children(this)),
    "append": lambda w, this, value: add_module(w, this, str(len(modules.children(this))), value) or this,
    "get_submodule": lambda w, this, path: dict(modules.modules(this))[path],
    **dict.fromkeys(("share_memory", "compile"), itself),
    "to": move, "type": move, "cpu": lambda w, this: moved(w, this, "cpu", None),
    "cuda": lambda w, this, device="cuda", **named: move(w, this, "cuda" if device is None else device),
    **{name: (lambda w, this, _kind=kind: moved(w, this, None, _kind)) for name, kind in
       {"half": "float16", "float": "float32", "double": "float64", "bfloat16": "bfloat16"}.items()},
    **HOOKS,
}  # fmt: skip
"""Methods of a module by name."""


def attributes(this: Value) -> dict[str, Any]:
    """What a module holds under names of its own."""
    return this.attrs if isinstance(this, (Thing, Instance)) else {}
