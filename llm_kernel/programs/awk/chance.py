"""``rand``: the C library's additive generator, whose numbers hang on the seed alone."""

from __future__ import annotations

__all__ = ["Chance", "Early"]

_SIZE, _BACK, _WARM = 31, 3, 310
_MOST = 0x7FFFFFFF
_FACTOR = 16807


class Chance:
    """Numbers from 0 to 1 in the order that a seed gives."""

    def __init__(self, seed: int) -> None:
        seed &= 0xFFFFFFFF
        word = (seed if seed < 1 << 31 else seed - (1 << 32)) or 1
        words = []
        for _ in range(_SIZE):
            words.append(word & 0xFFFFFFFF)
            quotient = abs(word) // 127773 * (1 if word > 0 else -1)
            word = _FACTOR * (word - quotient * 127773) - 2836 * quotient
            word += _MOST if word < 0 else 0
        self._words, self._at = words, _BACK
        for _ in range(_WARM):
            self._word()

    def _word(self) -> int:
        at = self._at
        word = (self._words[at] + self._words[(at - _BACK) % _SIZE]) & 0xFFFFFFFF
        self._words[at] = word
        self._at = (at + 1) % _SIZE
        return word

    def next(self) -> float:
        """The next number."""
        return (self._word() >> 1) / _MOST


class Early:
    """The same of old versions: each number is made of the one before."""

    def __init__(self, seed: int) -> None:
        self._seed = min((seed & _MOST) % _MOST + 1, _MOST - 1)
        self.next()  # close seeds do not begin close

    def next(self) -> float:
        """The next number."""
        self._seed = self._seed * _FACTOR % _MOST
        return self._seed / _MOST
