"""How far two figures of a run lie apart: losses by their ratio, accuracies by what they lack."""

from __future__ import annotations

import math

__all__ = ["alike", "apart", "far", "off"]


def far(value: float, other: float, base: str) -> float:
    """How far two figures lie apart: the logarithm of the losses' ratio, or of what the accuracies lack."""
    if base == "accuracy":
        value, other = max(100 - value, 0.0) + 0.08, max(100 - other, 0.0) + 0.08
    return math.log(max(value, 1e-9) / max(other, 1e-9))


def apart(value: float, other: float, base: str) -> float:
    """The same without its sign; of accuracies also what they have, where that lies farther apart."""
    have = abs(math.log((max(value, 0.0) + 0.08) / (max(other, 0.0) + 0.08))) if base == "accuracy" else 0.0
    return max(abs(far(value, other, base)), have)


def off(value: float, away: float, base: str) -> float:
    if base == "accuracy":
        return min(max(100 - (max(100 - value, 0.0) + 0.08) * math.exp(away) + 0.08, 0.0), 100.0)
    return value * math.exp(away)


def alike(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    if math.isinf(one) or math.isinf(other):
        return one == other
    return 0.2 * abs(other) <= abs(one) <= 5 * abs(other)
