"""What the archives of the systems hold: packages with their versions by release, and which of them holds a program."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from llm_kernel.machine.catalog import load
from llm_kernel.machine.profiles import Profile, profile
from llm_kernel.machine.releases import canonical, imagined_version

__all__ = [
    "Deb",
    "Holder",
    "all_programs",
    "base",
    "dist_names",
    "dist_packages",
    "find",
    "folder",
    "groups",
    "holders",
    "imagined",
    "names",
    "only_epel",
    "programs",
    "repository_sizes",
    "upstream",
]


@dataclass(frozen=True, slots=True)
class Deb:
    """A package of a system's archive in one release; ``size`` of the archive and ``installed`` in bytes."""

    name: str
    version: str
    summary: str
    arch: str
    section: str
    size: int
    installed: int
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a program: archive packages, first the one people mean, and a snap with its version."""

    apt: tuple[str, ...] = ()
    dnf: tuple[str, ...] = ()
    snap: tuple[str, str] | None = None


def find(name: str, made: Profile) -> Deb | None:
    """The archive's package ``name`` in this release, or None where the release has none."""
    if name in _kernels(made.os, made.release):
        return _kernel(name, made)
    if made.like == "rhel":
        return _rpm(name, made)
    row = _data()["packages"].get(name)
    version = _version_at(row["versions"], made) if row else ""
    return _deb(name, {**row, **row.get("at", {}).get(made.codename, {})}, version) if row and version else None


def imagined(name: str, version: str = "") -> Deb:
    """A package that no archive of ours describes, as somebody asked for it."""
    return Deb(name, version or f"{imagined_version(name)}-1", "", "amd64", "universe", 180_000, 640_000, ())


def base(made: Profile) -> dict[str, str]:
    """The packages that a server of this release has from the start, name to version."""
    return dict(_base(made.os, made.release))


def dist_packages(made: Profile) -> dict[str, str]:
    """The Python packages that this release brings, name to version."""
    release = f"el{made.release}" if made.like == "rhel" else made.codename
    rows = _data()["pip"].get(release, "pip 22.0.2, setuptools 59.6.0, wheel 0.37.1")
    return dict(row.split(" ") for row in rows.split(", "))


def dist_names(made: Profile) -> dict[str, str]:
    """How the Python packages that this release brings are spelled there, by their canonical names."""
    return _dist_names(made.os, made.release)


def names(made: Profile) -> list[str]:
    """All package names of this release's archive, sorted."""
    if made.like == "rhel":
        own = set(_data()["rhel_base"]) | (set(_data()["el7"]) if made.release == "7" else set())
        return sorted({name for holder in _holders().values() for name in holder.dnf} | own)
    return sorted(name for name in _data()["packages"] if find(name, made))


def only_epel(made: Profile) -> frozenset[str]:
    """The packages that this release has only in a repository which somebody has to add."""
    return frozenset(_data()["epel"].split()) if made.os == "centos" else frozenset()


def repository_sizes() -> dict[str, int]:
    """How many packages the repositories of CentOS have, by their ids."""
    sizes: dict[str, int] = _data()["repositories"]
    return sizes


def groups() -> dict[str, Any]:
    """CentOS's groups of packages: ``environments`` and ``groups`` by name, ``members`` of those that are known."""
    found: dict[str, Any] = _data()["groups"]
    return found


def holders(program: str) -> Holder:
    """Which packages hold ``program``; an empty holder where nobody knows it."""
    return _holders().get(program, Holder())


def programs(package: str, made: Profile) -> tuple[str, ...]:
    """The programs in an archive's package, sorted."""
    return _programs(made.like == "rhel").get(package, ())


def all_programs() -> frozenset[str]:
    """Every program name that any archive is known to hold."""
    return frozenset(_holders())


def folder(program: str, *, merged: bool = True) -> str:
    """Where an archive's package puts ``program``; without ``merged`` what starts the system has a place of its own."""
    where = _folders().get(program, "/usr/bin")
    return f"/usr{where}" if merged and where in ("/bin", "/sbin") else where


def upstream(version: str) -> str:
    """The upstream part of an archive's version: ``1.21.5`` of ``1:1.21.5+ds-1ubuntu22.04.1``."""
    return re.sub(r"[-+~].*", "", version.rpartition(":")[2])


@cache
def _base(os: str, release: str) -> dict[str, str]:
    made = profile(os, release)
    without = set(_data()["ubuntu_only"]) if made.os == "debian" else set()
    without |= {"dnf", "python2", "systemd-udev"} if made.manager == "yum" else {"python2"}
    listed = [*_data()["rhel_base" if made.like == "rhel" else "base"], *_kernels(os, release)]
    listed += _data()["el7_base"] if made.os == "centos" else []
    found = ((name, find(name, made)) for name in listed if name not in without)
    return {name: deb.version for name, deb in found if deb}


@cache
def _kernels(os: str, release: str) -> dict[str, str]:
    """The packages of the kernel that runs, name to version."""
    made = profile(os, release)
    if made.like == "rhel":
        version = made.kernel.rpartition(".")[0]
        names = ("kernel", "kernel-tools", "kernel-tools-libs")
        return dict.fromkeys(names if made.os == "centos" else ("kernel", "kernel-core", "kernel-modules"), version)
    if made.os == "debian":
        version = re.sub(r".*Debian (\S+).*", r"\1", made.build)
        return dict.fromkeys((f"linux-image-{made.kernel}", "linux-image-amd64"), version)
    version = f"{made.kernel.rpartition('-')[0]}.{made.build[1:].partition('-')[0]}"
    own = dict.fromkeys((f"linux-{kind}-{made.kernel}" for kind in ("image", "modules", "modules-extra")), version)
    return own | {"linux-image-generic": _data()["kernels"].get(made.codename, version)}


def _kernel(name: str, made: Profile) -> Deb:
    version = _kernels(made.os, made.release)[name]
    what = "modules" if "modules" in name else "image"
    summary = _data()["rpm_summaries"].get(name) or {
        "linux-image-generic": "Generic Linux kernel image",
        "linux-image-amd64": "Linux for 64-bit PCs (meta-package)",
    }.get(name, f"Linux kernel {'extra modules' if what == 'modules' else what} for version {made.kernel}")
    needs = (f"linux-image-{made.kernel}",) if name in ("linux-image-generic", "linux-image-amd64") else ()
    size = 3_000 if needs else 14_200_000 if what == "modules" else 9_100_000
    return Deb(name, version, summary, "amd64", "main", size, size * 5 if what == "modules" else size + 900_000, needs)


def _rpm(name: str, made: Profile) -> Deb | None:
    exact = _data()["el7"].get(name, "") if made.release == "7" else ""
    sources = [apt for apt, dnf in _renamed().items() if dnf == name]
    rows = _data()["packages"]
    source = next((apt for apt in (*sources, name) if apt in rows), "")
    if not source or (source not in sources and _renamed().get(source, source) != name):
        if not exact:
            return imagined(name, f"1.0-1.el{made.release}") if name in _data()["rhel_base"] else None
        plain = exact.rpartition(":")[2]
        return replace(imagined(name, plain), summary=_data()["rpm_summaries"].get(name, ""), section="main")
    row = rows[source]
    near = "bionic" if made.release == "7" else "jammy"
    version = row["versions"].get(near) or next(iter(row["versions"].values()))
    return _deb(name, {**row, "needs": ""}, exact.rpartition(":")[2] or f"{upstream(version)}-1.el{made.release}")


def _deb(name: str, row: dict[str, Any], version: str) -> Deb:
    return Deb(
        name,
        version,
        row["summary"],
        row.get("arch", "amd64"),
        row.get("section", "main"),
        int(row["kb"]) * 1000,
        int(row["installed"]) * 1000,
        tuple(row.get("needs", "").split()),
    )


def _version_at(versions: dict[str, str], made: Profile) -> str:
    """The version in this release; a release between two known ones has that of the one before."""
    order = _data()["order"]
    known = [order.index(codename) for codename in versions]
    here = order.index(made.codename) if made.codename in order else -1
    if not known or not min(known) <= here <= max(known):
        return ""
    version = str(versions[order[max(index for index in known if index <= here)]])
    return version if made.os == "ubuntu" else re.sub(r"(ubuntu|build)\d.*$", "", version)


@cache
def _folders() -> dict[str, str]:
    rows = {"/usr/games": "games", "/usr/sbin": "sbin", "/sbin": "first_sbin", "/bin": "first_bin"}
    return {program: folder for folder, kind in rows.items() for program in _data().get(kind, "").split()}


@cache
def _dist_names(os: str, release: str) -> dict[str, str]:
    return {canonical(name): name for name in dist_packages(profile(os, release))}


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("debian")
    return data


def _renamed() -> dict[str, str]:
    renamed: dict[str, str] = _data()["dnf"]
    return renamed


@cache
def _holders() -> dict[str, Holder]:
    return {name: _holder(row) for name, row in load("commands")["commands"].items()}


def _holder(row: dict[str, str]) -> Holder:
    snap, _, version = row.get("snap", "").partition(" ")
    return Holder(
        tuple(row.get("apt", "").split()), tuple(row.get("dnf", "").split()), (snap, version) if snap else None
    )


@cache
def _programs(rhel: bool) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for program, holder in sorted(_holders().items()):
        for package in holder.dnf if rhel else holder.apt:
            found.setdefault(package, []).append(program)
    return {package: tuple(held) for package, held in found.items()}
