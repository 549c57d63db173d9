"""``comm``: which lines two sorted files share, and which only one of them has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["comm"]

_COMM = Options(
    "1 2 3 check-order nocheck-order output-delimiter= total z,zero-terminated",
    usage="[OPTION]... FILE1 FILE2",
    about="Compare sorted files FILE1 and FILE2 line by line.",
    authors="Richard M. Stallman and David MacKenzie",
)


@live("comm")
async def comm(call: Call, io: Io) -> int:
    """Show the lines of two files in three columns: of the first alone, of the second alone, of both."""
    parsed = _COMM.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    names = parsed.operands
    if len(names) != 2:
        wrong = f"missing operand after {said(names[0], call.env)}" if names else "missing operand"
        wrong = f"extra operand {said(names[2], call.env)}" if len(names) > 2 else wrong
        return await tell(io, _COMM.refuse(call, wrong))
    marks = parsed.values("output-delimiter")
    if len(set(marks)) > 1:
        await io.err("comm: multiple output delimiters specified\n")
        return 1
    mark = (marks[0] or "\0").encode("utf-8", "surrogateescape") if marks else b"\t"
    end = b"\0" if "zero-terminated" in parsed else b"\n"
    files: list[list[bytes]] = []
    async for name, data in fed(call, io, names):
        if isinstance(data, OSError):
            await io.err(f"comm: {name}: {data.strerror}\n")
            return 1
        files.append(lines(data, end))
    checks = parsed.last("check-order", "nocheck-order")
    ends = [_astray(rows) for rows in files]
    columns = [column for column in (1, 2, 3) if str(column) not in parsed]
    shown, counts, found = [], [0, 0, 0], dict[int, None]()
    alone = checks == "check-order"
    for column, line in _walked(*files):
        counts[column - 1] += 1
        alone = alone or column < 3  # files that are the same may be in any order
        if column in columns:
            shown.append(mark * columns.index(column) + line + end)
        if checks != "nocheck-order" and alone:
            found |= dict.fromkeys(at for at in (0, 1) if ends[at] and ends[at] == counts[at] + counts[2])
        if checks and found:
            break
    if "total" in parsed:
        shown.append(mark.join([*(str(count).encode() for count in counts), b"total"]) + end)
    await io.out(b"".join(shown))
    await io.err("".join(f"comm: file {at + 1} is not in sorted order\n" for at in found))
    if found and not checks:
        await io.err("comm: input is not in sorted order\n")
    return int(bool(found))


def _astray(rows: Sequence[bytes]) -> int:
    """Behind how many lines one comes that does not; 0 where all are sorted."""
    return next((at for at, (one, other) in enumerate(pairwise(rows), 1) if one > other), 0)


def _walked(first: Sequence[bytes], second: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each line with its column."""
    left = right = 0
    while left < len(first) or right < len(second):
        if right == len(second) or (left < len(first) and first[left] < second[right]):
            yield 1, first[left]
            left += 1
        elif left == len(first) or second[right] < first[left]:
            yield 2, second[right]
            right += 1
        else:
            yield 3, first[left]
            left, right = left + 1, right + 1
