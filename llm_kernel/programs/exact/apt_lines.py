"""The lines that apt prints, by release: reading, fetching, unpacking, listing."""

from __future__ import annotations

import re
from zlib import crc32

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.archive import Deb
from llm_kernel.machine.packages import Package

__all__ = [
    "AGREED",
    "amount",
    "installing",
    "library",
    "listed",
    "place",
    "policies",
    "policy",
    "quieted",
    "reading",
    "reading_database",
    "removing",
    "simulated",
    "spare",
    "update",
    "version",
]

AGREED = "Do you want to continue? [Y/n] y\n"
"""The question before anything changes, answered."""

_VERSIONS = {"bionic": "1.6.12", "focal": "2.0.10", "bullseye": "2.2.4", "jammy": "2.4.11", "bookworm": "2.6.1"}
_NONE = "0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
_FILES = {"bionic": 60382, "focal": 71841, "jammy": 74501, "noble": 84134, "bullseye": 32507, "bookworm": 34216}


def version(machine: Machine) -> str:
    """What ``apt --version`` prints."""
    return f"apt {_VERSIONS.get(machine.system.profile.codename, '2.7.14')} (amd64)\n"


def reading(machine: Machine, *, tty: bool) -> str:
    """The three lines that begin each operation."""
    if not tty:
        return "Reading package lists...\nBuilding dependency tree...\nReading state information...\n"
    tree = "Building dependency tree       " if _old(machine) else "Building dependency tree... Done"
    return f"Reading package lists... Done\n{tree}\nReading state information... Done\n"


def reading_database(machine: Machine) -> str:
    """The line before dpkg's first change."""
    return f"(Reading database ... {_files(machine)} files and directories currently installed.)\n"


def update(machine: Machine, *, tty: bool, apt: bool) -> str:
    """A run of ``update`` against the archives that the machine's sources name."""
    rows = _sources(machine)
    texts = [f"Hit:{n} {place} {suite} InRelease\n" for n, (place, suite) in enumerate(rows, 1)]
    head = "".join(texts) + ("Reading package lists... Done\n" if tty else "Reading package lists...\n")
    if not apt:
        return head
    return head + "".join(reading(machine, tty=tty).splitlines(keepends=True)[1:]) + "All packages are up to date.\n"


def library(name: str) -> bool:
    """Whether a package may be there for several architectures at once, so that its name carries one."""
    return name.startswith("lib") and not name.endswith(("-bin", "-doc", "-common", "-perl"))


def planned(machine: Machine, new: list[Package], wanted: list[str]) -> str:
    """What will be installed and how much that is."""
    debs = [_deb(machine, package) for package in new]
    extra = sorted(deb.name for deb in debs if deb.name not in wanted)
    out = f"The following additional packages will be installed:\n{_wrapped(extra)}" if extra else ""
    out += f"The following NEW packages will be installed:\n{_wrapped(sorted(deb.name for deb in debs))}"
    out += f"0 upgraded, {len(debs)} newly installed, 0 to remove and 0 not upgraded.\n"
    size = sum(deb.size for deb in debs)
    out += f"Need to get {amount(size)} of archives.\n"
    out += f"After this operation, {amount(sum(d.installed for d in debs))} of additional disk space will be used.\n"
    return out


def installing(machine: Machine, new: list[Package], wanted: list[str], *, sure: bool) -> str:
    """From the list of what is new to the last trigger; a question is answered as by a person who presses Y."""
    if not new:
        return _NONE
    debs = [_deb(machine, package) for package in new]
    out = planned(machine, new, wanted)
    if any(deb.name not in wanted for deb in debs) and not sure:
        out += AGREED
    out += "".join(_fetched(machine, n, deb) for n, deb in enumerate(debs, 1))
    size = sum(deb.size for deb in debs)
    seconds = 0.7 + size / 12_000_000
    out += f"Fetched {amount(size)} in {max(1, round(seconds))}s ({amount(round(size / seconds))}/s)"
    out += "    \n" if _old(machine) else "\n"
    for n, deb in enumerate(debs):
        out += f"Selecting previously unselected package {_full(deb)}.\n"
        if n == 0:
            out += reading_database(machine)
        file = deb.version.partition(":")[2] or deb.version
        name = f"{deb.name}_{deb.version.replace(':', '%3a') if ':' in deb.version else file}_{deb.arch}.deb"
        out += f"Preparing to unpack .../{f'{n}-' if len(debs) > 9 else ''}{name} ...\n"
        out += f"Unpacking {_full(deb)} ({deb.version}) ...\n"
    out += "".join(f"Setting up {_full(deb)} ({deb.version}) ...\n" for deb in debs)
    return out + _triggers(machine, libraries=any(deb.name.startswith("lib") for deb in debs))


def removing(machine: Machine, gone: list[Package], *, purge: bool, sure: bool) -> str:
    """From the list of what goes to the last trigger."""
    if not gone:
        return _NONE
    debs = [_deb(machine, package) for package in gone]
    mark = "*" if purge else ""
    out = (
        spare(machine) + f"The following packages will be REMOVED:\n{_wrapped(sorted(deb.name + mark for deb in debs))}"
    )
    out += f"0 upgraded, 0 newly installed, {len(debs)} to remove and 0 not upgraded.\n"
    out += f"After this operation, {amount(sum(d.installed for d in debs))} disk space will be freed.\n"
    out += "" if sure else AGREED
    out += reading_database(machine)
    out += "".join(f"Removing {_full(deb)} ({deb.version}) ...\n" for deb in debs)
    return out + _triggers(machine, libraries=any(deb.name.startswith("lib") for deb in debs))


def spare(machine: Machine) -> str:
    """The lines about packages that came for others' sake and that nobody needs any more."""
    names = [package.name for package in machine.packages.orphans()]
    if not names:
        return ""
    many = len(names) > 1
    head, need, them = ("packages were", "are", "them") if many else ("package was", "is", "it")
    tail = f"Use 'apt autoremove' to remove {them}.\n"
    return f"The following {head} automatically installed and {need} no longer required:\n{_wrapped(names)}{tail}"


def listed(machine: Machine, name: str) -> str:
    """A line of ``apt list``."""
    here = machine.packages.find("apt", name)
    found = archive.find(name, machine.system.profile)
    version = here.version if here else found.version if found else ""
    suite = machine.system.profile.codename
    marks = ""
    if here:
        own = [p.name for p in machine.packages.asked() if p.manager == "apt"]
        auto = not machine.packages.is_base("apt", name) and name not in own
        marks = f" [installed{',automatic' if auto else '' if found else ',local'}]"
    return f"{name}/{f'{suite},now' if here and found else 'now' if here else suite} {version} {_arch(found)}{marks}\n"


def policy(machine: Machine, name: str) -> str:
    """What ``apt-cache policy`` says about one package; nothing about one it does not know."""
    here = machine.packages.find("apt", name)
    found = archive.find(name, machine.system.profile)
    if not here and not found:
        return ""
    version = found.version if found else here.version if here else ""
    where, suite = place(machine, found) if found else ("", "")
    star = "***" if here and here.version == version else "   "
    out = f"{name}:\n  Installed: {here.version if here else '(none)'}\n  Candidate: {version}\n  Version table:\n"
    out += f" {star} {version} 500\n"
    if found and where:
        out += f"        500 {where} {suite}/{found.section} amd64 Packages\n"
    return out + ("        100 /var/lib/dpkg/status\n" if here else "")


def policies(machine: Machine) -> str:
    """What ``apt-cache policy`` says about the archives themselves."""
    made, out = machine.system.profile, "Package files:\n 100 /var/lib/dpkg/status\n     release a=now\n"
    for where, suite in reversed(_sources(machine)):
        priority = 100 if suite.endswith("-backports") else 500
        out += f" {priority} {where} {suite}/main amd64 Packages\n"
        named = f"v={made.release},o={made.label},a={suite},n={made.codename},l={made.label}"
        out += f"     release {named},c=main,b=amd64\n"
        out += f"     origin {where.split('/')[2]}\n"
    return out + "Pinned packages:\n"


def simulated(machine: Machine, package: Package) -> str:
    """A package as a simulation names it: its version, its archive."""
    deb, made = _deb(machine, package), machine.system.profile
    suite = place(machine, deb)[1]
    return f"{deb.name} ({deb.version} {made.label}:{made.release}/{suite} [{deb.arch}])"


def quieted(text: str, quiet: int) -> str:
    """What is left of the output with ``-qq``: only dpkg's own lines."""
    if quiet < 2:
        return text
    kept = ("Selecting ", "(Reading ", "Preparing ", "Unpacking ", "Setting up ", "Processing ", "Removing ")
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith(kept))


def _old(machine: Machine) -> bool:
    return machine.system.release in ("16.04", "18.04", "20.04")


def _sources(machine: Machine) -> list[tuple[str, str]]:
    """Place and suite of each line of the machine's own sources."""
    folder = "/etc/apt/sources.list.d"
    names = machine.files.listdir(folder) if machine.files.is_dir(folder) else []
    found = _lines_of(_text(machine, "/etc/apt/sources.list"))
    for name in names:
        text = _text(machine, f"{folder}/{name}")
        found += _lines_of(text) if name.endswith(".list") else _stanzas(text) if name.endswith(".sources") else []
    return found


def _text(machine: Machine, path: str) -> str:
    return machine.files.read(path).decode(errors="replace") if machine.files.exists(path) else ""


def _lines_of(text: str) -> list[tuple[str, str]]:
    """The sources of a file of lines; options in brackets aside."""
    rows = [re.sub(r"\[[^]]*\]", "", line).split() for line in text.splitlines() if line.startswith("deb ")]
    return [(row[1], row[2]) for row in rows if len(row) > 2]


def _stanzas(text: str) -> list[tuple[str, str]]:
    """The sources of a file of stanzas, ``URIs:`` and ``Suites:``."""
    found = []
    for stanza in text.split("\n\n"):
        rows = dict(re.findall(r"^([\w-]+):\s*(.*)$", stanza, re.MULTILINE))
        places, suites = (rows.get(name, "").split() for name in ("URIs", "Suites"))
        found += [(one.rstrip("/"), suite) for one in places for suite in suites]
    return found


def _deb(machine: Machine, package: Package) -> Deb:
    return archive.find(package.name, machine.system.profile) or archive.imagined(package.name, package.version)


def _arch(found: Deb | None) -> str:
    return found.arch if found else "amd64"


def _full(deb: Deb) -> str:
    """The name as dpkg writes it: libraries carry their architecture."""
    return f"{deb.name}:{deb.arch}" if library(deb.name) and deb.arch != "all" else deb.name


def _fetched(machine: Machine, n: int, deb: Deb) -> str:
    source, suite = place(machine, deb)
    where = f"{source} {suite}/{deb.section} amd64".strip()
    return f"Get:{n} {where} {deb.name} {deb.arch} {deb.version} [{amount(deb.size)}]\n"


def place(machine: Machine, deb: Deb) -> tuple[str, str]:
    """Where a package is fetched from: what is newer than its release comes from the updates."""
    rows = _sources(machine)
    later = re.search(r"ubuntu\d*\.\d|~\d\d\.\d\d|\+deb\d+u\d", deb.version)
    updated = [row for row in rows if later and row[1].endswith("-updates")]
    return (updated or rows or [("", machine.system.profile.codename)])[0]


def _files(machine: Machine) -> int:
    """How many files dpkg has; each package that was added has brought some."""
    added = [p for p in machine.packages.installed("apt") if not machine.packages.is_base("apt", p.name)]
    brought = sum(8 + crc32(package.name.encode()) % 60 for package in added)
    return _FILES.get(machine.system.profile.codename, 60000) + brought


def _triggers(machine: Machine, *, libraries: bool) -> str:
    names = ["man-db", *(["libc-bin"] if libraries else [])]
    found = [(name, archive.find(name, machine.system.profile)) for name in names]
    return "".join(f"Processing triggers for {name} ({deb.version}) ...\n" for name, deb in found if deb)


def _wrapped(names: list[str]) -> str:
    """The names in lines of at most 80 columns."""
    out, line = [], " "
    for name in names:
        if len(line) + len(name) + 1 > 79:
            out.append(line)
            line = " "
        line += f" {name}"
    return "".join(f"{text}\n" for text in [*out, line])


def amount(size: int) -> str:
    """An amount as apt writes it: three digits, ``80.0 kB``, ``1,234 kB``, ``12.3 MB``."""
    number, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    unit = 0
    while number >= 10000 or (unit == 0 and number >= 1000):
        number /= 1000
        unit += 1
    if unit == 0:
        return f"{size} B"
    return f"{number:.1f} {units[unit]}" if number < 100 else f"{number:,.0f} {units[unit]}"
