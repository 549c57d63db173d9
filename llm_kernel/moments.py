"""The steps of a notebook: kept after each cell, and the way back to any of them.

History only grows: going back is a step too, so it can be taken back itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from llm_kernel.errors import CellError, StateError, StoreError
from llm_kernel.store import Line, Moment, Step, Store

__all__ = ["COUNTED", "Moments", "Target"]

COUNTED = frozenset(["cell", "load", "undo", "redo", "restore", "fresh"])
"""What ``%undo`` counts as a step; a cell of %-words alone is none."""

_DIGITS = 9
"""The most digits of a step's number."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go back to, and what is said of it: ``undone`` are the labels of the steps that are taken back.

    ``branch`` is the one that is followed from there on; None: the one that was followed at that moment.
    """

    step: Step
    undone: tuple[str, ...] = ()
    branch: str | None = None


class Moments:
    """The line of this kernel in ``store``; ``trouble`` is what a person must be told of it, once.

    ``newest`` is what this kernel kept last.
    """

    def __init__(self, store: Store, line: Line, *, fleeting: str = "") -> None:
        self.store = store
        self.fleeting = fleeting
        self.line = line
        self.branch = ""
        self.trouble = ""
        self.newest: Moment | None = None
        self._earlier = store.steps(line.predecessor) if line.predecessor and (line.cut or line.shared) else []

    @property
    def steps(self) -> list[Step]:
        """Every step that is kept, oldest first, those of the kernels before that this one went on from too."""
        own = self.line.steps
        return own if own and own[0].number > 1 else [*self._earlier, *own]  # else some between them are gone

    @property
    def newest_number(self) -> int:
        """The number of the newest step; a step keeps its number when older ones are dropped."""
        before = self._earlier[0].number - 1 + len(self._earlier) if self._earlier else 0
        return before + (self.line.steps[-1].number if self.line.steps else 0)

    @property
    def numbered(self) -> dict[int, Step]:
        """The steps by their numbers, oldest first."""
        steps = self.steps
        return dict(enumerate(steps, self.newest_number - len(steps) + 1))

    @property
    def last(self) -> Step | None:
        """The step that the machine is at."""
        steps = self.steps
        return steps[-1] if steps else None

    def add(self, kind: str, label: str, moment: Moment, *, forced: bool = True) -> None:
        """Keep ``moment``; where it cannot be kept, ``trouble`` says so and the machine goes on."""
        try:
            step = self.line.add(kind, label, moment, forced=forced)
            self.newest = moment
            if self.branch:
                self.store.save(self.branch, step, kind="branch")
        except (StoreError, StateError) as error:
            self.trouble = f"this cell was not saved: {error}"

    def begin(self, steps: list[Step]) -> None:
        """Go on from ``steps``, which another kernel made."""
        self._earlier = steps

    # -- where to go --------------------------------------------------------------------------------------------

    def undo(self, count: int) -> Target:
        """The moment before the ``count`` newest steps.

        Raises:
            CellError: where there are not so many.
        """
        steps, undone = self.steps, []
        for at in range(len(steps) - 1, 0, -1):
            if steps[at].kind in COUNTED:
                undone.append(steps[at].label)
                if len(undone) == count:
                    return Target(steps[at - 1], tuple(undone))
        if not undone:
            raise CellError("no cell is kept yet, so there is nothing to go back to or to compare with.")
        many = "is only 1 step" if len(undone) == 1 else f"are only {len(undone)} steps"
        gone = " Older steps are no longer kept." if steps and steps[0].number > 1 else ""
        raise CellError(f"%undo {count}: there {many} to take back.{gone}")

    def redo(self) -> Target:
        """The moment before the last ``%undo``.

        Raises:
            CellError: where something else came after it.
        """
        steps = self.steps
        for at in range(len(steps) - 1, 0, -1):
            if steps[at].kind == "undo":
                return Target(steps[at - 1], (steps[at].label,))
            if steps[at].kind in COUNTED:
                break
        raise CellError("%redo: the last step was no %undo, so there is nothing to bring back.")

    def restore(self) -> Target:
        """The last moment of the kernel before this one.

        Raises:
            CellError: where no kernel of this notebook left one.
        """
        step = self.line.predecessor
        if step is None:
            raise CellError(
                "%restore: no earlier kernel of this notebook is known. Jupyter names the notebook by "
                "JPY_SESSION_NAME; elsewhere set LLM_KERNEL_SESSION."
            )
        return Target(step)

    def named(self, name: str) -> Target:
        """The step that ``name`` means: a save, a branch, or the number of a step in ``%history``.

        Raises:
            CellError: where nothing has that name.
        """
        if name.isdecimal():
            numbered = self.numbered
            step = numbered.get(int(name[:_DIGITS]))
            if step is None:
                raise CellError(
                    f"there is no step {name[:_DIGITS]}; %history lists {min(numbered)} to {max(numbered)}."
                )
            return Target(step, branch="")
        try:
            found = self.store.find(name)
            branch = self._is_branch(name)
        except StateError as error:
            raise CellError(f"{error} %history lists the steps.") from error
        return Target(found, branch=name if branch else "")

    # -- names --------------------------------------------------------------------------------------------------

    def follow(self, branch: str, step: Step) -> None:
        """From ``step`` on, follow the ``branch`` that was followed there, unless its name went elsewhere since."""
        ours = {one.key for one in (*self.steps, step)}
        self.branch = ""
        with suppress(StateError):
            if self._is_branch(branch) and self.store.find(branch).key in ours:
                self.branch = branch

    def _is_branch(self, name: str) -> bool:
        return any(saved.name == name and saved.kind == "branch" for saved in self.store.names())

    def check(self, name: str) -> None:
        """Look whether a moment can have this name.

        Raises:
            CellError: where it is none.
        """
        try:
            self.store.check(name)
        except StateError as error:
            raise CellError(str(error)) from error

    def save(self, name: str, *, kind: str = "save") -> Step:
        """Give the present moment a name.

        Raises:
            CellError: where nothing is kept yet, this moment could not be, or the name is none.
        """
        if self.last is None or self.trouble:
            trouble, self.trouble = self.trouble, ""
            raise CellError(f"nothing could be saved as {name!r}: {trouble or 'no cell has run yet.'}")
        try:
            self.store.save(name, self.last, kind=kind)
        except (StateError, StoreError) as error:
            raise CellError(str(error)) from error
        if kind == "save" and name == self.branch:
            self.branch = ""  # a save stays where it is, a branch follows the cells
        return self.last

    def end(self, *, restart: bool) -> None:
        """The kernel leaves in order; ``restart``: the user asked for a new one."""
        try:
            with suppress(StoreError):  # what could not be kept was told after each cell
                self.line.end(restart=restart)
        finally:
            self.store.close()
