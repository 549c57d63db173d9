"""Statements of a generator: those that yield are carried out step by step, all others as everywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from .code import BREAK, CONTINUE, Goes, expression, statement
from .frames import Frame
from .handlers import Handlers, left, managed
from .scopes import Scope
from .statements import AUGMENTED
from .stops import OWN, Going, Sent, yields
from .targets import assign
from .world import Doubt

__all__ = ["STATEMENTS", "going"]


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
    if isinstance(node, OWN) or not yields(node):
        return statement(node, scope), True
    maker = STATEMENTS.get(type(node))
    if maker is None:
        raise Doubt(f"a yield within {type(node).__name__}")
    return maker(node, scope), False


def _change(node: ast.AugAssign, scope: Scope) -> Goes:
    if not isinstance(node.target, ast.Name):
        raise Doubt("a yield within a change")
    apply, sent, keep = AUGMENTED[type(node.op)], Sent(node.value, scope), assign(node.target, scope)
    old = expression(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target), scope)

    def run(frame: Frame) -> Going:
        before = old(frame)  # as it is before anybody else goes on
        value = yield from sent.run(frame)
        frame.node = node
        keep(frame, apply(before, value))

    return run


def _expr(node: ast.Expr, scope: Scope) -> Goes:
    sent = Sent(node.value, scope)

    def run(frame: Frame) -> Going:
        yield from sent.run(frame)

    return run


def _assign(node: ast.Assign, scope: Scope) -> Goes:
    sent, keeps = Sent(node.value, scope), [assign(target, scope) for target in node.targets]

    def run(frame: Frame) -> Going:
        value = yield from sent.run(frame)
        for keep in keeps:
            keep(frame, value)

    return run


def _return(node: ast.Return, scope: Scope) -> Goes:
    assert node.value is not None
    sent = Sent(node.value, scope)

    def run(frame: Frame) -> Going:
        value = yield from sent.run(frame)
        return (value,)

    return run


def _test(node: ast.expr, scope: Scope) -> Callable[[Frame], Going]:
    if yields(node):
        return Sent(node, scope).run
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
            if not left(frame, leave, error, node):
                raise
            return None
        frame.node = node
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


STATEMENTS: dict[type[ast.stmt], Callable[[Any, Scope], Goes]] = {
    ast.Expr: _expr,
    ast.Assign: _assign,
    ast.AugAssign: _change,
    ast.Return: _return,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.With: _with,
    ast.Try: _try,
}
