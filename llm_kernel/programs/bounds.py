"""Figures of a training run within what such a run gives: a figure far off is replaced, and that is counted.

What is usual comes from ``plan/curves``. A small model forgets to go on, leaps to the end of its curve, or contradicts
what it said a line before.
"""

from __future__ import annotations

from collections.abc import Sequence

from llm_kernel.plan import Plan
from llm_kernel.plan.curves import Course, course
from llm_kernel.plan.curves.figures import Figures
from llm_kernel.plan.curves.meanings import definitions
from llm_kernel.plan.curves.memory import Memory
from llm_kernel.plan.curves.places import Places

__all__ = ["Bounds", "bounds"]


class Bounds:
    """The rows of one run; ``course`` is the way that its figures go."""

    def __init__(self, plan: Plan, source: str, course: Course, memory: Memory | None = None) -> None:
        places = Places(plan.nodes, definitions(source), course.recipe.updates)
        self.course = course
        self.scale = places.scale
        self._figures = Figures(places.all(), course, places.turns * places.scale, memory)

    @property
    def replaced(self) -> int:
        """How many figures came from the table and from relations instead of the model."""
        return sum(self._figures.replaced.values())

    @property
    def kinds(self) -> dict[str, int]:
        """The same by what they show: losses, accuracies, rates and so on."""
        return dict(self._figures.replaced)

    def held(self, text: str, elapsed: float | None = None) -> str:
        """``text``, one row without its end, with its figures within bounds; ``elapsed``: the run's seconds so far."""
        return self._figures.held(text, elapsed)

    def clocked(self, text: str, elapsed: float, turn: float = 0.0) -> str | None:
        """``text`` with its times since the run began ``elapsed`` seconds ago; None where it tells none.

        ``turn``: the seconds of the turn that ends with it.
        """
        return self._figures.clocked(text, elapsed, turn)


def bounds(
    plan: Plan, source: str, argv: Sequence[str] = (), seed: str = "", memory: Memory | None = None
) -> Bounds | None:
    """The bounds of a run that takes so much ``memory``; None where the script trains nothing."""
    found = course(source, argv, seed)
    return None if found is None else Bounds(plan, source, found, memory)
