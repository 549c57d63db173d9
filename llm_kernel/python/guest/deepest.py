"""The deepest call that Python allows: what is said of one more, and what it meets before that one."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import FunctionType
from typing import Any

from .frames import Frame
from .world import Doubt

__all__ = ["NEAR", "check_depth", "overflow"]

NEAR = 6
"""Calls from the deepest one on in which what is built in may find no room for its own calls."""

_TOO_DEEP = "maximum recursion depth exceeded"
_COUNTED = ast.Eq | ast.NotEq | ast.Lt | ast.LtE | ast.Gt | ast.GtE
"""Comparisons that count as a call before 3.11, and of other values than small numbers until 3.12."""

_SMALL = 2**30
_PASSED = ast.Name | ast.Constant | ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.Subscript | ast.Attribute | ast.Tuple
_PASSED |= ast.List | ast.Slice | ast.keyword | ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.IfExp
"""Syntax that calls nothing by itself."""


def overflow(stack: Sequence[Frame]) -> RecursionError:
    """What one call too many raises.

    Raises:
        Doubt: where something of the library's stands between two calls, which Python counts in its own way.
    """
    if threading.current_thread().name != "MainThread":
        raise Doubt("a deep call in a thread")
    for above, below in pairwise(stack):
        if not (isinstance(above.node, ast.Call) and _called(above.node) == below.function):
            raise Doubt("a deep call by the library")
    return RecursionError(_TOO_DEEP)


def check_depth(body: Sequence[ast.stmt] | ast.expr, frame: Frame, version: tuple[int, ...], *, last: bool) -> None:
    """Meet what counts as a call too, in a deep one: in the ``last`` there is no room for it.

    Raises:
        RecursionError: where a comparison is met first.
        Doubt: where it is not known what is met.
    """
    if version >= (3, 12):
        return
    for node in _met(body if isinstance(body, Sequence) else [ast.Expr(body)]):
        match node:
            case ast.Call() if _own(node, frame):
                return
            case ast.Compare(ops=[op]) if isinstance(op, _COUNTED) and not last:
                continue
            case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, _COUNTED):
                if version < (3, 11):
                    frame.node = node
                    raise RecursionError(f"{_TOO_DEEP} in comparison")
                if not (_small(left, frame) and _small(right, frame)):
                    raise Doubt("a comparison in the deepest call")
            case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
                continue
            case _ if not isinstance(node, _PASSED):
                raise Doubt("what the deepest call does")


def _met(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """The expressions of statements in the order in which they are taken, where no condition holds."""
    for statement in body:
        match statement:
            case ast.If(test=test, body=inner, orelse=other):
                yield from _parts(test)
                if any(isinstance(node, ast.Call | ast.Compare) for part in inner for node in ast.walk(part)):
                    yield statement
                yield from _met(other)
            case ast.Expr(value=value) | ast.Return(value=value) | ast.Assign(value=value):
                yield from _parts(value)
            case ast.Global() | ast.Nonlocal() | ast.Pass():
                continue
            case ast.AugAssign(target=ast.Name(), value=value):
                yield from _parts(value)
            case _:
                yield statement


def _parts(node: ast.AST | None) -> Iterator[ast.AST]:
    """An expression behind its parts."""
    if node is not None:
        for part in ast.iter_child_nodes(node):
            yield from _parts(part)
        if not isinstance(node, ast.cmpop):
            yield node


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _own(node: ast.Call, frame: Frame) -> bool:
    """Whether a function of the program's is called, by its name or as a method of the same object."""
    value: Any = None
    match node.func:
        case ast.Name(id=name):
            value = frame.vars.get(name, frame.module.names.get(name))
        case ast.Attribute(value=ast.Name(id=holder), attr=name):
            value = getattr(type(frame.vars.get(holder)), name, None)
    return isinstance(value, FunctionType) and value.__module__ == frame.module.names.get("__name__")


def _small(node: ast.expr, frame: Frame) -> bool:
    match node:
        case ast.Constant(value=value):
            pass
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)):
            pass
        case ast.Name(id=name):
            value = frame.vars.get(name)
        case _:
            return False
    return type(value) is int and abs(value) < _SMALL
