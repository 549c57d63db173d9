"""The Python that pip works for: its packages, their places and the version of pip itself."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from llm_kernel.machine import Machine, channels, releases
from llm_kernel.machine.packages import Package
from llm_kernel.shell.call import Call

__all__ = ["Site"]

_TORCHES = ("torch", "torchvision", "torchaudio")
_MANAGED = {"23.04", "23.10", "24.04", "24.10", "12", "13"}
"""Releases whose Python belongs to the system's manager, and which pip leaves alone."""


@dataclass(frozen=True, slots=True)
class Site:
    """``branch`` is ``3.9``; ``local`` is where pip puts things, ``dist`` where the system's are."""

    machine: Machine
    branch: str
    pip: str
    local: str
    dist: str
    root: bool
    virtual: bool

    @classmethod
    def of(cls, call: Call) -> Site:
        """The site of the machine's ``python3``."""
        machine = call.machine
        system, packages = machine.system, machine.packages
        branch = system.python.rpartition(".")[0]
        found = packages.find("pip", "pip")
        debian = system.profile.like == "debian"
        own = branch == system.profile.python.rpartition(".")[0]
        kind = "dist-packages" if debian else "site-packages"
        local = f"/usr/local/lib/python{branch}/{kind}"
        dist = "/usr/lib/python3/dist-packages" if debian else f"/usr/lib/python{branch}/site-packages"
        if packages.has_conda:
            local = dist = f"{channels.ROOT}/lib/python{branch}/site-packages"
        elif not own:
            dist = local
        user = call.env.get("USER") or system.user
        return cls(
            machine,
            branch,
            found.version if found else "",
            local,
            dist,
            root=user == "root",
            virtual=bool(call.env.get("VIRTUAL_ENV")) or packages.has_conda or not own,
        )

    @property
    def pip_home(self) -> str:
        """Where pip itself stands, as its version line says it."""
        home = self.dist if self.machine.packages.is_base("pip", "pip") else self.local
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

    def older(self, version: str) -> bool:
        """Whether pip is older than ``version``."""
        return Version(self.pip or "0") < Version(version)

    def packages(self) -> list[Package]:
        """The installed packages in the order of lists."""
        return sorted(self.machine.packages.installed("pip"), key=lambda package: package.name.lower())

    def here(self) -> dict[str, Package]:
        """The installed packages by canonical name."""
        return {releases.canonical(package.name): package for package in self.packages()}

    def find(self, name: str) -> Package | None:
        """The installed package of exactly this name, as pip compares names."""
        return self.here().get(releases.canonical(name))

    def shown(self, package: Package) -> str:
        """The version as lists show it: with the label of the wheel that suits the machine's CUDA."""
        key = releases.canonical(package.name)
        if key not in _TORCHES or "+" in package.version:
            return package.version
        return package.version + (self._label() if key != "torchaudio" or self._labelled_audio() else "")

    def home_of(self, package: Package) -> str:
        """The directory that holds the package."""
        return self.dist if self.machine.packages.is_base("pip", package.name) else self.local

    def _label(self) -> str:
        torch = self.machine.packages.find("pip", "torch")
        return releases.torch_local_version(torch.version, self.machine.devices.cuda) if torch else ""

    def _labelled_audio(self) -> bool:
        """The audio wheels were built for each CUDA only since 0.11."""
        torch = self.machine.packages.find("pip", "torch")
        return torch is not None and Version(torch.version.partition("+")[0]) >= Version("1.11")
