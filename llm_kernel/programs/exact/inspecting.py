"""``stat``: everything that is recorded of a file or of its file system."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from llm_kernel.machine.mounts import fill, mount_of
from llm_kernel.machine.stat import Stat
from llm_kernel.machine.system import Disk
from llm_kernel.programs.moments import filled, nanoseconds_of
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.permissions import long_mode
from llm_kernel.programs.quoting import quoted, shown
from llm_kernel.programs.report import Report, coreutils
from llm_kernel.programs.sizes import disk_bytes
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["stat"]

_OPTIONS = Options(
    "L,dereference f,file-system c,format= printf= t,terse cached=",
    usage="[OPTION]... FILE...",
    about="Display file or file system status.",
    authors="Michael Meskes",
)
_FORM = """\
  File: {name}
  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F
Device: {device}\tInode: %-11i Links: {links}
Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)
Access: %x
Modify: %y
Change: %z
 Birth: %w
"""
_DISK_FORM = """\
  File: "%n"
    ID: %-8i Namelen: %-7l Type: %T
Block size: %-10s Fundamental block size: %S
Blocks: Total: %-10b Free: %-10f Available: %a
Inodes: Total: %-10c Free: %d
"""
_FIELD = re.compile(r"%(?P<flags>[-+ #0']*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<code>[HL][a-zA-Z]|[a-zA-Z%])")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)")
_KINDS = {
    "directory": "directory",
    "symlink": "symbolic link",
    "character": "character special file",
    "block": "block special file",
}
_TYPES = {"file": 0o100000, "directory": 0o040000, "symlink": 0o120000, "character": 0o020000, "block": 0o060000}
_MAGIC = {
    "ext4": ("ext2/ext3", "ef53"),
    "xfs": ("xfs", "58465342"),
    "tmpfs": ("tmpfs", "1021994"),
    "devtmpfs": ("tmpfs", "1021994"),
    "proc": ("proc", "9fa0"),
    "sysfs": ("sysfs", "62656572"),
    "vfat": ("msdos", "4d44"),
    "cgroup2": ("cgroup2fs", "63677270"),
}


@exact("stat")
def stat(call: Call) -> Answer:
    """Show what is recorded of files."""
    parsed = _OPTIONS.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return _OPTIONS.refuse(call, "missing operand")
    report, files = Report(call), call.machine.files
    for name in parsed.operands:
        path = call.path(name)
        follow = "dereference" in parsed or "file-system" in parsed or name.endswith("/")
        try:
            found = files.stat(path) if follow else files.lstat(path)
            if name.endswith("/") and found.kind != "directory":
                files.listdir(path)
        except OSError as err:
            what = "cannot statx" if coreutils(call) >= (8, 31) else "cannot stat"
            if "file-system" in parsed:
                report.fail(f"cannot read file system information for {quoted(name)}: {err.strerror}")
            else:
                report.fail(f"{what} {quoted(name)}: {err.strerror}")
            continue
        sheet = _Sheet(call, name, path, found)
        report.out.append(_disk(sheet, parsed) if "file-system" in parsed else _file(sheet, parsed))
    return report.answer()


@dataclass(frozen=True, slots=True)
class _Sheet:
    call: Call
    name: str
    path: str
    stat: Stat

    @property
    def mount(self) -> Disk | None:
        """The disk that holds the path."""
        path = self.call.machine.files.resolve(self.path, follow=False)
        disks = [disk for disk in self.call.machine.system.disks if _holds(disk.mount, path)]
        return max(disks, key=lambda disk: len(disk.mount), default=None)

    @property
    def device(self) -> tuple[int, int]:
        """The device's numbers, as the kernel gives them to disks of that name."""
        disk = self.mount
        name = disk.device.removeprefix("/dev/") if disk else ""
        number = int(found[0]) if (found := re.findall(r"\d+$", name)) else 0
        if name.startswith(("sd", "hd")):
            return 8, 16 * (ord(name[2]) - ord("a")) + number
        if name.startswith("vd"):
            return 252, 16 * (ord(name[2]) - ord("a")) + number
        return (259, number) if name.startswith("nvme") else (253, 0)


def _holds(mount: str, path: str) -> bool:
    return mount == "/" or path == mount or path.startswith(mount + "/")


def _file(sheet: _Sheet, parsed: Parsed) -> str:
    if "printf" in parsed:
        return _fill(_unescaped(parsed.value("printf") or ""), _fields(sheet))
    if "format" in parsed:
        return _fill(parsed.value("format") or "", _fields(sheet)) + "\n"
    if "terse" in parsed:
        return _fill("%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n", _fields(sheet))
    device = "%Hd,%Ld" if coreutils(sheet.call) >= (9, 1) else "%Dh/%dd"
    links = "%-5h Device type: %t,%T" if sheet.stat.device else "%h"
    name = shown(sheet.name) + (f" -> {shown(sheet.stat.target)}" if sheet.stat.kind == "symlink" else "")
    form = _FORM.format(name=name.replace("%", "%%"), device=device, links=links)
    return _fill(form, _fields(sheet))


def _unescaped(text: str) -> str:
    letters = {"n": "\n", "t": "\t", "a": "\a", "b": "\b", "e": "\033", "f": "\f", "r": "\r", "v": "\v", "\\": "\\"}

    def plain(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] in "01234567":
            return chr(int(code, 8) & 0xFF)
        return chr(int(code[1:], 16)) if code[0] == "x" and len(code) > 1 else letters.get(code, code)

    return _ESCAPE.sub(plain, text)


def _fill(form: str, fields: Mapping[str, Callable[[], object]]) -> str:
    def value(found: re.Match[str]) -> str:
        code, flags = found["code"], found["flags"]
        if code == "%":
            return "%"
        if code not in fields and code[0] in "HL" and len(code) == 2:
            return "?" + code[1]
        return _cut(fields[code]() if code in fields else "?", code, flags, found["width"], found["precision"])

    return _FIELD.sub(value, form)


def _cut(value: object, code: str, flags: str, width: str, precision: str | None) -> str:
    if isinstance(value, float):
        digits = 0 if precision is None else int(precision or 9)
        text = f"{int(value * 10**digits) / 10**digits:.{digits}f}" if digits else str(int(value // 1))
    else:
        text = str(value)
        if precision and not isinstance(value, int):
            text = text[: int(precision)]
    if "#" in flags and code == "a":
        text = "0" + text
    room = int(width or 0)
    if "-" in flags:
        return text.ljust(room)
    zero = "0" in flags and (isinstance(value, int | float) or code in "afDtT")
    return text.rjust(room, "0" if zero else " ")


def _fields(sheet: _Sheet) -> dict[str, Callable[[], object]]:
    found, names = sheet.stat, sheet.call.machine.files.names()
    major, minor = sheet.device
    inner = found.device or (0, 0)
    births = coreutils(sheet.call) >= (8, 31)
    return {
        "a": lambda: f"{found.mode:o}",
        "A": lambda: long_mode(found),
        "b": lambda: disk_bytes(found) // 512,
        "B": lambda: 512,
        "C": lambda: "?",
        "d": lambda: major * 256 + minor,
        "D": lambda: f"{major * 256 + minor:x}",
        "Hd": lambda: major,
        "Ld": lambda: minor,
        "f": lambda: f"{_TYPES[found.kind] | found.mode:x}",
        "F": lambda: _KINDS.get(found.kind, "regular file" if found.size else "regular empty file"),
        "g": lambda: found.gid,
        "G": lambda: "UNKNOWN" if names.group(found.gid).isdigit() else names.group(found.gid),
        "h": lambda: found.nlink,
        "i": lambda: found.ino,
        "m": lambda: disk.mount if (disk := sheet.mount) else "/",
        "n": lambda: sheet.name,
        "N": lambda: quoted(sheet.name) + (f" -> {quoted(found.target)}" if found.kind == "symlink" else ""),
        "o": lambda: 4096,
        "r": lambda: inner[0] * 256 + inner[1],
        "R": lambda: f"{inner[0] * 256 + inner[1]:x}",
        "s": lambda: found.size,
        "t": lambda: f"{inner[0]:x}",
        "T": lambda: f"{inner[1]:x}",
        "Hr": lambda: inner[0],
        "Lr": lambda: inner[1],
        "u": lambda: found.uid,
        "U": lambda: "UNKNOWN" if names.user(found.uid).isdigit() else names.user(found.uid),
        "w": lambda: _moment(sheet, found.birth) if births else "-",
        "W": lambda: found.birth if births else 0,
        "x": lambda: _moment(sheet, found.atime),
        "X": lambda: found.atime,
        "y": lambda: _moment(sheet, found.mtime),
        "Y": lambda: found.mtime,
        "z": lambda: _moment(sheet, found.ctime),
        "Z": lambda: found.ctime,
    }


def _moment(sheet: _Sheet, when: float) -> str:
    return filled("%Y-%m-%d %H:%M:%S.%N %z", sheet.call.machine.clock.at(when), nanoseconds_of(when))


def _disk(sheet: _Sheet, parsed: Parsed) -> str:
    machine = sheet.call.machine
    point = mount_of(machine.system, machine.files.resolve(sheet.call.path(sheet.name)))
    disk = next(row for row in fill(machine) if row.mount == point)
    label, magic = _MAGIC.get(disk.kind, (disk.kind, "0"))
    major, minor = sheet.device
    fields: dict[str, Callable[[], object]] = {
        "n": lambda: sheet.name,
        "i": lambda: f"{major * 256 + minor:x}00000000",
        "l": lambda: 255,
        "T": lambda: label,
        "t": lambda: magic,
        "s": lambda: 4096,
        "S": lambda: 4096,
        "b": lambda: disk.total // 4,
        "f": lambda: (disk.total - disk.used) // 4,
        "a": lambda: disk.available // 4,
        "c": lambda: disk.inodes,
        "d": lambda: disk.inodes - disk.inodes_used,
    }
    if "printf" in parsed:
        return _fill(_unescaped(parsed.value("printf") or ""), fields)
    if "format" in parsed:
        return _fill(parsed.value("format") or "", fields) + "\n"
    if "terse" in parsed:
        return _fill("%n %i %l %t %s %S %b %f %a %c %d\n", fields)
    return _fill(_DISK_FORM, fields)
