"""Functions, lambdas, comprehensions and calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Iterator
from types import BuiltinMethodType
from typing import Any

from .binding import Parameters
from .code import Does, Says, block, does, expression, expressions, says
from .expressions import mangled
from .frames import Frame
from .generators import going
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__ = ["qualified"]


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
    if later and inner.yields:
        raise Doubt("a coroutine that yields")
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
                if len(trace.stack) >= trace.limit - 1:
                    raise RecursionError("maximum recursion depth exceeded")
                trace.stack.append(call)
                try:
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


# calls


@says(ast.Call)
def called(node: ast.Call, scope: Scope) -> Says:
    """A call."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and scope.place("super") is None:
        return _super(node, scope)
    func, args = expression(node.func, scope), expressions(node.args, scope)
    words = [(word.arg, expression(word.value, scope)) for word in node.keywords]
    if not words:

        def plain(frame: Frame) -> Any:
            target = func(frame)
            values = args(frame)
            frame.node = node
            if target is type and len(values) != 1:
                raise Doubt("a class that is made by a call")
            return _came(frame, target, values, target(*values))

        return plain

    def run(frame: Frame) -> Any:
        target = func(frame)
        values = args(frame)
        named: dict[str, Any] = {}
        for word, value in words:
            found = value(frame)
            more = {word: found} if word is not None else found
            if word is None and not all(isinstance(key, str) for key in found):
                raise Doubt("keywords")
            if more.keys() & named.keys():
                raise Doubt("a keyword twice")
            named.update(more)
        frame.node = node
        return _came(frame, target, values, target(*values, **named))

    return run


def _came(frame: Frame, target: Any, values: list[Any], found: Any) -> Any:
    """What a call gave."""
    if found is not None:
        return frame.module.run.came(found)
    if type(target) is BuiltinMethodType and type(target.__self__) is set:
        frame.module.run.reach.hashes.check_added(target, values)
    return None


def _super(node: ast.Call, scope: Scope) -> Says:
    depth, inner = 0, scope
    while inner.kind == "comprehension" and inner.around is not None:
        depth, inner = depth + 1, inner.around

    def run(frame: Frame) -> Any:
        holder: Any = frame
        for _ in range(depth):
            holder = holder.up
        frame.node = node
        if not holder.cell or not holder.cell[0]:
            raise Doubt("super without a class")
        return super(holder.cell[0], holder.first)

    return run


# comprehensions

_NAMES = {ast.ListComp: "<listcomp>", ast.SetComp: "<setcomp>", ast.DictComp: "<dictcomp>"}


@says(ast.ListComp, ast.SetComp, ast.DictComp)
def comprehension(node: Any, scope: Scope) -> Says:
    """A list, set or dict that is made item by item."""
    inner = Scope("comprehension", node, scope, qualified(_NAMES[type(node)], scope))
    first = expression(node.generators[0].iter, scope)
    turns = _turns(node, inner)
    word = _NAMES[type(node)]
    if isinstance(node, ast.DictComp):
        key, value = expression(node.key, inner), expression(node.value, inner)
        one: Says = lambda frame: (key(frame), value(frame))  # noqa: E731
        whole: Any = dict
    else:
        one, whole = expression(node.elt, inner), list if isinstance(node, ast.ListComp) else set

    def run(frame: Frame) -> Any:
        items = first(frame)
        frame.node = node.generators[0].iter
        source = iter(items)
        frame.node = node
        own = Frame(frame.module, word, frame.up if scope.kind == "class" else frame, {}, frame.cell)
        own.first = frame.first
        try:
            return frame.module.run.came(whole([one(own) for _ in turns(own, source)]))
        except BaseException as error:
            frame.module.run.note(error, own)
            raise

    return run


@says(ast.GeneratorExp)
def lazily(node: ast.GeneratorExp, scope: Scope) -> Says:
    """A generator that is an expression."""
    inner = Scope("comprehension", node, scope, qualified("<genexpr>", scope))
    first, turns, one = expression(node.generators[0].iter, scope), _turns(node, inner), expression(node.elt, inner)

    def run(frame: Frame) -> Any:
        items = first(frame)
        frame.node = node.generators[0].iter
        source = iter(items)
        own = Frame(frame.module, "<genexpr>", frame.up if scope.kind == "class" else frame, {}, frame.cell)
        own.first = frame.first
        return each(own, source)

    def each(own: Frame, source: Iterator[Any]) -> Iterator[Any]:
        try:
            for _ in turns(own, source):
                yield one(own)
        except GeneratorExit:
            raise
        except BaseException as error:
            own.module.run.note(error, own)
            raise

    each.__name__, each.__qualname__ = "<genexpr>", inner.path
    return run


def _turns(node: Any, inner: Scope) -> Callable[[Frame, Iterator[Any]], Iterator[None]]:
    """The turns of nested ``for`` and ``if``, whose targets are then set."""
    levels = [
        (
            expression(part.iter, inner) if index else None,
            assign(part.target, inner),
            [expression(test, inner) for test in part.ifs],
            part,
        )
        for index, part in enumerate(node.generators)
    ]
    if any(part.is_async for part in node.generators):
        raise Doubt("async")

    def run(frame: Frame, source: Any, level: int = 0) -> Iterator[None]:
        _, keep, tests, _ = levels[level]
        trace = frame.module.run
        for value in source:
            trace.step()
            keep(frame, value)
            if not all(test(frame) for test in tests):
                continue
            if level + 1 == len(levels):
                yield
                continue
            following, _, _, part = levels[level + 1]
            assert following is not None
            items = following(frame)
            frame.node = part.iter
            yield from run(frame, iter(items), level + 1)

    return run
