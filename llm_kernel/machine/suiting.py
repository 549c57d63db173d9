"""Which Python and which packages go together: the older of two wishes gives way to the nearest, with a sentence."""

from __future__ import annotations

from packaging.version import Version

from llm_kernel.machine import releases
from llm_kernel.machine.machine import Machine
from llm_kernel.machine.profiles import PYTHONS
from llm_kernel.machine.releases import Project

__all__ = ["keep_packages", "suit_packages", "suit_python"]


def suit_python(machine: Machine, manager: str, name: str, version: str) -> list[str]:
    """Before a version of ``name`` is installed that was asked for: have a Python for which there is one."""
    if manager not in ("pip", "pip3", "conda") or not version or not machine.system.python:
        return []
    known = releases.project(releases.alias(name.partition("[")[0]))
    if known is None:
        return []
    wanted = releases.choose(known.name, version, machine.era, machine.system.python).partition("+")[0]
    return _have(machine, known, wanted)


def keep_packages(machine: Machine) -> list[str]:
    """After another system brought another Python: keep one for the packages that were asked for."""
    for known, version in _unfit(machine):
        return _have(machine, known, version)
    return []


def suit_packages(machine: Machine) -> list[str]:
    """After another Python was asked for: have the nearest versions of the packages for which there is one."""
    notes: list[str] = []
    for known, version in _unfit(machine):
        if known.fits(_now(machine, known), machine.system.python):
            continue  # another's kin, which moved with it
        nearest = _nearest(known, version, machine.system.python)
        if nearest:
            machine.packages.install("pip", known.name, nearest, companions=True)
            branch = machine.system.python.rpartition(".")[0]
            notes.append(f"{known.name} {version} -> {nearest} ({version} has no build for Python {branch})")
    return notes


def _have(machine: Machine, known: Project, version: str) -> list[str]:
    """The nearest Python for ``version`` in place of one that it has no build for."""
    before = machine.system.python
    if known.fits(version, before):
        return []
    minor = int(before.split(".")[1])
    fitting = [branch for branch in PYTHONS if known.fits(version, f"{branch}.0")]
    if not fitting:
        return []
    nearest = min(fitting, key=lambda branch: abs(int(branch.split(".")[1]) - minor))
    machine.system.set_python(nearest, machine.era)
    machine.packages.refit()
    reason = f"{known.name} {version} has no build for Python {before.rpartition('.')[0]}"
    return [f"Python {before} -> {machine.system.python} ({reason})"]


def _unfit(machine: Machine) -> list[tuple[Project, str]]:
    """The packages that were asked for and that have no build for this Python, torch before its kin."""
    asked = [package for package in machine.packages.asked() if package.manager == "pip"]
    found = [(known, package.version) for package in asked if (known := _project(package.name))]
    unfit = [(known, version) for known, version in found if not known.fits(_public(version), machine.system.python)]
    return sorted(unfit, key=lambda row: (row[0].name != "torch", row[0].name))


def _now(machine: Machine, known: Project) -> str:
    package = machine.packages.find("pip", known.name)
    return _public(package.version) if package else ""


def _nearest(known: Project, version: str, python: str) -> str:
    """The release for ``python`` next to ``version``: the first after it, else the last before it."""
    fitting = [one for one in known.known("9999-12", python) if known.fits(one, python)]
    wanted = Version(_public(version))
    later = [one for one in fitting if Version(one) > wanted]
    return (later or fitting[::-1] or [""])[0]


def _project(name: str) -> Project | None:
    return releases.project(releases.canonical(name))


def _public(version: str) -> str:
    return version.partition("+")[0]
