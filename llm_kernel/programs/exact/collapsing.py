"""``uniq``: lines that are alike and follow each other, once, counted, or grouped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["uniq"]

_UNIQ = Options(
    "c,count d,repeated D all-repeated? f,skip-fields= group? i,ignore-case s,skip-chars= u,unique z,zero-terminated"
    " w,check-chars=",
    usage="[OPTION]... [INPUT [OUTPUT]]",
    about="Filter adjacent matching lines from INPUT, writing to OUTPUT.",
    authors="Richard M. Stallman and David MacKenzie",
)
_GROUPS = (("prepend",), ("append",), ("separate",), ("both",))
_REPEATS = (("none",), ("prepend",), ("separate",))
_NUMBERS = {
    "skip-fields": "number of fields to skip",
    "skip-chars": "number of bytes to skip",
    "check-chars": "number of bytes to compare",
}


@live("uniq")
async def uniq(call: Call, io: Io) -> int:
    """Collapse lines that repeat."""
    parsed = _UNIQ.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    wrong = _wrong(call, parsed)
    if wrong:
        return await tell(io, wrong)
    [(name, data)] = [pair async for pair in fed(call, io, parsed.operands[:1])]
    if isinstance(data, OSError):
        why = f"error reading '{name}'" if data.errno == 21 else f"{name}: {data.strerror}"
        await io.err(f"uniq: {why}\n")
        return 1
    end = b"\0" if "zero-terminated" in parsed else b"\n"
    text = b"".join(line + end for line in _chosen(parsed, lines(data, end)))
    if len(parsed.operands) < 2 or parsed.operands[1] == "-":
        await io.out(text)
        return 0
    try:
        call.machine.files.write(call.path(parsed.operands[1]), text)
    except OSError as err:
        await io.err(f"uniq: {parsed.operands[1]}: {err.strerror}\n")
        return 1
    return 0


def _wrong(call: Call, parsed: Parsed) -> Answer | None:
    if len(parsed.operands) > 2:
        return _UNIQ.refuse(call, f"extra operand {said(parsed.operands[2], call.env)}")
    for name, what in _NUMBERS.items():
        value = parsed.value(name)
        if value is not None and not value.isdigit():
            return Answer(stderr=f"uniq: {value}: invalid {what}\n", status=1)
    for name, choices in (("group", _GROUPS), ("all-repeated", _REPEATS)):
        value = parsed.value(name)
        if value is not None and isinstance(found := _UNIQ.choose(call, name, value, choices), Answer):
            return found
    chooses = [name for name in ("count", "repeated", "unique", "D", "all-repeated") if name in parsed]
    if "group" in parsed and chooses:
        return _UNIQ.refuse(call, "--group is mutually exclusive with -c/-d/-D/-u")
    if "count" in parsed and ("D" in parsed or "all-repeated" in parsed):
        return _UNIQ.refuse(call, "printing all duplicated lines and repeat counts is meaningless")
    return None


def _chosen(parsed: Parsed, found: list[bytes]) -> Iterator[bytes]:
    groups = [list(group) for _, group in groupby(found, lambda line: _key(parsed, line))]
    if "group" in parsed:
        yield from _spaced(groups, parsed.value("group") or "separate")
    elif "D" in parsed or "all-repeated" in parsed:
        several = [group for group in groups if len(group) > 1]
        yield from _spaced([] if "unique" in parsed else several, parsed.value("all-repeated") or "none")
    else:
        for group in groups:
            if len(group) == 1 if "repeated" in parsed else False:
                continue
            if "unique" in parsed and len(group) > 1:
                continue
            yield (b"%7d " % len(group) if "count" in parsed else b"") + group[0]


def _spaced(groups: list[list[bytes]], how: str) -> Iterator[bytes]:
    for number, group in enumerate(groups):
        if how in ("prepend", "both") or (how == "separate" and number):
            yield b""
        yield from group
        if how == "append" or (how == "both" and number == len(groups) - 1):
            yield b""


def _key(parsed: Parsed, line: bytes) -> bytes:
    at = 0
    for _ in range(int(parsed.value("skip-fields") or 0)):
        while at < len(line) and line[at : at + 1] in (b" ", b"\t"):
            at += 1
        while at < len(line) and line[at : at + 1] not in (b" ", b"\t"):
            at += 1
    line = line[at + int(parsed.value("skip-chars") or 0) :]
    width = parsed.value("check-chars")
    line = line if width is None else line[: int(width)]
    return line.lower() if "ignore-case" in parsed else line
