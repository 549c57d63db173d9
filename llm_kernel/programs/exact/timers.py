"""``systemctl list-timers``: what the system does every day, when next and when last."""

from __future__ import annotations

from datetime import datetime, timedelta

from llm_kernel.machine import Machine

__all__ = ["timer_table"]

_TIMERS = {
    "debian": (
        ("apt-daily", 6, 17),
        ("apt-daily-upgrade", 6, 42),
        ("logrotate", 0, 0),
        ("man-db", 0, 0),
        ("systemd-tmpfiles-clean", 5, 33),
    ),
    "rhel": (("systemd-tmpfiles-clean", 5, 33),),
}
"""Each timer with the hour and the minute of its day; the one of temporary files counts from the boot."""


def timer_table(machine: Machine, *, legend: bool) -> str:
    """The timers by their next time."""
    now, boot = machine.clock.local, machine.clock.at(machine.system.boot)
    rows = []
    for name, hour, minute in _TIMERS[machine.system.profile.like]:
        after = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        after = after if after > now else after + timedelta(days=1)
        before = after - timedelta(days=1)
        past = (_moment(before), f"{_left(now - before)} ago") if before > boot else ("n/a", "n/a")
        rows.append((after, (_moment(after), f"{_left(after - now)} left", *past, f"{name}.timer", f"{name}.service")))
    cells = [("NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES"), *(row for _, row in sorted(rows))]
    cells = cells if legend else cells[1:]
    wide = [max(len(row[n]) for row in cells) for n in range(6)]
    lines = [" ".join(text.ljust(size) for text, size in zip(row, wide, strict=True)).rstrip() for row in cells]
    tail = f"\n{len(rows)} timers listed.\nPass --all to see loaded but inactive timers, too.\n" if legend else ""
    return "".join(f"{line}\n" for line in lines) + tail


def _moment(when: datetime) -> str:
    return f"{when:%a %Y-%m-%d %H:%M:%S} {when.tzname()}"


def _left(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours}h {minutes}min" if hours else f"{minutes}min {seconds % 60}s" if minutes else f"{seconds}s"
