"""Reads a program's lines against its plan: which one it cannot print, and what it could print instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from llm_kernel.plan.automaton import Anything, End, Fork, Piece, Spot, Times, TooLarge, lower
from llm_kernel.plan.nodes import Hole, Plan
from llm_kernel.plan.patterns import ends

Place: TypeAlias = tuple[Spot, tuple[tuple[Times, int], ...]]
"""Where the program may be: the next piece, and the repetitions around it with their turns so far."""

_PLACES = 3000
_DATE = re.compile(r"%-?[a-zA-Z]")


class Matcher:
    """Follows a program line by line; a line it cannot print changes nothing."""

    def __init__(self, plan: Plan, streams: Iterable[str] = ("stdout",)) -> None:
        try:
            start: Spot = lower(plan, frozenset(streams))
        except TooLarge:
            try:
                start = lower(plan, frozenset(streams), unroll=50)
            except TooLarge:
                start = Anything(End())
        self._places = _closed({(start, ())})

    def feed(self, line: str) -> str | None:
        """Take one line without its newline: the stream it goes to, or None when it cannot come here."""
        reached: dict[Place, str] = {}
        for place in self._places:
            _follow(place, line, reached)
        if not reached:
            return None
        self._places = _closed(reached)
        return next(iter(reached.values()))

    @property
    def done(self) -> bool:
        """Whether the program may end here."""
        return any(isinstance(spot, End) and not around for spot, around in self._places)

    def possible(self, limit: int = 5) -> list[str]:
        """The lines that may come next, with ``?`` for what only a run can know."""
        found: dict[str, None] = {}
        for place in self._places:
            if len(found) >= limit:
                break
            text = _template(place)
            if text is not None:
                found[text] = None
        return list(found)[:limit]


def check(plan: Plan, lines: Iterable[str], streams: Iterable[str] = ("stdout",)) -> int | None:
    """The index of the first line that the program cannot print there, or None."""
    matcher = Matcher(plan, streams)
    for index, line in enumerate(lines):
        if matcher.feed(line) is None:
            return index
    return None


def _closed(places: Iterable[Place]) -> list[Place]:
    """All places that can be reached without printing, pieces and ends only."""
    seen: dict[Place, None] = {}
    stack = list(places)[::-1]
    while stack:
        place = stack.pop()
        if place in seen or len(seen) > _PLACES:
            continue
        seen[place] = None
        stack += reversed(_steps(place))
    return [
        place
        for place in seen
        if isinstance(place[0], (Piece, Anything)) or (isinstance(place[0], End) and not place[1])
    ]


def _steps(place: Place) -> list[Place]:
    spot, around = place
    match spot:
        case Fork():
            return [(way, around) for way in spot.ways]
        case Times():
            inside = (spot.body, (*around, (spot, 0)))
            return [inside, (spot.after, around)] if spot.low == 0 else [inside]
        case Anything():
            return [(spot.after, around)]
        case End() if around:
            loop, turns = around[-1]
            turns += 1
            counted = turns if loop.high is not None else min(turns, loop.low)
            more = loop.high is None or turns < loop.high
            out: list[Place] = [(loop.body, (*around[:-1], (loop, counted)))] if more else []
            return [*out, (loop.after, around[:-1])] if turns >= loop.low else out
    return []


def _follow(start: Place, line: str, reached: dict[Place, str]) -> None:
    """Put into ``reached`` every place behind this line."""
    seen: set[tuple[Place, int]] = set()
    stack: list[tuple[Place, int]] = [(start, 0)]
    while stack:
        place, at = stack.pop()
        if (place, at) in seen or len(seen) > 20 * _PLACES:
            continue
        seen.add((place, at))
        spot, around = place
        if isinstance(spot, Piece):
            after = (spot.after, around)
            if isinstance(spot.part, Hole):
                stack += [(after, end) for end in ends(spot.part, line, at)]
            elif spot.part == "\n":
                if at == len(line):
                    reached[after] = spot.stream
            elif line.startswith(spot.part, at):
                stack.append((after, at + len(spot.part)))
        elif isinstance(spot, Anything):
            if at == 0:
                reached[place] = "stdout"
            stack.append(((spot.after, around), at))
        elif isinstance(spot, End) and not around:
            if at == len(line) and at > 0:
                reached[place] = "stdout"
        else:
            stack += [(each, at) for each in _steps(place)]


def _template(place: Place) -> str | None:
    text = ""
    for _ in range(200):
        spot, around = place
        if isinstance(spot, Piece):
            if spot.part == "\n":
                return text
            text += spot.part if isinstance(spot.part, str) else blank(spot.part)
            place = (spot.after, around)
        elif isinstance(spot, Anything):
            return text or "..."
        else:
            steps = _steps(place)
            if not steps:
                return text or None
            place = steps[0]
    return text


def blank(hole: Hole) -> str:
    """A hole as people read it: ``?`` and as many digits as its format has."""
    if hole.among:
        return "|".join(hole.among)
    if "%" in hole.format[:-1]:
        return _DATE.sub("?", hole.format)
    digits = hole.format.rpartition(".")[2].rstrip("fFeEgG%") if "." in hole.format else ""
    percent = "%" if hole.format.endswith("%") else ""
    if hole.kind == "float" or (hole.kind == "time" and hole.format):
        places = digits if digits.isdigit() else "6" if hole.format[-1:] in ("f", "%") and hole.format else "4"
        return ("?" if places == "0" else "?." + "?" * min(int(places), 8)) + percent
    return {"int": "?", "shape": "torch.Size([?])", "time": "?.??"}.get(hole.kind, "...")
