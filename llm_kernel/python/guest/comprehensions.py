"""Comprehensions: lists, sets and dicts that are made item by item, and generators that are expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from .code import Says, expression, says
from .frames import Frame
from .functions import qualified
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__: list[str] = []

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
