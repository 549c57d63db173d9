"""What the operators of C do with values of known types: each becomes a function of the frame that a call runs in."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from llm_kernel.plan.foreign.computed.doubt import Died, Unsure
from llm_kernel.plan.foreign.computed.kinds import (
    INT,
    LONG,
    Array,
    Float,
    Function,
    Int,
    Kind,
    Pointer,
    convert,
    promoted,
    slots,
    usual,
)  # fmt: skip

__all__ = ["Expr", "Frame", "Place", "Run", "combined", "constant", "converted", "negated", "truth", "value_of"]

Frame: TypeAlias = list[Any]
Run: TypeAlias = Callable[[Frame], Any]
Place: TypeAlias = Callable[[Frame], tuple[Any, int]]
_DIVIDED = 8
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_PLAIN: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_BITS: dict[str, Callable[[int, int], int]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression: its type and what gives its value; ``place`` says where that is kept, ``local`` in which slot of
    the frame. ``fixed`` is its value where the source has it.
    """

    kind: Kind
    run: Run
    place: Place | None = None
    local: int | None = None
    fixed: Any = None


def constant(kind: Kind, value: Any) -> Expr:
    """A value of the source."""
    return Expr(kind, lambda frame: value, fixed=value)


def value_of(expr: Expr) -> Expr:
    """The value that an expression stands for: of an array where it begins, of a function where it is."""
    if isinstance(expr.kind, Array) and expr.place is not None:
        return Expr(Pointer(expr.kind.of), expr.place)
    if isinstance(expr.kind, Function):
        return Expr(Pointer(expr.kind), expr.run)
    return expr


def converted(expr: Expr, kind: Kind) -> Expr:
    """An expression whose value is one of another type."""
    expr = value_of(expr)
    change = convert(expr.kind, kind)
    if change is None:
        return Expr(kind, expr.run, fixed=expr.fixed)
    if expr.fixed is not None:
        return constant(kind, change(expr.fixed))
    run = expr.run
    return Expr(kind, lambda frame: change(run(frame)))


def truth(expr: Expr) -> Run:
    """Whether a value counts as true."""
    expr = value_of(expr)
    run = expr.run
    if isinstance(expr.kind, Pointer):
        return lambda frame: run(frame)[0] is not None
    if isinstance(expr.kind, Int | Float):
        return run
    raise Unsure("no truth")


def negated(sign: str, expr: Expr) -> Expr:
    """What ``-``, ``+``, ``~`` and ``!`` make of a value."""
    if sign == "!":
        held = truth(expr)
        return Expr(INT, lambda frame: 0 if held(frame) else 1)
    kind = promoted(value_of(expr).kind)
    expr = converted(expr, kind)
    run = expr.run
    if sign == "+" and isinstance(kind, Int | Float):
        return expr
    if sign == "-" and isinstance(kind, Float):
        return constant(kind, -expr.fixed) if expr.fixed is not None else Expr(kind, lambda frame: -run(frame))
    if not isinstance(kind, Int) or sign not in ("-", "~"):
        raise Unsure("an operator")
    change: Callable[[Any], Any] = operator.neg if sign == "-" else operator.invert
    held = _ranged(kind, lambda frame: change(run(frame)))
    return constant(kind, held([])) if expr.fixed is not None else Expr(kind, held)


def combined(sign: str, left: Expr, right: Expr) -> Expr:
    """What an operator makes of two values."""
    left, right = value_of(left), value_of(right)
    if isinstance(left.kind, Pointer) or isinstance(right.kind, Pointer):
        return _with_pointers(sign, left, right)
    if sign in ("<<", ">>"):
        return _shifted(sign, left, right)
    kind = usual(left.kind, right.kind)
    left, right = converted(left, kind), converted(right, kind)
    made = _numbers(sign, kind, left.run, right.run)
    if left.fixed is not None and right.fixed is not None and not (sign in ("/", "%") and not right.fixed):
        return constant(made.kind, made.run([]))
    return made


def _numbers(sign: str, kind: Kind, a: Run, b: Run) -> Expr:
    if sign in _COMPARE:
        compare = _COMPARE[sign]
        return Expr(INT, lambda frame: 1 if compare(a(frame), b(frame)) else 0)
    if isinstance(kind, Float):
        return Expr(kind, _rounded(kind, _floating(sign, a, b)))
    assert isinstance(kind, Int)
    if sign in _PLAIN:
        plain = _PLAIN[sign]
        return Expr(kind, _ranged(kind, lambda frame: plain(a(frame), b(frame))))
    if sign in _BITS:
        bits = _BITS[sign]
        return Expr(kind, lambda frame: bits(a(frame), b(frame)))
    if sign not in ("/", "%"):
        raise Unsure("an operator")
    return Expr(kind, _ranged(kind, lambda frame: _divided(sign, a(frame), b(frame))))


def _divided(sign: str, left: int, right: int) -> int:
    if right == 0:
        raise Died(_DIVIDED)
    whole = abs(left) // abs(right)
    whole = whole if (left < 0) == (right < 0) else -whole
    return whole if sign == "/" else left - whole * right


def _ranged(kind: Int, run: Run) -> Run:
    """Integers without a sign begin anew behind their greatest; nobody says what those with one do."""
    low, high = kind.low, kind.high
    if not kind.signed:
        return lambda frame: run(frame) & high

    def ranged(frame: Frame) -> int:
        value: int = run(frame)
        if low <= value <= high:
            return value
        raise Unsure("an overflow")

    return ranged


def _rounded(kind: Float, run: Run) -> Run:
    change = convert(Float(), kind)
    return run if change is None else lambda frame: change(run(frame))


def _floating(sign: str, a: Run, b: Run) -> Run:
    if sign in _PLAIN:
        plain = _PLAIN[sign]
        return lambda frame: plain(a(frame), b(frame))
    if sign != "/":
        raise Unsure("an operator")

    def divide(frame: Frame) -> float:
        left, right = a(frame), b(frame)
        if right:
            return float(left / right)
        return math.nan if not left or left != left else math.copysign(math.inf, left) * math.copysign(1.0, right)

    return divide


def _shifted(sign: str, left: Expr, right: Expr) -> Expr:
    kind, by = promoted(left.kind), promoted(right.kind)
    if not isinstance(kind, Int) or not isinstance(by, Int):
        raise Unsure("an operator")
    a, b, most, high = converted(left, kind).run, right.run, 8 * kind.bytes_, kind.high

    def shift(frame: Frame) -> int:
        value: int = a(frame)
        count: int = b(frame)
        if not 0 <= count < most:
            raise Unsure("a wide shift")
        if sign == ">>":
            return value >> count
        if not kind.signed:
            return (value << count) & high
        if value < 0 or value << count > high:
            raise Unsure("an overflow")
        return value << count

    both = left.fixed is not None and right.fixed is not None
    return constant(kind, shift([])) if both else Expr(kind, shift)


def _with_pointers(sign: str, left: Expr, right: Expr) -> Expr:
    a, b = left.run, right.run
    if sign in ("==", "!="):
        pointed = left.kind if isinstance(left.kind, Pointer) else right.kind
        a, b = (one.run if isinstance(one.kind, Pointer) else converted(one, pointed).run for one in (left, right))
        return Expr(INT, lambda frame: int((a(frame) == b(frame)) == (sign == "==")))
    if sign in ("+", "-") and isinstance(left.kind, Pointer) and isinstance(right.kind, Int):
        step = slots(left.kind.to) * (1 if sign == "+" else -1)
        return Expr(left.kind, lambda frame: _moved(a(frame), b(frame) * step))
    if sign == "+" and isinstance(left.kind, Int):
        return _with_pointers(sign, right, left)
    if not isinstance(left.kind, Pointer) or left.kind != right.kind:
        raise Unsure("an operator")
    if sign == "-":
        step = slots(left.kind.to)
        return Expr(LONG, lambda frame: _distance(a(frame), b(frame)) // step)
    if sign not in _COMPARE:
        raise Unsure("an operator")
    compare = _COMPARE[sign]
    return Expr(INT, lambda frame: int(compare(_distance(a(frame), b(frame)), 0)))


def _moved(place: tuple[Any, int], by: int) -> tuple[Any, int]:
    block, at = place
    if block is None or not 0 <= at + by <= len(block.cells):
        raise Unsure("a pointer out of its array")
    return block, at + by


def _distance(left: tuple[Any, int], right: tuple[Any, int]) -> int:
    if left[0] is not right[0] or left[0] is None:
        raise Unsure("pointers to different things")
    return left[1] - right[1]
