"""What dpkg's records hold of the machine's packages: their fields, and the files that they brought."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.archive import Deb
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.apt_lines import library

__all__ = ["chosen", "files", "full_name", "maintainer", "record", "section", "state"]

_ESSENTIAL = frozenset(
    """base-files base-passwd bash coreutils dash debianutils diffutils dpkg findutils grep gzip hostname init login
    ncurses-base ncurses-bin perl-base sed sysvinit-utils tar""".split()
)
_REQUIRED = _ESSENTIAL | {"adduser", "apt", "debconf", "libc-bin", "mount", "passwd", "util-linux"}


def maintainer(machine: Machine) -> str:
    """Who answers for the packages of this system."""
    if machine.system.os == "ubuntu":
        return "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>"
    return "Debian QA Group <packages@qa.debian.org>"


def section(found: Deb) -> str:
    """The section as a record names it."""
    return "universe/misc" if found.section == "universe" else "libs" if found.name.startswith("lib") else "misc"


def state(machine: Machine, package: Package) -> str:
    """``ii``, or ``hi`` for a package that is held."""
    return "hi" if package.name in machine.packages.held else "ii"


def full_name(package: Package) -> str:
    """The name as lists have it: libraries carry their architecture."""
    return f"{package.name}:amd64" if library(package.name) else package.name


def chosen(machine: Machine, pattern: str) -> list[Package]:
    """The installed packages that a pattern names, with or without their architecture."""
    plain = pattern.removesuffix(":amd64").removesuffix(":all")
    return [p for p in machine.packages.installed("apt") if fnmatchcase(p.name, plain)]


def record(machine: Machine, package: Package) -> dict[str, str]:
    """The fields of an installed package, in the order of ``dpkg -s``."""
    found = archive.find(package.name, machine.system.profile) or archive.imagined(package.name, package.version)
    held = state(machine, package) == "hi"
    rows = {
        "Package": package.name,
        "Essential": "yes" if package.name in _ESSENTIAL else "",
        "Status": f"{'hold' if held else 'install'} ok installed",
        "Priority": "required" if package.name in _REQUIRED else "optional",
        "Section": section(found),
        "Installed-Size": str(found.installed // 1000),
        "Maintainer": maintainer(machine),
        "Architecture": found.arch,
        "Multi-Arch": "same" if library(package.name) and found.arch != "all" else "",
        "Version": package.version,
        "Depends": ", ".join(found.needs),
        "Description": found.summary,
    }
    return {name: text for name, text in rows.items() if text}


def files(machine: Machine, package: Package) -> list[str]:
    """What the package brought, directories first, as its list has it."""
    name, packages = package.name, machine.packages
    own = sorted(packages.packed(command) for command in package.commands)
    if name == f"linux-image-{machine.system.kernel}":
        own.append(f"/boot/vmlinuz-{machine.system.kernel}")
    elif name == f"linux-modules-{machine.system.kernel}":
        own += [f"/boot/{kind}-{machine.system.kernel}" for kind in ("System.map", "config")]
    own += _CONFIGURED.get(name, ())
    notes = [f"/usr/share/doc/{name}/{file}" for file in ("changelog.Debian.gz", "copyright")]
    return list(dict.fromkeys(["/.", *(path for file in [*own, *notes] for path in [*_parents(file), file])]))


_CONFIGURED = {
    "bash": ("/etc/bash.bashrc", "/etc/skel/.bashrc", "/etc/skel/.profile"),
    "base-files": ("/etc/debian_version", "/etc/issue", "/etc/issue.net", "/usr/lib/os-release"),
    "cron": ("/etc/crontab",),
    "login": ("/etc/login.defs",),
    "netbase": ("/etc/protocols", "/etc/services"),
    "openssh-client": ("/etc/ssh/ssh_config",),
    "sudo": ("/etc/sudoers",),
}
"""Files of a system's configuration that have an owner."""


def _parents(file: str) -> list[str]:
    found = []
    while (file := posixpath.dirname(file)) != "/":
        found.append(file)
    return found[::-1]
