"""``numfmt``: numbers to and from units, by exact fractions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from llm_kernel.programs.feeding import lines, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["numfmt"]

_NUMFMT = Options(
    "debug d,delimiter= field= format= from= from-unit= grouping header? invalid= padding= round= suffix= to= to-unit= "
    "z,zero-terminated",
    usage="[OPTION]... [NUMBER]...",
    about="Reformat NUMBER(s), or the numbers from standard input if none are specified.",
    authors="Assaf Gordon",
)
_FROM = (("none",), ("auto",), ("si",), ("iec",), ("iec-i",))
_TO = (("none",), ("si",), ("iec",), ("iec-i",))
_ROUNDS = (("up",), ("down",), ("from-zero",), ("towards-zero",), ("nearest",))
_INVALID = (("abort",), ("fail",), ("warn",), ("ignore",))
_UNITS = "KMGTPEZY"
_NUMBER = re.compile(r"(-?)(\d*)(?:\.(\d*))?")
_DIRECTIVE = re.compile(r"(0?)('?)(-?)(\d*)(?:\.(\d*))?f")
_FIELDS = re.compile(r"(\d*)(-?)(\d*)")
_UNSCALED, _DECIMALS, _WIDEST = 18, 100, 10_000
"""Digits that a number may have behind its first where it is not scaled, decimals where it is, and columns."""


class _Wrong(Exception):  # noqa: N818 - a number that is none, not a fault
    """A field cannot be converted."""


@dataclass(frozen=True, slots=True)
class _Format:
    """What ``--format`` says; ``decimals`` is None where the number decides."""

    before: str = ""
    after: str = ""
    zeros: bool = False
    left: bool = False
    width: int = 0
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class _Rules:
    env: Mapping[str, str]
    source: str
    target: str
    scale: Fraction
    rounding: str
    suffix: str
    delimiter: str
    fields: tuple[tuple[int, int], ...]
    form: _Format

    def line(self, text: str) -> Iterator[str | _Wrong]:
        """The pieces of a line, its chosen fields converted; what is wrong with one comes before it."""
        for number, part in enumerate(text.split(self.delimiter) if self.delimiter else _blank(text), 1):
            if number > 1:
                yield self.delimiter or " "
            if any(low <= number <= high for low, high in self.fields):
                try:
                    yield self._converted(part, number)
                    continue
                except _Wrong as wrong:
                    yield wrong
            yield part

    def _converted(self, text: str, field: int) -> str:
        bare = text.removesuffix(self.suffix) if len(text) > len(self.suffix) else text
        value, decimals = self._read(bare.lstrip(" \t"))
        width = min(self.form.width, _WIDEST)
        if not width and not self.delimiter and (field > 1 or text[:1] in (" ", "\t")):
            width = len(bare)
        shown = self._shown(value * self.scale, decimals) + self.suffix
        return f"{self.form.before}{shown.ljust(width) if self.form.left else shown.rjust(width)}{self.form.after}"

    def _read(self, text: str) -> tuple[Fraction, int]:
        """A number and its decimals, in units of one."""
        found = _NUMBER.match(text)
        assert found is not None, "it matches nothing at all, too"
        sign, whole, decimals = found.groups()
        if decimals == "" or not (whole or decimals):
            raise _Wrong(f"invalid number: {said(text, self.env)}")
        if len(whole.lstrip("0")) > 27:
            raise _Wrong(f"value too large to be converted: {said(text, self.env)}")
        value = Fraction(f"{whole or 0}.{decimals or 0}") * (-1 if sign else 1)
        rest = text[found.end() :].lstrip(" \t")
        if not rest:
            return value, len(decimals or "")
        if rest[0] not in _UNITS:
            raise _Wrong(f"invalid suffix in input: {said(text, self.env)}")
        if self.source == "none":
            raise _Wrong(f"rejecting suffix in input: {said(text, self.env)} (consider using --from)")
        power, rest = _UNITS.index(rest[0]) + 1, rest[1:]
        binary = self.source in ("iec", "iec-i")
        if self.source in ("auto", "iec-i") and rest.startswith("i"):
            binary, rest = True, rest[1:]
        elif self.source == "iec-i":
            raise _Wrong(f"missing 'i' suffix in input: {said(text, self.env)} (e.g Ki/Mi/Gi)")
        if rest:
            raise _Wrong(f"invalid suffix in input {said(text, self.env)}: {said(rest, self.env)}")
        return value * (1024 if binary else 1000) ** power, 0

    def _shown(self, value: Fraction, decimals: int) -> str:
        asked = self.form.decimals
        if self.target == "none":
            decimals = decimals if asked is None else asked
            if len(str(abs(int(value)))) - 1 + decimals > _UNSCALED:
                what = "value/precision" if decimals else "value"
                shown = f"{float(value):g}/{decimals}" if decimals else f"{float(value):g}"
                raise _Wrong(f"{what} too large to be printed: '{shown}' (consider using --to)")
            return self._filled(_fixed(self._rounded(value, decimals), decimals))
        base, power = (1000 if self.target == "si" else 1024), 0
        while abs(value) >= base:
            value, power = value / base, power + 1
        kept = min(power * 3, asked) if asked is not None else int(abs(value) < 10)
        value = self._rounded(value, kept)
        if abs(value) >= base:
            value, power = value / base, power + 1
        if asked is not None and asked > _DECIMALS:
            raise _Wrong(f"failed to prepare value '{float(value):f}' for printing")
        decimals = asked if asked is not None else int(value != 0 and abs(value) < 10 and power > 0)
        unit = _UNITS[power - 1] if power else ""
        return self._filled(_fixed(value, decimals), unit + ("i" if unit and self.target == "iec-i" else ""))

    def _filled(self, number: str, unit: str = "") -> str:
        return (number.zfill(min(self.form.width, _WIDEST)) if self.form.zeros else number) + unit

    def _rounded(self, value: Fraction, decimals: int) -> Fraction:
        value *= 10**decimals
        match self.rounding:
            case "up":
                whole = math.ceil(value)
            case "down":
                whole = math.floor(value)
            case "towards-zero":
                whole = math.trunc(value)
            case "nearest":
                whole = math.floor(abs(value) + Fraction(1, 2)) * (1 if value >= 0 else -1)
            case _:
                whole = math.ceil(abs(value)) * (1 if value >= 0 else -1)
        return Fraction(whole, 10**decimals)


@live("numfmt")
async def numfmt(call: Call, io: Io) -> int:
    """Print numbers with other units, at other widths."""
    parsed = _NUMFMT.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    how = _choice(call, parsed, "invalid", "abort", _INVALID)
    rules = _rules(call, parsed) if not isinstance(how, Answer) else how
    if isinstance(rules, Answer):
        return await tell(io, rules)
    header = parsed.value("header") or "1"
    if not header.isdecimal() or not int(header):
        return await tell(io, Answer(stderr=f"numfmt: invalid header value {said(header, call.env)}\n", status=1))
    end = "\0" if "zero-terminated" in parsed else "\n"
    if parsed.operands:
        texts, skipped = list(parsed.operands), 0
    else:
        texts = [text.decode("utf-8", "surrogateescape") for text in lines(await io.read(), end.encode())]
        skipped = int(header) if "header" in parsed else 0
    status = 0
    for number, text in enumerate(texts):
        for piece in rules.line(text) if number >= skipped else (text,):
            if isinstance(piece, str):
                await io.out(_bytes(piece))
                continue
            if how != "ignore":
                await io.err(f"numfmt: {piece}\n")
            if how == "abort":
                return 2
            status = 2 if how == "fail" else status
        await io.out(end)
    return status


def _rules(call: Call, parsed: Parsed) -> _Rules | Answer:
    source = _choice(call, parsed, "from", "none", _FROM)
    target = _choice(call, parsed, "to", "none", _TO)
    rounding = _choice(call, parsed, "round", "from-zero", _ROUNDS)
    form = _form(parsed.value("format"), call.env)
    if isinstance(source, Answer):
        return source
    if isinstance(target, Answer):
        return target
    if isinstance(rounding, Answer):
        return rounding
    if isinstance(form, Answer):
        return form
    scale = Fraction(1)
    for name, sign in (("from-unit", 1), ("to-unit", -1)):
        unit = _unit(parsed.value(name) or "1")
        if not unit:
            text = f"numfmt: invalid unit size: {said(parsed.value(name) or '', call.env)}\n"
            return Answer(stderr=text, status=1)
        scale *= Fraction(unit) ** sign
    fields = _fields(parsed.value("field") or "1")
    if isinstance(fields, str):
        given = said(parsed.value("field") or "", call.env)
        return _NUMFMT.refuse(call, fields.replace("{}", given))
    padding = parsed.value("padding")
    if padding is not None:
        if not re.fullmatch(r"-?0*[1-9]\d*", padding):
            return Answer(stderr=f"numfmt: invalid padding value {said(padding, call.env)}\n", status=1)
        form = _Format(form.before, form.after, form.zeros, padding.startswith("-"), abs(int(padding)), form.decimals)
    delimiter = parsed.value("delimiter") or ""
    if len(delimiter) > 1:
        return Answer(stderr="numfmt: the delimiter must be a single character\n", status=1)
    suffix = parsed.value("suffix") or ""
    return _Rules(call.env, source, target, scale, rounding, suffix, delimiter, fields, form)


def _choice(call: Call, parsed: Parsed, name: str, usual: str, choices: tuple[tuple[str, ...], ...]) -> str | Answer:
    return _NUMFMT.choose(call, name, parsed.value(name) or usual, choices)


def _unit(text: str) -> int:
    """A unit's size; 0 for what is none."""
    found = re.fullmatch(rf"(\d+)(?:([{_UNITS}])(i?))?", text)
    if found is None:
        return 0
    power: int = _UNITS.index(found[2]) + 1 if found[2] else 0
    size: int = (1024 if found[3] else 1000) ** power
    return int(found[1]) * size


def _fields(text: str) -> tuple[tuple[int, int], ...] | str:
    ranges = []
    for part in text.split(","):
        found = _FIELDS.fullmatch(part)
        if found is None or not part:
            return "invalid field value {}"
        first, dash, last = found.groups()
        low = int(first) if first else 1
        high = (int(last) if last else 1 << 62) if dash else low
        if not low or not high:
            return "fields are numbered from 1"
        if high < low:
            return "invalid decreasing range"
        ranges.append((low, high))
    return tuple(ranges)


def _form(text: str | None, env: Mapping[str, str]) -> _Format | Answer:
    if text is None:
        return _Format()
    whole = text.replace("%%", "\0\0")
    at = whole.find("%")
    shown, wrong = said(text, env), ""
    found = _DIRECTIVE.match(text, at + 1)
    if at < 0:
        wrong = f"format {shown} has no % directive"
    elif at + 1 == len(text):
        wrong = f"format {shown} ends in %"
    elif found is None:
        wrong = f"invalid format {shown}, directive must be %[0]['][-][N][.][N]f"
    elif "%" in whole[found.end() :]:
        wrong = f"format {shown} has too many % directives"
    if wrong or found is None:
        return Answer(stderr=f"numfmt: {wrong}\n", status=1)
    zeros, _, left, width, decimals = found.groups()
    before, after = (part.replace("\0\0", "%") for part in (whole[:at], whole[found.end() :]))
    places = None if decimals is None else int(decimals or 0)
    return _Format(before, after, bool(zeros), bool(left), int(width or 0), places)


def _blank(text: str) -> list[str]:
    """Fields of blanks and what follows them; one blank parts them, and is not theirs."""
    parts, rest = [], text
    while True:
        found = re.match(r"[ \t]*[^ \t]*", rest)
        assert found is not None, "it matches nothing at all, too"
        parts.append(found[0])
        rest = rest[found.end() :]
        if not rest:
            return parts
        rest = rest[1:]


def _fixed(value: Fraction, decimals: int) -> str:
    whole = f"{abs(round(value * 10**decimals)):0{decimals + 1}d}"
    sign = "-" if value < 0 else ""
    return f"{sign}{whole[:-decimals]}.{whole[-decimals:]}" if decimals else f"{sign}{whole}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
