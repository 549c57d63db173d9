"""``gzip``, ``bzip2``, ``xz`` and what belongs to them: files packed, unpacked, listed and shown."""

from __future__ import annotations

import bz2
import gzip as gzip_format
import lzma
import posixpath
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from llm_kernel.machine.files import LIMIT
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["pack"]

_OPTIONS = Options(
    "a,ascii c,stdout to-stdout d,decompress uncompress z,compress f,force k,keep l,list n,no-name N,name q,quiet "
    "r,recursive S,suffix= t,test v,verbose 1,fast 2 3 4 5 6 7 8 9,best e,extreme T,threads= rsyncable s,small "
    "L,license F,format= C,check= h",
    usage="[OPTION]... [FILE]...",
    about="Compress or uncompress FILEs (by default, compress FILES in-place).",
    package="gzip 1.12",
)
_SHARE = 0.47
"""How small a file without bytes gets."""
_NOTED = 8
"""Behind the packed beginning of a file without bytes, how many bytes say how long all of it was."""
_FRAME = 18
"""The bytes that stand around what gzip packed; its ratio leaves them out."""
_CORRUPT = (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a file holds and how long it is: longer than ``data``, it has no more bytes than those."""

    data: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    ending: str
    magic: bytes
    pack: Callable[[bytes], bytes]
    unpack: Callable[[bytes], bytes]


def _gunzip(data: bytes) -> bytes:
    return _bounded(zlib.decompressobj(31), data)


def _bounded(unpacker: object, data: bytes) -> bytes:
    """What ``data`` holds, and no more than a file can: a bomb ends in an error."""
    found = b""
    while data:
        piece = unpacker.decompress(data, LIMIT + 1 - len(found))  # type: ignore[attr-defined]
        found += piece
        if len(found) > LIMIT:
            raise OSError(27, "File too large")
        if not getattr(unpacker, "eof", False):
            raise EOFError
        data = unpacker.unused_data  # type: ignore[attr-defined]
        unpacker = zlib.decompressobj(31) if data[:2] == b"\x1f\x8b" else unpacker
        if getattr(unpacker, "eof", False):
            break
    return found


_KINDS = {
    "gzip": _Kind("gzip", ".gz", b"\x1f\x8b", lambda data: gzip_format.compress(data, mtime=0), _gunzip),
    "bzip2": _Kind("bzip2", ".bz2", b"BZh", bz2.compress, lambda data: _bounded(bz2.BZ2Decompressor(), data)),
    "xz": _Kind(
        "xz",
        ".xz",
        b"\xfd7zXZ\0",
        lambda data: lzma.compress(data, preset=1),
        lambda data: _bounded(lzma.LZMADecompressor(memlimit=1 << 28), data),
    ),
}
_NAMES = {
    "gzip": ("gzip", ""),
    "gunzip": ("gzip", "d"),
    "zcat": ("gzip", "dc"),
    "bzip2": ("bzip2", ""),
    "bunzip2": ("bzip2", "d"),
    "bzcat": ("bzip2", "dc"),
    "xz": ("xz", ""),
    "unxz": ("xz", "d"),
    "xzcat": ("xz", "dc"),
}
_TARRED = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


@live(*_NAMES)
async def pack(call: Call, io: Io) -> int:
    """Pack or unpack files in place, or standard input to standard output."""
    parsed = _OPTIONS.parse(call)
    if isinstance(parsed, Answer):
        answer = parsed
    else:
        stdin = await io.read() if not parsed.operands or "-" in parsed.operands else b""
        with call.acting():
            answer = _Packing(replace(call, stdin=stdin), parsed).run()
    if answer.stdout:
        await io.out(answer.stdout)
    if answer.stderr:
        await io.err(answer.stderr)
    return answer.status


class _Packing:
    def __init__(self, call: Call, parsed: Parsed) -> None:
        name, mode = _NAMES[call.name.rpartition("/")[2]]
        self.kind, self.parsed, self.call = _KINDS[name], parsed, call
        last = parsed.last("decompress", "uncompress", "compress", "list", "test")
        self.unpacks = last in ("decompress", "uncompress") or (last != "compress" and "d" in mode)
        self.shows = "c" in mode or "stdout" in parsed or "to-stdout" in parsed
        self.tests, self.lists = "test" in parsed, "list" in parsed
        self.report, self.shown = Report(call), b""

    def run(self) -> Answer:
        """Work through the operands."""
        rows: list[tuple[int, int, str]] = []
        for name in self.parsed.operands or ("-",):
            if name == "-":
                self._stream()
            elif self.lists:
                rows += self._row(name)
            else:
                self._file(name)
        if rows:
            self.report.out.append(_listing(self.kind.name, rows))
        said = self.report.answer()
        return Answer(self.shown or said.stdout, said.stderr, said.status)

    def _stream(self) -> None:
        if not (self.unpacks or self.tests):
            self.shown += self.kind.pack(self.call.stdin)
        elif self.call.stdin or self.kind.name == "gzip":
            data = self._unpacked("stdin" if self.kind.name == "gzip" else "(stdin)", self.call.stdin)
            self.shown += b"" if data is None or self.tests else data

    def _file(self, name: str) -> None:
        files, unpacks = self.call.machine.files, self.unpacks or self.tests
        name = self._found(name) if unpacks else name
        path = self.call.path(name)
        try:
            stat = files.lstat(path)
            if stat.kind == "directory":
                if "recursive" in self.parsed:
                    for inner in files.listdir(path):
                        self._file(f"{name.rstrip('/')}/{inner}")
                    return
                self._complain(f"{name} is a directory -- ignored", f"{name}: Is a directory, skipping", 2)
                return
            data = files.head(path)
        except OSError as err:
            self._wrong(name, err.strerror or "")
            return
        if not unpacks:
            self._pack(name, path, data)
            return
        ending = next((end for end in (self.kind.ending, *_TARRED) if name.endswith(end)), "")
        if not ending and not self.shows and not self.tests:
            text = f"{name}: unknown suffix -- ignored"
            self._complain(text, f"{name}: Filename has an unknown suffix, skipping", 2)
            return
        held = self._held(name, path, data)
        if held is None or self.tests:
            if self.tests and held is not None and "verbose" in self.parsed:
                self.report.err.append(f"{name}:\t OK\n")
            return
        if self.shows:
            self.shown += held.data
            return
        target = name.removesuffix(ending) + _TARRED.get(ending, "")
        if not self._free(target):
            return
        self._replace(path, self.call.path(target), held, name, target, files.stat(path).size)

    def _pack(self, name: str, path: str, data: bytes) -> None:
        files = self.call.machine.files
        if self.shows:
            self.shown += self.kind.pack(data)
            return
        if name.endswith(self.kind.ending):
            text = f"{name} already has {self.kind.ending} suffix -- unchanged"
            self._complain(text, f"{name}: File already has '{self.kind.ending}' suffix, skipping", 2)
            return
        target = name + self.kind.ending
        if not self._free(target):
            return
        stat, packed = files.stat(path), self.kind.pack(data)
        held = _Held(packed, len(packed))
        if stat.sized:
            held = _Held(packed + stat.size.to_bytes(_NOTED, "big"), max(int(stat.size * _SHARE), 1))
        self._replace(path, self.call.path(target), held, name, target, stat.size)

    def _replace(self, path: str, target: str, held: _Held, name: str, shown: str, before: int) -> None:
        files = self.call.machine.files
        try:
            if held.size > len(held.data):
                files.sized(target, held.size, held.data)
            else:
                files.write(target, held.data)
        except OSError as err:
            self.report.fail(f"{shown}: {err.strerror}")
            return
        if "verbose" in self.parsed:
            plain, packed = (held.size, before) if self.unpacks else (before, held.size)
            saved = 100 * (plain - packed + _FRAME) / max(plain, 1)
            done = "created" if "keep" in self.parsed else "replaced with"
            self.report.err.append(f"{name}:\t{saved:5.1f}% -- {done} {shown}\n")
        self._finish(path, target)

    def _finish(self, path: str, target: str) -> None:
        files = self.call.machine.files
        stat = files.stat(path)
        files.chmod(target, stat.mode)
        files.chown(target, stat.uid, stat.gid)
        files.set_times(target, mtime=stat.mtime, atime=stat.atime)
        if "keep" not in self.parsed:
            files.remove(path)

    def _found(self, name: str) -> str:
        files = self.call.machine.files
        longer = name + self.kind.ending
        if self.kind.name == "gzip" and not files.exists(self.call.path(name)) and files.exists(self.call.path(longer)):
            return longer
        return name

    def _free(self, target: str) -> bool:
        if "force" in self.parsed or not self.call.machine.files.exists(self.call.path(target)):
            return True
        if self.kind.name == "gzip":
            self.report.err.append(f"{self.call.name}: {target} already exists;\tnot overwritten\n")
            self.report.status = 2
        elif self.kind.name == "bzip2":
            self.report.fail(f"Output file {target} already exists.")
        else:
            self.report.fail(f"{target}: File exists")
        return False

    def _wrong(self, name: str, why: str) -> None:
        if self.kind.name == "bzip2":
            self.report.fail(f"Can't open input file {name}: {why}.")
        elif self.kind.name == "gzip" and why == "No such file or directory" and self.unpacks:
            self.report.err.append(f"gzip: {name if name.endswith('.gz') else name + '.gz'}: {why}\n")
            self.report.status = max(self.report.status, 1)
        else:
            self.report.fail(f"{name}: {why}")

    def _complain(self, gzip: str, other: str, status: int) -> None:
        name = "gzip" if self.kind.name == "gzip" else self.call.name
        self.report.err.append(f"{name}: {gzip if self.kind.name == 'gzip' else other}\n")
        self.report.status = max(self.report.status, status)

    def _held(self, name: str, path: str, data: bytes) -> _Held | None:
        """What is packed in the file at ``path``, which begins with ``data``; None where it is wrong."""
        stat = self.call.machine.files.stat(path)
        if not stat.sized or not data.startswith(self.kind.magic):
            found = self._unpacked(name, data)
            return None if found is None else _Held(found, len(found))
        try:
            return _Held(self.kind.unpack(data[:-_NOTED]), int.from_bytes(data[-_NOTED:], "big"))
        except _CORRUPT:  # it always was without bytes
            return _Held(b"", int(stat.size / _SHARE))

    def _unpacked(self, name: str, data: bytes) -> bytes | None:
        base = self.call.name.rpartition("/")[2]
        shown = "gzip" if base in ("zcat", "gunzip") else base
        if not data.startswith(self.kind.magic):
            if self.kind.name == "gzip" and not data:
                self.report.err.append(f"\n{shown}: {name}: unexpected end of file\n")
            elif self.kind.name == "gzip":
                self.report.err.append(f"\n{shown}: {name}: not in gzip format\n")
            elif self.kind.name == "bzip2":
                self.report.err.append(f"{self.call.name}: {name} is not a bzip2 file.\n")
            else:
                self.report.err.append(f"{self.call.name}: {name}: File format not recognized\n")
            self.report.status = 2 if self.kind.name == "bzip2" else 1
            return None
        try:
            return self.kind.unpack(data)
        except _CORRUPT as err:
            ended = isinstance(err, EOFError)
            words = "unexpected end of file" if ended else "invalid compressed data--format violated"
            if self.kind.name == "xz":
                words = "Unexpected end of input" if ended else "Compressed data is corrupt"
            lead = "\n" if self.kind.name == "gzip" else ""
            self.report.err.append(f"{lead}{shown}: {name}: {words}\n")
            self.report.status = 1
            return None

    def _row(self, name: str) -> list[tuple[int, int, str]]:
        name = self._found(name)
        try:
            path = self.call.path(name)
            held = self._held(name, path, self.call.machine.files.head(path))
        except OSError as err:
            self._wrong(name, err.strerror or "")
            return []
        return [] if held is None else [(self.call.machine.files.stat(path).size, held.size, name)]


def _listing(kind: str, rows: list[tuple[int, int, str]]) -> str:
    if kind == "xz":
        head = "Strms  Blocks   Compressed Uncompressed  Ratio  Check   Filename\n"
        lines = [
            f"    1{int(plain > 0):8d} {f'{packed} B':>12} {f'{plain} B':>12}  {packed / max(plain, 1):5.3f}  "
            f"CRC64   {name}\n"
            for packed, plain, name in rows
        ]
        return head + "".join(lines)
    lines = ["         compressed        uncompressed  ratio uncompressed_name\n"]
    for packed, plain, name in rows:
        ratio = 100 * (plain - packed + _FRAME) / plain if plain else 0.0
        lines.append(f"{packed:19d} {plain:19d} {ratio:5.1f}% {posixpath.splitext(name)[0]}\n")
    return "".join(lines)
