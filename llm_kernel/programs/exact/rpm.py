"""``rpm``: the list and the states of the packages of Red Hat's family. Unpacking files is the model's."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from fnmatch import fnmatch

from llm_kernel.machine import Machine
from llm_kernel.machine.packages import Package
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.exact.yum_lists import arch, found
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["rpm"]


_LONG = {"--all": "a", "--query": "q", "--info": "i", "--list": "l", "--file": "f", "--verify": "V", "--erase": "e"}
_FORMATS = ("--qf", "--queryformat")
_TAG = re.compile(r"%(-?\d*)\{([A-Za-z_]+)\}")
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}


@exact("rpm", needs="os:rhel")
def rpm(call: Call) -> Answer:
    """Answer ``-q`` with ``a``, ``f``, ``l``, ``i`` and a format, ``-V``, ``-e`` and ``--version``."""
    if call.args == ("--version",):
        here = call.machine.packages.find("dnf", "rpm")
        return Answer(f"RPM version {here.version.partition('-')[0]}\n" if here else "")
    shape, flags, words = _parsed(call)
    if "f" in flags and flags <= set("qf") and words:
        return _owners(call, words)
    if "l" in flags and flags <= set("ql") and words:
        return _files(call.machine, words)
    if flags <= set("qai") and "q" in flags:
        return _asked(call.machine, words, shape or ("" if "i" not in flags else _INFO), every="a" in flags)
    if flags == {"V"} and words:
        missing = [name for name in words if call.machine.packages.find("dnf", name) is None]
        return Answer("".join(f"package {name} is not installed\n" for name in missing), "", int(bool(missing)))
    if flags <= set("ev") and "e" in flags and words:
        return _erase(call, words)
    raise NotExact


def _parsed(call: Call) -> tuple[str, set[str], list[str]]:
    """The format, the letters of the options, and the operands."""
    shape, flags, words, rest = "", set[str](), list[str](), list(call.args)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        if word in _FORMATS:
            shape = value if equals else rest.pop(0) if rest else ""
        elif word in _LONG:
            flags.add(_LONG[word])
        elif word.startswith("--"):
            raise NotExact
        elif word.startswith("-"):
            flags |= set(word[1:])
        else:
            words.append(word + equals + value)
    return shape, flags, words


def _asked(machine: Machine, words: list[str], shape: str, *, every: bool) -> Answer:
    """Installed packages, each as ``shape`` has it or by its whole name."""
    if not words and not every:
        return Answer("", "rpm: no arguments given for query\n", 1)
    rows: Iterator[tuple[str, Package | None]]
    if every:
        chosen = machine.packages.installed("dnf")
        rows = ((p.name, p) for p in chosen if not words or any(fnmatch(p.name, word) for word in words))
    else:
        rows = ((word, _named(machine, word)) for word in words)
    out, missing = "", 0
    for name, package in rows:
        if package is None:
            out += f"package {name} is not installed\n"
            missing += 1
        else:
            out += _filled(shape, _tags(machine, package)) if shape else f"{_full(machine, package)}\n"
    return Answer(out, "", missing)


def _named(machine: Machine, word: str) -> Package | None:
    """The package by its name, alone or with version and architecture."""
    if package := machine.packages.find("dnf", word):
        return package
    return next((p for p in machine.packages.installed("dnf") if word in _spellings(_full(machine, p))), None)


def _spellings(full: str) -> tuple[str, ...]:
    nevr, _, arch = full.rpartition(".")
    name_version = nevr.rpartition("-")[0]
    return full, nevr, name_version, f"{name_version.rpartition('-')[0]}.{arch}"


def _filled(shape: str, tags: dict[str, str]) -> str:
    """A format with its tags put in; ``%-20{NAME}`` pads."""

    def put(match: re.Match[str]) -> str:
        name = match[2].upper()
        if name not in tags:
            raise NotExact(name)
        width = match[1]
        return f"{tags[name]:<{width[1:]}}" if width.startswith("-") else f"{tags[name]:>{width or 0}}"

    text = re.sub(r"\\[nt\\]", lambda match: _ESCAPES[match[0]], shape)
    return _TAG.sub(put, text)


_INFO = (
    "Name        : %{NAME}\nVersion     : %{VERSION}\nRelease     : %{RELEASE}\nArchitecture: %{ARCH}\n"
    "Install Date: %{INSTALLED}\nGroup       : Unspecified\nSize        : %{SIZE}\nSource RPM  : %{SOURCERPM}\n"
    "Relocations : (not relocatable)\nVendor      : %{VENDOR}\nSummary     : %{SUMMARY}\nDescription :\n%{SUMMARY}\n"
)
"""``-qi``, without the rows that nobody wrote down: licence, signature, build host and address."""


def _tags(machine: Machine, package: Package) -> dict[str, str]:
    row = found(machine, package)
    version, _, release = package.version.rpartition("-")
    when = int(machine.files.stat(f"/usr/bin/{package.commands[0]}").mtime) if _stands(machine, package) else 0
    when = when or int(machine.files.stat("/etc").mtime)
    moment = time.gmtime(when)
    return {
        "NAME": package.name,
        "VERSION": version or package.version,
        "RELEASE": release,
        "ARCH": arch(row),
        "EPOCH": "(none)",
        "SIZE": str(row.installed),
        "SUMMARY": row.summary,
        "SOURCERPM": f"{package.name}-{package.version}.src.rpm",
        "VENDOR": "CentOS" if machine.system.os == "centos" else machine.system.profile.label,
        "INSTALLTIME": str(when),
        "INSTALLED": time.strftime("%a %d %b %Y %I:%M:%S %p UTC", moment),
        "NVRA": _full(machine, package),
    }


def _stands(machine: Machine, package: Package) -> bool:
    return bool(package.commands) and machine.files.exists(f"/usr/bin/{package.commands[0]}")


def _erase(call: Call, names: list[str]) -> Answer:
    """Take packages away; one that is not there keeps all of them."""
    missing = [name for name in names if call.machine.packages.find("dnf", name) is None]
    if missing:
        return Answer("", "".join(f"error: package {name} is not installed\n" for name in missing), len(missing))
    if caller(call) != "root":
        lock = "can't create transaction lock on /var/lib/rpm/.rpm.lock (Permission denied)"
        return Answer("", f"error: {lock}\n", 1)
    for name in names:
        call.machine.packages.remove("dnf", name)
    call.machine.follow()
    return Answer()


def _full(machine: Machine, package: Package) -> str:
    return f"{package.name}-{package.version}.{arch(found(machine, package))}"


def _owners(call: Call, files: list[str]) -> Answer:
    out, missing = "", 0
    for file in files:
        path = call.path(file)
        if not call.machine.files.exists(path):
            out += f"error: file {path}: No such file or directory\n"
            missing += 1
            continue
        owner = call.machine.packages.packed_at(path)
        out += f"{_full(call.machine, owner)}\n" if owner else f"file {path} is not owned by any package\n"
        missing += owner is None
    return Answer(out, "", missing)


def _files(machine: Machine, names: list[str]) -> Answer:
    out, missing = "", 0
    for name in names:
        package = machine.packages.find("dnf", name)
        if package is None:
            out += f"package {name} is not installed\n"
            missing += 1
        elif not package.commands:
            raise NotExact
        else:
            out += "".join(f"{machine.packages.packed(command)}\n" for command in sorted(package.commands))
    return Answer(out, "", missing)
