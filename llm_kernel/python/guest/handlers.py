"""``except``, ``finally`` and ``with``: what happens to an error on its way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .code import expression
from .frames import Frame
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__ = ["Handlers", "departing", "left", "managed"]


class Handlers:
    """The ``except`` clauses of one statement."""

    def __init__(self, node: ast.Try, scope: Scope) -> None:
        self._kinds = [
            (handler, expression(handler.type, scope) if handler.type is not None else None)
            for handler in node.handlers
        ]
        self._keeps = [
            assign(ast.Name(handler.name, ast.Store()), scope) if handler.name else None for handler in node.handlers
        ]
        self._depths = [scope.place(handler.name) if handler.name else None for handler in node.handlers]
        self._used = [
            any(
                isinstance(part, ast.Name) and part.id == handler.name
                for step in handler.body
                for part in ast.walk(step)
            )
            for handler in node.handlers
        ]

    def passing(self, frame: Frame, error: BaseException) -> None:
        """An error leaves the statements that were tried."""
        if isinstance(error, Doubt | MemoryError):
            raise error
        frame.module.run.note(error, frame)

    def meant(self, frame: Frame, error: BaseException) -> int | None:
        """Which clause takes the error."""
        self.passing(frame, error)
        for index, (handler, kinds) in enumerate(self._kinds):
            if kinds is None:
                return index
            wanted = kinds(frame)
            frame.node = handler.type
            for kind in wanted if isinstance(wanted, tuple) else (wanted,):
                if not (isinstance(kind, type) and issubclass(kind, BaseException)):
                    raise TypeError("catching classes that do not inherit from BaseException is not allowed")
            if isinstance(error, wanted):
                return index
        return None

    @contextmanager
    def bound(self, frame: Frame, error: BaseException, index: int) -> Iterator[None]:
        """While a clause is carried out its name is the error, and afterwards there is no such name."""
        keep, depth = self._keeps[index], self._depths[index]
        if keep is not None:
            if self._used[index]:
                frame.module.run.caught(error)
            keep(frame, error)
        try:
            yield
        finally:
            if keep is not None:
                holder: Any = frame
                for _ in range(depth or 0):
                    holder = holder.up
                names = frame.module.names if depth is None else holder.vars
                names.pop(str(self._kinds[index][0].name), None)


def managed(frame: Frame, manager: Any, node: ast.AST) -> tuple[Callable[[], Any], Callable[..., Any]]:
    """How a context manager is entered and left."""
    kind = type(manager)
    frame.node = node
    if not hasattr(kind, "__enter__") or not hasattr(kind, "__exit__"):
        raise Doubt("with what is no context manager")
    enter, leave = kind.__enter__, kind.__exit__
    return lambda: enter(manager), lambda *error: leave(manager, *error)


def left(frame: Frame, leave: Callable[..., Any], error: BaseException, node: ast.AST) -> bool:
    """Leave a context manager by an error; whether it is done with."""
    way = departing(frame, error, node)
    if leave(type(error), error, None):
        return True
    frame.module.run.restored(error, way, frame)
    return False


def departing(frame: Frame, error: BaseException, node: ast.AST) -> list[tuple[Frame, ast.AST]]:
    """The way of an error by which a context manager is about to be left."""
    if isinstance(error, Doubt | MemoryError):
        raise error
    trace = frame.module.run
    trace.note(error, frame)
    way = list(trace.way(error))
    frame.node = node
    return way
