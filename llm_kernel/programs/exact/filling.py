"""``fmt``: paragraphs filled to a width, each broken where all its lines together look best."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["fmt"]

_FMT = Options(
    "c,crown-margin p,prefix= s,split-only t,tagged-paragraph u,uniform-spacing w,width= g,goal=",
    usage="[-WIDTH] [OPTION]... [FILE]...",
    about="Reformat each paragraph in the FILE(s), writing to standard output.",
    authors="Ross Paterson",
)
_WIDEST = 2500
_MOST = 1000
"""Words of a paragraph that are weighed together."""


@dataclass(slots=True)
class _Word:
    text: str
    space: int = 1
    period: bool = False
    final: bool = False

    @property
    def opens(self) -> bool:
        return self.text[0] in "('`\"["

    @property
    def punctuated(self) -> bool:
        return bool(re.match(r"[!-/:-@\[-`{-~]", self.text[-1]))


@dataclass(frozen=True, slots=True)
class _Line:
    """One line behind its prefix; ``same``: it can belong to a paragraph."""

    indent: int
    words: tuple[_Word, ...]
    raw: str
    prefixed: bool


@live("fmt")
async def fmt(call: Call, io: Io) -> int:
    """Fill paragraphs."""
    if call.args and re.fullmatch(r"-\d+", call.args[0]):
        call = Call(call.name, (f"-w{call.args[0][1:]}", *call.args[1:]), call.machine, call.cwd, call.env)
    parsed = _FMT.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    sizes = {}
    for name in ("width", "goal"):
        value = parsed.value(name)
        if value is not None and not (value.isdecimal() and int(value) <= _WIDEST):
            await io.err(f"fmt: invalid width: {said(value, call.env)}\n")
            return 1
        sizes[name] = int(value) if value is not None else None
    width = sizes["width"] if sizes["width"] is not None else 75 if sizes["goal"] is None else sizes["goal"] + 10
    goal = sizes["goal"] if sizes["goal"] is not None else width * 187 // 200
    status = 0
    async for name, data in fed(call, io, parsed.operands):
        if isinstance(data, OSError):
            await io.err(f"fmt: cannot open '{name}' for reading: {data.strerror}\n")
            status = 1
            continue
        text = data.decode("utf-8", "surrogateescape")
        for piece in _Filler(parsed, width, goal).pieces(text):
            await io.out(piece.encode("utf-8", "surrogateescape"))
    return status


class _Filler:
    """The paragraphs of a text, one by one."""

    def __init__(self, parsed: Parsed, width: int, goal: int) -> None:
        self._parsed, self._width, self._goal = parsed, width, goal
        whole = parsed.value("prefix") or ""
        self._lead = len(whole) - len(whole.lstrip(" "))
        self._prefix = whole.strip(" ")
        self._full = len(whole) - self._lead
        self._tabs = False

    def pieces(self, text: str) -> Iterator[str]:
        """The filled text, paragraph by paragraph."""
        self._tabs = "\t" in text
        parts = text.split("\n")
        lines = [self._line(part) for part in (parts[:-1] if not parts[-1] else parts)]
        at, other = 0, 0
        while at < len(lines):
            line = lines[at]
            if not line.words or not line.prefixed:
                yield line.raw.rstrip(" \t") + "\n" if line.words else "\n" if not line.raw.strip() else line.raw + "\n"
                at += 1
                continue
            end, other = self._end(lines, at, other)
            words = [word for one in lines[at:end] for word in one.words]
            words[-1].period = words[-1].final = True
            for start in range(0, len(words), _MOST):
                some = words[start : start + _MOST]
                yield from self._filled(some, line.indent if not start else other, other)
            at = end

    def _line(self, raw: str) -> _Line:
        body, indent = raw.expandtabs(), 0
        start = len(body) - len(body.lstrip(" "))
        if self._prefix:
            if start < self._lead or not body[start:].startswith(self._prefix):
                return _Line(0, tuple(map(_Word, body.split())), raw, False)
            body = body[start + len(self._prefix) :]
            inner = len(body) - len(body.lstrip(" "))
            indent = start + len(self._prefix) + inner
        else:
            indent = start
        return _Line(indent, tuple(self._words(body)), raw, True)

    def _words(self, body: str) -> Iterator[_Word]:
        for found in re.finditer(r"(\S+)(\s*)", body):
            text, behind = found[1], len(found[2])
            last = found.end() == len(body)
            period = text.rstrip(")]'\"")[-1:] in (".", "?", "!") and bool(text.rstrip(")]'\""))
            final = period and (last or behind > 1)
            space = behind
            if last or "uniform-spacing" in self._parsed:
                space = 2 if final else 1
            yield _Word(text, space, period, final)

    def _end(self, lines: Sequence[_Line], at: int, other: int) -> tuple[int, int]:
        """Where the paragraph that begins at a line ends, and how its other lines are indented."""
        first = lines[at].indent
        after = lines[at + 1] if at + 1 < len(lines) else None
        same = after is not None and bool(after.words) and after.prefixed
        indent = after.indent if after is not None else 0
        if "split-only" in self._parsed:
            return at + 1, first
        if "crown-margin" in self._parsed:
            other, goes_on = indent if same else first, same
        elif "tagged-paragraph" in self._parsed:
            if same and indent != first:
                other, goes_on = indent, True
            else:
                other, goes_on = (3 if first == 0 else 0) if other == first else other, False
        else:
            other, goes_on = first, same and indent == first
        end = at + 1
        while goes_on and end < len(lines) and lines[end].words and lines[end].prefixed and lines[end].indent == other:
            end += 1
        return end, other

    def _filled(self, words: Sequence[_Word], first: int, other: int) -> Iterator[str]:
        start, indent = 0, first
        for end in self._breaks(words, first, other):
            text = "".join(word.text + " " * word.space for word in words[start : end - 1]) + words[end - 1].text
            yield self._margin(indent) + text + "\n"
            start, indent = end, other

    def _margin(self, indent: int) -> str:
        if self._prefix:
            lead = " " * self._lead + self._prefix
            return lead + " " * (indent - len(lead))
        return "\t" * (indent // 8) + " " * (indent % 8) if self._tabs else " " * indent

    def _breaks(self, words: Sequence[_Word], first: int, other: int) -> list[int]:
        """Where the lines end: from the last word back, the cheapest way to break what follows each word."""
        count = len(words)
        best = [0.0] * (count + 1)
        ends, lengths = [count] * (count + 1), [0] * (count + 1)
        for start in range(count - 1, -1, -1):
            length = (first if start == 0 else other) + len(words[start].text)
            cheapest = float("inf")
            for end in range(start + 1, count + 1):
                cost = best[end] + self._raggedness(end, count, length, ends, lengths)
                if cost < cheapest:
                    cheapest, ends[start], lengths[start] = cost, end, length
                if end == count:
                    break
                length += words[end - 1].space + len(words[end].text)
                if length >= self._width:
                    break
            best[start] = cheapest + _price(words, start)
        found, at = [], 0
        while at < count:
            at = ends[at]
            found.append(at)
        return found

    def _raggedness(self, end: int, count: int, length: int, ends: Sequence[int], lengths: Sequence[int]) -> float:
        """What a line of this length costs, by its distance from the goal and from the line below."""
        if end == count:
            return 0
        cost = float((10 * (self._goal - length)) ** 2)
        if ends[end] != count:
            cost += (10 * (length - lengths[end])) ** 2 / 2
        return cost


def _price(words: Sequence[_Word], start: int) -> float:
    """What it costs to begin a line with a word: cheap behind a sentence, dear before a lonely word."""
    cost, word = 70.0**2, words[start]
    if start:
        before = words[start - 1]
        if before.period:
            cost += -(50.0**2) if before.final else 600.0**2
        elif before.punctuated:
            cost -= 40.0**2
        elif start > 1 and words[start - 2].final:
            cost += 200.0**2 / (len(before.text) + 2)
    if word.opens:
        cost -= 40.0**2
    elif word.final:
        cost += 150.0**2 / (len(word.text) + 2)
    return cost
