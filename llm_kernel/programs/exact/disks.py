"""``df``: totals from the record, use from the machine's files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.machine.mounts import Mount, fill
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.sizes import Unit, environment_unit, human, read_unit
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["table"]

_DF = Options(
    "a,all B,block-size= total h,human-readable H,si i,inodes k l,local m no-sync output? P,portability sync t,type="
    " T,print-type x,exclude-type= v",
    usage="[OPTION]... [FILE]...",
    about="Show the space of the file system on which each FILE lies, or of all file systems.",
    authors="Torbjorn Granlund, David MacKenzie, and Paul Eggert",
)
_FIELDS = (
    "source",
    "fstype",
    "itotal",
    "iused",
    "iavail",
    "ipcent",
    "size",
    "used",
    "avail",
    "pcent",
    "file",
    "target",
)
_LEAST = {"source": 14, "fstype": 4, "ipcent": 4, "pcent": 4, "file": 0, "target": 0}
_LEFT = frozenset({"source", "fstype", "file", "target"})
_TITLES = {
    "source": "Filesystem",
    "fstype": "Type",
    "itotal": "Inodes",
    "iused": "IUsed",
    "iavail": "IFree",
    "ipcent": "IUse%",
    "used": "Used",
    "avail": "Avail",
    "pcent": "Use%",
    "file": "File",
    "target": "Mounted on",
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A file system to show, and the operand it was found by."""

    mount: Mount
    file: str = "-"


@exact("df")
def df(call: Call) -> Answer:
    """``df``."""
    parsed = _DF.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    wrong = _conflict(call, parsed)
    if wrong:
        return wrong
    unit = _unit(call, parsed)
    if unit is None:
        text = f"df: invalid --block-size argument {said(parsed.value('block-size') or '', call.env)}\n"
        return Answer(stderr=text, status=1)
    lines, errors = _chosen(call, parsed)
    if not lines:
        return Answer(stderr=errors or "df: no file systems processed\n", status=1)
    if "total" in parsed:
        lines.append(_Line(_sum([line.mount for line in lines])))
    return Answer(_table(lines, _columns(parsed), unit, parsed), errors, 1 if errors else 0)


def table(rows: Sequence[Mount], parsed: Parsed, unit: Unit) -> str:
    """What ``df`` says about ``rows``."""
    return _table([_Line(row) for row in rows], _columns(parsed), unit, parsed)


def _conflict(call: Call, parsed: Parsed) -> Answer | None:
    if "output" not in parsed:
        return None
    for name, shown in (("inodes", "-i"), ("portability", "-P"), ("print-type", "-T")):
        if name in parsed:
            return _DF.refuse(call, f"options {shown} and --output are mutually exclusive")
    for name in (parsed.value("output") or "").split(","):
        if name and name not in _FIELDS:
            return _DF.refuse(call, f"option --output: field {said(name, call.env)} unknown")
    return None


def _unit(call: Call, parsed: Parsed) -> Unit | None:
    match parsed.last("human-readable", "si", "block-size", "k", "m"):
        case "human-readable":
            return Unit(base=1024)
        case "si":
            return Unit(base=1000)
        case "m":
            return Unit(2**20)
        case "k":
            return Unit(1024)
        case "block-size":
            return read_unit(parsed.value("block-size") or "")
        case _:
            return environment_unit(call.env, "DF_BLOCK_SIZE")


def _chosen(call: Call, parsed: Parsed) -> tuple[list[_Line], str]:
    rows = fill(call.machine)
    if parsed.operands:
        lines, errors = [], ""
        for name in parsed.operands:
            found = next((row for row in rows if row.device == name and row.device.startswith("/")), None)
            try:
                lines.append(_Line(found or _holder(call, rows, name), name))
            except OSError as err:
                errors += f"df: {name}: {err.strerror}\n"
        return lines, errors
    kinds, without = parsed.values("type"), parsed.values("exclude-type")
    rows = [row for row in rows if "all" in parsed or row.shown]
    rows = [row for row in rows if row.kind not in without and (not kinds or row.kind in kinds)]
    return [_Line(row) for row in rows], ""


def _holder(call: Call, rows: Sequence[Mount], name: str) -> Mount:
    path = call.path(name)
    call.machine.files.stat(path)
    path = call.machine.files.resolve(path)
    held = [row for row in rows if row.mount in ("/", path) or path.startswith(f"{row.mount}/")]
    return max(held, key=lambda row: len(row.mount))


def _sum(rows: Sequence[Mount]) -> Mount:
    unique = list({(row.device, row.mount): row for row in rows}.values())
    return Mount(
        "total",
        "-",
        "-",
        "",
        sum(row.total for row in unique),
        sum(row.used for row in unique),
        sum(row.total - row.used - row.available for row in unique),
        sum(row.inodes for row in unique),
        sum(row.inodes_used for row in unique),
    )


def _columns(parsed: Parsed) -> list[str]:
    if "output" in parsed:
        given = parsed.value("output")
        return [name for name in given.split(",") if name] if given else list(_FIELDS)
    amounts = ["itotal", "iused", "iavail", "ipcent"] if "inodes" in parsed else ["size", "used", "avail", "pcent"]
    return ["source", *(["fstype"] if "print-type" in parsed else []), *amounts, "target"]


def _table(lines: Sequence[_Line], columns: Sequence[str], unit: Unit, parsed: Parsed) -> str:
    rows = [[_title(name, unit, parsed) for name in columns]]
    rows += [[_cell(line, name, unit) for name in columns] for line in lines]
    widths = [max(_LEAST.get(name, 5), *(len(row[n]) for row in rows)) for n, name in enumerate(columns)]
    out = ""
    for row in rows:
        cells = [
            text.ljust(width) if name in _LEFT else text.rjust(width)
            for text, width, name in zip(row, widths, columns, strict=True)
        ]
        if columns[-1] in _LEFT:
            cells[-1] = row[-1]
        out += " ".join(cells) + "\n"
    return out


def _title(name: str, unit: Unit, parsed: Parsed) -> str:
    if name == "size":
        if unit.base:
            return "Size"
        return f"{unit.size}-blocks" if "portability" in parsed else f"{_block(unit.size)}-blocks"
    if "output" not in parsed and not unit.base and name in ("avail", "pcent"):
        long = {"avail": "Available", "pcent": "Capacity" if "portability" in parsed else "Use%"}
        return long[name]
    return _TITLES[name]


def _block(size: int) -> str:
    if size % 1024 == 0:
        return human(size).replace(".0", "")
    return f"{human(size, 1000).replace('.0', '')}B"


def _cell(line: _Line, name: str, unit: Unit) -> str:
    row = line.mount
    match name:
        case "source":
            return row.device
        case "fstype":
            return row.kind
        case "target":
            return row.mount
        case "file":
            return line.file
        case "size" | "used" | "avail":
            kib = {"size": row.total, "used": row.used, "avail": row.available}[name]
            return unit.show(kib * 1024)
        case "pcent":
            return _percent(row.used, row.used + row.available)
        case "ipcent":
            return _percent(row.inodes_used, row.inodes)
        case _:
            count = {"itotal": row.inodes, "iused": row.inodes_used, "iavail": row.inodes - row.inodes_used}[name]
            return human(count, unit.base) if unit.base else str(count)


def _percent(part: int, whole: int) -> str:
    return f"{-(-part * 100 // whole)}%" if whole else "-"
