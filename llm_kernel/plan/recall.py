"""Calls that were walked before: a quiet function that changed nothing gives the same again while nothing it reads did.

What lists hold is not looked at: a quiet function whose result hangs on how far a list has grown is taken to give what
it gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llm_kernel.plan.state import State
from llm_kernel.plan.values import Bound, Class, Env, Function, Instance, Lib, Text, Thing, Unknown, Value, known

__all__ = ["Recall", "key_of"]

_OBJECTS = (Instance, Function, Class, Thing, Env, Bound)
_MODE = "training"
"""What a module does hangs on its mode: each has calls of its own."""


@dataclass(frozen=True, slots=True)
class _Held:
    value: Value
    moment: int
    risks: int
    keeps: tuple[Value, ...]


class Recall:
    """The results of calls, by function and arguments."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._held: dict[object, _Held] = {}

    def find(self, key: object, reads: Callable[[], frozenset[object]]) -> _Held | None:
        """What the call gave, if nothing that it reads has changed since."""
        held = self._held.get(key)
        if held is None or self._state.hooks:
            return None  # who waits for a call sees every one
        moments = self._state.moments
        if any(moments.get(name, 0) > held.moment for name in reads() if name != _MODE):
            del self._held[key]
            return None
        return held

    def keep(self, key: object, value: Value, risks: int, args: Sequence[Value]) -> None:
        """Remember what a call gave; its arguments are kept so that nothing else gets their identity."""
        if _plain(value):
            self._held[key] = _Held(value, self._state.moment, risks, tuple(args))


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
