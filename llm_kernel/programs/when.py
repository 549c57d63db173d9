"""A moment as people write it for ``date -d`` and ``touch -d``: GNU's own grammar, items in any order.

Read from left to right, one item at a time; an item that comes twice, or a day that no calendar has, is no date.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

__all__ = ["read_when", "zone_named"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_COUNTS = {
    **{"last": -1, "this": 0, "next": 1, "first": 1, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7},
    **{"eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12},
}
_SHIFTS = {"yesterday": -1, "today": 0, "now": 0, "tomorrow": 1}
_ZONES: dict[str, float] = {
    **{"utc": 0, "ut": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "cest": 2, "mest": 2, "eet": 2},
    **{"eest": 3, "msk": 3, "jst": 9, "nzst": 12, "nzdt": 13, "ist": 5.5, "est": -5, "edt": -4, "cst": -6, "cdt": -5},
    **{"mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "ast": -4, "adt": -3, "z": 0},
    **{letter: hours for hours, letter in enumerate("abcdefghiklm", 1)},
    **{letter: -hours for hours, letter in enumerate("nopqrstuvwxy", 1)},
}
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|" + (
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = (
    r"(?P<day>mon(?:day)?|tue(?:s|sday)?|wed(?:nes|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_COUNT = rf"(?P<count>[-+]?\s*\d+|{'|'.join(_COUNTS)})"
_UNIT = r"(?P<unit>year|month|fortnight|week|day|hour|minute|min|second|sec)s?\b"


@dataclass(slots=True)
class _Said:
    """What the text said so far."""

    dates: list[tuple[int, int, int]] = field(default_factory=list)
    no_year: bool = False
    times: list[tuple[int, int, int, int]] = field(default_factory=list)
    zones: list[float] = field(default_factory=list)
    days: list[tuple[int, int]] = field(default_factory=list)
    moved: bool = False
    months: int = 0
    shift: int = 0
    seconds: int = 0


def read_when(text: str, now: datetime, nanoseconds: int = 0) -> tuple[int, int] | None:
    """The moment as Unix seconds and nanoseconds, seen from ``now`` and in its zone; None for what is no date."""
    prefix = re.match(r'\s*TZ="([^"]*)"', text)
    if prefix:
        zone = zone_named(prefix[1])
        now, text = now.astimezone(zone), text[prefix.end() :]
    stamp = re.fullmatch(r"\s*@(-?\d+)(?:[.,](\d+))?\s*", text)
    if stamp:
        return int(stamp[1]), _nano(stamp[2])
    said = _Said()
    rest = re.sub(r"\([^()]*\)", " ", text.lower()).strip(" \t\n,")
    while rest:
        used = _item(rest, said, now)
        if not used:
            return None
        rest = rest[used:].lstrip(" \t\n,")
    return _moment(said, now, nanoseconds)


def zone_named(name: str) -> tzinfo:
    """The zone that the variable ``TZ`` names; an unknown one is UTC under its own letters, as in libc."""
    name = name.removeprefix(":")
    if not name or name in ("UTC", "UTC0", "Etc/UTC"):
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    posix = re.match(r"<?([A-Za-z0-9+-]{3,}?)>?([-+]?\d{1,2})(?::(\d\d))?(?![A-Za-z\d])", name)
    if posix:
        minutes = abs(int(posix[2])) * 60 + int(posix[3] or 0)
        east = minutes if posix[2].startswith("-") else -minutes
        return timezone(timedelta(minutes=east), posix[1])
    letters = re.match(r"[A-Za-z]+", name)
    return timezone(timedelta(), letters[0] if letters else "UTC")


def _item(rest: str, said: _Said, now: datetime) -> int:
    """Take the first item of ``rest``; how many characters it had, 0 for none."""
    for pattern, take in _ITEMS:
        found = pattern.match(rest)
        if found and take(found, said, now):
            return found.end()
    return 0


def _take_date(found: re.Match[str], said: _Said, now: datetime) -> bool:
    parts = found.groupdict()
    month = int(parts["number"]) if "number" in parts else _MONTHS.index(parts["month"][:3]) + 1
    year = parts.get("year")
    said.no_year = year is None
    said.dates.append((_year(year) if year else now.year, month, int(parts["mday"])))
    return True


def _take_time(found: re.Match[str], said: _Said, now: datetime) -> bool:
    parts = found.groupdict()
    hour, minute, second = int(parts["hour"]), int(parts.get("minute") or 0), int(parts.get("second") or 0)
    half = (parts.get("half") or "")[:1]
    if half:
        if not 1 <= hour <= 12:
            return False
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return False
    said.times.append((hour, minute, second, _nano(parts.get("fraction"))))
    if parts.get("sign"):
        said.zones.append(_east(parts["sign"], parts["east"], parts.get("east_minutes")))
    return True


def _take_zone(found: re.Match[str], said: _Said, now: datetime) -> bool:
    name = found["zone"]
    if name not in _ZONES:
        return False
    more = _east(found["sign"], found["east"], found["east_minutes"]) if found["sign"] else 0.0
    said.zones.append(_ZONES[name] * 3600 + more)
    return True


def _take_day(found: re.Match[str], said: _Said, now: datetime) -> bool:
    said.days.append((_DAYS.index(found["day"][:3]), _count(found["count"], 0)))
    return True


def _take_move(found: re.Match[str], said: _Said, now: datetime) -> bool:
    said.moved = True
    count = _count(found["count"], 1) * (-1 if found["ago"] else 1)
    match found["unit"]:
        case "year":
            said.months += 12 * count
        case "month":
            said.months += count
        case "fortnight" | "week" | "day" as unit:
            said.shift += count * {"fortnight": 14, "week": 7, "day": 1}[unit]
        case unit:
            said.seconds += count * {"h": 3600, "m": 60, "s": 1}[unit[0]]
    return True


def _take_shift(found: re.Match[str], said: _Said, now: datetime) -> bool:
    said.moved = True
    said.shift += _SHIFTS[found["shift"]]
    return True


def _take_number(found: re.Match[str], said: _Said, now: datetime) -> bool:
    digits = found[0]
    value = int(digits)
    if said.dates and said.no_year and not said.moved and (said.times or len(digits) > 2):
        _, month, day = said.dates[-1]
        said.dates[-1], said.no_year = (_year(digits), month, day), False
    elif len(digits) > 4:
        said.dates.append((value // 10000, value // 100 % 100, value % 100))
        said.no_year = False
    else:
        hour, minute = (value, 0) if len(digits) <= 2 else (value // 100, value % 100)
        if hour > 23 or minute > 59:
            return False
        said.times.append((hour, minute, 0, 0))
    return True


def _moment(said: _Said, now: datetime, nanoseconds: int) -> tuple[int, int] | None:
    if max(len(said.dates), len(said.times), len(said.zones), len(said.days)) > 1:
        return None
    year, month, day = said.dates[0] if said.dates else (now.year, now.month, now.day)
    try:
        date(year, month, day)
    except ValueError:
        return None
    keeps = said.moved and not said.dates and not said.days
    hour, minute, second, nano = (now.hour, now.minute, now.second, nanoseconds) if keeps else (0, 0, 0, 0)
    if said.times:
        hour, minute, second, nano = said.times[0]
    if said.days and not said.dates:
        wanted, count = said.days[0]
        ahead = (wanted - now.weekday()) % 7
        day += ahead + 7 * (count - (count > 0 and ahead != 0))
    month += said.months
    try:
        at = datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, hour, minute, second, tzinfo=now.tzinfo)
        at += timedelta(days=day - 1 + said.shift)
        if said.zones:
            at = at.replace(tzinfo=timezone.utc) - timedelta(seconds=said.zones[0])
        return int(at.timestamp()) + said.seconds, nano
    except (ValueError, OverflowError):
        return None


def _year(digits: str) -> int:
    value = int(digits)
    return value if len(digits) > 2 else value + (1900 if value > 68 else 2000)


def _east(sign: str, hours: str, minutes: str | None) -> float:
    if len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return (int(hours) * 3600 + int(minutes or 0) * 60) * (-1.0 if sign == "-" else 1.0)


def _count(text: str | None, default: int) -> int:
    if not text:
        return default
    return _COUNTS[text] if text in _COUNTS else int(re.sub(r"\s", "", text))


def _nano(digits: str | None) -> int:
    return int((digits or "0")[:9].ljust(9, "0"))


_OFFSET = r"(?P<sign>[-+])\s*(?P<east>\d{1,4})(?::(?P<east_minutes>\d\d))?(?![\d:])"
_HALF = r"(?P<half>[ap]\.?m\b\.?)"
_ITEMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Said, datetime], bool]], ...] = (
    (re.compile(r"(?P<year>\d{2,})-(?P<number>\d{1,2})-(?P<mday>\d{1,2})(?:t(?=\d\d:)|(?![\dt]))"), _take_date),
    (re.compile(r"(?P<year>\d{4,})/(?P<number>\d{1,2})/(?P<mday>\d{1,2})(?!\d)"), _take_date),
    (re.compile(r"(?P<number>\d{1,2})/(?P<mday>\d{1,2})(?:/(?P<year>\d+))?(?![\d/])"), _take_date),
    (
        re.compile(rf"(?P<mday>\d{{1,2}})[-\s]*{_MONTH}(?![a-z])(?:[-\s,]+(?P<year>\d{{2,}})(?![\d:]|\s*[ap]m))?"),
        _take_date,
    ),
    (re.compile(rf"{_MONTH}[-\s]*(?P<mday>\d{{1,2}})(?![\d:])(?:(?:-|\s*,\s*)(?P<year>\d+)(?![\d:]))?"), _take_date),
    (
        re.compile(rf"(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?\s*{_HALF}"),
        _take_time,
    ),
    (
        re.compile(
            rf"(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?(?![\d:])(?:\s*{_OFFSET})?"
        ),
        _take_time,
    ),
    (re.compile(rf"(?P<hour>\d{{1,2}})\s*{_HALF}"), _take_time),
    (re.compile(rf"(?:{_COUNT}\s*)?{_UNIT}(?P<ago>\s+ago\b)?"), _take_move),
    (re.compile(r"(?P<shift>yesterday|today|now|tomorrow)\b"), _take_shift),
    (re.compile(rf"(?:{_COUNT}\s*)?{_DAY}(?![a-z])\.?"), _take_day),
    (re.compile(rf"(?P<zone>[a-z]+)(?:{_OFFSET})?(?![a-z])"), _take_zone),
    (re.compile(r"\d+(?![\d:])"), _take_number),
)
