"""``csplit``: a file cut into pieces at line numbers and patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["csplit"]

_CSPLIT = Options(
    "b,suffix-format= f,prefix= k,keep-files n,digits= s,quiet silent suppress-matched z,elide-empty-files",
    usage="[OPTION]... FILE PATTERN...",
    about="Output pieces of FILE separated by PATTERN(s) to files 'xx00', 'xx01', ...,\nand output byte counts of each piece to standard output.",  # noqa: E501
    authors="Stuart Kemp and David MacKenzie",
)
_REPEAT = re.compile(r"\{(\d+|\*)\}")
_PATTERN = re.compile(r"([/%])(.*)\1([-+]?\d+)?", re.DOTALL)
_MOST = 10_000


class _Wrong(Exception):  # noqa: N818 - what csplit says, no fault of ours
    pass


@dataclass(slots=True)
class _Cut:
    """The lines, how far they are given out, and the pieces so far."""

    lines: list[bytes]
    matched: bool
    at: int = 0
    pieces: list[bytes] = field(default_factory=list)

    def take(self, to: int, *, keep: bool = True) -> None:
        if keep:
            self.pieces.append(b"".join(self.lines[self.at : to]))
        self.at = to


@live("csplit")
async def csplit(call: Call, io: Io) -> int:
    """Cut a file into pieces."""
    parsed = _CSPLIT.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if len(parsed.operands) < 2:
        after = f" after {said(parsed.operands[0], call.env)}" if parsed.operands else ""
        return await tell(io, _CSPLIT.refuse(call, f"missing operand{after}"))
    name, *patterns = parsed.operands
    [(_, data)] = [pair async for pair in fed(call, io, [name])]
    if isinstance(data, OSError):
        await io.err(f"csplit: cannot open {quoted(name)} for reading: {data.strerror}\n")
        return 1
    cut, wrong = _Cut(data.splitlines(keepends=True), "suppress-matched" in parsed), ""
    try:
        _all(call, cut, patterns)
        cut.take(len(cut.lines))
    except _Wrong as err:
        wrong = str(err)
        cut.take(len(cut.lines))
    pieces = [piece for piece in cut.pieces if piece or "elide-empty-files" not in parsed]
    if not {"quiet", "silent", "s"} & {given for given, _ in parsed.options}:
        await io.out("".join(f"{len(piece)}\n" for piece in pieces))
    if wrong:
        await io.err(f"csplit: {wrong}\n")
    if not wrong or "keep-files" in parsed:
        for number, piece in enumerate(pieces):
            call.machine.files.write(call.path(_name(parsed, number)), piece)
    return 1 if wrong else 0


def _name(parsed: Parsed, number: int) -> str:
    form = parsed.value("suffix-format") or f"%0{parsed.value('digits') or 2}d"
    shown = re.fullmatch(r"(.*?)(%[-0#]*(?:[1-9]\d*)?[diux])(.*)", form)
    suffix = f"{shown[1]}{shown[2].replace('i', 'd').replace('u', 'd') % number}{shown[3]}" if shown else form
    return (parsed.value("prefix") or "xx") + suffix


def _all(call: Call, cut: _Cut, patterns: Sequence[str]) -> None:
    todo = list(patterns)
    while todo:
        pattern = todo.pop(0)
        times = _REPEAT.fullmatch(todo[0]) if todo else None
        count: int | None = 1
        if times:
            todo.pop(0)
            count = None if times[1] == "*" else int(times[1]) + 1
        done = 0
        while count is None or done < count:
            if done > _MOST or not _once(call, cut, pattern, done, forever=count is None):
                break
            done += 1


def _once(call: Call, cut: _Cut, pattern: str, done: int, *, forever: bool) -> bool:
    """Cut at a pattern once more; False where it is looked for until the end and is not there."""
    again = f" on repetition {done}" if done else ""
    if pattern.isdigit():
        if int(pattern) == 0:
            raise _Wrong("0: line number must be greater than zero")
        line = int(pattern) * (done + 1) - 1
        if line > len(cut.lines) or (line == len(cut.lines) and line <= cut.at):
            if forever:
                return False
            raise _Wrong(f"{said(pattern, call.env)}: line number out of range{again}")
        cut.take(max(line, cut.at))
        return True
    found = _PATTERN.fullmatch(pattern)
    if not found:
        raise _Wrong(f"{pattern}: invalid pattern")
    place = _find(cut, found[2], cut.at + (1 if cut.at else 0))
    if place is None:
        if forever:
            return False
        raise _Wrong(f"{said(pattern, call.env)}: match not found{again}")
    to = place + int(found[3] or 0)
    if not 0 <= to <= len(cut.lines):
        raise _Wrong(f"{said(pattern, call.env)}: line number out of range{again}")
    cut.take(to, keep=found[1] == "/")
    if cut.matched:
        cut.at += 1
    return True


def _find(cut: _Cut, text: str, start: int) -> int | None:
    # a basic pattern: what an extended one has bare has a backslash here, and the other way round
    swapped = re.sub(r"\\([(){}|+?])|([(){}|+?])", lambda m: m[1] or f"\\{m[2]}", text)
    try:
        wanted = re.compile(swapped.encode())
    except re.error as err:
        raise _Wrong(f"{text}: invalid regular expression: {err.msg}") from err
    numbers = range(start, len(cut.lines))
    return next((number for number in numbers if wanted.search(cut.lines[number].rstrip(b"\n"))), None)
