"""``cmp``: where two files first differ, byte by byte."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest

from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.sizes import read_amount
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["cmp"]

_CMP = Options(
    "b,print-bytes i,ignore-initial= l,verbose n,bytes= s,quiet silent",
    usage="[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]",
    about="Compare two files byte by byte.",
    authors="Torbjorn Granlund and David MacKenzie",
    status=2,
    package="diffutils 3.8",
)


@live("cmp")
async def cmp(call: Call, io: Io) -> int:
    """Compare bytes; the status is 0 for equal, 1 for different, 2 for trouble."""
    parsed = _CMP.parse(call)
    if isinstance(parsed, Answer):
        answer = parsed
    else:
        stdin = await io.read() if len(parsed.operands) == 1 or "-" in parsed.operands else b""
        answer = _compared(replace(call, stdin=stdin), parsed)
    if answer.stdout:
        await io.out(answer.stdout)
    if answer.stderr:
        await io.err(answer.stderr)
    return answer.status


def _compared(call: Call, parsed: Parsed) -> Answer:
    if not parsed.operands:
        return _CMP.refuse(call, f"missing operand after '{(call.name, *call.args)[-1]}'")
    names = [*parsed.operands[:2], "-"][:2]
    skips = [*(parsed.value("ignore-initial") or "0").split(":"), *parsed.operands[2:]]
    amounts = [read_amount(text) or 0 for text in (skips[-2:] if len(skips) > 1 else skips * 2)]
    quiet = "quiet" in parsed or "silent" in parsed
    data = []
    for name, skip in zip(names, amounts, strict=True):
        try:
            whole = call.stdin if name == "-" else call.machine.files.head(call.path(name))
        except OSError as err:
            return Answer(stderr="" if quiet else f"{call.name}: {name}: {err.strerror}\n", status=2)
        data.append(whole[skip:])
    most = read_amount(parsed.value("bytes") or "")
    left, right = (part[:most] if most is not None else part for part in data)
    if left == right:
        return Answer()
    if quiet:
        return Answer(status=1)
    return (
        _verbose(call, parsed, names, left, right) if "verbose" in parsed else _first(call, parsed, names, left, right)
    )


def _first(call: Call, parsed: Parsed, names: list[str], left: bytes, right: bytes) -> Answer:
    shortest = min(len(left), len(right))
    at = next((at for at in range(shortest) if left[at] != right[at]), shortest)
    lines = left[:at].count(b"\n") + 1
    if at == shortest:
        return _ended(call, names, left, right, counted=True)
    text = f"{names[0]} {names[1]} differ: byte {at + 1}, line {lines}"
    if "print-bytes" in parsed:
        text += f" is {left[at]:3o} {_shown(left[at])} {right[at]:3o} {_shown(right[at])}"
    return Answer(text + "\n", status=1)


def _verbose(call: Call, parsed: Parsed, names: list[str], left: bytes, right: bytes) -> Answer:
    room = len(str(min(len(left), len(right))))
    rows = []
    for at, (one, other) in enumerate(zip_longest(left, right), 1):
        if one is None or other is None:
            break
        if one != other and "print-bytes" in parsed:
            rows.append(f"{at:>{room}} {one:3o} {_shown(one):<4} {other:3o} {_shown(other)}\n")
        elif one != other:
            rows.append(f"{at:>{room}} {one:3o} {other:3o}\n")
    end = _ended(call, names, left, right, counted=False).stderr if len(left) != len(right) else ""
    return Answer("".join(rows), end, 1)


def _ended(call: Call, names: list[str], left: bytes, right: bytes, *, counted: bool) -> Answer:
    name, data = (names[0], left) if len(left) < len(right) else (names[1], right)
    if not data:
        return Answer(stderr=f"{call.name}: EOF on {name} which is empty\n", status=1)
    lines = data.count(b"\n")
    where = f", line {lines}" if data.endswith(b"\n") else f", in line {lines + 1}"
    return Answer(stderr=f"{call.name}: EOF on {name} after byte {len(data)}{where if counted else ''}\n", status=1)


def _shown(byte: int) -> str:
    text = "M-" if byte >= 128 else ""
    byte &= 127
    return text + (f"^{chr(byte + 64)}" if byte < 32 else "^?" if byte == 127 else chr(byte))
