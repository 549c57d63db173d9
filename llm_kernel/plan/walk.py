"""The walk through a program as its parts see it: evaluate, call, execute, print; the walker implements it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NoReturn, Protocol, TypeAlias

from llm_kernel.plan.counted import Form
from llm_kernel.plan.faults import Frame
from llm_kernel.plan.fetching import Fetch
from llm_kernel.plan.nodes import Node, Stream
from llm_kernel.plan.saves import Record
from llm_kernel.plan.state import State
from llm_kernel.plan.values import Env, Function, Instance, Text, Thing, Unknown, Value

Flow: TypeAlias = str | None
"""How a statement ends: None (the next one follows), "break", "continue" or "return"."""


_SOME_TEXT = Unknown("str")
Build: TypeAlias = Callable[[list[tuple[Node, ...]]], Node]


class Raised(Exception):  # noqa: N818 - it is the program's exception, not a fault of ours
    """The program certainly raises here."""

    def __init__(self, name: str, value: Value = _SOME_TEXT, *, near: Sequence[Iterable[str]] = ()) -> None:
        super().__init__(name)
        self.name = name
        self.value = value
        self.near = tuple(tuple(word for word in names if word[:1] != "<") for names in near)
        """The names among which Python looks for the one that was meant, where a name is not known."""
        self.own = False
        """Whether the source raises it by name."""
        self.frames: dict[int, Frame] = {}
        """Where each function on the way was, by its depth."""
        self.inner: list[tuple[int, tuple[Frame, ...]]] = []
        """Calls inside a library, innermost first, each with how many frames of the source lie within it."""
        self.before: Raised | None = None
        """The exception that was being handled when this one was raised."""
        self.held: Value = None
        """The exception itself, where the source made it."""
        self.link = "during"
        """Whether it is shown: as what happened before, as the cause, or not at all."""


class Exited(Exception):  # noqa: N818
    """The program certainly ends here, with this status where it is known."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__(status)
        self.status = status


class Exhausted(Exception):  # noqa: N818
    """The walk took longer than it may."""


class TooLong(Exhausted):
    """What was tried would take more steps than there are; what lies inside it would not."""


class Walk(Protocol):
    """What expressions, calls, loops and the library need of the walker."""

    state: State
    argv: Sequence[str]
    facts: Mapping[str, object]
    globals: Env
    calls: int
    risks: int
    result: Value
    hooked: bool
    logging: dict[str, Value]
    memo: dict[object, list[int]]
    fetched: list[Fetch]
    saved: list[Record]
    wrote: dict[str, bool]
    doubt: int
    around: int
    long: int
    stored: set[str] | None
    drawn: set[str]
    optimizers: list[Thing]
    telling: bool
    room: int
    """Pieces of lines that loops may still be told in turn by turn."""

    def evaluate(self, node: ast.expr, env: Env) -> Value:
        """The value of an expression."""

    def call(self, function: Value, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        """The value of a call; what it prints is emitted."""

    def attribute(self, value: Value, name: str) -> Value:
        """``value.name``."""

    def execute(self, body: Sequence[ast.stmt], env: Env) -> Flow:
        """Walk through statements."""

    def emit(self, node: Node) -> None:
        """Add to what is printed."""

    def say(self, text: str | Text, *, end: str = "\n", stream: Stream = "stdout") -> None:
        """Print a text."""

    def fork(self, ways: Sequence[Callable[[], Flow]], build: Build | None = None, *, test: Form | None = None) -> Flow:
        """Walk several ways of which one will be taken, and join them; ``build`` makes the node they print.

        ``test`` says when the first of two is taken, where that hangs on a loop's counter.
        """

    def pending(self, *targets: str) -> AbstractContextManager[None]:
        """While this is open, what a way changed before it left for one of the targets is joined at the end."""

    def returns(self, value: Value) -> None:
        """The call that is being walked may return this."""

    def learn(self, tree: ast.Module, env: Env) -> None:
        """Note what can be called, bound and set in a module."""
        ...

    def binds(self, node: ast.AST) -> frozenset[str] | None:
        """The names bound in a module, a function or a statement; None where nobody can tell."""
        ...

    def spend(self, steps: int) -> None:
        """Count work that no expression or statement stands for."""

    @property
    def left(self) -> int:
        """The steps that this attempt may still take."""
        ...

    def give_up(self) -> NoReturn:
        """End the attempt: it cannot be walked turn by turn."""

    def record(self, way: Callable[[], Flow]) -> tuple[Flow, tuple[Node, ...]]:
        """Walk, and hold back what was printed."""

    def mark(self) -> int:
        """How much is printed so far."""

    def taken(self, mark: int) -> tuple[Node, ...]:
        """Take back what was printed since."""

    def attempt(self, way: Callable[[], Flow], node: ast.AST) -> tuple[bool, Flow]:
        """Walk with most of the steps that are left; not done: nothing has happened, and nobody tries this again."""

    def ask(self, instance: Instance, method: str) -> Value:
        """Call a special method of an object, or None when it has none."""

    def reads(self, node: ast.AST) -> frozenset[str]:
        """Every name and attribute that the code mentions."""

    def writes(self, node: ast.AST) -> frozenset[str]:
        """Every name and attribute that the code may change."""

    def definitions(self, name: str) -> Sequence[ast.AST]:
        """The functions of the source that have this name."""

    def touches(self, node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
        """What the code reads and writes, with the attributes and globals of the functions it calls."""

    def yields(self, node: ast.AST) -> bool:
        """Whether a function is a generator."""

    def source(self, node: ast.AST | None) -> str:
        """The source text of an expression."""

    def loud(self, node: ast.AST) -> bool:
        """Whether walking this code could print."""

    def run(self, function: Function, args: list[Value], named: dict[str, Value], cls: Value, this: Value) -> Value:
        """Walk a function of the source."""

    def loud_value(self, value: Value) -> bool:
        """Whether calling this value could print."""

    def module(self, name: str, within: Env | None = None) -> Value:
        """An imported module: the source's own, or a library's; ``within`` is where a relative name starts."""
