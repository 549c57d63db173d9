"""What training on a well-known data set usually gives, as a hint for whoever imagines the numbers.

Loss and accuracy (percent) of a plain network after one epoch, ten and a hundred. Rounded from what is
commonly published with tutorials for these data sets; the order of magnitude is meant, not a record.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = ["Typical", "typical"]


@dataclass(frozen=True, slots=True)
class Typical:
    """(loss, accuracy in percent) after one epoch, ten, and a hundred; ``classes`` sets the untrained loss."""

    name: str
    pattern: str
    classes: int
    first: tuple[float, float]
    tenth: tuple[float, float]
    last: tuple[float, float]

    def sentence(self, epochs: int, first: int = 1) -> str:
        """The hint for a run of ``epochs`` epochs from ``first`` on: a few points on its way."""
        ways = {1, 2, max(1, epochs // 4), max(1, epochs // 2), epochs} - ({2} if epochs > 40 else set())
        steps = sorted(first - 1 + step for step in ways)
        points = [f"epoch {step} loss {self.loss(step):.3f} accuracy {self.accuracy(step):.1f}%" for step in steps]
        return f"{self.name} usually, a little different each time: {', '.join(points)}"

    def loss(self, epoch: int) -> float:
        """The usual loss after ``epoch`` epochs."""
        return _between(epoch, self.first[0], self.tenth[0], self.last[0])

    def accuracy(self, epoch: int) -> float:
        """The usual accuracy, in percent, after ``epoch`` epochs."""
        return 100 - _between(epoch, 100 - self.first[1], 100 - self.tenth[1], 100 - self.last[1])


def _between(epoch: int, first: float, tenth: float, last: float) -> float:
    """A power law through epoch 1, 10 and 100, as learning curves have it."""
    low, high, share = (first, tenth, math.log10(epoch)) if epoch <= 10 else (tenth, last, math.log10(epoch) - 1)
    return float(low * (high / low) ** min(share, 1.0))


_TABLE = (
    Typical("Fashion-MNIST", r"fashion_?mnist", 10, (0.55, 82.5), (0.24, 89.2), (0.08, 90.6)),
    Typical("MNIST", r"mnist", 10, (0.34, 94.3), (0.026, 97.8), (0.004, 98.3)),
    Typical("CIFAR-100", r"cifar_?100", 100, (3.87, 14.2), (2.31, 39.5), (0.9, 44.8)),
    Typical("CIFAR-10", r"cifar", 10, (1.52, 54.6), (0.64, 72.9), (0.06, 75.4)),
    Typical("SVHN", r"svhn", 10, (1.14, 78.4), (0.29, 90.1), (0.07, 91.7)),
    Typical("IMDB", r"imdb", 2, (0.58, 73.1), (0.24, 86.4), (0.03, 86.9)),
)


def typical(source: str) -> Typical | None:
    """The data set that ``source`` trains on, if it is a well-known one."""
    text = source.lower()
    return next((row for row in _TABLE if re.search(rf"\b{row.pattern}", text)), None)
