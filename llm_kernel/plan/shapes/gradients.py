"""Gradients of small computations whose numbers are known.

They come by the complex step, which needs no rule for each function: the derivative of an analytic f at x is the
imaginary part of f(x + ih) / h, exact but for rounding (Squire and Trapp, SIAM Review 40, 1998).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_kernel.plan.shapes.numpys import write
from llm_kernel.plan.shapes.release import release
from llm_kernel.plan.shapes.tensor import Tensor, Vague, exact, fault, given
from llm_kernel.plan.values import Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = [
    "GRADIENTS",
    "MODE",
    "Step",
    "around",
    "backward",
    "begin_gradients",
    "begin_tape",
    "entered",
    "left",
    "loosen",
    "mode",
    "record",
    "slope",
]

MODE = "grad mode"
"""The kind of what a ``with`` switches: ``of`` names it, ``to`` is what holds inside."""
_TAPE = "<gradients>"
_STEP = 1e-30
_WORK = 4000
"""Times that a function is computed for one ``backward``: its leaves' elements by its steps."""
_SPENT = 50_000_000
"""Elements that all ``backward`` of a program compute, a function of few counted as one of ``_LEAST``."""
_LEAST = 1000
_HELD = 2_000_000
"""Elements of all tensors of a program that remember how they came."""
_LATE = (1, 10)
"""The release from which on every word of torch's for a step ends in a figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """How a tensor came: what was computed of what, and torch's word for it, None where nobody knows that."""

    compute: Callable[[Sequence[Any], Mapping[str, Any]], Any]
    args: tuple[Value, ...]
    named: Mapping[str, Value]
    word: str | None
    product: bool = False


_WORDS = {
    "add": "Add0", "radd": "Add0", "sub": "Sub0", "rsub": "Rsub1", "mul": "Mul0", "rmul": "Mul0", "div": "Div0",
    "rdiv": "Mul0", "pow": "Pow0", "rpow": "Pow1", "square": "Pow0", "neg": "Neg", "exp": "Exp", "log": "Log",
    "sqrt": "Sqrt", "sin": "Sin", "cos": "Cos", "tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "clone": "Clone",
    "mse_loss": "MseLoss", "nll_loss": "NllLoss", "binary_cross_entropy": "BinaryCrossEntropy", "softmax": "Softmax",
    "log_softmax": "LogSoftmax", "t": "T", "transpose": "Transpose0", "permute": "Permute", "dot": "Dot", "mv": "Mv",
    "mm": "Mm", "unsqueeze": "Unsqueeze0", "stack": "Stack", "cat": "Cat", "view": "View", "select": "Select",
    "slice": "Slice",
}  # fmt: skip
_PRODUCTS: dict[tuple[int, ...], str] = {(1, 1): "dot", (2, 1): "mv", (2, 2): "mm"}
_WIDE = frozenset("matmul mm mv dot bmm linear outer einsum conv2d".split())
"""Functions that take each element of one with many of the other."""
_SMOOTH = (
    frozenset(
        "prod reshape flatten squeeze matmul bmm linear expand repeat contiguous cross_entropy nll_loss "
        "binary_cross_entropy_with_logits conv2d outer where sum mean".split()
    )
    | _WORDS.keys()
)
"""Functions that are computed with complex numbers as they are with others."""


def record(made: Value, name: str, args: Sequence[Value], named: Mapping[str, Value], compute: Any) -> Value:
    """The result with the step by which it came, where gradients are asked of what went into it.

    Raises:
        Vague: where gradients are asked, and how they go on from here is not known.
    """
    tapes = [each.tape for each in _inside([*args, *named.values()]) if each.learns]
    if not tapes or not isinstance(made, Tensor) or not made.dtype.startswith("float"):
        return made
    tape = tapes[0]
    if tape is None or name not in _SMOOTH or not isinstance(tape["quiet"], bool) or made.cell is None:
        raise Vague
    if not tape["quiet"]:
        tape["held"] = tape.get("held", 0) + made.count
        if tape["held"] > _HELD:
            raise Vague
        word = _word(name, args, named, tape.get("release"))
        made.cell.held.update(grad=True, tape=tape, step=Step(compute, tuple(args), dict(named), word, name in _WIDE))
    return made


def _word(name: str, args: Sequence[Value], named: Mapping[str, Value], known: tuple[int, int] | None) -> str | None:
    if name in ("sum", "mean"):
        alone = len(args) == 1 and not named
        return f"{name.title()}Backward{0 if alone else 1}"
    if name == "matmul":
        name = _PRODUCTS.get(_ranks(args), "")
    if name == "cross_entropy" and _ranks(args[:2]) == (2, 1):
        name = "nll_loss"
    if name == "pow" and isinstance(args[1], Tensor):
        name = "rpow"
    told = _WORDS.get(name)
    if told is None:
        return None
    if told[-1].isdigit():
        return f"{told[:-1]}Backward{told[-1]}"
    if known is None:
        return None
    return f"{told}Backward" + ("0" if known >= _LATE or name == "relu" else "")


def _ranks(args: Sequence[Value]) -> tuple[int, ...]:
    return tuple(len(each.dims) if isinstance(each, Tensor) else 0 for each in args)


def _inside(values: Sequence[Value]) -> Iterator[Tensor]:
    for each in values:
        if isinstance(each, Tensor):
            yield each
        elif isinstance(each, (list, tuple)):
            yield from (one for one in each if isinstance(one, Tensor))


# -- what the program says of gradients


def _tape(w: Walk) -> dict[str, Any]:
    held: Any = w.globals.names.get(_TAPE)
    if isinstance(held, dict):
        return held
    made: dict[str, Any] = {"quiet": None, "loose": True}
    w.state.put(w.globals.names, _TAPE, made)
    return made


def begin_gradients(w: Walk) -> None:
    """A program begins, and with it the following of its gradients."""
    w.globals.names[_TAPE] = {"quiet": False, "loose": False}


def begin_tape(w: Walk, this: Tensor) -> None:
    """Gradients are asked of this tensor from now on."""
    if this.cell is not None:
        tape = _tape(w)
        if "release" not in tape:
            w.state.put(tape, "release", release(w.facts, "torch"))
        w.state.put(this.cell.held, "tape", tape)


def loosen(w: Walk) -> None:
    """Nobody knows whose gradients have changed."""
    w.state.put(_tape(w), "loose", True)


def slope(this: Tensor) -> Value:
    """``this.grad``."""
    tape = this.tape
    if tape is None or tape["loose"] or this.cell is None or this.trace != "":
        return Unknown("tensor", "torch.grad", shape=this.dims if this.role == "param" else None)
    found: Value = this.cell.held.get("slope")
    return found


def backward(w: Walk, this: Tensor, args: Sequence[Value], named: Mapping[str, Value]) -> None:
    """``this.backward()``: the gradients of all its leaves grow.

    Raises:
        Raised: for a tensor of several elements.
    """
    weights = args[0] if args else named.get("gradient")
    if this.tape is None or this.learns is not True or not isinstance(this.tape["quiet"], bool):
        return loosen(w)
    if weights is None and this.count != 1:
        raise fault("grad can be implicitly created only for scalar outputs", "RuntimeError")
    try:
        found = _gradients(this, weights)
    except (Vague, TypeError, ValueError, IndexError, AttributeError):
        return loosen(w)
    for leaf, array in found:
        assert leaf.cell is not None
        old = leaf.cell.held.get("slope")
        if isinstance(old, Tensor):
            write(w, old, None if old.numbers is None else old.numbers + array)
        else:
            made = given(array, of="torch", device=leaf.device)
            made.cell.held["rough"] = not exact(array)  # type: ignore[union-attr]  # given makes one
            w.state.put(leaf.cell.held, "slope", made)
    return None


def _gradients(top: Tensor, weights: Value) -> list[tuple[Tensor, Any]]:
    """Each leaf below ``top`` and the gradient of the (weighted) sum of ``top`` by it."""
    import numpy

    order = _below(top)
    leaves = [each for each in order if each.trace == ""]
    turns = sum(each.count for each in leaves)
    assert top.tape is not None
    top.tape["spent"] = top.tape.get("spent", 0) + turns * sum(map(_cost, order))
    if turns * len(order) > _WORK or top.tape["spent"] > _SPENT:
        raise Vague
    factor: Any = 1.0
    if weights is not None:
        if not isinstance(weights, Tensor) or weights.numbers is None:
            raise Vague
        factor = weights.numbers.astype("float64")
    found = []
    for leaf in leaves:
        flat = numpy.zeros(leaf.count)
        for n in range(leaf.count):
            step = numpy.zeros(leaf.count, dtype="complex128")
            step[n] = 1j * _STEP
            value = _computed(order, leaf, step.reshape(leaf.dims))
            flat[n] = (value * factor).sum().imag / _STEP
        found.append((leaf, flat.reshape(leaf.dims).astype(leaf.dtype)))
    return found


def _cost(one: Tensor) -> int:
    """Elements that go into a step, each with each where it is a product."""
    parts = [each.count for each in _inside(one.step.args)] if one.step is not None else []
    return max(_LEAST, one.count, math.prod(parts) if parts and one.step.product else sum(parts))


def _below(top: Tensor) -> list[Tensor]:
    """All tensors that ``top`` came from and that gradients are asked of, what others need first."""
    order: list[Tensor] = []
    seen: set[int] = set()
    waiting: list[tuple[Tensor, bool]] = [(top, False)]
    while waiting:
        this, ready = waiting.pop()
        assert this.cell is not None
        if ready:
            order.append(this)
        elif id(this.cell) not in seen:
            seen.add(id(this.cell))
            if this.numbers is None or len(seen) > _WORK:
                raise Vague
            waiting.append((this, True))
            step = this.step
            if step is not None:
                waiting += [(e, False) for e in _inside([*step.args, *step.named.values()]) if e.learns]
    return order


def _computed(order: Sequence[Tensor], leaf: Tensor, shift: Any) -> Any:
    """What the last of ``order`` is when ``leaf`` is shifted."""
    import numpy

    values: dict[int, Any] = {}

    def plain(value: Value) -> Any:
        if isinstance(value, Tensor):
            return values.get(id(value.cell), value.numbers)
        return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value

    with numpy.errstate(all="ignore"):
        for each in order:
            assert each.numbers is not None
            step = each.step
            if step is None:
                values[id(each.cell)] = each.numbers.astype("float64") + (shift if each.cell is leaf.cell else 0)
            else:
                named = {name: plain(value) for name, value in step.named.items()}
                values[id(each.cell)] = numpy.asarray(step.compute([plain(one) for one in step.args], named))
    return values[id(order[-1].cell)]


def _mode(quiet: bool | None) -> Callable[..., Value]:
    """``torch.no_grad`` and its like: for a ``with``, or round a function, whose calls are not followed."""

    def handle(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
        if args and not isinstance(args[0], bool):
            w.state.put(_tape(w), "quiet", None)
            return args[0]
        return Thing(MODE, {"to": quiet if not args else args[0] is quiet})

    return handle


def _enabled(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.set_grad_enabled(mode)``, which holds from now on."""
    mode = args[0] if args else named.get("mode")
    before = _tape(w)["quiet"]
    w.state.put(_tape(w), "quiet", not mode if isinstance(mode, bool) else None)
    return Thing(MODE, {"to": _tape(w)["quiet"], "before": before})


def mode(w: Walk, name: str) -> Value:
    """What holds at this place of the program: whether gradients are followed (``quiet``), or what is cast."""
    return _tape(w).get(name)


def entered(w: Walk, manager: Thing) -> tuple[str, Value]:
    """A ``with`` of this mode begins; what held before it, with its name."""
    name = str(manager.attrs.get("of", "quiet"))
    before = manager.attrs.get("before", mode(w, name))
    w.state.put(_tape(w), name, manager.attrs["to"])
    return name, before


def left(w: Walk, name: str, before: Value) -> None:
    """The ``with`` is over."""
    w.state.put(_tape(w), name, before)


def around(w: Walk, this: Thing, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """The mode as a decorator: nobody follows when such a function is called."""
    name = str(this.attrs.get("of", "quiet"))
    w.state.put(_tape(w), name, None if name == "quiet" else "?")
    return args[0] if args else Unknown()


def _round(w: Walk, args: list[Value], named: dict[str, Value], node: ast.AST | None) -> Value:
    """``torch.autograd.backward(...)`` and ``grad(...)``, which are not followed."""
    loosen(w)
    return Unknown("any", "torch.autograd()")


GRADIENTS = {
    "torch.no_grad": _mode(True), "torch.inference_mode": _mode(True), "torch.enable_grad": _mode(False),
    "torch.set_grad_enabled": _enabled, "torch.autograd.backward": _round, "torch.autograd.grad": _round,
}  # fmt: skip
"""Handlers by full name."""
