"""Methods that change a tensor where it is: ``add_``, ``fill_``, ``uniform_`` and their like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llm_kernel.plan.shapes.chance import drawn_into
from llm_kernel.plan.shapes.gradients import begin_tape
from llm_kernel.plan.shapes.numeric import filled
from llm_kernel.plan.shapes.numpys import write
from llm_kernel.plan.shapes.tensor import Tensor, fault, like
from llm_kernel.plan.values import Value
from llm_kernel.plan.walk import Walk

__all__ = ["LEAF", "change"]

LEAF = "a leaf Variable that requires grad is being used in an in-place operation."
"""What torch says of a change that would lose a gradient."""

_DRAWN = ("uniform_", "normal_", "random_", "bernoulli_", "exponential_", "log_normal_", "geometric_", "cauchy_",
          "dropout_", "alpha_dropout_", "rrelu_")  # fmt: skip
_SAME = ("share_memory_", "detach_", "retain_grad_")


def change(w: Walk, this: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Value:
    """Note what ``this.name(...)`` does to the numbers of ``this``."""
    if name == "requires_grad_":
        return _learning(w, this, [*args, named.get("requires_grad", True)][0] is not False)
    if name in _SAME:
        return this
    if this.learns and this.tape is not None and this.tape["quiet"] is not True:
        return _followed(w, this)
    array = drawn_into(w, this, name, args, named) if name in _DRAWN else _computed(this, name, args, named)
    if this.cell is not None and (this.numbers is not None or (array is not None and this.role != "param")):
        write(w, this, array if this.role != "param" else None)
    return this


def _learning(w: Walk, this: Tensor, wanted: bool) -> Value:
    """The tensor itself, where it is known which one; its numbers no longer say what is made of it."""
    if this.cell is None:
        return replace(this, grad=wanted)
    w.state.put(this.cell.held, "grad", wanted)
    if wanted:
        begin_tape(w, this)
    return this


def _followed(w: Walk, this: Tensor) -> Value:
    """The tensor itself, whose gradients are followed: a leaf may not change, and others are known no more.

    Raises:
        Raised: for a leaf.
    """
    if this.trace == "" and this.tape is not None and this.tape["quiet"] is False:
        raise fault(LEAF, "RuntimeError")
    write(w, this, None)
    return this


def _computed(this: Tensor, name: str, args: list[Value], named: dict[str, Value]) -> Any:
    """The numbers that it has then, where they are known."""
    import numpy

    if name == "zero_" or (name == "fill_" and args and isinstance(args[0], (bool, int, float))):
        return numpy.full(this.dims, 0 if name == "zero_" else args[0]).astype(this.dtype) if _held(this) else None
    made = filled(like(this, this.dims), name[:-1], [this, *args], named)
    return made.numbers if isinstance(made, Tensor) else None


def _held(this: Tensor) -> bool:
    return this.numbers is not None
