"""The functions of torch and torch.nn.functional on tensors of known shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from llm_kernel.plan.shapes import losses, rules
from llm_kernel.plan.shapes.tensor import Returned, Shape, Size, Tensor, Vague, fault, like, tensor, whole, wholes
from llm_kernel.plan.shapes.windows import padded, scaled
from llm_kernel.plan.values import Unknown, Value

__all__ = ["FUNCTIONS", "METHODS", "dims_of"]


def need(value: Value) -> Tensor:
    """A tensor of known shape."""
    if not isinstance(value, Tensor):
        raise Vague
    return value


def same(x: Tensor, *rest: Value, **named: Value) -> Tensor:
    """What keeps shape and type."""
    return replace(x, role="", cell=None)


def floats(x: Tensor, *rest: Value, **named: Value) -> Tensor:
    """What keeps the shape and gives floating point numbers."""
    return like(x, x.dims, x.dtype if x.dtype.startswith(("float", "bfloat")) else "float32")


def dims_of(args: Sequence[Value]) -> Shape:
    """Sizes given as several numbers or as one sequence."""
    if len(args) == 1 and isinstance(args[0], (list, tuple)):
        return wholes(args[0])
    return tuple(whole(each) for each in args)


def view(x: Tensor, *sizes: Value) -> Tensor:
    if len(sizes) == 1 and not isinstance(sizes[0], (int, list, tuple)):
        raise Vague
    return rules.reshape(x, dims_of(sizes))


def transpose(x: Tensor, dim0: Value, dim1: Value) -> Tensor:
    dims = list(x.dims)
    a, b = rules.at(dim0, len(dims)), rules.at(dim1, len(dims))
    if dims:
        dims[a], dims[b] = dims[b], dims[a]
    return like(x, dims)


def permute(x: Tensor, *order: Value) -> Tensor:
    places = dims_of(order)
    if len(places) != len(x.dims):
        raise fault("permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
                    f"desired ordering of dimensions i.e. input.dim() = {len(x.dims)} is not equal to len(dims) = "
                    f"{len(places)}")  # fmt: skip
    return like(x, (x.dims[rules.at(each, len(x.dims))] for each in places))


def t(x: Tensor) -> Tensor:
    if len(x.dims) > 2:
        raise fault(f"t() expects a tensor with <= 2 dimensions, but self is {len(x.dims)}D")
    return like(x, x.dims[::-1])


def squeeze(x: Tensor, dim: Value = None) -> Tensor:
    if dim is None:
        return like(x, (size for size in x.dims if size != 1))
    places = {rules.at(each, len(x.dims)) for each in (dim if isinstance(dim, (tuple, list)) else (dim,))}
    return like(x, (size for n, size in enumerate(x.dims) if n not in places or size != 1))


def unsqueeze(x: Tensor, dim: Value) -> Tensor:
    place = rules.at(dim, len(x.dims) + 1)
    return like(x, (*x.dims[:place], 1, *x.dims[place:]))


def expand(x: Tensor, *sizes: Value) -> Tensor:
    wanted = dims_of(sizes)
    if len(wanted) < len(x.dims):
        raise Vague
    old = (1,) * (len(wanted) - len(x.dims)) + x.dims
    for n, (size, have) in enumerate(zip(wanted, old, strict=True)):
        if size not in (-1, have) and have != 1:
            raise fault(f"The expanded size of the tensor ({size}) must match the existing size ({have}) at "
                        f"non-singleton dimension {n}.  Target sizes: {rules.shown(wanted)}.  Tensor sizes: "
                        f"{rules.shown(x.dims)}")  # fmt: skip
    return like(x, (have if size == -1 else size for size, have in zip(wanted, old, strict=True)))


def repeat(x: Tensor, *sizes: Value) -> Tensor:
    times = dims_of(sizes)
    if len(times) < len(x.dims):
        raise fault("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    old = (1,) * (len(times) - len(x.dims)) + x.dims
    return like(x, (a * b for a, b in zip(old, times, strict=True)))


def cat(tensors: Value, dim: Value = 0) -> Tensor:
    return rules.cat(_many(tensors), dim)


def stack(tensors: Value, dim: Value = 0) -> Tensor:
    return rules.stack(_many(tensors), dim)


def _many(value: Value) -> list[Tensor]:
    if not isinstance(value, (list, tuple)):
        raise Vague
    return [need(each) for each in value]


def reduction(dtype: str | None = None) -> Callable[..., Value]:
    """A sum, a mean ... over all elements or ``dim``."""

    def reduce(x: Tensor, dim: Value = None, keepdim: Any = False, **named: Value) -> Tensor:
        kind = dtype or ("int64" if x.dtype == "bool" else x.dtype)
        return rules.reduce(x, dim, bool(keepdim), kind)

    return reduce


def mean(x: Tensor, dim: Value = None, keepdim: Any = False, **named: Value) -> Tensor:
    if not x.dtype.startswith(("float", "bfloat")):
        name = {"int64": "Long", "int32": "Int", "bool": "Bool", "uint8": "Byte"}.get(x.dtype)
        if name is None:
            raise Vague
        raise fault("mean(): could not infer output dtype. Input dtype must be either a floating point or complex "
                    f"dtype. Got: {name}")  # fmt: skip
    return rules.reduce(x, dim, bool(keepdim))


def extreme(x: Tensor, dim: Value = None, keepdim: Any = False) -> Value:
    if isinstance(dim, Tensor):
        return like(x, rules.broadcast(x.dims, dim.dims), rules.promote(x.dtype, dim.dtype))
    if dim is None:
        return rules.reduce(x)
    return _pair("max", (rules.reduce(x, dim, bool(keepdim)), rules.reduce(x, dim, bool(keepdim), "int64")))


def _pair(name: str, values: tuple[Value, Value]) -> Returned:
    return Returned.of(name, ("values", "indices"), values)


def least(x: Tensor, dim: Value = None, keepdim: Any = False) -> Value:
    found = extreme(x, dim, keepdim)
    return _pair("min", (found[0], found[1])) if isinstance(found, Returned) else found


def argextreme(x: Tensor, dim: Value = None, keepdim: Any = False) -> Value:
    return rules.reduce(x, dim, bool(keepdim), "int64")


def topk(x: Tensor, k: Value, dim: Value = -1, *rest: Value, **named: Value) -> Value:
    place = rules.at(dim, len(x.dims))
    if whole(k) > x.dims[place]:
        raise fault("selected index k out of range")
    shape = (*x.dims[:place], whole(k), *x.dims[place + 1 :])
    return _pair("topk", (like(x, shape), like(x, shape, "int64")))


def sort(x: Tensor, *rest: Value, **named: Value) -> Value:
    return _pair("sort", (same(x), like(x, x.dims, "int64")))


def compared(x: Tensor, other: Value) -> Tensor:
    if isinstance(other, Tensor):
        return like(x, rules.broadcast(x.dims, other.dims), "bool")
    if isinstance(other, (int, float)):
        return like(x, x.dims, "bool")
    raise Vague


def arithmetic(x: Tensor, other: Value, *rest: Value, **named: Value) -> Tensor:
    if isinstance(other, Tensor):
        return like(x, rules.broadcast(x.dims, other.dims, x.of), weak(x, other))
    if isinstance(other, (int, float)):
        return like(x, x.dims, "float32" if isinstance(other, float) and not x.dtype.startswith("float") else x.dtype)
    raise Vague


def weak(x: Tensor, other: Tensor) -> str:
    """The common type; a tensor without dimensions gives way to one with some of the same kind."""
    if x.of == "torch" and bool(x.dims) != bool(other.dims):
        large, small = (x, other) if x.dims else (other, x)
        if large.dtype.startswith("float") or not small.dtype.startswith("float"):
            return large.dtype
    return rules.promote(x.dtype, other.dtype)


def split(x: Tensor, split_size: Value, dim: Value = 0) -> Value:
    place = rules.at(dim, len(x.dims))
    size = x.dims[place]
    if isinstance(split_size, (list, tuple)):
        parts = list(wholes(split_size))
        if sum(parts) != size:
            raise fault(f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at "
                        f"dimension {place}), but got split_sizes={rules.shown(parts)}")  # fmt: skip
    else:
        step = whole(split_size)
        parts = [min(step, size - start) for start in range(0, size, step)]
    return tuple(like(x, (*x.dims[:place], each, *x.dims[place + 1 :])) for each in parts)


def chunk(x: Tensor, chunks: Value, dim: Value = 0) -> Value:
    size = x.dims[rules.at(dim, len(x.dims))]
    return split(x, -(-size // whole(chunks)), dim)


def unbind(x: Tensor, dim: Value = 0) -> Value:
    place = rules.at(dim, len(x.dims))
    return (like(x, (*x.dims[:place], *x.dims[place + 1 :])),) * x.dims[place]


def matrix(x: Tensor, other: Value, *rest: Value) -> Tensor:
    return rules.matmul(x, need(other))


def mm(x: Tensor, other: Value) -> Tensor:
    if len(x.dims) != 2:
        raise fault("self must be a matrix")
    if len(need(other).dims) != 2:
        raise fault("mat2 must be a matrix")
    return rules.matmul(x, need(other))


def bmm(x: Tensor, other: Value) -> Tensor:
    if len(x.dims) != 3 or len(need(other).dims) != 3:
        raise fault(f"batch{1 if len(x.dims) != 3 else 2} must be a 3D tensor")
    return rules.matmul(x, need(other))


def dot(x: Tensor, other: Value) -> Tensor:
    if len(x.dims) != 1 or len(need(other).dims) != 1:
        raise fault(f"1D tensors expected, but got {len(x.dims)}D and {len(need(other).dims)}D tensors")
    return rules.matmul(x, need(other))


def one_hot(x: Tensor, num_classes: Value = -1) -> Tensor:
    if whole(num_classes) < 0:
        raise Vague
    return like(x, (*x.dims, whole(num_classes)), "int64")


def linear(x: Tensor, weight: Value, bias: Value = None) -> Tensor:
    out, ins = need(weight).dims
    return rules.linear(x, ins, out)


def conv(n: int) -> Callable[..., Value]:
    """``F.conv1d`` to ``F.conv3d``."""

    def convolve(
        x: Tensor,
        weight: Value,
        bias: Value = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: Any = 1,
    ) -> Tensor:
        pads = padding if isinstance(padding, str) else wholes(padding, n)
        return rules.conv(x, need(weight).dims, wholes(stride, n), pads, wholes(dilation, n), whole(groups))

    return convolve


def max_pool(n: int) -> Callable[..., Value]:
    """``F.max_pool1d`` to ``F.max_pool3d``."""

    def pool(
        x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: Any = False,
        return_indices: Any = False,
    ) -> Value:  # fmt: skip
        step = kernel_size if stride is None else stride
        found = rules.pool(x, wholes(kernel_size, n), wholes(step, n), wholes(padding, n), wholes(dilation, n),
                           bool(ceil_mode))  # fmt: skip
        return (found, like(found, found.dims, "int64")) if return_indices else found

    return pool


def avg_pool(n: int) -> Callable[..., Value]:
    """``F.avg_pool1d`` to ``F.avg_pool3d``."""

    def pool(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, *rest: Any, **named: Any) -> Tensor:
        step = kernel_size if stride is None else stride
        ceil = bool(rest[0]) if rest else bool(named.get("ceil_mode", False))
        return rules.pool(x, wholes(kernel_size, n), wholes(step, n), wholes(padding, n), (1,) * n, ceil)

    return pool


def adaptive(n: int) -> Callable[..., Value]:
    """``F.adaptive_avg_pool2d`` and its like."""
    return lambda x, output_size: like(x, (*x.dims[:-n], *wholes(output_size, n)))


def interpolate(x: Tensor, size: Any = None, scale_factor: Any = None, *rest: Value, **named: Value) -> Tensor:
    return scaled(x, size, scale_factor)


def pad(x: Tensor, pad: Any, *rest: Value, **named: Value) -> Tensor:
    return padded(x, wholes(pad))


def embedding(x: Tensor, weight: Value, *rest: Value, **named: Value) -> Tensor:
    return tensor((*x.dims, need(weight).dims[1]))


def attention(query: Tensor, key: Value, value: Value, *rest: Value, **named: Value) -> Tensor:
    return like(query, (*query.dims[:-1], need(value).dims[-1]))


def triangle(x: Tensor, diagonal: Value = 0) -> Tensor:
    return same(x)


def where(condition: Value, x: Value = None, y: Value = None) -> Value:
    shape = need(condition).dims
    kinds = []
    for each in (x, y):
        if isinstance(each, Tensor):
            shape = rules.broadcast(shape, each.dims)
            kinds.append(each.dtype)
        elif not isinstance(each, (int, float)):
            raise Vague
    if not kinds:
        raise Vague
    return like(need(condition), shape, rules.promote(*kinds))


def einsum(equation: Value, *operands: Value) -> Tensor:
    """``torch.einsum`` with an arrow and no ellipsis."""
    many = _many(operands[0]) if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else _many(operands)
    if not isinstance(equation, str) or "->" not in equation or "." in equation:
        raise Vague
    left, right = equation.replace(" ", "").split("->")
    sizes: dict[str, int] = {}
    for letters, each in zip(left.split(","), many, strict=True):
        if len(letters) != len(each.dims):
            raise Vague
        for letter, size in zip(letters, each.dims, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise Vague
    return like(many[0], (sizes[letter] for letter in right))


def gather(x: Tensor, dim: Value, index: Value, **named: Value) -> Tensor:
    return like(x, need(index).dims)


def meshgrid(*many: Value, **named: Value) -> Value:
    held = _many(many[0]) if len(many) == 1 and isinstance(many[0], (list, tuple)) else _many(many)
    shape = tuple(each.dims[0] for each in held)
    return tuple(like(each, shape) for each in held)


def norm(x: Tensor, p: Value = 2, dim: Value = None, keepdim: Any = False, **named: Value) -> Tensor:
    return rules.reduce(x, dim, bool(keepdim))


def to_type(dtype: str) -> Callable[..., Value]:
    """``x.float()`` and its like."""
    return lambda x, **named: like(x, x.dims, dtype)


_SAME = ("relu relu_ "
         "relu6 elu selu celu silu mish hardswish hardtanh leaky_relu leaky_relu_ dropout dropout2d "
         "dropout3d dropout1d alpha_dropout "
         "clone detach detach_ contiguous abs neg clamp clip clamp_ zero_ fill_ normal_ "
         "uniform_ requires_grad_ square masked_fill masked_fill_ cumsum flip roll normalize round floor ceil sign "
         "cumprod nan_to_num requires_grad pin_memory glu_ add_ sub_ mul_ div_ copy_ softshrink threshold tril triu "
         "share_memory_ layer_norm batch_norm instance_norm group_norm "
         "index_fill scatter scatter_ fliplr").split()  # fmt: skip
_FLOATS = ("sigmoid tanh exp log log2 log10 log1p expm1 sqrt rsqrt sin cos tan erf gelu softplus softmax log_softmax "
           "logsigmoid reciprocal sigmoid_ tanh_ sinh cosh atan asin acos softsign gumbel_softmax").split()  # fmt: skip
_COMMON: dict[str, Callable[..., Value]] = {
    **dict.fromkeys(_SAME, same), **dict.fromkeys(_FLOATS, floats),
    "reshape": view, "flatten": rules.flatten, "transpose": transpose, "swapaxes": transpose, "permute": permute,
    "t": t,
    "squeeze": squeeze, "unsqueeze": unsqueeze, "sum": reduction(), "prod": reduction(), "mean": mean,
    "std": reduction(), "var": reduction(), "norm": norm,
    "max": extreme, "min": least, "amax": reduction(), "amin": reduction(), "argmax": argextreme,
    "argmin": argextreme, "median": extreme, "logsumexp": reduction(),
    "any": reduction("bool"), "all": reduction("bool"),
    "topk": topk, "sort": sort, "argsort": lambda x, *rest, **named: like(x, x.dims, "int64"),
    **dict.fromkeys(("eq", "ne", "gt", "lt", "ge", "le"), compared),
    **dict.fromkeys(("add", "sub", "mul", "div", "pow", "true_divide", "multiply", "subtract", "maximum", "minimum"),
                    arithmetic),
    "split": split, "chunk": chunk, "unbind": unbind, "matmul": matrix, "mm": mm, "bmm": bmm, "dot": dot, "mv": matrix,
    "gather": gather, "isnan": lambda x: like(x, x.dims, "bool"), "isinf": lambda x: like(x, x.dims, "bool"),
    "numel": lambda x: x.count,
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Value]] = {
    **_COMMON,
    "cat": cat, "concat": cat, "concatenate": cat, "stack": stack, "einsum": einsum, "where": where,
    "meshgrid": meshgrid, "linear": linear, "conv1d": conv(1), "conv2d": conv(2), "conv3d": conv(3),
    **{f"max_pool{n}d": max_pool(n) for n in (1, 2, 3)}, **{f"avg_pool{n}d": avg_pool(n) for n in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{n}d": adaptive(n) for n in (1, 2, 3) for kind in ("avg", "max")},
    "interpolate": interpolate, "upsample": interpolate, "pad": pad, "one_hot": one_hot,
    "embedding": lambda x, weight, *rest, **named: embedding(x, weight),
    "scaled_dot_product_attention": attention,
    **dict.fromkeys(("cross_entropy", "nll_loss"), lambda x, target, weight=None, *rest, reduction="mean", **named:
                    losses.classes(x, target, reduction)),
    **dict.fromkeys(("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
                    lambda x, target, *rest, reduction="mean", **named: losses.pairs(x, target, reduction)),
    "binary_cross_entropy": lambda x, target, *rest, reduction="mean", **named:
        losses.same_sizes(False)(x, target, reduction),
    "binary_cross_entropy_with_logits": lambda x, target, *rest, reduction="mean", **named:
        losses.same_sizes(True)(x, target, reduction),
    **{f"{name}_like": lambda x, *rest, **named: like(x, x.dims) for name in
       ("zeros", "ones", "rand", "randn", "full", "empty")},
}  # fmt: skip
"""Functions by the last part of their name, first argument a tensor (or several)."""

METHODS: dict[str, Callable[..., Value]] = {
    **_COMMON,
    "view": view, "view_as": lambda x, other: rules.reshape(x, need(other).dims), "expand": expand, "repeat": repeat,
    "reshape_as": lambda x, other: rules.reshape(x, need(other).dims),
    "expand_as": lambda x, other: expand(x, need(other).dims), "type_as": lambda x, o: like(x, x.dims, need(o).dtype),
    "float": to_type("float32"), "double": to_type("float64"), "half": to_type("float16"), "long": to_type("int64"),
    "int": to_type("int32"), "bool": to_type("bool"), "byte": to_type("uint8"), "bfloat16": to_type("bfloat16"),
    "size": lambda x, dim=None: Size(x.dims) if dim is None else x.dims[rules.at(dim, len(x.dims))],
    "numel": lambda x: x.count, "nelement": lambda x: x.count, "dim": lambda x: len(x.dims),
    "ndimension": lambda x: len(x.dims), "element_size": lambda x: x.width,
    "numpy": lambda x, **named: replace(same(x), of="numpy", device="cpu", grad=False),
    "is_contiguous": lambda x: Unknown("bool"), "backward": lambda x, *rest, **named: None,
    "stride": lambda x, *rest: Unknown("any"), "is_floating_point": lambda x: x.dtype.startswith(("float", "bfloat")),
    "item": lambda x: Unknown("int" if x.kind != "tensor" else "float"),
    "new_zeros": lambda x, *sizes, **named: like(x, dims_of(sizes)),
    "unfold": lambda x, dim, size, step: _unfold(x, dim, size, step),
}  # fmt: skip
"""Methods of a tensor by name."""


def _unfold(x: Tensor, dim: Value, size: Value, step: Value) -> Tensor:
    place = rules.at(dim, len(x.dims))
    count = (x.dims[place] - whole(size)) // whole(step) + 1
    return like(x, (*x.dims[:place], count, *x.dims[place + 1 :], whole(size)))
