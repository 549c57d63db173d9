"""What a conda brings, and under which names its channels hold the packages of Python's index."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from llm_kernel.machine import releases
from llm_kernel.machine.catalog import load

__all__ = ["ROOT", "base", "build", "channel", "environment", "listed", "name_of", "project_of", "version"]

ROOT = "/opt/conda"


def base(month: str, python: str) -> dict[str, str]:
    """The packages of a fresh conda, name to version."""
    found: dict[str, str] = {}
    for name, row in _data()["base"].items():
        version = row.partition("@")[0]
        found[name] = version or _version(name, month, python)
    return found


def environment(month: str, python: str) -> dict[str, str]:
    """What ``conda create python=...`` puts into a new environment, name to version."""
    names = set(_data()["environment"].split())
    return {name: version for name, version in base(month, python).items() if name in names}


def listed(name: str) -> bool:
    """Whether the channels have ``name``, which is none of Python's packages: a compiler, a library, a toolkit."""
    return name in _data()["others"] or name in _data()["base"]


def version(name: str) -> str:
    """The version of one of the channels' other packages."""
    return str(_data()["others"].get(name) or _data()["base"].get(name, "").partition("@")[0] or "1.0")


def build(name: str, version: str, python: str) -> str:
    """The build string of a conda package."""
    compact = "".join(python.split(".")[:2])
    row = _data()["base"].get(name, "")
    if row:
        return str(row.partition("@")[2].replace("{py}", compact))
    mark = releases.imagined_version(name + version).replace(".", "")
    return f"py{compact}h{int(mark) * 7919 % 0xFFFFFFF:07x}_0"


def channel(name: str) -> str:
    """The channel that a package comes from as lists show it; empty for the default one."""
    return str(_data()["channels"].get(name, ""))


def name_of(project: str) -> str:
    """The channels' name of a package of Python's index: ``pytorch`` for torch."""
    return next((name for name, known in _data()["names"].items() if known == project), project)


def project_of(name: str) -> str:
    """The index's name of a conda package: ``torch`` for pytorch."""
    return str(_data()["names"].get(name, releases.canonical(name)))


def _version(name: str, month: str, python: str) -> str:
    if name == "python":
        return python
    if name == "conda":
        born = [pair.split("@") for pair in _data()["conda"].split()]
        return str([version for version, since in born if since <= month or version == born[0][0]][-1])
    if name == "ca-certificates":
        return re.sub(r"^(\d{4})-(\d\d)$", r"\1.\2.13", month)
    return releases.choose(name, "", month, python)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("conda")
    return data
