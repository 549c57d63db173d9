"""``dd``, ``sync`` and ``shred``: bytes copied by the block, and bytes made unreadable."""

from __future__ import annotations

import errno
import random
import re
from dataclasses import dataclass, field

from llm_kernel.machine.files import LIMIT
from llm_kernel.programs.exact.storage import SMALL
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import quoted, said
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import exact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["dd", "shred", "sync"]

_DD = Options("", usage="[OPERAND]...\nOPTION", about="Copy a file by the block, as the operands say.")
_SYNC = Options("d,data f,file-system", usage="[OPTION] [FILE]...", about="Synchronize cached writes to storage.")
_SHRED = Options(
    "f,force n,iterations= random-source= s,size= u remove? v,verbose x,exact z,zero",
    usage="[OPTION]... FILE...",
    about="Overwrite the specified FILE(s) repeatedly.",
)
_UNITS = {"": 1, "c": 1, "w": 2, "b": 512, "B": 1}
_SPEED = 1.1e9
"""Bytes a second that a copy reaches; reading random bytes is slower."""

_FLAGS = frozenset(
    """ascii ebcdic ibm block unblock lcase ucase sparse swab sync excl nocreat notrunc noerror fdatasync
    fsync""".split()
)
_WORDS = frozenset("if of bs ibs obs cbs count skip seek iseek oseek conv status iflag oflag".split())
_ENDLESS = {"/dev/zero": 1.0, "/dev/urandom": 0.35, "/dev/random": 0.35}


@dataclass(slots=True)
class _Plan:
    words: dict[str, str]
    ibs: int = 512
    obs: int = 512
    count: int | None = None
    skip: int = 0
    seek: int = 0
    conv: frozenset[str] = frozenset()
    err: list[str] = field(default_factory=list)


@live("dd")
async def dd(call: Call, io: Io) -> int:
    """Copy blocks; what would be larger than a file can hold here becomes a size."""
    if call.args[:1] in (("--help",), ("--version",)):
        told = _DD.parse(call)
        assert isinstance(told, Answer)
        await io.out(told.stdout)
        return told.status
    plan = _plan(call)
    if isinstance(plan, Answer):
        await io.err(plan.stderr)
        return plan.status
    source, target = plan.words.get("if", ""), plan.words.get("of", "")
    stdin = b"" if source else await io.read()
    with call.acting():
        answer = _Copy(call, plan, stdin).run(source, target)
    if answer.stdout:
        await io.out(answer.stdout)
    if answer.stderr:
        await io.err(answer.stderr)
    return answer.status


def _plan(call: Call) -> _Plan | Answer:
    words: dict[str, str] = {}
    for arg in call.args:
        name, equals, value = arg.partition("=")
        if not equals or name not in _WORDS:
            hint = f"Try '{call.name} --help' for more information.\n"
            return Answer(stderr=f"{call.name}: unrecognized operand {said(arg, call.env)}\n{hint}", status=1)
        words[name] = value
    plan = _Plan(words)
    for name, value in words.items():
        if name in ("bs", "ibs", "obs", "cbs", "count", "skip", "seek", "iseek", "oseek"):
            number = _number(value)
            if number is None or (number == 0 and name.endswith("bs")):
                return Answer(stderr=f"{call.name}: invalid number: {said(value, call.env)}\n", status=1)
            if name in ("bs", "ibs"):
                plan.ibs = number
            if name in ("bs", "obs"):
                plan.obs = number
            if name == "count":
                plan.count = number
            if name in ("skip", "iseek"):
                plan.skip = number
            if name in ("seek", "oseek"):
                plan.seek = number
    plan.conv = frozenset(filter(None, words.get("conv", "").split(",")))
    for flag in sorted(plan.conv - _FLAGS):
        hint = f"Try '{call.name} --help' for more information.\n"
        return Answer(stderr=f"{call.name}: invalid conversion: {said(flag, call.env)}\n{hint}", status=1)
    if words.get("status", "none") not in ("none", "noxfer", "progress"):
        hint = f"Try '{call.name} --help' for more information.\n"
        wrong = f"{call.name}: invalid status level: {said(words['status'], call.env)}\n"
        return Answer(stderr=wrong + hint, status=1)
    return plan


def _number(text: str) -> int | None:
    product = 1
    for part in text.split("x"):
        found = re.fullmatch(r"(\d+)([cwbB]?|[kKMGTPE](?:iB|B)?)", part)
        if not found:
            return None
        unit = found[2]
        if unit in _UNITS:
            factor = _UNITS[unit]
        else:
            factor = (1000 if unit.endswith("B") and "i" not in unit else 1024) ** ("KMGTPE".index(unit[0].upper()) + 1)
        product *= int(found[1]) * factor
    return product


@dataclass(slots=True)
class _Copy:
    call: Call
    plan: _Plan
    stdin: bytes

    def run(self, source: str, target: str) -> Answer:
        """Copy, and tell how much."""
        call, plan, files = self.call, self.plan, self.call.machine.files
        path = call.path(source) if source else ""
        speed = _SPEED * _ENDLESS.get(path, 1.0)
        try:
            size, data = self._input(path)
        except OSError as err:
            return Answer(stderr=f"{call.name}: failed to open {quoted(source)}: {err.strerror}\n", status=1)
        if "ucase" in plan.conv:
            data = data.upper()
        if "lcase" in plan.conv:
            data = data.lower()
        if "swab" in plan.conv:
            even = len(data) // 2 * 2
            swapped = bytes(data[at ^ 1] for at in range(even))
            data = swapped + data[even:]
        out: bytes = b""
        if not target:
            out = data
        else:
            try:
                files.listdir(call.path(target).rpartition("/")[0] or "/")
                self._output(call.path(target), size, data)
            except OSError as err:
                verb = "error writing" if err.errno in (errno.ENOSPC, errno.EIO) else "failed to open"
                return Answer(stderr=f"{call.name}: {verb} {quoted(target)}: {err.strerror}\n", status=1)
        return Answer(out, self._told(size, speed), 0)

    def _input(self, path: str) -> tuple[int, bytes]:
        """How many bytes are read, and those of them that there are."""
        plan, files = self.plan, self.call.machine.files
        most = None if plan.count is None else plan.count * plan.ibs
        if "count_bytes" in plan.words.get("iflag", ""):
            most = plan.count
        if path in _ENDLESS:
            size = most if most is not None else 1 << 40
            zero = path == "/dev/zero"
            held = min(size, SMALL if zero else LIMIT // 8)
            if size > held:
                return size, b""
            seed = f"{self.call.machine.seed}/{self.call.machine.clock.now}"
            return size, b"\0" * held if zero else random.Random(seed).randbytes(held)
        if path:
            stat = files.stat(path)
            data, whole = files.head(path), stat.size if stat.sized else None
        else:
            data, whole = self.stdin, None
        skip = plan.skip * (1 if "skip_bytes" in plan.words.get("iflag", "") else plan.ibs)
        if whole is not None:
            left = max(whole - skip, 0)
            size = left if most is None else min(left, most)
            return size, data[skip : skip + size] if skip + size <= len(data) else b""
        data = data[skip:] if most is None else data[skip : skip + most]
        return len(data), data

    def _output(self, path: str, size: int, data: bytes) -> None:
        plan, files = self.plan, self.call.machine.files
        seek = plan.seek * (1 if "seek_bytes" in plan.words.get("oflag", "") else plan.obs)
        there = files.exists(path)
        if there and files.stat(path).device:
            return
        old = files.read(path) if there and (seek or "notrunc" in plan.conv) else b""
        before = files.stat(path).size if there else 0
        end = seek + size
        if "notrunc" in plan.conv:
            end = max(end, before)
        source = self.call.path(plan.words["if"]) if plan.words.get("if") else ""
        if size > len(data) and not seek and source and files.exists(source) and not files.stat(source).device:
            files.copy(source, path)
            if end != files.stat(source).size:
                files.sized(path, end)
        elif size > len(data) or end > LIMIT or (end > SMALL and not old and not data):
            files.sized(path, end)
        else:
            base = old[:seek].ljust(seek, b"\0")
            files.write(path, base + data + (old[seek + size :] if "notrunc" in plan.conv else b""))

    def _told(self, size: int, speed: float) -> str:
        level = self.plan.words.get("status", "")
        if level == "none":
            return ""
        full, part = divmod(size, self.plan.ibs)
        out_full, out_part = (full, part) if self.plan.ibs == self.plan.obs else divmod(size, self.plan.obs)
        rows = f"{full}+{int(part > 0)} records in\n{out_full}+{int(out_part > 0)} records out\n"
        if level == "noxfer":
            return rows
        seconds = size / speed + 0.0002
        si = _human(size, 1000, " ")
        iec = _human(size, 1024, " ")
        sizes = ", ".join(text for base, text in ((1000, si), (1024, iec)) if size >= base)
        unit = "bytes" if size != 1 else "byte"
        copied = f"{size} {unit} ({sizes}) copied" if sizes else f"{size} {unit} copied"
        return f"{rows}{copied}, {seconds:.6g} s, {_human(size / seconds, 1000, ' ')}/s\n"


def _human(amount: float, base: int, gap: str) -> str:
    names = "kMGTPE" if base == 1000 else "KMGTPE"
    level = -1
    while amount >= base and level < len(names) - 1:
        amount, level = amount / base, level + 1
    if level < 0:
        return f"{amount:.0f}{gap}B"
    text = f"{amount:.1f}" if amount < 9.95 else f"{amount:.0f}"
    return f"{text}{gap}{names[level]}{'B' if base == 1000 else 'iB'}"


@exact("sync")
def sync(call: Call) -> Answer:
    """Write everything to the disk, which is always so."""
    parsed = _SYNC.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    report = Report(call)
    for name in parsed.operands:
        if not call.machine.files.exists(call.path(name)):
            report.fail(f"error opening {quoted(name)}: No such file or directory")
    return report.answer()


@exact("shred")
def shred(call: Call) -> Answer:
    """Overwrite files with chance, and with ``-u`` take them away."""
    parsed = _SHRED.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _SHRED.refuse(call, "missing file operand")
    files, report = call.machine.files, Report(call)
    passes = int(parsed.value("iterations") or 3)
    last = passes + ("zero" in parsed)
    for name in parsed.operands:
        path = call.path(name)
        try:
            size = files.stat(path).size
            data = files.read(path)
        except OSError as err:
            report.fail(f"{name}: failed to open for writing: {err.strerror}")
            continue
        if "verbose" in parsed:
            for number in range(1, last + 1):
                kind = "000000" if "zero" in parsed and number == last else "random"
                report.warn(f"{name}: pass {number}/{last} ({kind})...")
        if data:
            room = size if "exact" in parsed else -(-size // 4096) * 4096
            chance = random.Random(f"{call.machine.seed}/{path}").randbytes(room)
            files.write(path, b"\0" * room if "zero" in parsed else chance)
        if "u" in parsed or "remove" in parsed:
            files.remove(path)
            if "verbose" in parsed:
                report.warn(f"{name}: removing")
                report.warn(f"{name}: renamed to {'0' * len(name.rpartition('/')[2])}")
                report.warn(f"{name}: removed")
    return report.answer()
