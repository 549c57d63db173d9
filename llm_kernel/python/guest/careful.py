"""What of the library reads, sets or writes names that a program chooses: it asks as the program itself has to ask."""

from __future__ import annotations

import functools
import importlib
import sys
from abc import ABCMeta
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from .world import Doubt

__all__ = ["careful"]


def careful(found: Mapping[str, ModuleType], reach: Any) -> None:
    """Let the modules of ``found`` and those behind them look only where ``reach`` looks."""
    if module := found.get("functools"):
        module.__dict__["wraps"] = _wraps(reach)
    if module := found.get("contextlib"):
        for stream in ("stdout", "stderr"):
            module.__dict__[f"redirect_{stream}"] = _redirected(stream)
    if module := found.get("dataclasses"):
        module.__dict__["dataclass"] = _dataclass(importlib.import_module("dataclasses"), reach.hashes)
    if "argparse" in found:
        _asking(importlib.import_module("argparse"), reach)
    if "copy" in found:
        vars(importlib.import_module("copy"))["setattr"] = reach.set
    if "reprlib" in found:
        importlib.import_module("reprlib").Repr.repr_instance = _refused
    if "random" in found:
        _seeded(importlib.import_module("random"), found["random"])


def _wraps(reach: Any) -> Callable[..., Any]:
    def wraps(wrapped: Any, *more: Any, **named: Any) -> Callable[[Any], Any]:
        if more or named:
            raise Doubt("what wraps copies")

        def wrapper(function: Any) -> Any:
            if not reach.own(function):
                raise Doubt("a name for what is not the program's")
            return functools.update_wrapper(function, wrapped)

        return wrapper

    return wraps


def _refused(*args: Any) -> Any:
    raise Doubt("a text that is cut, with a place in memory")


class Redirected:
    """``contextlib.redirect_stdout`` and ``redirect_stderr``."""

    def __init__(self, new_target: Any) -> None:
        self._new, self._old = new_target, list[Any]()


def _redirected(stream: str) -> type[Redirected]:
    def enter(self: Redirected) -> Any:
        self._old.append(getattr(sys, stream))
        setattr(sys, stream, self._new)
        return self._new

    def leave(self: Redirected, *error: Any) -> None:
        setattr(sys, stream, self._old.pop())

    return type("Redirected", (Redirected,), {"__enter__": enter, "__exit__": leave})


def _dataclass(real: Any, hashes: Any) -> Callable[..., Any]:
    """``dataclasses.dataclass``, which writes the names of fields into code: they have to be names."""

    def refuse(kind: type) -> None:
        raise Doubt("a class of fields")

    def dataclass(kind: Any = None, /, **options: Any) -> Any:
        def made(kind: Any) -> Any:
            _check(kind, real.Field)
            hashes.take(kind)
            before = vars(kind).get("__hash__")
            whole = real.dataclass(kind, **options)
            hashes.record(whole, real.fields(whole), before)
            return whole

        return made if kind is None else made(kind)

    real.Field.__init_subclass__ = classmethod(refuse)
    return dataclass


def _check(kind: Any, field: Any) -> None:
    if type(kind) not in (type, ABCMeta):
        raise Doubt("a data class of another kind")
    for base in kind.__mro__:
        known = vars(base)
        noted, fields = known.get("__annotations__", {}), known.get("__dataclass_fields__", {})
        if type(noted) is not dict or type(fields) is not dict:
            raise Doubt("fields of a data class")
        for name in (*noted, *(one.name if type(one) is field else None for one in fields.values())):
            if type(name) is not str or not name.isidentifier():
                raise Doubt("name of a field")
            value = known.get(name)
            if hasattr(type(value), "__get__") and type(type(value)) is type and _heap(type(value)):
                raise Doubt("a descriptor as a field")


def _heap(kind: type) -> bool:
    return kind.__module__ not in ("builtins", "types")


_HANDLERS = ("_get_formatter", "_handle_conflict_error", "_handle_conflict_resolve")
"""What ``argparse`` calls by a name."""


def _asking(argparse: Any, reach: Any) -> None:
    """``argparse`` names attributes after its options."""
    own = argparse._UNRECOGNIZED_ARGS_ATTR
    read, write, remove = getattr, setattr, delattr

    def get(value: Any, name: str, *default: Any) -> Any:
        return read(value, name, *default) if name is own or name in _HANDLERS else reach.getattr(value, name, *default)

    def has(value: Any, name: str) -> bool:
        return hasattr(value, name) if name is own or name in _HANDLERS else reach.hasattr(value, name)

    def put(value: Any, name: str, new: Any) -> None:
        write(value, name, new) if name is own else reach.set(value, name, new)

    def drop(value: Any, name: str) -> None:
        remove(value, name) if name is own else reach.delete(value, name)

    vars(argparse).update(getattr=get, hasattr=has, setattr=put, delattr=drop)


def _seeded(random: Any, shown: ModuleType) -> None:
    """A generator of chance that was given no seed would take the host's."""
    plain = random.Random.seed

    def seed(self: Any, a: Any = None, version: int = 2) -> None:
        if a is None:
            raise Doubt("a seed of chance")
        plain(self, a, version)

    random.Random.seed = seed
    random.seed = random._inst.seed
    if "seed" in vars(shown):
        shown.__dict__["seed"] = random.seed
