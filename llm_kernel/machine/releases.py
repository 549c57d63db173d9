"""Which releases of Python packages there were, and when. Facts and choices only; what is installed is elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from llm_kernel.machine.catalog import load
from llm_kernel.machine.index import listed

__all__ = [
    "Project",
    "alias",
    "all_commands",
    "born",
    "bringing",
    "broken",
    "builds",
    "canonical",
    "choose",
    "extras",
    "guessed_imports",
    "imagined_version",
    "importing",
    "needs",
    "newer",
    "pairs",
    "plan",
    "project",
    "spelled",
    "standard_library",
    "torch_local_version",
    "valid_name",
    "weight",
]

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,60}[A-Za-z0-9])?")
_RANGED = re.compile(r"(?P<name>[^\[\]\s]+)(?:\[(?P<low>[^:\]]*):(?P<high>[^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Project:
    """A package of the Python index: ``releases`` maps version to month, oldest first; ``size`` in bytes."""

    name: str
    show: str
    later: str
    summary: str
    home: str
    author: str
    license: str
    imports: tuple[str, ...]
    commands: str
    requires: str
    python: str
    until: str
    size: int
    compiled: bool
    releases: dict[str, str]

    def least_python(self, version: str) -> str:
        """The oldest Python branch that ``version`` runs on, empty where any does."""
        least, wanted = "", _version(version)
        for step in self.python.split():
            start, _, branch = step.partition(":")
            if _version(start) <= wanted:
                least = branch
        return least

    def fits(self, version: str, python: str) -> bool:
        """Whether ``version`` runs on this Python."""
        last, wanted = "", _version(version)
        for step in self.until.split():
            start, _, branch = step.partition(":")
            if _version(start) <= wanted:
                last = branch
        early = not last or _version(".".join((python or "0").split(".")[:2])) <= _version(last)
        return early and _version(self.least_python(version) or "0") <= _version(python or "0")

    def newest(self, month: str, python: str, wanted: SpecifierSet | None = None) -> str:
        """The newest release of ``month`` that runs on ``python`` and that ``wanted`` allows, or an empty text."""
        fitting = [v for v in self.known(month, python) if wanted is None or wanted.contains(v, prereleases=True)]
        return max(fitting, key=_version, default="")

    def known(self, month: str, python: str) -> list[str]:
        """The releases until ``month`` that run on ``python``, in the order of their versions."""
        fitting = [v for v, born in self.releases.items() if born <= month and self.fits(v, python)]
        return sorted(fitting, key=_version)

    def born(self, version: str) -> str:
        """The month of ``version``: its own, else that of the last known release before it."""
        if version in self.releases:
            return self.releases[version]
        before = [v for v in self.releases if _version(v) <= _version(version)]
        return self.releases[max(before, key=_version)] if before else min(self.releases.values())


def valid_name(name: str) -> bool:
    """Whether ``name`` can be a package's name at all."""
    return _NAME.fullmatch(name) is not None


def alias(name: str) -> str:
    """The canonical name of the package that people mean: ``cv2`` is ``opencv-python``, ``PyTorch`` is ``torch``."""
    key = canonicalize_name(name)
    aliases: dict[str, str] = _data()["aliases"]
    return aliases.get(key.replace("-", "_"), aliases.get(key, key))


def project(name: str) -> Project | None:
    """The package of this canonical name, or None for one nobody described."""
    return _projects().get(name)


def canonical(name: str) -> str:
    """The name as indexes compare it: lower case, with single hyphens."""
    return str(canonicalize_name(name))


def all_commands() -> frozenset[str]:
    """Every program that a described package brings."""
    return frozenset(match["name"] for known in _projects().values() for match in _RANGED.finditer(known.commands))


def bringing(command: str) -> list[str]:
    """The described packages whose newest release brings the program ``command``."""
    return [
        known.name
        for known in _projects().values()
        if command in known.commands and command in needs(known.commands, max(known.releases, key=_version))
    ]


def importing(module: str) -> str:
    """The package whose ``import`` name is ``module``; empty where no known one has it."""
    named = [known.name for known in _projects().values() if module in known.imports]
    if named:
        return alias(module) if alias(module) in named else named[0]
    told: dict[str, str] = _data()["modules"]
    likely = told.get(module, canonical(module))
    return likely if listed(likely) else ""


def guessed_imports(name: str) -> tuple[str, ...]:
    """The modules of a package that nobody described: those that are known to be its, else one of its own name."""
    told: dict[str, str] = _data()["modules"]
    return tuple(module for module, holder in told.items() if holder == name) or (name.replace("-", "_"),)


def standard_library() -> frozenset[str]:
    """Modules that come with Python and that no package of this name brings."""
    return frozenset(_data()["standard"].split())


def spelled(name: str, version: str) -> str:
    """The name as lists show it at this version: ``PyYAML``, ``typing_extensions``."""
    found = project(name)
    if found is None:
        return name
    later, _, since = found.later.partition("@")
    return later if since and _version(since) <= _version(version) else found.show


def needs(listed: str, version: str) -> list[str]:
    """The names of ``a b[1.0:2.0]`` that hold for ``version``."""
    found = []
    for match in _RANGED.finditer(listed):
        low, high = match["low"] or "0", match["high"] or "999999"
        if _version(low) <= _version(version) < _version(high):
            found.append(match["name"])
    return found


def born(name: str, version: str) -> str:
    """The month of this version of ``name``; ``9999-12`` for a package nobody described."""
    known = project(name)
    return known.born(_public(version)) if known else "9999-12"


def choose(name: str, version: str, month: str, python: str) -> str:
    """The release that somebody gets who says ``version`` or nothing: ``1.8`` is 1.8.0, nothing is the newest.

    A version that nobody described is taken as it is said.
    """
    known = project(name)
    said = version.strip().lstrip("vV=")
    if known is None:
        row = listed(name)
        return said or (row.at(month) if row else imagined_version(name))
    if not said:
        return known.newest(month, python) or min(known.known("9999-12", python) or known.releases, key=_version)
    public, plus, label = said.partition("+")
    same = next((v for v in known.releases if _version(v) == _version(public)), "")
    branch = [v for v in known.releases if v.startswith(f"{public}.")]
    return (same or max(branch, key=_version, default=public)) + plus + label


def plan(name: str, version: str, *, have: dict[str, str], month: str, python: str) -> list[tuple[str, str]]:
    """What ``name`` needs and what is not there yet, each with its version, what others need first."""
    found: dict[str, str] = {}
    _plan(name, version, {**have, name: version}, found, month, python)
    return list(found.items())


def _plan(name: str, version: str, have: dict[str, str], found: dict[str, str], month: str, python: str) -> None:
    known = project(name)
    paired = _paired(name, version)
    for need in needs(known.requires, version) if known else ():
        wanted = paired.get(need, "")
        if need in have and (not wanted or _public(have[need]) == wanted):
            continue
        until = born(name, version) if need.startswith("nvidia-") else month
        chosen = wanted or choose(need, "", until, python)
        have[need] = chosen
        _plan(need, chosen, have, found, month, python)
        found[need] = chosen


def _paired(name: str, version: str) -> dict[str, str]:
    """The exact versions that ``name`` insists on among torch and its kin."""
    public = _public(version)
    if name == "torch":
        return {kin: v for kin, v in pairs(public).items() if kin == "triton"}
    torch = [t for t, kin in _data()["pairs"].items() if kin.get(name) == public]
    return {"torch": torch[-1]} if torch else {}


def broken(have: dict[str, str]) -> list[tuple[str, str, str]]:
    """Who of torch's kin insists on another torch than the one that is there: name, version, the wanted torch."""
    torch = _public(have.get("torch", ""))
    rows = [(name, v, _paired(name, v).get("torch", "")) for name, v in sorted(have.items()) if name != "torch"]
    return [row for row in rows if torch and row[2] and row[2] != torch]


def pairs(torch: str) -> dict[str, str]:
    """The versions of ``torchvision`` and its kin that belong to this ``torch``; empty where nobody knows."""
    found: dict[str, str] = _data()["pairs"].get(_public(torch), {})
    return found


def builds(torch: str) -> tuple[list[str], str]:
    """The CUDA versions that this ``torch`` was built for, and the one of the wheels without a label."""
    listed = _data()["builds"].get(".".join(_public(torch).split(".")[:2]), "")
    versions = [cuda.rstrip("*") for cuda in listed.split()]
    return versions, next((cuda[:-1] for cuda in listed.split() if cuda.endswith("*")), "")


def torch_local_version(torch: str, cuda: str, *, always: bool = False) -> str:
    """The label of the ``torch`` wheel that suits a CUDA toolkit: ``+cu111`` for 1.8.0 and 11.3.

    The wheel that the index has carries no label in lists; ``always`` names it all the same, as the module does.
    """
    made, plain = builds(torch)
    if not made or not (cuda or always):
        return ""
    fitting = [build for build in made if not cuda or _version(build) <= _version(cuda)]
    same = [build for build in fitting if build.split(".")[0] == cuda.split(".")[0]]
    chosen = max(same or fitting or [plain], key=_version) if cuda else plain
    if chosen == plain and (not always or _version(_public(torch)) < Version("1.8")):
        return ""
    return f"+cu{chosen.replace('.', '')}"


def imagined_version(name: str) -> str:
    """A plausible version of a package that nobody described; the same for the same name."""
    chance = Random(name)  # the name is the seed, so that every machine agrees
    return f"{chance.choice((0, 0, 1, 1, 2, 3))}.{chance.randrange(1, 15)}.{chance.randrange(0, 7)}"


def extras(name: str, wanted: str) -> list[str]:
    """What the extra ``wanted`` of ``name`` brings: ``uvicorn[standard]`` is httptools and its kin."""
    found: dict[str, str] = _data()["extras"]
    return found.get(f"{name}[{wanted}]", "").split()


def newer(version: str, than: str) -> bool:
    """Whether one version comes after another."""
    return _version(version) > _version(than)


def weight(name: str) -> int:
    """The bytes of a wheel of a package that nobody described; the same for the same name."""
    return Random(f"{name}.whl").choice((14, 28, 41, 63, 87, 120, 190, 340)) * 1000  # most are small


def _public(version: str) -> str:
    return version.partition("+")[0]


@cache
def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("pypi")
    return data


@cache
def _projects() -> dict[str, Project]:
    return {name: _project(name, row) for name, row in _data()["packages"].items()}


def _project(name: str, row: dict[str, Any]) -> Project:
    return Project(
        name=name,
        show=row.get("show", name),
        later=row.get("later", ""),
        summary=row.get("summary", ""),
        home=row.get("home", ""),
        author=row.get("author", ""),
        license=row.get("license", ""),
        imports=tuple(row.get("imports", name.replace("-", "_")).split()),
        commands=row.get("commands", ""),
        requires=row.get("requires", ""),
        python=row.get("python", ""),
        until=row.get("until", ""),
        size=int(row["mb"] * 1_000_000),
        compiled=name in _data()["compiled"].split() or name.startswith("nvidia-"),
        releases=dict(pair.split("@") for pair in row["versions"].split()),
    )
