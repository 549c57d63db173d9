"""Operators, displays and formatted texts: expressions that hold no other scope."""

from __future__ import annotations

import ast
import operator
from typing import Any

from .code import Says, expression, expressions, says
from .frames import Frame
from .guards import big
from .names import mangled
from .scopes import Scope
from .world import Doubt

__all__ = ["BINARY"]

BINARY: dict[type[ast.operator], Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.MatMult: operator.matmul,
}  # fmt: skip

_UNARY: dict[type[ast.unaryop], Any] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}

_COMPARE: dict[type[ast.cmpop], Any] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in items, ast.NotIn: lambda item, items: item not in items,
}  # fmt: skip

_LARGE = (ast.Pow, ast.LShift, ast.Mult)


@says(ast.Constant)
def constant(node: ast.Constant, scope: Scope) -> Says:
    """A literal."""
    value = node.value
    return lambda frame: value


@says(ast.BinOp)
def binary(node: ast.BinOp, scope: Scope) -> Says:
    """An operator between two values."""
    left, right, apply = expression(node.left, scope), expression(node.right, scope), BINARY[type(node.op)]
    large, word = isinstance(node.op, _LARGE), type(node.op).__name__

    def run(frame: Frame) -> Any:
        first, second = left(frame), right(frame)
        frame.node = node
        if large:
            big(word, first, second)
        return frame.module.run.came(apply(first, second))

    return run


@says(ast.UnaryOp)
def unary(node: ast.UnaryOp, scope: Scope) -> Says:
    """An operator before a value."""
    operand, apply = expression(node.operand, scope), _UNARY[type(node.op)]

    def run(frame: Frame) -> Any:
        value = operand(frame)
        frame.node = node
        return apply(value)

    return run


@says(ast.BoolOp)
def boolean(node: ast.BoolOp, scope: Scope) -> Says:
    """``and`` and ``or``."""
    parts, stops = [expression(value, scope) for value in node.values], isinstance(node.op, ast.Or)

    def run(frame: Frame) -> Any:
        value = None
        for part in parts:
            value = part(frame)
            if bool(value) is stops:
                return value
        return value

    return run


@says(ast.Compare)
def compare(node: ast.Compare, scope: Scope) -> Says:
    """A chain of comparisons."""
    first = expression(node.left, scope)
    rest = [
        (_COMPARE[type(op)], _compared(op, right, scope)) for op, right in zip(node.ops, node.comparators, strict=True)
    ]

    def run(frame: Frame) -> Any:
        left, result = first(frame), None
        for index, (apply, part) in enumerate(rest):
            right = part(frame)
            frame.node = node
            result = apply(left, right)
            if index + 1 < len(rest) and not result:
                return result
            left = right
        return result

    return run


@says(ast.IfExp)
def either(node: ast.IfExp, scope: Scope) -> Says:
    """``a if test else b``."""
    test, yes, no = (expression(part, scope) for part in (node.test, node.body, node.orelse))
    return lambda frame: yes(frame) if test(frame) else no(frame)


@says(ast.List)
def items(node: ast.List, scope: Scope) -> Says:
    """A list."""
    return expressions(node.elts, scope)


@says(ast.Tuple)
def several(node: ast.Tuple, scope: Scope) -> Says:
    """A tuple."""
    parts = expressions(node.elts, scope)
    return lambda frame: tuple(parts(frame))


def _compared(op: ast.cmpop, node: ast.expr, scope: Scope) -> Says:
    if isinstance(node, ast.Set) and isinstance(op, ast.In | ast.NotIn):
        return _unordered(node, scope)
    return expression(node, scope)


@says(ast.Set)
def group(node: ast.Set, scope: Scope) -> Says:
    """A set."""
    made = _unordered(node, scope)
    return lambda frame: frame.module.run.came(made(frame))


def _unordered(node: ast.Set, scope: Scope) -> Says:
    """A set whose order nobody sees."""
    parts = expressions(node.elts, scope)

    def run(frame: Frame) -> set[Any]:
        values = parts(frame)
        frame.node = node
        return set(values)

    return run


@says(ast.Dict)
def mapping(node: ast.Dict, scope: Scope) -> Says:
    """A dict."""
    pairs = [
        (expression(key, scope) if key is not None else None, expression(value, scope))
        for key, value in zip(node.keys, node.values, strict=True)
    ]

    def run(frame: Frame) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in pairs:
            if key is None:
                found.update(value(frame))
                continue
            word, item = key(frame), value(frame)
            frame.node = node
            found[word] = item
        return found

    return run


@says(ast.Attribute)
def attribute(node: ast.Attribute, scope: Scope) -> Says:
    """An attribute that is read."""
    value, word = expression(node.value, scope), mangled(node.attr, scope)

    def run(frame: Frame) -> Any:
        holder = value(frame)
        frame.node = node
        return frame.module.run.reach.get(holder, word)

    return run


@says(ast.Subscript)
def item(node: ast.Subscript, scope: Scope) -> Says:
    """An item that is read."""
    value, key = expression(node.value, scope), expression(node.slice, scope)

    def run(frame: Frame) -> Any:
        holder, wanted = value(frame), key(frame)
        frame.node = node
        if holder.__class__ is str and holder != frame.module.run.shown(holder):
            raise Doubt("a place in memory")
        return holder[wanted]

    return run


@says(ast.Slice)
def part(node: ast.Slice, scope: Scope) -> Says:
    """A range of items."""
    none: Says = lambda frame: None  # noqa: E731
    lower, upper, step = (expression(end, scope) if end else none for end in (node.lower, node.upper, node.step))
    return lambda frame: slice(lower(frame), upper(frame), step(frame))


@says(ast.JoinedStr)
def formatted(node: ast.JoinedStr, scope: Scope) -> Says:
    """A formatted text."""
    parts = [expression(value, scope) for value in node.values]
    return lambda frame: "".join([part(frame) for part in parts])


_CONVERSIONS: dict[int, Any] = {115: str, 114: repr, 97: ascii}


@says(ast.FormattedValue)
def inserted(node: ast.FormattedValue, scope: Scope) -> Says:
    """One value of a formatted text."""
    value, convert = expression(node.value, scope), _CONVERSIONS.get(node.conversion)
    spec = expression(node.format_spec, scope) if node.format_spec else None

    def run(frame: Frame) -> str:
        found = value(frame)
        frame.node = node
        if convert is not None:
            found = convert(found)
        form = spec(frame) if spec is not None else ""
        frame.node = node
        return frame.module.run.shown(format(found, form))

    return run
