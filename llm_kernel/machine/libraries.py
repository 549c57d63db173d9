"""The shared libraries of a machine: those of every server, those of NVIDIA's driver, and those of a CUDA toolkit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from llm_kernel.machine.catalog import load
from llm_kernel.machine.drivers import order
from llm_kernel.machine.profiles import Profile

__all__ = ["folder", "installed", "loaded", "needed_by", "toolkit_folder"]


def folder(made: Profile) -> str:
    """Where the system's libraries are; it stands under ``/usr`` where the release has only that."""
    return f"/usr/{_data()['folders'][made.like]}" if made.merged else f"/{_data()['folders'][made.like]}"


def toolkit_folder(home: str) -> str:
    """Where the toolkit at ``home`` has its libraries."""
    return f"{home}/targets/x86_64-linux/lib"


def installed(made: Profile, driver: str, home: str, cuda: str) -> dict[str, int | str]:
    """Every library by its path: a file's size, or where a link leads; ``home`` is the toolkit's of ``cuda``."""
    place = folder(made)
    found: dict[str, int | str] = {f"{place}/{_named(made, name)}": size for name, size in _data()["base"].items()}
    for name, size in _data()["driver"].items() if driver else ():
        plain = name.removesuffix(".1")
        found |= {f"{place}/{plain}.{driver}": size, f"{place}/{name}": f"{plain}.{driver}", f"{place}/{plain}": name}
    for name, row in _data()["toolkit"].items() if cuda else ():
        if number := _number(row, cuda):
            path = f"{toolkit_folder(home)}/{name}.so"
            found |= {f"{path}.{number}": row["size"], path: f"{name}.so.{number}"}
    return found


def needed_by(made: Profile, program: str) -> tuple[str, ...] | None:
    """The libraries that a program of the system names; None where nobody wrote them down."""
    rows = _data()["programs"]
    row = rows.get(f"{made.os} {program}", rows.get(program))
    return tuple(_there(made, row.split())) if row else None


def loaded(made: Profile, names: Sequence[str]) -> list[str]:
    """All libraries that are loaded for a program that names ``names``, in the loader's order: breadth first."""
    found: list[str] = []
    waiting = list(names)
    for name in waiting:
        if name not in found:
            found.append(name)
            waiting += _there(made, _data()["needs"].get(name, "libc.so.6").split())
    return found


def _there(made: Profile, names: Sequence[str]) -> list[str]:
    """The names as that release has them, without those that its C library took in."""
    inside = _data()["inside"].split() if made.since("libc", "2.34") else ()
    return [_named(made, name) for name in names if name not in inside]


def _named(made: Profile, name: str) -> str:
    return str(_data()["names"].get(made.codename.lower(), {}).get(name, name))


def _number(row: dict[str, Any], cuda: str) -> str:
    """The number in the soname of a toolkit's library; empty where that toolkit has none."""
    release = ".".join(cuda.split(".")[:2])
    since = [first for first in row if first != "size" and order(first) <= order(release)]
    return str(row[max(since, key=order)]).format(release) if since else ""


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("libraries")
    return data
