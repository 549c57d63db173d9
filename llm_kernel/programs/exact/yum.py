"""``yum`` and ``dnf``: packages of Red Hat's family come and go through the machine. Searching is the model's."""

from __future__ import annotations

from fnmatch import fnmatch

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.archive import Deb
from llm_kernel.machine.packages import Package
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["yum"]

_RULE = "=" * 80 + "\n"
_ROOT = "This command has to be run with superuser privileges (under the root user on most systems).\n"
_LATEST = " and latest version\n"
_COLUMNS = "{:<14} {:<16} {:<19} {:<20} {:>6}"


@exact("yum", "dnf", needs="os:rhel")
def yum(call: Call) -> Answer:
    """Answer ``install``, ``remove`` and ``list``."""
    words = [word for word in call.args if not word.startswith("-")]
    if {word for word in call.args if word.startswith("-")} - {"-y", "--assumeyes", "-q", "--quiet"} or not words:
        raise NotExact
    command, names = words[0], words[1:]
    if command == "list":
        return _list(call, names)
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
    return "Loaded plugins: fastestmirror\nLoading mirror speeds from cached hostfile\n"


def _deb(machine: Machine, package: Package) -> Deb:
    return archive.find(package.name, machine.system.profile) or archive.imagined(package.name, package.version)


def _arch(found: Deb) -> str:
    return "noarch" if found.arch == "all" else "x86_64"


def _install(call: Call, names: list[str]) -> Answer:
    machine = call.machine
    missing = [name for name in names if not archive.find(name, machine.system.profile)]
    missing = [name for name in missing if not machine.packages.find("dnf", name)]
    if _dnf(machine) and missing:
        lines = "".join(f"No match for argument: {name}\n" for name in missing)
        return Answer(_head(machine), f"{lines}Error: Unable to find a match: {' '.join(missing)}\n", 1)
    out, err = _head(machine), "".join(f"No package {name} available.\n" for name in missing)
    new = list[Package]()
    for name in (name for name in names if name not in missing):
        if here := machine.packages.find("dnf", name):
            found = _deb(machine, here)
            text = f"{name}-{here.version}.{_arch(found)} is already installed.\n"
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
    head = "" if _dnf(machine) else "Loaded plugins: fastestmirror\n"
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
    rows = [_deb(machine, package) for package in packages]
    putting = kind == "install"
    out = ""
    if not _dnf(machine):
        verb = "installed" if putting else "erased"
        out += "Resolving Dependencies\n--> Running transaction check\n"
        out += "".join(f"---> Package {row.name}.{_arch(row)} 0:{row.version} will be {verb}\n" for row in rows)
        out += "--> Finished Dependency Resolution\n\n"
    out += "Dependencies resolved.\n" if _dnf(machine) else "Dependencies Resolved\n\n"
    out += _RULE + f" {_COLUMNS}\n".format("Package", "Arch", "Version", "Repository", "Size") + _RULE
    out += "Installing:\n" if putting else "Removing:\n"
    repo = "appstream" if _dnf(machine) else "base"
    out += "".join(_row(row, repo if putting else f"@{repo}", putting) for row in rows)
    noun = "Package" + ("s" if len(rows) > 1 else "")
    out += f"\nTransaction Summary\n{_RULE}{'Install' if putting else 'Remove'}  {len(rows)} {noun}\n\n"
    if putting:
        out += f"Total download size: {_amount(sum(row.size for row in rows))}\n"
    out += f"{'Installed size' if putting else 'Freed space'}: {_amount(sum(row.installed for row in rows))}\n"
    out += "Downloading Packages:\n" if putting and _dnf(machine) else "Downloading packages:\n"
    out += "Running transaction check\nRunning transaction test\nTransaction test succeeded\nRunning transaction\n"
    verb = "Installing" if putting else "Erasing"
    count = len(rows)
    for word in (verb, "Verifying"):
        for n, row in enumerate(rows, 1):
            text = f"  {word:<10} : {row.name}-{row.version}.{_arch(row)}"
            out += f"{text:<72}{f'{n}/{count}':>7} \n"
    done = "Installed" if putting else "Removed"
    return out + f"\n{done}:\n" + "".join(_done(machine, row) for row in rows) + "\nComplete!\n"


def _row(row: Deb, repo: str, putting: bool) -> str:
    size = _amount(row.size if putting else row.installed)
    return f" {_COLUMNS.format(row.name, _arch(row), row.version, repo, size)}\n"


def _done(machine: Machine, row: Deb) -> str:
    if _dnf(machine):
        return f"  {row.name}-{row.version}.{_arch(row)}\n"
    return f"  {row.name}.{_arch(row)} 0:{row.version}\n"


def _amount(size: int) -> str:
    """An amount as yum writes it: ``103 k``, ``1.6 M``."""
    number, unit = size / 1024, "k"
    if number >= 1000:
        number, unit = number / 1024, "M"
    return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"


def _list(call: Call, words: list[str]) -> Answer:
    """``list installed [PATTERN]``; what could be installed is the model's."""
    if words[:1] != ["installed"]:
        raise NotExact
    machine, patterns = call.machine, words[1:]
    everything = machine.packages.installed("dnf")
    chosen = [p for p in everything if not patterns or any(fnmatch(p.name, pattern) for pattern in patterns)]
    if not chosen:
        return Answer("", "Error: No matching Packages to list\n", 1)
    repo = "@anaconda"
    rows = ((f"{p.name}.{_arch(_deb(machine, p))}", p.version, repo) for p in chosen)
    head = "" if _dnf(machine) else "Loaded plugins: fastestmirror\n"
    return Answer(head + "Installed Packages\n" + "".join(f"{a:<40} {b:<22} {c}\n" for a, b, c in rows))
