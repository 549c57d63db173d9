"""Calls that are under way, and where in the source each of them was when an error passed through it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeAlias

from .guards import Reach
from .world import Doubt

__all__ = ["DEEPEST", "Frame", "Module", "Trace"]

Gate: TypeAlias = "Callable[[BaseException], None]"

DEEPEST = 1000
"""Calls within calls that Python allows."""


class Module:
    """What is the same for all code of one file: its names, and what errors and steps are counted in."""

    __slots__ = ("file", "later", "names", "run", "stars")

    def __init__(self, file: str, names: dict[str, Any], run: Trace, *, later: bool) -> None:
        self.file, self.names, self.run, self.later = file, names, run, later
        self.stars = False


class Frame:
    """One call of a function, one class body or one module: its names, and what it is about to do (``node``)."""

    __slots__ = ("cell", "first", "function", "module", "node", "up", "vars")

    def __init__(self, module: Module, function: str, up: Frame | None, names: Any, cell: list[Any] | None) -> None:
        self.module, self.function, self.up, self.vars, self.cell = module, function, up, names, cell
        self.node: Any = None
        self.first: Any = None


class Trace:
    """The way of every error, and the work that was done; ``steps`` bounds it.

    ``gate`` gives an error that the program is about to look at the words of its Python, ``shown`` a text the machine's
    places in memory.
    """

    def __init__(
        self, steps: int, version: tuple[int, ...], reach: Reach, gate: Gate, shown: Callable[[str], str]
    ) -> None:
        self.left = steps
        self.shown = shown
        self.reach, self._gate = reach, gate
        self.version, self.new = version, version >= (3, 10)
        self.limit = DEEPEST
        self.stack: list[Frame] = []
        self._ways: dict[int, tuple[BaseException, list[tuple[Frame, ast.AST]], list[Frame | None]]] = {}
        self.said: list[BaseException] = []
        self.routines: Any = None
        self.doubted: BaseException | None = None

    def step(self) -> None:
        """Count a turn of a loop or a call."""
        self.left -= 1
        if self.left < 0:
            raise Doubt("time")

    def came(self, value: Any) -> Any:
        """A value that an operator or a call gave, as the program may have it."""
        if type(value) is str:
            return self.shown(value)
        if type(value) is set or type(value) is frozenset:
            self.reach.hashes.check(value)
        return value

    def sure(self) -> None:
        """Raise what was doubted, though something caught it."""
        if self.doubted is not None:
            raise self.doubted

    def doubt(self, error: BaseException) -> None:
        """What happened is not known here, whoever of the library may catch it."""
        self.doubted = error

    def note(self, error: BaseException, frame: Frame) -> None:
        """An error came up in a frame, or out of a call that it made."""
        if isinstance(error, Doubt):
            self.doubt(error)
        _, way, last = self._ways.setdefault(id(error), (error, [], [None]))
        if last[0] is not frame:
            way.insert(0, (frame, frame.node))
            last[0] = frame
            if len(way) > 3 * DEEPEST:
                raise Doubt("a long way of an error")

    def again(self, error: BaseException) -> None:
        """An error is raised by name: its way begins once more at this place."""
        if id(error) in self._ways:
            self._ways[id(error)][2][0] = None

    def caught(self, error: BaseException) -> None:
        """The program has a name for an error."""
        self._gate(error)

    def restored(self, error: BaseException, way: list[tuple[Frame, ast.AST]], last: Frame | None) -> None:
        """What an error passed on the way out of a context manager does not show."""
        self._ways[id(error)] = (error, way, [last])

    def way(self, error: BaseException) -> list[tuple[Frame, ast.AST]]:
        """Where an error came through, outermost first."""
        return self._ways.get(id(error), (error, [], [None]))[1]
