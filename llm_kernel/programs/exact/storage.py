"""``du``, ``truncate`` and ``fallocate``: how much files hold, and how much they shall hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from llm_kernel.machine.files import LIMIT
from llm_kernel.machine.stat import Stat
from llm_kernel.programs.moments import filled
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report
from llm_kernel.programs.sizes import Unit, disk_bytes, environment_unit, read_amount, read_unit
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["du", "fallocate", "resize", "truncate"]

SMALL = 64 * 1024
"""Up to here a grown file gets real zero bytes; beyond, it only gets a size."""

_DU = Options(
    "0,null a,all apparent-size B,block-size= b,bytes c,total D,dereference-args H d,max-depth= files0-from= "
    "h,human-readable inodes k L,dereference l,count-links m P,no-dereference S,separate-dirs si s,summarize "
    "t,threshold= time? time-style= X,exclude-from= exclude= x,one-file-system",
    usage="[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    about="Summarize device usage of the set of FILEs, recursively for directories.",
    authors="Torbjorn Granlund, David MacKenzie, Paul Eggert,\nand Jim Meyering",
)
_TRUNCATE = Options(
    "c,no-create o,io-blocks r,reference= s,size=",
    usage="OPTION... FILE...",
    about="Shrink or extend the size of each FILE to the specified size.",
    authors="Padraig Brady",
)
_FALLOCATE = Options(
    "c,collapse-range d,dig-holes i,insert-range l,length= n,keep-size o,offset= p,punch-hole z,zero-range x,posix "
    "v,verbose",
    usage="[options] <filename>",
    about="Preallocate space to, or deallocate space from a file.",
)


@exact("du")
def du(call: Call) -> Answer:
    """Sum up what files take on the disk."""
    parsed = _DU.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    rules = _du_rules(call, parsed)
    if isinstance(rules, Answer):
        return rules
    usage = _Usage(Report(call), rules)
    with call.machine.files.still():
        for name in parsed.operands or (".",):
            try:
                follow = "dereference-args" in parsed or "H" in parsed or "dereference" in parsed
                stat = call.machine.files.stat(call.path(name)) if follow or name.endswith("/") else None
                usage.total += usage.add(name, stat or call.machine.files.lstat(call.path(name)), 0)
            except OSError as err:
                usage.report.fail(f"cannot access {quoted(name)}: {err.strerror}")
    if "total" in parsed:
        usage.tell("total", usage.total, None)
    return usage.report.answer()


@dataclass(frozen=True, slots=True)
class _DuRules:
    unit: Unit
    depth: int | None = None
    every: bool = False
    apparent: bool = False
    separate: bool = False
    inodes: bool = False
    count_links: bool = False
    exclude: Sequence[str] = ()
    threshold: int = 0
    end: str = "\n"
    time: str = ""


def _du_rules(call: Call, parsed: Parsed) -> _DuRules | Answer:
    depth: int | None = None
    text = parsed.value("max-depth")
    if text is not None:
        if not text.isdigit():
            return _DU.refuse(call, f"invalid maximum depth {said(text, call.env)}")
        depth = int(text)
    if "summarize" in parsed:
        if "all" in parsed:
            return _DU.refuse(call, "cannot both summarize and show all entries")
        if depth:
            return _DU.refuse(call, f"summarizing conflicts with --max-depth={depth}", warning=True)
        depth = 0
    unit = _du_unit(call, parsed)
    if isinstance(unit, Answer):
        return unit
    threshold = parsed.value("threshold") or "0"
    amount = read_amount(threshold.lstrip("-"))
    if amount is None:
        return Answer(stderr=f"{call.name}: invalid --threshold argument '{threshold}'\n", status=1)
    style = {"full-iso": "%Y-%m-%d %H:%M:%S.%N %z", "iso": "%Y-%m-%d"}
    time = style.get(parsed.value("time-style") or "", "%Y-%m-%d %H:%M")
    return _DuRules(
        unit=Unit(1) if "inodes" in parsed else unit,
        depth=depth,
        every="all" in parsed,
        apparent="apparent-size" in parsed or "bytes" in parsed,
        separate="separate-dirs" in parsed,
        inodes="inodes" in parsed,
        count_links="count-links" in parsed,
        exclude=parsed.values("exclude"),
        threshold=-amount if threshold.startswith("-") else amount,
        end="\0" if "null" in parsed else "\n",
        time=time if "time" in parsed else "",
    )


def _du_unit(call: Call, parsed: Parsed) -> Unit | Answer:
    unit = environment_unit(call.env, "DU_BLOCK_SIZE")
    fixed = {"bytes": Unit(1), "k": Unit(), "m": Unit(2**20), "human-readable": Unit(base=1024), "si": Unit(base=1000)}
    for name, value in parsed.options:
        unit = fixed.get(name, unit)
        if name == "block-size" and value is not None:
            read = read_unit(value)
            if read is None:
                flag = "--block-size" if any(word.startswith("--bl") for word in call.args) else "-B"
                wrong = "invalid suffix in" if value[:1].isdigit() or value[:1].upper() in "KMGTPEZY" else "invalid"
                return Answer(stderr=f"{call.name}: {wrong} {flag} argument '{value}'\n", status=1)
            unit = read
    return unit


@dataclass(slots=True)
class _Usage:
    report: Report
    rules: _DuRules
    total: int = 0
    seen: set[int] = field(default_factory=set)

    def add(self, name: str, stat: Stat, level: int) -> int:
        """Count ``name`` and what is below it, telling on the way; nothing is counted twice."""
        base = name.rstrip("/").rpartition("/")[2]
        if any(fnmatchcase(text, pattern) for pattern in self.rules.exclude for text in (base, name)):
            return 0
        if (stat.nlink > 1 or level == 0) and not self.rules.count_links:
            if stat.ino in self.seen:
                return 0
            self.seen.add(stat.ino)
        own = self._own(stat)
        if stat.kind != "directory":
            if level == 0 or (self.rules.every and self._shown(level)):
                self.tell(name, own, stat)
            return own
        files, path = self.report.call.machine.files, self.report.call.path(name)
        below = apart = 0
        for entry, found in files.entries(path).items():
            inner = name + entry if name.endswith("/") else f"{name}/{entry}"
            size = self.add(inner, found, level + 1)
            below += size
            apart += size if found.kind == "directory" else 0
        if self._shown(level):
            self.tell(name, own + below - (apart if self.rules.separate else 0), stat)
        return own + below

    def tell(self, name: str, amount: int, stat: Stat | None) -> None:
        """Print a line, unless it is under the threshold."""
        limit, clock = self.rules.threshold, self.report.call.machine.clock
        if (limit > 0 and amount < limit) or (limit < 0 and amount > -limit):
            return
        when = filled(self.rules.time, clock.at(stat.mtime)) if stat and self.rules.time else ""
        self.report.out.append(f"{self.rules.unit.show(amount)}\t{when}{chr(9) if when else ''}{name}{self.rules.end}")

    def _own(self, stat: Stat) -> int:
        if self.rules.inodes:
            return 1
        return stat.size if self.rules.apparent else disk_bytes(stat)

    def _shown(self, level: int) -> bool:
        return self.rules.depth is None or level <= self.rules.depth


@exact("truncate")
def truncate(call: Call) -> Answer:
    """Give files a size."""
    parsed = _TRUNCATE.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    text, base = parsed.value("size"), parsed.value("reference")
    if text is None and base is None:
        how = f"{said('--size', call.env)} or {said('--reference', call.env)}"
        return _TRUNCATE.refuse(call, f"you must specify either {how}")
    change = _Change.read(text) if text is not None else _Change("", 0)
    if change is None:
        return Answer(
            stderr=f"{call.name}: Invalid number: {said(re.sub('^ *[<>/%]? *', '', text or ''), call.env)}\n", status=1
        )
    if change.operator in ("/", "%") and not change.amount:
        return Answer(stderr=f"{call.name}: division by zero\n", status=1)
    if base is not None and text is not None and not change.operator:
        return _TRUNCATE.refuse(
            call, f"you must specify a relative {said('--size', call.env)} with {said('--reference', call.env)}"
        )
    if not parsed.operands:
        return _TRUNCATE.refuse(call, "missing file operand")
    factor = 4096 if "io-blocks" in parsed else 1
    start: int | None = None
    if base is not None:
        try:
            start = call.machine.files.stat(call.path(base)).size
        except OSError as err:
            return Answer(stderr=f"{call.name}: cannot stat {quoted(base)}: {err.strerror}\n", status=1)
    report = Report(call)
    for name in parsed.operands:
        _truncate_one(report, name, change, factor, start, "no-create" in parsed, text is None)
    return report.answer()


def _truncate_one(
    report: Report, name: str, change: _Change, factor: int, start: int | None, there_only: bool, as_base: bool
) -> None:
    call = report.call
    files, path = call.machine.files, call.path(name)
    try:
        there = files.exists(path)
        if not there and there_only:
            return
        if not there:
            files.listdir(path.rpartition("/")[0] or "/" if path else path)
        old = files.stat(path).size if there else 0
        if there and files.is_dir(path):
            files.read(path)
        size = start if as_base and start is not None else change.apply(old if start is None else start, factor)
        resize(call, path, size)
    except OSError as err:
        report.fail(f"cannot open {quoted(name)} for writing: {err.strerror}")


@dataclass(frozen=True, slots=True)
class _Change:
    operator: str
    amount: int

    @classmethod
    def read(cls, text: str) -> _Change | None:
        """The change in ``+1K``, ``<10M``, ``%512``, ``100``."""
        found = re.fullmatch(r"\s*(?:([<>/%])\s*)?([+-]?)(\w+)", text)
        amount = read_amount(found[3]) if found and found[3][0].isdigit() else None
        if found is None or amount is None or (found[1] and found[2]):
            return None
        return cls(found[1] or found[2], amount)

    def apply(self, size: int, factor: int) -> int:
        """The new size for a file of ``size`` bytes."""
        amount = self.amount * factor
        match self.operator:
            case "+":
                return size + amount
            case "-":
                return max(size - amount, 0)
            case "<":
                return min(size, amount)
            case ">":
                return max(size, amount)
            case "/":
                return size // amount * amount
            case "%":
                return -(-size // amount) * amount
            case _:
                return amount


def resize(call: Call, path: str, size: int) -> None:
    """Make the file at ``path`` ``size`` bytes long: with zeros where it is small, without bytes where it is large."""
    files = call.machine.files
    data = files.read(path) if files.exists(path) else b""
    held = not files.is_sized(path)
    if size <= (LIMIT if held and data else SMALL):
        files.write(path, data[:size].ljust(size, b"\0"))
    else:
        files.sized(path, size)


@exact("fallocate")
def fallocate(call: Call) -> Answer:
    """Reserve room for a file."""
    parsed = _FALLOCATE.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    text = parsed.value("length")
    if not parsed.operands:
        return Answer(stderr=f"{call.name}: no filename specified\n", status=1)
    if text is None:
        return Answer(stderr=f"{call.name}: no length argument specified\n", status=1)
    length, offset = read_amount(text), read_amount(parsed.value("offset") or "0")
    if not length or offset is None:
        return Answer(stderr=f"{call.name}: invalid length value specified\n", status=1)
    name = parsed.operands[0]
    path = call.path(name)
    try:
        size = call.machine.files.stat(path).size if call.machine.files.exists(path) else 0
        call.machine.files.listdir(path.rpartition("/")[0] or "/")
        resize(call, path, max(size, offset + length) if "keep-size" not in parsed else size)
    except OSError as err:
        return Answer(stderr=f"{call.name}: cannot open {name}: {err.strerror}\n", status=1)
    return Answer()
