"""``--version`` of the programs that a release brings: what each says of itself, from the archive's versions."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from llm_kernel.machine import Machine, archive
from llm_kernel.machine.catalog import load
from llm_kernel.machine.profiles import Profile
from llm_kernel.programs.table import NotExact
from llm_kernel.shell.call import Answer, Call

__all__ = ["asked", "told"]


class _Facts(dict[str, str]):
    """What a text needs; one that is not there makes the text nobody's."""

    def __missing__(self, key: str) -> str:
        raise NotExact(key)


def asked(call: Call) -> bool:
    """Whether an installed program is asked for its version, in words that are known to be its own."""
    base = posixpath.basename(call.name)
    return _asked(base, call.args) is not None and call.machine.packages.provider(base) is not None


def told(call: Call) -> Answer:
    """What a program of the machine's release says of its version.

    Raises:
        NotExact: where nobody wrote down what this release's says.
    """
    base = posixpath.basename(call.name)
    row = _asked(base, call.args)
    if row is None:
        raise NotExact(call.name)
    text = _text(call.machine, base, row)
    return Answer("", text) if row.get("stderr") else Answer(text)


def _asked(program: str, args: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The row for a program that is asked with just these words."""
    rows: list[dict[str, Any]] = _rows().get(program, [])
    return next((row for row in rows if len(args) == 1 and args[0] in row["asked"].split()), None)


def _text(machine: Machine, program: str, row: Mapping[str, Any]) -> str:
    made = machine.system.profile
    provider = machine.packages.provider(program)
    if provider is None:
        raise NotExact(program)
    facts = _Facts(_data()["blocks"])
    facts |= {"program": program, "os": made.label, "point": made.release, "kernel": machine.system.kernel}
    facts |= _libc(made)
    facts |= _version(machine, provider, row, made)
    for key, values in row.get("facts", {}).items():
        found = next((word for word in (made.codename.lower(), facts.get("v", "")) if word in values), None)
        if found is not None:
            facts[key] = str(values[found])
    text: str = row["text"]
    while (filled := text.format_map(facts)) != text:  # what stands in for a name may name others
        text = filled
    return text


def _libc(made: Profile) -> dict[str, str]:
    year = _data()["libc"].get(made.libc)
    return {"libc": made.libc, "libc_label": made.libc_label} | ({"libc_year": str(year)} if year else {})


def _version(machine: Machine, provider: str, row: Mapping[str, Any], made: Profile) -> dict[str, str]:
    """The program's version: as another manager's package has it, else as the release's archive."""
    other = next(
        (
            found
            for manager in ("conda", "pip")
            if (found := machine.packages.find(manager, provider)) and not machine.packages.is_base(manager, provider)
        ),
        None,
    )
    if other is not None:
        if not row.get("plain"):
            raise NotExact(provider)
        return {"v": other.version}
    deb = archive.find(row.get("package", provider), made) if made.like == "debian" else None
    if deb is None:
        return {}
    full = deb.version.rpartition(":")[2]
    return {"v": archive.upstream(deb.version), "full": full, "revision": full.partition("-")[2]}


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("versions")
    return data


@cache
def _rows() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _data()["programs"]:
        for name in re.split(r"\s+", row["names"]):
            found.setdefault(name, []).append(row)
    return found
