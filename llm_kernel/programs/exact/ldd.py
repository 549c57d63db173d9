"""``ldd``: which libraries a program needs, and where this machine has them."""

from __future__ import annotations

import posixpath
from random import Random
from zlib import crc32

from llm_kernel.machine import Machine, libraries
from llm_kernel.programs.elf import LOADER, Elf
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["ldd"]

_PAGE = 0x1000
_GAP = 0x6000


@exact("ldd")
def ldd(call: Call) -> Answer:
    """List the libraries of programs that compilers of this machine left, and of a few of the system's."""
    if not call.args:
        return Answer("", "ldd: missing file arguments\nTry `ldd --help' for more information.\n", 1)
    if any(word.startswith("-") for word in call.args):
        raise NotExact(call.name)
    report = Report(call)
    for name in call.args:
        if len(call.args) > 1:
            report.say(f"{name}:")
        _list(call, report, name if "/" in name else f"./{name}")
    return report.answer()


def _list(call: Call, report: Report, name: str) -> None:
    files, path = call.machine.files, call.path(name)
    if not files.exists(path):
        report.err.append(f"ldd: {name}: No such file or directory\n")
        report.status = 1
        return
    if files.is_dir(path):
        report.err.append(f"ldd: {name}: not regular file\n")
        report.status = 1
        return
    if not files.stat(path).mode & 0o111:
        report.err.append(f"ldd: warning: you do not have execution permission for `{name}'\n")
    needed = _needed(call, path)
    if needed is None:
        new = call.machine.system.profile.since("libc", "2.30")
        (report.err if new else report.out).append("\tnot a dynamic executable\n")
        report.status = 1
    elif not needed:
        report.say("\tstatically linked")
    else:
        report.out += _rows(call.machine, path, needed)


def _needed(call: Call, path: str) -> tuple[str, ...] | None:
    """What a file names; None where it is no executable.

    Raises:
        NotExact: of one that nobody knows anything about.
    """
    files = call.machine.files
    real = files.resolve(path)
    if files.is_sized(real):
        known = libraries.needed_by(call.machine.system.profile, posixpath.basename(real))
        if known is None or not call.machine.packages.provider(posixpath.basename(real)):
            raise NotExact(call.name)
        return known
    try:
        with call.acting():
            data = files.read(real)
    except OSError:
        raise NotExact(call.name) from None
    elf = Elf.read(data)
    if elf is None and data.startswith(b"\x7fELF"):
        raise NotExact(call.name)
    return elf.needed if elf else None


def _rows(machine: Machine, path: str, needed: tuple[str, ...]) -> list[str]:
    """The rows in the loader's order; where each lies in memory is another place each time."""
    made, files = machine.system.profile, machine.files
    chance = Random(crc32(f"{machine.seed} {machine.clock.now} {path}".encode()))
    at = 0x7F0000000000 + chance.randrange(1 << 28) * _PAGE
    arrow = " => " if made.libc == "2.17" else ""
    rows = [f"\tlinux-vdso.so.1{arrow} (0x{0x7FFC00000000 + chance.randrange(1 << 22) * _PAGE:016x})\n"]
    folder = libraries.folder(made).removeprefix("/usr" if made.merged else "")
    loader = at
    for name in libraries.loaded(made, needed):
        if name == posixpath.basename(LOADER):
            rows.append(f"\t{LOADER} (0x{loader:016x})\n")
        elif files.exists(place := f"{folder}/{name}"):
            at -= -(-files.stat(place).size // _PAGE) * _PAGE + _GAP
            rows.append(f"\t{name} => {place} (0x{at:016x})\n")
        else:
            rows.append(f"\t{name} => not found\n")
    return rows
