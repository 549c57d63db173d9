"""The columns of ``ps``: each a title, a width and a value read from the process table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from llm_kernel.machine import Machine, busy
from llm_kernel.machine.process_facts import (
    command_name,
    is_kernel,
    session,
    shared,
    threads,
    user_ids,
    virtual,
)
from llm_kernel.machine.processes import Process

__all__ = ["FIELDS", "Field", "View", "command_name", "share", "virtual"]


@dataclass(frozen=True, slots=True)
class View:
    """A process with the machine it runs on; ``branch`` is the drawing before its command in a tree.

    ``thread`` is the one of its threads that the row is for (0: all), ``environment`` whether that follows the command.
    """

    process: Process
    machine: Machine
    branch: str = ""
    thread: int = 0
    environment: bool = False

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


def share(view: View) -> float:
    """Percent of one processor over the process's life."""
    return busy.share(view.machine, view.process)


def _uid(view: View) -> int:
    return user_ids(view.machine, view.process)[0]


def _gid(view: View) -> int:
    return user_ids(view.machine, view.process)[1]


def _user(view: View) -> str:
    return view.process.user


def _group(view: View) -> str:
    return view.machine.system.group_name(_gid(view))


def _percent(value: float) -> str:
    tenths = int(value * 10 + 1e-6)
    return f"{tenths // 10}.{tenths % 10}" if tenths < 1000 else str(tenths // 10)


def _memory(view: View) -> float:
    return 100 * view.process.rss / 1024 / view.machine.system.total_kb


def _stat(view: View) -> str:
    process = view.process
    many = "l" if threads(process) > 1 and not view.thread else ""
    polite = "N" if process.nice > 0 else "<" if process.nice < 0 else ""
    if process.tty == "?":
        return process.state + ("" if is_kernel(process) else f"{polite}s{many}")
    shell = process.command[:1] == ("-bash",)
    front = "" if (shell and process.state == "S") or _in_background(view) else "+"
    return process.state + polite + ("s" if shell else "") + many + front


def _in_background(view: View) -> bool:
    """Whether a signal finds a job there: it, or the shell that it was started by, runs beside the login shell."""
    processes = view.machine.processes
    one: Process | None = view.process
    while one is not None and one.pid != processes.shell:
        if one.background:
            return True
        one = processes.table.get(one.ppid)
    return False


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
    other = " " if view.machine.system.profile.since("procps", "4.0") else "?"
    text = view.branch + re.sub(r"[\x00-\x1f\x7f]", other, " ".join(view.process.command))
    return f"{text} LANG=C.UTF-8" if view.environment and not is_kernel(view.process) else text


def _priority(view: View) -> int:
    return 20 + view.process.nice


def _wait(view: View) -> str:
    return "-" if view.process.state == "R" else "do_wai" if view.process.command[:1] == ("-bash",) else "-"


def _unit(view: View) -> str:
    process = view.process
    if is_kernel(process):
        return "-"
    return (
        "init.scope"
        if process.pid == 1
        else "session-1.scope"
        if process.tty != "?"
        else f"{command_name(process)}.service"
    )


def _slice(view: View) -> str:
    process = view.process
    return (
        "-.slice"
        if process.pid == 1 or is_kernel(process)
        else f"user-{_uid(view)}.slice"
        if process.tty != "?"
        else "system.slice"
    )


def _cgroup(view: View) -> str:
    if is_kernel(view.process):
        return "-"
    if view.process.pid == 1:
        return "0::/init.scope"
    return (
        f"0::/user.slice/{_slice(view)}/{_unit(view)}" if view.process.tty != "?" else f"0::/system.slice/{_unit(view)}"
    )


def _session(view: View) -> int:
    return session(view.process, view.machine.processes.table)


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
    "ni": _number(lambda v: v.process.nice, "NI", 3),
    "pri": _number(lambda v: 19 - v.process.nice, "PRI", 3),
    "opri": _number(lambda v: 80 + v.process.nice, "PRI", 3),
    "addr_sz": _text(lambda v: f"- {virtual(v.process) // 4:>5}", "ADDR SZ", 7),
    "nlwp": _number(lambda v: threads(v.process), "NLWP", 4),
    "c": _number(lambda v: min(99, int(share(v))), "C", 2),
    "f": _number(lambda v: 4 if v.process.pid != 2 and v.process.tty == "?" else 0, "F", 1),
    "wchan": _text(_wait, "WCHAN", 6),
    "priority": _number(_priority, "PRI", 3),
    "egid": _number(_gid, "GID", 5),
    "lwp": _number(lambda v: v.thread or v.process.pid, "LWP"),
    "spid": _number(lambda v: v.thread or v.process.pid, "SPID"),
    "tid": _number(lambda v: v.thread or v.process.pid, "TID"),
    "tgid": _number(lambda v: v.process.pid, "TGID"),
    "cls": _text(lambda v: "TS", "CLS", 3),
    "policy": _text(lambda v: "TS", "POL", 3),
    "rtprio": Field("RTPRIO", 6, lambda v: "-", key=lambda v: 0),
    "drs": _number(lambda v: max(0, virtual(v.process) - 920), "DRS", 5),
    "trs": _number(lambda v: 920 if v.process.rss else 0, "TRS", 4),
    "size": _number(lambda v: max(0, virtual(v.process) // 3), "SIZE", 5),
    "maj_flt": _number(lambda v: 0, "MAJFL", 6),
    "min_flt": _number(lambda v: v.process.rss // 4096, "MINFL", 6),
    "pss": _number(lambda v: v.process.rss // 1024 - shared(v.process) // 2, "PSS", 5),
    "uss": _number(lambda v: v.process.rss // 1024 - shared(v.process), "USS", 5),
    "unit": _text(_unit, "UNIT", 31),
    "slice": _text(_slice, "SLICE", 31),
    "cgroup": _text(_cgroup, "CGROUP", 27),
    "label": _text(lambda v: "unconfined", "LABEL", 31),
    "lsession": _text(lambda v: "1" if v.process.tty != "?" else "-", "SESSION", 11),
    "machine": _text(lambda v: "-", "MACHINE", 31),
    "exe": _text(lambda v: v.process.command[0].lstrip("-") if v.process.rss else "-", "EXE", 27),
    "times": _number(lambda v: int(v.process.cpu), "TIME", 5),
    "sgi_p": Field(
        "P", 1, lambda v: str(v.process.pid % v.machine.system.cpu.cores) if v.process.state == "R" else "*"
    ),
    "numa": _number(lambda v: 0, "NUMA", 4),
    "flags": _number(lambda v: 4 if v.process.pid != 2 and v.process.tty == "?" else 0, "F", 1),
    "oom": _number(lambda v: 0, "OOM", 4),
    "blocked": Field("BLOCKED", 16, lambda v: f"{0:016x}"),
    "caught": Field("CAUGHT", 16, lambda v: f"{0:016x}"),
    "ignored": Field("IGNORED", 16, lambda v: f"{0:016x}"),
    "pending": Field("PENDING", 16, lambda v: f"{0:016x}"),
    "stackp": Field("STACKP", 16, lambda v: f"{0x7FFC00000000 + v.process.pid * 0x1000:016x}"),
    "esp": Field("ESP", 16, lambda v: f"{0:016x}"),
    "eip": Field("EIP", 16, lambda v: f"{0:016x}"),
    "tmout": Field("TMOUT", 5, lambda v: "-"),
    "alarm": Field("ALARM", 5, lambda v: "-"),
    "psr": _number(lambda v: v.process.pid % v.machine.system.cpu.cores, "PSR", 3),
}
_SAME = {
    **dict.fromkeys(("fuser", "suser"), "user"),
    **dict.fromkeys(("fgroup", "sgroup", "supgrp"), "group"),
    **dict.fromkeys(("gid", "rgid", "fgid", "sgid", "svgid", "supgid"), "egid"),
    **dict.fromkeys(("fuid", "suid", "svuid"), "uid"),
    **dict.fromkeys(("class", "sched"), "cls"),
    **dict.fromkeys(("dsiz",), "drs"),
    **dict.fromkeys(("tsiz",), "trs"),
    **dict.fromkeys(("majflt", "pagein"), "maj_flt"),
    **dict.fromkeys(("minflt",), "min_flt"),
    **dict.fromkeys(("uunit",), "unit"),
    **dict.fromkeys(("cputimes",), "times"),
    **dict.fromkeys(("cpuid", "sgi_rss"), "psr"),
    **dict.fromkeys(("flag",), "flags"),
    **dict.fromkeys(("context",), "label"),
    **dict.fromkeys(("sig_block", "sigmask"), "blocked"),
    **dict.fromkeys(("sig_catch", "sigcatch"), "caught"),
    **dict.fromkeys(("sig_ignore", "sigignore"), "ignored"),
    **dict.fromkeys(("sig_pend", "sig"), "pending"),
    **dict.fromkeys(("sgi",), "sgi_p"),
    **dict.fromkeys(("ctid",), "tid"),
    **dict.fromkeys(("oomadj",), "oom"),
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
