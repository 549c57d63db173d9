"""Tensors and arrays of which the shape is known, and sometimes every number."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, overload

from llm_kernel.plan.values import Unknown, Value
from llm_kernel.plan.walk import Raised

if TYPE_CHECKING:
    import numpy

__all__ = [
    "Cell",
    "DType",
    "Returned",
    "Rough",
    "Shape",
    "Size",
    "Tensor",
    "Vague",
    "edges",
    "exact",
    "fault",
    "given",
    "like",
    "tensor",
    "whole",
    "wholes",
]

Shape: TypeAlias = tuple[int, ...]

_INTEGERS = ("int64", "int32", "int16", "int8", "uint8")
_LARGEST = 1 << 48
_WIDTHS = {"float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2, "int16": 2, "int8": 1,
           "uint8": 1, "bool": 1}  # fmt: skip


class Vague(Exception):  # noqa: N818 - nobody did anything wrong
    """Too little is known to say what comes out."""


_BITS = 2.0**18
"""Numbers of eighteen bits are short: what was rounded to twenty-four is hardly ever one."""
_OFF = 2.0**-23
"""How far off numbers near one may be that were summed up in another order; numbers near none an eighth of that."""


def edges(numbers: Any) -> tuple[Any, Any]:
    """Between which numbers lie that may have been summed up in another order; none changes its sign."""
    apart = _OFF * (abs(numbers) + 0.125)
    low, high = numbers - apart, numbers + apart
    return low * (low * numbers > 0) + 0.0, high * (high * numbers > 0) + 0.0


class Rough(float):
    """A number whose last digits another way of summing up would change; what is computed from it is one, too."""

    __slots__ = ()
    DIGITS = 5
    """How many digits behind the point may be believed."""


def _rough(name: str) -> Any:
    plain = getattr(float, name)

    def compute(self: float, *others: Any) -> Any:
        found = plain(self, *others)
        return Rough(found) if type(found) is float else found

    return compute


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    for _side in ("", "r"):
        setattr(Rough, f"__{_side}{_name}__", _rough(f"__{_side}{_name}__"))
for _name in ("neg", "pos", "abs"):
    setattr(Rough, f"__{_name}__", _rough(f"__{_name}__"))


def exact(numbers: Any) -> bool:
    """Whether all are so short that whichever way they were computed gave them."""
    if numbers is None:
        return False
    import numpy

    short = numpy.frexp(numbers)[0] * _BITS
    return bool((short == short.round()).all() and numpy.isfinite(short).all())


class DType(str):
    """The type of a tensor's elements, as it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self) if self.startswith("torch.") else f"dtype({str(self)!r})"


class Returned(tuple[Value, ...]):
    """Several tensors that torch returns under names."""

    name: str
    fields: tuple[str, ...]

    @classmethod
    def of(cls, name: str, fields: tuple[str, ...], values: Iterable[Value]) -> Returned:
        """These values under these names."""
        made = cls(values)
        made.name, made.fields = name, fields
        return made


class Size(tuple[int, ...]):
    """What torch shows as ``torch.Size([...])``; a tuple in everything else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    __str__ = __repr__

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> Size: ...
    def __getitem__(self, key: SupportsIndex | slice, /) -> int | Size:
        return Size(tuple.__getitem__(self, key)) if isinstance(key, slice) else tuple.__getitem__(self, key)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What of a tensor may change while it stays the same tensor: its numbers (``array``), and ``grad``."""

    held: dict[str, Any]

    @property
    def fresh(self) -> bool:
        """Whether nobody else has written into the memory that it shares with others."""
        family = self.held.get("family")
        return family is None or family.get("writes", 0) == self.held.get("seen", 0)

    def share(self, other: Cell) -> None:
        """From now on both stand for the same memory."""
        family = self.held.setdefault("family", {})
        other.held["family"] = family
        other.held["seen"] = self.held["seen"] = family.get("writes", 0)


@dataclass(frozen=True, slots=True)
class Tensor(Unknown):
    """A tensor (``of`` torch) or array (``of`` numpy); ``role`` is what a module holds it as: param or buffer."""

    dtype: str = "float32"
    device: str = field(default="cpu", compare=False)
    of: str = "torch"
    role: str = ""
    grad: bool = False
    cell: Cell | None = None

    @property
    def dims(self) -> Shape:
        """The shape."""
        return self.shape or ()

    @property
    def numbers(self) -> numpy.ndarray[Any, Any] | None:
        """All its numbers, where they are known."""
        if self.cell is None or not self.cell.fresh:
            return None
        found = self.cell.held.get("array")
        return found if hasattr(found, "dtype") else None

    @property
    def rough(self) -> bool:
        """Whether the last digits of its numbers are not sure."""
        return self.cell is not None and self.cell.held.get("rough") is True

    @property
    def learns(self) -> bool | None:
        """``requires_grad``, where it is known."""
        found = self.cell.held.get("grad", self.grad) if self.cell is not None else self.grad or None
        return found if isinstance(found, bool) else None

    @property
    def tape(self) -> dict[str, Any] | None:
        """Where it is noted how gradients are followed; None where they are not."""
        found = self.cell.held.get("tape") if self.cell is not None else None
        return found if isinstance(found, dict) else None

    @property
    def step(self) -> Any:
        """The step by which it came; None where no gradient goes through it."""
        return self.cell.held.get("step") if self.cell is not None else None

    @property
    def trace(self) -> str | None:
        """Torch's word for its step, empty where it has none, None where nobody knows it."""
        return "" if self.step is None else self.step.word

    @property
    def width(self) -> int:
        """Bytes of an element."""
        return _WIDTHS.get(self.dtype, 4)

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.dims)


def tensor(
    shape: Iterable[int],
    dtype: str = "float32",
    *,
    of: str = "torch",
    device: str = "cpu",
    role: str = "",
    grad: bool = False,
) -> Tensor:
    """A tensor of this shape whose numbers nobody knows."""
    dims = tuple(shape)
    if any(each < 0 for each in dims) or math.prod(dims) > _LARGEST:
        raise Vague
    cell = Cell({"grad": grad}) if role == "param" else None
    return Tensor(_kind(dtype), "", (), dims[0] if dims else None, dims, None, dtype, device, of, role, grad, cell)


def given(array: numpy.ndarray[Any, Any], *, of: str, device: str = "cpu", grad: bool = False) -> Tensor:
    """A tensor whose numbers are all known."""
    made = tensor(array.shape, str(array.dtype), of=of, device=device, grad=grad)
    return replace(made, cell=Cell({"array": array}))


def like(one: Tensor, shape: Iterable[int], dtype: str | None = None) -> Tensor:
    """A tensor of another shape that is made from this one."""
    return tensor(shape, dtype or one.dtype, of=one.of, device=one.device)


def _kind(dtype: str) -> str:
    return "bools" if dtype == "bool" else "ints" if dtype in _INTEGERS else "tensor"


def whole(value: Value) -> int:
    """A number that has to be known."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Vague
    return value


def wholes(value: Value, length: int | None = None) -> Shape:
    """Several numbers that have to be known; a single one stands for ``length`` equal ones."""
    if isinstance(value, (list, tuple)):
        found = tuple(whole(each) for each in value)
        if length is not None and len(found) != length:
            if len(found) != 1:
                raise Vague
            return found * length
        return found
    return (whole(value),) * (length or 1)


def fault(text: str, name: str = "RuntimeError") -> Raised:
    """What the program certainly raises."""
    return Raised(name, text)
