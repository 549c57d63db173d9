"""``load_state_dict``: what torch says of a state that is not the module's."""

from __future__ import annotations

from collections.abc import Mapping

from llm_kernel.plan.shapes import module as modules
from llm_kernel.plan.shapes.tensor import Size, Tensor, Vague, fault
from llm_kernel.plan.values import Instance, Unknown, Value, spread
from llm_kernel.plan.walk import Walk

__all__ = ["load"]

_MATCHED = "<All keys matched successfully>"


def load(w: Walk, this: Value, state: Value = None, strict: Value = True, **named: Value) -> Value:
    """Load a state: nothing but a word where all fits, else the exception that names what does not."""
    if not isinstance(state, dict) or spread(state) or not all(isinstance(key, str) for key in state):
        return Unknown("any", "torch.nn.Module.load_state_dict()")
    wrong = _wrong(modules.state(this), state, strict is not False)
    if wrong:
        text = "\n\t".join(wrong)
        raise fault(f"Error(s) in loading state_dict for {_name(this)}:\n\t{text}")
    return _MATCHED if strict is True else Unknown("any", "torch.nn.Module.load_state_dict()")


def _name(this: Value) -> str:
    layer = modules.layer_of(this)
    if isinstance(this, Instance):
        return this.cls.name
    if layer is None:
        raise Vague
    return layer.name


def _wrong(own: Mapping[str, Value], given: Mapping[str, Value], strict: bool) -> list[str]:
    said: list[str] = []
    missing = [key for key in own if key not in given and not key.endswith("num_batches_tracked")]
    for what, keys in (("Missing", missing), ("Unexpected", [key for key in given if key not in own])):
        if keys and strict:
            names = ", ".join(f'"{key}"' for key in keys)
            said.append(f"{what} key(s) in state_dict: {names}. ")
    for key, value in own.items():
        other = given.get(key)
        if isinstance(value, Tensor) and isinstance(other, Tensor) and other.dims != value.dims:
            said.append(f"size mismatch for {key}: copying a param with shape {Size(other.dims)} from checkpoint, the "
                        f"shape in current model is {Size(value.dims)}.")  # fmt: skip
    return said
