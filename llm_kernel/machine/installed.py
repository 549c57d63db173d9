"""What is installed, by manager. What a fresh system brings follows the system; what was asked for is kept.

Every manager's list is read from two things: what the release, its Python or conda begins with, and what was added
or taken away since. ``era`` is the month beyond which there are no releases yet. An environment's managers carry its
directory: ``pip:/root/env``. ``held`` names the archive's packages that are to stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from llm_kernel.errors import Refused
from llm_kernel.machine import archive, channels, index, releases
from llm_kernel.machine.environments import Environment, bundled
from llm_kernel.machine.system import System

__all__ = ["Installed", "Package", "imports"]

_Kind = TypeVar("_Kind", bound="Installed")
_ARCHIVE = ("apt", "apt-get", "aptitude", "deb", "dnf", "dpkg", "rpm", "yum")
_MANAGERS = {"pip3": "pip", "pypi": "pip", "python": "pip", "mamba": "conda", "micromamba": "conda", "yarn": "npm"}
_COMPANIONS = {"torch": ("torchvision", "torchaudio", "numpy", "tqdm")}
_NPM = {"typescript": ("tsc", "tsserver"), "@angular/cli": ("ng",), "@vue/cli": ("vue",)}


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package; ``size`` in bytes of what is fetched, ``commands`` the programs it brings."""

    manager: str
    name: str
    version: str
    summary: str = ""
    size: int = 0
    requires: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


class Installed:
    """What is installed, by manager: ``pip``, ``conda``, the system's archive (``apt`` or ``dnf``) and any other."""

    def __init__(self, system: System, *, seed: int = 0, era: str = "2021-04") -> None:
        self._system = system
        self._seed = seed
        self._era = era
        self._added: dict[tuple[str, str], tuple[str, bool]] = {}
        self._gone: set[tuple[str, str]] = set()
        self.environments: dict[str, Environment] = {}
        self.held: set[str] = set()

    @property
    def era(self) -> str:
        """The month beyond which there are no releases yet; on a system of the future, the month of that."""
        return max(self._era, self._system.profile.born)

    # -- what is there ------------------------------------------------------------------------------------------

    @property
    def archive(self) -> str:
        """The name of the system's own manager: ``apt`` or ``dnf``."""
        return "dnf" if self._system.profile.like == "rhel" else "apt"

    @property
    def managers(self) -> tuple[str, ...]:
        """The managers that have packages here."""
        used = dict.fromkeys([self.archive, "pip", *(manager for manager, _ in self._added)])
        return tuple(manager for manager in used if ":" not in manager)

    @property
    def has_conda(self) -> bool:
        """Whether there is a conda: somebody installed it, or something with it."""
        return any(manager == "conda" for manager, _ in self._added)

    def installed(self, manager: str) -> list[Package]:
        """All packages of ``manager``, by name."""
        which = self.manager(manager)
        found = self._versions(which)
        return [self._package(which, key, found[key]) for key in sorted(found)]

    def find(self, manager: str, name: str) -> Package | None:
        """The installed package that people mean by ``name``, or None."""
        which = self.manager(manager)
        key = self._key(which, name)
        version = self._versions(which).get(key)
        return self._package(which, key, version) if version is not None else None

    def asked(self) -> list[Package]:
        """What somebody asked for by name, in the order of asking."""
        rows = [(m, key, version) for (m, key), (version, asked) in self._added.items() if asked and ":" not in m]
        return [self._package(*row) for row in rows]

    def orphans(self) -> list[Package]:
        """The archive's packages that came for others' sake and that nobody needs any more."""
        spare = {key for (manager, key), (_, asked) in self._added.items() if manager == self.archive and not asked}
        while (
            needed := {need for p in self.installed(self.archive) if p.name not in spare for need in p.requires} & spare
        ):
            spare -= needed
        return [package for package in self.installed(self.archive) if package.name in spare]

    def is_base(self, manager: str, name: str) -> bool:
        """Whether the package came with the system and is still as it came."""
        which = self.manager(manager)
        return (which, self._key(which, name)) not in self._added

    def automatic(self, name: str) -> bool:
        """Whether the archive's package came for others' sake."""
        row = self._added.get((self.archive, self._key(self.archive, name)))
        return row is not None and not row[1]

    def mark(self, name: str, *, automatic: bool) -> None:
        """Say of an installed package of the archive whether somebody asked for it."""
        key = self._key(self.archive, name)
        if (version := self._versions(self.archive).get(key)) is not None:
            self._added[self.archive, key] = (version, not automatic)

    def module(self, name: str, manager: str = "pip") -> Package | None:
        """The installed Python package that ``import name`` would load, or None."""
        return next((package for package in self.installed(manager) if name in imports(package)), None)

    def exists(self, manager: str, name: str) -> bool:
        """Whether the index of ``manager`` has a package of this name, as far as anybody knows."""
        which = self.manager(manager)
        key = self._key(which, name)
        match which.partition(":")[0]:
            case "pip":
                exact = releases.canonical(name.partition("[")[0])
                return releases.project(exact) is not None or index.listed(exact) is not None
            case "conda":
                project = channels.project_of(key)
                known = releases.project(project) or index.listed(project)
                return known is not None or channels.listed(key)
            case "apt" | "dnf":
                return archive.find(key, self._system.profile) is not None
            case "npm":
                return bool(index.npm(key))
        return False

    # -- what changes it ----------------------------------------------------------------------------------------

    def install(
        self,
        manager: str,
        name: str,
        version: str = "",
        *,
        companions: bool = False,
        asked: bool = True,
        month: str = "",
        alone: bool = False,
    ) -> list[Package]:
        """Put ``name`` there with what it needs; the answer is what is new, what others need first.

        ``companions`` brings what people install beside it too. A name nobody described is taken as it is said.
        ``alone`` leaves out what it needs. ``month`` bounds the releases of what it needs: that of a version asked
        for, else the machine's, if not said.

        Raises:
            Refused: for a name or a version that cannot be.
        """
        which = self.manager(manager)
        if not which or not self._possible(which, name, version):
            raise Refused(f"install: {manager} cannot have {name!r} {version}".rstrip())
        key = self._key(which, name)
        wanted = self._choose(which, key, version)
        month = month or (releases.born(self._project_key(which, key), wanted) if version else self.era)
        there = self._versions(which).get(key)
        if there is not None and (not version or there == wanted):
            if asked and ((which, key) in self._added or which in ("apt", "dnf")):
                self._added[which, key] = (there, True)  # pip and conda leave what came with the system where it is
            return []
        new = [self._package(which, k, v) for k, v in self._add_with_needs(which, key, wanted, month, alone)]
        self._added[which, key] = (wanted, asked)
        if companions and which.partition(":")[0] in ("pip", "conda") and self._project_key(which, key) in _COMPANIONS:
            new += self._add_companions(which, key, wanted)
        return new

    def remove(self, manager: str, name: str) -> list[Package]:
        """Take ``name`` away, and from an archive what cannot be without it; the answer is what is gone."""
        which = self.manager(manager)
        found = self.find(which, name)
        if found is None:
            return []
        gone = [found]
        if which in ("apt", "dnf"):
            needing = [package for package in self.installed(which) if found.name in package.requires]
            gone += [more for package in needing if (which, package.name) in self._added for more in [package]]
        for package in gone:
            key = (which, self._key(which, package.name))
            self._added.pop(key, None)
            if key[1] in self._base(which):
                self._gone.add(key)
        return gone

    def make(self, environment: Environment) -> None:
        """Begin an environment anew: nothing is in it but what it starts with."""
        self.unmake(environment.root)
        self.environments[environment.root] = environment

    def copy(self, source: str, environment: Environment) -> None:
        """Begin an environment with all that is in the one at ``source``; an empty text is the machine's own."""
        self.make(environment)
        for kind in ("conda", "pip"):  # what conda brings counts among pip's, too
            theirs, own = f"{kind}:{source}" if source else kind, f"{kind}:{environment.root}"
            have = self._base(own)
            for key, version in self._versions(theirs).items():
                if have.get(key) != version:
                    asked = self._added.get((theirs, key), ("", False))[1]
                    self._added[own, key] = (version, asked)
            self._gone |= {(own, key) for key in have if key not in self._versions(theirs)}

    def unmake(self, root: str) -> None:
        """Forget the environment at ``root`` with all that was in it."""
        self.environments.pop(root, None)
        own = (f"pip:{root}", f"conda:{root}")
        self._added = {row: kept for row, kept in self._added.items() if row[0] not in own}
        self._gone = {row for row in self._gone if row[0] not in own}

    def refit(self) -> list[str]:
        """Let what others needed follow a system or a Python that changed; the answer names what was changed."""
        notes = []
        for (manager, key), (version, asked) in list(self._added.items()):
            other = "apt" if manager == "dnf" else "dnf"
            if ":" in manager:
                continue
            if manager in ("apt", "dnf") and manager != self.archive:
                del self._added[manager, key]
                self._added[self.archive, key] = (self._choose(self.archive, key, ""), asked)
                notes.append(f"{other}: {key} instead of {manager}'s")
            elif (fitting := self._refitted(manager, key, version, asked)) != version:
                self._added[manager, key] = (fitting, asked)
                notes.append(f"{manager}: {key} {fitting} instead of {version}")
        self._gone = {(manager, key) for manager, key in self._gone if key in self._base(manager)}
        return notes

    # -- state --------------------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """The packages as JSON-able data."""
        added = [[manager, key, version, asked] for (manager, key), (version, asked) in self._added.items()]
        made = [[one.root, one.kind, one.python] for one in self.environments.values()]
        state = {"era": self._era, "seed": self._seed, "added": added, "gone": sorted(map(list, self._gone))}
        return state | ({"environments": made} if made else {}) | ({"held": sorted(self.held)} if self.held else {})

    @classmethod
    def from_state(cls: type[_Kind], system: System, state: Mapping[str, Any]) -> _Kind:
        """The packages that ``to_state`` described."""
        made = cls(system, seed=int(state["seed"]), era=str(state["era"]))
        for manager, key, version, asked in state["added"]:
            made._added[str(manager), str(key)] = (str(version), bool(asked))
        made._gone = {(str(manager), str(key)) for manager, key in state["gone"]}
        for root, kind, python in state.get("environments", ()):
            made.environments[str(root)] = Environment(str(root), str(kind), str(python))
        made.held = set(map(str, state.get("held", ())))
        return made

    # -- inside -------------------------------------------------------------------------------------------------

    def manages(self, name: str) -> bool:
        """Whether people mean a manager by ``name``."""
        lower = name.partition(":")[0].lower()
        return lower in _ARCHIVE or lower in _MANAGERS or lower in self.managers or lower in ("pip", "conda", "npm")

    def manager(self, name: str) -> str:
        """The manager that people mean: ``yum`` on Ubuntu is ``apt``, ``pip3`` is ``pip``."""
        kind, colon, root = name.strip().partition(":")
        lower = kind.lower()
        return (self.archive if lower in _ARCHIVE else _MANAGERS.get(lower, lower)) + colon + root

    def _python(self, manager: str) -> str:
        """The version of the Python that ``manager`` serves."""
        environment = self.environments.get(manager.partition(":")[2])
        return environment.python if environment else self._system.python

    def _key(self, manager: str, name: str) -> str:
        if manager.startswith("pip"):
            return releases.alias(name.partition("[")[0].strip())
        return name.strip().partition(":")[0].lower()

    def _project_key(self, manager: str, key: str) -> str:
        return channels.project_of(key) if manager.startswith("conda") else key

    def _possible(self, manager: str, name: str, version: str) -> bool:
        python = manager.startswith("pip")
        plain = name.partition("[")[0] if python else name.lstrip("@").replace("/", "-").replace("+", "")
        fits = releases.valid_name(plain) and all(not c.isspace() and c.isprintable() for c in version)
        return fits and self._key(manager, name) not in (releases.standard_library() if python else ())

    def _base(self, manager: str) -> dict[str, str]:
        """What ``manager`` begins with, key to version."""
        made = self._system.profile
        if manager in ("apt", "dnf"):
            return archive.base(made) if manager == self.archive else {}
        if manager == "conda":
            return channels.base(self.era, self._system.python) if self.has_conda else {}
        if environment := self.environments.get(manager.partition(":")[2]):
            return self._base_of(environment, manager)
        if manager != "pip" or not self._system.python:
            return {}
        return {releases.canonical(name): version for name, version in self._bundled().items()} | self._from_archive()

    def _bundled(self) -> dict[str, str]:
        """The Python packages that came with the machine's Python."""
        if self.has_conda:
            return {name: self._versions("conda")[key] for key, name in self._conda_projects()}
        if self._system.python.rpartition(".")[0] == self._system.profile.python.rpartition(".")[0]:
            return archive.dist_packages(self._system.profile)
        return {name: self._choose("pip", name, "") for name in ("pip", "setuptools", "wheel")}

    def _base_of(self, environment: Environment, manager: str) -> dict[str, str]:
        """What an environment begins with: pip in a virtual one, what conda put there in one of conda's."""
        conda = manager.startswith("conda")
        if environment.kind == "venv" and not conda:
            own = environment.python == self._system.profile.python and self._system.profile.like == "debian"
            came = archive.dist_packages(self._system.profile) if own else {}
            begun = bundled(environment.python)
            return {name: came.get(name, version) for name, version in begun.items()}
        if environment.kind != "conda" or not environment.python:
            return {}
        if conda:
            return channels.environment(self.era, environment.python)
        have = self._versions(f"conda:{environment.root}")
        return {name: have[key] for key, name in self._conda_projects(f"conda:{environment.root}")}

    def _conda_projects(self, manager: str = "conda") -> Iterator[tuple[str, str]]:
        for key in self._versions(manager):
            project = channels.project_of(key)
            if key == "tzdata":
                continue  # the zones themselves, not the index's package of the same name
            if releases.project(project) or (index.listed(project) and not channels.listed(key)):
                yield key, project

    def _from_archive(self) -> dict[str, str]:
        """The Python packages among the archive's that were added: ``python3-numpy`` is numpy."""
        rows = ((key, version) for (m, key), (version, _) in self._added.items() if m == self.archive)
        named = [(releases.alias(key[8:]), version) for key, version in rows if key.startswith("python3-")]
        return {key: archive.upstream(version) for key, version in named if releases.project(key)}

    def _versions(self, manager: str) -> dict[str, str]:
        """Every installed package of ``manager``, key to version."""
        found = {key: version for key, version in self._base(manager).items() if (manager, key) not in self._gone}
        return found | {key: version for (which, key), (version, _) in self._added.items() if which == manager}

    def _bringing(self) -> Iterator[Package]:
        """The packages of the other managers, whose programs are found before the archive's."""
        for (manager, key), (version, _) in self._added.items():
            if manager not in ("apt", "dnf") and ":" not in manager:
                yield self._package(manager, key, version)
        if self.has_conda:
            yield from (self._package("conda", key, version) for key, version in self._base("conda").items())

    def _pythons(self) -> tuple[str, ...]:
        """The names under which there is a Python interpreter."""
        version, own = self._system.python, self._system.profile.python
        if not version:
            return ()
        branches = {f"python{number.rpartition('.')[0]}" for number in (version, own) if number}
        plain = ["python"] if version != own or self.has_conda or self._system.os == "centos" else []
        return ("python3", *sorted(branches), *plain)

    def _choose(self, manager: str, key: str, version: str) -> str:
        """The version that somebody gets who says ``version`` or nothing."""
        if manager in ("apt", "dnf"):
            deb = archive.find(key, self._system.profile)
            return (
                version if version and (not deb or "-" in version) else (deb or archive.imagined(key, version)).version
            )
        kind = manager.partition(":")[0]
        if kind == "npm" and not version:
            return index.npm(key, self.era) or releases.imagined_version(key)
        if kind == "conda" and not version and (known := channels.base(self.era, self._python(manager)).get(key)):
            return known
        if kind == "conda" and not version and channels.listed(key) and not releases.project(channels.project_of(key)):
            return channels.version(key)
        return releases.choose(self._project_key(manager, key), version, self.era, self._python(manager))

    def _refitted(self, manager: str, key: str, version: str, asked: bool) -> str:
        if manager in ("apt", "dnf"):
            deb = archive.find(key, self._system.profile)
            return deb.version if deb else version
        known = releases.project(self._project_key(manager, key))
        if asked or known is None or known.fits(version, self._system.python):
            return version
        return known.newest(known.born(version), self._system.python) or self._choose(manager, key, "")

    def _add_with_needs(
        self, manager: str, key: str, version: str, month: str, alone: bool = False
    ) -> list[tuple[str, str]]:
        kind, colon, root = manager.partition(":")
        if kind not in ("pip", "conda"):
            return self._add_archive(manager, key, version)
        have = self._versions(f"pip{colon}{root}")
        if root in self.environments and self.environments[root].kind == "user":
            have = self._versions("pip") | have
        python = self._python(manager)
        project = self._project_key(manager, key)
        needed = [] if alone else releases.plan(project, version, have=have, month=month, python=python)
        names = [(channels.name_of(name) if kind == "conda" else name, found) for name, found in needed]
        for name, found in names:
            self._added[manager, name] = (found, (manager, name) in self._added and self._added[manager, name][1])
        self._added[manager, key] = (version, True)
        return [*names, (key, version)]

    def _add_archive(self, manager: str, key: str, version: str) -> list[tuple[str, str]]:
        there, new = self._versions(manager), []
        for need in self._package(manager, key, version).requires if manager in ("apt", "dnf") else ():
            if need not in there and archive.find(need, self._system.profile):
                new += self._add_archive(manager, need, self._choose(manager, need, ""))
        was = self._added.get((manager, key), ("", False))
        self._added[manager, key] = (version, was[1])
        self._gone.discard((manager, key))
        return [*new, (key, version)] if there.get(key) != version else new

    def _add_companions(self, manager: str, key: str, version: str) -> list[Package]:
        new, month = [], releases.born(self._project_key(manager, key), version)
        paired = releases.pairs(version)
        for name in _COMPANIONS[self._project_key(manager, key)]:
            own = channels.name_of(name) if manager.startswith("conda") else name
            there = self._versions(manager).get(own)
            wanted = paired.get(name) or there or releases.choose(name, "", month, self._system.python)
            if there != wanted:
                new += self.install(manager, own, wanted, asked=name in paired)
        return new

    def _package(self, manager: str, key: str, version: str) -> Package:
        if manager in ("apt", "dnf"):
            deb = archive.find(key, self._system.profile) or archive.imagined(key, version)
            held = archive.programs(key, self._system.profile)
            held += (f"python{self._system.profile.python.rpartition('.')[0]}",) if key == "python3" else ()
            return Package(manager, key, version, deb.summary, deb.size, deb.needs, held)
        if manager == "npm":
            return Package(manager, key, version, commands=_NPM.get(key, (key.rpartition("/")[2],)))
        if not manager.startswith(("pip", "conda")):
            return Package(manager, key, version, commands=(key,))
        name = self._project_key(manager, key)
        known = releases.project(name)
        conda = manager.startswith("conda")
        show = key if conda else self._spelled(manager, key, version)
        programs = ("conda",) if key == "conda" and conda else ()
        if known is None:
            row = index.listed(name)
            return Package(
                manager, show, version, row.summary if row else "", size=releases.weight(name), commands=programs
            )
        requires = tuple(releases.needs(known.requires, version))
        commands = tuple(releases.needs(known.commands, version)) + programs
        return Package(manager, show, version, known.summary, known.size, requires, commands)

    def _spelled(self, manager: str, key: str, version: str) -> str:
        if manager == "pip" and ("pip", key) not in self._added and not self.has_conda:
            came = archive.dist_names(self._system.profile)
            if key in came:
                return came[key]
        return releases.spelled(key, version)


def imports(package: Package) -> tuple[str, ...]:
    """The module names that a Python package brings."""
    known = releases.project(releases.canonical(package.name))
    return known.imports if known else releases.guessed_imports(releases.canonical(package.name))
