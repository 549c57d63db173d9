"""Executables and object files of x86-64: what a compiler puts at their beginning, and what can be read from it.

System V ABI with its AMD64 supplement, and the ELF-64 object file format: the header, then the names that such a file
holds somewhere (its loader, the libraries it needs, its sections) and the note with its build's id. That a file has its
symbols is told by the name of the section that holds them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

__all__ = ["LOADER", "Elf", "Kind", "began", "stripped"]

LOADER = "/lib64/ld-linux-x86-64.so.2"
_IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
_FORM = struct.Struct("<HHIQQQIHHHHHH")
_X86_64 = 62
_NOTE = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0"
_SYMBOLS = b".symtab\0.strtab\0"
_NAMES = b".shstrtab\0.text\0"
_STARTED = ("__libc_start_main", "GLIBC_2.2.5")
_NEEDED = re.compile(rb"\0(lib[\w+.-]+\.so[.\d]*)(?=\0)")


class Kind(IntEnum):
    """What kind of file it is; a program that can lie anywhere in memory is a shared object with a loader."""

    OBJECT = 1
    FIXED = 2
    SHARED = 3


@dataclass(frozen=True, slots=True)
class Elf:
    """What a file says of itself; ``segments`` and ``sections`` are numbers of headers, ``build`` its build's id."""

    kind: Kind
    entry: int
    segments: int
    sections: int
    sections_at: int
    loaded: bool
    symbols: bool
    needed: tuple[str, ...]
    build: str

    @classmethod
    def read(cls, data: bytes) -> Elf | None:
        """None where ``data`` is no such file, or only the first bytes of one."""
        if not data.startswith(_IDENT) or _NAMES not in data:
            return None
        kind, _, _, entry, _, sections_at, _, _, _, segments, _, sections, _ = _FORM.unpack_from(data, len(_IDENT))
        names = data[: data.index(_NAMES)]
        note = names.find(_NOTE)
        return cls(
            Kind(kind),
            entry,
            segments,
            sections,
            sections_at,
            loaded=LOADER.encode() in names,
            symbols=names.endswith(_SYMBOLS),
            needed=tuple(found.decode() for found in _NEEDED.findall(names)),
            build=names[note + len(_NOTE) :][:20].hex() if note >= 0 else "",
        )


def began(
    kind: Kind, compiler: int, *, size: int, loaded: bool, needed: Sequence[str], build: bytes, symbols: bool = True
) -> bytes:
    """How a file of ``size`` bytes begins that a compiler of the release ``compiler`` makes."""
    if kind is Kind.OBJECT:
        entry, segments, sections = 0, 0, 14
    elif kind is Kind.FIXED:
        entry, segments, sections = 0x400440, 9, 30
    else:
        entry, segments, sections = (0x540, 9, 29) if compiler < 9 else (0x1060, 13, 31)
    if not loaded and segments:
        segments, sections = segments - 2, sections - 2
    sections -= 2 * (not symbols)
    names = "".join(f"\0{name}" for name in [*needed, *_STARTED[: 2 * loaded]]).encode()
    return b"".join([
        _headed(kind, entry, segments, sections, size),
        b"" if kind is Kind.OBJECT else _NOTE + build[:20].ljust(20, b"\0"),
        LOADER.encode() if loaded else b"",
        names + b"\0" + _SYMBOLS * symbols + _NAMES,
    ])  # fmt: skip


def stripped(data: bytes, size: int) -> bytes:
    """The beginning of ``data``, which will have ``size`` bytes, without its symbols."""
    found = Elf.read(data)
    assert found is not None
    head = _headed(found.kind, found.entry, found.segments, found.sections - 2, size)
    names, _, rest = data.partition(_SYMBOLS + _NAMES)
    return head + names[len(head) :] + _NAMES + rest


def _headed(kind: Kind, entry: int, segments: int, sections: int, size: int) -> bytes:
    at = (64, 56) if segments else (0, 0)
    return _IDENT + _FORM.pack(kind, _X86_64, 1, entry, at[0], size - 64 * sections, 0, 64, at[1], segments, 64,
        sections, sections - 1)  # fmt: skip
