"""Steps of PyTorch's optimizers on tensors whose numbers and gradients are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from llm_kernel.plan.nodes import Loop
from llm_kernel.plan.rates import groups_of
from llm_kernel.plan.shapes.gradients import loosen, slope
from llm_kernel.plan.shapes.numpys import forget, write
from llm_kernel.plan.shapes.release import before
from llm_kernel.plan.shapes.tensor import Tensor, exact
from llm_kernel.plan.values import Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["closed", "followed", "optimizer_method"]

Array: TypeAlias = Any
Memory: TypeAlias = tuple[Any, ...]
_Rule: TypeAlias = Callable[[Any, Array, Array, Memory, Mapping[str, Any]], tuple[Array, Memory]]


def _leaves(held: Value) -> Iterator[Tensor]:
    """The tensors among what an optimizer is given that are no module's parameters."""
    if isinstance(held, Tensor):
        if held.role != "param":
            yield held
    elif isinstance(held, dict):
        yield from _leaves(held.get("params"))
    elif isinstance(held, (list, tuple)):
        for each in held:
            yield from _leaves(each)


def followed(held: Value) -> bool:
    """Whether an optimizer's steps on these can be computed."""
    found = list(_leaves(held))
    return bool(found) and all(each.numbers is not None and each.learns is True for each in found)


def optimizer_method(w: Walk, this: Thing, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """``optimizer.zero_grad()`` and ``optimizer.step()``."""
    if name == "zero_grad":
        newer = not before(w.facts, "torch", (2, 0))
        _clear(w, groups_of(this), args[0] if args else named.get("set_to_none", newer))
        return None
    closure = args[0] if args else named.get("closure")
    told = w.call(closure, [], {}, None) if closure is not None else None
    _step(w, this)
    return told


def closed(w: Walk, path: str, closure: Value) -> Value:
    """``step(closure)`` of an optimizer that is not followed: LBFGS asks the closure again as often as it needs."""
    told = w.call(closure, [], {}, None)
    if path != "torch.optim.LBFGS().step":
        return told
    w.doubt += 1
    w.state.begin()
    try:
        _, nodes = w.record(lambda: _asked(w, closure))
    finally:
        w.state.merge([{}, w.state.rollback()], widen=True)
        w.doubt -= 1
    if nodes:
        w.emit(Loop(None, "", (), nodes))
    return told


def _asked(w: Walk, closure: Value) -> None:
    w.call(closure, [], {}, None)


def _clear(w: Walk, groups: Sequence[Mapping[str, Value]], anew: Value) -> None:
    """No gradients, or (``anew`` is not True) gradients of zeros."""
    for leaf, _ in _pairs(groups):
        assert leaf.cell is not None
        old = leaf.cell.held.get("slope")
        if not isinstance(anew, bool):
            loosen(w)
        elif anew:
            w.state.put(leaf.cell.held, "slope", None)
        elif isinstance(old, Tensor):
            write(w, old, None if old.numbers is None else old.numbers * 0)


def _step(w: Walk, this: Thing) -> None:
    """One step; where it is not known what it does, nobody knows the tensors any more."""
    rule = _RULES.get(str(this.attrs["name"]))
    for n, (leaf, group) in enumerate(_pairs(groups_of(this))):
        grad = slope(leaf)
        if grad is None and leaf.numbers is not None:
            continue
        options = {key: each for key, each in group.items() if key != "params"}
        sure = all(isinstance(each, (bool, int, float, tuple, type(None))) for each in options.values())
        if rule is None or not sure or not isinstance(grad, Tensor) or grad.numbers is None or leaf.numbers is None:
            forget(w, [leaf])
        else:
            _settle(w, this, f"<memory of {n}>", leaf, grad, options, rule)


def _pairs(groups: Sequence[Mapping[str, Value]]) -> Iterator[tuple[Tensor, Mapping[str, Value]]]:
    for group in groups:
        for leaf in _leaves(group):
            yield leaf, group


def _settle(
    w: Walk, this: Thing, place: str, leaf: Tensor, grad: Tensor, options: Mapping[str, Any], rule: _Rule
) -> None:
    import numpy

    assert leaf.cell is not None
    assert leaf.numbers is not None
    assert grad.numbers is not None
    memory: Any = this.attrs.get(place, ())
    kind = leaf.numbers.dtype.type
    slopes = grad.numbers * kind(-1 if options.get("maximize") else 1)
    decay = options.get("weight_decay", 0)
    if decay and this.attrs["name"] != "AdamW":
        slopes = slopes + kind(decay) * leaf.numbers
    with numpy.errstate(all="ignore"):
        made, kept = rule(numpy, leaf.numbers, slopes, memory, options)
    array = made.astype(leaf.dtype)
    write(w, leaf, array)
    w.state.put(leaf.cell.held, "rough", not exact(array))
    if kept:
        w.state.put(this.attrs, place, kept)


def _sgd(np: Any, x: Array, slope: Array, memory: Memory, of: Mapping[str, Any]) -> tuple[Array, Memory]:
    pace = of["momentum"]
    if not pace:
        return x - of["lr"] * slope, ()
    speed = pace * memory[0] + (1 - of["dampening"]) * slope if memory else slope
    return x - of["lr"] * (slope + pace * speed if of["nesterov"] else speed), (speed,)


def _adam(np: Any, x: Array, slope: Array, memory: Memory, of: Mapping[str, Any]) -> tuple[Array, Memory]:
    n, mean, square, most = memory or (0, 0 * slope, 0 * slope, 0 * slope)
    one, two = of["betas"]
    n, mean, square = n + 1, one * mean + (1 - one) * slope, two * square + (1 - two) * slope * slope
    most = np.maximum(most, square) if of["amsgrad"] else square
    size = np.sqrt(most) / (1 - two**n) ** 0.5 + of["eps"]
    return x - of["lr"] / (1 - one**n) * (mean / size), (n, mean, square, most)


def _decayed(np: Any, x: Array, slope: Array, memory: Memory, of: Mapping[str, Any]) -> tuple[Array, Memory]:
    """``AdamW``, whose decay is no part of the gradient."""
    return _adam(np, x * (1 - of["lr"] * of["weight_decay"]), slope, memory, of)


def _rmsprop(np: Any, x: Array, slope: Array, memory: Memory, of: Mapping[str, Any]) -> tuple[Array, Memory]:
    square, mean, speed = memory or (0 * slope, 0 * slope, 0 * slope)
    square = of["alpha"] * square + (1 - of["alpha"]) * slope * slope
    mean = of["alpha"] * mean + (1 - of["alpha"]) * slope if of["centered"] else mean
    moved = slope / (np.sqrt(square - mean * mean) + of["eps"])
    speed = of["momentum"] * speed + moved if of["momentum"] else moved
    return x - of["lr"] * speed, (square, mean, speed)


def _adagrad(np: Any, x: Array, slope: Array, memory: Memory, of: Mapping[str, Any]) -> tuple[Array, Memory]:
    n, total = memory or (0, 0 * slope + of["initial_accumulator_value"])
    total = total + slope * slope
    return x - of["lr"] / (1 + n * of["lr_decay"]) * slope / (np.sqrt(total) + of["eps"]), (n + 1, total)


_RULES: dict[str, _Rule] = {
    "SGD": _sgd, "Adam": _adam, "AdamW": _decayed, "RMSprop": _rmsprop, "Adagrad": _adagrad,
}  # fmt: skip
"""Optimizers by name: the new numbers and what is kept for the next step."""
