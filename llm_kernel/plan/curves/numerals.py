"""A figure as the text of a hole, and the text as a figure."""

from __future__ import annotations

import math
import random
import re

from llm_kernel.plan.curves.places import Place
from llm_kernel.plan.curves.roles import Role
from llm_kernel.plan.nodes import Hole

__all__ = ["as_long", "close", "number_of", "role_value", "shown_value", "timed"]

_WHOLE = 8
"""Decimals beyond which a number is shown as a whole."""


def timed(place: Place, group: int, elapsed: float) -> float:
    """The part of ``elapsed`` that a hole shows: seconds, or the minutes and hours before them."""
    parts = place.line.parts
    holes = [at for at, part in enumerate(parts) if isinstance(part, Hole)]
    number = place.groups.index(group)
    after = [
        "".join(part.text for part in parts[at + 1 : at + 2] if not isinstance(part, Hole)).lstrip() for at in holes
    ]
    if after[number].startswith("min") and not any(text.startswith("s") for text in after[number + 1 :]):
        return elapsed / 60
    if re.match(r"h", after[number]):
        return elapsed / 3600 if number + 1 == len(holes) else elapsed // 3600
    if re.match(r"m(?!s)", after[number]):
        return (elapsed % 3600 if number and after[number - 1].startswith("h") else elapsed) // 60
    return elapsed % 60 if number and re.match(r"m(?!s)", after[number - 1]) else elapsed


def role_value(role: Role, number: float) -> float:
    """The base figure behind a number in a hole: the loss of a perplexity, the percents of a share."""
    if role.kind == "ppl":
        return math.log(number) if number > 0 and math.isfinite(number) else number
    return number * number if role.kind == "rmse" else role.meant(number)


def shown_value(role: Role, figure: float) -> float:
    """The number of a base figure in a hole."""
    if role.kind == "ppl":
        return math.exp(min(figure, 700.0)) if math.isfinite(figure) else figure
    if role.kind == "rmse":
        return math.sqrt(max(figure, 0.0)) if math.isfinite(figure) else figure
    return role.shown(figure)


def number_of(digits: str) -> float | None:
    """The number that a text writes, a percentage as its share; None where it writes none."""
    text = digits.strip().replace(",", "")
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None


def close(said: float, value: float) -> bool:
    """Whether two numbers are the same but for what is lost in arithmetic."""
    return abs(said - value) <= 1e-6 * max(abs(said), abs(value), 1e-12)


def as_long(value: float, digits: str) -> str:
    """A number without a format, with about as many digits as the one in its place has."""
    if not math.isfinite(value):
        return str(value)
    if re.fullmatch(r"\s*[-+]?\d+\s*", digits):
        return str(round(value))
    places = len(digits.strip().rstrip("%").partition(".")[2])
    short = len(repr(value).partition(".")[2])
    if places > _WHOLE > short:  # it was shown with few digits, and has more
        value += random.Random(repr(value)).uniform(-0.45, 0.45) * 10.0**-short
    return f"{value:.{places}f}" if places else repr(round(value, 4))
