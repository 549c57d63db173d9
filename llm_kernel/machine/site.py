"""The directories of Python's packages: which files each installed package has there, from the package database."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from llm_kernel.machine import channels, index, releases
from llm_kernel.machine.environments import Environment
from llm_kernel.machine.installed import Package, imports

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Place", "contents", "place", "recorded", "rows", "shown", "trees"]

_TORCHES = ("torch", "torchvision", "torchaudio")
_ONE_FILE = frozenset("six typing-extensions mccabe py pycodestyle threadpoolctl appdirs retrying".split())


@dataclass(frozen=True, slots=True)
class Place:
    """Where the packages of a Python are: ``local`` is where pip puts things, ``dist`` where the system's are."""

    local: str
    dist: str
    bin: str
    python: str


def place(machine: Machine, manager: str = "pip") -> Place:
    """The place of the Python that ``manager`` (``pip``, ``pip:/root/env``) serves."""
    environment = machine.packages.environments.get(manager.partition(":")[2])
    if environment:
        return Place(environment.site, environment.site, f"{environment.root}/bin", environment.python)
    system = machine.system
    branch = system.python.rpartition(".")[0]
    if machine.packages.has_conda:
        home = f"{channels.ROOT}/lib/python{branch}/site-packages"
        return Place(home, home, f"{channels.ROOT}/bin", system.python)
    debian = system.profile.like == "debian"
    local = f"/usr/local/lib/python{branch}/{'dist-packages' if debian else 'site-packages'}"
    if branch != system.profile.python.rpartition(".")[0]:
        return Place(local, local, "/usr/local/bin", system.python)
    dist = "/usr/lib/python3/dist-packages" if debian else f"/usr/lib/python{branch}/site-packages"
    return Place(local, dist, "/usr/local/bin", system.python)


def shown(machine: Machine, package: Package, manager: str = "pip") -> str:
    """The version as lists show it: torch and its kin carry the label of the build that suits the machine's CUDA."""
    key = releases.canonical(package.name)
    if key not in _TORCHES or "+" in package.version:
        return package.version
    torch = machine.packages.find(manager, "torch")
    if torch is None:
        return package.version
    if torch.version.count("+"):
        label = "+" + torch.version.partition("+")[2]
    else:
        label = releases.torch_local_version(torch.version, machine.devices.cuda)
    # the audio wheels were built for each CUDA only since 0.11
    old = key == "torchaudio" and Version(torch.version.partition("+")[0]) < Version("1.11")
    return package.version + ("" if old else label)


def rows(machine: Machine) -> list[list[str]]:
    """What the trees are rendered from: directory, key, name, version, and whether pip put it there."""
    packages = machine.packages
    if not machine.system.python:
        return []
    managers = ["pip", *(f"pip:{root}" for root in sorted(packages.environments))]
    return [
        _row(machine, package, manager)
        for manager in managers
        if manager == "pip" or packages.environments[manager[4:]].python
        for package in packages.installed(manager)
    ]


def _row(machine: Machine, package: Package, manager: str) -> list[str]:
    where = place(machine, manager)
    base = machine.packages.is_base(manager, package.name)
    by = "system" if base and where.dist != where.local else "conda" if base and _conda(machine, manager) else "pip"
    folder = where.dist if base else where.local
    return [folder, releases.canonical(package.name), package.name, shown(machine, package, manager), by]


def _conda(machine: Machine, manager: str) -> bool:
    environment: Environment | None = machine.packages.environments.get(manager[4:])
    return environment.kind == "conda" if environment else machine.packages.has_conda


def trees(rows: list[list[str]]) -> dict[str, bytes | int]:
    """Every file of the packages in ``rows``, with its bytes or, for a binary, its size."""
    found: dict[str, bytes | int] = {}
    for folder, key, name, version, by in rows:
        found |= {f"{folder}/{path}": data for path, data in contents(key, name, version, by).items()}
    return found


def contents(key: str, name: str, version: str, by: str = "pip") -> dict[str, bytes | int]:
    """The files of one package, seen from the directory of packages."""
    code = _code(key, name, version)
    if by == "system":
        return {f"{_folded(name)}-{version}.egg-info": _metadata(key, name, version).encode(), **code}
    info = f"{_folded(name)}-{version}.dist-info"
    found = {
        **code,
        f"{info}/INSTALLER": f"{by}\n".encode(),
        f"{info}/METADATA": _metadata(key, name, version).encode(),
        f"{info}/top_level.txt": "".join(f"{module}\n" for module in _modules(key, name)).encode(),
    }
    lines = [f"{path},{_digest(data)}\n" for path, data in sorted(found.items())]
    return {**found, f"{info}/RECORD": "".join([*lines, f"{info}/RECORD,,\n"]).encode()}


def recorded(key: str, name: str, version: str, by: str = "pip") -> list[str]:
    """The paths of one package's files in the order of its record."""
    return sorted(contents(key, name, version, by))


def _folded(name: str) -> str:
    return re.sub(r"[-.]+", "_", name)


def _modules(key: str, name: str) -> tuple[str, ...]:
    found = imports(Package("pip", name, ""))
    return tuple(dict.fromkeys(module.partition(".")[0] for module in found))


def _code(key: str, name: str, version: str) -> dict[str, bytes | int]:
    known = releases.project(key)
    found: dict[str, bytes | int] = {}
    for module in _modules(key, name):
        text = f'"""{known.summary if known else name}"""\n\n__version__ = "{version}"\n'.encode()
        found[f"{module}.py" if key in _ONE_FILE else f"{module}/__init__.py"] = text
    size = known.size if known else releases.weight(key)
    first = next(iter(found)).partition("/")[0]
    if key == "torch":
        found["torch/version.py"] = _torch_version(version).encode()
        found["torch/lib/libtorch_cuda.so"] = int(size * 1.6)
        found["torch/lib/libtorch_cpu.so"] = int(size * 0.4)
    elif known and known.compiled and size > 1_000_000 and "." not in first:
        found[f"{first}/_{first.lower()}.so"] = int(size * 2.4)
    return found


def _torch_version(version: str) -> str:
    label = version.partition("+")[2]
    digits = label.removeprefix("cu")
    cuda = f"'{digits[:-1]}.{digits[-1]}'" if label.startswith("cu") and digits.isdigit() else "None"
    if not label and (plain := releases.builds(version)[1]):
        cuda = f"'{plain}'"
    commit = hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest()
    return f"__version__ = '{version}'\ndebug = False\ncuda = {cuda}\ngit_version = '{commit}'\nhip = None\n"


def _metadata(key: str, name: str, version: str) -> str:
    known, row = releases.project(key), index.listed(key)
    summary = known.summary if known else row.summary if row else ""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if summary:
        lines.append(f"Summary: {summary}")
    if known:
        more = [("Home-page", known.home), ("Author", known.author), ("License", known.license)]
        lines += [f"{head}: {text}" for head, text in more if text]
        if least := known.least_python(version):
            lines.append(f"Requires-Python: >={least}")
        lines += [f"Requires-Dist: {need}" for need in releases.needs(known.requires, version)]
    return "".join(f"{line}\n" for line in lines)


def _digest(data: bytes | int) -> str:
    """A file's entry in the record: its hash and its size."""
    raw = data if isinstance(data, bytes) else str(data).encode()
    text = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    return f"sha256={text},{data if isinstance(data, int) else len(data)}"
