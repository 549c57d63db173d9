"""Which modules are called as a batch goes through a model, in which order, and what each gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llm_kernel.plan.shapes import module as modules
from llm_kernel.plan.shapes.chance import lose
from llm_kernel.plan.shapes.hooks import HOOKS, removed
from llm_kernel.plan.shapes.tensor import Shape, Tensor, Vague
from llm_kernel.plan.values import Bound, Instance, Lib, Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["HANDLERS", "Call", "calls", "class_name", "own_parameters", "placed"]


@dataclass(slots=True)
class Call:
    """One call of a module; ``done`` counts the calls that have ended."""

    module: Value
    name: str
    depth: int
    given: tuple[Value, ...]
    gave: Value = None
    done: int = -1

    @property
    def shape(self) -> Shape:
        """The shape of what it gives, of the first of several."""
        return first_shape(self.gave)

    @property
    def input_shape(self) -> Shape:
        """The shape of the first tensor that it takes."""
        return first_shape(self.given)


def first_shape(value: Value) -> Shape:
    """The shape of a tensor, or of the first of several."""
    while isinstance(value, (tuple, list)) and value:
        value = value[0]
    if not isinstance(value, Tensor):
        raise Vague
    return value.dims


def class_name(module: Value) -> str:
    """The name of a module's class."""
    layer = modules.layer_of(module)
    if isinstance(module, Instance):
        return module.cls.name
    if layer is None:
        raise Vague
    return layer.name


def own_parameters(module: Value) -> list[tuple[str, Tensor]]:
    """The parameters that a module itself holds."""
    return [(name, each) for name, each in modules.held(module).items()
            if isinstance(each, Tensor) and each.role == "param"]  # fmt: skip


def placed(model: Value) -> list[tuple[str, Value, int]]:
    """Every module with its own name and its depth, an outer one before its parts."""
    found: list[tuple[str, Value, int]] = []

    def walk(name: str, module: Value, depth: int) -> None:
        if depth > 40 or len(found) > 3000 or not modules.complete(module):
            raise Vague
        found.append((name, module, depth))
        for inner, each in modules.children(module).items():
            walk(inner, each, depth + 1)

    walk(class_name(model), model, 0)
    return found


def calls(w: Walk, model: Value, inputs: list[Value]) -> list[Call]:
    """The calls that a batch makes; ``Vague`` where they cannot be followed."""
    lose(w)
    log: list[Call] = []
    handles: list[Value] = []
    last = {id(each): (name, each, depth) for name, each, depth in placed(model)}
    for name, each, depth in last.values():
        if not isinstance(each, (Thing, Instance)):
            continue
        note = Thing("note", {"log": log, "name": name, "depth": depth})
        handles.append(HOOKS["register_forward_pre_hook"](w, each, Bound(Lib("torch.<entered>"), note)))
        handles.append(HOOKS["register_forward_hook"](w, each, Bound(Lib("torch.<left>"), note)))
    try:
        w.call(model, inputs, {}, None)
    finally:
        removed(w, handles)
    if not log or log[0].done < 0:
        raise Vague
    return log


def _entered(w: Walk, args: list[Value], named: dict[str, Value], node: object) -> Value:
    note, module, given = args
    assert isinstance(note, Thing)
    assert isinstance(given, tuple)
    log: Any = note.attrs["log"]
    log.append(Call(module, str(note.attrs["name"]), int(note.attrs["depth"]), given))  # type: ignore[call-overload]
    return None


def _left(w: Walk, args: list[Value], named: dict[str, Value], node: object) -> Value:
    note, module, _, gave = args
    assert isinstance(note, Thing)
    log: Any = note.attrs["log"]
    open_ = next(each for each in reversed(log) if each.module is module and each.done < 0)
    open_.gave, open_.done = gave, sum(each.done >= 0 for each in log)
    return None


HANDLERS = {"torch.<entered>": _entered, "torch.<left>": _left}
"""Handlers by full name."""
