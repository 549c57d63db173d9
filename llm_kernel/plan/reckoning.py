"""Values that hang on a loop's counter: what arithmetic, comparisons and plain functions make of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from llm_kernel.plan.counted import Counter, Form, Turn, formula
from llm_kernel.plan.values import Counted, Items, Unknown, Value, join, kind_of, same

__all__ = ["counts", "every", "hanging", "hung", "picked", "power", "reckoned", "some"]

_HIGHEST = 1000
"""The exponent beyond which no power is computed."""
_FEW = 4
"""Turns by which is seen how a loop counts: the second, the third and the last."""


def hung(made: Value, function: Callable[..., Any] | None, *parts: Value) -> Value:
    """``made``, a result of which nobody knows the number, with how it hangs on counters if its parts do."""
    if not isinstance(made, Unknown) or function is None or not any(isinstance(part, Counted) for part in parts):
        return made
    forms = [_form(part) for part in parts]
    sure = [form for form in forms if form is not None]
    found = formula(function, *sure) if len(sure) == len(forms) else None
    return made if found is None else Counted(made.kind, low=made.low, form=found)


def _form(value: Value) -> Form | None:
    if isinstance(value, Counted):
        return value.form
    if type(value) in (bool, float, str):
        return value  # type: ignore[return-value]
    return int(value) if isinstance(value, int) else None


def every(*said: object) -> bool:
    """``and`` of truths."""
    return all(said)


def some(*said: object) -> bool:
    """``or`` of truths."""
    return any(said)


def picked(test: Form | None, one: Value, other: Value) -> Value:
    """What is known of a value that is ``one`` where the test holds, else ``other``."""
    joined = join(one, other)
    if test is None or same(one, other):
        return joined
    return hung(joined, _pick, Counted("bool", form=test), one, other)


def _pick(test: object, one: object, other: object) -> object:
    return one if test else other


def power(base: Any, exponent: Any) -> Any:
    """``base ** exponent`` of numbers; one that would be very long is not computed."""
    if abs(exponent) > _HIGHEST:
        raise OverflowError("too long")
    return base**exponent


_FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "builtins.int": (int, "int"), "builtins.float": (float, "float"), "builtins.bool": (bool, "bool"),
    "builtins.abs": (abs, ""), "builtins.min": (min, ""), "builtins.max": (max, ""),
    "builtins.round": (round, ""), "math.floor": (math.floor, "int"), "math.ceil": (math.ceil, "int"),
    **{f"math.{name}": (getattr(math, name), "float") for name in
       ("pow", "exp", "log", "log2", "log10", "sqrt", "sin", "cos", "tanh")},
}  # fmt: skip


def reckoned(path: str, args: Sequence[Value]) -> Value | None:
    """What a plain function gives of values that hang on counters; None where that is not known."""
    found = _FUNCTIONS.get(path)
    if found is None or not args:
        return None
    function, kind = found
    if path == "builtins.round":
        kind = "int" if len(args) == 1 else "float"
    kinds = {kind_of(each) for each in args}
    made = hung(Unknown(kind or (kinds.pop() if len(kinds) == 1 else "float")), function, *args)
    return made if isinstance(made, Counted) else None


def counts(items: Items) -> bool:
    """Whether the turns of a loop are numbered by something that it runs over."""
    found = hanging(items, Counter())
    return any(isinstance(each, Counted) for each in (found if isinstance(found, tuple) else (found,)))


def hanging(items: Items, loop: Counter) -> Value:
    """The value of any turn behind the first, with what in it counts told by the turn."""
    count = _FEW if items.endless else items.count
    if count is None or count < _FEW:
        return items.at(None)
    return _hanging(items.at(None), items.at(1), items.at(2), items.at(count - 1), count, loop)


def _hanging(value: Value, one: Value, two: Value, last: Value, count: int, loop: Counter) -> Value:
    match one, two, last:
        case int(), int(), int() if {type(one), type(two), type(last)} == {int} and one != two:
            step = two - one
            if last == one + step * (count - 2):
                low = value.low if isinstance(value, Unknown) else None
                return Counted("int", low=low, form=Turn(loop, one - step, step))
        case tuple(), tuple(), tuple() if isinstance(value, tuple):
            if len(value) == len(one) == len(two) == len(last):
                return tuple(_hanging(*each, count, loop) for each in zip(value, one, two, last, strict=True))
    return value
