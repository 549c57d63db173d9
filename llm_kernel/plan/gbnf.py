"""Writes a plan as a GBNF grammar in llama.cpp's dialect."""

from __future__ import annotations

import re
from collections import Counter

from llm_kernel.plan.automaton import Anything, End, Fork, Gap, Piece, Spot, Times, TooLarge, lower
from llm_kernel.plan.nodes import Hole, Plan
from llm_kernel.plan.patterns import Run, pattern

_UNROLL = 200
_REPEAT = 2000
_ACTS = r"""gpu ::= "@ gpu " [0-9] ("-" [0-9])? " util " [0-9]{1,2} " mem " [0-9]{3,5} "\n"
spend ::= "@ spend " [0-9]{1,5} ("." [0-9]{1,2})? "\n"
size ::= [1-9] [0-9]{0,5} [KMG]?
"""
_MOST_FILES = 6


def _acts(paths: tuple[str, ...]) -> str:
    """The rules of the acts behind the output: load, time, and the files that the source writes, each at most once."""
    files = [f"({' '.join(_quoted('@ truncate -s '))} size {_quoted(f' {path}' + chr(10))[0]})?" for path in paths]
    return f"acts ::= gpu? spend? {' '.join(files[:_MOST_FILES])}\n{_ACTS}"


def grammar(
    plan: Plan, *, max_lines: int = 2000, acts: bool = True, streams: frozenset[str] = frozenset({"stdout"})
) -> str:
    """The grammar of exactly the program's lines in order, then its acts; empty when it would say nothing."""
    for unroll in (_UNROLL, 20, 1):
        try:
            start = lower(plan, streams, unroll=unroll)
        except TooLarge:
            continue
        writer = _Writer(start)
        if writer.newlines <= max_lines or unroll == 1:
            return writer.text(_acts(plan.writes) if acts else "") if writer.says else ""
    return ""


class _Writer:
    """Names every spot that is reached from two places; the others are written where they stand."""

    def __init__(self, start: Spot) -> None:
        self._start = start
        self._uses: Counter[int] = Counter()
        self._rules: dict[str, str] = {}
        self._names: dict[int, str] = {}
        self._holes: dict[Hole, str] = {}
        self.newlines = 0
        self.says = False
        self._count(start)

    def _count(self, start: Spot) -> None:
        seen: set[int] = set()
        stack = [start]
        while stack:
            spot = stack.pop()
            self._uses[id(spot)] += 1
            if id(spot) in seen:
                continue
            seen.add(id(spot))
            match spot:
                case Piece():
                    self.newlines += spot.part == "\n"
                    self.says = True
                    stack.append(spot.after)
                case Fork():
                    stack += spot.ways
                case Times():
                    stack += [spot.body, spot.after]
                case Anything() | Gap():
                    stack.append(spot.after)

    def text(self, acts: str) -> str:
        """The whole grammar."""
        queue: list[tuple[str, Spot]] = []
        self._rules["root"] = self._sequence(self._start, "tail", queue, fresh=True)
        while queue:
            name, spot = queue.pop(0)
            end = "" if name.startswith("b") else "tail"
            self._rules[name] = self._sequence(spot, end, queue, fresh=True)
        lines = [f"{name} ::= {body or chr(34) * 2}" for name, body in self._rules.items()]
        lines += [f"{name} ::= {_hole(hole)}" for hole, name in self._holes.items()]
        lines.append("tail ::= acts" if acts else 'tail ::= ""')
        if any("any-line" in line for line in lines):
            lines.append('any-line ::= ([^@\\n] [^\\n]{0,200})? "\\n"')
        return "\n".join(lines) + "\n" + acts

    def _rule(self, spot: Spot, queue: list[tuple[str, Spot]], inside: bool) -> str:
        name = self._names.get(id(spot))
        if name is None:
            name = self._names[id(spot)] = f"{'b' if inside else 's'}{len(self._names)}"
            queue.append((name, spot))
        return name

    def _sequence(self, spot: Spot, end: str, queue: list[tuple[str, Spot]], *, fresh: bool = False) -> str:
        """The text from a spot to the end, or to the next spot that has a name of its own."""
        out: list[str] = []
        written = ""
        begins = True
        while True:
            if self._uses[id(spot)] > 1 and not fresh and not isinstance(spot, End):
                return " ".join([*out, *_quoted(written), self._rule(spot, queue, end == "")])
            fresh = False
            match spot:
                case Piece():
                    if isinstance(spot.part, str):
                        written += "@" if begins and spot.part.startswith("@ ") else ""
                        written += spot.part
                    else:
                        out += [*_quoted(written), self._hole(spot.part, _is_percent(spot.after))]
                        written = ""
                    begins = spot.part == "\n"
                    spot = spot.after
                    continue
                case Anything():
                    out += [*_quoted(written), "any-line*"]
                case Gap():
                    out += _quoted(written)
                case Times():
                    out += [*_quoted(written), f"{self._rule(spot.body, queue, True)}{_repeated(spot.low, spot.high)}"]
                case Fork():
                    ways = [self._sequence(way, end, queue) or '""' for way in spot.ways]
                    return " ".join([*out, *_quoted(written), "(" + " | ".join(ways) + ")"])
                case End():
                    if end and not begins and (out or written):
                        written += "\n"
                    return " ".join([*out, *_quoted(written), *([end] if end else [])])
            written = ""
            spot = spot.after

    def _hole(self, hole: Hole, percent: bool) -> str:
        if percent and (decimals := _PERCENT.fullmatch(hole.format)):
            name = f"percent{decimals[1]}"
            point = f'"." [0-9]{{{decimals[1]}}}' if decimals[1] != "0" else ""
            full = f'"100{"." + "0" * int(decimals[1]) if decimals[1] != "0" else ""}"'
            self._rules[name] = f"{full} | [0-9]{{1,2}} {point}".rstrip()
            return name
        plain = Hole(hole.kind, hole.format, "", hole.among)
        if plain not in self._holes:
            self._holes[plain] = f"{plain.kind}{len(self._holes)}"
        return self._holes[plain]


_PERCENT = re.compile(r"\.(\d)f")


def _is_percent(after: Spot) -> bool:
    """Whether what follows a hole is a percent sign: then the number is a share, and no more than a hundred."""
    return isinstance(after, Piece) and isinstance(after.part, str) and after.part.startswith("%")


def _repeated(low: int, high: int | None) -> str:
    if high is None or high > _REPEAT:
        return "*" if low == 0 else "+"
    return f"{{{low},{high}}}" if low != high else f"{{{low}}}"


def _quoted(text: str) -> list[str]:
    if not text:
        return []
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    safe = "".join(each if each.isprintable() or each == " " else f"\\U{ord(each):08X}" for each in escaped)
    return [f'"{safe}"']


def _hole(hole: Hole) -> str:
    ways: list[str] = []
    for sequence in pattern(hole):
        atoms = [_atom(each) if isinstance(each, Run) else " ".join(_quoted(each)) for each in sequence]
        ways.append(" ".join(each for each in atoms if each))
    return " | ".join(way or '""' for way in dict.fromkeys(ways))


def _atom(run: Run) -> str:
    if (run.low, run.high) == (1, 1):
        return run.chars
    if (run.low, run.high) == (0, 1):
        return f"{run.chars}?"
    return f"{run.chars}{_repeated(run.low, run.high)}"
