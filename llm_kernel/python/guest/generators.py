"""Statements of a generator: those that yield are carried out step by step, all others as everywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

from .code import BREAK, CONTINUE, Goes, Says, expression, statement
from .frames import Frame
from .handlers import Handlers, left, managed
from .scopes import Scope
from .targets import assign
from .world import Doubt

__all__ = ["going"]

Going: TypeAlias = "Generator[Any, Any, Any]"

_OWN = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)


def _yields(node: ast.AST) -> bool:
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    return any(_yields(part) for part in ast.iter_child_nodes(node) if not isinstance(part, _OWN))


def going(body: Sequence[ast.stmt], scope: Scope) -> Goes:
    """What carries out statements of a generator."""
    steps = [_step(node, scope) for node in body]

    def run(frame: Frame) -> Going:
        for step, plain in steps:
            signal = step(frame) if plain else (yield from step(frame))
            if signal is not None:
                return signal
        return None

    return run


def _step(node: ast.stmt, scope: Scope) -> tuple[Any, bool]:
    if not _yields(node):
        return statement(node, scope), True
    maker = _STATEMENTS.get(type(node))
    if maker is None:
        raise Doubt(f"a yield within {type(node).__name__}")
    return maker(node, scope), False


class _Sent:
    """A place in an expression at which the value of a yield is put in."""

    def __init__(self, node: ast.expr, scope: Scope) -> None:
        self._yields: list[tuple[ast.Yield | ast.YieldFrom, Says, str]] = []
        self._scope = scope
        self._whole: Says | None = None
        self._alone = isinstance(node, ast.Yield | ast.YieldFrom)
        changed = self._taken(node)
        if not self._alone:
            self._whole = expression(changed, scope)

    def _taken(self, node: Any) -> Any:
        """The expression with names of ours where it yields; what stands before a yield must change nothing."""
        if isinstance(node, ast.Yield | ast.YieldFrom):
            value = node.value if node.value is not None else ast.Constant(None)
            word = f".{len(self._yields)}"
            self._yields.append((node, expression(value, self._scope), word))
            self._scope.bound.add(word)
            return ast.copy_location(ast.Name(word, ast.Load()), node)
        parts = list(ast.iter_child_nodes(node))
        if not any(_yields(part) for part in parts):
            return node
        if not isinstance(node, ast.Call | ast.BinOp | ast.Tuple | ast.Compare | ast.JoinedStr | ast.FormattedValue):
            raise Doubt(f"a yield within {type(node).__name__}")
        fields: dict[str, Any] = {}
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                fields[field] = [self._taken(part) if isinstance(part, ast.expr) else part for part in value]
            else:
                fields[field] = self._taken(value) if isinstance(value, ast.expr) else value
        for part in parts:
            if isinstance(part, ast.expr) and not _yields(part) and not isinstance(part, ast.Name | ast.Constant):
                raise Doubt("a yield beside a call")
        made: Any = type(node)
        return ast.copy_location(made(**fields), node)

    def run(self, frame: Frame) -> Going:
        """Yield, and give the expression's value."""
        value: Any = None
        for node, before, word in self._yields:
            value = before(frame)
            frame.node = node
            if isinstance(node, ast.Yield):
                value = yield value
            else:
                value = yield from value
            frame.vars[word] = value
        return value if self._whole is None else self._whole(frame)


def _expr(node: ast.Expr, scope: Scope) -> Goes:
    sent = _Sent(node.value, scope)

    def run(frame: Frame) -> Going:
        yield from sent.run(frame)

    return run


def _assign(node: ast.Assign, scope: Scope) -> Goes:
    sent, keeps = _Sent(node.value, scope), [assign(target, scope) for target in node.targets]

    def run(frame: Frame) -> Going:
        value = yield from sent.run(frame)
        for keep in keeps:
            keep(frame, value)

    return run


def _return(node: ast.Return, scope: Scope) -> Goes:
    assert node.value is not None
    sent = _Sent(node.value, scope)

    def run(frame: Frame) -> Going:
        value = yield from sent.run(frame)
        return (value,)

    return run


def _test(node: ast.expr, scope: Scope) -> Callable[[Frame], Going]:
    if _yields(node):
        return _Sent(node, scope).run
    plain = expression(node, scope)

    def run(frame: Frame) -> Going:
        return plain(frame)
        yield

    return run


def _if(node: ast.If, scope: Scope) -> Goes:
    test, body, other = _test(node.test, scope), going(node.body, scope), going(node.orelse, scope)

    def run(frame: Frame) -> Going:
        if (yield from test(frame)):
            return (yield from body(frame))
        return (yield from other(frame))

    return run


def _while(node: ast.While, scope: Scope) -> Goes:
    test, body, other = _test(node.test, scope), going(node.body, scope), going(node.orelse, scope)

    def run(frame: Frame) -> Going:
        while (yield from test(frame)):
            frame.module.run.step()
            signal = yield from body(frame)
            if signal is BREAK:
                return None
            if signal is not None and signal is not CONTINUE:
                return signal
        return (yield from other(frame))

    return run


def _for(node: ast.For, scope: Scope) -> Goes:
    items, keep = expression(node.iter, scope), assign(node.target, scope)
    body, other = going(node.body, scope), going(node.orelse, scope)

    def run(frame: Frame) -> Going:
        values = items(frame)
        frame.node = node.iter
        source = iter(values)
        while True:
            frame.node = node
            try:
                value = next(source)
            except StopIteration:
                break
            frame.module.run.step()
            keep(frame, value)
            signal = yield from body(frame)
            if signal is BREAK:
                return None
            if signal is not None and signal is not CONTINUE:
                return signal
        return (yield from other(frame))

    return run


def _with(node: ast.With, scope: Scope) -> Goes:
    item, *more = node.items
    inner = [ast.copy_location(ast.With(more, node.body), node)] if more else node.body
    manager, body = expression(item.context_expr, scope), going(inner, scope)
    keep = assign(item.optional_vars, scope) if item.optional_vars else None

    def run(frame: Frame) -> Going:
        enter, leave = managed(frame, manager(frame), item.context_expr)
        value = enter()
        try:
            if keep is not None:
                keep(frame, value)
            signal = yield from body(frame)
        except BaseException as error:
            if not left(frame, leave, error, item.context_expr):
                raise
            return None
        frame.node = item.context_expr
        leave(None, None, None)
        return signal

    return run


def _try(node: ast.Try, scope: Scope) -> Goes:
    body, other = going(node.body, scope), going(node.orelse, scope)
    handlers, finally_ = Handlers(node, scope), going(node.finalbody, scope)
    handled = [going(handler.body, scope) for handler in node.handlers]

    def tried(frame: Frame) -> Going:
        try:
            signal = yield from body(frame)
        except BaseException as error:
            index = handlers.meant(frame, error)
            if index is None:
                raise
            with handlers.bound(frame, error, index):
                return (yield from handled[index](frame))
        return signal if signal is not None else (yield from other(frame))

    def run(frame: Frame) -> Going:
        if not node.finalbody:
            return (yield from tried(frame))
        try:
            signal = yield from tried(frame)
        except BaseException as error:
            handlers.passing(frame, error)
            last = yield from finally_(frame)
            if last is not None:
                return last
            raise
        last = yield from finally_(frame)
        return last if last is not None else signal

    return run


_STATEMENTS: dict[type[ast.stmt], Callable[[Any, Scope], Goes]] = {
    ast.Expr: _expr,
    ast.Assign: _assign,
    ast.Return: _return,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.With: _with,
    ast.Try: _try,
}
