"""The frames inside torch that a traceback shows between those of the source, for the releases whose lines are known.

Where a release is not known, or not for this layer, its frames are left out: none is invented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TypeAlias

from llm_kernel.plan.faults import Frame
from llm_kernel.plan.shapes.versions import version_of
from llm_kernel.plan.walk import Raised

__all__ = ["inside", "with_frames"]

Rows: TypeAlias = dict[str, list[tuple[str, int, str, str]]]
_TABLE: dict[str, Rows] = json.loads((resources.files("llm_kernel.plan.shapes") / "frames.json").read_text("utf-8"))[
    "releases"
]
_HERE = "site-packages"


def _rows(facts: Mapping[str, object], name: str) -> tuple[Frame, ...]:
    release = ".".join((version_of(facts, "torch") or "").split(".")[:2])
    where = facts.get("site")
    root = f"{where if isinstance(where, str) else _HERE}/torch"
    return tuple(Frame(f"{root}/{file}", line, function, text)
                 for file, line, function, text in _TABLE.get(release, {}).get(name, ()))  # fmt: skip


def inside(facts: Mapping[str, object], layer: str, err: Raised) -> None:
    """Note the frames of a call of a library's layer that raises, outside of those that it has already."""
    call = _rows(facts, "call")
    if not call:
        return
    word = str(err.value).split(" ", 1)[0]
    kind = "BatchNorm" if layer.startswith("BatchNorm") else layer
    own = _rows(facts, f"{layer} {word}") or _rows(facts, f"{kind} {word}") or _rows(facts, layer)
    err.inner.append((len(err.frames), (*call, *own) if own else ()))


def with_frames(facts: Mapping[str, object], err: Raised) -> tuple[Frame, ...]:
    """All frames of an exception, outermost first: those of the source, and of the library between them."""
    own: Sequence[Frame] = [err.frames[depth] for depth in sorted(err.frames)]
    found: list[Frame] = []
    for n, frame in enumerate(own):
        if n and frame.function == "forward":
            found += _rows(facts, "call")
        found.append(frame)
        left = len(own) - n - 1
        for count, frames in reversed(err.inner):
            if count == left:
                found += frames
    return tuple(found)
