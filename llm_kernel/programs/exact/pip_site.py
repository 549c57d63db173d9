"""The Python that pip works for: its packages, their places and the version of pip itself."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass

from packaging.version import Version

from llm_kernel.machine import Machine, releases, site
from llm_kernel.machine.environments import Environment
from llm_kernel.machine.packages import Package
from llm_kernel.shell.call import Call

__all__ = ["Site", "environment_of", "managers_of"]

_MANAGED = {"23.04", "23.10", "24.04", "24.10", "12", "13"}
"""Releases whose Python belongs to the system's manager, and which pip leaves alone."""


def environment_of(call: Call) -> Environment | None:
    """The environment whose program ``call`` runs: by the path it is named with, else by ``PATH``."""
    folder, base = posixpath.split(call.name)
    files, known = call.machine.files, call.machine.packages.environments
    for place in [folder] if folder else call.env.get("PATH", "").split(":"):
        where = call.path(place) if place else call.cwd
        found = known.get(posixpath.dirname(where)) if where.endswith("/bin") else None
        if found and found.kind != "user" and found.python and files.exists(f"{where}/{base}"):
            return found
        if files.exists(f"{where}/{base}"):
            return None
    return None


def managers_of(call: Call) -> list[str]:
    """The managers whose packages the Python of ``call`` sees, the first one first: ``pip:/root/env``, or ``pip``."""
    if environment := environment_of(call):
        return [f"pip:{environment.root}"]
    home = f"{call.env.get('HOME') or '/root'}/.local"
    return [f"pip:{home}", "pip"] if home in call.machine.packages.environments else ["pip"]


@dataclass(frozen=True, slots=True)
class Site:
    """``branch`` is ``3.9``; ``managers`` are those whose packages are seen, ``manager`` is where they are put."""

    machine: Machine
    managers: tuple[str, ...]
    manager: str
    environment: Environment | None
    place: site.Place
    branch: str
    pip: str
    home: str
    root: bool

    @classmethod
    def of(cls, call: Call) -> Site:
        """The site of the Python that ``call``'s pip belongs to."""
        machine, managers = call.machine, managers_of(call)
        place = site.place(machine, managers[-1])
        found = [machine.packages.find(manager, "pip") for manager in managers]
        return cls(
            machine,
            tuple(managers),
            managers[-1],
            environment_of(call),
            place,
            place.python.rpartition(".")[0],
            next((package.version for package in found if package), ""),
            call.env.get("HOME") or "/root",
            root=(call.env.get("USER") or machine.system.user) == "root",
        )

    @property
    def python(self) -> str:
        """The version of the Python, ``3.9.5``."""
        return self.place.python

    @property
    def local(self) -> str:
        """Where pip puts things."""
        return self.place.local

    @property
    def dist(self) -> str:
        """Where the system's packages are."""
        return self.place.dist

    @property
    def virtual(self) -> bool:
        """Whether this Python is none of the system's."""
        system = self.machine.system
        own = self.branch == system.profile.python.rpartition(".")[0]
        return self.environment is not None or self.machine.packages.has_conda or not own

    @property
    def warns_root(self) -> bool:
        """Whether pip warns root of changing this Python."""
        return self.root and not (self.environment and self.environment.kind == "venv")

    @property
    def writable(self) -> bool:
        """Whether the user may write where pip puts things."""
        own = self.environment is not None and self.environment.root.startswith(f"{self.home}/")
        return self.root or own

    @property
    def user_manager(self) -> str:
        """The manager of what the user has at home."""
        return f"pip:{self.home}/.local"

    @property
    def pip_home(self) -> str:
        """Where pip itself stands, as its version line says it."""
        found = self.find("pip")
        home = self.home_of(found) if found else self.local
        return home if self.older("10") else f"{home}/pip"

    @property
    def debian(self) -> bool:
        """Whether the packages that came with this Python are Debian's, which pip leaves alone."""
        return self.dist == "/usr/lib/python3/dist-packages"

    @property
    def managed(self) -> bool:
        """Whether this Python belongs to the system's manager, so that pip refuses to change it."""
        system = self.machine.system
        return system.release in _MANAGED and system.profile.like == "debian" and not self.virtual

    @property
    def offline(self) -> bool:
        """Whether the machine's network is down."""
        return bool(getattr(getattr(self.machine, "faults", None), "network_down", False))

    def older(self, version: str) -> bool:
        """Whether pip is older than ``version``."""
        return Version(self.pip or "0") < Version(version)

    def packages(self) -> list[Package]:
        """The installed packages in the order of lists."""
        return sorted(self.here().values(), key=lambda package: package.name.lower())

    def here(self) -> dict[str, Package]:
        """The installed packages by canonical name; the first manager's come before the others'."""
        packages = self.machine.packages
        return {
            releases.canonical(package.name): package
            for manager in reversed(self.managers)
            for package in packages.installed(manager)
        }

    def find(self, name: str) -> Package | None:
        """The installed package of exactly this name, as pip compares names."""
        return self.here().get(releases.canonical(name))

    def shown(self, package: Package) -> str:
        """The version as lists show it: with the label of the wheel that suits the machine's CUDA."""
        return site.shown(self.machine, package, package.manager)

    def is_base(self, package: Package) -> bool:
        """Whether the package came with this Python and is as it came."""
        return self.machine.packages.is_base(package.manager, package.name)

    def home_of(self, package: Package) -> str:
        """The directory that holds the package."""
        where = site.place(self.machine, package.manager)
        return where.dist if self.is_base(package) else where.local

    def link_of(self, package: Package) -> str:
        """The file that leads to the project of a package that may be edited."""
        where = site.place(self.machine, package.manager).local
        return f"{where}/__editable__.{releases.canonical(package.name).replace('-', '_')}-{package.version}.pth"

    def direct_of(self, package: Package) -> str:
        """The file that says from which far repository the package came."""
        where = site.place(self.machine, package.manager).local
        folded = re.sub(r"[-.]+", "_", package.name)
        return f"{where}/{folded}-{self.shown(package)}.dist-info/direct_url.json"

    def remote_of(self, package: Package) -> str:
        """``git+URL@COMMIT`` of a package that came from a repository; empty for any other."""
        path = self.direct_of(package)
        if not self.machine.files.exists(path):
            return ""
        try:
            told = json.loads(self.machine.files.read(path))
            return f"git+{told['url']}@{told['vcs_info']['commit_id']}"
        except (ValueError, KeyError, TypeError):
            return ""

    def source_of(self, package: Package) -> str:
        """The directory of the project that was installed to be edited; empty for any other package."""
        link = self.link_of(package)
        return (
            self.machine.files.read(link).decode("utf-8", "replace").strip() if self.machine.files.exists(link) else ""
        )
