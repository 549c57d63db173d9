"""The names among which Python looks for the one that was meant."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from .frames import Frame
from .world import Doubt

__all__ = ["near"]


def near(error: BaseException, way: Sequence[tuple[Frame, Any]], version: tuple[int, ...]) -> list[list[str]]:
    """Those of each scope in turn, for an error that came this way."""
    if isinstance(error, NameError) and way:
        frame = way[-1][0]
        local = [] if frame.function == "<module>" else [[str(word) for word in frame.vars], _of_self(frame)]
        return [*local, [*frame.module.names], dir(builtins)]
    if isinstance(error, AttributeError) and hasattr(error, "obj"):
        inside = bool(way) and way[-1][0].vars.get("self") is error.obj
        hidden = version >= (3, 13) and not inside and not str(error.name).startswith("_")
        return [[word for word in dir(error.obj) if not (hidden and word[0] == "_")]]
    return []


def _of_self(frame: Frame) -> list[str]:
    """The names of a method's own object, which Python asks for one that is not known."""
    if "self" not in frame.vars:
        return []
    owner = frame.vars["self"]
    if hasattr(type(owner), "__getattr__"):
        raise Doubt("an object that makes its names")
    return [f"self.{word}" for word in dir(owner)]
