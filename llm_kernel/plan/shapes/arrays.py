"""Small arrays of given numbers, computed by numpy behind a list of the functions that may be called."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from llm_kernel.plan.shapes.creation import dtype_of
from llm_kernel.plan.shapes.tensor import Tensor, Vague, given, tensor, wholes
from llm_kernel.plan.values import Lib, Value
from llm_kernel.plan.walk import Raised

__all__ = ["MOST", "NAMES", "apply", "compute", "operate", "outcome", "plain"]

MOST = 10_000
"""Elements of the largest array whose numbers are followed."""
_WORK = 2_000_000
"""Multiplications of the largest product that is computed."""

_MAKERS = (
    "array asarray arange linspace logspace zeros ones full eye identity zeros_like ones_like full_like diag tri"
).split()
_ELEMENTWISE = (
    "add subtract multiply divide floor_divide mod remainder power negative exp exp2 expm1 log log2 log10 log1p "
    "sqrt cbrt square sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh abs absolute fabs sign maximum "
    "minimum fmax fmin round around floor ceil trunc rint clip where isnan isinf isfinite logical_and logical_or "
    "logical_not logical_xor equal not_equal less less_equal greater greater_equal hypot reciprocal deg2rad "
    "rad2deg degrees radians bitwise_and bitwise_or isclose"
).split()
_REDUCING = (
    "sum mean std var min max amin amax argmin argmax prod cumsum cumprod median percentile quantile any all ptp "
    "count_nonzero nansum nanmean nanmax nanmin average diff bincount histogram trace allclose array_equal cov "
    "corrcoef unique sort argsort nonzero argwhere searchsorted flatnonzero size ndim shape ediff1d digitize "
    "interp polyval isin in1d intersect1d union1d setdiff1d gradient trapz lexsort"
).split()
_SHAPING = (
    "reshape ravel transpose swapaxes moveaxis squeeze expand_dims concatenate vstack hstack dstack stack "
    "column_stack split array_split hsplit vsplit flip fliplr flipud roll rot90 triu tril atleast_1d atleast_2d "
    "append insert delete copy"
).split()
_GROWING = (
    "dot matmul inner outer cross kron tile repeat meshgrid broadcast_to convolve einsum pad vdot tensordot "
    "linalg.det linalg.inv linalg.norm linalg.solve linalg.matrix_rank linalg.matrix_power"
).split()
NAMES = frozenset([*_MAKERS, *_ELEMENTWISE, *_REDUCING, *_SHAPING, *_GROWING])
"""The functions of numpy that are computed."""
METHODS = frozenset(
    (
        "sum mean std var min max argmin argmax prod cumsum cumprod any all ptp reshape ravel flatten transpose "
        "swapaxes squeeze copy dot trace round clip astype tolist item repeat sort argsort nonzero diagonal conj"
    ).split()
)
"""The methods of an array that are computed."""
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__", ast.Pow: "__pow__", ast.MatMult: "__matmul__", ast.BitAnd: "__and__", ast.BitOr: "__or__",
    ast.BitXor: "__xor__", ast.Eq: "__eq__", ast.NotEq: "__ne__", ast.Lt: "__lt__", ast.LtE: "__le__",
    ast.Gt: "__gt__", ast.GtE: "__ge__",
}  # fmt: skip


def plain(value: Value, depth: int = 4) -> Any:
    """A value as numpy takes it: arrays of known numbers, numbers, lists of them, types."""
    match value:
        case Tensor():
            if value.numbers is None:
                raise Vague
            return value.numbers
        case bool() | int() | float() | None:
            if isinstance(value, int) and abs(value) > 1 << 62:
                raise Vague
            return value
        case Lib():
            if value.path == "numpy.newaxis":
                return None
            if value.path in ("numpy.inf", "numpy.nan", "numpy.pi", "numpy.e"):
                return {"inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e}[value.path[6:]]
            return dtype_of(value, "")
        case slice():
            return slice(*(plain(each) for each in (value.start, value.stop, value.step)))
        case list() | tuple() if depth and len(value) <= MOST:
            held = [plain(each, depth - 1) for each in value]
            return held if isinstance(value, list) else tuple(held)
        case range() if len(value) <= MOST:
            return list(value)
        case str() if len(value) < 40:
            return value
    if value is Ellipsis:
        return value
    raise Vague


def _guard(name: str, args: Sequence[Any], named: dict[str, Any]) -> None:
    """Refuse what would grow beyond bounds before anything is allocated."""
    numbers = [
        each for each in (*args, *named.values()) if isinstance(each, (int, float)) and not isinstance(each, bool)
    ]
    sizes = [_size(each) for each in (*args, *named.values())]
    if name in ("zeros", "ones", "full", "broadcast_to"):
        shape = args[1] if name == "broadcast_to" else named.get("shape", args[0] if args else ())
        if math.prod(wholes(list(shape) if isinstance(shape, tuple) else shape)) > MOST:
            raise Vague
    elif name in ("eye", "identity", "tri", "vander", "diag"):
        if any(each * each > MOST for each in [*numbers, *(sizes[:1] if name == "diag" else [])]):
            raise Vague
    elif name == "arange":
        start, stop, step = (0, *numbers, 1)[:3] if len(numbers) == 1 else (*numbers, 1, 1)[:3]
        if not numbers or step == 0 or not abs((stop - start) / step) <= MOST:
            raise Vague
    elif name in ("linspace", "logspace", "tile", "repeat", "pad", "bincount", "histogram", "linalg.matrix_power"):
        if any(abs(each) > MOST for each in numbers) or math.prod(max(size, 1) for size in sizes) > MOST:
            raise Vague
        if name == "tile" and math.prod(wholes(args[1])) * sizes[0] > MOST:
            raise Vague
        if name in ("repeat", "pad") and sizes[0] * max([1, *numbers]) > MOST:
            raise Vague
    elif name in ("split", "array_split", "hsplit", "vsplit"):
        if any(each > 1000 for each in numbers):
            raise Vague
    elif name in ("cov", "corrcoef"):
        if sum(sizes) ** 2 > _WORK:
            raise Vague
    elif name in _ELEMENTWISE:
        _bounded(args)
    elif name in _GROWING and math.prod(max(size, 1) for size in sizes) > _WORK:
        raise Vague


def _bounded(values: Sequence[Any]) -> None:
    """Refuse what these would grow to when they are stretched to a common shape."""
    import numpy

    shapes = [numpy.shape(each) for each in values]
    if math.prod(max(sizes) for sizes in zip(*_padded(shapes), strict=True)) > MOST:
        raise Vague


def _size(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(max(_size(each), 1) for each in value)
    return int(getattr(value, "size", 1))


def _called(function: Callable[..., Any], args: Sequence[Any], named: dict[str, Any]) -> Any:
    """The result, or what the program itself would meet."""
    import numpy

    with numpy.errstate(all="ignore"):
        try:
            return function(*args, **named)
        except TypeError:
            raise Vague from None
        except (ValueError, IndexError, ZeroDivisionError) as err:
            module = type(err).__module__
            name = type(err).__name__
            place = "numpy.linalg" if name == "LinAlgError" else "numpy"
            raise Raised(name if module == "builtins" else f"{place}.{name}", str(err)) from None


def outcome(value: Any, of: str = "numpy") -> Value:
    """What numpy gave, as the walk knows values."""
    import numpy

    match value:
        case _ if isinstance(value, numpy.ndarray):
            if value.dtype.kind not in "biuf":
                raise Vague
            return given(value, of=of) if value.size <= MOST else tensor(value.shape, str(value.dtype), of=of)
        case numpy.generic() if value.dtype.kind == "b":
            return bool(value)
        case numpy.str_():
            return str(value)
        case numpy.generic() if value.dtype.name == "int64":
            return int(value)
        case float():  # numpy.float64 is one
            return float(value)
        case numpy.generic():
            return given(numpy.asarray(value), of=of)
        case tuple() | list():
            made = [outcome(each, of) for each in value]
            return made if isinstance(value, list) else tuple(made)
        case bool() | int() | None:
            return value
    raise Vague


def compute(name: str, args: Sequence[Value], named: dict[str, Value]) -> Value:
    """``numpy.name(...)`` where every number is known."""
    import numpy

    plain_args, plain_named = [plain(each) for each in args], {key: plain(each) for key, each in named.items()}
    _guard(name, plain_args, plain_named)
    function: Any = numpy
    for part in name.split("."):
        function = getattr(function, part)
    return outcome(_called(function, plain_args, plain_named))


def apply(this: Tensor, name: str, args: Sequence[Value], named: dict[str, Value]) -> Value:
    """``array.name(...)``."""
    array = plain(this)
    plain_args, plain_named = [plain(each) for each in args], {key: plain(each) for key, each in named.items()}
    if name in ("repeat", "dot"):
        _guard(name, [array, *plain_args], plain_named)
    if name == "sort":
        raise Vague
    result = _called(getattr(array, name), plain_args, plain_named)
    return result if name in ("tolist", "item") else outcome(result)


def operate(op: ast.AST, one: Value, other: Value) -> Value:
    """``one op other`` of two arrays, or an array and a number."""
    name = _OPERATORS.get(type(op))
    if name is None:
        raise Vague
    for number, rest in ((one, other), (other, one)):
        if isinstance(number, Tensor) and number.of == "numpy" and not number.dims and isinstance(rest, (int, float)):
            raise Vague  # before numpy 2 a single number of another type widened it
    left, right = plain(one), plain(other)
    if _size(left) * _size(right) > _WORK:
        raise Vague
    if not isinstance(op, ast.MatMult):
        _bounded([left, right])
    if name == "__pow__" and any(isinstance(each, (int, float)) and abs(each) > 1000 for each in (left, right)):
        raise Vague
    return outcome(_called(getattr(operator, name), [left, right], {}))


def _padded(shapes: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    rank = max((len(each) for each in shapes), default=0)
    return [(1,) * (rank - len(each)) + each for each in shapes]


def index(this: Tensor, key: Value) -> Value:
    """``array[key]``."""
    keys = key if isinstance(key, tuple) else (key,)
    picked = math.prod(max(1, _size(plain(each))) for each in keys if isinstance(each, (Tensor, list)))
    if picked * this.count > _WORK:
        raise Vague
    return outcome(_called(plain(this).__getitem__, [plain(key)], {}), this.of)
