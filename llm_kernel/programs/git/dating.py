"""Dates of commits as git prints them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from llm_kernel.programs.git.objects import Person
from llm_kernel.programs.moments import filled

__all__ = ["dated"]

_DAY = 86400


def dated(person: Person, form: str = "default", now: float = 0.0) -> str:
    """When ``person`` did it, in the form of ``--date``."""
    sign = -1 if person.zone.startswith("-") else 1
    shift = timedelta(hours=int(person.zone[1:3]), minutes=int(person.zone[3:5])) * sign
    at = datetime.fromtimestamp(person.when, timezone(shift))
    if form.startswith("format:"):
        return filled(form[7:], at)
    match form:
        case "iso" | "iso8601":
            return filled("%Y-%m-%d %H:%M:%S ", at) + person.zone
        case "iso-strict" | "iso8601-strict":
            zone = "Z" if person.zone == "+0000" else f"{person.zone[:3]}:{person.zone[3:]}"
            return filled("%Y-%m-%dT%H:%M:%S", at) + (zone if zone != "Z" else "+00:00")
        case "short":
            return filled("%Y-%m-%d", at)
        case "rfc" | "rfc2822":
            return re.sub(r" +", " ", filled("%a, %e %b %Y %H:%M:%S ", at)) + person.zone
        case "raw":
            return f"{person.when} {person.zone}"
        case "unix":
            return str(person.when)
        case "relative":
            return _ago(int(now) - person.when)
    return re.sub(r" +", " ", filled("%a %b %e %H:%M:%S %Y ", at)) + person.zone


def _ago(seconds: int) -> str:
    if seconds < 0:
        return "in the future"
    if seconds < 90:
        return _so_many(seconds, "second")
    if (minutes := (seconds + 30) // 60) < 90:
        return _so_many(minutes, "minute")
    if (hours := (minutes + 30) // 60) < 36:
        return _so_many(hours, "hour")
    if (days := (hours + 12) // 24) < 14:
        return _so_many(days, "day")
    if days < 70:
        return _so_many((days + 3) // 7, "week")
    if days < 365:
        return _so_many((days + 15) // 30, "month")
    if days < 1825:
        months = (days * 12 * 2 + 365) // (365 * 2)
        years, rest = divmod(months, 12)
        first = f"{years} year{'' if years == 1 else 's'}"
        return f"{first}, {_so_many(rest, 'month')}" if rest else f"{first} ago"
    return _so_many((days + 183) // 365, "year")


def _so_many(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
