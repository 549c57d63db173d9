"""``tr``: letters for letters. The shell's own answers most calls; here are its repeats, classes and refusals."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import replace

from llm_kernel.programs.feeding import tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["tr"]

_TR = Options(
    "c,C,complement d,delete s,squeeze-repeats t,truncate-set1",
    usage="[OPTION]... STRING1 [STRING2]",
    about="Translate, squeeze, and/or delete characters from standard input,\nwriting to standard output.",
    authors="Jim Meyering",
    ordered=True,
)
_ALL = bytes(range(256))
_LETTERS = string.ascii_letters.encode()
_DIGITS = string.digits.encode()
_SIGNS = string.punctuation.encode()
_CLASSES = {
    "alnum": _DIGITS + bytes(sorted(_LETTERS)),
    "alpha": bytes(sorted(_LETTERS)),
    "blank": b"\t ",
    "cntrl": bytes([*range(32), 127]),
    "digit": _DIGITS,
    "graph": bytes(range(33, 127)),
    "lower": string.ascii_lowercase.encode(),
    "print": bytes(range(32, 127)),
    "punct": _SIGNS,
    "space": b"\t\n\v\f\r ",
    "upper": string.ascii_uppercase.encode(),
    "xdigit": b"0123456789ABCDEFabcdef",
}
_CASES = ("lower", "upper")
_ONLY_CASES = "when translating, the only character classes that may appear in\nstring2 are 'upper' and 'lower'"
_ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_CLASS = re.compile(rb"\[:([^\]]*?):\]")
_EQUAL = re.compile(rb"\[=([^\]]*?)=\]")
_REPEAT = re.compile(rb"\*(\d*)\]")


class _Wrong(Exception):  # noqa: N818 - a set that is none, not a fault
    """What is wrong with a set."""


@live("tr")
async def tr(call: Call, io: Io) -> int:
    """Translate, squeeze and delete bytes of the input."""
    call = replace(call, name="tr")  # it stands behind the shell's own, whatever path it is called by
    parsed = _TR.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    if refused := _refused(call, parsed):
        return await tell(io, refused)
    try:
        table, deleted, squeezed = _rules(parsed)
    except _Wrong as wrong:
        return await tell(io, Answer(stderr=f"tr: {wrong}\n", status=1))
    last = b""
    async for chunk in io.chunks():
        data = chunk.translate(table, deleted)
        if squeezed:
            kept = bytes(_squeezed(last + data, squeezed))
            data, last = kept[len(last) :], (data[-1:] or last)
        await io.out(data)
    return 0


def _squeezed(data: bytes, squeezed: bytes) -> Iterator[int]:
    before = -1
    for byte in data:
        if byte != before or byte not in squeezed:
            yield byte
        before = byte


def _refused(call: Call, parsed: Parsed) -> Answer | None:
    """What a wrong number of sets gets."""
    count, deletes, squeezes = len(parsed.operands), "delete" in parsed, "squeeze-repeats" in parsed
    least = 1 if deletes != squeezes else 2
    most = 1 if deletes and not squeezes else 2
    if not count:
        return _TR.refuse(call, "missing operand")
    if count < least:
        why = "both deleting and squeezing repeats" if deletes else "translating"
        more = f"Two strings must be given when {why}."
        return _TR.refuse(call, f"missing operand after {said(parsed.operands[-1], call.env)}\n{more}")
    if count > most:
        more = "\nOnly one string may be given when deleting without squeezing repeats." if deletes else ""
        more = more if count == 2 else ""
        return _TR.refuse(call, f"extra operand {said(parsed.operands[most], call.env)}{more}")
    return None


def _rules(parsed: Parsed) -> tuple[bytes | None, bytes, bytes]:
    """The table to translate by, the bytes that go, and those that are squeezed."""
    deletes, squeezes = "delete" in parsed, "squeeze-repeats" in parsed
    first = _Set(parsed.operands[0], repeats=False)
    second = _Set(parsed.operands[1], repeats=True) if len(parsed.operands) > 1 else None
    one = first.filled(0)
    if "complement" in parsed:
        one = bytes(byte for byte in _ALL if byte not in one)
    if second is None:
        return None, one if deletes else b"", one if squeezes else b""
    if deletes:
        return None, one, second.filled(0)
    if any(name not in _CASES for _, name in second.classes):
        raise _Wrong(_ONLY_CASES)
    cases = {at for at, name in first.classes if name in _CASES}
    if "complement" not in parsed and any(at not in cases for at, _ in second.classes):
        raise _Wrong("misaligned [:upper:] and/or [:lower:] construct")
    two = second.filled(len(one))
    cut = "truncate-set1" in parsed
    if one and not two and not cut:
        raise _Wrong("when not truncating set1, string2 must be non-empty")
    one = one[: len(two)] if cut else one
    two += two[-1:] * (len(one) - len(two))
    table = bytearray(_ALL)
    for byte, wanted in zip(one, two, strict=False):
        table[byte] = wanted
    return bytes(table), b"", two if squeezes else b""


class _Set:
    """A set as it was written: bytes, and at most one byte that fills up what is lacking."""

    def __init__(self, text: str, *, repeats: bool) -> None:
        self._data = text.encode("utf-8", "surrogateescape")
        self._at = 0
        self._repeats = repeats
        self._parts: list[bytes] = []
        self._filler: tuple[int, int] | None = None
        self.classes: list[tuple[int, str]] = []
        while self._at < len(self._data):
            self._parts.append(self._part())

    def filled(self, length: int) -> bytes:
        """All of them; a repeat without a number makes them ``length`` many."""
        if self._filler is None:
            return b"".join(self._parts)
        place, byte = self._filler
        before, after = b"".join(self._parts[:place]), b"".join(self._parts[place:])
        return before + bytes([byte]) * max(0, length - len(before) - len(after)) + after

    def _part(self) -> bytes:
        if found := _CLASS.match(self._data, self._at):
            return self._class(found)
        if (found := _EQUAL.match(self._data, self._at)) and found[1]:
            if len(found[1]) > 1:
                name = found[1].decode(errors="replace")
                raise _Wrong(f"{name}: equivalence class operand must be a single character")
            self._at = found.end()
            return found[1]
        if self._repeats and self._data[self._at : self._at + 1] == b"[" and (repeat := self._repeat()) is not None:
            return repeat
        first = self._letter()
        if self._data[self._at : self._at + 1] != b"-" or self._at + 1 >= len(self._data):
            return bytes([first])
        self._at += 1
        last = self._letter()
        if last < first:
            ends = f"{chr(first)}-{chr(last)}"
            raise _Wrong(f"range-endpoints of '{ends}' are in reverse collating sequence order")
        return bytes(range(first, last + 1))

    def _class(self, found: re.Match[bytes]) -> bytes:
        name = found[1].decode(errors="replace")
        if name not in _CLASSES:
            raise _Wrong(f"invalid character class ‘{name}’")
        self._at = found.end()
        self.classes.append((sum(map(len, self._parts)), name))
        return _CLASSES[name]

    def _repeat(self) -> bytes | None:
        """``[x*n]``, where one stands here."""
        start, self._at = self._at, self._at + 1
        byte = self._letter() if self._at < len(self._data) else 0
        found = _REPEAT.match(self._data, self._at)
        if found is None:
            self._at = start
            return None
        self._at = found.end()
        count = int(found[1], 8 if found[1].startswith(b"0") else 10) if found[1] else 0
        if not count:
            self._filler = (len(self._parts), byte)
        return bytes([byte]) * min(count, len(_ALL))

    def _letter(self) -> int:
        byte = self._data[self._at]
        self._at += 1
        if byte != 92 or self._at >= len(self._data):
            return byte
        if found := re.compile(rb"[0-3]?[0-7]{1,2}").match(self._data, self._at):
            self._at = found.end()
            return int(found[0], 8)
        escaped = self._data[self._at]
        self._at += 1
        return _ESCAPES.get(chr(escaped), escaped)
