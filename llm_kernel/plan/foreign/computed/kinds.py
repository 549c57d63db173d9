"""The types of C on x86-64: sizes, ranges, and how a value of one becomes one of another."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from llm_kernel.plan.foreign.computed.doubt import Unsure

__all__ = [
    "BOOL", "CHAR", "DOUBLE", "INT", "LONG", "NULL", "UINT", "ULONG", "VOID", "Array", "Float", "Function", "Int",
    "Kind", "Pointer", "Struct", "Void", "align", "convert", "fields_at", "nothing", "promoted", "single", "size",
    "slots", "usual",
]  # fmt: skip

NULL = (None, 0)
"""The pointer to nothing."""


@dataclass(frozen=True, slots=True)
class Void:
    """No value."""


@dataclass(frozen=True, slots=True)
class Int:
    """An integer of ``bytes_``; ``truth``: it holds 0 or 1 only."""

    bytes_: int
    signed: bool = True
    truth: bool = False
    long: int = 0
    """1 or 2 for ``long`` and ``long long``, which are of one size and not of one type."""

    @property
    def low(self) -> int:
        """The least value."""
        return -(1 << (8 * self.bytes_ - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The greatest value."""
        return 1 if self.truth else (1 << (8 * self.bytes_ - self.signed)) - 1


@dataclass(frozen=True, slots=True)
class Float:
    """A number of ``bytes_`` in binary floating point."""

    bytes_: int = 8


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a value of another type is."""

    to: Kind


@dataclass(frozen=True, slots=True)
class Array:
    """Values of one type in a row; ``count`` is None where only a run can say it."""

    of: Kind
    count: int | None


@dataclass(eq=False, slots=True)
class Struct:
    """Named values in a row: each with its type and the slot that it begins at. Each definition is another type."""

    name: str
    fields: dict[str, tuple[Kind, int]] = field(default_factory=dict)
    known: bool = False

    def define(self, members: list[tuple[str, Kind]]) -> None:
        """Give the members of a type that was only named before."""
        at = 0
        for name, kind in members:
            self.fields[name] = (kind, at)
            at += slots(kind)
        self.known = True


@dataclass(frozen=True, slots=True)
class Function:
    """What is called: the types of its parameters and of its result."""

    result: Kind
    parameters: tuple[Kind, ...]
    more: bool = False


Kind: TypeAlias = "Void | Int | Float | Pointer | Array | Struct | Function"

VOID = Void()
BOOL = Int(1, signed=False, truth=True)
CHAR = Int(1)
INT, UINT = Int(4), Int(4, signed=False)
LONG, ULONG = Int(8, long=1), Int(8, signed=False, long=1)
DOUBLE = Float()


def slots(kind: Kind) -> int:
    """How many single values something of this type holds."""
    match kind:
        case Array(of, count) if count is not None:
            return slots(of) * count
        case Struct() if kind.known:
            return sum(slots(one) for one, _ in kind.fields.values())
        case Int() | Float() | Pointer():
            return 1
        case _:
            raise Unsure("a type without a size")


def align(kind: Kind) -> int:
    """What the address of something of this type is a multiple of."""
    match kind:
        case Int() | Float():
            return kind.bytes_
        case Array(of):
            return align(of)
        case Struct() if kind.fields:
            return max(align(one) for one, _ in kind.fields.values())
        case Pointer():
            return 8
        case _:
            raise Unsure("a type without a size")


def size(kind: Kind) -> int:
    """How many bytes something of this type takes."""
    match kind:
        case Int() | Float():
            return kind.bytes_
        case Pointer():
            return 8
        case Array(of, count) if count is not None:
            return size(of) * count
        case Struct() if kind.known:
            at, most = 0, align(kind)
            for one, _ in kind.fields.values():
                at += -at % align(one) + size(one)
            return at + -at % most
        case _:
            raise Unsure("a type without a size")


def single(kind: Kind) -> bool:
    """Whether a value of this type is one of a slot."""
    return isinstance(kind, Int | Float | Pointer)


def nothing(kind: Kind) -> list[Any]:
    """The slots of a value that was set to zero."""
    match kind:
        case Int():
            return [0]
        case Float():
            return [0.0]
        case Pointer():
            return [NULL]
        case Array(of, count) if count is not None:
            return nothing(of) * count
        case Struct() if kind.known:
            return [value for one, _ in kind.fields.values() for value in nothing(one)]
        case _:
            raise Unsure("a type without a size")


def fields_at(kind: Kind, at: int, wanted: Kind) -> bool:
    """Whether a value of type ``wanted`` begins at slot ``at`` of one of type ``kind``."""
    while not (at == 0 and kind == wanted):
        match kind:
            case Array(of, count) if count is None or at < slots(kind):
                kind, at = of, at % slots(of)
            case Struct() if kind.known:
                inside = [(one, start) for one, start in kind.fields.values() if start <= at < start + slots(one)]
                if not inside:
                    return False
                kind, at = inside[0][0], at - inside[0][1]
            case _:
                return False
    return True


def promoted(kind: Kind) -> Kind:
    """The type that a small integer has in an expression."""
    return INT if isinstance(kind, Int) and kind.bytes_ < 4 else kind


def usual(left: Kind, right: Kind) -> Kind:
    """The type that two numbers get before they are combined."""
    if isinstance(left, Float) or isinstance(right, Float):
        return Float(max(one.bytes_ for one in (left, right) if isinstance(one, Float)))
    left, right = promoted(left), promoted(right)
    if not isinstance(left, Int) or not isinstance(right, Int):
        raise Unsure("no numbers")
    if left.bytes_ != right.bytes_:
        return left if left.bytes_ > right.bytes_ else right
    if left.long != right.long:
        longer = max(left, right, key=lambda one: one.long)
        return Int(8, signed=left.signed and right.signed, long=longer.long)
    return left if not left.signed else right


def _short(value: float) -> float:
    try:
        made: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        raise Unsure("a float that is too great") from None
    return made


def convert(old: Kind, new: Kind) -> Callable[[Any], Any] | None:
    """What turns a value of one type into one of another; None where nothing changes."""
    match old, new:
        case _, Void():
            return lambda value: None
        case Int(), Int(truth=True):
            return lambda value: int(value != 0)
        case Int(), Int():
            return None if new.low <= old.low and old.high <= new.high else _wrapped(new)
        case Int(), Float():
            return float if new.bytes_ == 8 else lambda value: _short(float(value)) if abs(value) < 2**53 else _doubt()
        case Float(), Float():
            return None if new.bytes_ >= old.bytes_ else _short
        case Float(), Int(truth=True):
            return lambda value: int(value != 0)
        case Float(), Int():
            return _cut(new)
        case Pointer(), Int(truth=True):
            return lambda value: int(value[0] is not None)
        case Int(), Pointer():
            return lambda value: NULL if value == 0 else _doubt()
        case Pointer(), Pointer():
            return None if old == new else _seen_as(new)
        case _ if old == new:
            return None
        case _:
            raise Unsure("a conversion")


def _doubt() -> Any:
    raise Unsure("a value that its new type does not hold")


def _wrapped(new: Int) -> Callable[[Any], Any]:
    low, high, whole = new.low, new.high, 1 << (8 * new.bytes_)

    def wrap(value: int) -> int:
        return value if low <= value <= high else (value - low) % whole + low

    return wrap


def _cut(new: Int) -> Callable[[Any], Any]:
    low, high = new.low, new.high

    def cut(value: float) -> int:
        if value != value or not low - 1 < value < high + 1:
            raise Unsure("a number that is too great")
        return int(value)

    return cut


def _seen_as(new: Pointer) -> Callable[[Any], Any]:
    to = new.to

    def see(value: Any) -> Any:
        if value[0] is not None and not isinstance(to, Void):
            value[0].see(value[1], to)
        return value

    return see
