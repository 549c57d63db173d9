"""Moments as ``ls`` and ``stat`` print them: formats of ``date`` filled in without the host's locale or zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

__all__ = ["HALF_YEAR", "filled", "nanoseconds_of", "offset"]

HALF_YEAR = 31556952 / 2
"""The seconds after which ``ls`` shows a year in place of the time of day."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_FIELD = re.compile(r"%(?P<flag>[-_0^]?)(?P<code>:?[a-zA-Z%])")
_SPACED = frozenset("ekl")


def nanoseconds_of(moment: float) -> int:
    """The nanoseconds in the second of ``moment``, as far as a float of Unix seconds holds them."""
    return min(round(moment % 1 * 1_000_000), 999_999) * 1000


def filled(form: str, moment: datetime, nanoseconds: int = 0) -> str:
    """``form`` with its ``%`` fields filled from ``moment`` and the ``nanoseconds`` of its second."""

    def fill(found: re.Match[str]) -> str:
        text = _field(found["code"], moment, nanoseconds)
        match found["flag"]:
            case "-":
                return text.lstrip("0 ") or "0" if text[-1:].isdigit() else text
            case "_":
                digits = text.lstrip("0 ") or "0"
                return digits.rjust(len(text)) if text[-1:].isdigit() else text
            case "0":
                return text.replace(" ", "0") if found["code"] in _SPACED else text
            case "^":
                return text.upper()
            case _:
                return text

    return _FIELD.sub(fill, form)


def _field(code: str, at: datetime, nanoseconds: int) -> str:
    match code:
        case "N":
            return f"{nanoseconds:09d}"
        case "s":
            return str(int(at.timestamp()))
        case "z":
            return offset(at)
        case ":z":
            return offset(at, ":")
        case "Z":
            return at.tzname() or "UTC"
        case "b" | "h":
            return _MONTHS[at.month - 1][:3]
        case "B":
            return _MONTHS[at.month - 1]
        case "a":
            return _DAYS[at.weekday()][:3]
        case "A":
            return _DAYS[at.weekday()]
        case _:
            return _numbers(code, at)


def _numbers(code: str, at: datetime) -> str:
    if code in _LONGER:
        return filled(_LONGER[code], at)
    return _PLAIN[code](at) if code in _PLAIN else f"%{code}"


_PLAIN: dict[str, Callable[[datetime], str]] = {
    "Y": lambda at: f"{at.year}",
    "C": lambda at: f"{at.year // 100:02d}",
    "y": lambda at: f"{at.year % 100:02d}",
    "m": lambda at: f"{at.month:02d}",
    "d": lambda at: f"{at.day:02d}",
    "e": lambda at: f"{at.day:2d}",
    "H": lambda at: f"{at.hour:02d}",
    "k": lambda at: f"{at.hour:2d}",
    "I": lambda at: f"{at.hour % 12 or 12:02d}",
    "l": lambda at: f"{at.hour % 12 or 12:2d}",
    "M": lambda at: f"{at.minute:02d}",
    "S": lambda at: f"{at.second:02d}",
    "j": lambda at: f"{at.timetuple().tm_yday:03d}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "P": lambda at: "am" if at.hour < 12 else "pm",
    "u": lambda at: str(at.isoweekday()),
    "w": lambda at: str(at.isoweekday() % 7),
    "V": lambda at: f"{at.isocalendar()[1]:02d}",
    "G": lambda at: str(at.isocalendar()[0]),
    "n": lambda at: "\n",
    "t": lambda at: "\t",
    "%": lambda at: "%",
}
_LONGER = {
    "F": "%Y-%m-%d",
    "T": "%H:%M:%S",
    "R": "%H:%M",
    "D": "%m/%d/%y",
    "c": "%a %b %e %H:%M:%S %Y",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "r": "%I:%M:%S %p",
}


def offset(at: datetime, mark: str = "") -> str:
    """The zone of ``at`` as ``+0100``."""
    shift = at.utcoffset() or timedelta()
    minutes = abs(int(shift.total_seconds())) // 60
    return f"{'-' if shift < timedelta() else '+'}{minutes // 60:02d}{mark}{minutes % 60:02d}"
