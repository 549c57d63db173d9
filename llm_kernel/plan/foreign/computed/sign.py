"""A number of which only the sign is known."""

from __future__ import annotations

from typing import Any, NoReturn

from llm_kernel.plan.foreign.computed.doubt import Unsure

__all__ = ["Sign"]


def _doubtful(*values: Any) -> NoReturn:
    raise Unsure("a number of which only the sign is known")


class Sign(int):
    """What a comparison of texts gives: it can be compared with zero, and nothing else is known of it."""

    __slots__ = ()
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __and__ = __rand__ = __or__ = __ror__ = _doubtful
    __xor__ = __rxor__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __mod__ = __rmod__ = _doubtful
    __floordiv__ = __rfloordiv__ = __invert__ = __abs__ = __float__ = __hash__ = __index__ = _doubtful

    def __neg__(self) -> Sign:
        return Sign(1) if self < 0 else Sign(-1)

    def __eq__(self, other: object) -> bool:
        return bool(int.__eq__(self, self._zero(other)))

    def __ne__(self, other: object) -> bool:
        return bool(int.__ne__(self, self._zero(other)))

    def __lt__(self, other: object) -> bool:
        return bool(int.__lt__(self, self._zero(other)))

    def __le__(self, other: object) -> bool:
        return bool(int.__le__(self, self._zero(other)))

    def __gt__(self, other: object) -> bool:
        return bool(int.__gt__(self, self._zero(other)))

    def __ge__(self, other: object) -> bool:
        return bool(int.__ge__(self, self._zero(other)))

    @staticmethod
    def _zero(other: object) -> int:
        if type(other) is int and other == 0:
            return other
        _doubtful()
