"""``dpkg``: the list and the states of the machine's packages. Unpacking files is the model's."""

from __future__ import annotations

from fnmatch import fnmatchcase

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.apt_lines import reading_database
from llm_kernel.programs.exact.dpkg_query import shown
from llm_kernel.programs.exact.dpkg_records import chosen, files, full_name, record, state
from llm_kernel.programs.exact.dpkg_versions import compared
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["dpkg", "dpkg_query"]

_HEAD = """\
Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
"""


@exact("dpkg", needs="os:debian")
def dpkg(call: Call) -> Answer:
    """Answer what dpkg knows, the order of versions, and what it takes away; unpacking is the model's."""
    args = list(call.args)
    match args[:1]:
        case ["--get-selections"]:
            return _selections(call, args[1:])
        case ["--print-architecture"]:
            return Answer("amd64\n")
        case ["--print-foreign-architectures"]:
            return Answer("i386\n" if call.machine.system.os == "ubuntu" else "")
        case ["--compare-versions"]:
            return compared(args[1:])
        case ["--configure"] if args[1:] in (["-a"], ["--pending"]):
            return Answer() if caller(call) == "root" else _SUPERUSER
        case ["-C" | "--audit" | "-V" | "--verify"]:
            return _unknown(call, args[1:])
        case ["-r" | "--remove" | "-P" | "--purge"] if args[1:] and not args[1].startswith("-"):
            return _remove(call, args[1:], purge=args[0] in ("-P", "--purge"))
        case ["-i" | "--install"] if args[1:]:
            return _unpack(call, args[1:])
        case []:
            return Answer("", "dpkg: error: need an action option\n", 2)
    return _query(call, args)


@exact("dpkg-query", needs="os:debian")
def dpkg_query(call: Call) -> Answer:
    """Answer ``-W``, ``-l``, ``-s``, ``-L`` and ``-S``."""
    args = list(call.args)
    if not args:
        hint = "Use --help for help about querying packages."
        return Answer("", f"dpkg-query: error: need an action option\n\n{hint}\n", 2)
    at = next((at for at, word in enumerate(args) if word in ("-W", "--show")), -1)
    if at >= 0 and (at == 0 or args[0].startswith(("-f", "--showformat"))):  # the format may stand before the action
        return shown(call, [*args[:at], *args[at + 1 :]])
    return _query(call, args)


_SUPERUSER = Answer("", "dpkg: error: requested operation requires superuser privilege\n", 2)


def _query(call: Call, args: list[str]) -> Answer:
    """The actions that ``dpkg`` and ``dpkg-query`` share."""
    match args[:1]:
        case ["-l" | "--list"]:
            return _list(call, args[1:])
        case ["-s" | "--status"] if len(args) > 1:
            return _status(call, args[1:])
        case ["-L" | "--listfiles"] if len(args) > 1:
            return _files(call, args[1:])
        case ["-S" | "--search"] if len(args) > 1:
            return _owners(call, args[1:])
    raise NotExact


def _unpack(call: Call, names: list[str]) -> Answer:
    """``-i FILE...`` of files that are not there; what a file holds is not known."""
    if caller(call) != "root":
        return _SUPERUSER
    if any(call.machine.files.exists(call.path(name)) for name in names):
        raise NotExact
    said = "".join(
        f"dpkg: error processing archive {name} (--install):\n"
        f" cannot access archive '{name}': No such file or directory\n"
        for name in names
    )
    listed = "".join(f" {name}\n" for name in names)
    return Answer("", f"{said}Errors were encountered while processing:\n{listed}", 1)


def _selections(call: Call, patterns: list[str]) -> Answer:
    machine = call.machine
    found = [package for pattern in patterns or ["*"] for package in chosen(machine, pattern)]
    rows = {full_name(p): "hold" if state(machine, p) == "hi" else "install" for p in found}
    missing = "".join(f"dpkg: no packages found matching {p}\n" for p in patterns if not chosen(machine, p))
    lines = (name + "\t" * max(1, 6 - len(name) // 8) + rows[name] + "\n" for name in sorted(rows))
    return Answer("".join(lines), missing)


def _unknown(call: Call, names: list[str]) -> Answer:
    """Nothing is wrong with what is installed; a name that is not, is."""
    missing = [name for name in names if call.machine.packages.find("apt", name) is None]
    said = "".join(f"dpkg: package '{name}' is not installed\n" for name in missing)
    return Answer("", said, 1 if missing else 0)


def _remove(call: Call, names: list[str], *, purge: bool) -> Answer:
    """Take packages away, but none that another needs."""
    if caller(call) != "root":
        return _SUPERUSER
    machine, out, err, status = call.machine, "", "", 0
    for name in names:
        package = machine.packages.find("apt", name)
        needing = [p.name for p in machine.packages.installed("apt") if name in p.requires and p.name not in names]
        if package is None:
            err += f"dpkg: warning: ignoring request to remove {name} which isn't installed\n"
        elif needing:
            deps = "".join(f" {one} depends on {name}.\n" for one in needing)
            err += f"dpkg: dependency problems prevent removal of {name}:\n{deps}\n"
            err += f"dpkg: error processing package {name} (--{'purge' if purge else 'remove'}):\n"
            err += f" dependency problems - not removing\nErrors were encountered while processing:\n {name}\n"
            status = 1
        else:
            machine.packages.remove("apt", name)
            out += "" if out else reading_database(machine)
            out += f"Removing {full_name(package)} ({package.version}) ...\n"
    machine.follow()
    return Answer(out, err, status)


def _arch(machine: Machine, package: Package) -> str:
    found = archive.find(package.name, machine.system.profile)
    return found.arch if found else "amd64"


def _list(call: Call, patterns: list[str]) -> Answer:
    everything = call.machine.packages.installed("apt")
    wanted = [p for p in everything if not patterns or any(p in chosen(call.machine, pattern) for pattern in patterns)]
    missing = [pattern for pattern in patterns if not chosen(call.machine, pattern)]
    errors = "".join(f"dpkg-query: no packages found matching {pattern}\n" for pattern in missing)
    found = sorted(wanted, key=full_name)
    rows = [(full_name(p), p.version, _arch(call.machine, p), p.summary) for p in found]
    states = [state(call.machine, p) for p in found]
    return Answer(_table(rows, states, call) if rows else "", errors, 1 if missing else 0)


def _table(rows: list[tuple[str, str, str, str]], states: list[str], call: Call) -> str:
    """The columns: as wide as they need in a pipe, as the terminal allows otherwise."""
    heads = ("Name", "Version", "Architecture", "Description")
    least = (14, 12, 12, 33)
    wide = [max(least[n], len(heads[n]), *(len(row[n]) for row in rows)) for n in range(4)]
    if call.tty:
        columns = int(call.env.get("COLUMNS") or 0) or 80
        wide[3] = min(wide[3], max(least[3], columns - 7 - sum(wide[:3])))
    out = _HEAD + "||/ " + " ".join(f"{head:<{width}}" for head, width in zip(heads, wide, strict=True)).rstrip() + "\n"
    out += "+++-" + "-".join("=" * width for width in wide) + "\n"
    for row, mark in zip(rows, states, strict=True):
        cells = [f"{cell[:width]:<{width}}" for cell, width in zip(row, wide, strict=True)]
        out += f"{mark}  " + " ".join(cells).rstrip() + "\n"
    return out


def _status(call: Call, names: list[str]) -> Answer:
    out, errors = [], []
    for name in names:
        package = call.machine.packages.find("apt", name)
        if package is None:
            errors.append(f"dpkg-query: package '{name}' is not installed and no information is available\n")
            continue
        out.append("".join(f"{key}: {value}\n" for key, value in record(call.machine, package).items()))
    hint = "Use dpkg --info (= dpkg-deb --info) to examine archive files.\n"
    return Answer("\n".join(out), "".join(errors) + (hint if errors else ""), 1 if errors else 0)


def _files(call: Call, names: list[str]) -> Answer:
    out: list[str] = []
    errors = []
    for name in names:
        package = call.machine.packages.find("apt", name)
        if package is None:
            errors.append(f"dpkg-query: package '{name}' is not installed\n")
            continue
        out += [*([""] if out else []), *files(call.machine, package)]
    hint = "Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n"
    return Answer("".join(f"{line}\n" for line in out), "".join(errors) + (hint if errors else ""), 1 if errors else 0)


def _owners(call: Call, names: list[str]) -> Answer:
    """Which packages' lists have a path: that path itself, or a part of one that is named without its beginning."""
    out, errors, machine = "", "", call.machine
    lists = {full_name(p): files(machine, p)[1:] for p in machine.packages.installed("apt")}
    for name in names:
        whole = name.startswith("/") or any(sign in name for sign in "*?[")
        pattern = name.rstrip("/") if whole else f"*{name}*"
        found: dict[str, list[str]] = {}
        for owner, paths in lists.items():
            for path in (path for path in paths if fnmatchcase(path, pattern)):
                found.setdefault(path, []).append(owner)
        if not found and (package := machine.packages.packed_at(name) if name.startswith("/") else None):
            found[name] = [full_name(package)]
        out += "".join(f"{', '.join(owners)}: {path}\n" for path, owners in found.items())
        errors += "" if found else f"dpkg-query: no path found matching pattern {pattern}\n"
    return Answer(out, errors, 1 if errors else 0)
