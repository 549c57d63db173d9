"""What ``file``, ``readelf -h`` and ``objdump -f`` say of executables, ``strip``, and ``nm`` of what has no symbols."""

from __future__ import annotations

import hashlib

from llm_kernel.machine.profiles import Profile
from llm_kernel.programs.compiled import bare, units
from llm_kernel.programs.elf import LOADER, Elf, Kind, began
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["described", "nm", "objdump", "readelf", "strip", "system_file"]

_POSITION_SAID = "8.32"
"""The core utilities of the first releases whose ``file`` tells a program that lies anywhere from a library."""
_SIZE = 100_000


def system_file(made: Profile, path: str, *, program: bool) -> Elf:
    """What a program or library of the system, which has no bytes here, would say of itself."""
    old = made.coreutils == "8.22"
    kind = Kind.FIXED if program and old else Kind.SHARED
    build = hashlib.sha1(f"{made.codename}{path}".encode(), usedforsecurity=False).digest()
    data = began(kind, 4 if old else 9, size=_SIZE, loaded=program, symbols=False, needed=(), build=build)
    found = Elf.read(data)
    assert found is not None
    return found


def described(made: Profile, elf: Elf) -> tuple[str, str]:
    """What that system's ``file`` says in words, and as a MIME type."""
    tail = "not stripped" if elf.symbols else "stripped"
    form = "ELF 64-bit LSB {}, x86-64, version 1 (SYSV), {}"
    if elf.kind is Kind.OBJECT:
        return form.format("relocatable", tail), "application/x-object"
    anywhere = elf.loaded and elf.kind is Kind.SHARED and made.since("coreutils", _POSITION_SAID)
    kind = "executable" if elf.kind is Kind.FIXED else "pie executable" if anywhere else "shared object"
    mime = {"shared object": "sharedlib"}.get(kind, kind.replace(" ", "-"))
    linked, build = "dynamically linked", f"BuildID[sha1]={elf.build}"
    if made.coreutils == "8.22":
        words = [f"{linked} (uses shared libs)", *["for GNU/Linux 2.6.32"] * elf.loaded, build]
    elif made.coreutils == "8.28":  # its buffer for the loader's name is short
        words = [linked, *[f"interpreter {LOADER[:8]}", "for GNU/Linux 3.2.0"] * elf.loaded, build]
    else:
        words = [linked, *[f"interpreter {LOADER}"] * elf.loaded, build, *["for GNU/Linux 3.2.0"] * elf.loaded]
    return form.format(kind, ", ".join([*words, tail])), f"application/x-{mime}"


@exact("readelf", needs="package:binutils")
def readelf(call: Call) -> Answer:
    """Show the head of binaries that compilers of this machine left."""
    if call.args[:1] not in (("-h",), ("--file-header",)) or len(call.args) < 2:
        raise NotExact(call.name)
    report, several = Report(call), len(call.args) > 2
    for name in call.args[1:]:
        if several:
            report.say(f"\nFile: {name}")
        if not call.machine.files.exists(call.path(name)):
            report.fail(f"Error: '{name}': No such file")
        elif elf := _read(call, name):
            report.out.append(_header(call, elf))
        else:
            report.fail("Error: Not an ELF file - it has the wrong magic bytes at the start")
    return report.answer()


def _header(call: Call, elf: Elf) -> str:
    new = call.machine.system.profile.since("libc", "2.35")
    kind = {Kind.OBJECT: "REL (Relocatable file)", Kind.FIXED: "EXEC (Executable file)"}.get(elf.kind)
    kind = kind or f"DYN ({'Position-Independent Executable' if elf.loaded and new else 'Shared object'} file)"
    rows = {
        "Class": "ELF64",
        "Data": "2's complement, little endian",
        "Version": "1 (current)",
        "OS/ABI": "UNIX - System V",
        "ABI Version": "0",
        "Type": kind,
        "Machine": "Advanced Micro Devices X86-64",
        "Version ": "0x1",
        "Entry point address": f"{elf.entry:#x}",
        "Start of program headers": f"{64 if elf.segments else 0} (bytes into file)",
        "Start of section headers": f"{elf.sections_at} (bytes into file)",
        "Flags": "0x0",
        "Size of this header": "64 (bytes)",
        "Size of program headers": f"{56 if elf.segments else 0} (bytes)",
        "Number of program headers": f"{elf.segments}",
        "Size of section headers": "64 (bytes)",
        "Number of section headers": f"{elf.sections}",
        "Section header string table index": f"{elf.sections - 1}",
    }
    magic = "  Magic:   7f 45 4c 46 02 01 01 00 00 00 00 00 00 00 00 00 \n"
    return f"ELF Header:\n{magic}" + "".join(f"  {name.strip() + ':':<35}{value}\n" for name, value in rows.items())


@exact("objdump", needs="package:binutils")
def objdump(call: Call) -> Answer:
    """Show what binaries are, and where they start."""
    if call.args[:1] not in (("-f",), ("--file-headers",)) or len(call.args) < 2:
        raise NotExact(call.name)
    report = Report(call)
    for name in call.args[1:]:
        if not call.machine.files.exists(call.path(name)):
            report.fail(f"'{name}': No such file")
        elif elf := _read(call, name):
            bits, flags = {
                Kind.OBJECT: (0x11, "HAS_RELOC, HAS_SYMS"),
                Kind.FIXED: (0x112, "EXEC_P, HAS_SYMS, D_PAGED"),
                Kind.SHARED: (0x150, "HAS_SYMS, DYNAMIC, D_PAGED"),
            }[elf.kind]
            report.say(f"\n{name}:     file format elf64-x86-64")
            report.say(f"architecture: i386:x86-64, flags 0x{bits:08x}:\n{flags}\nstart address 0x{elf.entry:016x}\n")
        else:
            report.fail(f"{name}: {_unread(call)}")
    return report.answer()


@exact("nm", "size", needs="package:binutils")
def nm(call: Call) -> Answer:
    """Say of what there is nothing to show; where each symbol lies is known to nobody."""
    report, names = Report(call), [word for word in call.args if not word.startswith("-")] or ["a.out"]
    for name in names:
        if not call.machine.files.exists(call.path(name)):
            report.fail(f"'{name}': No such file")
        elif (elf := _read(call, name)) is None:
            report.fail(f"{name}: {_unread(call)}")
        elif elf.symbols or call.args != tuple(names) or call.name.endswith("size"):
            raise NotExact(call.name)
        else:
            report.warn(f"{name}: no symbols")
    return report.answer()


@exact("strip", needs="package:binutils")
def strip(call: Call) -> Answer:
    """Take the symbols out of binaries that compilers of this machine left."""
    report, words, output = Report(call), list(call.args) or ["a.out"], ""
    if "-o" in words[:-1]:
        at = words.index("-o")
        output = words[at + 1]
        del words[at : at + 2]
    names = [word for word in words if word not in ("-s", "--strip-all")]
    if any(name.startswith("-") for name in names) or (output and len(names) != 1):
        raise NotExact(call.name)
    for name in names:
        if not call.machine.files.exists(call.path(name)):
            report.fail(f"'{name}': No such file")
        elif elf := _read(call, name):
            _bare(call, name, output or name, elf)
        else:
            report.fail(f"{name}: {_unread(call)}")
    return report.answer()


def _bare(call: Call, name: str, output: str, elf: Elf) -> None:
    files = call.machine.files
    data, mode = files.read(call.path(name)), files.stat(call.path(name)).mode
    try:
        with call.acting():
            files.write(call.path(output), bare(data) if elf.symbols else data)
            files.chmod(call.path(output), mode)
    except OSError:
        raise NotExact(call.name) from None


def _read(call: Call, name: str) -> Elf | None:
    """The head of a binary of ours, None where the file is surely none.

    Raises:
        NotExact: for one that somebody else made, and for what cannot be read.
    """
    files, path = call.machine.files, call.path(name)
    try:
        with call.acting():
            data = b"" if files.is_sized(path) else files.read(path)
    except OSError:
        raise NotExact(call.name) from None
    if files.is_sized(path) or (data.startswith(b"\x7fELF") and not units(data)):
        raise NotExact(call.name)
    return Elf.read(data)


def _unread(call: Call) -> str:
    """What binutils says of a file of another kind; their older releases begin it as a sentence."""
    word = "file" if call.machine.system.profile.since("libc", "2.31") else "File"
    return f"{word} format not recognized"
