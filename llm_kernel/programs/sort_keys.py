"""The keys of ``sort``: where one begins and ends in a line, and what of it is compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import total_ordering
from hashlib import blake2b
from typing import Any

from llm_kernel.programs.ordering import version_key

__all__ = ["Key", "WrongKey", "obsolete", "read_key"]

_LETTERS = "bdfghiMnRrV"
_BLANKS = b" \t\n"
_COUNT = re.compile(r"\d*")
_NUMBER = re.compile(rb"[ \t\n]*(-?)(\d*)(?:\.(\d*))?([KMGTPEZYk]?)")
_GENERAL = re.compile(
    rb"\s*([+-]?)(?:(0x[0-9a-f]+(?:\.[0-9a-f]*)?(?:p[+-]?\d{1,4})?)|((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?)"
    rb"|(inf)(?:inity)?|(nan))",
    re.IGNORECASE,
)
_MONTHS = b"JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_UNITS = b" KMGTPEZY"
_KEPT = {"d": re.compile(rb"[^A-Za-z0-9 \t\n]"), "i": re.compile(rb"[^ -~]")}


class WrongKey(Exception):  # noqa: N818 - what sort says, no fault of ours
    """What is wrong with a key, and the part of it that is named."""

    def __init__(self, why: str, what: str) -> None:
        super().__init__(why)
        self.why, self.what = why, what


@total_ordering
@dataclass(frozen=True, slots=True, eq=True)
class _Reversed:
    value: Any

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other.value < self.value)


@dataclass(frozen=True, slots=True)
class Key:
    """A key from field ``begin`` and byte ``skip`` of it up to ``end``, by the orders of ``letters``.

    ``end`` is the last field, None for the end of the line, with ``most`` bytes of it, 0 for all. ``blanks`` and
    ``stops``: the blanks before the key, and before its end, do not count.
    """

    begin: int = 0
    skip: int = 0
    end: int | None = None
    most: int = 0
    letters: frozenset[str] = field(default_factory=frozenset)
    blanks: bool = False
    stops: bool = False

    def inheriting(self, letters: frozenset[str]) -> Key:
        """The key with the orders for all keys, where it has none of its own."""
        if self.letters or self.blanks or self.stops:
            return self
        blanks = "b" in letters
        return replace(self, letters=letters - {"b"}, blanks=blanks, stops=blanks)

    def conflict(self) -> str:
        """The letters of it that exclude each other, or an empty text."""
        numeric = sum(letter in self.letters for letter in "nghM")
        if numeric + bool(self.letters & set("VRdi")) < 2:
            return ""
        passed = "bri" if "d" in self.letters else "br"
        return "".join(letter for letter in _LETTERS if letter in self.letters and letter not in passed)

    def maker(self, tab: bytes | None, salt: bytes) -> Callable[[bytes], Any]:
        """What gives what is compared of a line."""
        compared = self._compared(salt)
        whole = not self.begin and not self.skip and self.end is None and not self.blanks
        part = (lambda row: row) if whole else (lambda row: self._part(row, tab))
        if "r" in self.letters:
            return lambda row: _Reversed(compared(part(row)))
        return lambda row: compared(part(row))

    def _part(self, row: bytes, tab: bytes | None) -> bytes:
        at = self._past(row, self.begin, tab, over=True)
        at = min(len(row), (_unblank(row, at) if self.blanks else at) + self.skip)
        if self.end is None:
            return row[at:]
        limit = self._past(row, self.end + (not self.most), tab, over=bool(self.most))
        if self.most:
            limit = min(len(row), (_unblank(row, limit) if self.stops else limit) + self.most)
        return row[at:limit]

    @staticmethod
    def _past(row: bytes, count: int, tab: bytes | None, *, over: bool) -> int:
        """Where so many fields are over; behind the separator of the last as well, where ``over`` says so."""
        at = 0
        for left in range(min(count, len(row) + 1), 0, -1):
            if tab is None:
                at = _unblank(row, at)
                while at < len(row) and row[at] not in _BLANKS:
                    at += 1
                continue
            found = row.find(tab, at)
            if found < 0:
                return len(row)
            at = found + 1 if over or left > 1 else found
        return at

    def _compared(self, salt: bytes) -> Callable[[bytes], Any]:
        letters = self.letters
        kept = next((_KEPT[letter] for letter in "di" if letter in letters), None)

        def text(part: bytes) -> bytes:
            part = kept.sub(b"", part) if kept else part
            return part.upper() if "f" in letters else part

        if "n" in letters:
            return lambda part: _number(part)[1]
        if "g" in letters:
            return _general
        if "h" in letters:
            return _number
        if "M" in letters:
            return _month
        if "R" in letters:
            return lambda part: (blake2b(text(part), key=salt, digest_size=16).digest(), text(part))
        if "V" in letters:
            return lambda part: version_key(text(part).decode("latin-1"))
        return text


def read_key(spec: str) -> Key:
    """The key that ``-k`` is given."""
    begin, rest = _count(spec, "invalid number at field start")
    if not begin:
        raise WrongKey("field number is zero", spec)
    skip = 1
    if rest.startswith("."):
        skip, rest = _count(rest[1:], "invalid number after '.'")
        if not skip:
            raise WrongKey("character offset is zero", spec)
    first, rest = _orders(rest)
    key = Key(begin - 1, skip - 1, letters=first - {"b"}, blanks="b" in first)
    if rest.startswith(","):
        end, rest = _count(rest[1:], "invalid number after ','")
        if not end:
            raise WrongKey("field number is zero", spec)
        most = 0
        if rest.startswith("."):
            most, rest = _count(rest[1:], "invalid number after '.'")
        last, rest = _orders(rest)
        key = replace(key, end=end - 1, most=most, letters=key.letters | last - {"b"}, stops="b" in last)
    if rest:
        raise WrongKey("stray character in field spec", spec)
    return key


def obsolete(begin: str, end: str | None) -> Key | None:
    """The key ``+POS1 -POS2``; None where the first is no such thing."""
    found = re.fullmatch(r"\+(\d+)(?:\.(\d+))?([bdfghiMnRrV]*)", begin)
    if found is None:
        return None
    first = frozenset(found[3])
    key = Key(int(found[1]), int(found[2] or 0), letters=first - {"b"}, blanks="b" in first)
    if end is None:
        return key
    field, rest = _count(end[1:], "invalid number after '-'")
    most = 0
    if rest.startswith("."):
        most, rest = _count(rest[1:], "invalid number after '.'")
    last, rest = _orders(rest)
    if rest:
        raise WrongKey("stray character in field spec", end)
    if not most:
        field -= 1
    return replace(key, end=field, most=most, letters=key.letters | last - {"b"}, stops="b" in last)


def _count(text: str, why: str) -> tuple[int, str]:
    digits = _COUNT.match(text)
    assert digits is not None
    if not digits[0]:
        raise WrongKey(f"{why}: invalid count at start of", text)
    return int(digits[0][:20]), text[digits.end() :]


def _orders(text: str) -> tuple[frozenset[str], str]:
    rest = text.lstrip(_LETTERS)
    return frozenset(text[: len(text) - len(rest)]), rest


def _unblank(row: bytes, at: int) -> int:
    while at < len(row) and row[at] in _BLANKS:
        at += 1
    return at


def _number(part: bytes) -> tuple[int, Decimal]:
    """The unit that a number is in, less than none for a negative one, and the number."""
    found = _NUMBER.match(part)
    assert found is not None
    value = Decimal(f"{(found[2] or b'0').decode()}.{(found[3] or b'0').decode()}")
    unit = _UNITS.index(found[4].upper()) if found[4] and value else 0
    return (-unit, -value) if found[1] else (unit, value)


def _general(part: bytes) -> tuple[int, Any]:
    found = _GENERAL.match(part)
    if found is None:
        return 0, 0
    sign = -1 if found[1] == b"-" else 1
    if found[5]:
        return 1, 0
    if found[4]:
        return 2, sign * float("inf")
    return 2, sign * (Decimal(float.fromhex(found[2].decode())) if found[2] else Decimal(found[3].decode()))


def _month(part: bytes) -> int:
    name = part.lstrip(_BLANKS)[:3].upper()
    return _MONTHS.index(name) + 1 if name in _MONTHS else 0
