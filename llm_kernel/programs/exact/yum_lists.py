"""What yum tells of packages and repositories: ``list``, ``info``, ``search``, ``provides``, ``repolist``, ``groups``.

dnf lays these out in its own way, which is the model's; of dnf only ``list installed`` is known.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from fnmatch import fnmatchcase

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.archive import Deb
from llm_kernel.machine.packages import Package
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer

__all__ = [
    "amount",
    "arch",
    "available",
    "found",
    "groups",
    "info",
    "listed",
    "members",
    "origin",
    "provides",
    "repolist",
    "repositories",
    "repository",
    "search",
]

_FOLDER = "/etc/yum.repos.d"
_WIDTH = 80
_NONE = "Error: No matching Packages to list\n"
_KINDS = ("installed", "available", "all")
_NEWS = ("updates", "extras", "obsoletes", "recent")


def found(machine: Machine, package: Package) -> Deb:
    """The archive's record of an installed package."""
    return archive.find(package.name, machine.system.profile) or archive.imagined(package.name, package.version)


def arch(row: Deb) -> str:
    """The architecture as rpm names it."""
    return "noarch" if row.arch == "all" else "x86_64"


def amount(size: int) -> str:
    """An amount as yum writes it: ``103 k``, ``1.6 M``."""
    number, unit = size / 1024, "k"
    if number >= 1000:
        number, unit = number / 1024, "M"
    return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"


def repository(machine: Machine, name: str) -> str:
    """The repository that has the package."""
    if machine.system.profile.manager == "dnf":
        return "appstream"
    return "epel" if name in archive.only_epel(machine.system.profile) else "base"


def origin(machine: Machine, package: Package) -> str:
    """Where an installed package came from: the installer, or a repository."""
    return "anaconda" if machine.packages.is_base("dnf", package.name) else repository(machine, package.name)


def available(machine: Machine, name: str) -> Deb | None:
    """The package that a repository of this machine has; what only EPEL has needs the package that names EPEL."""
    row = archive.find(name, machine.system.profile)
    return row if row and repository(machine, name) in ("base", "appstream", *_brought(machine)) else None


def _brought(machine: Machine) -> tuple[str, ...]:
    return ("epel",) if machine.packages.find("dnf", "epel-release") else ()


def repositories(machine: Machine) -> list[tuple[str, str, str]]:
    """(id, what its address depends on, name) of each repository that is switched on, as the machine's files say."""
    rows = [("epel", "x86_64", "Extra Packages for Enterprise Linux 7 - x86_64") for _ in _brought(machine)]
    files = machine.files
    for file in sorted(files.listdir(_FOLDER)) if files.is_dir(_FOLDER) else []:
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(files.read(f"{_FOLDER}/{file}").decode("utf-8", "replace"))
        except (configparser.Error, OSError):
            continue
        for name in parser.sections() if file.endswith(".repo") else []:
            section = parser[name]
            if section.get("enabled", "1").strip() in ("1", "yes", "true", "True"):
                where = section.get("mirrorlist", "") + section.get("baseurl", "")
                parts = [text for mark, text in _VARIABLES.items() if mark in where]
                rows.append((name, "/".join(parts), _spelled(section.get("name", name))))
    return sorted(dict.fromkeys(rows))


_VARIABLES = {"$releasever": "7", "$basearch": "x86_64"}


def _spelled(name: str) -> str:
    for mark, text in _VARIABLES.items():
        name = name.replace(mark, text)
    return name


def repolist(machine: Machine) -> str:
    """The table of repositories with how many packages each has."""
    sizes = archive.repository_sizes()
    rows = [
        (f"{name}/{part}" if part else name, label, sizes.get(name, 0)) for name, part, label in repositories(machine)
    ]
    if not rows:
        return "repolist: 0\n"
    table = [("repo id", "repo name", "status"), *((name, label, f"{size:,}") for name, label, size in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    spare = max(0, _WIDTH - sum(widths) - 2)
    first, second = widths[0] + (spare + 1) // 2, widths[1] + spare // 2
    head, *body = table
    lines = [f"{head[0]:<{first}} {head[1]:<{second}} {head[2]:>{widths[2]}}"]
    lines += [f"{name:<{first}} {label:<{second}} {size:>{widths[2]}}" for name, label, size in body]
    return "".join(f"{line}\n" for line in lines) + f"repolist: {sum(size for _, _, size in rows):,}\n"


def listed(machine: Machine, words: list[str]) -> Answer:
    """``list [installed|available|all] [PATTERN...]``: two sections, each where it has something."""
    if words[:1] and words[0] in _NEWS:
        return Answer()  # the machine has the newest of everything that it knows
    kind = words[0] if words[:1] and words[0] in _KINDS else "all"
    patterns = words[1:] if words[:1] == [kind] else words
    out = ""
    if kind != "available" and (here := _here(machine, patterns)):
        rows = (_row(found(machine, package), package.version, f"@{origin(machine, package)}") for package in here)
        out += "Installed Packages\n" + "".join(rows)
    if kind != "installed" and (there := _there(machine, patterns)):
        rows = (_row(row, row.version, repository(machine, row.name)) for row in there)
        out += "Available Packages\n" + "".join(rows)
    return Answer(out) if out else Answer("", _NONE, 1)


def _row(row: Deb, version: str, where: str) -> str:
    return f"{f'{row.name}.{arch(row)}':<40} {version:<22} {where}\n"


def _here(machine: Machine, patterns: list[str]) -> list[Package]:
    return [package for package in machine.packages.installed("dnf") if _fits(package.name, patterns)]


def _there(machine: Machine, patterns: list[str]) -> list[Deb]:
    """What could be installed and is not."""
    here = {package.name for package in machine.packages.installed("dnf")}
    names = [name for name in archive.names(machine.system.profile) if _fits(name, patterns) and name not in here]
    return [row for name in names if (row := available(machine, name))]


def _fits(name: str, patterns: list[str]) -> bool:
    plain = (pattern.removesuffix(".x86_64").removesuffix(".noarch") for pattern in patterns)
    return not patterns or any(fnmatchcase(name, pattern) for pattern in plain)


def info(machine: Machine, patterns: list[str]) -> Answer:
    """The records of packages; their licences and addresses nobody wrote down."""
    out = ""
    if here := _here(machine, patterns):
        rows = ((found(machine, package), package) for package in here)
        out += "Installed Packages\n" + "\n".join(
            _record(row, package.version, row.installed, ("installed", origin(machine, package)))
            for row, package in rows
        )
        out += "\n"
    if there := _there(machine, patterns):
        out += "Available Packages\n" + "\n".join(
            _record(row, row.version, row.size, (f"{repository(machine, row.name)}/7/x86_64", "")) for row in there
        )
        out += "\n"
    return Answer(out) if out else Answer("", _NONE, 1)


def _record(row: Deb, full: str, size: int, where: tuple[str, str]) -> str:
    version, _, release = full.rpartition("-")
    repo, came = where
    rows = [("Name", row.name), ("Arch", arch(row)), ("Version", version or full), ("Release", release)]
    rows += [("Size", amount(size)), ("Repo", repo), *([("From repo", came)] if came else [])]
    rows += [("Summary", row.summary), ("Description", row.summary)]
    return "".join(f"{key:<12}: {value}\n" for key, value in rows)


def search(machine: Machine, words: list[str]) -> Answer:
    """The packages whose name or summary has the words."""
    here = {package.name for package in machine.packages.installed("dnf")}
    rows = [found(machine, package) for package in machine.packages.installed("dnf")]
    rows += [row for row in _there(machine, []) if row.name not in here]
    fitting = [row for row in rows if all(word.lower() in f"{row.name} {row.summary}".lower() for word in words)]
    if not fitting:
        missed = "".join(f"Warning: No matches found for: {word}\n" for word in words)
        return Answer("No matches found\n", missed)
    title = f"N/S matched: {', '.join(words)}"
    lines = "".join(f"{row.name}.{arch(row)} : {row.summary}\n" for row in sorted(fitting, key=lambda row: row.name))
    return Answer(f'{_section(title)}\n{lines}\n  Name and summary matches only, use "search all" for everything.\n')


def _section(name: str) -> str:
    spare = max(4, _WIDTH - 2 - len(name))
    return f"{'=' * (spare // 2)} {name} {'=' * (spare - spare // 2)}"


_HINT = (
    "Warning: 3.0.x versions of yum would erroneously match against filenames.\n"
    ' You can use "*/{0}" and/or "*bin/{0}" to get that behaviour\n'
)


def provides(machine: Machine, words: list[str]) -> Answer:
    """Who has a program, by its path, by a pattern of it, or by the package's name."""
    out = "".join(block for word in words for block in _providing(machine, word))
    plain = "".join(_HINT.format(word) for word in words if not set(word) & set("/*?"))
    return Answer(out or f"{plain}No matches found\n")


def _providing(machine: Machine, word: str) -> Iterator[str]:
    made, packages = machine.system.profile, machine.packages
    if made.merged and word.startswith(("/bin/", "/sbin/")):
        word = f"/usr{word}"
    for name in archive.names(made):
        here, there = packages.find("dnf", name), available(machine, name)
        row = there or (found(machine, here) if here else None)
        if row is None:
            continue
        files = [packages.packed(program) for program in archive.programs(name, made)]
        matched = [file for file in files if fnmatchcase(file, word)] if "/" in word or "*" in word else []
        if not matched and not fnmatchcase(name, word):
            continue
        places = [repository(machine, name)] if there else []
        places += [f"@{origin(machine, here)}"] if here else []
        more = "Matched from:\n" + "".join(f"Filename    : {file}\n" for file in matched) if matched else ""
        for place in places:
            yield f"{name}-{row.version}.{arch(row)} : {row.summary}\nRepo        : {place}\n{more}\n\n\n"


def groups(machine: Machine) -> str:
    """The groups of packages, none of which is marked as installed."""
    kinds = archive.groups()
    text = "There is no installed groups file.\nMaybe run: yum groups mark convert (see man yum)\n"
    for title, names in (("Environment Groups", kinds["environments"]), ("Groups", kinds["groups"])):
        text += f"Available {title}:\n" + "".join(f"   {name}\n" for name in names)
    return text + "Done\n"


def members(machine: Machine, name: str) -> list[str] | None:
    """The packages that a group brings, as far as its members are written down; None for no group.

    Raises:
        NotExact: for a group whose members nobody wrote down.
    """
    kinds = archive.groups()
    everything = [*kinds["environments"], *kinds["groups"]]
    known = next((group for group in everything if group.lower() == name.lower().lstrip("@")), None)
    if known is None:
        return None
    if known not in kinds["members"]:
        raise NotExact(known)
    wanted = kinds["members"][known].split()
    return [package for package in wanted if available(machine, package)]
