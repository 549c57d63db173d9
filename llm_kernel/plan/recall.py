"""Calls that were walked before: a quiet function gives the same again while nothing that it read changed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llm_kernel.plan.state import State
from llm_kernel.plan.values import Bound, Class, Env, Function, Instance, Lib, Text, Thing, Unknown, Value, known

__all__ = ["Reading", "Recall", "key_of"]

_OBJECTS = (Instance, Function, Class, Thing, Env, Bound)
_MOST = 5000
"""Values in the containers that a call saw, beyond which nobody looks whether one of them has changed."""
_MODE = "training"
"""What a module does hangs on its mode: each has calls of its own."""


@dataclass(slots=True)
class Reading:
    """What a call has read by now: the functions that were walked, and the containers that it saw, by their ids."""

    functions: set[ast.AST] = field(default_factory=set)
    containers: dict[int, Value] = field(default_factory=dict)

    def add(self, other: Reading) -> None:
        """A call inside has read this."""
        self.functions |= other.functions
        self.containers |= other.containers

    def whole(self) -> bool:
        """Add what lies in the containers; whether there was not too much to look through."""
        waiting = list(self.containers.values())
        looked = 0
        while waiting and looked < _MOST:
            inside: Any = waiting.pop()
            looked += len(inside)
            for each in inside.values() if isinstance(inside, dict) else inside:
                if isinstance(each, (list, dict, set, tuple)) and id(each) not in self.containers:
                    self.containers[id(each)] = each
                    waiting.append(each)
        return looked < _MOST


@dataclass(slots=True)
class _Held:
    value: Value
    moment: int
    risks: int
    keeps: tuple[Value, ...]
    reading: Reading
    names: frozenset[object] | None = None
    """All that its functions read beyond their own names, once somebody asked."""


class Recall:
    """The results of calls, by function and arguments."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._held: dict[object, _Held] = {}

    def find(self, key: object, reads: Callable[[ast.AST], frozenset[object]]) -> _Held | None:
        """What the call gave, if nothing that it read has changed since; ``reads`` tells the names of a function."""
        held = self._held.get(key)
        if held is None or self._state.hooks:
            return None  # who waits for a call sees every one
        if held.names is None:
            held.names = frozenset().union(*map(reads, held.reading.functions)) - {_MODE}
        moments, contents = self._state.moments, self._state.contents
        changed = any(moments.get(name, 0) > held.moment for name in held.names)
        if changed or any(contents.get(each, 0) > held.moment for each in held.reading.containers):
            del self._held[key]
            return None
        return held

    def keep(self, key: object, value: Value, risks: int, args: Sequence[Value], reading: Reading) -> None:
        """Remember what a call gave; what it was given and read is kept so that nothing else gets its identity."""
        if _plain(value) and reading.whole():
            self._state.kept += 1
            self._held[key] = _Held(value, self._state.moment, risks, tuple(args), reading)


def key_of(node: object, args: Sequence[Value], named: Mapping[str, Value]) -> object | None:
    """What a call is remembered by; None where its arguments cannot be compared."""
    parts = [_part(each) for each in (*args, *named.values())]
    if any(part is None for part in parts):
        return None
    key = (node, tuple(parts), tuple(named), len(args))
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _part(value: Value) -> object | None:
    if isinstance(value, (Instance, Thing)):
        return ("object", id(value), value.attrs.get(_MODE) is False)
    if isinstance(value, _OBJECTS):
        return ("object", id(value))
    if isinstance(value, Unknown):
        return None if getattr(value, "cell", None) is not None else (type(value), value, getattr(value, "device", ""))
    if isinstance(value, tuple):
        parts = tuple(_part(each) for each in value)
        return None if any(part is None for part in parts) else ("tuple", parts)
    if isinstance(value, (bool, int, float, str, type(None), Lib, Text)):
        return (type(value), value)
    return None


def _plain(value: Value) -> bool:
    """Whether a result can be given twice: nobody can change it."""
    if isinstance(value, tuple):
        return all(_plain(each) for each in value)
    if isinstance(value, Unknown):
        return getattr(value, "cell", None) is None and not value.among
    return isinstance(value, (Text, Lib)) or (known(value) and not isinstance(value, (list, dict, set)))
