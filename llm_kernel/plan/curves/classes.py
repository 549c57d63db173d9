"""What else is said of how well classes are told apart, as it follows from the accuracy; all of it in percent."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["area", "of_five"]

_NORMAL = NormalDist()


def of_five(share: float, classes: int) -> float:
    """The accuracy of the five likeliest classes, from that of the likeliest."""
    if classes <= 5:
        return 100.0
    start, error = 100 - 100 / classes, 100 - share
    untaught = (1 - 5 / classes) / (1 - 1 / classes)
    return 100 - error * untaught * math.pow(min(error / start, 1.0), 0.9 + 7 / classes)


def area(share: float, classes: int) -> float:
    """The area under the curve of two classes, or the mean of several, whose scores spread as this accuracy says."""
    lacks = (100 - share) / (100 - 100 / max(classes, 2)) / 2
    return 100 * _NORMAL.cdf(math.sqrt(2) * _NORMAL.inv_cdf(min(max(1 - lacks, 1e-6), 1 - 1e-6)))
