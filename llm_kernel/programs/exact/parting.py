"""``split``: a file cut into pieces of so many lines, bytes or parts."""

from __future__ import annotations

import hashlib
import posixpath
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import replace

from llm_kernel.machine.heads import LENGTH, PART
from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.report import coreutils
from llm_kernel.programs.sizes import NoCount, read_count
from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["split"]

_SPREAD = (9, 2)
"""The release since which what is left over is spread over the parts."""

_SPLIT = Options(
    "a,suffix-length= additional-suffix= b,bytes= C,line-bytes= d numeric-suffixes? x hex-suffixes? e,elide-empty-files"
    " filter= l,lines= n,number= t,separator= u,unbuffered verbose",
    usage="[OPTION]... [FILE [PREFIX]]",
    about="Output pieces of FILE to PREFIXaa, PREFIXab, ...;\ndefault size is 1000 lines, and default PREFIX is 'x'.",
    authors="Torbjorn Granlund and Richard M. Stallman",
)
_UNITS = {"": 1, "b": 512, **{unit: 1 << 10 * (at + 1) for at, unit in enumerate("KMGTPE")}, "k": 1024, "m": 1 << 20}
_MOST = 5000
"""Pieces that one call may make."""

_LONGEST = 100
"""The longest suffix that is told from one too long for a file's name."""


class _Wrong(Exception):  # noqa: N818 - what split says, no fault of ours
    pass


@live("split")
async def split(call: Call, io: Io) -> int:
    """Cut a file into pieces."""
    lines = tuple(f"-l{arg[1:]}" if re.fullmatch(r"-\d+", arg) else arg for arg in call.args)
    parsed = _SPLIT.parse(replace(call, args=lines))
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if "filter" in parsed:
        raise NotExact(call.name)
    if len(parsed.operands) > 2:
        return await tell(io, _SPLIT.refuse(call, f"extra operand {said(parsed.operands[2], call.env)}"))
    name, prefix = (*parsed.operands, "-", "x")[:2] if len(parsed.operands) != 1 else (parsed.operands[0], "x")
    try:
        _check(call, parsed)
        [(_, data)] = [pair async for pair in fed(call, io, [name])]
        if isinstance(data, OSError):
            raise _Wrong(f"{name}: {data.strerror}" if data.errno == 21 else _unread(name, data))
        whole = call.machine.files.stat(call.path(name)).size if name != "-" else len(data)
        if whole > len(data) and call.machine.files.is_sized(call.path(name)):
            lengths = list(_lengths(call, parsed, whole))
            parts = [_part(data, at, length) for at, length in enumerate(lengths)]
            await _write(call, io, parsed, prefix, parts, lengths)
            return 0
        pieces = list(_pieces(call, parsed, data))
        if (one := re.fullmatch(r"(?:[lr]/)?(\d+)/\d+", parsed.value("number") or "")) is not None:
            await io.out(pieces[int(one[1]) - 1])
            return 0
        await _write(call, io, parsed, prefix, pieces, [len(piece) for piece in pieces])
    except _Wrong as err:
        await io.err(f"{call.name}: {err}\n")
        return 1
    except OSError as err:
        await io.err(f"{call.name}: {prefix}: {err.strerror}\n")
        return 1
    return 0


def _part(begin: bytes, at: int, length: int) -> bytes:
    """How part number ``at`` of a file begins that begins with ``begin`` and holds no more; no two begin alike."""
    if at == 0 and (length <= len(begin) or len(begin) <= PART):
        return begin[:length]
    own = hashlib.shake_256(begin + at.to_bytes(2, "big")).digest(min(LENGTH, length))
    return begin[:-PART] + own[:PART] if at == 0 else own if len(begin) > PART else b""


def _unread(name: str, error: OSError) -> str:
    return f"cannot open '{name}' for reading: {error.strerror}"


async def _write(
    call: Call, io: Io, parsed: Parsed, prefix: str, pieces: Sequence[bytes], lengths: Sequence[int]
) -> None:
    """Write the pieces, each as long as ``lengths`` says: of a file without bytes, longer than it has bytes."""
    both = zip(pieces, lengths, strict=True)
    kept = [(piece, length) for piece, length in both if length or "elide-empty-files" not in parsed]
    for at, (piece, length) in enumerate(kept):
        name = f"{prefix}{_suffix(parsed, at, len(kept))}{parsed.value('additional-suffix') or ''}"
        path = call.path(name)
        if not call.machine.files.is_dir(posixpath.dirname(path)):
            raise _Wrong(f"{name}: No such file or directory")
        if "verbose" in parsed:
            await io.out(f"creating file {said(name, call.env) if ' ' in name else chr(39) + name + chr(39)}\n")
        with call.acting():
            if length > len(piece):
                call.machine.files.sized(path, length, piece)
            else:
                call.machine.files.write(path, piece)


def _suffix(parsed: Parsed, at: int, count: int) -> str:
    letters = string.ascii_lowercase
    start = 0
    for option, digits in (("d", "0123456789"), ("numeric-suffixes", "0123456789"), ("x", "0123456789abcdef")):
        if option in parsed:
            letters, start = digits, int(parsed.value(option) or 0)
    if "hex-suffixes" in parsed:
        letters, start = "0123456789abcdef", int(parsed.value("hex-suffixes") or "0", 16)
    base, given = len(letters), int(parsed.value("suffix-length") or 0)
    fixed = given > 0 or parsed.value("number") is not None
    length = given or 2
    if parsed.value("number") is not None and not given:
        while base**length < count + start:
            length += 1
    at += start
    if not fixed:
        extra = 0
        while at >= (room := base ** (length + extra) - base ** (length + extra - 1)):
            at, extra = at - room, extra + 1  # names grow: after yz comes zaaa
        return letters[-1] * extra + _digits(at, letters, length + extra)
    if at >= base**length:
        raise _Wrong("output file suffixes exhausted")
    return _digits(at, letters, length)


def _digits(number: int, letters: str, length: int) -> str:
    text = ""
    for _ in range(length):
        number, digit = divmod(number, len(letters))
        text = letters[digit] + text
    return text


def _check(call: Call, parsed: Parsed) -> None:
    hint = f"\nTry '{call.name} --help' for more information."
    if (text := parsed.value("lines")) is not None:
        _count(call, "number of lines", text, 1)
    for name in ("bytes", "line-bytes"):
        text = parsed.value(name)
        if text is not None and not _amount(text):
            _count(call, "number of bytes", text, 1)
            raise _Wrong(f"invalid number of bytes: {said(text, call.env)}")
    if (text := parsed.value("suffix-length")) is not None and _count(call, "suffix length", text) > _LONGEST:
        raise _Wrong("output file suffixes exhausted")
    if (text := parsed.value("additional-suffix")) is not None and "/" in text:
        raise _Wrong(f"invalid suffix {said(text, call.env)}, contains directory separator{hint}")
    for name, digits, kind in (
        ("numeric-suffixes", "[0-9]+", "numerical"),
        ("hex-suffixes", "[0-9a-f]+", "hexadecimal"),
    ):
        text = parsed.value(name)
        if text is not None and not re.fullmatch(digits, text):
            raise _Wrong(f"{said(text, call.env)}: invalid start value for {kind} suffix{hint}")
    if (text := parsed.value("separator")) is not None and len(text) != 1 and text != "\\0":
        raise _Wrong(f"multi-character separator {said(text, call.env)}" if text else "empty record separator")
    if (text := parsed.value("number")) is not None:
        _check_chunks(call, parsed, text)
    if sum(name in ("lines", "bytes", "line-bytes", "number") for name, _ in parsed.options) > 1:
        raise _Wrong(f"cannot split in more than one way{hint}")


def _check_chunks(call: Call, parsed: Parsed, text: str) -> None:
    chunk, slash, whole = re.sub(r"^[lr]/", "", text).rpartition("/")
    count = _count(call, "number of chunks", whole, 1)
    if slash:
        _count(call, "chunk number", chunk, 1, count)
    if count > _MOST:
        raise _Wrong("output file suffixes exhausted")
    letters = 16 if {"x", "hex-suffixes"} & {name for name, _ in parsed.options} else 10 if "d" in parsed else 26
    least = next(length for length in range(1, _LONGEST) if letters**length >= count)
    if not slash and 0 < int(parsed.value("suffix-length") or 0) < least:
        raise _Wrong(f"the suffix length needs to be at least {least}")


def _count(call: Call, what: str, text: str, *limits: int) -> int:
    try:
        return read_count(text, *limits)
    except NoCount as err:
        raise _Wrong(f"invalid {what}: {said(text, call.env)}{err}") from None


def _amount(text: str) -> int:
    found = re.fullmatch(r"(\d{1,15})(\D*)", text)
    if found is None:
        return 0
    unit = found[2]
    if unit.endswith("B") and unit[:-1] in _UNITS and len(unit) == 2:
        return int(found[1]) * int(1000 ** ("KMGTPE".find(unit[0].upper()) + 1))
    return int(found[1]) * _UNITS.get(unit.removesuffix("iB"), 0)


def _pieces(call: Call, parsed: Parsed, data: bytes) -> Iterator[bytes]:
    end = (parsed.value("separator") or "\n").replace("\\0", "\0").encode()
    rows = [row + end for row in data.split(end)]
    rows[-1] = rows[-1][: -len(end)]
    rows = rows if rows[-1] else rows[:-1]
    number, size = parsed.value("number"), parsed.value("bytes")
    if number is not None:
        yield from _parts(call, number, data, rows)
    elif size is not None:
        step = _amount(size)
        if len(data) > step * _MOST:
            raise _Wrong("output file suffixes exhausted")
        yield from (data[at : at + step] for at in range(0, len(data), step))
    elif (most := parsed.value("line-bytes")) is not None:
        yield from _packed(rows, _amount(most))
    else:
        step = _amount(parsed.value("lines") or "1000")
        if len(rows) > step * _MOST:
            raise _Wrong("output file suffixes exhausted")
        yield from (b"".join(rows[at : at + step]) for at in range(0, len(rows), step))


def _lengths(call: Call, parsed: Parsed, size: int) -> Iterator[int]:
    """How long the pieces of a file without bytes are; it has no lines."""
    number, step = parsed.value("number") or "", _amount(parsed.value("bytes") or "")
    if number.isdigit():
        yield from _even(call, size, int(number))
    elif step:
        if size > step * _MOST:
            raise _Wrong("output file suffixes exhausted")
        yield from (min(step, size - at) for at in range(0, size, step))
    else:
        raise NotExact(call.name)


def _packed(rows: Sequence[bytes], most: int) -> Iterator[bytes]:
    kept = b""
    for row in rows:
        if kept and len(kept) + len(row) > most:
            yield kept
            kept = b""
        kept += row
        while len(kept) > most:
            yield kept[:most]
            kept = kept[most:]
    if kept:
        yield kept


def _even(call: Call, size: int, count: int) -> list[int]:
    """How long each of so many parts is; of what is left over each of the first has one, and once the last had all."""
    each, left = divmod(size, count)
    if coreutils(call) < _SPREAD:
        return [each] * (count - 1) + [each + left] if each else [int(at < size) for at in range(count)]
    return [each + (at < left) for at in range(count)]


def _parts(call: Call, number: str, data: bytes, rows: Sequence[bytes]) -> Iterator[bytes]:
    """``-n``: so many parts by bytes, by whole lines, or by turns."""
    count = int(number.rpartition("/")[2])
    size = max(len(data) // count, 1) if data else 0
    if number.startswith("r/"):
        yield from (b"".join(rows[at::count]) for at in range(count))
    elif number.startswith("l/"):
        cut, parts = 0, [b""] * count
        for row in rows:
            parts[min(cut // size, count - 1)] += row  # a line is whole where it begins
            cut += len(row)
        yield from parts
    else:
        begin = 0
        for length in _even(call, len(data), count):
            yield data[begin : begin + length]
            begin += length
