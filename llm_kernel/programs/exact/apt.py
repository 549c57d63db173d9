"""``apt``, ``apt-get`` and ``apt-cache``: packages come and go through the machine. Searching is the model's."""

from __future__ import annotations

import copy
from dataclasses import replace
from fnmatch import fnmatch

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.packages import Package, Packages
from llm_kernel.programs.exact import apt_lines as lines
from llm_kernel.programs.exact import apt_queries
from llm_kernel.programs.table import Asks, NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["apt", "apt_cache", "apt_get"]

_UNSTABLE = "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n"
_LOCK = """\
E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)
E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?
"""
_LISTS = """\
E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)
E: Unable to lock directory /var/lib/apt/lists/
"""
_KNOWN = (
    *("update", "upgrade", "full-upgrade", "dist-upgrade", "install", "reinstall", "remove", "purge", "autoremove"),
    *("clean", "autoclean"),
)
_FLAGS = ("-y", "--yes", "--assume-yes", "-q", "--quiet", "--no-install-recommends", "--fix-missing", "--only-upgrade")
_MORE = ("--allow-downgrades", "--allow-change-held-packages", "--purge", "--auto-remove", "-f", "--fix-broken")


@exact("apt", needs="os:debian")
def apt(call: Call) -> Answer:
    """Answer ``apt``; in a pipe it warns that it is made for people."""
    answer = _front(call, program="apt")
    if call.tty or call.typed is not None or not isinstance(answer.stderr, str):
        return answer
    return Answer(answer.stdout, _UNSTABLE + answer.stderr, answer.status)


@exact("apt-get", needs="os:debian")
def apt_get(call: Call) -> Answer:
    """Answer ``apt-get``."""
    return _front(call, program="apt-get")


@exact("apt-cache", needs="os:debian")
def apt_cache(call: Call) -> Answer:
    """Answer ``policy``, ``show``, ``search`` and ``depends``; the rest is the model's."""
    words, flags, _ = _parse(call.args)
    match words[:1]:
        case ["policy"] if words[1:]:
            return Answer("".join(lines.policy(call.machine, name) for name in words[1:]))
        case ["policy"] if not flags:
            return Answer(lines.policies(call.machine))
        case ["rdepends"] if words[1:] and not flags:
            return apt_queries.needing(call.machine, words[1:])
        case ["madison"] if words[1:] and not flags:
            return apt_queries.madison(call.machine, words[1:])
        case ["pkgnames"] if not flags:
            return apt_queries.names(call.machine, (words[1:] or [""])[0])
        case ["show" | "search" | "depends"]:
            return _asked(call, words, flags, apt=False)
    raise NotExact


def _asked(call: Call, words: list[str], flags: list[str], *, apt: bool) -> Answer:
    """What apt tells of the archive."""
    names_only = bool({"-n", "--names-only"} & set(flags))
    if set(flags) - {"-n", "--names-only", "-a", "--no-all-versions"}:
        raise NotExact
    match words[0]:
        case "show":
            return apt_queries.show(call.machine, words[1:], apt=apt)
        case "search":
            return apt_queries.search(call.machine, words[1:], apt=apt, names_only=names_only)
        case _:
            return apt_queries.depends(call.machine, words[1:])


def _front(call: Call, *, program: str) -> Answer:
    words, flags, quiet = _parse(call.args)
    if {"--version", "-v"} & set(flags) and not words:
        return Answer(lines.version(call.machine))
    if not words:
        raise NotExact
    command, names = words[0], words[1:]
    if command == "list" and program == "apt":
        return _list(call, names, flags)
    if command in ("show", "search", "depends") and program == "apt" and names:
        return _asked(call, words, flags, apt=True)
    if command == "policy" and program == "apt" and names:
        return Answer("".join(lines.policy(call.machine, name) for name in names))
    if command == "rdepends" and program == "apt" and names and not flags:
        return apt_queries.needing(call.machine, names)
    if command == "check" and program == "apt-get" and not names:
        return Answer(lines.reading(call.machine, tty=call.tty))
    if program == "apt-get" and {"-s", "--simulate", "--just-print", "--dry-run", "--no-act"} & set(flags):
        return _simulated(call, command, names)
    if command not in _KNOWN:
        if command in (
            *("search", "show", "source", "download", "edit-sources", "moo", "help", "policy", "list", "changelog"),
            *("build-dep", "indextargets", "rdepends", "showsrc", "dselect-upgrade"),
        ):
            raise NotExact
        return Answer("", f"E: Invalid operation {command}\n", 100)
    if unknown := [flag for flag in flags if flag not in _FLAGS + _MORE]:
        if any("=" in flag or flag[:2] in ("-o", "-t") for flag in unknown):
            raise NotExact
        name = unknown[0]
        said = f"option {name} is not understood in combination with the other options."
        return Answer("", f"E: Command line {said}\n", 100)
    if (call.env.get("USER") or call.machine.system.user) != "root":
        return Answer("", _LISTS if command == "update" else _LOCK, 100)
    sure = bool({"-y", "--yes", "--assume-yes"} & set(flags)) or quiet > 1
    if call.asks and not sure:
        _ask(call, command, names, program)
    if call.typed is not None and call.typed.strip()[:1].lower() not in ("", "y"):
        return Answer("Abort.\n", "", 1)
    out, err, status = _run(call, command, names, program, sure)
    call.machine.follow()
    if call.typed is not None:  # what stands above the question was shown with it
        out = out.partition(lines.AGREED)[2]
    return Answer(lines.quieted(out, quiet), err, status)


def _simulated(call: Call, command: str, names: list[str]) -> Answer:
    """``-s``: what would be done, found out on a copy of the packages."""
    if command not in ("install", "remove", "purge", "autoremove", "upgrade", "dist-upgrade", "full-upgrade"):
        raise NotExact
    machine = _copied(call)
    before = {package.name: package for package in machine.packages.installed("apt")}
    out, err, status = _run(replace(call, machine=machine), command, names, "apt-get", True)
    after = {package.name: package for package in machine.packages.installed("apt")}
    kept = "".join(line for line in out.splitlines(keepends=True) if line.startswith(_SHOWN))
    new = [package for name, package in after.items() if name not in before]
    gone = [package for name, package in before.items() if name not in after]
    kept += "".join(f"Remv {package.name} [{package.version}]\n" for package in gone)
    kept += "".join(f"{verb} {lines.simulated(machine, package)}\n" for verb in ("Inst", "Conf") for package in new)
    return Answer(kept, err, status)


_CACHE = "/var/cache/apt/archives"
_SHOWN = ("Reading", "Building", "Calculating", "The following", "  ", "0 upgraded", "E:", "Package ", "Use ")


def _copied(call: Call) -> Machine:
    """The machine with packages and a clock that may be changed."""
    machine = copy.copy(call.machine)
    machine.clock = copy.copy(machine.clock)
    machine.packages = Packages.from_state(machine.system, machine.packages.to_state())
    return machine


def _ask(call: Call, command: str, names: list[str], program: str) -> None:
    """Find out, on a copy of the packages, whether the person has to agree.

    Raises:
        Asks: where that one has.
    """
    machine = _copied(call)
    shown, agreed, _ = _run(replace(call, machine=machine), command, names, program, False)[0].partition(lines.AGREED)
    if agreed:
        warning = _UNSTABLE if program == "apt" and not call.tty else ""
        raise Asks(shown, lines.AGREED.removesuffix("y\n"), complaint=warning)


def _parse(args: tuple[str, ...]) -> tuple[list[str], list[str], int]:
    """The words, the flags, and how quiet it shall be."""
    words, flags, quiet = [], [], 0
    for word in args:
        if not word.startswith("-"):
            words.append(word)
        elif word.startswith("--") or word in _FLAGS + _MORE:
            flags.append(word)
        else:
            letters = word[1:]
            quiet += letters.count("q")
            flags += [f"-{letter}" for letter in letters if letter not in "q=0123456789"]
    return words, flags, quiet + flags.count("-q") + flags.count("--quiet")


def _run(call: Call, command: str, names: list[str], program: str, sure: bool) -> tuple[str, str, int]:
    machine = call.machine
    head = lines.reading(machine, tty=call.tty)
    match command:
        case "update":
            machine.clock.advance(4.2)
            return lines.update(machine, tty=call.tty, apt=program == "apt"), "", 0
        case "clean" | "autoclean":
            return "" if command == "clean" else head, "", 0
        case "upgrade" | "full-upgrade" | "dist-upgrade":
            done = "Calculating upgrade... Done\n" if call.tty else "Calculating upgrade...\n"
            return (
                f"{head}{done}{lines.spare(machine)}0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n",
                "",
                0,
            )
        case "install" | "reinstall":
            return _install(call, names, head, again=command == "reinstall", sure=sure)
        case "autoremove":
            spare = [package.name for package in machine.packages.orphans()]
            gone = [package for name in spare for package in machine.packages.remove("apt", name)]
            return head + lines.removing(machine, gone, purge=False, sure=sure), "", 0
        case _:
            return _remove(call, names, head, purge=command == "purge", sure=sure)


def _install(call: Call, names: list[str], head: str, *, again: bool, sure: bool) -> tuple[str, str, int]:
    machine = call.machine
    if again or any("/" in name or (name.endswith((".deb", "+", "-")) and not name.endswith("++")) for name in names):
        raise NotExact
    wanted = [name.partition("=")[0].removesuffix(":amd64") for name in names]
    if errors := [text for name in wanted for text in _unknown(call, name)]:
        return head, "".join(errors), 100
    asked_for = [name for name in names if "=" in name]
    for name, text in zip(wanted, names, strict=True):
        if text in asked_for and (text.partition("=")[2] != _version(call, name)):
            return head, f"E: Version '{text.partition('=')[2]}' for '{name}' was not found\n", 100
    if machine.no_room(_CACHE):
        new = [
            package for copied in [_copied(call)] for name in wanted for package in copied.packages.install("apt", name)
        ]
        if new:
            return (
                head + lines.planned(machine, new, wanted),
                f"E: You don't have enough free space in {_CACHE}/.\n",
                100,
            )
    out, new = head, list[Package]()
    for name in wanted:
        if package := machine.packages.find("apt", name):
            out += f"{name} is already the newest version ({package.version}).\n"
            if machine.packages.is_base("apt", name):
                out += f"{name} set to manually installed.\n"
        new += machine.packages.install("apt", name)
    out += lines.installing(machine, new, wanted, sure=sure)
    machine.clock.advance(round(0.8 + 0.9 * len(new) + sum(package.size for package in new) / 12_000_000, 2))
    return out, "", 0


def _version(call: Call, name: str) -> str:
    found = archive.find(name, call.machine.system.profile)
    return found.version if found else ""


def _unknown(call: Call, name: str) -> list[str]:
    if call.machine.packages.find("apt", name) or archive.find(name, call.machine.system.profile):
        return []
    errors = [f"E: Unable to locate package {name}\n"]
    if "." in name:
        errors.append(f"E: Couldn't find any package by glob '{name}'\n")
        if call.machine.system.release in ("18.04", "20.04"):
            errors.append(f"E: Couldn't find any package by regex '{name}'\n")
    return errors


def _remove(call: Call, names: list[str], head: str, *, purge: bool, sure: bool) -> tuple[str, str, int]:
    machine = call.machine
    for name in names:
        if errors := _unknown(call, name):
            return head, "".join(errors), 100
    out, gone = head, list[Package]()
    for name in names:
        if machine.packages.find("apt", name) is None:
            out += f"Package '{name}' is not installed, so not removed\n"
        gone += machine.packages.remove("apt", name)
    machine.clock.advance(0.7 + 0.6 * len(gone))
    return out + lines.removing(machine, gone, purge=purge, sure=sure), "", 0


def _list(call: Call, patterns: list[str], flags: list[str]) -> Answer:
    if set(flags) - {"--installed", "-i", "--upgradable", "--upgradeable", "-u", "--manual-installed"}:
        raise NotExact
    machine = call.machine
    head = "Listing... Done\n" if call.tty else "Listing...\n"
    if {"--upgradable", "--upgradeable", "-u"} & set(flags):
        return Answer(head)
    here = {package.name: package for package in machine.packages.installed("apt")}
    if flags or not patterns:
        names = sorted(here) if flags else archive.names(machine.system.profile)
    else:
        names = sorted({*archive.names(machine.system.profile), *here})
    chosen = [name for name in names if not patterns or any(fnmatch(name, pattern) for pattern in patterns)]
    if "--manual-installed" in flags:
        chosen = [package.name for package in machine.packages.asked() if package.manager == "apt"]
    return Answer(head + "".join(lines.listed(machine, name) for name in chosen))
