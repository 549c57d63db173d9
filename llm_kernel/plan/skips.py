"""Which turns of a long loop can be passed over: those where no condition holds and nothing else moves."""

from __future__ import annotations

import ast
import operator
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

from llm_kernel.plan.trees import every
from llm_kernel.plan.values import Env, Items, Value
from llm_kernel.plan.walk import Raised, Walk

Skip: TypeAlias = Callable[[int, int], int]
"""From a turn and the number of turns: the next turn that must be walked."""
_Number: TypeAlias = Callable[[Any], Any]
"""A number or a truth of a counter, or of an array of counters."""

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


def skipper(w: Walk, body: Sequence[ast.stmt], target: ast.expr, items: Items, env: Env) -> Skip | None:
    """How to pass over turns, when all that depends on the turn are the conditions of plain ``if`` statements."""
    word = _counter(target, items.at(0), items.at(1))
    if word is None:
        return None
    first = _at(target, items.at(0), word)
    tests = [each.test for each in body if isinstance(each, ast.If) and _names(each, word)]
    others = [each for each in body if not (isinstance(each, ast.If) and _names(each, word))]
    written = {name for each in body for name in w.writes(each)}
    if any(_names(each, word) for each in others) or any(each.orelse for each in body if isinstance(each, ast.If)):
        return None
    fixed: list[Value] = []
    conditions = [_number(w, test, word, written, fixed, env) for test in tests]
    sure = [condition for condition in conditions if condition is not None]
    if len(sure) < len(conditions) or not isinstance(first, int):
        return None
    key = (tuple(id(test) for test in tests), first, items.count, tuple(fixed))
    firing = w.memo.get(key)
    if firing is None:
        firing = w.memo[key] = _firing(sure, first, items.count or 0)
    turns = firing
    return lambda turn, count: turns[at] if (at := bisect_right(turns, turn)) < len(turns) else count


def _names(node: ast.AST, word: str) -> bool:
    """Whether ``word`` is a variable there, not only an attribute, as that of ``optimizer.step()``."""
    return any(isinstance(each, ast.Name) and each.id == word for each in every(node))


def number(w: Walk, test: ast.expr, word: str, written: set[str], env: Env) -> _Number | None:
    """A test as a function of the counter ``word``, when nothing else in it moves."""
    return _number(w, test, word, written, [], env)


def _firing(conditions: list[_Number], first: int, count: int) -> list[int]:
    """The turns in which one of the conditions holds; each is told of all counters at once."""
    import numpy as np  # slow to import, and few programs have such loops

    counters, holds = np.arange(first, first + count), np.zeros(count, bool)
    try:
        with np.errstate(all="raise"):
            for each in conditions:
                holds |= np.asarray(each(counters)).astype(bool)
    except (ArithmeticError, TypeError):
        return list(range(count))
    return [int(turn) for turn in np.flatnonzero(holds)]


def _counter(target: ast.expr, zero: Value, one: Value) -> str | None:
    """The loop's name that counts up by one."""
    if isinstance(target, ast.Name):
        return target.id if isinstance(zero, int) and isinstance(one, int) and one == zero + 1 else None
    if isinstance(target, ast.Tuple) and isinstance(zero, tuple) and isinstance(one, tuple):
        for each, a, b in zip(target.elts, zero, one, strict=False):
            found = _counter(each, a, b)
            if found is not None:
                return found
    return None


def _at(target: ast.expr, value: Value, word: str) -> Value:
    if isinstance(target, ast.Name):
        return value if target.id == word else None
    if isinstance(target, ast.Tuple) and isinstance(value, tuple):
        found = [_at(each, one, word) for each, one in zip(target.elts, value, strict=False)]
        return next((each for each in found if each is not None), None)
    return None


def _number(w: Walk, node: ast.expr, word: str, written: set[str], fixed: list[Value], env: Env) -> _Number | None:
    """The expression as a function of the counter, when nothing else in it moves."""
    match node:
        case ast.Name() if node.id == word:
            return lambda turn: turn
        case ast.BinOp() if type(node.op) in _ARITHMETIC and word in w.reads(node):
            return _pair(
                _ARITHMETIC[type(node.op)],
                *(_number(w, each, word, written, fixed, env) for each in (node.left, node.right)),
            )
        case ast.Compare() if len(node.ops) == 1 and type(node.ops[0]) in _COMPARE and word in w.reads(node):
            sides = (_number(w, each, word, written, fixed, env) for each in (node.left, node.comparators[0]))
            return _pair(_COMPARE[type(node.ops[0])], *sides)
        case ast.UnaryOp(op=ast.Not()):
            inner = _number(w, node.operand, word, written, fixed, env)
            return None if inner is None else lambda turn: inner(turn) == 0
        case ast.BoolOp():
            parts = [_number(w, each, word, written, fixed, env) for each in node.values]
            sure = [each for each in parts if each is not None]
            if len(sure) < len(parts):
                return None
            both = operator.and_ if isinstance(node.op, ast.And) else operator.or_
            return lambda turn: reduce(both, [each(turn) != 0 for each in sure])
    names = w.reads(node)
    if word in names or names & written or w.loud(node):
        return None
    try:
        value = w.evaluate(node, env)
    except Raised:
        return None
    fixed.append(value)
    return (lambda turn: value) if isinstance(value, (bool, int, float)) else None


def _pair(function: Callable[[Any, Any], Any], one: _Number | None, other: _Number | None) -> _Number | None:
    return None if one is None or other is None else lambda turn: function(one(turn), other(turn))
