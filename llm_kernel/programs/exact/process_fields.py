"""The columns of ``ps``: each a title, a width and a value read from the process table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process

__all__ = ["FIELDS", "Field", "View", "command_name", "share", "virtual"]


@dataclass(frozen=True, slots=True)
class View:
    """A process with the machine it runs on; ``branch`` is the drawing before its command in a tree."""

    process: Process
    machine: Machine
    branch: str = ""

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return max(0.0, self.machine.clock.now - self.process.start)


@dataclass(frozen=True, slots=True)
class Field:
    """One column; a width of 0 is that of a process number."""

    title: str
    width: int
    read: Callable[[View], str]
    left: bool = False
    key: Callable[[View], float | str] | None = None


def command_name(process: Process) -> str:
    """The program's own name, as the kernel keeps it: 15 characters."""
    word = process.command[0] if process.command else ""
    if word.startswith("["):
        return word.strip("[]")
    name = word.removeprefix("-").rpartition("/")[2]
    return "systemd" if process.pid == 1 and name == "init" else name[:15]


def share(view: View) -> float:
    """Percent of one processor over the process's life."""
    return 100 * view.process.cpu / view.age if view.age > 0 else 0.0


def virtual(process: Process) -> int:
    """The address space in KiB, which is what is resident and some that is not; more where a GPU is mapped."""
    if not process.rss:
        return 0
    own = process.rss // 1024
    return (
        own * 2
        + 3_000
        + crc32(" ".join(process.command).encode()) % 9_000 // 4 * 4
        + (12_000_000 if process.gpu else 0)
    )


def _uid(view: View) -> int:
    account = view.machine.system.account(view.process.user)
    return account.uid if account else 65534


def _user(view: View) -> str:
    return view.process.user


def _group(view: View) -> str:
    account = view.machine.system.account(view.process.user)
    return view.machine.system.group_name(account.gid) if account else "nogroup"


def _percent(value: float) -> str:
    tenths = int(value * 10 + 1e-6)
    return f"{tenths // 10}.{tenths % 10}" if tenths < 1000 else str(tenths // 10)


def _memory(view: View) -> float:
    return 100 * view.process.rss / 1024 / view.machine.system.total_kb


def _stat(view: View) -> str:
    process = view.process
    kernel = process.ppid == 2 or process.pid == 2
    text = process.state
    if process.tty == "?":
        return text if kernel else f"{text}s"
    shell = process.command[:1] == ("-bash",)
    return (
        text + ("s" if shell else "") + ("l" if process.gpu else "") + ("" if shell and process.state == "S" else "+")
    )


def _clock(seconds: float, *, short: bool) -> str:
    whole = int(seconds)
    if short:
        return f"{whole // 60}:{whole % 60:02d}"
    days, rest = divmod(whole, 86400)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days}-{text}" if days else text


def _elapsed(view: View) -> str:
    text = _clock(view.age, short=False)
    return text.removeprefix("00:") if view.age < 3600 else text


def _at(view: View) -> datetime:
    return view.machine.clock.at(view.process.start)


def _started(view: View) -> str:
    now = view.machine.clock.local
    if view.age < 86400:
        return _at(view).strftime("%H:%M")
    return _at(view).strftime("%b%d") if _at(view).year == now.year else _at(view).strftime("%Y")


def _arguments(view: View) -> str:
    return view.branch + " ".join(view.process.command)


def _session(view: View) -> int:
    process, table = view.process, view.machine.processes.table
    while process.tty != "?" and process.command[:1] != ("-bash",) and process.ppid in table:
        process = table[process.ppid]
    return process.pid if process.pid != 2 and process.ppid != 2 else 0


def _number(value: Callable[[View], float], title: str, width: int = 0) -> Field:
    return Field(title, width, lambda view: f"{value(view):.0f}", key=value)


def _text(value: Callable[[View], str], title: str, width: int) -> Field:
    return Field(title, width, value, left=True, key=value)


_ROWS: dict[str, Field] = {
    "pid": _number(lambda v: v.process.pid, "PID"),
    "ppid": _number(lambda v: v.process.ppid, "PPID"),
    "pgid": _number(lambda v: v.process.pid, "PGID"),
    "sid": _number(_session, "SID"),
    "tpgid": _number(lambda v: -1 if v.process.tty == "?" else v.process.pid, "TPGID"),
    "user": _text(_user, "USER", 8),
    "uid_name": _text(_user, "UID", 8),
    "uid": _number(_uid, "UID", 5),
    "group": _text(_group, "GROUP", 8),
    "comm": _text(lambda v: v.branch + command_name(v.process), "COMMAND", 15),
    "ucmd": _text(lambda v: v.branch + command_name(v.process), "CMD", 15),
    "args": _text(_arguments, "COMMAND", 27),
    "cmd": _text(_arguments, "CMD", 27),
    "%cpu": Field("%CPU", 4, lambda v: _percent(share(v)), key=share),
    "%mem": Field("%MEM", 4, lambda v: _percent(_memory(v)), key=_memory),
    "vsz": _number(lambda v: virtual(v.process), "VSZ", 6),
    "rss": _number(lambda v: v.process.rss // 1024, "RSS", 5),
    "sz": _number(lambda v: virtual(v.process) // 4, "SZ", 5),
    "tname": _text(lambda v: v.process.tty, "TTY", 8),
    "tt": _text(lambda v: v.process.tty, "TT", 8),
    "stat": _text(_stat, "STAT", 4),
    "s": _text(lambda v: v.process.state, "S", 1),
    "start": Field(
        "STARTED", 8, lambda v: _at(v).strftime("%H:%M:%S" if v.age < 86400 else "  %b %d"), key=lambda v: -v.age
    ),
    "start_time": Field("START", 5, _started, key=lambda v: -v.age),
    "stime": Field("STIME", 5, _started, key=lambda v: -v.age),
    "lstart": Field("STARTED", 24, lambda v: _at(v).strftime("%a %b %e %H:%M:%S %Y"), key=lambda v: -v.age),
    "time": Field("TIME", 8, lambda v: _clock(v.process.cpu, short=False), key=lambda v: v.process.cpu),
    "bsdtime": Field("TIME", 6, lambda v: _clock(v.process.cpu, short=True), key=lambda v: v.process.cpu),
    "etime": Field("ELAPSED", 11, _elapsed, key=lambda v: v.age),
    "etimes": _number(lambda v: int(v.age), "ELAPSED", 7),
    "ni": _number(lambda v: 0, "NI", 3),
    "pri": _number(lambda v: 19, "PRI", 3),
    "opri": _number(lambda v: 80, "PRI", 3),
    "addr_sz": _text(lambda v: f"- {virtual(v.process) // 4:>5}", "ADDR SZ", 7),
    "nlwp": _number(lambda v: 9 if v.process.gpu else 1, "NLWP", 4),
    "c": _number(lambda v: min(99, int(share(v))), "C", 2),
    "f": _number(lambda v: 4 if v.process.pid != 2 and v.process.tty == "?" else 0, "F", 1),
    "wchan": _text(lambda v: "-", "WCHAN", 6),
    "psr": _number(lambda v: v.process.pid % v.machine.system.cpu.cores, "PSR", 3),
}
_SAME = {
    **dict.fromkeys(("euser", "ruser", "uname", "u"), "user"),
    **dict.fromkeys(("command",), "args"),
    **dict.fromkeys(("pcpu", "cp"), "%cpu"),
    **dict.fromkeys(("pmem",), "%mem"),
    **dict.fromkeys(("vsize",), "vsz"),
    **dict.fromkeys(("rssize", "rsz"), "rss"),
    **dict.fromkeys(("tty",), "tt"),
    **dict.fromkeys(("state",), "s"),
    **dict.fromkeys(("euid", "ruid"), "uid"),
    **dict.fromkeys(("egroup", "rgroup"), "group"),
    **dict.fromkeys(("pgrp",), "pgid"),
    **dict.fromkeys(("sess", "session"), "sid"),
    **dict.fromkeys(("cputime",), "time"),
    **dict.fromkeys(("ucomm",), "comm"),
    **dict.fromkeys(("nice",), "ni"),
    **dict.fromkeys(("thcount",), "nlwp"),
}
FIELDS: dict[str, Field] = {**_ROWS, **{name: _ROWS[same] for name, same in _SAME.items()}}
"""Every column by each of its names."""
