"""Reads a program's lines against its plan: which one it cannot print, and what it could print instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from llm_kernel.plan.automaton import LINE_ENDS, Anything, End, Fork, Gap, Piece, Spot, Times, TooLarge, lower
from llm_kernel.plan.nodes import Hole, Line, Literal, Part, Plan, Stream
from llm_kernel.plan.patterns import ends

__all__ = ["Matcher", "Place", "Step", "blank", "check", "closed", "shown", "steps", "template"]

Place: TypeAlias = tuple[Spot, tuple[tuple[Times, int], ...]]
"""Where the program may be: the next piece, and the repetitions around it with their turns so far."""

Skipped: TypeAlias = "tuple[Line, ...]"
_Trail: TypeAlias = "tuple[_Trail, str | Hole, int] | None"

_PLACES = 3000
_FEW = 30
"""Lines without holes that may be left out before one that is said."""
_DATE = re.compile(r"%-?[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Step:
    """One line that the program can print: its form, what stands in the holes, and what lies before it unsaid."""

    line: Line
    texts: tuple[str, ...]
    skipped: tuple[Line, ...] = ()

    @property
    def stream(self) -> Stream:
        """Where the line goes to."""
        return self.line.stream


class Matcher:
    """Follows a program line by line; a line it cannot print changes nothing.

    With a ``seed``, most turns of a long loop may be left unsaid (``anchors``).
    """

    def __init__(self, plan: Plan, streams: Iterable[str] = ("stdout",), *, seed: str | None = None) -> None:
        self._places: dict[Place, Skipped] = closed({(_lowered(plan, frozenset(streams), seed), ()): ()})

    @property
    def places(self) -> tuple[Place, ...]:
        """Where the program may be, the likeliest first."""
        return tuple(sorted(self._places, key=lambda place: len(self._places[place])))

    @property
    def free(self) -> bool:
        """Whether any line may come."""
        return any(isinstance(spot, Anything) for spot, _ in self._places)

    def feed(self, line: str) -> str | None:
        """Take one line without its newline: the stream it goes to, or None when it cannot come here."""
        step = self.step(line)
        return step.stream if step else None

    def step(self, line: str) -> Step | None:
        """Take one line without its newline; None when it cannot come here."""
        found = _taken(self._places, line)
        if found is None:
            return None
        step, reached = found
        self._places = closed(reached)
        return step

    def through(self, line: str) -> list[Step]:
        """Take a line before which others without any hole must come: those, then the line; empty where it cannot."""
        ahead: dict[Place, tuple[Step, ...]] = {place: () for place, gone in self._places.items() if not gone}
        for _ in range(_FEW):
            further: dict[Place, tuple[Step, ...]] = {}
            for place, before in ahead.items():
                written = template(place)
                if written is None or any(isinstance(part, Hole) for part in written[0].parts):
                    continue
                for each in closed({written[1]: ()}):
                    further.setdefault(each, (*before, Step(written[0], ())))
            ahead = further
            found = _taken(dict.fromkeys(ahead, ()), line)
            if found is not None:
                step, reached = found
                self._places = closed(reached)
                before = next(steps for place, steps in ahead.items() if _taken({place: ()}, line))
                return [*before, step]
        return []

    def asked(self, prompt: str) -> bool:
        """Take the beginning of a line, behind which somebody types; False when it cannot come here."""
        reached: dict[Place, Skipped] = {}
        for place in self._places:
            for each in _partly(place, prompt):
                reached[each] = ()
        if reached:
            self._places = closed(reached)
        return bool(reached)

    @property
    def done(self) -> bool:
        """Whether the program may end here."""
        return any(isinstance(spot, End) and not around for spot, around in self._places)

    @property
    def left(self) -> Skipped | None:
        """The unsaid lines before the program's end, where it may end here."""
        return next(
            (gone for (spot, around), gone in self._places.items() if isinstance(spot, End) and not around), None
        )

    def next(self, limit: int = 5) -> list[Line]:
        """The lines that may come next; where some may stay unsaid, those that may not."""
        found: dict[Line, None] = {}
        far = max(map(len, self._places.values()), default=0)
        for place in [one for one, gone in self._places.items() if len(gone) == far]:
            if len(found) >= limit:
                break
            written = template(place)
            if written is not None and written[0].parts:
                found[written[0]] = None
        return list(found)[:limit]

    def possible(self, limit: int = 5) -> list[str]:
        """The lines that may come next, with ``?`` for what only a run can know."""
        return list(dict.fromkeys(shown(line) for line in self.next(limit)))


def check(plan: Plan, lines: Iterable[str], streams: Iterable[str] = ("stdout",)) -> int | None:
    """The index of the first line that the program cannot print there, or None."""
    matcher = Matcher(plan, streams)
    for index, line in enumerate(lines):
        if matcher.feed(line) is None:
            return index
    return None


def _lowered(plan: Plan, streams: frozenset[str], seed: str | None) -> Spot:
    for unroll in (20000, 50):
        try:
            return lower(plan, streams, unroll=unroll, seed=seed)
        except TooLarge:
            continue
    return Anything(End())


def closed(places: Mapping[Place, Skipped]) -> dict[Place, Skipped]:
    """All places that can be reached without printing, pieces and ends only, and what is skipped on the way."""
    seen: dict[Place, Skipped] = {}
    stack = list(places.items())[::-1]
    while stack:
        place, gone = stack.pop()
        if place in seen or len(seen) > _PLACES:
            continue
        seen[place] = gone
        if isinstance(place[0], Gap):
            gone = (*gone, *place[0].lines)
        stack += [(each, gone) for each in reversed(steps(place))]
    return {
        place: gone
        for place, gone in seen.items()
        if isinstance(place[0], (Piece, Anything)) or (isinstance(place[0], End) and not place[1])
    }


def steps(place: Place) -> list[Place]:
    """The places that are reached from one without printing."""
    spot, around = place
    match spot:
        case Fork():
            return [(way, around) for way in spot.ways]
        case Times():
            inside = (spot.body, (*around, (spot, 0)))
            return [inside, (spot.after, around)] if spot.low == 0 else [inside]
        case Anything() | Gap():
            return [(spot.after, around)]
        case End() if around:
            loop, turns = around[-1]
            turns += 1
            counted = turns if loop.high is not None else min(turns, loop.low)
            more = loop.high is None or turns < loop.high
            out: list[Place] = [(loop.body, (*around[:-1], (loop, counted)))] if more else []
            return [*out, (loop.after, around[:-1])] if turns >= loop.low else out
    return []


def _taken(places: Mapping[Place, Skipped], line: str) -> tuple[Step, dict[Place, Skipped]] | None:
    """What ``line`` is from one of these places, and where the program is behind it; the less is skipped the better."""
    best: Step | None = None
    found: dict[Place, Skipped] = {}
    for place, gone in places.items():
        if best is not None and len(gone) > len(best.skipped):
            continue
        reached = _follow(place, line)
        if not reached:
            continue
        if best is None or len(gone) < len(best.skipped):
            best, found = _step(*next(iter(reached.values())), line, gone), {}
        found |= dict.fromkeys(reached, ())
    return None if best is None else (best, found)


def _step(stream: Stream, trail: _Trail, ended: str, line: str, gone: Skipped) -> Step:
    parts: list[Part] = []
    texts: list[str] = []
    end = len(line)
    while trail is not None:
        before, part, start = trail
        parts.append(part if isinstance(part, Hole) else Literal(part))
        if isinstance(part, Hole):
            texts.append(line[start:end])
        trail, end = before, start
    return Step(Line(tuple(parts[::-1]), ended, stream), tuple(texts[::-1]), gone)


def _follow(start: Place, line: str) -> dict[Place, tuple[Stream, _Trail, str]]:
    """Every place behind this line, with how it was reached and what ended the line."""
    reached: dict[Place, tuple[Stream, _Trail, str]] = {}
    seen: set[tuple[Place, int]] = set()
    stack: list[tuple[Place, int, _Trail]] = [(start, 0, None)]
    while stack:
        place, at, trail = stack.pop()
        if (place, at) in seen or len(seen) > 20 * _PLACES:
            continue
        seen.add((place, at))
        spot, around = place
        if isinstance(spot, Piece):
            after = (spot.after, around)
            if isinstance(spot.part, Hole):
                stack += [(after, end, (trail, spot.part, at)) for end in sorted(ends(spot.part, line, at))]
            elif spot.part in LINE_ENDS:
                if at == len(line):
                    reached.setdefault(after, (spot.stream, trail, spot.part))
            elif line.startswith(spot.part, at):
                stack.append((after, at + len(spot.part), (trail, spot.part, at)))
        elif isinstance(spot, Anything):
            if at == 0:
                reached.setdefault(place, ("stdout", (None, Hole("any"), 0), "\n"))
            stack.append(((spot.after, around), at, trail))
        elif isinstance(spot, End) and not around:
            if at == len(line) and at > 0:
                reached.setdefault(place, ("stdout", trail, ""))
        elif not isinstance(spot, Gap):
            stack += [(each, at, trail) for each in steps(place)]
    return reached


def _partly(start: Place, text: str) -> list[Place]:
    """Every place in a line behind its beginning ``text``."""
    found: list[Place] = []
    stack = [(start, 0)]
    seen: set[tuple[Place, int]] = set()
    while stack:
        place, at = stack.pop()
        if (place, at) in seen or len(seen) > _PLACES:
            continue
        seen.add((place, at))
        spot, around = place
        if at == len(text):
            found.append(place)
        elif isinstance(spot, Piece) and isinstance(spot.part, Hole):
            stack += [((spot.after, around), end) for end in ends(spot.part, text, at)]
        elif isinstance(spot, Piece) and isinstance(spot.part, str):
            if text.startswith(spot.part, at):
                stack.append(((spot.after, around), at + len(spot.part)))
        elif not isinstance(spot, (Gap, Anything)):
            stack += [(each, at) for each in steps(place)]
    return found


def template(place: Place) -> tuple[Line, Place] | None:
    """One line that may be printed from here, and the place behind it; None at the end."""
    parts: list[Part] = []
    stream: Stream = "stdout"
    for _ in range(200):
        spot, around = place
        if isinstance(spot, Piece):
            place, stream = (spot.after, around), spot.stream
            if isinstance(spot.part, str) and spot.part in LINE_ENDS:
                return Line(tuple(parts), spot.part, stream), place
            parts.append(Literal(spot.part) if isinstance(spot.part, str) else spot.part)
        elif isinstance(spot, Anything):
            return Line(tuple(parts) or (Hole("any"),), "\n"), (spot.after, around)
        else:
            further = steps(place)
            if not further:
                break
            place = further[0]
    return (Line(tuple(parts), "", stream), place) if parts else None


def shown(line: Line) -> str:
    """A line as people read it, without its end."""
    return "".join(part.text if isinstance(part, Literal) else blank(part) for part in line.parts)


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
