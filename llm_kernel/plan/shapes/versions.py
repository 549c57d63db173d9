"""The versions of packages on the machine, by what the walk was told."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["version_of"]

_ELSEWHERE = {"torch": "pytorch"}
"""What conda calls a package."""


def version_of(facts: Mapping[str, object], package: str) -> str | None:
    """The version of a package, where it is known."""
    told, ask = facts.get(f"{package}.__version__"), facts.get("version")
    found = told or (callable(ask) and (ask(package) or ask(_ELSEWHERE.get(package, package)))) or None
    return found if isinstance(found, str) else None
