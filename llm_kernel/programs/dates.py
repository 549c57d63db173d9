"""Dates as people write them for ``touch -d``: calendar dates, times of day, and so many days ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

__all__ = ["read_date", "read_stamp"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "week": 604800.0,
    "fortnight": 1209600.0,
}
_NUMBERS = {"a": 1, "an": 1, "one": 1, "last": -1, "next": 1, "this": 0}
_WORD = re.compile(
    r"\s*(?P<word>"
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}(?:/\d{2,4})?|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?|"
    r"[+-]\d{2}:?\d{2}(?!\d)|[+-]?\d+(?:\.\d+)?|[A-Za-z]+\.?|,|\([^)]*\)"
    r")"
)
_STAMP = re.compile(r"(?P<year>\d{2}|\d{4})?(?P<rest>\d{8})(?:\.(?P<second>\d{2}))?")


def read_date(text: str, now: datetime) -> float | None:
    """The Unix seconds that ``text`` means at ``now`` and in its zone; None where it is no date."""
    at = re.fullmatch(r"\s*@(-?\d+(?:\.\d+)?)\s*", text)
    if at:
        return float(at[1])
    words = _words(re.sub(r"(\d)T(\d)", r"\1 \2", text))
    if words is None:
        return None
    reading = _Reading(now)
    while words:
        if not reading.take(words):
            return None
    return reading.moment()


def read_stamp(text: str, now: datetime) -> float | None:
    """The Unix seconds of ``[[CC]YY]MMDDhhmm[.ss]``."""
    found = _STAMP.fullmatch(text)
    if not found:
        return None
    year = found["year"]
    number = now.year if year is None else int(year) + ((1900 if int(year) > 68 else 2000) if len(year) == 2 else 0)
    month, day, hour, minute = (int(found["rest"][place : place + 2]) for place in (0, 2, 4, 6))
    try:
        at = datetime(number, month, day, hour, minute, int(found["second"] or 0), tzinfo=now.tzinfo)
        return at.timestamp()
    except ValueError:
        return None


def _words(text: str) -> list[str] | None:
    words, place = [], 0
    text = text.strip()
    while place < len(text):
        found = _WORD.match(text, place)
        if not found:
            return None
        words.append(found["word"].lower().rstrip("."))
        place = found.end()
    return [word for word in words if word != "," and not word.startswith("(")]


class _Reading:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.date: tuple[int, int, int] | None = None
        self.clock: tuple[int, int, float] | None = None
        self.zone = now.tzinfo
        self.months = 0
        self.shift = 0.0
        self.weekday: tuple[int, int] | None = None
        self.quiet = True

    def take(self, words: list[str]) -> bool:
        """Read what begins ``words`` and drop it from them; whether it made sense."""
        word = words.pop(0)
        if re.fullmatch(r"\d{4}-\d+-\d+", word):
            year, month, day = (int(part) for part in word.split("-"))
            self.date = (year, month, day)
        elif "/" in word:
            parts = [int(part) for part in word.split("/")]
            year = parts[2] if len(parts) == 3 else self.now.year
            self.date = (year + (2000 if year < 69 else 1900 if year < 100 else 0), parts[0], parts[1])
        elif ":" in word and word[0].isdigit():
            return self._take_clock(word, words)
        elif word[:3] in _MONTHS and word.isalpha():
            return self._take_month(word, words)
        elif word.isdigit() and words and words[0][:3] in _MONTHS:
            return self._take_day(int(word), words)
        elif word[0] in "+-" and self.clock and len(word) >= 5:
            return self._take_zone(word)
        elif word.isdigit() and len(word) == 8 and self.date is None:
            self.date = (int(word[:4]), int(word[4:6]), int(word[6:]))
        else:
            return self._take_word(word, words)
        return True

    def moment(self) -> float | None:
        """The Unix seconds of what was read."""
        year, month, day = self.date or (self.now.year, self.now.month, self.now.day)
        if self.clock:
            hour, minute, second = self.clock
        elif self.date or self.weekday:
            hour, minute, second = 0, 0, 0.0
        else:
            hour, minute, second = self.now.hour, self.now.minute, self.now.second + self.now.microsecond / 1e6
        months = year * 12 + month - 1 + self.months
        try:
            datetime(year, month, day)  # raises where there is no such day
            first = datetime(months // 12, months % 12 + 1, 1, hour, minute, tzinfo=self.zone)
            if not 0 <= second < 61:
                return None
            at = first + timedelta(days=day - 1)
        except (ValueError, OverflowError):
            return None
        if self.weekday:
            at += timedelta(days=self._days_ahead(at))
        return at.timestamp() + second + self.shift

    def _days_ahead(self, at: datetime) -> int:
        assert self.weekday is not None
        weekday, count = self.weekday
        ahead = (weekday - at.weekday()) % 7
        return ahead + 7 * (count - (count > 0 and ahead != 0))

    def _take_clock(self, word: str, words: list[str]) -> bool:
        parts = word.split(":")
        hour, minute, second = int(parts[0]), int(parts[1]), float(parts[2]) if len(parts) > 2 else 0.0
        if words and words[0] in ("am", "pm"):
            if not 1 <= hour <= 12:
                return False
            hour = hour % 12 + (12 if words.pop(0) == "pm" else 0)
        self.clock = (hour, minute, second)
        return hour < 24 and minute < 60

    def _take_month(self, word: str, words: list[str]) -> bool:
        month = _MONTHS.index(word[:3]) + 1
        if not words or not words[0].isdigit():
            return False
        day, year = int(words.pop(0)), self.now.year
        if words and re.fullmatch(r"\d{4}", words[0]):
            year = int(words.pop(0))
        self.date = (year, month, day)
        return True

    def _take_day(self, day: int, words: list[str]) -> bool:
        month, year = _MONTHS.index(words.pop(0)[:3]) + 1, self.now.year
        if words and re.fullmatch(r"\d{4}", words[0]):
            year = int(words.pop(0))
        self.date = (year, month, day)
        return True

    def _take_zone(self, word: str) -> bool:
        digits = word[1:].replace(":", "")
        shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        self.zone = timezone(-shift if word[0] == "-" else shift)
        return True

    def _take_word(self, word: str, words: list[str]) -> bool:
        match word:
            case "now" | "today":
                return True
            case "yesterday" | "tomorrow":
                self.shift += 86400 if word == "tomorrow" else -86400
                return True
            case "utc" | "gmt" | "z":
                self.zone = timezone.utc
                return True
        if word[:3] in _DAYS and word.isalpha() and word not in _UNITS and not word.startswith(("month", "second")):
            self.weekday = (_DAYS.index(word[:3]), 0)
            return True
        return self._take_shift(word, words)

    def _take_shift(self, word: str, words: list[str]) -> bool:
        count = float(_NUMBERS[word]) if word in _NUMBERS else 1.0
        if word not in _NUMBERS and re.fullmatch(r"[+-]?\d+(\.\d+)?", word):
            count = float(word)
        elif word not in _NUMBERS:
            words.insert(0, word)
        if not words:
            return False
        unit = words.pop(0).removesuffix("s")
        if unit[:3] in _DAYS and word in ("next", "last", "this"):
            self.weekday = (_DAYS.index(unit[:3]), int(count))
            return True
        if words and words[0] == "ago":
            words.pop(0)
            count = -count
        if unit in ("month", "year"):
            self.months += int(count) * (12 if unit == "year" else 1)
        elif unit in _UNITS:
            self.shift += count * _UNITS[unit]
        else:
            return False
        return True
