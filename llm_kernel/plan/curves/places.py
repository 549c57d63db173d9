"""The rows of text that a training script prints, where in the run each of them stands, and what its numbers are.

A place is one kind of row: rows that differ only in counters are one kind. Progress is counted in turns of the main
loop: 0 before it, 1 after its first turn; half-way through the first turn's batches is 0.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from llm_kernel.plan.curves.roles import Role, role_of
from llm_kernel.plan.nodes import Hole, Line, Literal, Loop, Node, Part, children, walk

__all__ = ["Place", "Places", "Row"]

_TOLD = frozenset(
    "loss accuracy ppl correct lr rmse mae f1 precision recall auc r2 iou dice map reward loss_d loss_g d_x d_g".split()
)
_EPOCH = re.compile(r"epoch|episode|^ep$|^e$|round", re.IGNORECASE)
_STEP = re.compile(r"iter|step|^it$|^t$|batch", re.IGNORECASE)
_MANY = 10
"""Turns that an inner loop is taken to have where nobody can say."""
_MOST = 40_000
_COUNTER = re.compile(r" *(\d+)")
_END = re.compile(r"[\n\r]")
_VAGUE = 4
"""Holes of a row that may hold any text: more would match in too many ways."""
_NUMBER = r"[-+]?(?:\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?|nan|inf)"


@dataclass(frozen=True, slots=True)
class Row:
    """One row at one place: its progress, the counters in its fixed text, whether it stands inside a turn's batches.

    ``behind``: it stands behind the main loop. ``name`` is its fixed text where it stands in another loop, as that of
    the classes does.
    """

    progress: float
    counters: tuple[str, ...]
    inner: bool
    turn: int
    behind: bool = False
    name: str = ""


@dataclass(slots=True)
class Place:
    """One kind of row; ``pattern`` has a group for each hole and each counter."""

    line: Line
    pattern: re.Pattern[str]
    roles: tuple[Role, ...]
    groups: tuple[int, ...]
    counters: tuple[int, ...]
    rows: list[Row] = field(default_factory=list)
    last: bool = False
    every: int = 0
    """Rows in a turn, where the turns after the first are like it."""
    _next: int = 0
    _known: frozenset[tuple[str, ...]] | None = None

    def has(self, found: re.Match[str]) -> bool:
        """Whether one of its rows has the counters of a text that matches."""
        if self._known is None:
            self._known = frozenset(row.counters for row in self.rows)
        return tuple(found[group] for group in self.counters) in self._known

    def hole(self, group: int) -> Hole:
        """The hole that a group is."""
        return [part for part in self.line.parts if isinstance(part, Hole)][self.groups.index(group)]

    def around(self, group: int) -> str:
        """The words before and behind the hole of a group."""
        holes = [at for at, part in enumerate(self.line.parts) if isinstance(part, Hole)]
        at = holes[self.groups.index(group)]
        beside = (*self.line.parts[max(at - 1, 0) : at], *self.line.parts[at + 1 : at + 2])
        return " ".join(part.text for part in beside if not isinstance(part, Hole))

    def several(self, row: Row) -> bool:
        """Whether more rows of this kind stand at the same moment, as those of classes do."""
        return bool(row.name) or (not row.inner and sum(one.progress == row.progress for one in self.rows[:400]) > 1)

    def row(self, found: re.Match[str]) -> Row:
        """Which row a text is that matches: the next one with its counters."""
        said = tuple(found[group] for group in self.counters)
        start = self._next
        for at in range(start, min(len(self.rows), start + 2000)):
            if self.rows[at].counters == said:
                self._next = at + 1
                return self.rows[at]
        self._next = start + 1
        if start < len(self.rows):
            return self.rows[start]
        last = self.rows[-1]
        if not self.every:
            return last
        turns, rest = divmod(start, self.every)
        base = self.rows[rest]
        return replace(base, progress=base.progress + turns, turn=base.turn + turns)


class Places:
    """The places of a plan; ``updates``: the steps of an epoch, by which a main loop over steps is measured."""

    def __init__(self, nodes: tuple[Node, ...], meanings: Mapping[str, str], updates: int) -> None:
        self._nodes, self._meanings = nodes, meanings
        self._held: dict[tuple[object, ...], Place] = {}
        self._main = self._find()
        steps = self._main is not None and _STEP.search(self._main.var) and not _EPOCH.search(self._main.var)
        self._scale = 1 / updates if steps else 1.0
        self._end, self._count, self._last = 0.0, 0, 0
        self._aside = False

    def all(self) -> list[Place]:
        """Every place with its rows; to be asked for once."""
        self._visit(self._nodes, 0.0, 0.0, inner=False, turn=0)
        return list(self._held.values())

    @property
    def scale(self) -> float:
        """What a turn of the main loop is of an epoch: less than 1 where it is a step."""
        return self._scale

    @property
    def turns(self) -> int:
        """The turns of the main loop, 1 where nobody can say."""
        return (self._main.count if self._main is not None else None) or 1

    def _find(self) -> Loop | None:
        loops = [node for node in walk(self._nodes) if isinstance(node, Loop) and self._tells(node)
                 and (node.count != 1 or _EPOCH.search(node.var))]  # fmt: skip
        silent = (node for node in walk(self._nodes) if isinstance(node, Loop) and _EPOCH.search(node.var)
                  and any(isinstance(one, Line) for one in walk(node.usual)))  # fmt: skip
        return next((loop for loop in (*loops, *silent) if _EPOCH.search(loop.var)), loops[0] if loops else None)

    def _tells(self, loop: Loop) -> bool:
        body = loop.usual
        lines = (node for node in walk(body) if isinstance(node, Line))
        return any(
            role_of(line, at, self._meanings).kind in _TOLD
            for line in lines
            for at, part in enumerate(line.parts)
            if isinstance(part, Hole)
        )

    def _visit(self, nodes: tuple[Node, ...], start: float, span: float, *, inner: bool, turn: int) -> None:
        pending: list[Part] = []
        for node in nodes:
            if self._count > _MOST:
                return
            match node:
                case Line():
                    self._count += 1
                    pending += [*node.parts, Literal(node.end)]
                    *done, pending = _split(pending)
                    for parts in done:
                        self._keep(tuple(parts), start + span, inner=inner, turn=turn, after=span == 0)
                case Loop():
                    pending = []
                    self._loop(node, start, span, turn=turn)
                    if span == 0:
                        start, turn = self._end, self._last
                case _:
                    for part in children(node):
                        self._visit(part, start, span, inner=inner, turn=turn)
        if pending:
            self._keep(tuple(pending), start + span, inner=inner, turn=turn, after=span == 0)

    def _loop(self, loop: Loop, start: float, span: float, *, turn: int) -> None:
        main = self._main
        if main is not None and (loop is main or (loop.var == main.var and span == 0)):
            self._main_loop(loop)
            return
        if span == 0:
            for one in loop.turns or (loop.body,):
                around = main is not None and any(each is main for each in walk(one))
                self._aside = not around
                self._visit(one, 0.0 if around else start, 0.0, inner=False, turn=turn)
                self._aside = False
            return
        for share, part in _shares(loop):
            self._visit(part, start + span * share[0], span * (share[1] - share[0]), inner=True, turn=turn)

    def _main_loop(self, loop: Loop) -> None:
        first = loop.values[0] if loop.values else 1
        offset = max(first - 1, 0) if isinstance(first, int) and not isinstance(first, bool) and first > 1 else 0
        if not loop.turns:
            before = {key: len(place.rows) for key, place in self._held.items()}
            self._visit(loop.body, float(offset), self._scale, inner=False, turn=0)
            for key, place in self._held.items():
                place.every = len(place.rows) - before.get(key, 0) if not before.get(key, 0) else 0
            self._end, self._last = offset + (loop.count or 1) * self._scale, (loop.count or 1) - 1
            return
        sparse = loop.count is not None and len(loop.turns) < loop.count
        offset = 0 if sparse else offset
        for at, part in enumerate(loop.turns):
            value = loop.values[at] if at < len(loop.values) else None
            number = at
            if sparse and isinstance(value, int) and isinstance(first, int):
                number = value - (loop.values[-1] == loop.count)
            begin = offset + number * self._scale
            self._visit(part, begin, self._scale, inner=False, turn=number)
            self._end, self._last = begin + self._scale, number

    def _keep(self, parts: tuple[Part, ...], progress: float, *, inner: bool, turn: int, after: bool = False) -> None:
        holes = [part for part in parts if isinstance(part, Hole)]
        if not holes or sum(part.kind in ("str", "any", "shape") for part in holes) > _VAGUE:
            return
        key: list[object] = [inner]
        counters: list[str] = []
        for part in parts:
            if isinstance(part, Literal):
                pieces = _COUNTER.split(part.text)
                key.append("\0".join(pieces[::2]))
                counters += pieces[1::2]
            else:
                key.append(part)
        place = self._held.get(tuple(key))
        if place is None:
            place = self._held[tuple(key)] = self._place(Line(parts), inner)
        place.last = self._end > 0 and turn == self._last and after
        name = "".join(part.text for part in parts if isinstance(part, Literal)) if self._aside else ""
        place.rows.append(Row(progress, tuple(counters), inner, turn, place.last, name))

    def _place(self, line: Line, inner: bool) -> Place:
        pieces: list[str] = []
        groups: list[int] = []
        counters: list[int] = []
        roles: list[Role] = []
        number = 0
        for at, part in enumerate(line.parts):
            if isinstance(part, Hole):
                number += 1
                groups.append(number)
                role = role_of(line, at, self._meanings, inner=inner)
                roles.append(replace(role, steps=inner) if role.split == "train" else role)
                numeric = part.kind in ("int", "float", "time") or role.kind in _TOLD
                pieces.append(rf"( *{_NUMBER}%? *)" if numeric and not part.among else r"(.*?)")
                continue
            for text in re.split(r"((?<! ) *\d+)", part.text):
                if text.strip().isdigit():
                    number += 1
                    counters.append(number)
                    pieces.append(r" *(\d+)")
                else:
                    pieces.append(re.escape(text))
        return Place(line, re.compile("".join(pieces)), tuple(roles), tuple(groups), tuple(counters))


def _shares(loop: Loop) -> Iterator[tuple[tuple[float, float], tuple[Node, ...]]]:
    """The turns of an inner loop, each with the part of the span that it takes."""
    if loop.turns:
        values = loop.values
        whole = loop.count if loop.count and loop.count >= len(loop.turns) else len(loop.turns)
        sparse = whole > len(loop.turns) and len(values) == len(loop.turns)
        for at, part in enumerate(loop.turns):
            value = values[at] if sparse else at
            number = value if isinstance(value, int) and 0 <= value < whole else at
            yield (number / whole, (number + 1) / whole), part
        return
    count = min(loop.count or _MANY, 5000)
    for at in range(count):
        yield (at / count, (at + 1) / count), loop.body


def _split(parts: list[Part]) -> list[list[Part]]:
    """The rows that these parts make: a newline, or a carriage return, ends one."""
    out: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, Hole):
            out[-1].append(part)
            continue
        pieces = _END.split(part.text)
        for number, piece in enumerate(pieces):
            if number:
                out.append([])
            if piece:
                out[-1].append(Literal(piece))
    return out
