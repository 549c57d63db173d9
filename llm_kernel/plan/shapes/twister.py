"""The stream of torch's random numbers on the processor: a Mersenne twister, so that a seed fixes what is drawn.

The state is kept with the second of a pair of normal numbers, which the next small draw gives away.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

__all__ = ["State", "Twister", "seeded"]

State: TypeAlias = tuple[Any, "float | None"]
Array: TypeAlias = Any
"""An array of numpy's, which is imported when the first is made."""
_WIDE = 1 << 28
"""A range of whole numbers from which on releases differ in how many bits they take."""


def seeded(value: int) -> State:
    """The state that a seed gives."""
    import numpy

    return numpy.random.RandomState(value & 0xFFFFFFFF).get_state(), None


class Twister:
    """A stream that goes on from a state."""

    SMALL = 16
    """Fewer normal numbers than this are drawn one by one."""

    def __init__(self, state: State) -> None:
        import numpy

        self._np = numpy
        self._source = numpy.random.RandomState()
        self._source.set_state(state[0])
        self._second = state[1]

    @property
    def state(self) -> State:
        """From where it would go on."""
        return self._source.get_state(), self._second

    def _words(self, count: int) -> Array:
        return self._source.randint(0, 2**32, size=count, dtype=self._np.uint32)

    def uniform(self, count: int, low: float = 0.0, high: float = 1.0) -> Array:
        """Single numbers of 24 bits each."""
        np = self._np
        single = (self._words(count) & np.uint32((1 << 24) - 1)).astype(np.float32) * np.float32(2.0**-24)
        if (low, high) == (0.0, 1.0):
            return np.asarray(single)
        return np.asarray(single * (np.float32(high) - np.float32(low)) + np.float32(low))

    def whole(self, count: int, low: int, high: int) -> Array | None:
        """Whole numbers from ``low`` up to, not including, ``high``; None where that is not known."""
        span = high - low
        if not 0 < span < _WIDE:
            return None
        return self._words(count).astype(self._np.int64) % span + low

    def permutation(self, count: int) -> Array:
        """The numbers below ``count`` in another order."""
        order = self._np.arange(count)
        for n, word in enumerate(self._words(max(count - 1, 0)).tolist()):
            other = n + word % (count - n)
            order[n], order[other] = order[other], order[n]
        return order

    def normal(self, count: int, mean: float = 0.0, spread: float = 1.0) -> Array:
        """Single normal numbers: few come in pairs one after the other, many eight apart."""
        np = self._np
        if count < self.SMALL:
            return np.asarray([self.normal_double() * spread + mean for _ in range(count)], dtype=np.float32)
        out = self.uniform(count)
        for start in range(0, count - 15, 16):
            out[start : start + 16] = self._sixteen(out[start : start + 16])
        if count % 16:
            out[count - 16 :] = self._sixteen(self.uniform(16))
        return out if (mean, spread) == (0.0, 1.0) else np.asarray(out * np.float32(spread) + np.float32(mean))

    def _sixteen(self, values: Array) -> Array:
        np = self._np
        radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - values[:8]))
        angle = np.float32(2 * math.pi) * values[8:]
        return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])

    def double(self) -> float:
        """A number of 53 bits."""
        high, low = self._words(2).tolist()
        return float(((high << 32 | low) & ((1 << 53) - 1)) * 2.0**-53)

    def normal_double(self) -> float:
        """One normal number of double precision."""
        if self._second is not None:
            found, self._second = self._second, None
            return found
        angle, share = 2 * math.pi * self.double(), self.double()
        radius = math.sqrt(-2 * math.log1p(-share))
        self._second = radius * math.sin(angle)
        return radius * math.cos(angle)
