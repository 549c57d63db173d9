"""``shuf`` and ``uuidgen``: chance that the machine's seed and clock decide."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Sequence
from zlib import crc32

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import NotExact, exact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["chance", "shuf", "uuidgen"]

_SHUF = Options(
    "e,echo i,input-range= n,head-count= o,output= random-source= r,repeat z,zero-terminated",
    usage="[OPTION]... [FILE]\n-e [OPTION]... [ARG]...\n-i LO-HI [OPTION]...",
    about="Write a random permutation of the input lines to standard output.",
    authors="Paul Eggert",
)
_UUIDGEN = Options(
    "r,random t,time q",
    usage="[options]",
    about="Create a new UUID value.",
    package="util-linux 2.37.2",
)
_MOST = 200_000
"""Lines that are drawn with repetition, at most."""


@live("shuf")
async def shuf(call: Call, io: Io) -> int:
    """Print lines, words or numbers in an order of chance."""
    parsed = _SHUF.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    count = _count(call, parsed)
    if isinstance(count, Answer):
        return await tell(io, count)
    if "echo" in parsed and "input-range" in parsed:
        return await tell(io, _SHUF.refuse(call, "cannot combine -e and -i options"))
    end = b"\0" if "zero-terminated" in parsed else b"\n"
    numbers = _range(call, parsed)
    if isinstance(numbers, Answer):
        return await tell(io, numbers)
    rows: Sequence[bytes | int]
    if numbers is not None:
        rows = numbers
    elif "echo" in parsed:
        rows = [word.encode() for word in parsed.operands]
    else:
        if len(parsed.operands) > 1:
            return await tell(io, _SHUF.refuse(call, f"extra operand {said(parsed.operands[1], call.env)}"))
        [(name, data)] = [pair async for pair in fed(call, io, parsed.operands)]
        if isinstance(data, OSError):
            why = f"read error: {data.strerror}" if data.errno == 21 else f"{name}: {data.strerror}"
            await io.err(f"shuf: {why}\n")
            return 1
        rows = lines(data, end)
    drawn = _drawn(chance(call, parsed.value("random-source")), rows, count, repeat="repeat" in parsed)
    if drawn is None:
        await io.err("shuf: no lines to repeat\n")
        return 1
    text = b"".join((b"%d" % row if isinstance(row, int) else row) + end for row in drawn)
    return await _give(call, io, parsed, text)


def _drawn(
    source: random.Random, rows: Sequence[bytes | int], count: int | None, *, repeat: bool
) -> list[bytes | int] | None:
    if repeat and count != 0:
        return [source.choice(rows) for _ in range(min(_MOST if count is None else count, _MOST))] if rows else None
    return source.sample(rows, min(len(rows), _MOST if count is None else count))


def _count(call: Call, parsed: Parsed) -> int | Answer | None:
    counts = parsed.values("head-count")
    wrong = next((text for text in counts if not re.fullmatch(r"\+?\d+", text)), None)
    if wrong is not None:
        return Answer(stderr=f"shuf: invalid line count: {said(wrong, call.env)}\n", status=1)
    return min(int(text) for text in counts) if counts else None


def _range(call: Call, parsed: Parsed) -> range | Answer | None:
    text = parsed.value("input-range")
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,19})-(\d{1,19})", text)
    if found is None or int(found[1]) > int(found[2]) + 1:
        return Answer(stderr=f"shuf: invalid input range: {said(text, call.env)}\n", status=1)
    if parsed.operands:
        return _SHUF.refuse(call, f"extra operand {said(parsed.operands[0], call.env)}")
    if len(parsed.values("input-range")) > 1:
        return Answer(stderr="shuf: multiple -i options specified\n", status=1)
    return range(int(found[1]), int(found[2]) + 1)


async def _give(call: Call, io: Io, parsed: Parsed, text: bytes) -> int:
    to = parsed.value("output")
    if to is None:
        await io.out(text)
        return 0
    try:
        call.machine.files.write(call.path(to), text)
    except OSError as err:
        await io.err(f"{call.name.rpartition('/')[2]}: {to}: {err.strerror}\n")
        return 1
    return 0


def chance(call: Call, name: str | None) -> random.Random:
    """The chance of this call; the same for the same file of chance."""
    if name is not None and not name.startswith("/dev/"):
        try:
            return random.Random(call.machine.files.head(call.path(name)))
        except OSError:
            pass
    return random.Random(crc32(f"{call.machine.seed} {call.machine.clock.now} {' '.join(call.args)}".encode()))


@exact("uuidgen")
def uuidgen(call: Call) -> Answer:
    """A UUID, of chance or of the machine's time."""
    if re.search(r"-[a-z]*[msnNCx]|--(?:md5|sha1|namespace|name|hex|count)", " ".join(call.args)):
        raise NotExact(call.name)
    parsed = _UUIDGEN.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    seed = crc32(f"{call.machine.seed} {call.machine.clock.now} uuid".encode())
    source = random.Random(seed)
    if "time" not in parsed:
        return Answer(f"{uuid.UUID(int=source.getrandbits(128), version=4)}\n")
    ticks = int(call.machine.clock.now * 10_000_000) + 0x01B21DD213814000
    fields = (ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0xFFF | 0x1000)
    return Answer(
        f"{uuid.UUID(fields=(*fields, 0x80 | source.getrandbits(6), source.getrandbits(8), 0x0242AC110002))}\n"
    )
