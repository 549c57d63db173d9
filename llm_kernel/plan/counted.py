"""How a number hangs on a loop's counter: arithmetic that is put off until a turn is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["Counter", "Form", "Formula", "Turn", "counters", "formula", "settling"]

_LARGEST = 40
"""Parts beyond which nobody follows a formula."""


class Counter:
    """Stands for one walk of one loop."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A counter: ``first`` in the first turn of the loop, and ``step`` more in each."""

    loop: Counter
    first: int
    step: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A function of numbers some of which hang on counters; ``size`` says how many parts it has."""

    function: Callable[..., Any]
    parts: tuple[Form, ...]
    size: int


Form: TypeAlias = "int | float | str | Turn | Formula"


def formula(function: Callable[..., Any], *parts: Form) -> Formula | None:
    """The formula of these parts; None where it would be too large."""
    size = 1 + sum(part.size if isinstance(part, Formula) else 1 for part in parts)
    return Formula(function, parts, size) if size <= _LARGEST else None


def counters(form: Form) -> Iterator[Counter]:
    """The counters on which a form hangs."""
    match form:
        case Turn():
            yield form.loop
        case Formula():
            for part in form.parts:
                yield from counters(part)


def settling(form: Form, loop: Counter) -> Callable[[int], Form]:
    """What puts the loop's counter into a form, turn by turn: a plain value where it hangs on no other.

    It raises ArithmeticError, TypeError or ValueError as Python does where the numbers do not fit the function.
    """
    found = set(counters(form))
    if loop not in found:
        return lambda turn: form
    if isinstance(form, Turn):
        first, step = form.first, form.step
        return lambda turn: first + step * turn
    assert isinstance(form, Formula)
    function, parts, size = form.function, [settling(part, loop) for part in form.parts], form.size
    if found == {loop}:
        return lambda turn: function(*[part(turn) for part in parts])
    return lambda turn: Formula(function, tuple(part(turn) for part in parts), size)
