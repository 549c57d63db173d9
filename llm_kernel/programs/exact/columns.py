"""``column``: lines that fill a width, a table, or a table as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from llm_kernel.programs.feeding import fed, lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import width as columns
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["column"]

_COLUMN = Options(
    "t,table J,json N,table-columns= n,table-name= s,separator= c,output-width= x,fillrows e L,keep-empty-lines "
    "o,output-separator= R,table-right= H,table-hide= O,table-order= l,table-columns-limit= d,table-noheadings",
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
    json_table, table = "json" in parsed, "table" in parsed or "table-columns" in parsed
    if "table" in parsed and "fillrows" in parsed:
        await io.err("column: mutually exclusive arguments: --table --fillrows\n")
        return 1
    kept = "keep-empty-lines" in parsed and not json_table
    rows, status = [], 0
    async for name, data in fed(call, io, parsed.operands):
        if isinstance(data, OSError):
            await io.err(f"column: {name}: {data.strerror}\n")
            status = 1
        else:
            rows += [row.decode("utf-8", "replace") for row in lines(data) if kept or row.strip()]
    if json_table:
        names = (parsed.value("table-columns") or "").split(",")
        if not names[0]:
            await io.err("column: option --table-columns required for --json\n")
            return 1
        await io.out(_json(parsed, names, rows))
        return status
    if table:
        shown = _table(parsed, rows)
        if isinstance(shown, str):
            await io.err(f"column: {shown}\n")
            return 1
        await io.out("".join(shown))
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


def _table(parsed: Parsed, rows: Sequence[str]) -> list[str] | str:
    """The lines of a table; a text is what is wrong with the columns that were named."""
    names = (parsed.value("table-columns") or "").split(",") if "table-columns" in parsed else []
    cells = [_cells(parsed, row) for row in rows]
    count = max([len(names), *map(len, cells)], default=0)
    heads = [names] if names and "table-noheadings" not in parsed else []
    cells = [[*row, *[""] * (count - len(row))] for row in [*heads, *cells]]
    chosen: dict[str, list[int]] = {}
    for option in ("table-right", "table-hide", "table-order"):
        numbers = []
        for word in (parsed.value(option) or "").split(",") if option in parsed else ():
            if word in names:
                numbers.append(names.index(word))
            elif word.isdecimal() and int(word) <= count:
                numbers.append(int(word) - 1)
            else:
                return f"undefined column name '{word}'"
        chosen[option] = [number for number in numbers if number >= 0]
    order = [*chosen["table-order"], *(at for at in range(count) if at not in chosen["table-order"])]
    order = [at for at in order if at not in chosen["table-hide"]]
    widths = {at: max((columns(row[at]) for row in cells), default=0) for at in order}
    joint, lines = parsed.value("output-separator"), []
    for row in cells:
        pieces = []
        for at in order:
            gap = " " * (widths[at] - columns(row[at]))
            right, last = at in chosen["table-right"], at == order[-1]
            pieces.append(gap + row[at] if right else row[at] + ("" if last else gap))
        lines.append(("  " if joint is None else joint).join(pieces) + "\n")
    return lines


def _cells(parsed: Parsed, row: str) -> list[str]:
    mark, limit = parsed.value("separator"), parsed.value("table-columns-limit") or ""
    most = int(limit) - 1 if limit.isdecimal() and int(limit) > 0 else 0
    if mark:
        return re.split(f"[{re.escape(mark)}]", row, maxsplit=most)
    return row.split(None, most or -1)


def _json(parsed: Parsed, names: Sequence[str], rows: Sequence[str]) -> str:
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
