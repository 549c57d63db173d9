"""``yum`` and ``dnf``: packages of Red Hat's family come and go through the machine."""

from __future__ import annotations

from llm_kernel.machine import Machine
from llm_kernel.machine.archive import Deb
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact import yum_lists as lists
from llm_kernel.programs.exact.yum_lists import amount, arch, available, found, repository
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["yum"]

_RULE = "=" * 80 + "\n"
_ROOT = "This command has to be run with superuser privileges (under the root user on most systems).\n"
_LATEST = " and latest version\n"
_PLUGINS = "Loaded plugins: fastestmirror\n"
_COLUMNS = "{:<14} {:<16} {:<19} {:<20} {:>6}"


@exact("dnf", needs="package:dnf")
@exact("yum", needs="os:rhel")
def yum(call: Call) -> Answer:
    """Answer what changes packages, and what yum tells of them."""
    words = [word for word in call.args if not word.startswith("-")]
    if {word for word in call.args if word.startswith("-")} - {"-y", "--assumeyes", "-q", "--quiet"} or not words:
        raise NotExact
    command, names = words[0], words[1:]
    if (told := _told(call.machine, command, names)) is not None:
        return told
    if command in ("groupinstall", "group", "groups"):
        command, names = "install", _grouped(call.machine, command, names)
    if command in ("update", "upgrade", "check-update") and not _dnf(call.machine):
        nothing = "" if command == "check-update" else "No packages marked for update\n"
        return Answer(_head(call.machine) + nothing)
    if command not in ("install", "remove", "erase") or not names:
        raise NotExact
    if (call.env.get("USER") or call.machine.system.user) != "root":
        return Answer(
            "", f"Error: {_ROOT}" if _dnf(call.machine) else "You need to be root to perform this command.\n", 1
        )
    answer = _install(call, names) if command == "install" else _remove(call, names)
    quiet = bool({"-q", "--quiet"} & set(call.args))
    call.machine.follow()
    return Answer("" if quiet else answer.stdout, answer.stderr, answer.status)


def _dnf(machine: Machine) -> bool:
    return machine.system.profile.manager == "dnf"


def _head(machine: Machine) -> str:
    if _dnf(machine):
        return "Last metadata expiration check: 0:12:47 ago.\n"
    return f"{_PLUGINS}Loading mirror speeds from cached hostfile\n"


def _told(machine: Machine, command: str, words: list[str]) -> Answer | None:
    """What yum only tells; None where it would do something."""
    if command == "list" and words[:1] == ["installed"]:
        answer = lists.listed(machine, words)
        head = "" if _dnf(machine) or answer.status else _PLUGINS
        return Answer(head + str(answer.stdout), answer.stderr, answer.status)
    if _dnf(machine):
        return None
    match command:
        case "list" | "ls":
            answer = lists.listed(machine, words)
        case "info":
            answer = lists.info(machine, words)
        case "search" if words:
            answer = lists.search(machine, words)
        case "provides" | "whatprovides" if words:
            answer = lists.provides(machine, words)
        case "repolist" if words in ([], ["enabled"]):
            answer = Answer(lists.repolist(machine))
        case "grouplist":
            answer = Answer(lists.groups(machine))
        case "group" | "groups" if words == ["list"]:
            answer = Answer(lists.groups(machine))
        case "clean" if words in (["all"], ["metadata"], ["expire-cache"]):
            names = " ".join(name for name, _, _ in lists.repositories(machine))
            tail = "Cleaning up list of fastest mirrors\n" if words == ["all"] else ""
            return Answer(f"{_PLUGINS}Cleaning repos: {names}\n{tail}")
        case "makecache" if words in ([], ["fast"]):
            machine.clock.advance(4.0)
            answer = Answer("Metadata Cache Created\n")
        case _:
            return None
    return Answer(_head(machine) + str(answer.stdout), answer.stderr, answer.status)


def _grouped(machine: Machine, command: str, words: list[str]) -> list[str]:
    """The packages of the groups to install."""
    if command != "groupinstall":
        if words[:1] != ["install"]:
            raise NotExact
        words = words[1:]
    found = [lists.members(machine, word) for word in words]
    if _dnf(machine) or not found or None in found:
        raise NotExact
    return [name for names in found if names for name in names]


def _install(call: Call, names: list[str]) -> Answer:
    machine = call.machine
    missing = [name for name in names if not available(machine, name)]
    missing = [name for name in missing if not machine.packages.find("dnf", name)]
    if _dnf(machine) and missing:
        lines = "".join(f"No match for argument: {name}\n" for name in missing)
        return Answer(_head(machine), f"{lines}Error: Unable to find a match: {' '.join(missing)}\n", 1)
    out, err = _head(machine), "".join(f"No package {name} available.\n" for name in missing)
    new = list[Package]()
    for name in (name for name in names if name not in missing):
        if here := machine.packages.find("dnf", name):
            row = found(machine, here)
            text = f"{name}-{here.version}.{arch(row)} is already installed.\n"
            out += (
                f"Package {text}" if _dnf(machine) else f"Package {text}".replace(" is ", " ").replace(".\n", _LATEST)
            )
        new += machine.packages.install("dnf", name)
    if not new:
        nothing = "Dependencies resolved.\nNothing to do.\nComplete!\n" if _dnf(machine) else "Nothing to do\n"
        if missing:
            return Answer(out, err + "Error: Nothing to do\n", 1)
        return Answer(out + nothing)
    machine.clock.advance(round(2.5 + 1.1 * len(new), 2))
    return Answer(out + _transaction(machine, new, "install"), err)


def _remove(call: Call, names: list[str]) -> Answer:
    machine = call.machine
    gone = [package for name in names for package in machine.packages.remove("dnf", name)]
    missing = [name for name in names if name not in [package.name for package in gone]]
    err = "".join(f"No match for argument: {name}\n" for name in missing)
    head = "" if _dnf(machine) else _PLUGINS
    if not gone:
        nothing = (
            "Dependencies resolved.\nNothing to do.\nComplete!\n"
            if _dnf(machine)
            else "No Packages marked for removal\n"
        )
        return Answer(head + nothing, err)
    machine.clock.advance(1.5 + 0.7 * len(gone))
    return Answer(head + _transaction(machine, gone, "remove"), err)


def _transaction(machine: Machine, packages: list[Package], kind: str) -> str:
    """From the resolution to ``Complete!``; the question is answered as by a person who presses y."""
    rows = [found(machine, package) for package in packages]
    putting = kind == "install"
    out = ""
    if not _dnf(machine):
        verb = "installed" if putting else "erased"
        out += "Resolving Dependencies\n--> Running transaction check\n"
        out += "".join(f"---> Package {row.name}.{arch(row)} 0:{row.version} will be {verb}\n" for row in rows)
        out += "--> Finished Dependency Resolution\n\n"
    out += "Dependencies resolved.\n" if _dnf(machine) else "Dependencies Resolved\n\n"
    out += _RULE + f" {_COLUMNS}\n".format("Package", "Arch", "Version", "Repository", "Size") + _RULE
    out += "Installing:\n" if putting else "Removing:\n"
    for row in rows:
        repo = repository(machine, row.name)
        out += _row(row, repo if putting else f"@{repo}", putting)
    noun = "Package" + ("s" if len(rows) > 1 else "")
    out += f"\nTransaction Summary\n{_RULE}{'Install' if putting else 'Remove'}  {len(rows)} {noun}\n\n"
    if putting:
        out += f"Total download size: {amount(sum(row.size for row in rows))}\n"
    out += f"{'Installed size' if putting else 'Freed space'}: {amount(sum(row.installed for row in rows))}\n"
    out += "Downloading Packages:\n" if putting and _dnf(machine) else "Downloading packages:\n"
    out += "Running transaction check\nRunning transaction test\nTransaction test succeeded\nRunning transaction\n"
    verb = "Installing" if putting else "Erasing"
    count = len(rows)
    for word in (verb, "Verifying"):
        for n, row in enumerate(rows, 1):
            text = f"  {word:<10} : {row.name}-{row.version}.{arch(row)}"
            out += f"{text:<72}{f'{n}/{count}':>7} \n"
    done = "Installed" if putting else "Removed"
    return out + f"\n{done}:\n" + "".join(_done(machine, row) for row in rows) + "\nComplete!\n"


def _row(row: Deb, repo: str, putting: bool) -> str:
    size = amount(row.size if putting else row.installed)
    return f" {_COLUMNS.format(row.name, arch(row), row.version, repo, size)}\n"


def _done(machine: Machine, row: Deb) -> str:
    if _dnf(machine):
        return f"  {row.name}-{row.version}.{arch(row)}\n"
    return f"  {row.name}.{arch(row)} 0:{row.version}\n"
