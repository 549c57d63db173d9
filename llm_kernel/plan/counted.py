"""How a number hangs on a loop's counter: arithmetic that is put off until a turn is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["Counter", "Form", "Formula", "Turn", "formula", "settled"]

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


def settled(form: Form, loop: Counter, turn: int) -> Form:
    """The form with the loop's counter put in: a plain value where it hangs on no other.

    Raises:
        ArithmeticError, TypeError, ValueError: as Python does where the numbers do not fit the function.
    """
    match form:
        case Turn(counter, first, step):
            return first + step * turn if counter is loop else form
        case Formula(function, parts):
            made = tuple(settled(part, loop, turn) for part in parts)
            if any(isinstance(part, (Turn, Formula)) for part in made):
                return Formula(function, made, form.size)
            value: Form = function(*made)
            return value
    return form
