"""``dmesg`` and ``journalctl``: the kernel's messages, and what the running services said when they started."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llm_kernel.machine import Machine
from llm_kernel.machine.kernel_log import LEVELS, Message, kernel_log
from llm_kernel.machine.services import main_process, services
from llm_kernel.machine.tunables import boot_id
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.versions import told
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.programs.when import read_when
from llm_kernel.shell.call import Answer, Call

__all__ = ["journal_lines"]

_DMESG_LONG = {
    "human": "H",
    "ctime": "T",
    "kernel": "k",
    "level": "l",
    "decode": "x",
    "notime": "t",
    "color": "L",
    "nopager": "P",
    "follow": "w",
    "clear": "C",
    "read-clear": "c",
    "userspace": "u",
    "raw": "r",
    "reltime": "e",
    "time-format": "",
    "since": "",
    "until": "",
    "version": "V",
    "help": "h",
    "json": "J",
    "facility": "f",
    "syslog": "S",
    "force-prefix": "p",
    "show-delta": "d",
}


@exact("dmesg")
def dmesg(call: Call) -> Answer:
    """``dmesg``."""
    letters, levels, args = set[str](), "", list(call.args)
    while args:
        word = args.pop(0)
        name, eq, value = word[2:].partition("=")
        if word.startswith("--"):
            if name not in _DMESG_LONG:
                return _dmesg_wrong(f"unrecognized option '{word}'")
            found = _DMESG_LONG[name]
            if name == "time-format":
                kinds = {"ctime": "T", "notime": "t", "reltime": "e", "iso": "i", "delta": "d", "raw": ""}
                found = kinds.get(value if eq else (args.pop(0) if args else ""), "?")
        else:
            found, value = word[1:], ""
        if found[:1] in ("l", "f") and not eq:
            value = found[1:] or (args.pop(0) if args else "")
            found = found[:1]
        levels = value if found == "l" else levels
        bad = next((letter for letter in found if letter not in "HTkxtLPwWCcurehVlJfSpdin" + "D"), "")
        if bad or not word.startswith("-"):
            return _dmesg_wrong(f"invalid option -- '{bad}'") if bad else _dmesg_wrong("bad usage")
        letters |= set(found)
    if "V" in letters:
        return Answer(f"dmesg from util-linux {call.machine.system.profile.util_linux}\n")
    if letters & set("Cc") and caller(call) != "root":
        return Answer(stderr="dmesg: read kernel buffer failed: Operation not permitted\n", status=1)
    if caller(call) != "root" and call.machine.system.profile.since("libc", "2.31"):
        return Answer(stderr="dmesg: read kernel buffer failed: Operation not permitted\n", status=1)
    unknown = next((name for name in levels.split(",") if name and name not in LEVELS), "")
    if unknown:
        return Answer(stderr=f"dmesg: unknown level '{unknown}'\n", status=1)
    rows = [row for row in kernel_log(call.machine) if not levels or LEVELS[row.level] in levels.split(",")]
    if letters & set("Cu"):
        rows = []
    return Answer("".join(f"{_dmesg_line(call.machine, row, letters)}\n" for row in rows))


def _dmesg_wrong(text: str) -> Answer:
    return Answer(stderr=f"dmesg: {text}\nTry 'dmesg --help' for more information.\n", status=1)


def _dmesg_line(machine: Machine, row: Message, letters: set[str]) -> str:
    moment = machine.clock.at(machine.system.boot + row.after)
    mark = f"kern  :{LEVELS[row.level]:<6}: " if "x" in letters else f"<{row.level}>" if "r" in letters else ""
    if "t" in letters:
        return mark + row.text
    if "T" in letters:
        return f"{mark}[{moment:%a %b %e %H:%M:%S %Y}] {row.text}"
    if "i" in letters:
        return f"{mark}{moment:%Y-%m-%dT%H:%M:%S},{moment.microsecond:06d}{moment:%z} {row.text}"
    if letters & set("He"):
        return f"{mark}[{moment:%b%e %H:%M}] {row.text}"
    return f"{mark}[{row.after:12.6f}] {row.text}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; ``unit`` is empty for the kernel's."""

    when: float
    tag: str
    text: str
    unit: str = ""
    level: int = 6


def entries(machine: Machine) -> list[Entry]:
    """The journal of this boot in order."""
    rows = [Entry(machine.system.boot + row.after, "kernel", row.text, "", row.level) for row in kernel_log(machine)]
    for one in services(machine):
        process = main_process(machine, one)
        if process is None:
            continue
        start = max(process.start, machine.system.boot + 10.2 + process.pid % 7 * 0.11)
        tag = f"{process.command[0].rpartition('/')[2]}[{process.pid}]"
        if one.program == "sshd":
            rows += [Entry(start, tag, f"Server listening on {where} port 22.", one.name) for where in _EVERYWHERE]
            rows += _login(machine, one.name)
        rows.append(Entry(start + 0.02, "systemd[1]", f"Started {one.description}.", one.name))
    return sorted((row for row in rows if row.when <= machine.clock.now), key=lambda row: row.when)


_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # addresses to print


def _login(machine: Machine, unit: str) -> list[Entry]:
    user, tag = machine.system.user, f"sshd[{machine.processes.shell - 2}]"
    account = machine.system.account(user)
    opened = f"pam_unix(sshd:session): session opened for user {user}"
    if machine.system.profile.since("libc", "2.32"):
        opened += f"(uid={account.uid if account else 0})"
    key = f"Accepted publickey for {user} from 192.168.1.100 port 51622 ssh2"
    return [
        Entry(machine.login - 0.4, tag, key, unit),
        Entry(machine.login - 0.3, tag, f"{opened} by (uid=0)", unit),
    ]


def journal_lines(machine: Machine) -> list[str]:
    """The journal in its usual form."""
    return [_line(machine, row) for row in entries(machine)]


def _line(machine: Machine, row: Entry, form: str = "short") -> str:
    moment = machine.clock.at(row.when)
    host = machine.system.host.partition(".")[0]
    if form == "cat":
        return row.text
    if form == "json":
        return _json(machine, row)
    if form in ("short-iso", "short-iso-precise"):
        return f"{moment:%Y-%m-%dT%H:%M:%S%z} {host} {row.tag}: {row.text}"
    if form == "short-precise":
        return f"{moment:%b %d %H:%M:%S}.{moment.microsecond:06d} {host} {row.tag}: {row.text}"
    return f"{moment:%b %d %H:%M:%S} {host} {row.tag}: {row.text}"


def _json(machine: Machine, row: Entry) -> str:
    program, _, pid = row.tag.removesuffix("]").partition("[")
    fields = {
        "__REALTIME_TIMESTAMP": str(int(row.when * 1_000_000)),
        "__MONOTONIC_TIMESTAMP": str(int((row.when - machine.system.boot) * 1_000_000)),
        "_TRANSPORT": "kernel" if program == "kernel" else "syslog",
        "PRIORITY": str(row.level),
        "SYSLOG_IDENTIFIER": program,
        **({"_PID": pid, "_COMM": program} if pid else {}),
        **({"_SYSTEMD_UNIT": f"{row.unit}.service"} if row.unit else {}),
        "_HOSTNAME": machine.system.host.partition(".")[0],
        "MESSAGE": row.text,
    }
    return json.dumps(fields, ensure_ascii=False)


@dataclass(slots=True)
class _Wish:
    units: list[str] = field(default_factory=list)
    lines: int = -1
    kernel: bool = False
    reverse: bool = False
    quiet: bool = False
    form: str = "short"
    level: int = 7
    since: float = 0.0
    until: float = float("inf")
    pattern: str = ""
    tags: list[str] = field(default_factory=list)


@exact("journalctl")
def journalctl(call: Call) -> Answer:
    """``journalctl`` over this boot; other boots left nothing."""
    wish, args = _Wish(), list(call.args)
    while args:
        wrong = _journal_option(call, wish, args.pop(0), args)
        if wrong:
            return wrong
    rows = [row for row in entries(call.machine) if _kept(row, wish)]
    if wish.lines >= 0:
        rows = rows[len(rows) - wish.lines :] if wish.lines < len(rows) else rows
    if not rows:
        return Answer("-- No entries --\n")
    shown = [_line(call.machine, row, wish.form) for row in (reversed(rows) if wish.reverse else rows)]
    return Answer("".join(f"{line}\n" for line in [*_heading(call.machine, wish), *shown]))


def _heading(machine: Machine, wish: _Wish) -> list[str]:
    if wish.quiet or wish.form in ("cat", "json"):
        return []
    first, last = machine.clock.at(machine.system.boot), machine.clock.local
    if machine.system.profile.since("libc", "2.34"):
        return []
    until = f"{last:%a %Y-%m-%d %H:%M:%S} {last.tzname()}"
    return [f"-- Logs begin at {first:%a %Y-%m-%d %H:%M:%S} {first.tzname()}, end at {until}. --"]


def _kept(row: Entry, wish: _Wish) -> bool:
    if wish.kernel and row.tag != "kernel":
        return False
    if wish.units and not any(fnmatch.fnmatchcase(row.unit, unit) for unit in wish.units):
        return False
    if wish.tags and row.tag.partition("[")[0] not in wish.tags:
        return False
    in_time = wish.since <= row.when <= wish.until
    return in_time and row.level <= wish.level and wish.pattern.lower() in row.text.lower()


_VALUED = frozenset(
    "-u --unit -n --lines -p --priority -o --output -S --since -U --until -g --grep -t --identifier".split()
)


def _journal_option(call: Call, wish: _Wish, word: str, args: list[str]) -> Answer | None:
    name, eq, value = word.partition("=")
    if word[:2] in ("-u", "-n", "-p", "-o", "-S", "-U", "-g", "-t") and len(word) > 2 and word[1] != "-":
        name, eq, value = word[:2], "=", word[2:]
    if name in _VALUED and not eq:
        value = args.pop(0) if args and not (name in ("-n", "--lines") and not args[0].isdecimal()) else "10"
    match name:
        case "-u" | "--unit":
            wish.units.append(value.removesuffix(".service"))
        case "-n" | "--lines":
            if not value.isdecimal():
                return Answer(stderr=f"Failed to parse lines '{value}'\n", status=1)
            wish.lines = int(value)
        case "-p" | "--priority":
            names = {**{text: n for n, text in enumerate(LEVELS)}, "warning": 4, "error": 3}
            level = int(value) if value.isdecimal() else names.get(value, -1)
            if not 0 <= level <= 7:
                return Answer(stderr=f"Unknown log level {value}\n", status=1)
            wish.level = level
        case "-o" | "--output":
            if value in ("json-pretty", "verbose", "export", "with-unit", "json-sse", "json-seq"):
                raise NotExact
            wish.form = value
        case "-S" | "--since" | "-U" | "--until":
            moment = read_when(value, call.machine.clock.local)
            if moment is None:
                return Answer(stderr=f"Failed to parse timestamp: {value}\n", status=1)
            if name in ("-S", "--since"):
                wish.since = float(moment[0])
            else:
                wish.until = float(moment[0])
        case "-g" | "--grep":
            wish.pattern = value
        case "-t" | "--identifier":
            wish.tags.append(value)
        case _:
            return _journal_flag(call, wish, word, args)
    return None


def _journal_flag(call: Call, wish: _Wish, word: str, args: Sequence[str]) -> Answer | None:
    match word:
        case "--disk-usage":
            return Answer("Archived and active journals take up 48.0M in the file system.\n")
        case "--list-boots":
            return Answer(_boots(call.machine))
        case "--version":
            return told(replace(call, args=("--version",)))
        case "-k" | "--dmesg":
            wish.kernel = True
        case "-r" | "--reverse":
            wish.reverse = True
        case "-q" | "--quiet":
            wish.quiet = True
        case "-e" | "--pager-end" | "-xe" | "-ex":
            wish.lines = 1000
        case "-b" | "--boot" | "--no-pager" | "-x" | "--catalog" | "-a" | "--all" | "-l" | "--full" | "--system":
            pass
        case _ if word.startswith("--"):
            return Answer(stderr=f"journalctl: unrecognized option '{word}'\n", status=1)
        case "-f" | "-0" | "-1":
            return None
        case _ if word.startswith("-") and len(word) > 2 and set(word[1:]) <= set("krqexabl"):
            for letter in word[1:]:
                _journal_flag(call, wish, f"-{letter}", args)
        case _ if word.startswith("-"):
            return Answer(stderr=f"journalctl: invalid option -- '{word[1:2]}'\n", status=1)
        case _:
            raise NotExact
    return None


def _boots(machine: Machine) -> str:
    """The one boot that the journal has; newer ones head it."""
    moments = (machine.clock.at(machine.system.boot), machine.clock.local)
    first, last = (f"{moment:%a %Y-%m-%d %H:%M:%S} {moment.tzname()}" for moment in moments)
    name = boot_id(machine.system)
    if not machine.system.profile.since("libc", "2.36"):
        return f" 0 {name} {first}—{last}\n"
    head = f"IDX {'BOOT ID':<32} {'FIRST ENTRY':<{len(first)}} {'LAST ENTRY':<{len(last)}}".rstrip()
    return f"{head}\n  0 {name} {first} {last}\n"
