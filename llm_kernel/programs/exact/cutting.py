"""``cut``: chosen bytes, characters or fields of each line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.programs.feeding import flowing, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["cut"]

_CUT = Options(
    "b,bytes= c,characters= d,delimiter= f,fields= n complement s,only-delimited output-delimiter= z,zero-terminated",
    usage="OPTION... [FILE]...",
    about="Print selected parts of lines from each FILE to standard output.",
    authors="David M. Ihnat, David MacKenzie, and Jim Meyering",
)
_LISTS = ("bytes", "characters", "fields")
_PART = re.compile(r"(\d*)(-?)((?:(?<=-)\d*)?)")
_TOO_LARGE = (1 << 64) - 1
_DIGITS = 40
"""More of them are not read."""
_ENDLESS = 1 << 64


@dataclass(frozen=True, slots=True)
class _Rules:
    ranges: Sequence[tuple[int, int]]
    fields: bool
    delimiter: bytes
    joint: bytes | None
    strict: bool
    end: bytes


@live("cut")
async def cut(call: Call, io: Io) -> int:
    """Print chosen parts of each line."""
    parsed = _CUT.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    rules = _rules(call, parsed)
    if isinstance(rules, str):
        return await tell(io, _CUT.refuse(call, rules))
    status = 0
    async for name, data in flowing(call, io, parsed.operands, rules.end):
        if isinstance(data, OSError):
            await io.err(f"cut: {name}: {data.strerror}\n")
            status = 1
            continue
        cuts = (_fields(line, rules) if rules.fields else _bytes(line, rules) for line in lines(data, rules.end))
        await io.out(b"".join(piece + rules.end for piece in cuts if piece is not None))
    return status


def _rules(call: Call, parsed: Parsed) -> _Rules | str:
    lists = [(name, value or "") for name, value in parsed.options if name in _LISTS]
    delimiter = parsed.value("delimiter")
    if delimiter is not None and len(delimiter.encode(errors="surrogateescape")) > 1:
        return "the delimiter must be a single character"
    if not lists:
        return "you must specify a list of bytes, characters, or fields"
    if len(lists) > 1:
        return "only one list may be specified"
    fields = lists[0][0] == "fields"
    if not fields and delimiter is not None:
        return "an input delimiter may be specified only when operating on fields"
    if not fields and "only-delimited" in parsed:
        return "suppressing non-delimited lines makes sense\n\tonly when operating on fields"
    ranges = _ranges(call, lists[0][1], fields)
    if isinstance(ranges, str):
        return ranges
    if "complement" in parsed:
        ranges = _others(ranges)
    by = b"\t" if delimiter is None else delimiter.encode(errors="surrogateescape") or b"\0"
    joint = parsed.value("output-delimiter")
    between = joint.encode(errors="surrogateescape") if joint is not None else by if fields else None
    end = b"\0" if "zero-terminated" in parsed else b"\n"
    return _Rules(ranges, fields, by, between, "only-delimited" in parsed, end)


def _ranges(call: Call, text: str, fields: bool) -> list[tuple[int, int]] | str:
    one = "fields are" if fields else "byte/character positions are"
    found = []
    at = 0
    for part in re.split(r"[,\s]", text):
        match = _PART.match(part)
        assert match is not None
        first, dash, last = match.groups()
        rest, at = text[at + match.end() :], at + len(part) + 1
        if match.end() < len(part):
            if rest.startswith("-"):
                return "invalid field range" if fields else "invalid byte or character range"
            return f"invalid {'field value' if fields else 'byte/character position'} {said(rest, call.env)}"
        for number in (first, last):
            if len(number) > _DIGITS or (number and int(number) >= _TOO_LARGE):
                what = "field number" if fields else "byte/character offset"
                return f"{what} {said(number, call.env)} is too large"
        if dash and not first and not last:
            return "invalid range with no endpoint: -"
        if not dash and not first:
            return f"{one} numbered from 1"
        low = int(first) if first else 1
        high = (int(last) if last else _ENDLESS) if dash else low
        if low == 0 or (last and int(last) == 0 and not first):
            return f"{one} numbered from 1"
        if high < low:
            return "invalid decreasing range"
        found.append((low, high))
    return _merged(found)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    done: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if done and low <= done[-1][1]:
            done[-1] = (done[-1][0], max(high, done[-1][1]))
        else:
            done.append((low, high))
    return done


def _others(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found, start = [], 1
    for low, high in ranges:
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    return [*found, (start, _ENDLESS)] if start <= _ENDLESS else found


def _bytes(line: bytes, rules: _Rules) -> bytes:
    pieces = [line[low - 1 : high] for low, high in rules.ranges if low <= len(line)]
    return (rules.joint or b"").join(pieces)


def _fields(line: bytes, rules: _Rules) -> bytes | None:
    parts = line.split(rules.delimiter)
    if len(parts) == 1:
        return None if rules.strict else line
    assert rules.joint is not None
    return rules.joint.join(part for low, high in rules.ranges for part in parts[low - 1 : high])
