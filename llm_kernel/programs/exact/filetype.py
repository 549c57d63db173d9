"""``file``: what a file is, from its first bytes, or from its name where it has a size and no bytes."""

from __future__ import annotations

import csv
import json
import posixpath
import re
import struct
from dataclasses import dataclass

from llm_kernel.machine.stat import Stat
from llm_kernel.programs.elf import Elf
from llm_kernel.programs.exact.binaries import described, system_file
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.report import Report, coreutils
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["file"]

_OPTIONS = Options(
    "b,brief i,mime mime-type mime-encoding L,dereference h,no-dereference f,files-from= F,separator= N,no-pad "
    "z,uncompress 0,print0 s,special-files k,keep-going r,raw e,exclude= m,magic-file= P,parameter= E p,preserve-date",
    usage="[OPTION...] [FILE...]",
    about="Determine type of FILEs.",
)
_ZIP = "Zip archive data, at least v2.0 to extract, compression method=deflate"
_STORED = "Zip archive data, at least v0.0 to extract, compression method=store"


@dataclass(frozen=True, slots=True)
class _Type:
    text: str
    mime: str = "application/octet-stream"
    charset: str = "binary"


_MAGIC = (
    (b"%PDF-", _Type("PDF document", "application/pdf")),
    (b"\x1f\x8b", _Type("gzip compressed data", "application/gzip")),
    (b"BZh", _Type("bzip2 compressed data, block size = 900k", "application/x-bzip2")),
    (b"\xfd7zXZ\0", _Type("XZ compressed data, checksum CRC64", "application/x-xz")),
    (b"\x28\xb5\x2f\xfd", _Type("Zstandard compressed data (v0.8+), Dictionary ID: None", "application/zstd")),
    (b"PK\x03\x04", _Type(_ZIP, "application/zip")),
    (b"PK\x05\x06", _Type("Zip archive data (empty)", "application/zip")),
    (b"\x89PNG\r\n\x1a\n", _Type("PNG image data", "image/png")),
    (b"\xff\xd8\xff", _Type("JPEG image data", "image/jpeg")),
    (b"GIF8", _Type("GIF image data", "image/gif")),
    (b"\x89HDF\r\n\x1a\n", _Type("Hierarchical Data Format (version 5) data", "application/x-hdf5")),
    (b"SQLite format 3\0", _Type("SQLite 3.x database", "application/vnd.sqlite3")),
    (b"!<arch>\n", _Type("current ar archive", "application/x-archive")),
    (b"\x93NUMPY", _Type("NumPy data file, version 1.0")),
    (b"GGUF", _Type("data")),
    (b"RIFF", _Type("RIFF (little-endian) data")),
    (b"ID3", _Type("Audio file with ID3 version 2.3.0", "audio/mpeg")),
)
_ENDINGS = {
    ".pt": _Type(_STORED, "application/zip"),
    ".pth": _Type(_STORED, "application/zip"),
    ".ckpt": _Type(_STORED, "application/zip"),
    ".zip": _Type(_ZIP, "application/zip"),
    ".whl": _Type(_ZIP, "application/zip"),
    ".npz": _Type(_STORED, "application/zip"),
    ".npy": _Type("NumPy data file, version 1.0"),
    ".h5": _Type("Hierarchical Data Format (version 5) data", "application/x-hdf5"),
    ".hdf5": _Type("Hierarchical Data Format (version 5) data", "application/x-hdf5"),
    ".gz": _Type("gzip compressed data, from Unix", "application/gzip"),
    ".tgz": _Type("gzip compressed data, from Unix", "application/gzip"),
    ".bz2": _Type("bzip2 compressed data, block size = 900k", "application/x-bzip2"),
    ".xz": _Type("XZ compressed data, checksum CRC64", "application/x-xz"),
    ".zst": _Type("Zstandard compressed data (v0.8+), Dictionary ID: None", "application/zstd"),
    ".tar": _Type("POSIX tar archive (GNU)", "application/x-tar"),
    ".png": _Type("PNG image data", "image/png"),
    ".jpg": _Type("JPEG image data, JFIF standard 1.01", "image/jpeg"),
    ".jpeg": _Type("JPEG image data, JFIF standard 1.01", "image/jpeg"),
    ".mp4": _Type("ISO Media, MP4 Base Media v1 [ISO 14496-12:2003]", "video/mp4"),
    ".pdf": _Type("PDF document, version 1.5", "application/pdf"),
    ".deb": _Type("Debian binary package (format 2.0)", "application/vnd.debian.binary-package"),
}
_SCRIPTS = {
    "bash": ("Bourne-Again shell script", "text/x-shellscript"),
    "sh": ("POSIX shell script", "text/x-shellscript"),
    "dash": ("Dash shell script", "text/x-shellscript"),
    "zsh": ("Paul Falstad's zsh script", "text/x-shellscript"),
    "perl": ("Perl script text executable", "text/x-perl"),
    "ruby": ("Ruby script", "text/x-ruby"),
    "node": ("Node.js script executable", "application/javascript"),
}
_LONG_LINE = 300


@exact("file", needs="package:file")
def file(call: Call) -> Answer:
    """Say what kinds of files there are."""
    parsed = _OPTIONS.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if not parsed.operands:
        return Answer(stderr=f"Usage: {call.name} [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n")
    report, mark = Report(call), parsed.value("separator") or ":"
    room = max(len(name) for name in parsed.operands) + len(mark)
    for name in parsed.operands:
        text = _say(call, name, parsed)
        pad = " " if "no-pad" in parsed else " " * (room - len(name) - len(mark) + 1)
        report.say(text if "brief" in parsed else f"{name}{mark}{pad}{text}")
    return report.answer()


def _say(call: Call, name: str, parsed: Parsed) -> str:
    files, path = call.machine.files, call.path(name)
    try:
        stat = files.stat(path) if "dereference" in parsed or name.endswith("/") else files.lstat(path)
        kind = _kind(call, name, path, stat)
    except OSError as err:
        return f"cannot open `{name}' ({err.strerror})"
    if "mime" in parsed:
        return f"{kind.mime}; charset={kind.charset}"
    if "mime-type" in parsed:
        return kind.mime
    return kind.charset if "mime-encoding" in parsed else _told(call, kind)


def _told(call: Call, kind: _Type) -> str:
    """Its words; those before release 5.41 say of an archive only which release can unpack it."""
    if kind.text.startswith("Zip") and coreutils(call) < (8, 32):
        return kind.text.partition(", compression")[0].replace("v0.0", "v?[0]")
    return kind.text


def _kind(call: Call, name: str, path: str, stat: Stat) -> _Type:
    files = call.machine.files
    if stat.kind == "directory":
        special = {0o1000: "sticky, ", 0o2000: "setgid, ", 0o4000: "setuid, "}
        return _Type("".join(word for bit, word in special.items() if stat.mode & bit) + "directory", "inode/directory")
    if stat.kind == "symlink":
        broken = "" if files.exists(path) else "broken "
        return _Type(f"{broken}symbolic link to {stat.target}", "inode/symlink")
    if stat.device:
        text = f"{stat.kind} special ({stat.device[0]}/{stat.device[1]})"
        return _Type(text, "inode/chardevice" if stat.kind == "character" else "inode/blockdevice")
    if not stat.size:
        return _Type("empty", "inode/x-empty")
    if stat.sized:
        return _by_name(call, path, stat)
    return _by_bytes(call, files.read(path))


def _by_name(call: Call, path: str, stat: Stat) -> _Type:
    base = posixpath.basename(path)
    ending = ".so" if ".so." in base else posixpath.splitext(base)[1].lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    made = call.machine.system.profile
    if (program := bool(stat.mode & 0o111 and re.search(r"/s?bin/[^/]+$", path))) or ending == ".so":
        return _Type(*described(made, system_file(made, path, program=program)))
    return _Type("data")


def _by_bytes(call: Call, data: bytes) -> _Type:
    if binary := Elf.read(data):
        return _Type(*described(call.machine.system.profile, binary))
    if data.startswith(b"\x7fELF"):
        return _Type("ELF 64-bit LSB *unknown arch 0x0*")
    found = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if found is not None:
        return _detailed(found, data)
    if data[257:262] == b"ustar":
        tar = "POSIX tar archive (GNU)" if data[257:265] == b"ustar  \0" else "POSIX tar archive"
        return _Type(tar, "application/x-tar")
    if len(data) == 1:
        return _Type("very short file (no magic)")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _wide(call, data)
    charset = _charset(data)
    if charset == "binary":
        return _Type("data")
    return _text(call, data, charset)


def _wide(call: Call, data: bytes) -> _Type:
    order = "little" if data[0] == 0xFF else "big"
    text = data[2:].decode(f"utf-16-{order[0]}e", errors="replace")
    words = "Unicode text, UTF-16" if coreutils(call) >= (8, 32) else f"{order.title()}-endian UTF-16 Unicode text"
    tail = f", {order}-endian text" if coreutils(call) >= (8, 32) else ""
    return _Type(words + tail + _lines(text, True), "text/plain", f"utf-16{order[0]}e")


def _detailed(kind: _Type, data: bytes) -> _Type:
    text = kind.text
    if text.startswith("PDF") and re.match(rb"%PDF-\d\.\d", data):
        text += f", version {data[5:8].decode()}"
    elif text.startswith("PNG") and len(data) >= 26:
        width, height, depth, color = struct.unpack(">IIBB", data[16:26])
        colors = {0: "grayscale", 2: "/color RGB", 3: " colormap", 4: "gray+alpha", 6: "/color RGBA"}
        shade = colors.get(color, "")
        text += f", {width} x {height}, {depth}-bit{shade if shade[:1] in '/ ' else ' ' + shade}, non-interlaced"
    elif text.startswith("GIF") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        text += f", version {data[3:6].decode(errors='replace')}, {width} x {height}"
    elif text.startswith("gzip"):
        text += f", from Unix, original size modulo 2^32 {struct.unpack('<I', data[-4:])[0]}"
    elif text.startswith("Zip") and len(data) > 10 and data[8:10] == b"\0\0":
        text = text.replace("deflate", "store").replace("v2.0", "v1.0")
    return _Type(text, kind.mime, kind.charset)


def _charset(data: bytes) -> str:
    controls = bytes(range(32)).translate(None, b"\a\b\t\n\v\f\r\x1b") + b"\x7f"
    if data.translate(None, controls) != data:
        return "binary"
    if data.isascii():
        return "us-ascii"
    try:
        data.decode()
    except UnicodeDecodeError:
        plain = all(byte >= 0xA0 or byte < 0x80 for byte in data)
        return "iso-8859-1" if plain else "unknown-8bit"
    return "utf-8"


def _text(call: Call, data: bytes, charset: str) -> _Type:
    text = data.decode("utf-8" if charset == "utf-8" else "latin-1")
    encoding = {"us-ascii": "ASCII text", "iso-8859-1": "ISO-8859 text", "unknown-8bit": "Non-ISO extended-ASCII text"}
    new = coreutils(call) >= (8, 32)
    words = encoding.get(charset, "Unicode text, UTF-8 text" if new else "UTF-8 Unicode text")
    if charset == "utf-8" and text.startswith("\ufeff"):
        words = words.replace("UTF-8 text", "UTF-8 (with BOM) text") if new else "UTF-8 Unicode (with BOM) text"
    kind, mime = _language(text)
    tail = _lines(text, new)
    if kind == "JSON data":
        return _Type(f"JSON {'text ' if new else ''}data", mime, charset)
    if kind == "CSV text":
        return _Type(kind if charset == "us-ascii" else f"CSV {words}", mime, charset)
    if not kind:
        return _Type(words + tail, mime, charset)
    if " text executable" in kind:
        return _Type(kind, mime, charset)
    script = kind.endswith("executable")
    return _Type(f"{kind.removesuffix(' executable')}, {words}{' executable' * script}{tail}", mime, charset)


def _lines(text: str, new: bool) -> str:
    tail = ""
    longest = max(len(line) for line in text.split("\n"))
    if longest > _LONG_LINE:
        tail += f", with very long lines ({longest})" if new else ", with very long lines"
    crlf = text.count("\r\n")
    bare = text.count("\n") - crlf
    if crlf and bare:
        tail += ", with CRLF, LF line terminators"
    elif crlf:
        tail += ", with CRLF line terminators"
    elif not bare:
        tail += ", with no line terminators"
    return tail + (", with escape sequences" if "\x1b" in text else "")


def _language(text: str) -> tuple[str, str]:
    first = text.partition("\n")[0]
    if first.startswith("#!"):
        return _script(first)
    if text.lstrip()[:1] in ("{", "[") and _is_json(text):
        return "JSON data", "application/json"
    if re.match(r"\s*<\?xml", text):
        return "XML 1.0 document", "text/xml"
    if re.match(r"\s*(<!doctype html|<html|<head|<title)", text, re.I):
        return "HTML document", "text/html"
    if re.search(r"^#\s*(include\s*[<\"]|pragma\s|define\s+\w)", text, re.M):
        cpp = re.search(r"^[^\S\n]*(class|namespace|template|using namespace)\b", text, re.M)
        return ("C++ source", "text/x-c++") if cpp else ("C source", "text/x-c")
    python = r"^(from\s+[\w.]+\s+import\s|def\s+\w+\(.*\)\s*(->.*)?:|class\s+\w+.*:\s*$)"
    if re.search(python, text[:4096], re.M) or re.match(r'"""', text):
        return "Python script executable", "text/x-script.python"
    return ("CSV text", "text/csv") if _is_csv(text) else ("", "text/plain")


def _script(first: str) -> tuple[str, str]:
    words = first[2:].split()
    if not words:
        return "", "text/plain"
    program = posixpath.basename(words[1] if posixpath.basename(words[0]) == "env" and len(words) > 1 else words[0])
    if program.startswith("python"):
        return "Python script executable", "text/x-script.python"
    if program in _SCRIPTS:
        kind, mime = _SCRIPTS[program]
        return (kind if kind.endswith("executable") else f"{kind} executable"), mime
    return f"a {first[2:].strip()} script executable", "text/plain"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_csv(text: str) -> bool:
    rows = list(csv.reader(text.splitlines()[:10]))
    return len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1
