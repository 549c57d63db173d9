"""``cal`` and ``timedatectl``."""

from __future__ import annotations

import calendar
from datetime import datetime, timezone
from zoneinfo import available_timezones

from llm_kernel.errors import Refused
from llm_kernel.machine.system import set_zone
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.moments import offset
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.programs.when import read_when
from llm_kernel.shell.call import Answer, Call

_MONTHS = [calendar.month_name[n] for n in range(13)]


@exact("cal")
def cal(call: Call) -> Answer:
    """``cal``: a month, three of them, or a year; Debian's has Sundays first and blank lines to the sixth week."""
    today = call.machine.clock.local.date()
    three = year_wanted = False
    monday = False
    numbers: list[str] = []
    for word in call.args:
        if word in (
            "-3",
            "-h",
            "-1",
            "-y",
            "-m",
            "-s",
            "-M",
            "-S",
            "--three",
            "--one",
            "--year",
            "--monday",
            "--sunday",
        ):
            three = three or word in ("-3", "--three")
            year_wanted = year_wanted or word in ("-y", "--year")
            monday = monday or word in ("-M", "--monday")
        elif word.startswith("-"):
            return Answer(stderr=f"cal: invalid option -- '{word[1:2]}'\nUsage: cal [-3hjy] [[month] year]\n", status=1)
        else:
            numbers.append(word)
    month, year = today.month, today.year
    if len(numbers) > 2:
        return Answer(stderr="Usage: cal [-3hjy] [[month] year]\n", status=1)
    if len(numbers) == 2:
        named = [n for n in range(1, 13) if numbers[0].isalpha() and _MONTHS[n].lower().startswith(numbers[0].lower())]
        month = named[0] if named else int(numbers[0]) if numbers[0].isdigit() else 0
        if not 1 <= month <= 12:
            return Answer(stderr=f"cal: {numbers[0]} is neither a month number (1..12) nor a name\n", status=1)
    if numbers:
        year = int(numbers[-1]) if numbers[-1].isdigit() else 0
        if not 1 <= year <= 9999:
            return Answer(stderr=f"cal: year `{numbers[-1]}' not in range 1..9999\n", status=1)
    padded = call.machine.system.profile.like == "debian"
    first = 0 if monday else 6
    if year_wanted or len(numbers) == 1:
        rows = [f"{year:^66}".rstrip() if not padded else f"{year:>34}{'':32}"]
        for quarter in range(0, 12, 3):
            rows += _beside([_month(year, quarter + n, first, titled=False) for n in (1, 2, 3)])
        return Answer(_lines(rows, padded=padded))
    if three:
        around = [(year + (month + n - 1) // 12, (month + n - 1) % 12 + 1) for n in (-1, 0, 1)]
        return Answer(_lines(_beside([_month(y, m, first, titled=True) for y, m in around]), padded=padded))
    return Answer(_lines(_month(year, month, first, titled=True), padded=padded))


def _month(year: int, month: int, first: int, *, titled: bool) -> list[str]:
    """Eight lines of 20 characters: title, days, six weeks."""
    names = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
    title = f"{_MONTHS[month]} {year}" if titled else _MONTHS[month]
    weeks = calendar.Calendar(first).monthdayscalendar(year, month)
    lines = [" ".join(f"{day or '':>2}" for day in week) for week in weeks]
    lines += [" " * 20] * (6 - len(lines))
    return [f"{title:^20}", " ".join(names[first:] + names[:first]), *lines]


def _beside(months: list[list[str]]) -> list[str]:
    return ["  ".join(parts) for parts in zip(*months, strict=True)]


def _lines(rows: list[str], *, padded: bool) -> str:
    if padded:
        return "".join(f"{row}  \n" for row in rows)
    return "".join(f"{row.rstrip()}\n" for row in rows)


@exact("timedatectl")
def timedatectl(call: Call) -> Answer:
    """``timedatectl``: the status; root may set the zone and the time."""
    words = [word for word in call.args if not word.startswith("-")]
    match words:
        case [] | ["status"]:
            return Answer(_status(call))
        case ["set-timezone", name]:
            return _set_zone(call, name)
        case ["set-time", text]:
            moment = read_when(text, call.machine.clock.local)
            if moment is None:
                return Answer(stderr=f"Failed to parse time specification '{text}': Invalid argument\n", status=1)
            if caller(call) != "root":
                return _denied("set time")
            call.machine.clock.set(float(moment[0]))
            return Answer()
        case ["list-timezones"]:
            return Answer("".join(f"{name}\n" for name in _zones()))
        case ["show"]:
            zone = "Etc/UTC" if call.machine.clock.zone == "UTC" else call.machine.clock.zone
            return Answer(f"Timezone={zone}\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=yes\n")
        case ["set-ntp", "1" | "yes" | "true" | "on"] | ["set-local-rtc", "0" | "no" | "false" | "off"]:
            return Answer() if caller(call) == "root" else _denied("set ntp")
        case ["set-timezone" | "set-time" | "set-ntp" | "set-local-rtc", *rest] if len(rest) != 1:
            return Answer(stderr=f"Too {'many' if rest else 'few'} arguments.\n", status=1)
        case ["set-ntp" | "set-local-rtc" | "show-timesync" | "timesync-status", *_]:
            raise NotExact(call.name)
        case _:
            verb = words[0]
            return Answer(stderr=f"Unknown operation {verb}.\n", status=1)


def _zones() -> list[str]:
    """The zones by their places, as the list of the system has them."""
    areas = "Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific".split()
    return sorted(name for name in available_timezones() if name.partition("/")[0] in areas or name == "UTC")


def _set_zone(call: Call, name: str) -> Answer:
    if caller(call) != "root":
        return _denied("set time zone")
    try:
        set_zone(call.machine.clock, name)
    except Refused:
        return Answer(stderr=f"Failed to set time zone: Invalid or not installed time zone '{name}'\n", status=1)
    call.machine.follow()
    return Answer()


def _denied(what: str) -> Answer:
    return Answer(stderr=f"Failed to {what}: Interactive authentication required.\n", status=1)


def _status(call: Call) -> str:
    clock = call.machine.clock
    local: datetime = clock.local
    utc = datetime.fromtimestamp(clock.now, timezone.utc)
    zone = "Etc/UTC" if clock.zone == "UTC" else clock.zone
    made = call.machine.system.profile
    new = made.since("libc", "2.30")
    rows: tuple[tuple[str, str], ...] = (
        ("Local time", f"{local:%a %Y-%m-%d %H:%M:%S} {local.tzname()}"),
        ("Universal time", f"{utc:%a %Y-%m-%d %H:%M:%S} UTC"),
        ("RTC time", f"{utc:%a %Y-%m-%d %H:%M:%S}"),
        ("Time zone", f"{zone} ({local.tzname()}, {offset(local)})"),
        ("System clock synchronized", "yes"),
        ("NTP service" if new else "systemd-timesyncd.service active", "active" if new else "yes"),
        ("RTC in local TZ", "no"),
    )
    if made.os == "centos":
        rows = (*rows[:4], ("NTP enabled", "yes"), ("NTP synchronized", "yes"), ("RTC in local TZ", "no"))
        rows = (*rows, ("DST active", "n/a" if clock.zone == "UTC" else "yes" if local.dst() else "no"))
    width = 16 if made.os == "centos" else max(len(title) for title, _ in rows)
    return "".join(f"{title:>{width}}: {text}\n" for title, text in rows)
