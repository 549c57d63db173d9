"""Which git a machine has, and what that one already can."""

from __future__ import annotations

import re

from llm_kernel.machine import Machine

__all__ = ["number", "restores", "since", "version"]


def version(machine: Machine) -> str:
    """``2.34.1``, from the package that is installed."""
    for manager in machine.packages.managers:
        if found := machine.packages.find(manager, "git"):
            upstream = re.search(r"(?<!\d)(?:\d+:)?(\d+\.\d+(?:\.\d+)*)", found.version)
            if upstream:
                return upstream[1]
    return "2.34.1"


def number(text: str) -> tuple[int, ...]:
    """A version for comparing."""
    return tuple(int(part) for part in text.split("."))


def since(machine: Machine, least: str) -> bool:
    """Whether the machine's git is ``least`` or newer."""
    return number(version(machine)) >= number(least)


def restores(machine: Machine) -> bool:
    """Whether it has ``restore`` and ``switch``, and speaks of them."""
    return since(machine, "2.23")
