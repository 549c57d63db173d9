"""What a program can print, as a tree: lines, loops, choices. Frozen; made by the walker, read by the uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from llm_kernel.plan.counted import Form
from llm_kernel.plan.faults import Fault
from llm_kernel.plan.fetching import Fetch
from llm_kernel.plan.saves import Saved
from llm_kernel.plan.weight import Load

LINES = "lines"
"""The format of a hole that may hold several lines."""
HoleKind: TypeAlias = OneOf["int", "float", "str", "any", "shape", "time"]
Stream: TypeAlias = OneOf["stdout", "stderr"]
Target: TypeAlias = OneOf["break", "continue", "return", "raise", "exit"]


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that the source fixes."""

    text: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A value that only a run can know: its kind, its format specification and the expression's source text.

    ``form`` says how it hangs on the counter of a loop one turn of which stands for all.
    """

    kind: HoleKind
    format: str = ""
    expr: str = ""
    among: tuple[str, ...] = ()
    form: Form | None = None


Part: TypeAlias = Literal | Hole


@dataclass(frozen=True, slots=True)
class Line:
    """One print: its parts and what ends it (a newline, unless the source says otherwise)."""

    parts: tuple[Part, ...]
    end: str = "\n"
    stream: Stream = "stdout"


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop of ``count`` turns (None: unknown).

    With ``turns`` each printing turn has its own nodes and its value of ``var`` in ``values``; without, ``body``
    repeats ``count`` times. ``most`` says that the program may leave earlier, ``times`` how the count hangs on the
    counter of a loop around it.
    """

    count: int | None
    var: str
    values: tuple[object, ...]
    body: tuple[Node, ...]
    turns: tuple[tuple[Node, ...], ...] = ()
    most: bool = False
    times: Form | None = None

    @property
    def usual(self) -> tuple[Node, ...]:
        """The nodes of a late turn; of a loop told to where nobody reads on, the last that is told."""
        if not self.turns:
            return self.body
        last = self.turns[-1]
        tail = len(self.turns) > 1 and len(last) == 1 and isinstance(last[0], Loop) and last[0].var == self.var
        return self.turns[-2] if tail else last


@dataclass(frozen=True, slots=True)
class Choice:
    """A condition that cannot be decided: exactly one of the branches is printed, an empty one prints nothing.

    Where ``test`` hangs on the counter of a loop, the first of two branches is the one in which it holds.
    """

    branches: tuple[tuple[Node, ...], ...]
    test: Form | None = None


@dataclass(frozen=True, slots=True)
class Free:
    """Any number of lines that nobody can foresee."""

    stream: Stream = "stdout"
    expr: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Control goes on elsewhere: after the loop, at its next turn, after the call, at the handler, or nowhere."""

    to: Target


@dataclass(frozen=True, slots=True)
class Scope:
    """The place that a ``Leave`` of this target inside ``body`` jumps to: ``then``, or just behind."""

    target: Target
    body: tuple[Node, ...]
    then: tuple[Node, ...] = ()


Node: TypeAlias = Line | Loop | Choice | Free | Leave | Scope


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a program can print, in order; ``fetched`` are the data sets that it downloads on its way.

    ``writes`` are the files it surely names as written, ``usual`` a sentence about the numbers that such a run gives,
    ``saves`` the checkpoints. ``fault`` is the exception that surely ends it, ``status`` its exit status where that is
    certain, ``left`` the files that it has surely written then; ``drawn`` names figures that nobody says and that were
    drawn as they usually are. ``load`` is what the network weighs that it calls.
    """

    nodes: tuple[Node, ...]
    fetched: tuple[Fetch, ...] = ()
    writes: tuple[str, ...] = ()
    usual: str = ""
    saves: tuple[Saved, ...] = ()
    fault: Fault | None = None
    status: int | None = None
    left: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    load: Load | None = None


def children(node: Node) -> tuple[tuple[Node, ...], ...]:
    """The node lists inside a node."""
    match node:
        case Loop():
            return node.turns or (node.body,)
        case Choice():
            return node.branches
        case Scope():
            return (node.body, node.then)
        case Line() | Free() | Leave():
            return ()


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Every node of the tree once, outer before inner, in order."""
    for node in nodes:
        yield node
        for inner in children(node):
            yield from walk(inner)


_INNER = frozenset({"break", "continue"})


def leaves(nodes: tuple[Node, ...], target: Target) -> bool:
    """Whether control can jump out of these nodes to that target."""
    for node in nodes:
        if type(node) is Line:  # most are: a long loop is told turn by turn
            continue
        if type(node) is Loop:
            if target not in _INNER and any(leaves(inner, target) for inner in node.turns or (node.body,)):
                return True
            continue
        match node:
            case Leave():
                if node.to == target:
                    return True
            case Scope() if node.target == target:
                if leaves(node.then, target):
                    return True
            case _:
                if any(leaves(inner, target) for inner in children(node)):
                    return True
    return False
