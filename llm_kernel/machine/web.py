"""What an address of the web leads to: a file of some kind and size. Facts, and no content."""

from __future__ import annotations

import math
import posixpath
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from llm_kernel.machine.catalog import load
from llm_kernel.machine.heads import head
from llm_kernel.machine.repos import known, read_listing

if TYPE_CHECKING:  # Machine is made of this package's parts; its name is only needed for the hint
    from llm_kernel.machine.machine import Machine

__all__ = ["Page", "page", "rate"]

_RAW = "raw.githubusercontent.com"
_MAIN = ("main", "master", "HEAD")
"""Names of a main branch; a server goes on answering to the old one where it was renamed."""
_PLAIN = "text/plain"
_SLOWEST, _FASTEST = 3e6, 45e6
"""Bytes a second that servers give."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file of ``size`` bytes and of the media type ``kind``; what it holds is imagined by its ``origin``.

    ``origin`` is empty for a binary file, which holds nothing but how its kind begins.
    """

    size: int
    kind: str
    origin: str


def page(machine: Machine, url: str, host: str, path: str) -> Page | None:
    """What is at ``url``, the ``path`` on ``host``, the same each time; None where the server has nothing there.

    A file of a repository is the one that a clone has.
    """
    place = f"{host}{path}"
    size = _catalog().sizes.get(place, 0)
    kind, usual = _kind(path, url)
    origin = "" if head(path, size or usual) else f"url {url.partition('#')[0]}"
    if place.startswith(f"{_RAW}/"):
        kind = _PLAIN if origin else "application/octet-stream"
        owner, name, branch, file = [*path.split("/", 4)[1:], "", "", "", ""][:4]
        files = _repository(machine, f"{owner}/{name}", branch)
        if not file or (files is not None and file not in files and not size):
            return None
        size = size or (files or {}).get(file, 0)
        origin = origin and f"git github.com/{owner}/{name} {file}"
    return Page(size or usual, kind, origin)


def rate(address: str) -> float:
    """Bytes a second that come from ``address``."""
    return Random(f"rate {address}").uniform(_SLOWEST, _FASTEST)


def _repository(machine: Machine, name: str, branch: str) -> dict[str, int] | None:
    """The files of a repository's main branch; None where nobody has listed it, or ``branch`` is another."""
    now = machine.clock.now
    listing = known(name, now)
    if listing is None and (text := machine.invented.get(f"git-tree github.com/{name}")):
        listing = read_listing(text.decode(), name.partition("/")[0], now)
    if listing is None or branch not in (listing.branch, *_MAIN):
        return None
    return dict(listing.files)


def _kind(path: str, url: str) -> tuple[str, int]:
    """The media type of a file by its name, and a size that such files have."""
    ending = posixpath.splitext(path)[1].lstrip(".").lower()
    kind, least, most = _catalog().kinds.get(ending, _catalog().kinds["html" if not ending else "run"])
    return kind, int(math.exp(Random(f"size {url}").uniform(math.log(least), math.log(most))))


@dataclass(frozen=True, slots=True)
class _Catalog:
    sizes: dict[str, int]
    kinds: dict[str, tuple[str, int, int]]


@cache
def _catalog() -> _Catalog:
    rows = load("web")
    kinds = {name: (row["type"], row["least"], row["most"]) for row in rows["kinds"] for name in row["names"].split()}
    return _Catalog(rows["files"], kinds)
