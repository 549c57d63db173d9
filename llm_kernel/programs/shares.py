"""Percentages behind a fraction: ``54/10000 (0.5%)`` says what 54 of 10000 are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llm_kernel.plan import Hole, Line

__all__ = ["shares"]

_FRACTION = re.compile(r"(\d+) ?/ *(\d+)(?: \w+)? ?\( *$")


def shares(line: Line, texts: Sequence[str]) -> tuple[str, ...]:
    """What stands in the holes of a line, each percentage computed where a whole fraction stands before it.

    Of two numbers that nobody knows the smaller one is the part.
    """
    found = list(texts)
    before, number = "", 0
    for at, part in enumerate(line.parts):
        if not isinstance(part, Hole):
            before += part.text
            continue
        after = line.parts[at + 1] if at + 1 < len(line.parts) else None
        fraction = _FRACTION.search(before)
        if fraction and after is not None and not isinstance(after, Hole) and after.text.startswith("%"):
            low, high = int(fraction[1]), int(fraction[2])
            if low > high and [one.strip() for one in found[max(number - 2, 0) : number]] == [*fraction.groups()]:
                found[number - 2], found[number - 1] = found[number - 1], found[number - 2]
                low, high = high, low
            found[number] = _share(part, low, high, found[number])
        before += found[number]
        number += 1
    return tuple(found)


def _share(hole: Hole, part: int, whole: int, said: str) -> str:
    if not 0 <= part <= whole or not whole or "%" in hole.format:
        return said
    value = 100 * part / whole
    try:
        return format(value, hole.format) if hole.format else said
    except ValueError:
        return said
