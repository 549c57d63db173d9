"""How long a training run takes: the seconds of one turn of its main loop pass before that turn's last line is shown.

A model that plays a program seldom says how time passes; the run's source, its data and the machine's cards tell it to
an order of magnitude.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llm_kernel.plan import Hole, Line, Loop, Plan, text_of
from llm_kernel.plan.nodes import Node, children, walk
from llm_kernel.plan.saves import Saved
from llm_kernel.programs.bounds import Bounds
from llm_kernel.programs.steptimes import StepTimes

__all__ = ["Tempo", "timed", "untimed"]

_TOOK = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) ?(?:s|sec|secs|seconds)\b(?!/)")
_BAR = re.compile(r"(\d+)/\1 (?!.*ETA)")
"""How Keras begins the line of an epoch that is over: steps of steps."""
_FULL = re.compile(r"\| ([1-9]\d*)/\1 \[(\d+):(\d\d)<00:00, +([\d.]+)it/s")
"""How tqdm shows a bar that is full: steps of steps, minutes and seconds, steps a second."""
_LONGEST = 24 * 3600.0
_FAR = 2.0
"""How many times longer or shorter than reckoned a turn may say that it took."""
_MANY = 10
"""Lines that a loop inside a turn is taken to print where nobody can say."""
_LOOKING = 0.4
"""What a step without a backward pass takes of one with it."""
_SEVERAL = 4
"""Turns from which on it can be said what most of them have."""
_EPOCH = re.compile(r"epoch|^ep$", re.IGNORECASE)


def timed(plan: Plan) -> bool:
    """Whether the run prints lines that tell how far it is."""
    return bool(_beats(plan.nodes))


def untimed(plan: Plan, lines: Sequence[Line]) -> int:
    """How many of a run's first ``lines`` stand before the first that takes its time."""
    beats = _beats(plan.nodes)
    timed = (any(one.pattern.fullmatch(text_of(line).rstrip("\r\n")) for one in beats) for line in lines)
    return next((at for at, takes in enumerate(timed) if takes), len(lines))


class Tempo:
    """The streams of a program whose loop takes time; everything else of them is ``streams``' own.

    ``save`` is called for what a turn saves, ``works`` with the seconds that it computed. ``credit``: seconds that
    passed by themselves, which an act that says them again does not spend twice.
    """

    def __init__(
        self,
        streams: Any,
        plan: Plan,
        save: Callable[[Saved, int], None],
        seconds: float,
        works: Callable[[float], None],
        bounds: Bounds | None = None,
    ) -> None:
        self._streams = streams
        self._saves, self._save = plan.saves, save
        self._works = works
        self._turn, self._since = 0, 0.0
        self._beats = _beats(plan.nodes)
        self.bounds = bounds
        self._struck = 0
        self._seconds = seconds
        self._noise = random.Random(f"{seconds}")
        self._flicker = random.Random(f"steps of {seconds}")
        self._held, self._step = "", 0.0
        self.credit = 0.0
        self.off = not self._beats

    def __getattr__(self, name: str) -> Any:
        return getattr(self._streams, name)

    async def out(self, data: str | bytes) -> None:
        """Write to standard output, a line at a time, each when its time has come."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        if self.off:
            await self._streams.out(self._held + text)
            self._held = ""
            return
        *lines, self._held = re.split(r"(?<=[\n\r])", self._held + text)
        for line in lines:
            turned, line = await self._wait(line)
            await self._streams.out(line)
            if turned:
                self._leave()

    async def flush(self) -> None:
        """Write what is left of a line that does not end."""
        held, self._held = self._held, ""
        if held:
            await self._streams.out(held)

    def end(self) -> None:
        """The program has ended well: what it saves once is there, and what each turn saves as after the last."""
        for one in self._saves:
            if not one.each:
                self._save(one, 0)

    def _leave(self) -> None:
        """What a turn of the loop saves."""
        for one in self._saves:
            if one.each:
                self._save(one, self._turn)
        self._turn += 1

    async def _wait(self, line: str) -> tuple[bool, str]:
        """Let the time pass that lies before ``line``; whether it is the last of a turn, and how it reads then.

        A time that the line tells of itself is kept where it can be; a time of another order is not.
        """
        text = line.rstrip("\r\n")
        text, line = (_paced(text), _paced(line)) if "it/s" in text else (text, line)
        if self.bounds is not None:
            end = line[len(text) :]
            text = self.bounds.held(text, self.credit)
            line = text + end
        beat = next((one for one in self._beats if one.pattern.fullmatch(text)), None)
        if beat is None:
            if self._step and (bar := _BAR.match(line) or _FULL.search(line)):
                seconds = int(bar[1]) * self._step * _LOOKING
                line = _stepped(line, int(bar[1]), seconds) if bar.re is _BAR else _filled(line, seconds)
            return False, line
        turn = self._seconds * self._noise.uniform(0.97, 1.03)
        seconds = turn * beat.share
        if beat.closes == 1 and self._since + seconds < turn / 2:
            seconds = turn - self._since  # the lines that were to take the rest did not come
        if beat.steps is not None:
            line = beat.steps.held(text, turn * beat.single, self._flicker) + line[len(text) :]
        whole = self.bounds is not None and self.bounds.clocked(text, 0.0) is not None
        told = _TOOK.search(line) if beat.timed and beat.closes == 1 and not whole else None
        if told is not None and self._seconds / _FAR < float(told[1]) < self._seconds * _FAR:
            seconds = min(max(float(told[1]) - self._since, 0.0), _LONGEST)
        elif told is not None:
            digits = len(told[1].partition(".")[2])
            line = f"{line[: told.start(1)]}{self._since + seconds:.{digits}f}{line[told.end(1) :]}"
        if beat.timed and (bar := _BAR.match(line)):
            self._step = (self._since + seconds) / max(int(bar[1]), 1)
            line = _stepped(line, int(bar[1]), self._since + seconds)
        full = _FULL.search(line) if beat.timed and beat.closes == 1 and not whole else None
        if full is not None and int(full[1]) != self._turn + 1:  # a bar that counts the turns goes on
            self._step = (self._since + seconds) / int(full[1])
            line = _filled(line, self._since + seconds)
        if not beat.share:
            return False, line
        whole_turn = self._since + seconds if beat.closes == 1 else 0.0
        self._since = 0.0 if beat.closes == 1 else self._since + seconds
        self.credit += seconds
        shown = line.rstrip("\r\n")
        if self.bounds is not None and (clocked := self.bounds.clocked(shown, self.credit, whole_turn)) is not None:
            line = clocked + line[len(shown) :]
        await self._streams.strand.sleep(seconds)
        self._works(seconds)
        self._struck += 1
        return bool(beat.closes) and (beat.closes == 1 or self._struck % beat.closes == 0), line


def _paced(line: str) -> str:
    """A bar that is full, with the pace that follows from its steps and its time."""
    bar = _FULL.search(line)
    seconds = 60 * int(bar[2]) + int(bar[3]) if bar else 0
    return f"{line[: bar.start(4)]}{int(bar[1]) / seconds:.2f}{line[bar.end(4) :]}" if bar and seconds else line


def _filled(line: str, seconds: float) -> str:
    """A bar that is full, with its time and the pace that follows from it."""
    bar = _FULL.search(line)
    if bar is None or not 0 < seconds < 3600:
        return line
    told = f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
    between = line[bar.end(3) : bar.start(4)]
    return f"{line[: bar.start(2)]}{told}{between}{int(bar[1]) / seconds:.2f}{line[bar.end(4) :]}"


def _stepped(line: str, steps: int, seconds: float) -> str:
    """The times that Keras tells beside the seconds of an epoch, as they follow from them."""
    each = seconds / max(steps, 1)
    unit, scale = ("s", 1.0) if each >= 1 else ("ms", 1e3) if each >= 1e-3 else ("us", 1e6)
    line = re.sub(r"\d+s/epoch", f"{seconds:.0f}s/epoch", line)
    line = re.sub(r"(?<= )\d+s(?= )", f"{seconds:.0f}s", line, count=1)
    return re.sub(r"\d+[mu]?s/step", f"{each * scale:.0f}{unit}/step", line)


@dataclass(frozen=True, slots=True)
class _Beat:
    """A line that is waited for: its share of a turn's seconds, and how many of it make a turn (0: none does).

    ``first`` is the number of the first turn; ``single`` a step's share of a turn's seconds, which ``steps`` tell.
    """

    pattern: re.Pattern[str]
    share: float
    closes: int
    line: Line
    first: int = 1
    single: float = 0.0
    steps: StepTimes | None = None

    @property
    def timed(self) -> bool:
        """Whether it tells how long the turn took."""
        return any(isinstance(part, Hole) and part.kind == "time" for part in self.line.parts)


def _beats(nodes: tuple[Node, ...]) -> list[_Beat]:
    """The lines that a run is timed by: those with figures in them, else those of its epochs, all of them known."""
    return _within(nodes, _tells) or _within(nodes, _counts, _EPOCH)


def _within(
    nodes: tuple[Node, ...], tells: Callable[[Node], bool], var: re.Pattern[str] = re.compile("")
) -> list[_Beat]:
    """The lines that a turn of the main loop is timed by: the last of its own, and the last of a loop inside it."""
    for node in nodes:
        several = isinstance(node, Loop) and (node.count != 1 or _EPOCH.search(node.var))
        if isinstance(node, Loop) and several and any(map(tells, walk((node,)))):
            if not var.search(node.var):
                continue
            body = node.usual
            own = _regular(node, [one for one in _outside_loops(body) if isinstance(one, Line) and tells(one)])
            loops = [one for one in walk(body) if isinstance(one, Loop) and any(map(tells, walk((one,))))]
            inner = loops[0] if loops else None
            start = node.values[0] if node.values and isinstance(node.values[0], int) else 1
            found = [_Beat(_pattern(own[-1]), 0.1 if inner else 1.0, 1, own[-1], max(1, start))] if own else []
            if inner is not None:
                count = len(inner.turns) or inner.count or _MANY
                last = _last(inner, tells)
                share = 0.9 if own else 1.0
                steps = StepTimes(last) if inner.count else None
                single = share / (inner.count or count)
                found.append(_Beat(_pattern(last), share / count, 0 if own else count, last, 1, single, steps))
                found += _others(loops[1:], tells, single)
            return found
        for part in children(node):
            if found := _within(part, tells, var):
                return found
    return []


def _regular(loop: Loop, lines: list[Line]) -> list[Line]:
    """Those of a turn's lines that most turns have; all where none is one of most."""
    if len(loop.turns) < _SEVERAL:
        return lines
    seen = Counter(
        kind for turn in loop.turns for kind in {_kind(one) for one in _outside_loops(turn) if isinstance(one, Line)}
    )
    return [one for one in lines if 2 * seen[_kind(one)] > len(loop.turns)] or lines


def _kind(line: Line) -> str:
    return _pattern(line).pattern


def _others(loops: Sequence[Loop], tells: Callable[[Node], bool], single: float) -> Iterator[_Beat]:
    """The lines of a turn's other loops: their steps only look, their seconds are those of the turn."""
    for loop in loops:
        if loop.count:
            last = _last(loop, tells)
            yield _Beat(_pattern(last), 0.0, 0, last, 1, single * _LOOKING, StepTimes(last))


def _last(loop: Loop, tells: Callable[[Node], bool]) -> Line:
    """The last telling line of a usual turn; of the whole loop where that one has none."""
    lines = [one for nodes in ((loop,), loop.usual) for one in walk(nodes) if isinstance(one, Line) and tells(one)]
    return lines[-1]


def _counts(node: Node) -> bool:
    return isinstance(node, Line)


def _tells(node: Node) -> bool:
    return isinstance(node, Line) and any(isinstance(part, Hole) for part in node.parts)


def _outside_loops(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        if not isinstance(node, Loop):
            yield node
            for part in children(node):
                yield from _outside_loops(part)


def _pattern(line: Line) -> re.Pattern[str]:
    parts = [".*?" if isinstance(part, Hole) else re.escape(_numberless(part.text)) for part in line.parts]
    return re.compile("".join(parts).replace(re.escape("\0"), r" *\d+(?:e-\d+)?").strip("\n"))


def _numberless(text: str) -> str:
    """Counters of the loop are literal in a plan that has unrolled it: any number stands for them, however padded."""
    return re.sub(r"(?<! ) *\d+(?:e-\d+)?", "\0", text.rstrip("\n"))
