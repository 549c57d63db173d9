"""``systemctl`` and ``service``: the units, their main processes, and starting and stopping them."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.machine.services import Service, find_service, main_process, services
from llm_kernel.machine.signals import number_of
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.journal import journal_lines
from llm_kernel.programs.exact.timers import timer_table
from llm_kernel.programs.exact.versions import told
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

_FLAGS = frozenset(
    "--no-pager --all -a --full -l --plain --no-legend --quiet -q --now --force --value --no-block --failed "
    "--no-ask-password -f --system --version --help -h --user -r".split()
)
_VALUED = frozenset("--type -t --state --property -p --lines -n --output -o --signal -s".split())


@dataclass(slots=True)
class _Wish:
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)


@exact("systemctl")
def systemctl(call: Call) -> Answer:
    """``systemctl``."""
    wish = _read(call)
    if isinstance(wish, Answer):
        return wish
    if "--version" in wish.flags:
        return told(replace(call, args=("--version",)))
    verb, names = (wish.words or ["list-units"])[0], wish.words[1:]
    match verb:
        case "list-units":
            return Answer(_units(call.machine, wish, names))
        case "list-unit-files":
            return Answer(_unit_files(call.machine, wish, names))
        case "status" if names:
            return _each(call, names)
        case "status":
            return Answer(_overview(call.machine))
        case "is-active" | "is-failed" | "is-enabled":
            return _ask(call, verb, wish, names)
        case "show" | "cat":
            return _show(call, verb, wish, names)
        case "start" | "stop" | "restart" | "reload" | "enable" | "disable" | "try-restart" | "reload-or-restart":
            return _change(call, verb, wish, names)
        case "daemon-reload" | "daemon-reexec" | "reset-failed":
            return _denied("reload daemon") if caller(call) != "root" else Answer()
        case "is-system-running":
            return Answer("running\n")
        case "get-default":
            return Answer("multi-user.target\n" if call.machine.system.profile.like == "rhel" else "graphical.target\n")
        case "list-timers":
            return Answer(timer_table(call.machine, legend="--no-legend" not in wish.flags))
        case "list-jobs":
            return Answer("No jobs running.\n")
        case "mask" | "unmask" | "kill":
            return _force(call, verb, wish, names)
        case "list-sockets" | "list-dependencies" | "help":
            raise NotExact
        case "reboot" | "poweroff" | "halt" | "suspend" | "hibernate" | "isolate" | "set-default":
            raise NotExact
        case _:
            return Answer(stderr=f"Unknown operation {verb}.\n", status=1)


@exact("service")
def service(call: Call) -> Answer:
    """``service NAME VERB``: the same units in the old words."""
    if call.args == ("--status-all",) and call.machine.system.profile.like == "debian":
        rows = [one for one in services(call.machine) if not one.name.startswith("systemd-")]
        signs = ("+" if main_process(call.machine, one) else "-" for one in rows)
        return Answer("".join(f" [ {sign} ]  {one.name}\n" for sign, one in zip(signs, rows, strict=True)))
    if len(call.args) < 2:
        usage = "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n"
        return Answer(usage if call.args[:1] == ("--help",) else "", usage if not call.args else "", 0)
    name, verb = call.args[:2]
    if call.machine.system.profile.like == "rhel":
        said = systemctl(replace(call, args=(verb, f"{name}.service")))
        return replace(said, stderr=f"Redirecting to /bin/systemctl {verb} {name}.service\n{said.stderr!s}")
    found = find_service(call.machine, name)
    if found is None:
        return Answer(stderr=f"{name}: unrecognized service\n", status=1)
    if verb == "status":
        return _each(call, [name])
    return _change(call, verb, _Wish(), [name])


def _read(call: Call) -> _Wish | Answer:
    wish, args = _Wish(), list(call.args)
    while args:
        word = args.pop(0)
        name, eq, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            wish.words.append(word)
        elif name in _VALUED:
            wish.values[name] = value if eq else (args.pop(0) if args else "")
        elif word[:2] in ("-n", "-p", "-t", "-o", "-s") and len(word) > 2:
            wish.values[word[:2]] = word[2:]
        elif word in _FLAGS:
            wish.flags.add(word)
        elif word.startswith("--"):
            return Answer(stderr=f"systemctl: unrecognized option '{word}'\n", status=1)
        else:
            return Answer(stderr=f"systemctl: invalid option -- '{word[1:2]}'\n", status=1)
    return wish


def _each(call: Call, names: Sequence[str]) -> Answer:
    out, err, status = [], "", 0
    for name in names:
        found = find_service(call.machine, name)
        if found is None:
            unit = name if "." in name else f"{name}.service"
            err, status = err + f"Unit {unit} could not be found.\n", 4
            continue
        text, own = _status(call.machine, found)
        out.append(text)
        status = status or own
    return Answer("\n".join(out), err, status)


def _enabled(machine: Machine, one: Service) -> str:
    if one.path == "/dev/null":
        return "masked"
    if not one.wanted:
        return "static"
    link = f"/etc/systemd/system/{one.wanted}.wants/{one.name}.service"
    try:
        machine.files.lstat(link)
    except OSError:
        return "disabled"
    return "enabled"


def _ago(seconds: float) -> str:
    days, rest = divmod(int(max(0, seconds)), 86400)
    hours, minutes, whole = rest // 3600, rest % 3600 // 60, rest % 60
    if days >= 14:
        return f"{days // 7} weeks {days % 7} days" if days % 7 else f"{days // 7} weeks"
    if days >= 7:
        return f"1 week {days - 7} days" if days > 7 else "1 week 0 days"
    if days:
        return f"{days} day{'s' if days > 1 else ''}"
    if hours:
        return f"{hours}h {minutes}min"
    return f"{minutes}min {whole}s" if minutes else f"{whole}s"


def _status(machine: Machine, one: Service) -> tuple[str, int]:
    process = main_process(machine, one)
    vendor = "; vendor preset: enabled" if not machine.system.profile.since("libc", "2.36") else "; preset: enabled"
    lines = [
        f"{'●' if process else '○' if machine.system.profile.since('libc', '2.33') else '●'} {one.name}.service - "
        f"{one.description}",
        f"     Loaded: loaded ({one.path}; {_enabled(machine, one)}{vendor})",
    ]
    if process is None:
        lines.append("     Active: inactive (dead)")
        return "".join(f"{_narrow(machine, line)}\n" for line in lines), 3
    since = machine.clock.at(process.start)
    ago = _ago(machine.clock.now - process.start)
    lines.append(f"     Active: active (running) since {since:%a %Y-%m-%d %H:%M:%S} {since.tzname()}; {ago} ago")
    if one.documentation:
        lines.append(f"       Docs: {one.documentation}")
    program = process.command[0].rpartition("/")[2]
    lines += [
        f"   Main PID: {process.pid} ({program[:15]})",
        "      Tasks: 1 (limit: 77020)",
        f"     Memory: {process.rss / 2**20:.1f}M",
        f"     CGroup: /system.slice/{one.name}.service",
        f"             └─{process.pid} {' '.join(process.command)}",
        "",
    ]
    lines = [_narrow(machine, line) for line in lines]
    lines += [line for line in journal_lines(machine) if f"[{process.pid}]: " in line][-10:]
    return "".join(f"{line}\n" for line in lines), 0


def _narrow(machine: Machine, line: str) -> str:
    """Before systemd 242 the titles stood two columns further left."""
    old = not machine.system.profile.since("libc", "2.30")
    return line[2:] if old and line.startswith("   ") else line


def _overview(machine: Machine) -> str:
    boot = machine.clock.at(machine.system.boot)
    count = sum(main_process(machine, one) is not None for one in services(machine))
    since = f"{boot:%a %Y-%m-%d %H:%M:%S} {boot.tzname()}; {_ago(machine.clock.now - machine.system.boot)} ago"
    return (
        f"● {machine.system.host}\n    State: running\n     Jobs: 0 queued\n   Failed: 0 units\n    Since: {since}\n"
        f"   CGroup: /\n           └─system.slice ({count} services)\n"
    )


def _units(machine: Machine, wish: _Wish, patterns: Sequence[str]) -> str:
    kind = wish.values.get("--type", wish.values.get("-t", "service"))
    state = wish.values.get("--state", "")
    rows = []
    for one in services(machine) if kind == "service" else []:
        runs = main_process(machine, one) is not None
        row = (f"{one.name}.service", "loaded", "active" if runs else "inactive", "running" if runs else "dead", one)
        every = runs or wish.flags & {"--all", "-a"} or "dead" in state or "inactive" in state
        wanted = not state or row[2] in state.split(",") or row[3] in state.split(",")
        if every and wanted and "--failed" not in wish.flags and "failed" not in state and _fits(row[0], patterns):
            rows.append(row)
    if not rows and "--no-legend" in wish.flags:
        return ""
    wide = max([4, *(len(row[0]) for row in rows)])
    states = max([6, *(len(row[2]) for row in rows)])
    subs = max([3, *(len(row[3]) for row in rows)])
    text = max([11, *(len(row[4].description) for row in rows)])
    lines = [
        f"  {name:<{wide}} {load} {on:<{states}} {sub:<{subs}} {one.description}" for name, load, on, sub, one in rows
    ]
    if "--no-legend" in wish.flags:
        return "".join(f"{line}\n" for line in lines)
    title = f"  {'UNIT':<{wide}} {'LOAD':<6} {'ACTIVE':<{states}} {'SUB':<{subs}} {'DESCRIPTION':<{text}}"
    if not rows:
        return f"  {'UNIT'} LOAD ACTIVE SUB DESCRIPTION\n0 loaded units listed.\n"
    legend = (
        "\nLOAD   = Reflects whether the unit definition was properly loaded.\n"
        "ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n"
        "SUB    = The low-level unit activation state, values depend on unit type.\n"
        f"\n{len(rows)} loaded units listed.{_HINT if not wish.flags & {'--all', '-a'} else ''}\n"
        "To show all installed unit files use 'systemctl list-unit-files'.\n"
    )
    return "".join(f"{line}\n" for line in [title.rstrip(), *lines]) + legend


_HINT = " Pass --all to see loaded but inactive units, too."


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, p) or name == f"{p}.service" for p in patterns)


def _unit_files(machine: Machine, wish: _Wish, patterns: Sequence[str]) -> str:
    rows = [(f"{one.name}.service", _enabled(machine, one)) for one in services(machine)]
    rows = [row for row in rows if _fits(row[0], patterns)]
    rows = [row for row in rows if not wish.values.get("--state") or row[1] == wish.values["--state"]]
    wide = max([9, *(len(name) for name, _ in rows)])
    lines = [f"{name:<{wide}} {state:<8} {'enabled' if state != 'static' else '-'}" for name, state in rows]
    if "--no-legend" in wish.flags:
        return "".join(f"{line}\n" for line in lines)
    return "".join(f"{x}\n" for x in [f"{'UNIT FILE':<{wide}} STATE    VENDOR PRESET", *lines]) + (
        f"\n{len(rows)} unit files listed.\n"
    )


def _ask(call: Call, verb: str, wish: _Wish, names: Sequence[str]) -> Answer:
    out, err, good = "", "", False
    for name in names:
        one = find_service(call.machine, name)
        if verb == "is-enabled":
            if one is None:
                err += f"Failed to get unit file state for {_unit(name)}: No such file or directory\n"
                continue
            state = _enabled(call.machine, one)
            good = good or state in ("enabled", "static")
        else:
            runs = one is not None and main_process(call.machine, one) is not None
            state = "active" if runs else "inactive"
            good = good or (runs and verb == "is-active")
        out += "" if wish.flags & {"--quiet", "-q"} else f"{state}\n"
    return Answer(out, err, 0 if good else 3 if verb == "is-active" else 1)


def _show(call: Call, verb: str, wish: _Wish, names: Sequence[str]) -> Answer:
    out = ""
    for name in names:
        one = find_service(call.machine, name)
        if one is None:
            if verb == "cat":
                return Answer(out, f"No files found for {_unit(name)}.\n", 1)
            out += "LoadState=not-found\nActiveState=inactive\nSubState=dead\n"
        elif verb == "cat":
            out += f"# {one.path}\n{call.machine.files.read(one.path).decode(errors='replace')}"
        else:
            process = main_process(call.machine, one)
            rows = {
                "Id": f"{one.name}.service",
                "Description": one.description,
                "LoadState": "loaded",
                "ActiveState": "active" if process else "inactive",
                "SubState": "running" if process else "dead",
                "MainPID": str(process.pid if process else 0),
                "FragmentPath": one.path,
                "UnitFileState": _enabled(call.machine, one),
            }
            asked = wish.values.get("--property", wish.values.get("-p", ""))
            shown = {key: text for key, text in rows.items() if not asked or key in asked.split(",")}
            bare = "--value" in call.args
            out += "".join(f"{text}\n" if bare else f"{key}={text}\n" for key, text in shown.items())
    return Answer(out)


def _unit(name: str) -> str:
    return name if "." in name else f"{name}.service"


def _denied(what: str) -> Answer:
    return Answer(stderr=f"Failed to {what}: Interactive authentication required.\n", status=1)


def _change(call: Call, verb: str, wish: _Wish, names: Sequence[str]) -> Answer:
    if not names:
        return Answer(stderr="Too few arguments.\n", status=1)
    err, status, old = "", 0, call.machine.system.release == "7"
    for name in names:
        one = find_service(call.machine, name)
        if one is None:
            err, status = err + _missing(verb, _unit(name), old=old), 1 if verb in ("enable", "disable") else 5
            continue
        if caller(call) != "root":
            return _denied(f"{verb} {_unit(name)}")
        if one.path == "/dev/null" and verb not in ("stop", "disable"):
            err, status = f"{err}Failed to {verb} {_unit(name)}: Unit {_unit(name)} is masked.\n", 1
            continue
        if verb in ("enable", "disable"):
            err += _link(call.machine, one, on=verb == "enable")
        if verb in ("stop", "restart", "try-restart") or (verb == "disable" and "--now" in wish.flags):
            _stop(call.machine, one)
        if verb in ("start", "restart", "reload-or-restart") or (verb == "enable" and "--now" in wish.flags):
            wrong = _start(call.machine, one)
            err, status = err + wrong, 1 if wrong else status
    return Answer(stderr=err, status=status)


def _force(call: Call, verb: str, wish: _Wish, names: Sequence[str]) -> Answer:
    """``mask``, ``unmask`` and ``kill``: a link to nowhere, and a signal to the main process."""
    if not names:
        return Answer(stderr="Too few arguments.\n", status=1)
    files, err, status = call.machine.files, "", 0
    for name in names:
        one, unit = find_service(call.machine, name), _unit(name)
        if "/" in unit:
            return Answer(stderr=f"Failed to {verb} unit: Invalid unit name.\n", status=1)
        if caller(call) != "root":
            return _denied(f"{verb} {unit}")
        link = f"/etc/systemd/system/{unit}"
        masked = files.resolve(link) == "/dev/null"
        if verb == "kill":
            process = main_process(call.machine, one) if one else None
            number = number_of(wish.values.get("--signal", wish.values.get("-s", "TERM")))
            if number is None:
                return Answer(stderr="Failed to parse signal string.\n", status=1)
            if process is None:
                err, status = f"{err}Failed to kill unit {unit}: Unit {unit} not loaded.\n", 1
            else:
                call.machine.processes.signal(process.pid, number)
        elif verb == "mask" and not masked:
            if files.exists(link):
                err, status = f"{err}Failed to mask unit: File {link} already exists.\n", 1
                continue
            files.symlink("/dev/null", link)
            err += f"Created symlink {link} → /dev/null.\n"
        elif verb == "unmask" and masked:
            files.remove(link)
            err += f"Removed {link}.\n"
    return Answer(stderr=err, status=status)


def _missing(verb: str, unit: str, *, old: bool) -> str:
    """What is said of a unit that is not there; ``old``: by the systemd of CentOS 7."""
    if verb in ("enable", "disable"):
        why = (
            "execute operation: No such file or directory" if old else f"{verb} unit: Unit file {unit} does not exist."
        )
        return f"Failed to {why}\n"
    if old and verb != "stop":
        return f"Failed to {verb} {unit}: Unit not found.\n"
    tail = " not loaded" if verb == "stop" else " not found"
    return f"Failed to {verb} {unit}: Unit {unit}{tail}.\n"


def _link(machine: Machine, one: Service, *, on: bool) -> str:
    link = f"/etc/systemd/system/{one.wanted}.wants/{one.name}.service"
    if not one.wanted or (_enabled(machine, one) == "enabled") == on:
        return ""
    if on:
        machine.files.mkdir(link.rpartition("/")[0])
        machine.files.symlink(one.path, link)
        return f"Created symlink {link} → {one.path}.\n"
    machine.files.remove(link)
    return f"Removed {link}.\n"


def _stop(machine: Machine, one: Service) -> None:
    process = main_process(machine, one)
    if process:
        machine.processes.end(process.pid)


def _start(machine: Machine, one: Service) -> str:
    if main_process(machine, one) or one.once:
        return ""
    program = one.command[0] if one.command else ""
    if not machine.files.exists(program):
        return (
            f"Job for {one.name}.service failed because the control process exited with error code.\n"
            f'See "systemctl status {one.name}.service" and "journalctl -xe" for details.\n'
        )
    started: Process = machine.processes.spawn(one.command, user=one.user, ppid=1, now=machine.clock.now, tty="?")
    started.rss = 9_437_184
    return ""
