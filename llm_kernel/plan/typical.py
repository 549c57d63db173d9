"""What a training run usually gives, read off its script, as a hint for whoever imagines the numbers.

The known pairs of data and model, the causes and the curves are in ``curves``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.plan.curves import Course, course

__all__ = ["Typical", "typical"]


@dataclass(frozen=True, slots=True)
class Typical:
    """One run by its ``course``: the training loss and the test accuracy after an epoch."""

    course: Course

    def sentence(self, epochs: int, first: int = 1) -> str:
        """The hint for a run of ``epochs`` epochs from ``first`` on: a few points on its way."""
        return self.course.sentence(epochs, first)

    def loss(self, epoch: float) -> float:
        """The training loss after ``epoch`` epochs."""
        return self.course.loss("train", epoch)

    def accuracy(self, epoch: float) -> float:
        """The accuracy on the test data, in percent, after ``epoch`` epochs."""
        return self.course.accuracy("test", epoch)


def typical(source: str, argv: Sequence[str] = (), seed: str = "") -> Typical | None:
    """What a run on a well-known data set gives, or one that its script turns aside; None for any other."""
    found = course(source, argv, seed)
    known = found is not None and (found.recipe.pair.data or found.regime.kind != "normal")
    return Typical(found) if found is not None and known else None
