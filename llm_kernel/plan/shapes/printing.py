"""How torch prints a tensor whose numbers are known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from llm_kernel.plan.shapes.tensor import Tensor, edges

if TYPE_CHECKING:
    import numpy

__all__ = ["numbers", "shown", "sure"]

_EDGE = 3
_THRESHOLD = 1000
_WIDTH = 80
_DIGITS = 4


def numbers(value: Tensor, inside: bool = False) -> str:
    """What ``print`` (or, ``inside`` a container, ``repr``) shows of a tensor or array."""
    array = value.numbers
    assert array is not None
    if value.of == "numpy":
        return repr(array) if inside else str(array)
    ends = (f"grad_fn=<{value.trace}>",) if value.trace else ("requires_grad=True",) if value.learns else ()
    return shown(array, suffixes=((f"device='{value.device}'",) if value.device != "cpu" else ()) + ends)


def sure(value: Tensor) -> bool:
    """Whether every digit that ``print`` shows is the same whichever way the numbers were summed up."""
    array = value.numbers
    assert array is not None
    if not value.rough or value.of == "numpy":
        return True
    low, high = edges(array)
    return shown(low) == shown(high)


def shown(array: numpy.ndarray[Any, Any], *, suffixes: tuple[str, ...] = ()) -> str:
    """``tensor(...)`` with its numbers aligned; ``suffixes`` such as ``requires_grad=True`` stand behind them."""
    kind = str(array.dtype)
    ends = list(suffixes)
    if array.size == 0 and array.ndim != 1:
        ends = [f"size={tuple(array.shape)}", *ends]
    if kind not in ("float32", "int64", "bool"):
        ends.append(f"dtype=torch.{kind}")
    prefix = "tensor("
    body = "[]" if array.size == 0 else _body(array, len(prefix))
    return _ended(prefix + body, ends, len(prefix))


def _ended(text: str, ends: list[str], indent: int) -> str:
    """Suffixes begin a line of their own where the last one has no room."""
    last = len(text) - text.rfind("\n") + 1
    for each in ends:
        if last + len(each) + 2 > _WIDTH:
            text += ",\n" + " " * indent + each
            last = indent + len(each)
        else:
            text += ", " + each
            last += len(each) + 2
    return text + ")"


def _body(array: numpy.ndarray[Any, Any], indent: int) -> str:
    short = array.size > _THRESHOLD
    width, word = _words(_edges(array) if short else array)
    return _nested(array, indent, short, width, word)


def _edges(array: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """The part of a large array that is shown."""
    for axis, size in enumerate(array.shape):
        if size > 2 * _EDGE:
            array = array.take([*range(_EDGE), *range(size - _EDGE, size)], axis=axis)
    return array


def _words(array: numpy.ndarray[Any, Any]) -> tuple[int, Any]:
    """The width of a number and how each is written."""
    values = array.ravel().tolist()
    if array.dtype.kind in "biu":
        return max(len(str(each)) for each in values), str
    finite = [abs(each) for each in values if math.isfinite(each) and each != 0]
    if not finite:
        whole, small = True, False
        low = high = 0.0
    else:
        whole = all(each == math.ceil(each) for each in values if math.isfinite(each) and each != 0)
        low, high = min(finite), max(finite)
        small = high / low > 1000 or high > 1e8 or (not whole and low < 1e-4)
    if not finite:
        return 1, _plain
    told = [each for each in values if math.isfinite(each) and each != 0]
    word = _exponent if small else _plain if whole else _fixed
    return max(len(word(each)) for each in told), word


def _exponent(value: float) -> str:
    return f"{value:.{_DIGITS}e}"


def _fixed(value: float) -> str:
    return f"{value:.{_DIGITS}f}"


def _plain(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else f"{value}"


def _nested(array: numpy.ndarray[Any, Any], indent: int, short: bool, width: int, word: Any) -> str:
    if array.ndim == 0:
        return str(word(array.item())).rjust(width)
    cut = short and array.shape[0] > 2 * _EDGE
    if array.ndim == 1:
        return _row(array, indent, cut, width, word)
    rows = [*array[:_EDGE], None, *array[-_EDGE:]] if cut else list(array)
    parts = [" ..." if each is None else _nested(each, indent + 1, short, width, word) for each in rows]
    parts = ["..." if each is None else part for each, part in zip(rows, parts, strict=True)]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _row(array: numpy.ndarray[Any, Any], indent: int, cut: bool, width: int, word: Any) -> str:
    each_line = max(1, math.floor((_WIDTH - indent) / (width + 2)))
    values = array.tolist()
    shown_values = [*values[:_EDGE], None, *values[-_EDGE:]] if cut else values
    words = [" ..." if each is None else str(word(each)).rjust(width) for each in shown_values]
    lines = [words[start : start + each_line] for start in range(0, len(words), each_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"
