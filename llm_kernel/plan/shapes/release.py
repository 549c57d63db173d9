"""The release of a package, as two numbers that compare."""

from __future__ import annotations

from collections.abc import Mapping

from llm_kernel.plan.shapes.versions import version_of

__all__ = ["before", "release"]


def release(facts: Mapping[str, object], package: str) -> tuple[int, int] | None:
    """Major and minor number of a package's version, where it is known."""
    numbers = (version_of(facts, package) or "").split(".")[:2]
    if len(numbers) < 2 or not all(each.isdigit() for each in numbers):
        return None
    return int(numbers[0]), int(numbers[1])


def before(facts: Mapping[str, object], package: str, first: tuple[int, int]) -> bool:
    """Whether the package is surely older than its release ``first``."""
    found = release(facts, package)
    return found is not None and found < first
