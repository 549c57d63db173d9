"""How the arguments of a call become the names of a function, and what Python says where they do not fit."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from .world import Doubt

__all__ = ["Parameters"]


class Parameters:
    """The parameters of one function."""

    def __init__(self, arguments: ast.arguments) -> None:
        self.only = [argument.arg for argument in arguments.posonlyargs]
        self.names = [*self.only, *(argument.arg for argument in arguments.args)]
        self.keys = [argument.arg for argument in arguments.kwonlyargs]
        self.rest = arguments.vararg.arg if arguments.vararg else None
        self.more = arguments.kwarg.arg if arguments.kwarg else None
        self._known = frozenset(self.names[len(self.only) :]) | frozenset(self.keys)

    def bind(
        self,
        called: str,
        args: Sequence[Any],
        named: Mapping[str, Any],
        defaults: Sequence[Any],
        keyed: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The names and their values; ``defaults`` belong to the last of the positional ones, ``keyed`` to the others.

        Raises:
            TypeError: as CPython words it.
        """
        count = len(self.names)
        found = dict(zip(self.names, args, strict=False))
        if self.rest is not None:
            found[self.rest] = tuple(args[count:])
        if named or self.more is not None:
            self._take(called, found, named)
        if len(args) > count and self.rest is None:
            raise TypeError(self._many(called, args, found, defaults))
        if len(found) < count + len(self.keys) + (self.rest is not None) + (self.more is not None):
            self._fill(called, found, defaults, keyed)
        return found

    def _take(self, called: str, found: dict[str, Any], named: Mapping[str, Any]) -> None:
        more: dict[str, Any] = {}
        for name, value in named.items():
            if name not in self._known:
                if self.more is None:
                    if name in self.only:
                        raise Doubt("a positional parameter by its name")
                    raise TypeError(f"{called}() got an unexpected keyword argument '{name}'")
                more[name] = value
            elif name in found:
                raise TypeError(f"{called}() got multiple values for argument '{name}'")
            else:
                found[name] = value
        if self.more is not None:
            found[self.more] = more

    def _fill(self, called: str, found: dict[str, Any], defaults: Sequence[Any], keyed: Mapping[str, Any]) -> None:
        first = len(self.names) - len(defaults)
        missing = [name for name in self.names[:first] if name not in found]
        if missing:
            raise TypeError(_missing(called, "positional", missing))
        for name, value in zip(self.names[first:], defaults, strict=True):
            found.setdefault(name, value)
        missing = [name for name in self.keys if name not in found and name not in keyed]
        if missing:
            raise TypeError(_missing(called, "keyword-only", missing))
        for name, value in keyed.items():
            found.setdefault(name, value)

    def _many(self, called: str, args: Sequence[Any], found: Mapping[str, Any], defaults: Sequence[Any]) -> str:
        if any(name in found for name in self.keys):
            raise Doubt("too many arguments beside keywords")
        most, least = len(self.names), len(self.names) - len(defaults)
        takes = f"from {least} to {most}" if defaults else str(most)
        plural = "" if most == 1 and not defaults else "s"
        given = f"{len(args)} was" if len(args) == 1 else f"{len(args)} were"
        return f"{called}() takes {takes} positional argument{plural} but {given} given"


def _missing(called: str, kind: str, names: Sequence[str]) -> str:
    words = [repr(name) for name in names]
    listed = ", ".join(words[:-1]) + f", and {words[-1]}" if len(words) > 2 else " and ".join(words)
    return f"{called}() missing {len(words)} required {kind} argument{'s' * (len(words) > 1)}: {listed}"
