"""Driver and CUDA versions: which exist, since when, and which needs which. Facts from the catalogue, no state."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from llm_kernel.errors import Refused
from llm_kernel.machine.catalog import load

__all__ = [
    "BRANCHES",
    "TOOLKITS",
    "Branch",
    "Toolkit",
    "branch_of",
    "carries",
    "cuda_of",
    "cuda_since",
    "driver_for",
    "find_driver",
    "find_toolkit",
    "first_driver",
    "last_driver",
    "newest_driver",
    "order",
]


@dataclass(frozen=True, slots=True)
class Branch:
    """A driver branch: the CUDA version its nvidia-smi shows, and its (version, month of release) pairs."""

    number: int
    cuda: str
    production: bool
    versions: tuple[tuple[str, str], ...]


_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


@dataclass(frozen=True, slots=True)
class Toolkit:
    """A CUDA toolkit by its compiler: ``release`` is ``11.3``, ``update`` ``11.3.1``, ``nvcc`` ``11.3.109``."""

    nvcc: str
    update: str
    copyright: int
    built: str
    build: str

    @property
    def release(self) -> str:
        """The first two numbers, as the compiler prints them."""
        return ".".join(self.nvcc.split(".")[:2])

    @property
    def month(self) -> str:
        """The month in which its compiler was built, ``2021-03``."""
        words = self.built.split("_")
        return f"{words[-1]}-{_MONTHS.index(words[1]) // 3 + 1:02d}"


_DRIVERS = load("drivers")
_NVCC = load("nvcc")
BRANCHES: tuple[Branch, ...] = tuple(
    Branch(b["branch"], b["cuda"], b["production"], tuple((version, month) for version, month in b["versions"]))
    for b in _DRIVERS["branches"]
)
TOOLKITS: tuple[Toolkit, ...] = tuple(Toolkit(*row) for row in _NVCC["releases"])
_MINIMUM: dict[str, str] = _DRIVERS["cuda_minimum"]
_BUNDLED: dict[str, str] = _DRIVERS["bundled"]
_FAMILIES: dict[str, str] = _DRIVERS["minor_version_compatibility"]
_USUAL: dict[str, str] = _NVCC["usual"]


def order(version: str) -> tuple[int, ...]:
    """Something to compare versions by: 470.256.02 is newer than 470.57.02."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def branch_of(driver: str) -> int:
    """The branch a driver version belongs to, 0 for no driver."""
    return order(driver)[0] if driver else 0


def _branch(driver: str) -> Branch:
    return next(b for b in BRANCHES if b.number == branch_of(driver))


def _versions() -> list[str]:
    return [version for b in BRANCHES for version, _ in b.versions]


def find_driver(text: str, month: str) -> str:
    """The driver that was asked for: a full version, or a branch, of which the newest in ``month`` is meant.

    Raises:
        Refused: when it is no version, or of a branch that never was.
    """
    version = text.strip().lower().removeprefix("nvidia").strip(" -v")
    if not re.fullmatch(r"\d{3}(\.\d{1,3}){0,2}", version):
        raise Refused(f"driver: '{text}' is not a driver version such as 535.129.03 or 465.19.01")
    number = branch_of(version)
    branch = next((b for b in BRANCHES if b.number == number), None)
    if branch is None:
        near = sorted(BRANCHES, key=lambda b: abs(b.number - number))[:3]
        raise Refused(f"driver: there is no Linux branch {number}; near ones: {', '.join(str(b.number) for b in near)}")
    if "." in version:
        return version
    released = [known for known, when in branch.versions if when <= month]
    return released[-1] if released else branch.versions[0][0]


def cuda_of(driver: str) -> str:
    """The CUDA version that nvidia-smi of this driver shows: the newest the driver can run."""
    return _branch(driver).cuda


def carries(driver: str, toolkit: Toolkit) -> bool:
    """Whether ``driver`` runs what this toolkit builds: from CUDA 11 on every minor release of one major."""
    since = _FAMILIES.get(toolkit.release.split(".")[0], "")
    if since and order(driver) >= order(since):
        return True
    return order(driver_for(toolkit)) <= order(driver) or order(cuda_of(driver)) >= order(toolkit.release)


def cuda_since(compute: str) -> str:
    """The first CUDA release that builds for a compute capability."""
    return str(_DRIVERS["cuda_since"].get(compute, "0"))


def first_driver(minimum: str) -> str:
    """The oldest known driver that is at least ``minimum``."""
    return min((version for version in _versions() if order(version) >= order(minimum)), key=order)


def last_driver(branch: int) -> str:
    """The newest known driver of this branch or an older one."""
    return max((version for version in _versions() if branch_of(version) <= branch), key=order)


def newest_driver(month: str, minimum: str, last: int) -> str:
    """The driver a machine of ``month`` (``2023-12``) would have: long-lived, new enough, not of a later branch.

    Where none of that time is new enough, the oldest that is.
    """
    fitting = [
        version
        for b in BRANCHES
        for version, released in b.versions
        if b.production and released <= month and order(version) >= order(minimum) and (not last or b.number <= last)
    ]
    return max(fitting, key=order) if fitting else first_driver(minimum)


def find_toolkit(text: str, month: str = "9999-12") -> Toolkit:
    """The CUDA toolkit that was asked for: ``11.3``, ``11.3.1``, ``11.3.109``, or ``11``: the newest 11 of ``month``.

    Raises:
        Refused: when there is no such release; the message names near ones.
    """
    version = text.strip().lower().removeprefix("cuda").strip(" -v")
    usual = _USUAL.get(version, version)
    for fits in (
        lambda t: usual in (t.nvcc, t.update),
        lambda t: version in (t.release, f"{t.release}.0"),
        lambda t: version == t.release.split(".")[0],
    ):
        found = [toolkit for toolkit in TOOLKITS if fits(toolkit)]
        if found and "." not in version:
            return ([toolkit for toolkit in found if toolkit.month <= month] or found[:1])[-1]
        if found:
            return found[-1]
    releases = list(dict.fromkeys(toolkit.release for toolkit in TOOLKITS))
    near = difflib.get_close_matches(version, releases, n=3, cutoff=0.3) or releases[-3:]
    raise Refused(f"cuda: there is no toolkit '{text}' here; near ones: {', '.join(sorted(near, key=order))}")


def _minimum(toolkit: Toolkit) -> str:
    update = order(toolkit.update)[:3]
    known = [(order(name), driver) for name, driver in _MINIMUM.items() if order(name)[:2] == update[:2]]
    return max((pair for pair in known if pair[0] <= update), default=known[0])[1]


def driver_for(toolkit: Toolkit, *, bundled: bool = False) -> str:
    """The oldest driver that runs programs of this toolkit, or the one its installer brings."""
    if bundled and toolkit.update in _BUNDLED:
        return _BUNDLED[toolkit.update]
    return first_driver(_minimum(toolkit))
