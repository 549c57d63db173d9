"""A program's streams, held to its plan: a line that its source cannot print is not shown, and what is left out is.

Lines that a long loop prints between those that were said come from ``Between``, in their place and time.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from llm_kernel.plan import Hole, Line, Plan
from llm_kernel.plan import Literal as Text
from llm_kernel.plan.automaton import LINE_ENDS
from llm_kernel.plan.check import Matcher, Step
from llm_kernel.plan.rest import rest
from llm_kernel.programs.between import Between, formed
from llm_kernel.programs.shares import shares
from llm_kernel.provenance import Answer, mark

__all__ = ["Following"]

_UNIT = re.compile(r"(?<=[\n\r])")
_COUNTER = re.compile(r"\d+")
_MAD = re.compile(r"\s*[-+]?(?:nan|inf)%?\s*", re.IGNORECASE)
"""What a model says for want of a number; a run that diverges is known to do so."""
_SHOWN = 12
"""Forms of lines that a model is told at once."""
_FRAMES = 400
"""Lines said before, which a reply that begins anew is recognised by."""


@dataclass(slots=True)
class _Due:
    """A line that waits for those before it: what stands in its holes, None as long as nobody knows; or an act."""

    line: Line
    texts: tuple[str, ...] | None
    by: Literal["said", "between", "planned"] = "said"
    kind: str = ""
    at: int = 0
    act: Callable[[], Awaitable[object]] | None = None


class Following:
    """What passes is what the plan allows; everything else of the streams is ``streams``' own.

    ``wrong`` is the first line that could not come: what follows it is dropped until ``resume``. ``said`` is what was
    taken of the reply since then.
    """

    def __init__(self, streams: Any, plan: Plan, record: Answer, values: Between, seed: str) -> None:
        self._streams = streams
        self._matcher = Matcher(plan, ("stdout", "stderr"), seed=seed)
        self._record, self._values, self._seed = record, values, seed
        self._held = ""
        self._due: deque[_Due] = deque()
        self._known: defaultdict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
        self._count: defaultdict[str, int] = defaultdict(int)
        self._lines = record.computed
        self._acting: list[str] | None = None
        self._frames: dict[str, re.Pattern[str]] = {}
        self._again = self._lost = False
        self.said = ""
        self.wrong = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._streams, name)

    @property
    def free(self) -> bool:
        """Whether any line may come now."""
        return self._lost or self._matcher.free

    def lose(self) -> None:
        """Let everything pass from here on: lines were printed that nobody saw."""
        self._lost = True

    async def settled(self) -> bool:
        """Whether a reply that is over said all that the program prints; then what waits is shown."""
        if self._held and not self.wrong:
            held, self._held = self._held, ""
            await self._take(held)
        if self.wrong and self._matcher.done and not self._matcher.next(1):
            self.wrong = ""  # more was said behind all that the program prints
        if self.wrong or not (self._lost or self._matcher.done):
            return False
        await self.end(whole=True)
        return True

    def possible(self) -> list[str]:
        """The forms of the lines that may come next."""
        return self._matcher.possible(_SHOWN)

    async def out(self, data: str | bytes) -> None:
        """Take what the program prints, line by line."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        *units, self._held = _UNIT.split(self._held + text)
        for unit in units:
            await self._take(unit)

    async def err(self, data: str | bytes) -> None:
        """Take what an act writes to standard error; what the plan does not foresee there passes."""
        text = data if isinstance(data, str) else data.decode("utf-8", "replace")
        for unit in filter(None, _UNIT.split(text)):
            body = unit.rstrip("\n\r")
            planned = not self._lost and any(one.stream == "stderr" for one in self._matcher.next())
            if planned and (step := self._matcher.step(body)) is not None:
                await self._took(body, [step])
            else:
                await self._flow(last=True)
                await self._streams.err(unit)

    async def act(self, run: Callable[[], Awaitable[object]], text: str, *, prints: bool) -> None:
        """Run an act in its place: one that prints nothing waits for the lines before it."""
        if not prints and self._due:
            self.said += f"@ {text}\n"
            self._due.append(_Due(Line(()), (), act=run))
            return
        await self._flow(last=True)
        self._acting = []
        try:
            await run()
        finally:
            lines, self._acting = self._acting, None
            self.said += "".join(lines) if self.wrong else f"@ {text}\n"

    async def asked(self, prompt: str) -> None:
        """The program waits for a line behind ``prompt``."""
        self._matcher.asked(prompt)
        await self._flow(last=True)

    def resume(self) -> None:
        """Take lines again; a reply that begins with lines which were said before is not wrong for it."""
        self.said = self.wrong = self._held = ""
        self._again = True

    async def end(self, *, whole: bool) -> None:
        """Show what waits; ``whole``: the program came to its end, so what lies before that is printed too."""
        if self._held and not self.wrong:
            held, self._held = self._held, ""
            await self._take(held)
        if whole and not self._lost and (left := self._matcher.left):
            self._expect(left, "between")
        await self._flow(last=True)

    async def finish(self) -> None:
        """Print all that is left, as the source has it."""
        if places := self._matcher.places:
            self._expect(rest(places, random.Random(self._seed)), "planned")
            await self._flow(last=True)

    async def _take(self, unit: str) -> None:
        """Take one line, or what stands before a return to its beginning."""
        if self.wrong:
            return
        body = unit.rstrip("\n\r")
        if self._lost:
            await self._flow(last=True)
            await self._streams.out(unit)
        elif steps := self._steps(body):
            self._again = False
            await self._took(body, steps)
        elif body.strip() and not (self._again and any(one.fullmatch(body) for one in self._frames.values())):
            self.wrong = body

    def _steps(self, body: str) -> list[Step]:
        for text in (body, body.rstrip()):
            if step := self._matcher.step(text):
                return [step]
        for text in self._reshaped(body):
            if step := self._matcher.step(text):
                return [step]
        return self._matcher.through(body.rstrip())

    def _reshaped(self, body: str) -> Iterator[str]:
        """The line in the forms of those that may come, with the model's values: 0.4 where the source says .4f."""
        for line in self._matcher.next(_SHOWN):
            found = re.fullmatch(_loosely(line), body)
            if found is not None and found.groups():
                yield _spelled(
                    line, [formed(text, hole) for text, hole in zip(found.groups(), _holes(line), strict=True)]
                )

    async def _took(self, body: str, steps: list[Step]) -> None:
        *missed, step = steps
        texts = None if any(_MAD.fullmatch(text) for text in step.texts) else step.texts
        self._expect(step.skipped, "between")
        self._expect([one.line for one in missed], "planned")
        self._put(step.line, texts, "said" if texts is not None else "planned")
        if len(self._frames) < _FRAMES:
            frame = "".join(".*?" if isinstance(part, Hole) else re.escape(part.text) for part in step.line.parts)
            self._frames[frame] = re.compile(frame)
        if self._acting is None:
            self.said += f"{body}\n"
        else:
            self._acting.append(f"{body}\n")
        await self._flow(last=False)

    def _expect(self, lines: Iterable[Line], by: Literal["between", "planned"]) -> None:
        """Let lines wait whose values nobody said."""
        for whole in lines:
            for line in _units(whole):
                self._put(line, None if _holes(line) else (), by)

    def _put(self, line: Line, texts: tuple[str, ...] | None, by: Literal["said", "between", "planned"]) -> None:
        kind = _kind(line)
        at, self._count[kind] = self._count[kind], self._count[kind] + 1
        if texts:
            self._known[kind][at] = texts
        self._due.append(_Due(line, texts, by, kind, at))

    async def _flow(self, *, last: bool) -> None:
        """Print the lines whose turn it is; ``last``: nothing more will be known of those that wait."""
        while self._due:
            due = self._due[0]
            if due.texts is None and not last and max(self._known[due.kind], default=-1) < due.at:
                return
            self._due.popleft()
            if due.act is not None:
                await due.act()
            else:
                await self._print(due)

    async def _print(self, due: _Due) -> None:
        texts = due.texts
        if texts is None:
            said, count = self._known[due.kind], self._count[due.kind]
            holes = range(len(_holes(due.line)))
            texts = tuple(self._values.text(due.line, number, due.at, said, count) for number in holes)
        texts = shares(due.line, texts)
        self._lines += due.line.end == "\n"
        if due.by != "said":
            mark(self._record.between if due.by == "between" else self._record.planned, self._lines)
        write = self._streams.out if due.line.stream == "stdout" else self._streams.err
        await write(_spelled(due.line, texts) + due.line.end)


def _holes(line: Line) -> list[Hole]:
    return [part for part in line.parts if isinstance(part, Hole)]


def _kind(line: Line) -> str:
    """The same for lines that differ only in counters and values."""
    return "".join("\0" if isinstance(part, Hole) else _COUNTER.sub("#", part.text) for part in line.parts)


def _spelled(line: Line, texts: Iterable[str]) -> str:
    left = iter(texts)
    return "".join(part.text if isinstance(part, Text) else next(left) for part in line.parts)


def _loosely(line: Line) -> str:
    """Matches a line that differs in blanks and in the form of its values."""
    parts = ["(.+?)" if isinstance(part, Hole) else _blanks(part.text) for part in line.parts]
    return "".join(parts) + r"\s*"


def _blanks(text: str) -> str:
    return r"\s+".join(map(re.escape, re.split(r"\s+", text)))


def _units(line: Line) -> Iterator[Line]:
    """A print of several lines as so many."""
    parts: list[Text | Hole] = []
    for part in (*line.parts, Text(line.end)):
        pieces = [part] if isinstance(part, Hole) else [Text(one) for one in re.split(r"([\n\r])", part.text) if one]
        for piece in pieces:
            if isinstance(piece, Text) and piece.text in LINE_ENDS:
                yield Line(tuple(parts), piece.text, line.stream)
                parts = []
            else:
                parts.append(piece)
    if parts:
        yield Line(tuple(parts), "", line.stream)
