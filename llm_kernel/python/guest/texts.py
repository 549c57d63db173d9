"""``eval`` and ``exec``: texts that a program makes are judged as it was, and interpreted as it is."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .code import block, expression
from .frames import Frame, Module, Trace
from .scopes import Scope
from .wire import Wire
from .world import Doubt

__all__ = ["Texts"]


class Texts:
    """Both builtins; ``own`` are the names that are always there."""

    def __init__(self, wire: Wire, trace: Trace, own: dict[str, Any]) -> None:
        self._wire, self._trace, self._own = wire, trace, own

    def eval(self, source: Any, names: Any = None, inner: Any = None, /) -> Any:
        """The value of an expression."""
        tree, file = self._read(source, "eval")
        whole = Scope("module", ast.Module([ast.Expr(tree.body)], []))
        value = self._within(file, names, inner, expression(tree.body, whole), kept=False)
        if isinstance(value, ModuleType):
            raise Doubt("a module as a value")
        return value

    def exec(self, source: Any, names: Any = None, inner: Any = None, /) -> None:
        """Carry out statements."""
        tree, file = self._read(source, "exec")
        if names is not None and any(isinstance(node, ast.ClassDef) for node in ast.walk(tree)):
            raise Doubt("the module of a class")
        self._within(file, names, inner, block(tree.body, Scope("module", tree)), kept=True)

    def _read(self, source: Any, mode: str) -> tuple[Any, str]:
        """The syntax of a text, and the name of its place."""
        if type(source) is not str:
            raise Doubt("code that is no text")
        source = source.lstrip(" \t") if mode == "eval" else source
        try:
            tree = ast.parse(source, mode=mode)
        except (SyntaxError, ValueError) as err:
            raise Doubt("a text that is no code") from err
        return tree, str(self._wire.ask("judge", source))

    def _within(self, file: str, names: Any, inner: Any, run: Callable[[Frame], Any], *, kept: bool) -> Any:
        """Run it with these names; those that it binds are ``kept`` where they are the program's own."""
        caller = self._trace.stack[-1]
        if names is None and inner is None:
            here = caller.module.names
            if caller.vars is not here:
                here = {**here, **{word: value for word, value in caller.vars.items() if word.isidentifier()}}
        elif type(names) is dict and inner is None:
            here = names
        elif type(names) is dict and type(inner) is dict and not kept:
            here = {**names, **inner}
        else:
            raise Doubt("names of a text")
        if type(here.setdefault("__builtins__", self._own)) is not dict:
            raise Doubt("names that are always there")
        frame = Frame(Module(file, here, self._trace, later=False), "<module>", None, here, None)
        self._trace.step()
        self._trace.stack.append(frame)
        try:
            return run(frame)
        except BaseException as error:
            self._trace.note(error, frame)
            raise
        finally:
            self._trace.stack.pop()
