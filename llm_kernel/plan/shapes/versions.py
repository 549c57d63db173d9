"""What libraries say of themselves and of the machine, by what the walk was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["fact", "version_of"]

_ELSEWHERE = {"torch": "pytorch"}
"""What conda calls a package."""


def version_of(facts: Mapping[str, object], package: str) -> str | None:
    """The version of a package, where it is known."""
    told, ask = facts.get(f"{package}.__version__"), facts.get("version")
    found = told or (callable(ask) and (ask(package) or ask(_ELSEWHERE.get(package, package)))) or None
    return found if isinstance(found, str) else None


def fact(facts: Mapping[str, object], name: str, args: tuple[object, ...] | None = None) -> Any:
    """What an attribute of a library is, or what its call with plain ``args`` gives; None where nobody knows."""
    ask = facts.get("fact")
    if not callable(ask) or not all(isinstance(arg, int | str) for arg in args or ()):
        return None
    return ask(name, args)
