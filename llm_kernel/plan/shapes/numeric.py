"""The numbers that torch's functions give of small tensors whose numbers are known."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from llm_kernel.plan.shapes import arrays
from llm_kernel.plan.shapes.arrays import MOST, plain
from llm_kernel.plan.shapes.formulas import FORMULAS, OF_LAYERS, windows
from llm_kernel.plan.shapes.functions import dims_of
from llm_kernel.plan.shapes.gradients import record
from llm_kernel.plan.shapes.module import Layer
from llm_kernel.plan.shapes.tensor import Returned, Tensor, Vague, exact, given, wholes
from llm_kernel.plan.values import Value

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

__all__ = ["filled", "given_numbers", "of_layer", "operate"]

_WORK = 2_000_000


def filled(symbolic: Value, name: str, args: Sequence[Value], named: dict[str, Value]) -> Value:
    """The result with its numbers, where they can be computed; otherwise as it is."""
    function = _FUNCTIONS.get(name)
    if function is None or not _numeric([*args, *named.values()]):
        return symbolic
    if isinstance(symbolic, Tensor) and symbolic.count > MOST:
        return symbolic
    try:
        found = _run(function, [plain(each) for each in args], {key: plain(each) for key, each in named.items()})
    except (Vague, TypeError, ValueError, IndexError, KeyError, AttributeError):
        return symbolic
    settled = _settled(symbolic, found)
    if name in _ROUGH or _some_rough(args):
        _mark(settled)
    return _recorded(symbolic, settled, name, args, named, function)


def _recorded(
    symbolic: Value,
    settled: Value,
    name: str,
    args: Sequence[Value],
    named: dict[str, Value],
    function: Callable[..., Any],
) -> Value:
    """The result, where it is known how gradients go on from it."""
    import numpy

    try:
        return record(settled, name, args, named, lambda values, words: function(numpy, *values, **words))
    except Vague:
        return symbolic


_ROUGH = frozenset(
    [*(name for name in FORMULAS if not name.startswith(("max_pool", "pad", "interpolate", "leaky_relu", "relu6"))),
     *("sum mean prod std var softmax log_softmax conv2d norm matmul mm bmm mv dot linear sigmoid exp log log2 log10 "
       "log1p sin cos tan tanh cumsum cumprod einsum det inverse trace pow").split()]
)  # fmt: skip
"""Functions whose last digits depend on how they are computed."""


def _some_rough(args: Sequence[Value]) -> bool:
    return any(isinstance(each, Tensor) and each.rough for each in args)


def _mark(value: Value) -> None:
    """Believe only the first digits of a new tensor's floating point numbers."""
    if isinstance(value, tuple):
        for each in value:
            _mark(each)
    elif isinstance(value, Tensor) and value.cell is not None and value.dtype.startswith("float"):
        value.cell.held["rough"] = not exact(value.numbers)


def _numeric(values: Sequence[Value]) -> bool:
    """Whether some tensor is among these, and all its numbers are known."""
    tensors = [each for each in values if isinstance(each, Tensor)]
    for each in values:
        if isinstance(each, (list, tuple)):
            tensors += [inner for inner in each if isinstance(inner, Tensor)]
    return bool(tensors) and all(each.numbers is not None for each in tensors)


def _run(function: Callable[..., Any], args: list[Any], named: dict[str, Any]) -> Any:
    import numpy

    with numpy.errstate(all="ignore"):
        return function(numpy, *args, **named)


def _settled(symbolic: Value, found: Any) -> Value:
    """Numbers are believed only where they have the shape that is expected."""
    if isinstance(symbolic, Returned) and isinstance(found, (list, tuple)) and len(symbolic) == len(found):
        held = [_settled(a, b) for a, b in zip(symbolic, found, strict=True)]
        return Returned.of(symbolic.name, symbolic.fields, held)
    if isinstance(symbolic, tuple) and isinstance(found, (list, tuple)) and len(symbolic) == len(found):
        return tuple(_settled(a, b) for a, b in zip(symbolic, found, strict=True))
    if not isinstance(symbolic, Tensor):
        return symbolic
    import numpy

    array = numpy.asarray(found)
    if array.shape != symbolic.dims or array.size > MOST or symbolic.dtype == "bfloat16":
        return symbolic
    return given(array.astype(symbolic.dtype, copy=False), of=symbolic.of, device=symbolic.device)


def operate(symbolic: Value, op: ast.AST, one: Value, other: Value) -> Value:
    """The numbers of ``one op other``."""
    if not isinstance(symbolic, Tensor) or not _numeric([one, other]):
        return symbolic
    try:
        found = arrays.operate(op, one, other)
    except Vague:
        return symbolic
    settled = _settled(symbolic, found.numbers if isinstance(found, Tensor) else found)
    if isinstance(op, (ast.MatMult, ast.Pow)) or _some_rough([one, other]):
        _mark(settled)
    name, function = _OPERATORS.get(type(op), ("", operator.add))
    if not isinstance(one, Tensor):
        name = f"r{name}"
    return _recorded(symbolic, settled, name, [one, other], {}, lambda np, a, b: function(a, b))


_OPERATORS: dict[type[ast.AST], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("add", operator.add), ast.Sub: ("sub", operator.sub), ast.Mult: ("mul", operator.mul),
    ast.Div: ("div", operator.truediv), ast.Pow: ("pow", operator.pow), ast.MatMult: ("matmul", operator.matmul),
}  # fmt: skip


def _axis(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, list) else dim


def _reduced(name: str) -> Callable[..., Any]:
    def reduce(np: Any, x: Array, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
        return getattr(np, name)(x, axis=_axis(dim), keepdims=keepdim)

    return reduce


def _spread(name: str) -> Callable[..., Any]:
    def reduce(
        np: Any, x: Array, dim: Any = None, unbiased: bool = True, keepdim: bool = False, correction: int = 1
    ) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        return getattr(np, name)(x, axis=_axis(dim), keepdims=keepdim, ddof=correction if unbiased else 0)

    return reduce


def _extreme(name: str) -> Callable[..., Any]:
    def reduce(np: Any, x: Array, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            return getattr(np, name)(x)
        if not isinstance(dim, int):
            raise Vague
        return (
            getattr(np, name)(x, axis=dim, keepdims=keepdim),
            getattr(np, "arg" + name)(x, axis=dim, keepdims=keepdim),
        )

    return reduce


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda np, x, *args, **named: function(np, x)


def _softmax(np: Any, x: Array, dim: Any = None, dtype: Any = None) -> Any:
    if dim is None:
        raise Vague
    raised = np.exp(x - x.max(axis=dim, keepdims=True))
    return raised / raised.sum(axis=dim, keepdims=True)


def _conv2d(np: Any, x: Array, weight: Array, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
            groups: int = 1) -> Any:  # fmt: skip
    step, pads = wholes(stride, 2), wholes(padding, 2)
    if groups != 1 or wholes(dilation, 2) != (1, 1) or x.ndim != 4:
        raise Vague
    if x.size * weight.size > _WORK:
        raise Vague
    padded = np.pad(x, ((0, 0), (0, 0), (pads[0],) * 2, (pads[1],) * 2))
    out = np.einsum("nchwij,ocij->nohw", windows(np, padded, weight.shape[2:], step), weight)
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


def _permute(np: Any, x: Array, *order: Any) -> Any:
    return x.transpose(dims_of(order))


def _view(np: Any, x: Array, *sizes: Any) -> Any:
    return x.reshape(dims_of(sizes))


def _flatten(np: Any, x: Array, start_dim: int = 0, end_dim: int = -1) -> Any:
    first, last = start_dim % max(x.ndim, 1), end_dim % max(x.ndim, 1)
    return x.reshape((*x.shape[:first], -1, *x.shape[last + 1 :]))


def _clamp(np: Any, x: Array, min: Any = None, max: Any = None) -> Any:
    return np.clip(x, min, max)


def _topk(np: Any, x: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    order = np.argsort(-x if largest else x, axis=dim, kind="stable").take(range(k), axis=dim)
    return (np.take_along_axis(x, order, axis=dim), order)


def _sort(np: Any, x: Array, dim: int = -1, descending: bool = False) -> Any:
    order = np.argsort(-x if descending else x, axis=dim, kind="stable")
    return (np.take_along_axis(x, order, axis=dim), order)


def _norm(np: Any, x: Array, p: Any = 2, dim: Any = None, keepdim: bool = False) -> Any:
    if p not in (2, "fro"):
        raise Vague
    return np.sqrt((x.astype("float64") ** 2).sum(axis=_axis(dim), keepdims=keepdim))


def _one_hot(np: Any, x: Array, num_classes: int) -> Any:
    return np.eye(num_classes, dtype="int64")[x]


def _einsum(np: Any, equation: str, *many: Any) -> Any:
    held = many[0] if len(many) == 1 and isinstance(many[0], list) else many
    if math.prod(each.size for each in held) > _WORK:
        raise Vague
    return np.einsum(equation, *held)


def of_layer(found: Value, layer: Layer, args: Sequence[Value], named: dict[str, Value]) -> Value:
    """What a layer without parameters gives, with its numbers where they can be computed."""
    function = OF_LAYERS.get(layer.name)
    if function is None or layer.given is None:
        return found
    if function.endswith(("_loss", "_entropy", "_logits", "_div")) and layer.given[0]:
        return found  # their options stand in another order there
    if function == "flatten" and not layer.given[0] and not layer.given[1]:
        return filled(found, function, [*args, 1], named)
    quiet = {key: each for key, each in layer.given[1].items() if key != "inplace"}
    if isinstance(found, tuple):
        quiet["return_indices"] = True
    rest = [] if function in ("relu", "relu6", "silu") else layer.given[0]
    return filled(found, function, [*args, *rest], {**named, **quiet})


def _compared(name: str) -> Callable[..., Any]:
    return lambda np, x, other: getattr(np, name)(x, other)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **FORMULAS,
    "sum": _reduced("sum"), "mean": _reduced("mean"), "prod": _reduced("prod"), "amax": _reduced("max"),
    "amin": _reduced("min"), "any": _reduced("any"), "all": _reduced("all"), "argmax": _reduced("argmax"),
    "argmin": _reduced("argmin"), "std": _spread("std"), "var": _spread("var"), "max": _extreme("max"),
    "min": _extreme("min"), "softmax": _softmax, "log_softmax": lambda np, x, dim=None: np.log(_softmax(np, x, dim)),
    "conv2d": _conv2d, "permute": _permute, "view": _view,
    "reshape": _view, "flatten": _flatten, "clamp": _clamp, "clip": _clamp, "topk": _topk, "sort": _sort, "norm": _norm,
    "one_hot": _one_hot, "einsum": _einsum, "outer": lambda np, a, b: np.outer(a, b), "trace": lambda np, x: x.trace(),
    "diag": lambda np, x, diagonal=0: np.diag(x, diagonal), "kron": lambda np, a, b: np.kron(a, b),
    "inverse": lambda np, x: np.linalg.inv(x), "det": lambda np, x: np.linalg.det(x),
    "bincount": lambda np, x: np.bincount(x), "unique": lambda np, x: np.unique(x),
    "transpose": lambda np, x, a, b: x.swapaxes(a, b), "t": lambda np, x: x.T,
    "squeeze": lambda np, x, dim=None: x.squeeze(dim) if dim is None or x.shape[dim] == 1 else x,
    "unsqueeze": lambda np, x, dim: np.expand_dims(x, dim), "cat": lambda np, many, dim=0:
        np.concatenate(many, dim),
    "stack": lambda np, many, dim=0: np.stack(many, dim), "matmul": lambda np, a, b: a @ b,
    "mm": lambda np, a, b: a @ b, "bmm": lambda np, a, b: a @ b, "mv": lambda np, a, b: a @ b,
    "dot": lambda np, a, b: a @ b, "relu": _each(lambda np, x: np.maximum(x, 0)),
    "sigmoid": _each(lambda np, x: 1 / (1 + np.exp(-x))), "cumsum": lambda np, x, dim: x.cumsum(dim),
    "cumprod": lambda np, x, dim: x.cumprod(dim), "where": lambda np, c, a, b: np.where(c, a, b),
    "triu": lambda np, x, diagonal=0: np.triu(x, diagonal), "tril": lambda np, x, diagonal=0: np.tril(x, diagonal),
    "flip": lambda np, x, *dims: np.flip(x, dims_of(dims)), "linear": lambda np, x, weight, bias=None:
        x @ weight.T + (0 if bias is None else bias), "repeat": lambda np, x, *times: np.tile(x, dims_of(times)),
    "expand": lambda np, x, *sizes: np.broadcast_to(x, dims_of(sizes)), "clone": lambda np, x, **named: x.copy(),
    "detach": lambda np, x: x, "contiguous": lambda np, x: x, "numpy": lambda np, x: x,
    "argsort": lambda np, x, dim=-1, descending=False: np.argsort(-x if descending else x, axis=dim, kind="stable"),
    "gather": lambda np, x, dim, index: np.take_along_axis(x, index, axis=dim),
    "masked_fill": lambda np, x, mask, value: np.where(mask, value, x),
    "roll": lambda np, x, shifts, dims=None: np.roll(x, shifts, axis=dims),
    **{name: _each(lambda np, x, _name=name: getattr(np, _name)(x)) for name in
       ("abs", "exp", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "tanh", "floor", "ceil", "sign", "square",
        "isnan", "log1p")},
    "neg": _each(lambda np, x: -x), "invert": _each(lambda np, x: ~x), "round": _each(lambda np, x: np.round(x)),
    **{name: _compared(word) for name, word in
       {"eq": "equal", "ne": "not_equal", "gt": "greater", "lt": "less", "ge": "greater_equal", "le": "less_equal",
        "add": "add", "sub": "subtract", "mul": "multiply", "div": "true_divide", "pow": "power",
        "maximum": "maximum", "minimum": "minimum"}.items()},
    **dict.fromkeys(("float", "double", "half", "long", "int", "bool", "to", "cpu", "type"), _each(lambda np, x: x)),
    "zeros_like": _each(lambda np, x: np.zeros_like(x)), "ones_like": _each(lambda np, x: np.ones_like(x)),
}  # fmt: skip


def given_numbers(path: str, made: Tensor, args: Sequence[Value], named: dict[str, Value]) -> Any:
    """The numbers that a maker of tensors gives, where it fixes them."""
    try:
        found = _new(path.removeprefix("torch."), made, [plain(each) for each in args])
    except (Vague, TypeError, ValueError, IndexError):
        return None
    return None if found is None or found.shape != made.dims else found.astype(made.dtype)


def _new(name: str, made: Tensor, args: list[Any]) -> Any:
    import numpy

    match name:
        case "zeros" | "ones":
            return numpy.full(made.dims, float(name == "ones"))
        case "full":
            return numpy.full(made.dims, args[1])
        case "eye":
            return numpy.eye(made.dims[0], made.dims[1])
        case "tensor" | "as_tensor":
            return numpy.asarray(args[0])
        case "Tensor" | "FloatTensor" | "LongTensor" if isinstance(args[0], list):
            return numpy.asarray(args[0])
        case "arange":
            start, _, step = (0, *args, 1)[:3] if len(args) == 1 else (*args, 1)[:3]
            return start + step * numpy.arange(made.count)
        case "linspace":
            return _linspace(args[0], args[1], made.count)
    return None


def _linspace(start: float, end: float, count: int) -> Any:
    """Counted from both ends, in single precision."""
    import numpy

    single = numpy.float32
    step = single((single(end) - single(start)) / single(max(count - 1, 1)))
    places = numpy.arange(count)
    up = single(start) + step * places.astype(single)
    down = single(end) - step * (count - 1 - places).astype(single)
    return numpy.where(places < count / 2, up, down)
