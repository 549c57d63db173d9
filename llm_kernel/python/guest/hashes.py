"""Hashes that come of a place in memory: the machine's, and none of the host's, for sets lie in their order."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable
from typing import Any, cast

from .addresses import Addresses
from .world import Doubt

__all__ = ["Hashes"]

_BY_PLACE = vars(object)["__hash__"]
_METHODS = (types.BuiltinMethodType, types.MethodType, types.MethodWrapperType)
_NAME = "__hash__"


class Hashes:
    """What the builtin ``hash`` gives, and whose hashes a set may have: those are the same each time."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._records: dict[Any, list[str]] = {}

        def __hash__(value: Any) -> int:  # noqa: N807 - the name that the program's classes get it by
            return addresses.of(value) >> 4

        self._own = __hash__

    def of(self, value: Any, /) -> int:
        """The builtin ``hash``."""
        return hash(self._steady(value)) if self._placed(value) else hash(value)

    def give(self, kind: Any) -> None:
        """Let the objects of a class of the program's have places of the machine's."""
        if isinstance(kind, type) and kind.__hash__ is _BY_PLACE:
            type.__setattr__(kind, _NAME, self._own)

    def take(self, kind: Any) -> None:
        """A class as its program wrote it."""
        if isinstance(kind, type) and vars(kind).get(_NAME) is self._own:
            type.__delattr__(kind, _NAME)

    def record(self, made: Any, fields: Iterable[Any], before: Any) -> None:
        """A class became a data class, and may have got a hash of its ``fields``; ``before`` is the one it had."""
        method = vars(made).get(_NAME)
        if method is not None and method is not before:
            counted = (field for field in fields if (field.compare if field.hash is None else field.hash))
            self._records[method] = [field.name for field in counted]
        self.give(made)

    def written(self, kind: type) -> Any:
        """What ``__dict__`` shows of a class."""
        names = vars(kind)
        if names.get(_NAME) is not self._own:
            return names
        return types.MappingProxyType({name: value for name, value in names.items() if name != _NAME})

    def check(self, items: Iterable[Any]) -> None:
        """Doubt a set that would be in the order of the host's places."""
        if any(map(self._placed, items)):
            raise Doubt("a set in the order of places in memory")

    def check_added(self, method: Any, args: Iterable[Any]) -> None:
        """Doubt the same of what a method of a set took in."""
        if method.__name__ == "add":
            self.check(args)
        else:
            for many in args:
                self.check(many if isinstance(many, Collection) else method.__self__)

    def check_mapped(self, function: Any) -> None:
        """Doubt ``map`` where it would make or fill sets that nobody looks at."""
        if function is set or function is frozenset or (type(function) in _METHODS and type(function.__self__) is set):
            raise Doubt("a set in the order of places in memory")

    def _steady(self, value: Any) -> Any:
        """The same for the same value, each time."""
        parts = self._parts(value)
        if parts is None:
            return self._addresses.of(value) >> 4
        return tuple(self._steady(part) if self._placed(part) else part for part in parts)

    def _placed(self, value: Any) -> bool:
        kind = type(value)
        if kind is str or kind is int:
            return False
        if kind.__hash__ is _BY_PLACE or kind in _METHODS:
            return True
        return any(map(self._placed, self._parts(value) or ()))

    def _parts(self, value: Any) -> Iterable[Any] | None:
        """Those of whose hashes the library makes that of the whole."""
        method: Any = type(value).__hash__
        if method is tuple.__hash__:
            return cast("tuple[Any, ...]", value)
        names = self._records.get(method)
        return None if names is None else [getattr(value, name) for name in names]
