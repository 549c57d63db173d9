"""``wc``: lines, words, characters and bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted, width
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io
from llm_kernel.shell.lead import FED

__all__ = ["wc"]

_WC = Options(
    "c,bytes m,chars l,lines w,words L,max-line-length files0-from= total=",
    usage="[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    about="Print newline, word, and byte counts for each FILE, and a total line if\nmore than one FILE is specified.",
    authors="Paul Rubin and David MacKenzie",
)


@live("wc")
async def wc(call: Call, io: Io) -> int:
    """Count lines, words, characters, bytes; it reads its input only where no file is named."""
    parsed = _WC.parse(call)
    if isinstance(parsed, Answer):
        await io.out(parsed.stdout)
        await io.err(parsed.stderr)
        return parsed.status
    names = await _names(call, io, parsed)
    if isinstance(names, Answer):
        return await tell(io, names)
    wanted = [name for name in _COUNTS if name in parsed] or ["lines", "words", "bytes"]
    rows: list[tuple[_Count, str]] = []
    room, regular = 1, 0
    report = Report(call)
    given = "files0-from" in parsed or parsed.operands
    for number, name in enumerate(names, 1):
        if name in ("", "-") and (name or not given):
            data = await io.read()
            size = call.machine.files.weigh(data)
            rows.append((_Count.of(data, size), name))
            room, regular = (room, regular + size) if FED in call.env else (7, regular)
            continue
        try:
            stat = call.machine.files.stat(call.path(name))
            if stat.kind == "directory":
                room = 7
                rows.append((_Count(), name))
            data = call.machine.files.head(call.path(name))
            regular += stat.size
            rows.append((_Count.of(data, stat.size if stat.sized else len(data)), name))
        except OSError as err:
            nameless = f"{parsed.value('files0-from')}:{number}: " if "files0-from" in parsed else ""
            report.fail(f"{name}: {err.strerror}" if name else f"{nameless}invalid zero-length file name")
    if len(names) > 1:
        rows.append((sum((count for count, _ in rows), _Count()), "total"))
    room = (
        1
        if (len(wanted) == 1 and len(rows) == 1) or parsed.value("files0-from") == "-"
        else max(room, len(str(regular)))
    )
    for count, name in rows:
        numbers = " ".join(f"{getattr(count, _COUNTS[key]):>{room}}" for key in _COUNTS if key in wanted)
        report.say(f"{numbers} {name}" if name else numbers)
    answer = report.answer()
    await io.out(answer.stdout)
    if answer.stderr:
        await io.err(answer.stderr)
    return answer.status


async def _names(call: Call, io: Io, parsed: Parsed) -> Sequence[str] | Answer:
    """What is counted: the operands, the input where there are none, or the names that a file lists."""
    source = parsed.value("files0-from")
    if source is None:
        return parsed.operands or ("",)
    if parsed.operands:
        extra = f"extra operand {quoted(parsed.operands[0])}\nfile operands cannot be combined with --files0-from"
        return _WC.refuse(call, extra)
    [(_, data)] = [pair async for pair in fed(call, io, [source])]
    if isinstance(data, OSError):
        why = f"cannot open {quoted(source)} for reading" if data.errno != 21 else f"{source}: read error"
        return Answer(stderr=f"wc: {why}: {data.strerror}\n", status=1)
    return [name.decode("utf-8", "surrogateescape") for name in lines(data, b"\0")]


_COUNTS = {"lines": "lines", "words": "words", "chars": "chars", "bytes": "size", "max-line-length": "longest"}


@dataclass(frozen=True, slots=True)
class _Count:
    lines: int = 0
    words: int = 0
    chars: int = 0
    size: int = 0
    longest: int = 0

    def __add__(self, other: _Count) -> _Count:
        return _Count(
            self.lines + other.lines,
            self.words + other.words,
            self.chars + other.chars,
            self.size + other.size,
            max(self.longest, other.longest),
        )

    @classmethod
    def of(cls, data: bytes, size: int) -> _Count:
        """The counts of ``data``, in a file that claims ``size`` bytes."""
        text = data.decode(errors="ignore")
        words = [word for word in text.split() if any(char.isprintable() for char in word)]
        rows = re.split(r"[\n\r\f]", text)
        longest = max((width("".join(filter(str.isprintable, line.expandtabs()))) for line in rows), default=0)
        return cls(data.count(b"\n"), len(words), len(text), size, longest)
