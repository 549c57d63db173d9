"""The shape that an operation gives, or what torch raises; wording as torch 1.8 and later have it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from llm_kernel.plan.shapes.tensor import Shape, Tensor, Vague, fault, like, tensor, whole
from llm_kernel.plan.values import Value

__all__ = [
    "at", "broadcast", "cat", "conv", "flatten", "linear", "matmul", "norm", "pool", "promote", "reduce", "reshape",
    "stack", "transposed_conv",
]  # fmt: skip

_RANKS = {"bool": 0, "uint8": 1, "int8": 1, "int16": 2, "int32": 3, "int64": 4, "float16": 5, "bfloat16": 5,
          "float32": 6, "float64": 7, "complex64": 8}  # fmt: skip
_MATRIX = "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{})"


def shown(shape: Sequence[int]) -> str:
    """``[1, 2]``."""
    return f"[{', '.join(map(str, shape))}]"


def at(dim: Value, rank: int) -> int:
    """A dimension's index, counted from the front."""
    index = whole(dim)
    most = max(rank, 1)
    if not -most <= index < most:
        text = f"Dimension out of range (expected to be in range of [{-most}, {most - 1}], but got {index})"
        raise fault(text, "IndexError")
    return index % most


def promote(*dtypes: str) -> str:
    """The type that holds all of these."""
    if any(each not in _RANKS for each in dtypes):
        raise Vague
    return max(dtypes, key=_RANKS.__getitem__)


def broadcast(one: Shape, other: Shape, of: str = "torch") -> Shape:
    """The shape of a sum of two tensors."""
    rank = max(len(one), len(other))
    left, right = (1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other
    for index in reversed(range(rank)):
        a, b = left[index], right[index]
        if a != b and 1 not in (a, b):
            if of == "numpy":
                texts = " ".join("(" + ",".join(map(str, each)) + ("," if len(each) == 1 else "") + ")"
                                 for each in (one, other))  # fmt: skip
                raise fault(f"operands could not be broadcast together with shapes {texts} ", "ValueError")
            raise fault(f"The size of tensor a ({a}) must match the size of tensor b ({b}) "
                        f"at non-singleton dimension {index}")  # fmt: skip
    return tuple(b if a == 1 else a for a, b in zip(left, right, strict=True))


def linear(x: Tensor, features: int, out: int) -> Tensor:
    """``x @ weight.T``."""
    if not x.dims:
        raise Vague
    if x.dims[-1] != features:
        raise fault(_MATRIX.format(math.prod(x.dims[:-1]), x.dims[-1], features, out))
    if not x.dtype.startswith(("float", "bfloat")):
        raise fault("mat1 and mat2 must have the same dtype")
    return like(x, (*x.dims[:-1], out))


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b``."""
    one, other = a.dims, b.dims
    dtype = promote(a.dtype, b.dtype)
    if not one or not other:
        raise Vague
    if a.of == "numpy":
        return like(a, _numpy_matmul(one, other), dtype)
    if a.dtype != b.dtype:
        raise Vague
    if len(one) == len(other) == 1:
        if one != other:
            raise fault(f"inconsistent tensor size, expected tensor {shown(one)} and src {shown(other)} to have the "
                        f"same number of elements, but got {one[0]} and {other[0]} elements respectively")  # fmt: skip
        return like(a, ())
    if len(other) == 1 and len(one) == 2 and one[1] != other[0]:
        raise fault(f"size mismatch, got {one[0]}, {one[0]}x{one[1]},{other[0]}")
    if (len(one) <= 2 and len(other) <= 2) or len(other) == 2:
        rows = one if len(one) > 1 else (1, *one)
        inner = other if len(other) > 1 else (*other, 1)
        if rows[-1] != inner[0]:
            raise fault(_MATRIX.format(math.prod(rows[:-1]), rows[-1], inner[0], inner[1]))
        return like(a, (*one[:-1], *other[1:]))
    left = one if len(one) > 1 else (1, *one)
    right = other if len(other) > 1 else (*other, 1)
    batch = broadcast(left[:-2], right[:-2])
    if left[-1] != right[-2]:
        size = math.prod(batch)
        raise fault("Expected size for first two dimensions of batch2 tensor to be: "
                    f"[{size}, {left[-1]}] but got: [{size}, {right[-2]}].")  # fmt: skip
    return like(a, (*batch, *left[-2:-1][: len(one) - 1], *right[-1:][: len(other) - 1]))


def _numpy_matmul(one: Shape, other: Shape) -> Shape:
    left = one if len(one) > 1 else (1, *one)
    right = other if len(other) > 1 else (*other, 1)
    if left[-1] != right[-2]:
        text = "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
        sizes = f"(n?,k),(k,m?)->(n?,m?) (size {right[-2]} is different from {left[-1]})"
        raise fault(text + sizes, "ValueError")
    batch = broadcast(left[:-2], right[:-2], "numpy")
    return (*batch, *left[-2:-1][: len(one) - 1], *right[-1:][: len(other) - 1])


def conv(x: Tensor, weight: Shape, stride: Shape, padding: Shape | str, dilation: Shape, groups: int) -> Tensor:
    """A convolution of one to three dimensions."""
    n = len(weight) - 2
    _batched(x, n, "")
    channels = x.dims[-n - 1]
    if channels != weight[1] * groups:
        raise _channels(x, weight, n, f"groups={groups}", weight[1] * groups)
    places = x.dims[-n:]
    if padding == "same":
        return like(x, (*x.dims[: -n - 1], weight[0], *places))
    pads = (0,) * n if isinstance(padding, str) else padding
    padded = tuple(size + 2 * pad for size, pad in zip(places, pads, strict=True))
    kernel = tuple(d * (k - 1) + 1 for d, k in zip(dilation, weight[2:], strict=True))
    if any(k > size for k, size in zip(kernel, padded, strict=True)):
        text = f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(kernel)}). "
        raise fault(text + "Kernel size can't be greater than actual input size")
    out = ((size - k) // step + 1 for size, k, step in zip(padded, kernel, stride, strict=True))
    return like(x, (*x.dims[: -n - 1], weight[0], *out))


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


def _batched(x: Tensor, n: int, kind: str) -> None:
    if len(x.dims) not in (n + 1, n + 2):
        raise fault(f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to conv{kind}{n}d, "
                    f"but got input of size: {shown(x.dims)}")  # fmt: skip


def _channels(x: Tensor, weight: Shape, n: int, how: str, wanted: int) -> Exception:
    seen = x.dims if len(x.dims) == n + 2 else (1, *x.dims)
    return fault(f"Given {how}, weight of size {shown(weight)}, expected input{shown(seen)} to have {wanted} "
                 f"channels, but got {seen[1]} channels instead")  # fmt: skip


def transposed_conv(
    x: Tensor, weight: Shape, stride: Shape, padding: Shape, extra: Shape, dilation: Shape, groups: int
) -> Tensor:
    """A transposed convolution; ``weight`` begins with the channels that go in."""
    n = len(weight) - 2
    _batched(x, n, "_transpose")
    if x.dims[-n - 1] != weight[0]:
        raise _channels(x, weight, n, "transposed=1", weight[0])
    out = (
        (x.dims[i - n] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (weight[2 + i] - 1) + extra[i] + 1
        for i in range(n)
    )
    return like(x, (*x.dims[: -n - 1], weight[1] * groups, *out))


def pool(x: Tensor, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, ceil: bool) -> Tensor:
    """A maximum or average over windows."""
    n = len(kernel)
    if len(x.dims) not in (n + 1, n + 2):
        if n == 2:
            raise fault("non-empty 3D or 4D (batch mode) tensor expected for input")
        raise Vague
    places = x.dims[-n:]
    out = tuple(_windows(places[i], kernel[i], stride[i], padding[i], dilation[i], ceil) for i in range(n))
    if any(size < 1 for size in out):
        channels = x.dims[-n - 1]
        raise fault(f"Given input size: ({channels}x{_x(places, n)}). Calculated output size: "
                    f"({channels}x{_x(out, n)}). Output size is too small")  # fmt: skip
    return like(x, (*x.dims[:-n], *out))


def _x(sizes: Shape, n: int) -> str:
    return "x".join(map(str, sizes if n > 1 else (1, *sizes)))


def _windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    steps = -(-room // stride) if ceil else room // stride
    if ceil and steps * stride >= size + padding:
        steps -= 1
    return steps + 1


def norm(x: Tensor, features: int, ranks: tuple[int, ...], training: bool = True) -> Tensor:
    """Batch normalisation."""
    if len(x.dims) not in ranks:
        wanted = " or ".join(f"{rank}D" for rank in ranks)
        raise fault(f"expected {wanted} input (got {len(x.dims)}D input)", "ValueError")
    if x.dims[1] != features:
        raise fault(f"running_mean should contain {x.dims[1]} elements not {features}")
    if training and x.count == x.dims[1]:
        text = f"Expected more than 1 value per channel when training, got input size torch.Size({shown(x.dims)})"
        raise fault(text, "ValueError")
    return x


def reshape(x: Tensor, wanted: Sequence[int]) -> Tensor:
    """``x.reshape(wanted)``; one size may be -1."""
    sizes = tuple(wanted)
    if sizes.count(-1) > 1:
        numpy = x.of == "numpy"
        raise fault("can only specify one unknown dimension" if numpy else "only one dimension can be inferred",
                    "ValueError" if numpy else "RuntimeError")  # fmt: skip
    rest = math.prod(each for each in sizes if each != -1)
    inferred = -1 in sizes
    if (inferred and (rest == 0 or x.count % rest)) or (not inferred and rest != x.count):
        if x.of == "numpy":
            into = str(sizes).replace(" ", "")
            raise fault(f"cannot reshape array of size {x.count} into shape {into}", "ValueError")
        raise fault(f"shape '{shown(sizes)}' is invalid for input of size {x.count}")
    return like(x, (x.count // rest if each == -1 else each for each in sizes))


def flatten(x: Tensor, start: Value = 0, end: Value = -1) -> Tensor:
    """``torch.flatten``."""
    if not x.dims:
        return like(x, (1,))
    first, last = at(start, len(x.dims)), at(end, len(x.dims))
    if first > last:
        raise fault("flatten() has invalid args: start_dim cannot come after end_dim")
    return like(x, (*x.dims[:first], math.prod(x.dims[first : last + 1]), *x.dims[last + 1 :]))


def cat(many: Sequence[Tensor], dim: Value) -> Tensor:
    """``torch.cat`` and ``numpy.concatenate``."""
    if not many:
        raise Vague
    held = [each for each in many if each.dims != (0,)] or list(many)
    first = held[0]
    index = at(dim, len(first.dims))
    for n, each in enumerate(many):
        if each.dims == (0,):
            continue
        if len(each.dims) != len(first.dims):
            if first.of == "numpy":
                raise Vague
            raise fault(f"Tensors must have same number of dimensions: got {len(first.dims)} and {len(each.dims)}")
        for place, (a, b) in enumerate(zip(first.dims, each.dims, strict=True)):
            if a != b and place != index:
                if first.of == "numpy":
                    raise fault("all the input array dimensions except for the concatenation axis must match exactly, "
                                f"but along dimension {place}, the array at index 0 has size {a} and the array at "
                                f"index {n} has size {b}", "ValueError")  # fmt: skip
                raise fault(f"Sizes of tensors must match except in dimension {index}. Expected size {a} but got size "
                            f"{b} for tensor number {n} in the list.")  # fmt: skip
    total = sum(each.dims[index] for each in held)
    shape = (*first.dims[:index], total, *first.dims[index + 1 :])
    return like(first, shape, promote(*(each.dtype for each in many)))


def stack(many: Sequence[Tensor], dim: Value) -> Tensor:
    """``torch.stack`` and ``numpy.stack``."""
    if not many:
        raise Vague
    first = many[0]
    for n, each in enumerate(many):
        if each.dims != first.dims:
            if first.of == "numpy":
                raise fault("all input arrays must have the same shape", "ValueError")
            raise fault(f"stack expects each tensor to be equal size, but got {shown(first.dims)} at entry 0 and "
                        f"{shown(each.dims)} at entry {n}")  # fmt: skip
    index = at(dim, len(first.dims) + 1)
    return like(first, (*first.dims[:index], len(many), *first.dims[index:]), promote(*(t.dtype for t in many)))


def reduce(x: Tensor, dim: Value = None, keep: bool = False, dtype: str | None = None) -> Tensor:
    """A sum, mean or maximum over all elements or some dimensions."""
    if dim is None:
        return tensor((1,) * len(x.dims) if keep else (), dtype or x.dtype, of=x.of, device=x.device)
    places = {at(each, len(x.dims)) for each in (dim if isinstance(dim, (list, tuple)) else (dim,))}
    if keep:
        return like(x, (1 if n in places else size for n, size in enumerate(x.dims)), dtype)
    return like(x, (size for n, size in enumerate(x.dims) if n not in places), dtype)
