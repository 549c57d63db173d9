"""What a program prints to its end when nobody says it: the lines from a place on, holes and all."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence

from llm_kernel.plan.automaton import LINE_ENDS, Anything, End, Fork, Gap, Piece, Times
from llm_kernel.plan.check import Place, steps
from llm_kernel.plan.nodes import Line, Literal, Part, Stream

__all__ = ["rest"]

_FAR = 40
"""Lines beyond which it does not matter how much lies ahead."""
_NEAR = 3
"""Ways that differ by so many lines are equally good: neither leaves a loop or the program early."""
_SEEN = 1500


def rest(places: Sequence[Place], dice: random.Random, most: int = 5000) -> Iterator[Line]:
    """The lines from one of ``places`` to the end: an early end is avoided, else chance decides; free text is none."""
    place = _way(places, dice)
    for _ in range(most):
        lines, behind = _lines(place, dice)
        yield from lines
        if behind is None:
            return
        place = behind


def _lines(place: Place, dice: random.Random) -> tuple[tuple[Line, ...], Place | None]:
    """What is printed next, and the place behind it; None at the end."""
    parts: list[Part] = []
    stream: Stream = "stdout"
    while True:
        spot, around = place
        match spot:  # what is read whole may have more lines than one, and need not
            case Piece():
                place, stream = (spot.after, around), spot.stream
                if isinstance(spot.part, str) and spot.part in LINE_ENDS:
                    return (Line(tuple(parts), spot.part, stream),), place
                parts.append(Literal(spot.part) if isinstance(spot.part, str) else spot.part)
            case Gap() if not parts:
                return spot.lines, (spot.after, around)
            case Fork():
                place = _way([(way, around) for way in spot.ways], dice)
            case Times() if spot.high is None or (isinstance(spot.body, Piece) and spot.body.part in LINE_ENDS):
                place = (spot.after, around) if spot.low == 0 else (spot.body, (*around, (spot, 0)))
            case End() if around:
                loop, turns = around[-1]
                more = turns + 1 < (loop.high if loop.high is not None else loop.low)
                place = (loop.body, (*around[:-1], (loop, turns + 1))) if more else (loop.after, around[:-1])
            case End():
                return ((Line(tuple(parts), "", stream),) if parts else ()), None
            case _:
                place = steps(place)[0]


def _way(ways: Sequence[Place], dice: random.Random) -> Place:
    if len(ways) == 1:
        return ways[0]
    long = [_ahead(way) for way in ways]
    good = [way for way, lines in zip(ways, long, strict=True) if lines + _NEAR >= max(long)]
    return good[dice.randrange(len(good))]


def _ahead(start: Place) -> int:
    """How many lines can be reached from a place, as far as anybody looks."""
    queue: deque[Place] = deque([start])
    seen: set[Place] = set()
    lines = 0
    while queue and lines < _FAR and len(seen) < _SEEN:
        place = queue.popleft()
        if place in seen:
            continue
        seen.add(place)
        spot, around = place
        if isinstance(spot, Piece):
            lines += isinstance(spot.part, str) and spot.part in LINE_ENDS
            queue.append((spot.after, around))
        elif isinstance(spot, Gap):
            lines += len(spot.lines)
            queue.append((spot.after, around))
        elif isinstance(spot, Anything):
            queue.append((spot.after, around))
        elif not (isinstance(spot, End) and not around):
            queue.extend(steps(place))
    return lines
