"""What a function of a computed program becomes: a row of steps, with jumps between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.kinds import Function, Kind
from llm_kernel.plan.foreign.computed.operators import Place, Run

__all__ = [
    "AGAIN",
    "BRANCH",
    "CALL",
    "DOUBT",
    "EVAL",
    "JUMP",
    "RETURN",
    "Label",
    "Routine",
    "Step",
    "Variable",
    "linked",
]

EVAL: Final = "eval"
"""Work something out."""
BRANCH: Final = "branch"
"""Go on at a label where a condition does not hold."""
AGAIN: Final = "again"
"""Go on at a label where a condition holds."""
JUMP: Final = "jump"
"""Go on at a label."""
CALL: Final = "call"
"""Call a function with arguments, and put its result into a slot of the frame."""
RETURN: Final = "return"
"""Go back to the caller."""
DOUBT: Final = "doubt"
"""Here is something that is not known, and what."""


@dataclass(eq=False, slots=True)
class Label:
    """A place in the row; ``at`` is its number once the row is whole."""

    at: int = -1


Step: TypeAlias = "tuple[str, Run | None, Any] | Label"
"""What is done, what it works out, and what else it needs."""


def linked(steps: list[Step]) -> list[tuple[str, Any, Any]]:
    """The steps without the labels among them, which jumps lead to by their numbers now."""
    made: list[tuple[str, Any, Any]] = []
    for one in steps:
        if isinstance(one, Label):
            one.at = len(made)
        else:
            made.append(one)
    return [(does, run, more.at if isinstance(more, Label) else more) for does, run, more in made]


@dataclass(frozen=True, slots=True)
class Variable:
    """A name: in a slot of the frame, ``boxed`` in a block there, or in a block of its own.

    ``settled``: whoever reads it finds a value.
    """

    kind: Kind
    slot: int = -1
    boxed: bool = False
    place: Place | None = None
    value: Any = None
    """A function, or another thing that never changes."""
    settled: bool = False


@dataclass(eq=False, slots=True)
class Routine:
    """A function of the source; its ``steps`` are made when it is called for the first time."""

    name: str
    kind: Function
    node: Node
    parameters: list[str]
    steps: list[tuple[str, Any, Any]] = field(default_factory=list)
    frame: list[Any] = field(default_factory=list)
    """What a call's frame begins as."""
    boxes: list[int] = field(default_factory=list)
    """The slots that hold blocks, which end with the call."""
    opening: list[tuple[int, bool, Kind]] = field(default_factory=list)
    """Where the arguments go to, and whether in a block."""
