"""Arithmetic and comparison on values of which not everything is known."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from llm_kernel.plan.reckoning import hung, power
from llm_kernel.plan.shapes.batches import Rows
from llm_kernel.plan.shapes.numeric import filled
from llm_kernel.plan.shapes.operators import compare as compare_tensors
from llm_kernel.plan.shapes.operators import operate
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.text import Ask, joined, parts_of, percent
from llm_kernel.plan.values import LONGEST, PLAIN, Lib, Text, Unknown, Value, kind_of, known, spread

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip
_TENSORS = ("tensor", "ints", "bools")
_ROWS = (str, bytes, list, tuple)


def binary(op: ast.operator, one: Value, other: Value, ask: Ask) -> Value:
    """``one op other``; raises what Python would raise where both are known."""
    if type(one) in (int, float) and type(other) in (int, float):
        return _numbers(op, one, other)
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        found = operate(op, one, other)
        if found is not None:
            return found
    if isinstance(op, ast.Add) and isinstance(one, _ROWS) and isinstance(other, _ROWS) and type(one) is type(other):
        size = len(one) + len(other)
        if size > LONGEST:
            return Unknown(kind_of(one), size=size)
    if isinstance(op, ast.Mod) and isinstance(one, str):
        return percent(one, other, ask)
    if isinstance(op, ast.Add) and isinstance(one, (str, Text)) and isinstance(other, (str, Text)):
        return joined((*parts_of(one), *parts_of(other)))
    if isinstance(op, ast.Mult) and _repeats(one, other):
        return _repeat(one, other)
    if known(one) and known(other):
        return _numbers(op, one, other)
    if isinstance(op, ast.Add) and isinstance(one, (list, tuple)) and type(one) is type(other):
        return one + other  # type: ignore[operator]
    return hung(_guess(op, one, other), power if isinstance(op, ast.Pow) else _BINARY.get(type(op)), one, other)


def gathered(one: Value, other: Value) -> Value | None:
    """What a sum holds that grows by a batch's rows turn by turn; None for every other sum."""
    if not (isinstance(one, Rows) or isinstance(other, Rows)) or {kind_of(one), kind_of(other)} != {"int"}:
        return None
    least = _low(ast.Add(), one, other)
    return Unknown("int", low=None if least is None else min(least, 1))


def _numbers(op: ast.operator, one: Value, other: Value) -> Value:
    function = _BINARY.get(type(op))
    if function is None:
        return Unknown()
    if isinstance(op, ast.Pow) and (_big(one, 1 << 64) or _big(other, 256)):
        return Unknown(kind_of(one))
    if isinstance(op, (ast.LShift, ast.Mult)) and (_big(one, 1 << 2000) or _big(other, 1 << 2000)):
        return Unknown("int")
    if isinstance(op, ast.LShift) and _big(other, 512):
        return Unknown("int")
    return function(one, other)


def _big(value: Value, limit: int) -> bool:
    return isinstance(value, int) and abs(value) > limit


def _repeats(one: Value, other: Value) -> bool:
    kinds = (str, list, tuple, Text, bytes)
    return (isinstance(one, kinds) and isinstance(other, int)) or (isinstance(other, kinds) and isinstance(one, int))


def _repeat(one: Any, other: Any) -> Value:
    thing, times = (one, other) if isinstance(other, int) else (other, one)
    if isinstance(thing, Text):
        return joined(thing.parts * times) if times * len(thing.parts) < 2000 else Unknown("str")
    if times * len(thing) > 20000:
        return Unknown(kind_of(thing), size=times * len(thing))
    return thing * times


def _guess(op: ast.operator, one: Value, other: Value) -> Value:
    """The kind of a result; a time minus a time, or divided, is a time still."""
    kinds = {kind_of(one), kind_of(other)}
    if kinds & set(_TENSORS):
        whole = kinds <= {"ints", "bools", "int", "bool"} and not isinstance(op, ast.Div)
        return Unknown("ints" if whole else "tensor")
    if kinds <= {"int", "bool"}:
        return Unknown("float" if isinstance(op, (ast.Div, ast.Pow)) else "int", low=_low(op, one, other))
    if "time" in kinds and kinds <= {"time", "float", "int"}:
        rate = isinstance(op, (ast.Div, ast.FloorDiv)) and kind_of(other) == "time"
        return Unknown("float" if rate else "time")
    if kinds <= {"float", "int", "bool"}:
        return Unknown("float")
    if "str" in kinds:
        return Unknown("str" if isinstance(op, (ast.Add, ast.Mult, ast.Mod)) else "any")
    return Unknown()


def _low(op: ast.operator, one: Value, other: Value) -> int | None:
    """A lower bound of a sum, so that a counter that has grown is not zero again."""
    if not isinstance(op, (ast.Add, ast.Mult)):
        return None
    bounds = [value.low if isinstance(value, Unknown) else value for value in (one, other)]
    if not all(isinstance(bound, int) and bound >= 0 for bound in bounds):
        return None
    first, second = (bound for bound in bounds if isinstance(bound, int))
    return first + second if isinstance(op, ast.Add) else first * second


def unary(op: ast.unaryop, value: Value) -> Value:
    """``-value`` and its like (``not`` is decided elsewhere)."""
    if isinstance(value, (bool, int, float)):
        if isinstance(op, ast.USub):
            return -value
        if isinstance(op, ast.UAdd):
            return +value
        if isinstance(op, ast.Invert) and isinstance(value, int):
            return ~int(value)
    if isinstance(value, Tensor) and isinstance(op, (ast.USub, ast.UAdd, ast.Invert)):
        blank = replace(value, role="", cell=None)
        return filled(blank, {ast.USub: "neg", ast.Invert: "invert"}.get(type(op), "clone"), [value], {})
    return hung(Unknown(kind_of(value)), operator.neg if isinstance(op, ast.USub) else None, value)


def compare(op: ast.cmpop, one: Value, other: Value) -> Value:
    """``one op other``: True, False, or an unknown truth."""
    if isinstance(op, (ast.In, ast.NotIn)):
        found = _contains(one, other)
        return found if not isinstance(found, bool) else found is isinstance(op, ast.In)
    if isinstance(op, (ast.Is, ast.IsNot)):
        return _identical(op, one, other)
    function = _COMPARE[type(op)]
    if known(one) and known(other):
        return bool(function(one, other))
    if isinstance(one, Unknown) and one.among and known(other) and all(known(each) for each in one.among):
        said = {bool(function(each, other)) for each in one.among}
        return said.pop() if len(said) == 1 else Unknown("bool")
    if _types(one, other) and isinstance(op, (ast.Eq, ast.NotEq)):
        return (one == other) is isinstance(op, ast.Eq)
    if kind_of(one) in _TENSORS or kind_of(other) in _TENSORS:
        found = compare_tensors(op, one, other)
        return Unknown("bools") if found is None else found
    return hung(_bounded(op, one, other), function, one, other)


def _types(one: Value, other: Value) -> bool:
    """Whether both are types, or functions, of Python itself."""
    return all(isinstance(each, Lib) and each.path.startswith("builtins.") for each in (one, other))


def _identical(op: ast.cmpop, one: Value, other: Value) -> Value:
    if isinstance(one, Unknown) or isinstance(other, Unknown):
        unknown, plain = (one, other) if isinstance(one, Unknown) else (other, one)
        assert isinstance(unknown, Unknown)
        if plain is None and (unknown.kind not in ("any", "bool") or unknown.origin) and not unknown.among:
            return isinstance(op, ast.IsNot) if unknown.kind != "any" else Unknown("bool")
        if plain is None and unknown.among and not any(each is None for each in unknown.among):
            return isinstance(op, ast.IsNot)
        return Unknown("bool")
    plain = isinstance(one, PLAIN) and type(one) is type(other)
    equal = one is other or ((plain or _types(one, other)) and one == other)
    return equal is isinstance(op, ast.Is)


def _bounded(op: ast.cmpop, one: Value, other: Value) -> Value:
    if isinstance(one, Unknown) and one.low is not None and isinstance(other, int):
        if isinstance(op, ast.Eq) and other < one.low:
            return False
        if isinstance(op, (ast.NotEq, ast.Gt)) and other < one.low:
            return True
        if isinstance(op, ast.GtE) and other <= one.low:
            return True
        if isinstance(op, ast.Lt) and other <= one.low:
            return False
        if isinstance(op, ast.LtE) and other < one.low:
            return False
    return Unknown("bool")


def _contains(one: Value, other: Value) -> Value:
    if isinstance(other, dict) and not spread(other) and known(one):
        return one in other
    if known(one) and known(other) and isinstance(other, (list, tuple, set, dict, range, str)):
        if isinstance(other, str) and not isinstance(one, str):
            raise TypeError("'in <string>' requires string as left operand")
        return one in other
    if isinstance(other, (list, tuple)) and len(other) == 0:
        return False
    if isinstance(other, (list, tuple)) and not isinstance(one, Unknown) and any(each is one for each in other):
        return True
    return Unknown("bool")
