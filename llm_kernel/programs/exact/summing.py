"""Checksums: ``md5sum`` and its kin, ``cksum`` and ``sum``, written and checked."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import quoted
from llm_kernel.programs.report import Report
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["cksum", "digest", "old_sum"]

_DIGEST = Options(
    "b,binary c,check tag t,text z,zero ignore-missing quiet status strict w,warn l,length=",
    usage="[OPTION]... [FILE]...",
    about="Print or check checksums.",
    authors="Ulrich Drepper, Scott Miller, and David Madore",
)
_CKSUM = Options(
    "a,algorithm= c,check l,length= tag untagged z,zero ignore-missing quiet status strict w,warn debug base64 raw",
    usage="[OPTION]... [FILE]...",
    about="Print or verify checksums.",
    authors="Padraig Brady and Q. Frank Xia",
)
_SUM = Options("r s,sysv", usage="[OPTION]... [FILE]...", about="Print or check BSD (16-bit) checksums.")
_KINDS = {
    "md5sum": ("MD5", "md5"),
    "sha1sum": ("SHA1", "sha1"),
    "sha224sum": ("SHA224", "sha224"),
    "sha256sum": ("SHA256", "sha256"),
    "sha384sum": ("SHA384", "sha384"),
    "sha512sum": ("SHA512", "sha512"),
    "b2sum": ("BLAKE2b", "blake2b"),
}
_LINE = re.compile(r"(\\?)([0-9a-fA-F]{8,128}) [ *](.+)")
_TAGGED = re.compile(r"\S+ \((.+)\) = ([0-9a-fA-F]+)")


async def _answer(call: Call, io: Io, options: Options, work: Callable[[Call, Parsed], Answer]) -> int:
    parsed = options.parse(call)
    if isinstance(parsed, Answer):
        answer = parsed
    else:
        stdin = await io.read() if not parsed.operands or "-" in parsed.operands else b""
        answer = work(replace(call, stdin=stdin), parsed)
    if answer.stdout:
        await io.out(answer.stdout)
    if answer.stderr:
        await io.err(answer.stderr)
    return answer.status


@live(*_KINDS)
async def digest(call: Call, io: Io) -> int:
    """Print or check one kind of digest."""
    return await _answer(call, io, _DIGEST, lambda call, parsed: _digest(call, parsed, call.name.rpartition("/")[2]))


def _digest(call: Call, parsed: Parsed, kind: str) -> Answer:
    title, name = _KINDS[kind]
    report = Report(call)
    if "check" in parsed:
        for listing in parsed.operands or ("-",):
            _check(report, parsed, listing, name)
        return report.answer()
    for operand, data in _contents(report, parsed):
        number = hashlib.new(name, data, usedforsecurity=False).hexdigest()
        end = "\0" if "zero" in parsed else "\n"
        if "tag" in parsed:
            report.out.append(f"{title} ({operand}) = {number}{end}")
            continue
        mark = "*" if "binary" in parsed else " "
        escaped = "zero" not in parsed and bool(set(operand) & set("\\\n\r"))
        safe = operand.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") if escaped else operand
        report.out.append(f"{chr(92) * escaped}{number} {mark}{safe}{end}")
    return report.answer()


def _contents(report: Report, parsed: Parsed) -> Iterator[tuple[str, bytes]]:
    call = report.call
    for operand in parsed.operands or ("-",):
        if operand == "-":
            yield operand, call.stdin
            continue
        try:
            yield operand, call.machine.files.head(call.path(operand))
        except OSError as err:
            report.fail(f"{_name(operand)}: {err.strerror}")


def _name(text: str) -> str:
    return quoted(text) if quoted(text) != f"'{text}'" or " " in text or ":" in text else text


def _check(report: Report, parsed: Parsed, listing: str, kind: str) -> None:
    call = report.call
    try:
        text = (call.stdin if listing == "-" else call.machine.files.read(call.path(listing))).decode(errors="replace")
    except OSError as err:
        report.fail(f"{listing}: {err.strerror}")
        return
    shown = listing if listing != "-" else "'standard input'"
    quiet, silent = "quiet" in parsed, "status" in parsed
    wrong = lost = bad = good = 0
    for number, line in enumerate(text.splitlines(), 1):
        tagged, plain = _TAGGED.fullmatch(line), _LINE.fullmatch(line)
        if not tagged and not plain:
            bad += bool(line) and not line.startswith("#")
            if "warn" in parsed and line:
                report.warn(f"{shown}: {number}: improperly formatted {kind.upper()} checksum line")
            continue
        name, wanted = (tagged[1], tagged[2]) if tagged else (plain[3], plain[2]) if plain else ("", "")
        try:
            data = call.stdin if name == "-" else call.machine.files.head(call.path(name))
        except OSError as err:
            if "ignore-missing" in parsed:
                continue
            lost += 1
            report.warn(f"{_name(name)}: {err.strerror}")
            if not silent:
                report.say(f"{name}: FAILED open or read")
            continue
        same = hashlib.new(kind, data, usedforsecurity=False).hexdigest() == wanted.lower()
        good, wrong = good + same, wrong + (not same)
        if not silent and not (same and quiet):
            report.say(f"{name}: {'OK' if same else 'FAILED'}")
    if not good and not wrong and not lost:
        report.fail(f"{shown}: no properly formatted checksum lines found")
        return
    if not silent:
        _warn(report, bad, "line is improperly formatted", "lines are improperly formatted")
        _warn(report, lost, "listed file could not be read", "listed files could not be read")
        _warn(report, wrong, "computed checksum did NOT match", "computed checksums did NOT match")
    if wrong or lost or (bad and "strict" in parsed):
        report.status = 1


def _warn(report: Report, count: int, one: str, many: str) -> None:
    if count:
        report.warn(f"WARNING: {count} {one if count == 1 else many}")


@live("cksum")
async def cksum(call: Call, io: Io) -> int:
    """Print the CRC that POSIX names, or another digest."""
    return await _answer(call, io, _CKSUM, _cksum)


def _cksum(call: Call, parsed: Parsed) -> Answer:
    algorithm = parsed.value("algorithm")
    if algorithm in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b"):
        kind = "b2sum" if algorithm == "blake2b" else f"{algorithm}sum"
        tagged = () if "untagged" in parsed or "check" in parsed else (("tag", None),)
        return _digest(call, Parsed((*parsed.options, *tagged), parsed.operands), kind)
    report = Report(call)
    for operand, data in _contents(report, parsed):
        report.say(f"{_crc(data)} {call.machine.files.weigh(data)}{'' if operand == '-' else ' ' + operand}")
    return report.answer()


def _crc(data: bytes) -> int:
    """The POSIX CRC: the polynomial of zlib's, bits the other way round, and the length behind the bytes."""
    length, tail = len(data), bytearray()
    while length:
        tail.append(length & 255)
        length >>= 8
    flipped = (data + bytes(tail)).translate(_FLIPPED)
    return int(f"{zlib.crc32(flipped, 0xFFFFFFFF):032b}"[::-1], 2) & 0xFFFFFFFF


_FLIPPED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@live("sum")
async def old_sum(call: Call, io: Io) -> int:
    """Print the sums of BSD and System V."""
    return await _answer(call, io, _SUM, _old_sum)


def _old_sum(call: Call, parsed: Parsed) -> Answer:
    report = Report(call)
    sysv = parsed.last("r", "sysv") == "sysv"
    for operand, data in _contents(report, parsed):
        name = "" if not parsed.operands or (operand == "-" and sysv) else f" {operand}"
        if sysv:
            total = sum(data)
            total = (total & 0xFFFF) + (total >> 16)
            report.say(f"{(total & 0xFFFF) + (total >> 16)} {-(-len(data) // 512)}{name}")
            continue
        value = 0
        for byte in data:
            value = ((value >> 1) + ((value & 1) << 15) + byte) & 0xFFFF
        report.say(f"{value:05d} {-(-len(data) // 1024):5d}{name}")
    return report.answer()
