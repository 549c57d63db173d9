"""``copy.deepcopy``: what changes later in the one does not change in the other."""

from __future__ import annotations

import ast
from typing import Any

from llm_kernel.plan.ordered import OrderedDict
from llm_kernel.plan.values import Instance, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["deepcopy"]


def deepcopy(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """A copy of plain containers and of objects of the source; a library's object stands for its copy."""
    return _copied(args[0], {}) if args else Unknown()


def _copied(value: Value, seen: dict[int, Any]) -> Any:
    if id(value) in seen:
        return seen[id(value)]
    match value:
        case Instance() if any("__deepcopy__" in each.attrs for each in value.cls.line()):
            return Unknown()
        case Instance():
            made = seen[id(value)] = Instance(value.cls)
            made.attrs = {name: _copied(each, seen) for name, each in value.attrs.items()}
            return made
    if type(value) is list:
        items: list[Any] = []
        seen[id(value)] = items
        items += [_copied(each, seen) for each in value]
        return items
    if type(value) in (dict, OrderedDict):
        pairs: dict[Any, Any] = OrderedDict({}, value.braces) if isinstance(value, OrderedDict) else {}
        seen[id(value)] = pairs
        pairs.update({key: _copied(each, seen) for key, each in value.items()})  # type: ignore[attr-defined]
        return pairs
    if type(value) is tuple:
        return tuple(_copied(each, seen) for each in value)
    return set(value) if type(value) is set else value
