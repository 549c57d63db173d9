"""Statements that are no definitions."""

from __future__ import annotations

import ast
import operator
import sys
from typing import Any

from .code import BREAK, CONTINUE, Does, block, does, expression
from .frames import Frame
from .handlers import Handlers, left, managed
from .names import mangled
from .scopes import Scope
from .targets import assign, delete
from .world import Doubt

__all__ = ["AUGMENTED"]

AUGMENTED: dict[type[ast.operator], Any] = {
    ast.Add: operator.iadd, ast.Sub: operator.isub, ast.Mult: operator.imul, ast.Div: operator.itruediv,
    ast.FloorDiv: operator.ifloordiv, ast.Mod: operator.imod, ast.Pow: operator.ipow, ast.LShift: operator.ilshift,
    ast.RShift: operator.irshift, ast.BitAnd: operator.iand, ast.BitOr: operator.ior, ast.BitXor: operator.ixor,
    ast.MatMult: operator.imatmul,
}  # fmt: skip


@does(ast.Expr)
def alone(node: ast.Expr, scope: Scope) -> Does:
    """An expression for its effect."""
    value = expression(node.value, scope)

    def run(frame: Frame) -> None:
        value(frame)

    return run


@does(ast.Pass, ast.Global, ast.Nonlocal)
def nothing(node: ast.stmt, scope: Scope) -> Does:
    """What only says something of names."""
    return lambda frame: None


@does(ast.Break)
def end(node: ast.Break, scope: Scope) -> Does:
    """``break``."""
    return lambda frame: BREAK


@does(ast.Continue)
def go_on(node: ast.Continue, scope: Scope) -> Does:
    """``continue``."""
    return lambda frame: CONTINUE


@does(ast.Return)
def give(node: ast.Return, scope: Scope) -> Does:
    """``return``."""
    if node.value is None:
        return lambda frame: (None,)
    value = expression(node.value, scope)
    return lambda frame: (value(frame),)


@does(ast.Assign)
def bind(node: ast.Assign, scope: Scope) -> Does:
    """``a = b = value``."""
    value, keeps = expression(node.value, scope), [assign(target, scope) for target in node.targets]

    def run(frame: Frame) -> None:
        found = value(frame)
        for keep in keeps:
            keep(frame, found)

    return run


@does(ast.AnnAssign)
def declare(node: ast.AnnAssign, scope: Scope) -> Does:
    """``a: type = value``."""
    value = expression(node.value, scope) if node.value is not None else None
    keep, note = assign(node.target, scope), expression(node.annotation, scope)
    noted = isinstance(node.target, ast.Name) and scope.kind in ("class", "module")
    word = mangled(node.target.id, scope) if isinstance(node.target, ast.Name) else ""

    def run(frame: Frame) -> None:
        if value is not None:
            keep(frame, value(frame))
        if scope.kind == "function":
            return
        kind = ast.unparse(node.annotation) if frame.module.later else note(frame)
        if noted and scope.kind == "class":
            frame.vars.setdefault("__annotations__", {})[word] = kind

    return run


@does(ast.AugAssign)
def change(node: ast.AugAssign, scope: Scope) -> Does:
    """``a += value``."""
    apply, value = AUGMENTED[type(node.op)], expression(node.value, scope)
    if isinstance(node.target, ast.Name):
        old = expression(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target), scope)
        keep = assign(node.target, scope)

        def of_name(frame: Frame) -> None:
            before, by = old(frame), value(frame)
            frame.node = node
            keep(frame, apply(before, by))

        return of_name
    holder = expression(node.target.value, scope)
    if isinstance(node.target, ast.Attribute):
        word, target = mangled(node.target.attr, scope), node.target

        def of_attribute(frame: Frame) -> None:
            owner, reach = holder(frame), frame.module.run.reach
            frame.node = target
            before = reach.get(owner, word)
            by = value(frame)
            frame.node = node
            after = apply(before, by)
            frame.node = target
            reach.set(owner, word, after)

        return of_attribute
    key, place = expression(node.target.slice, scope), node.target

    def of_item(frame: Frame) -> None:
        owner, wanted = holder(frame), key(frame)
        frame.node = place
        before = owner[wanted]
        by = value(frame)
        frame.node = node
        after = apply(before, by)
        frame.node = place
        owner[wanted] = after

    return of_item


@does(ast.Delete)
def forget(node: ast.Delete, scope: Scope) -> Does:
    """``del``."""
    parts = [delete(target, scope) for target in node.targets]

    def run(frame: Frame) -> None:
        for part in parts:
            part(frame)

    return run


@does(ast.If)
def branch(node: ast.If, scope: Scope) -> Does:
    """``if``."""
    test, body = expression(node.test, scope), block(node.body, scope)
    other = block(node.orelse, scope)
    return lambda frame: body(frame) if test(frame) else other(frame)


@does(ast.While)
def repeat(node: ast.While, scope: Scope) -> Does:
    """``while``."""
    test, body, other = expression(node.test, scope), block(node.body, scope), block(node.orelse, scope)

    def run(frame: Frame) -> Any:
        step = frame.module.run.step
        while test(frame):
            step()
            signal = body(frame)
            if signal is not None:
                if signal is BREAK:
                    return None
                if signal is not CONTINUE:
                    return signal
        return other(frame)

    return run


@does(ast.For)
def each(node: ast.For, scope: Scope) -> Does:
    """``for``."""
    items, keep = expression(node.iter, scope), assign(node.target, scope)
    body, other = block(node.body, scope), block(node.orelse, scope)

    def run(frame: Frame) -> Any:
        step, values = frame.module.run.step, items(frame)
        frame.node = node.iter
        source = iter(values)
        while True:
            frame.node = node
            try:
                value = next(source)
            except StopIteration:
                break
            step()
            keep(frame, value)
            signal = body(frame)
            if signal is not None:
                if signal is BREAK:
                    return None
                if signal is not CONTINUE:
                    return signal
        return other(frame)

    return run


@does(ast.With)
def within(node: ast.With, scope: Scope) -> Does:
    """``with``."""
    item, *more = node.items
    inner = [ast.copy_location(ast.With(more, node.body), node)] if more else node.body
    manager, body = expression(item.context_expr, scope), block(inner, scope)
    keep = assign(item.optional_vars, scope) if item.optional_vars else None

    def run(frame: Frame) -> Any:
        enter, leave = managed(frame, manager(frame), item.context_expr)
        value = enter()
        try:
            if keep is not None:
                keep(frame, value)
            signal = body(frame)
        except BaseException as error:
            if not left(frame, leave, error, node):
                raise
            return None
        frame.node = node
        leave(None, None, None)
        return signal

    return run


@does(ast.Try)
def attempt(node: ast.Try, scope: Scope) -> Does:
    """``try``."""
    body, other, finally_ = (block(part, scope) for part in (node.body, node.orelse, node.finalbody))
    handlers = Handlers(node, scope)
    handled = [block(handler.body, scope) for handler in node.handlers]

    def tried(frame: Frame) -> Any:
        try:
            signal = body(frame)
        except BaseException as error:
            index = handlers.meant(frame, error)
            if index is None:
                raise
            with handlers.bound(frame, error, index):
                return handled[index](frame)
        return signal if signal is not None else other(frame)

    def run(frame: Frame) -> Any:
        if not node.finalbody:
            return tried(frame)
        try:
            signal = tried(frame)
        except BaseException as error:
            handlers.passing(frame, error)
            last = finally_(frame)
            if last is not None:
                return last
            raise
        last = finally_(frame)
        return last if last is not None else signal

    return run


@does(ast.Raise)
def throw(node: ast.Raise, scope: Scope) -> Does:
    """``raise``."""
    exc = expression(node.exc, scope) if node.exc is not None else None
    cause = expression(node.cause, scope) if node.cause is not None else None

    def run(frame: Frame) -> None:
        trace = frame.module.run
        if exc is None:
            handled = sys.exc_info()[1]
            if handled is None:
                frame.node = node
                raise RuntimeError("No active exception to reraise")
            raise handled
        error = exc(frame)
        reason = cause(frame) if cause is not None else None
        frame.node = node
        if isinstance(error, type) and issubclass(error, BaseException):
            error = error()
        if not isinstance(error, BaseException):
            raise TypeError("exceptions must derive from BaseException")
        trace.again(error)
        trace.said.append(error)
        if cause is None:
            raise error
        if reason is not None and not isinstance(reason, BaseException):
            raise Doubt("a cause that is no error")
        raise error from reason

    return run


@does(ast.Assert)
def claim(node: ast.Assert, scope: Scope) -> Does:
    """``assert``."""
    test, message = expression(node.test, scope), expression(node.msg, scope) if node.msg is not None else None

    def run(frame: Frame) -> None:
        if test(frame):
            return
        args = (message(frame),) if message is not None else ()
        frame.node = node
        raise AssertionError(*args)

    return run
