"""The random numbers of C's library, which are the same in every run that begins with the same number.

The generator adds the number that it gave 31 before to the one 3 before (D. Knuth, The Art of Computer Programming,
volume 2, 3.2.2; the man page of ``random`` names the size of its state).
"""

from __future__ import annotations

__all__ = ["Random"]

_FAR, _NEAR = 31, 3
_THROWN = 310


class Random:
    """Gives the numbers one by one."""

    def __init__(self) -> None:
        self.begin(1)

    def begin(self, seed: int) -> None:
        """Begin anew."""
        word = seed or 1
        word -= (word >> 31) << 32
        state = [word]
        for _ in range(_FAR - 1):
            word = word * 16807 % 2147483647 if word >= 0 else -(-word * 16807 % 2147483647) % 2147483647
            state.append(word)
        self._state = [one & 0xFFFFFFFF for one in (*state[_NEAR:], *state[:_NEAR])]
        for _ in range(_THROWN):
            self.next()

    def next(self) -> int:
        """The next number, of 31 bits."""
        value = (self._state[-_FAR] + self._state[-_NEAR]) & 0xFFFFFFFF
        self._state = [*self._state[1:], value]
        return value >> 1
