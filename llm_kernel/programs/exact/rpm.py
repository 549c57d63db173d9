"""``rpm``: the list and the states of the packages of Red Hat's family. Unpacking files is the model's."""

from __future__ import annotations

from fnmatch import fnmatch

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.packages import Package
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["rpm"]


@exact("rpm", needs="os:rhel")
def rpm(call: Call) -> Answer:
    """Answer ``-q NAME...``, ``-qa [PATTERN]``, ``-qf FILE`` and ``-ql NAME``."""
    flags = "".join(word.lstrip("-") for word in call.args if word.startswith("-") and not word.startswith("--"))
    flags += "a" if "--all" in call.args else ""
    words = [word for word in call.args if not word.startswith("-")]
    if any(word.startswith("--") and word not in ("--all", "--query") for word in call.args):
        raise NotExact
    if "--query" in call.args:
        flags += "q"
    match "".join(sorted(set(flags))):
        case "aq":
            return _all(call.machine, words)
        case "q" if words:
            return _states(call.machine, words)
        case "fq" if words:
            return _owners(call, words)
        case "lq" if words:
            return _files(call.machine, words)
        case "q":
            return Answer("", "rpm: no arguments given for query\n", 1)
    raise NotExact


def _full(machine: Machine, package: Package) -> str:
    found = archive.find(package.name, machine.system.profile)
    return f"{package.name}-{package.version}.{'noarch' if found and found.arch == 'all' else 'x86_64'}"


def _all(machine: Machine, patterns: list[str]) -> Answer:
    everything = machine.packages.installed("dnf")
    chosen = [p for p in everything if not patterns or any(fnmatch(p.name, pattern) for pattern in patterns)]
    return Answer("".join(f"{_full(machine, package)}\n" for package in chosen))


def _states(machine: Machine, names: list[str]) -> Answer:
    rows = [(name, machine.packages.find("dnf", name)) for name in names]
    text = (_full(machine, found) if found else f"package {name} is not installed" for name, found in rows)
    missing = sum(found is None for _, found in rows)
    return Answer("".join(f"{line}\n" for line in text), "", missing)


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
        found = machine.packages.find("dnf", name)
        if found is None:
            out += f"package {name} is not installed\n"
            missing += 1
        elif not found.commands:
            raise NotExact
        else:
            out += "".join(f"{machine.packages.packed(command)}\n" for command in sorted(found.commands))
    return Answer(out, "", missing)
