"""Numbers of ``bc``: a whole number and how many of its digits stand behind the point; never rounded, only cut."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from math import isqrt

__all__ = ["Decimals", "TooLargeError"]

_MOST = 50_000
_DIGITS = "0123456789ABCDEF"


class TooLargeError(ArithmeticError):
    """A number with more digits than may be."""


@dataclass(frozen=True, slots=True)
class Decimals:
    """``value`` / 10 ** ``scale``."""

    value: int
    scale: int = 0

    def cut(self, scale: int) -> Decimals:
        """The same number with ``scale`` digits behind the point."""
        if scale >= self.scale:
            return Decimals(self.value * 10 ** (scale - self.scale), scale)
        return Decimals(_quotient(self.value, 10 ** (self.scale - scale)), scale)

    def plus(self, other: Decimals, sign: int = 1) -> Decimals:
        """The sum, or the difference."""
        scale = max(self.scale, other.scale)
        return Decimals(self.cut(scale).value + sign * other.cut(scale).value, scale)

    def times(self, other: Decimals, scale: int) -> Decimals:
        """The product, with at most as many digits as the longer one and ``scale``."""
        if self.value.bit_length() + other.value.bit_length() > _MOST * 4:
            raise TooLargeError
        whole = Decimals(self.value * other.value, self.scale + other.scale)
        return whole.cut(min(whole.scale, max(scale, self.scale, other.scale)))

    def over(self, other: Decimals, scale: int) -> Decimals:
        """The quotient with ``scale`` digits."""
        shift = scale + other.scale - self.scale
        top = self.value * 10 ** max(shift, 0)
        return Decimals(_quotient(top, other.value * 10 ** max(-shift, 0)), scale)

    def rest(self, other: Decimals, scale: int) -> Decimals:
        """What is left of the division with ``scale`` digits."""
        quotient = self.over(other, scale)
        return self.plus(Decimals(quotient.value * other.value, quotient.scale + other.scale), -1).cut(
            max(scale + other.scale, self.scale)
        )

    def power(self, exponent: int, scale: int) -> Decimals:
        """This to a whole power."""
        if self.value.bit_length() * abs(exponent) > _MOST * 4:
            raise TooLargeError
        if exponent < 0:
            whole = Decimals(self.value**-exponent, self.scale * -exponent)
            return Decimals(1).over(whole, scale)
        whole = Decimals(self.value**exponent, self.scale * exponent)
        return whole.cut(min(whole.scale, max(scale, self.scale)))

    def root(self, scale: int) -> Decimals:
        """The square root."""
        scale = max(scale, self.scale)
        return Decimals(isqrt(self.cut(2 * scale).value), scale)

    def decimal(self) -> Decimal:
        """The number for what is not a fraction, to be worked out with many digits."""
        with localcontext() as context:
            context.prec = max(self.length, 1)
            return Decimal(self.value).scaleb(-self.scale)

    @property
    def length(self) -> int:
        """How many digits the number has."""
        return len(_written(abs(self.value)))

    def text(self, base: int = 10) -> str:
        """The digits as ``bc`` prints them."""
        if not self.value:
            return "0"
        sign, number = ("-" if self.value < 0 else ""), abs(self.value)
        whole, part = divmod(number, 10**self.scale)
        if base == 10:
            tail = "." + _written(part).rjust(self.scale, "0") if self.scale else ""
            return sign + (_written(whole) if whole else "") + tail
        return sign + _based(whole, part, self.scale, base)


def _written(number: int) -> str:
    """The digits of a number of any length; ``str`` refuses a very long one."""
    return f"{Decimal(number):f}"


def _quotient(top: int, bottom: int) -> int:
    found = abs(top) // abs(bottom)
    return found if (top < 0) == (bottom < 0) else -found


def _based(whole: int, part: int, scale: int, base: int) -> str:
    digits: list[int] = []
    while whole:
        whole, digit = divmod(whole, base)
        digits.insert(0, digit)
    behind: list[int] = []
    reached, one = 1, 10**scale
    while scale and reached < one:
        digit, part = divmod(part * base, one)
        behind.append(digit)
        reached *= base
    if base <= 16:
        text = "".join(_DIGITS[digit] for digit in digits)
        return (text or ("0" if not behind else "")) + (
            "." + "".join(_DIGITS[digit] for digit in behind) if behind else ""
        )
    room = len(str(base - 1))
    text = "".join(f" {digit:0{room}d}" for digit in digits)
    return text + ("." + " ".join(f"{digit:0{room}d}" for digit in behind) if behind else "")
