"""``column`` where it fills a width or writes JSON; tables are the shell library's."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["column"]

_COLUMN = Options(
    "t,table J,json N,table-columns= n,table-name= s,separator= c,output-width= x,fillrows e L,keep-empty-lines",
    usage="[options] [<file>...]",
    about="Columnate lists.",
    package="util-linux 2.37.2",
)
_STOP = 8


@live("column")
async def column(call: Call, io: Io) -> int:
    """Lay lines out in columns of a width, or as a JSON table."""
    parsed = _COLUMN.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    json_table = "json" in parsed
    if not json_table and (
        "table" in parsed or not ({"output-width", "fillrows"} & {name for name, _ in parsed.options})
    ):
        raise NotExact(call.name)
    rows, status = [], 0
    async for name, data in fed(call, io, parsed.operands):
        if isinstance(data, OSError):
            await io.err(f"column: {name}: {data.strerror}\n")
            status = 1
        else:
            rows += [row.decode("utf-8", "replace") for row in lines(data) if row.strip()]
    if json_table:
        names = (parsed.value("table-columns") or "").split(",")
        if not names[0]:
            await io.err("column: option --table-columns required for --json\n")
            return 1
        await io.out(_table(parsed, names, rows))
        return status
    width = parsed.value("output-width") or "80"
    if not re.fullmatch(r"\d{1,6}|unlimited", width):
        await io.err(f"column: invalid columns argument: '{width}'\n")
        return 1
    wide = 10**6 if width == "unlimited" else int(width)
    await io.out(_filled([row.strip() for row in rows], wide, across="fillrows" in parsed))
    return status


def _filled(rows: Sequence[str], width: int, *, across: bool) -> str:
    """As many columns as fit, at stops of eight; down first, or ``across`` first."""
    step = (max(map(len, rows), default=0) + _STOP) // _STOP * _STOP
    count = max(width // step, 1) if step < width else 1
    if count == 1:
        return "".join(f"{row}\n" for row in rows)
    height = -(-len(rows) // count)
    lists = (
        [rows[at : at + count] for at in range(0, len(rows), count)]
        if across
        else [rows[at::height] for at in range(height)]
    )
    return "".join(_line(one, step) + "\n" for one in lists)


def _line(words: Sequence[str], step: int) -> str:
    tabs = ["\t" * -(-(step - len(word)) // _STOP) for word in words]
    return "".join(word + tab for word, tab in zip(words, [*tabs[:-1], ""], strict=True))


def _table(parsed: Parsed, names: Sequence[str], rows: Sequence[str]) -> str:
    mark = parsed.value("separator")
    objects = []
    for row in rows:
        values = re.split(f"[{re.escape(mark)}]", row) if mark else row.split()
        named = [*names, *(f"column{at}" for at in range(len(names) + 1, len(values) + 1))]
        pairs = zip(named, [*values, *[None] * (len(named) - len(values))], strict=False)
        fields = [f'         "{name.lower()}": {json.dumps(value, ensure_ascii=False)}' for name, value in pairs]
        objects.append("{\n" + ",\n".join(fields) + "\n      }")
    body = ",".join(objects)
    return f'{{\n   "{parsed.value("table-name") or "table"}": [\n      {body}\n   ]\n}}\n'
