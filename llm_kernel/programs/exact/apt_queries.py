"""What apt tells of the archive: ``show``, ``search``, ``depends`` and ``apt-cache``'s ways of saying the same."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.archive import Deb
from llm_kernel.programs.exact import apt_lines as lines
from llm_kernel.programs.exact.dpkg_records import maintainer, section
from llm_kernel.shell.call import Answer

__all__ = ["depends", "madison", "names", "needing", "search", "show"]


def show(machine: Machine, names: list[str], *, apt: bool) -> Answer:
    """The records of packages; what the archive does not have is named on standard error."""
    out, err = list[str](), list[str]()
    for name in names:
        found = _deb(machine, name)
        if found is None:
            err.append(f"N: Unable to locate package {name}\n" if apt else "")
            continue
        out.append(_record(machine, found, apt=apt))
    if not out:
        return Answer("", "".join(err) + "E: No packages found\n", 100)
    return Answer("\n".join(out) + "\n", "".join(err))


def search(machine: Machine, words: list[str], *, apt: bool, names_only: bool = False) -> Answer:
    """The packages whose name or summary has all the words."""
    if not words:
        return Answer("", "E: You must give at least one search pattern\n", 100)
    try:
        wanted = [re.compile(word, re.IGNORECASE) for word in words]
    except re.error:
        return Answer("", "E: Regex compilation error\n", 100)
    debs = [found for name in archive.names(machine.system.profile) if (found := _deb(machine, name))]
    text = {deb.name: deb.name if names_only else f"{deb.name} {deb.summary}" for deb in debs}
    chosen = [deb for deb in debs if all(pattern.search(text[deb.name]) for pattern in wanted)]
    if not apt:
        return Answer("".join(f"{deb.name} - {deb.summary}\n" for deb in chosen))
    head = "Sorting...\nFull Text Search...\n"
    return Answer(head + "".join(f"{lines.listed(machine, deb.name)}  {deb.summary}\n\n" for deb in chosen))


def depends(machine: Machine, names: list[str]) -> Answer:
    """What packages need."""
    out = []
    for name in names:
        found = _deb(machine, name)
        if found is None:
            return Answer("", "E: No packages found\n", 100)
        out.append(f"{found.name}\n" + "".join(f"  Depends: {need}\n" for need in found.needs))
    return Answer("".join(out))


def needing(machine: Machine, wanted: list[str]) -> Answer:
    """Who needs packages."""
    out, all_debs = "", [_deb(machine, name) for name in archive.names(machine.system.profile)]
    for name in wanted:
        if _deb(machine, name) is None:
            return Answer(out, "E: No packages found\n", 100)
        rows = [deb.name for deb in all_debs if deb and name in deb.needs]
        out += f"{name}\nReverse Depends:\n" + "".join(f"  {row}\n" for row in rows)
    return Answer(out)


def madison(machine: Machine, wanted: list[str]) -> Answer:
    """Which versions there are, and where."""
    out, err = "", ""
    for name in wanted:
        found = archive.find(name, machine.system.profile)
        if found is None:
            err += f"N: Unable to locate package {name}\n"
            continue
        place, suite = lines.place(machine, found)
        out += f"{name:>10} | {found.version:>10} | {place} {suite}/{found.section} amd64 Packages\n"
    return Answer(out, err)


def names(machine: Machine, lead: str) -> Answer:
    """The names that begin with ``lead``."""
    here = {package.name for package in machine.packages.installed("apt")} | set(archive.names(machine.system.profile))
    return Answer("".join(f"{name}\n" for name in sorted(here) if name.startswith(lead)))


def _deb(machine: Machine, name: str) -> Deb | None:
    here = machine.packages.find("apt", name)
    found = archive.find(name, machine.system.profile)
    return found or (archive.imagined(name, here.version) if here else None)


def _record(machine: Machine, found: Deb, *, apt: bool) -> str:
    rows = [("Package", found.name), *([] if apt else [("Architecture", found.arch)]), ("Version", found.version)]
    rows += [("Priority", "optional"), ("Section", section(found))]
    rows += [("Origin", machine.system.profile.label)]
    rows.append(("Maintainer", maintainer(machine)))
    size = found.installed // 1000
    rows.append(("Installed-Size", lines.amount(found.installed) if apt else str(size)))
    if found.needs:
        rows.append(("Depends", ", ".join(found.needs)))
    rows.append(("Download-Size", lines.amount(found.size)) if apt else ("Size", str(found.size)))
    if apt and machine.packages.find("apt", found.name):
        rows.append(("APT-Manual-Installed", "no" if machine.packages.automatic(found.name) else "yes"))
    rows.append(("Description", found.summary))
    return "".join(f"{key}: {value}\n" for key, value in rows)
