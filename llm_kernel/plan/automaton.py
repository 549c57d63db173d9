"""The plan as a graph over pieces of lines: what can follow what. Both the grammar and the checker are read off it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from llm_kernel.plan.anchors import anchors, between
from llm_kernel.plan.nodes import (
    LINES,
    Choice,
    Free,
    Hole,
    Leave,
    Line,
    Literal,
    Loop,
    Node,
    Plan,
    Scope,
    Stream,
    leaves,
    walk,
)

LINE_ENDS = frozenset("\n\r")
_ENDS = re.compile(r"([\n\r])")
_WHOLE_TEXTS = re.compile(r"\b(?:read|read_text|decode|getvalue|dumps|to_string|check_output|stdout|stderr|join)\b")
_ROOM = 60000
_SEVERAL = 60


@dataclass(eq=False, slots=True)
class Piece:
    """A literal within a line, a line's end (a newline, or a return to its beginning), or a hole; then ``after``."""

    part: str | Hole
    after: Spot
    stream: Stream = "stdout"


@dataclass(eq=False, slots=True)
class Fork:
    """One of these."""

    ways: list[Spot] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Times:
    """``body`` (which ends in End) between ``low`` and ``high`` times, then ``after``."""

    body: Spot
    low: int
    high: int | None
    after: Spot


@dataclass(eq=False, slots=True)
class Anything:
    """Any lines, then ``after``."""

    after: Spot


@dataclass(eq=False, slots=True)
class Gap:
    """Lines that nobody has to say, for they lie between others of their loop; then ``after``."""

    lines: tuple[Line, ...]
    after: Spot


@dataclass(eq=False, slots=True)
class End:
    """The end of the program, or of the body of a repetition."""


Spot: TypeAlias = Piece | Fork | Times | Anything | Gap | End


class TooLarge(Exception):  # noqa: N818
    """The plan, loops unrolled, has more pieces than anybody wants to match."""


class Builder:
    """Builds the graph from back to front: each node knows what follows it.

    ``seed``: of long loops only some turns have to be said; it decides what the others print where they are open.
    """

    def __init__(self, streams: frozenset[str], unroll: int, room: int = _ROOM, seed: str | None = None) -> None:
        self._streams = streams
        self._unroll = unroll
        self._seed = seed
        self._deep = 0
        self._room = room

    def build(self, plan: Plan) -> Spot:
        end = End()
        return self._all(plan.nodes, end, {"exit": end, "raise": end, "return": end, "break": end, "continue": end})

    def _all(self, nodes: tuple[Node, ...], after: Spot, targets: dict[str, Spot]) -> Spot:
        for node in reversed(nodes):
            after = self._one(node, after, targets)
        return after

    def _one(self, node: Node, after: Spot, targets: dict[str, Spot]) -> Spot:
        match node:
            case Line():
                return self._line(node, after)
            case Free():
                # what nobody foresees on standard error is no reason to take any line for standard output's
                return Anything(after) if node.stream == "stdout" and "stdout" in self._streams else after
            case Leave():
                return targets[node.to]
            case Scope():
                then = self._all(node.then, after, targets)
                return self._all(node.body, after, targets | {node.target: then})
            case Choice():
                ways = [self._all(branch, after, targets) for branch in node.branches]
                distinct = list(dict.fromkeys(ways))
                return distinct[0] if len(distinct) == 1 else Fork(distinct)
            case Loop():
                return self._loop(node, after, targets)

    def _line(self, line: Line, after: Spot) -> Spot:
        if line.stream not in self._streams:
            return after
        for part in reversed((*line.parts, Literal(line.end))):
            if isinstance(part, Hole) and (part.format == LINES or _several(part)):
                after = self._several(part, after, line.stream)
                continue
            if isinstance(part, Hole):
                after = self._piece(part, after, line.stream)
                continue
            for row in reversed(_ENDS.split(part.text)):
                if row:
                    after = self._piece(row, after, line.stream)
        return after

    def _several(self, hole: Hole, after: Spot, stream: Stream) -> Spot:
        more = Piece("\n", Piece(Hole("any", "", hole.expr), End(), stream), stream)
        return self._piece(Hole("any", "", hole.expr), Times(more, 0, _SEVERAL, after), stream)

    def _piece(self, part: str | Hole, after: Spot, stream: Stream) -> Spot:
        self._room -= 1
        if self._room < 0:
            raise TooLarge
        if (
            isinstance(after, Piece)
            and isinstance(part, str)
            and isinstance(after.part, str)
            and after.stream == stream
        ) and not {part, after.part} & LINE_ENDS:
            return Piece(part + after.part, after.after, stream)
        return Piece(part, after, stream)

    def _loop(self, loop: Loop, after: Spot, targets: dict[str, Spot]) -> Spot:
        if loop.turns:
            if len(loop.turns) <= self._unroll:
                return self._turns(loop, after, targets)
            return self._repeat(Loop(len(loop.turns), loop.var, (), general(loop.turns), (), loop.most), after, targets)
        return self._repeat(loop, after, targets)

    def _turns(self, loop: Loop, after: Spot, targets: dict[str, Spot]) -> Spot:
        inside = targets | {"break": after}
        asked = anchors(loop, self._deep) if self._seed is not None else ()
        self._deep += 1
        for at in reversed(range(len(loop.turns))):
            turn = self._all(loop.turns[at], after, inside | {"continue": after})
            if asked and at not in asked:
                lines = between(loop.turns[at], f"{self._seed}/{loop.var}/{at}")
                after = Fork([Gap(tuple(one for one in lines if one.stream in self._streams), after), turn])
            else:
                after = turn
        self._deep -= 1
        return after

    def _repeat(self, loop: Loop, after: Spot, targets: dict[str, Spot]) -> Spot:
        if self._silent(loop.body):
            return after
        jumps = any(leaves(loop.body, target) for target in ("break", "continue", "return", "raise", "exit"))
        if not jumps:
            body = self._all(loop.body, End(), targets)
            low = 0 if loop.most or loop.count is None else loop.count
            return Times(body, low, loop.count, after)
        again = Fork()
        body = self._all(loop.body, again, targets | {"break": after, "continue": again})
        again.ways = [body, after]
        return again if loop.count is None else body

    def _silent(self, nodes: tuple[Node, ...]) -> bool:
        return not any(
            (isinstance(each, Line) and each.stream in self._streams)
            or (isinstance(each, Free) and each.stream == "stdout" and "stdout" in self._streams)
            for each in walk(nodes)
        )


def _several(hole: Hole) -> bool:
    """Whether a text may have several lines, as what is read from a file or a process."""
    return hole.kind == "str" and not hole.format and not hole.among and bool(_WHOLE_TEXTS.search(hole.expr))


def general(turns: tuple[tuple[Node, ...], ...]) -> tuple[Node, ...]:
    """One body for all turns of a loop: what differs between them becomes a hole."""
    bodies = list(dict.fromkeys(turns))
    merged: list[tuple[Node, ...]] = []
    for body in bodies:
        for n, other in enumerate(merged):
            both = _merge_all(other, body)
            if both is not None:
                merged[n] = both
                break
        else:
            merged.append(body)
        if len(merged) > 8:
            break
    return merged[0] if len(merged) == 1 else (Choice(tuple(merged)),)


def _merge_all(one: tuple[Node, ...], other: tuple[Node, ...]) -> tuple[Node, ...] | None:
    if len(one) != len(other):
        return None
    out: list[Node] = []
    for a, b in zip(one, other, strict=True):
        both = _merge(a, b)
        if both is None:
            return None
        out.append(both)
    return tuple(out)


def _merge(a: Node, b: Node) -> Node | None:
    if a == b:
        return a
    if isinstance(a, Line) and isinstance(b, Line) and (a.end, a.stream) == (b.end, b.stream):
        parts = _merge_parts(a, b)
        return Line(parts, a.end, a.stream) if parts is not None else None
    if isinstance(a, Loop) and isinstance(b, Loop):
        body = _merge_all(general(a.turns) if a.turns else a.body, general(b.turns) if b.turns else b.body)
        count = len(a.turns) if a.turns else a.count
        same = count == (len(b.turns) if b.turns else b.count)
        return Loop(count if same else None, a.var, (), body, (), a.most or b.most) if body is not None else None
    if isinstance(a, Choice) and isinstance(b, Choice) and len(a.branches) == len(b.branches):
        branches = [_merge_all(x, y) for x, y in zip(a.branches, b.branches, strict=True)]
        return Choice(tuple(each for each in branches if each is not None)) if None not in branches else None
    return None


def _merge_parts(a: Line, b: Line) -> tuple[Literal | Hole, ...] | None:
    one, other = _words(a), _words(b)
    if len(one) != len(other):
        return None
    out: list[Literal | Hole] = []
    for x, y in zip(one, other, strict=True):
        if x == y:
            out.append(x)
        elif isinstance(x, Literal) and isinstance(y, Literal):
            out.append(Hole("int" if (x.text + y.text).isdigit() else "str"))
        elif isinstance(x, Hole) and x.kind == "int" and isinstance(y, Literal) and y.text.isdigit():
            out.append(x)
        elif isinstance(x, Hole) and (isinstance(y, Hole) or y.text.strip()):
            out.append(x if isinstance(y, Hole) and x.kind == y.kind else Hole("any"))
        elif isinstance(y, Hole):
            out.append(Hole("any"))
        else:
            return None
    return tuple(out)


def _words(line: Line) -> list[Literal | Hole]:
    """The parts with literal text cut at numbers, so that counters meet counters."""
    out: list[Literal | Hole] = []
    for part in line.parts:
        if isinstance(part, Hole):
            out.append(part)
        else:
            out += [Literal(each) for each in re.split(r"(\d+)", part.text) if each]
    return out


def lower(
    plan: Plan,
    streams: frozenset[str] = frozenset({"stdout"}),
    *,
    unroll: int = 20000,
    seed: str | None = None,
) -> Spot:
    """The plan as a graph; loops of more than ``unroll`` different turns become repetitions.

    With a ``seed`` a long loop may be said in part.
    """
    return Builder(streams, unroll, seed=seed).build(plan)
