"""Functions and lambdas."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator
from typing import Any

from .binding import Parameters
from .code import Does, Says, block, does, expression, expressions, says
from .deepest import NEAR, check_depth, overflow
from .frames import Frame
from .generators import going
from .names import mangled
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__ = ["qualified"]

_CLEANING = (ast.Try, ast.With, ast.AsyncWith)
"""What a generator does that is ended before it is through."""


def qualified(word: str, scope: Scope) -> str:
    """The name with the classes and functions that it lies in."""
    if scope.kind == "module":
        return word
    return f"{scope.path}.{word}" if scope.kind == "class" else f"{scope.path}.<locals>.{word}"


@does(ast.FunctionDef, ast.AsyncFunctionDef)
def function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Does:
    """``def`` and ``async def``."""
    inner = Scope("function", node, scope, qualified(node.name, scope))
    later = isinstance(node, ast.AsyncFunctionDef)
    made = _maker(node, node.name, inner, scope, block(node.body, inner) if not (inner.yields or later) else None)
    wraps = [(expression(decorator, scope), decorator) for decorator in node.decorator_list]
    keep = assign(ast.copy_location(ast.Name(mangled(node.name, scope), ast.Store()), node), scope)
    doc = ast.get_docstring(node, clean=False)
    annotations = _annotations(node.args, node.returns, scope)

    def run(frame: Frame) -> None:
        decorators = [(wrap(frame), decorator) for wrap, decorator in wraps]
        value = made(frame)
        value.__doc__ = doc
        value.__annotations__ = annotations(frame)
        for wrapper, decorator in reversed(decorators):
            frame.node = decorator
            value = wrapper(value)
        keep(frame, value)

    return run


@says(ast.Lambda)
def small(node: ast.Lambda, scope: Scope) -> Says:
    """``lambda``."""
    inner = Scope("function", node, scope, qualified("<lambda>", scope))
    if inner.yields:
        raise Doubt("a lambda that yields")
    value = expression(node.body, inner)
    return _maker(node, "<lambda>", inner, scope, lambda frame: (value(frame),))


def _annotations(arguments: ast.arguments, returns: ast.expr | None, scope: Scope) -> Callable[[Frame], dict[str, Any]]:
    noted = [
        (argument.arg, argument.annotation)
        for argument in (
            *arguments.args,
            *arguments.posonlyargs,
            *filter(None, (arguments.vararg,)),
            *arguments.kwonlyargs,
            *filter(None, (arguments.kwarg,)),
        )
        if argument.annotation is not None
    ]
    if returns is not None:
        noted.append(("return", returns))
    parts = [(word, note, expression(note, scope)) for word, note in noted]

    def run(frame: Frame) -> dict[str, Any]:
        if frame.module.later:
            return {word: ast.unparse(note) for word, note, _ in parts}
        return {word: part(frame) for word, _, part in parts}

    return run


def _maker(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    called: str,
    inner: Scope,
    scope: Scope,
    body: Does | None,
) -> Callable[[Frame], Any]:
    """What makes a function's object in a frame of ``scope``."""
    parameters = Parameters(node.args)
    firsts = expressions(node.args.defaults, scope)
    keyed = [
        (argument.arg, expression(value, scope))
        for argument, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if value is not None
    ]
    goes = going(node.body, inner) if body is None and not isinstance(node, ast.Lambda) else None
    cleans = inner.streams and any(isinstance(part, _CLEANING) for part in ast.walk(node))
    first = (parameters.names or [parameters.rest or ""])[0]

    def make(frame: Frame) -> Any:
        defaults = firsts(frame)
        keys = {word: value(frame) for word, value in keyed}
        module, trace = frame.module, frame.module.run
        up = frame.up if scope.kind == "class" else None if scope.kind == "module" else frame
        cell = frame.cell

        def entered(args: tuple[Any, ...], named: dict[str, Any]) -> Frame:
            names = parameters.bind(word if trace.new else called, args, named, defaults, keys)
            call = Frame(module, called, up, names, cell)
            call.first = names.get(first)
            if call.first.__class__ is tuple and not parameters.names:
                call.first = call.first[0] if call.first else None
            return call

        if goes is not None:

            def started(*args: Any, **named: Any) -> Any:
                made: Any = _generator(goes, entered(args, named), trace)
                if inner.streams:
                    return trace.routines.streaming(made, called, word, cleans=cleans)
                if isinstance(node, ast.AsyncFunctionDef):
                    return trace.routines.made(made, called, word)
                made.__name__, made.__qualname__ = called, word
                return made

            made: Any = started
        else:
            assert body is not None

            def made(*args: Any, **named: Any) -> Any:
                call = entered(args, named)
                trace.step()
                depth = len(trace.stack)
                if depth >= trace.limit:
                    raise overflow(trace.stack)
                trace.stack.append(call)
                try:
                    if depth >= trace.limit - NEAR:
                        check_depth(node.body, call, trace.version, last=depth == trace.limit - 1)
                    signal = body(call)
                except BaseException as error:
                    trace.note(error, call)
                    raise
                finally:
                    trace.stack.pop()
                return signal[0] if signal is not None else None

        word = inner.path
        made.__name__, made.__qualname__ = called, word
        made.__module__ = module.names.get("__name__", "__main__")
        made.__doc__ = None
        return made

    return make


def _generator(goes: Any, call: Frame, trace: Any) -> Generator[Any, Any, Any]:
    try:
        signal = yield from goes(call)
    except GeneratorExit:
        raise
    except BaseException as error:
        ended = error.__cause__ if isinstance(error, RuntimeError) else None
        trace.note(ended if isinstance(ended, StopIteration) else error, call)
        raise
    return signal[0] if signal is not None else None
