"""What can be asked of a module: its parameters, its parts, its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llm_kernel.plan.shapes import module as modules
from llm_kernel.plan.shapes.checkpoint import State
from llm_kernel.plan.shapes.tensor import Tensor, Vague, tensor
from llm_kernel.plan.values import Instance, Thing, Unknown, Value
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


def load(w: Walk, this: Value, *args: Value, **named: Value) -> Value:
    """``load_state_dict``; what it returns is printed only by a notebook."""
    return Unknown("any", "torch.nn.Module.load_state_dict()")


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
    if isinstance(this, (Thing, Instance)):
        w.state.put(this.attrs, "training", mode, quiet=True)
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
    **dict.fromkeys(("to", "cuda", "cpu", "half", "float", "double", "bfloat16", "type", "share_memory", "compile"),
                    itself),
}  # fmt: skip
"""Methods of a module by name."""


def attributes(this: Value) -> dict[str, Any]:
    """What a module holds under names of its own."""
    return this.attrs if isinstance(this, (Thing, Instance)) else {}
