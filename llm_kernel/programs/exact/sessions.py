"""How the machine is doing: ``uptime``, ``w``, ``who``, ``top -b``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from llm_kernel.machine import Machine, busy
from llm_kernel.machine.busy import load_average
from llm_kernel.machine.memory import Memory, memory
from llm_kernel.machine.process_facts import shared, user_ids
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.process_fields import View, command_name, share, virtual
from llm_kernel.programs.exact.rounds import report_rounds
from llm_kernel.programs.options import Options
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import NotExact, exact, live
from llm_kernel.shell.call import Answer, Call, Io

_FROM = "192.168.1.100"
"""Where the one session comes from."""

_UPTIME_USAGE = """
Usage:
 uptime [options]

Options:
 -p, --pretty   show uptime in pretty format
 -h, --help     display this help and exit
 -s, --since    system up since
 -V, --version  output version information and exit

For more details see uptime(1).
"""


@exact("uptime")
def uptime(call: Call) -> Answer:
    """``uptime``."""
    machine = call.machine
    for word in call.args:
        match word:
            case "-p" | "--pretty":
                return Answer(f"up {_pretty(machine)}\n")
            case "-s" | "--since":
                return Answer(machine.clock.at(machine.system.boot).strftime("%Y-%m-%d %H:%M:%S\n"))
            case "-h" | "--help":
                return Answer(_UPTIME_USAGE)
            case "-V" | "--version":
                return Answer(f"uptime from procps-ng {machine.system.profile.procps}\n")
            case _ if word.startswith("--"):
                return Answer(stderr=f"uptime: unrecognized option '{word}'\n{_UPTIME_USAGE}", status=1)
            case _ if word.startswith("-") and len(word) > 1:
                return Answer(stderr=f"uptime: invalid option -- '{word[1]}'\n{_UPTIME_USAGE}", status=1)
            case _:
                return Answer(stderr=_UPTIME_USAGE, status=1)
    return Answer(_headline(machine) + "\n")


def _headline(machine: Machine) -> str:
    one, five, fifteen = load_average(machine)
    load = f"load average: {one:.2f}, {five:.2f}, {fifteen:.2f}"
    return f" {machine.clock.local:%H:%M:%S} {_up(machine)},  1 user,  {load}"


def _up(machine: Machine) -> str:
    minutes = int((machine.clock.now - machine.system.boot) // 60)
    days, rest = divmod(max(0, minutes), 1440)
    text = f"{days} day{'' if days == 1 else 's'}, " if days else ""
    return f"up {text}" + (f"{rest // 60:2d}:{rest % 60:02d}" if rest >= 60 else f"{rest} min")


def _pretty(machine: Machine) -> str:
    minutes = max(0, int((machine.clock.now - machine.system.boot) // 60))
    parts = []
    for name, size in (("year", 525600), ("week", 10080), ("day", 1440), ("hour", 60), ("minute", 1)):
        count, minutes = divmod(minutes, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return ", ".join(parts) or "0 minutes"


@exact("w")
def w(call: Call) -> Answer:
    """``w``: the one session, and what it runs."""
    machine = call.machine
    flags = {letter for word in call.args if word.startswith("-") for letter in word[1:]}
    users = [word for word in call.args if not word.startswith("-")]
    if flags - set("hsufiopV"):
        usage = "\nUsage:\n w [options]\n\nFor more details see w(1).\n"
        return Answer(stderr=f"w: invalid option -- '{min(flags - set('hsufiopV'))}'\n{usage}", status=1)
    rows = (
        []
        if "h" in flags
        else [_headline(machine), "USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT"]
    )
    if not users or machine.system.user in users:
        login = machine.clock.at(machine.login)
        age = machine.clock.now - machine.login
        since = f"{login:%H:%M}" if age < 43200 else f"{login:%a%H}" if age < 604800 else f"{login:%d%b%y}"
        rows.append(f"{machine.system.user:<8} pts/0    {_FROM:<16} {since:<7}  0.00s  0.05s  0.00s w")
    return Answer("".join(f"{row}\n" for row in rows))


_WHO = Options(
    "a,all b,boot d,dead H,heading l,login lookup m p,process q,count r,runlevel s,short t,time T,w,mesg message"
    " writable u,users",
    usage="[OPTION]... [ FILE | ARG1 ARG2 ]",
    about="Print information about users who are currently logged in.",
    authors="Joseph Arceneaux, David MacKenzie, and Michael Stone",
)


@exact("who")
def who(call: Call) -> Answer:
    """``who``: the one session."""
    parsed = _WHO.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if len(parsed.operands) > 2:
        return _WHO.refuse(call, f"extra operand {said(parsed.operands[2], call.env)}")
    machine = call.machine
    user = machine.system.user
    if "count" in parsed:
        return Answer(f"{user}\n# users=1\n")
    if "boot" in parsed:
        boot = machine.clock.at(machine.system.boot)
        return Answer(f"         system boot  {boot:%Y-%m-%d %H:%M}\n")
    title = "NAME     LINE         TIME             COMMENT\n" if "heading" in parsed else ""
    login = machine.clock.at(machine.login)
    return Answer(f"{title}{user:<8} pts/0        {login:%Y-%m-%d %H:%M} ({_FROM})\n")


_TOP_USAGE = "  Usage:\n    top -hv | -bciHs -d secs -n max -u|U user -p pid(s) -o field\n"
_TOP_KEYS: dict[str, Callable[[View], float]] = {
    "%CPU": share,
    "%MEM": lambda view: view.process.rss,
    "PID": lambda view: view.process.pid,
    "RES": lambda view: view.process.rss,
    "TIME+": lambda view: view.process.cpu,
    "TIME": lambda view: view.process.cpu,
    "PPID": lambda view: view.process.ppid,
    "SHR": lambda view: shared(view.process),
    "UID": lambda view: user_ids(view.machine, view.process)[0],
    "PR": lambda view: 20 + view.process.nice,
    "NI": lambda view: view.process.nice,
    "VIRT": lambda view: virtual(view.process),
}


@dataclass(slots=True)
class _TopWish:
    """What ``top`` is asked for; ``answer`` is set where that is all there is to say."""

    batch: bool = False
    count: int = 0
    delay: float = 3.0
    key: str = "%CPU"
    pids: set[int] = field(default_factory=set)
    user: str = ""
    unit: str = ""
    width: int = 0
    ascending: bool = False
    letters: set[str] = field(default_factory=set)
    answer: Answer | None = None


@live("top")
async def top(call: Call, io: Io) -> int:
    """``top`` in batch mode; without ``-b`` it wants a terminal, which a cell does not have."""
    wish = _read_top(call)
    if not wish.answer and not wish.batch:
        raise NotExact(call.name)  # the shell says that there is no screen
    if wish.answer:
        await io.out(wish.answer.stdout)
        await io.err(wish.answer.stderr)
        return wish.answer.status
    return await report_rounds(
        call, io, lambda n: ("\n" if n else "") + _screen(call, wish), count=wish.count or None, seconds=wish.delay
    )


def _read_top(call: Call) -> _TopWish:
    wish, args = _TopWish(), list(call.args)
    while args and not wish.answer:
        letters = args.pop(0).lstrip("-")
        while letters and not wish.answer:
            letter, letters = letters[0], letters[1:]
            if letter in "ndpuUo":
                value, letters = letters or (args.pop(0) if args else ""), ""
                _top_value(wish, letter, value)
            elif letter in "hv":
                wish.answer = Answer(f"  procps-ng {call.machine.system.profile.procps}\n{_TOP_USAGE}")
            elif letter in "Ee":
                value, letters = letters or (args.pop(0) if args else ""), ""
                wish.unit = value if letter == "E" else wish.unit
                if not value or value not in "kmgtpe":
                    wish.answer = Answer(stderr=f"top: unrecognized memory scale '{value}'\n", status=1)
            elif letter == "w":
                if letters.isdigit() or (not letters and args and args[0].isdigit()):
                    wish.width, letters = int(letters or args.pop(0)), ""
            elif letter in "bciHsS1O":
                wish.batch = wish.batch or letter == "b"
                wish.letters.add(letter)
            else:
                wish.answer = Answer(stderr=f"top: unknown option '{letter}'\n{_TOP_USAGE}", status=1)
    return wish


def _top_value(wish: _TopWish, letter: str, value: str) -> None:
    match letter:
        case "n" if value.isdigit() and value != "0":
            wish.count = int(value)
        case "n":
            wish.answer = Answer(stderr=f"top: bad iterations argument '{value}'\n", status=1)
        case "d" if re.fullmatch(r"\d+(\.\d+)?", value):
            wish.delay = float(value)
        case "d":
            wish.answer = Answer(stderr=f"top: bad delay interval '{value}'\n", status=1)
        case "o" if value.lstrip("+-") in _TOP_KEYS:
            wish.key, wish.ascending = value.lstrip("+-"), value.startswith("-")
        case "o":
            wish.answer = Answer(stderr=f"top: unrecognized field name '{value}'\n", status=1)
        case "p":
            wish.pids |= {int(part) for part in value.split(",") if part.isdigit()}
        case _:
            wish.user = value


def _screen(call: Call, wish: _TopWish) -> str:
    table, now = call.machine.processes, memory(call.machine)
    living = table.table.get(call.pid)
    own = living or table.spawn(("top", *call.args), user=caller(call), now=call.machine.clock.now, cwd=call.cwd)
    own.state, own.rss = "R", 4_001_792
    try:
        views = [View(process, call.machine) for process in table.running()]
        shown = [view for view in views if not wish.pids or view.process.pid in wish.pids]
        shown = [view for view in shown if not wish.user or view.process.user == wish.user]
        sign = 1 if wish.ascending else -1
        shown.sort(key=lambda view: (sign * _TOP_KEYS[wish.key](view), view.process.pid))
        if "i" in wish.letters:
            shown = [view for view in shown if view.process.state == "R"]
        lines = [*_summary(call.machine, views, wish, now), "", *_rows(call.machine, shown, whole="c" in wish.letters)]
        return "".join(f"{line[: wish.width] if wish.width else line}\n" for line in lines)
    finally:
        own.state = "S"
        if living is None:
            table.end(own.pid)


def _summary(machine: Machine, views: Sequence[View], wish: _TopWish, now: Memory) -> list[str]:
    made = machine.system.profile
    used = now.total - now.available if made.since("procps", "4.0") else now.taken
    running, stopped = (sum(view.process.state == state for view in views) for state in "RT")
    used_up = busy.busy(machine)
    cache = now.buffers + now.cached
    swapped = now.swap_total - now.swap_free
    rows = [
        f"top -{_headline(machine)}",
        f"Tasks: {len(views):3d} total, {running:3d} running, {len(views) - running - stopped:3d} sleeping,"
        f" {stopped:3d} stopped,   0 zombie",
        f"%Cpu(s):{used_up:5.1f} us,  0.0 sy,  0.0 ni,{100 - used_up:5.1f} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st",
    ]
    scale = wish.unit or ("m" if made.since("procps", "3.3.16") else "k")
    if scale != "k":
        power = 1024 ** ("kmgtpe".index(scale))
        total, free, taken, buff, swap, left, gone, avail = (
            f"{value / power:8.1f}"
            for value in (now.total, now.free, used, cache, now.swap_total, now.swap_free, swapped, now.available)
        )
        unit = f"{scale.upper()}iB"
    else:
        total, free, taken, buff, swap, left, gone, avail = (
            f"{value:8d}"
            for value in (now.total, now.free, used, cache, now.swap_total, now.swap_free, swapped, now.available)
        )
        unit = "KiB"
    rows.append(f"{unit} Mem : {total} total, {free} free, {taken} used, {buff} buff/cache")
    rows.append(f"{unit} Swap: {swap} total, {left} free, {gone} used. {avail} avail Mem ")
    return rows


def _instant(view: View) -> float:
    """Percent of one processor right now: what a running process used over its life, none for a sleeping one."""
    return busy.instant(view.machine, view.process)


def _rows(machine: Machine, views: Sequence[View], *, whole: bool = False) -> list[str]:
    new = machine.system.profile.since("procps", "3.3.16")
    pid, percent = (7, 5) if new else (6, 4)
    tail = f"{'%CPU':>{percent}} {'%MEM':>{percent}}     TIME+ COMMAND"
    rows = [f"{'PID':>{pid}} USER      PR  NI    VIRT    RES    SHR S {tail}"]
    for view in views:
        process = view.process
        name = process.user if len(process.user) <= 8 else f"{process.user[:7]}+"
        resident = process.rss // 1024
        part = 100 * resident / machine.system.total_kb
        rows.append(
            f"{process.pid:>{pid}} {name:<8} {20 + process.nice:>3} {process.nice:>3} "
            f"{_scaled(virtual(process), 7)} {_scaled(resident, 6)} "
            f"{_scaled(shared(process), 6)} {process.state} {_instant(view):{percent}.1f} {part:{percent}.1f} "
            f"{_hundredths(process.cpu):>9} "
            f"{' '.join(process.command) if whole else command_name(process)}"
        )
    return rows


def _scaled(kib: int, width: int) -> str:
    if len(str(kib)) <= width:
        return f"{kib:>{width}}"
    return (
        f"{kib / 1024:.1f}m".rjust(width) if len(f"{kib / 1024:.1f}m") <= width else f"{kib / 2**20:.1f}g".rjust(width)
    )


def _hundredths(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}"
