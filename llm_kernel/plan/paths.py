"""Paths as values: ``Path("a") / "b.txt"`` and their parts, as far as they are known."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from llm_kernel.plan.text import joined, parts_of
from llm_kernel.plan.values import Text, Thing, Unknown, Value

__all__ = ["divided", "joined_path", "path_attribute", "path_of"]


def path_of(value: Value) -> Value:
    """A path as a string: known, in parts, or unknown."""
    if isinstance(value, Thing) and value.kind == "path":
        return value.attrs["text"]
    return value


def joined_path(parts: list[Value], *, plain: bool = True) -> Value:
    if all(isinstance(each, str) for each in parts):
        whole = posixpath.join(*(str(each) for each in parts)) if parts else ""
        return posixpath.normpath(whole) if plain and whole else whole
    out: list[Any] = []
    for n, each in enumerate(parts):
        if not isinstance(each, str | Text):
            return Unknown("str")
        slash = n and not (isinstance(parts[n - 1], str) and str(parts[n - 1]).endswith("/"))
        out += (["/"] if slash else []) + list(parts_of(each))
    return joined(out)


def divided(one: Value, other: Value) -> Value:
    """``path / name``."""
    return Thing("path", {"text": joined_path([path_of(one), path_of(other)])})


_PARTS: dict[str, Callable[[str], str]] = {
    "name": posixpath.basename,
    "stem": lambda text: posixpath.splitext(posixpath.basename(text))[0],
    "suffix": lambda text: posixpath.splitext(text)[1],
}


def path_attribute(this: Thing, name: str) -> Value | None:
    """``path.name``, ``path.parent`` ...; None for a method."""
    text = this.attrs["text"]
    if name in _PARTS:
        return _PARTS[name](text) if isinstance(text, str) else Unknown("str")
    if name == "parent":
        return Thing("path", {"text": (posixpath.dirname(text) or ".") if isinstance(text, str) else Unknown("str")})
    return None
