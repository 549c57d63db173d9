"""Hooks of modules: functions that are called before and after a module is."""

from __future__ import annotations

from collections.abc import Callable

from llm_kernel.plan.forgetting import forget
from llm_kernel.plan.values import Bound, Function, Instance, Lib, Thing, Unknown, Value
from llm_kernel.plan.walk import Walk

__all__ = ["HANDLES", "HOOKS", "after", "before", "handle_attribute", "removed"]

_BEFORE = "<before>"
_AFTER = "<after>"


def _registers(place: str) -> Callable[..., Value]:
    def register(w: Walk, this: Value, hook: Value, *rest: Value, **named: Value) -> Value:
        handle = Thing("handle", {"of": this, "place": place, "hook": hook})
        if isinstance(this, (Thing, Instance)):
            held = this.attrs.get(place, ())
            w.state.hooks += 1
            w.state.put(this.attrs, place, (*held, handle) if isinstance(held, tuple) else (handle,))
        return handle

    return register


def _backward(w: Walk, this: Value, hook: Value, *rest: Value, **named: Value) -> Value:
    """Nobody follows a gradient's way: what the hook may write is not known any more."""
    inner = hook.function if isinstance(hook, Bound) else hook
    if isinstance(inner, Function):
        forget(w, w.writes(inner.node), inner.env)
    return Unknown(origin="torch.utils.hooks.RemovableHandle()")


HOOKS = {
    "register_forward_hook": _registers(_AFTER), "register_forward_pre_hook": _registers(_BEFORE),
    "register_full_backward_hook": _backward, "register_backward_hook": _backward,
    "register_full_backward_pre_hook": _backward,
}  # fmt: skip
"""What registers a hook, by the name of the method."""


def removed(w: Walk, handles: list[Value]) -> None:
    """Take these hooks away."""
    for each in handles:
        _remove(w, [each], {}, None)


def _remove(w: Walk, args: list[Value], named: dict[str, Value], node: object) -> Value:
    handle = args[0]
    if isinstance(handle, Thing) and isinstance(of := handle.attrs["of"], (Thing, Instance)):
        place = str(handle.attrs["place"])
        held = of.attrs.get(place, ())
        kept = tuple(each for each in held if each is not handle) if isinstance(held, tuple) else ()
        w.state.hooks -= len(kept) < len(held) if isinstance(held, tuple) else 0
        w.state.put(of.attrs, place, kept)
    return None


HANDLES = {"torch.utils.hooks.<remove>": _remove}
"""Handlers by full name."""


def handle_attribute(this: Thing, name: str) -> Value:
    """``handle.name``."""
    return Bound(Lib("torch.utils.hooks.<remove>"), this) if name == "remove" else Unknown()


def _held(this: Thing | Instance, place: str) -> list[Value]:
    held = this.attrs.get(place, ())
    handles = held if isinstance(held, tuple) else ()
    return [each.attrs["hook"] for each in handles if isinstance(each, Thing)]


def before(w: Walk, this: Thing | Instance, args: list[Value]) -> list[Value]:
    """The arguments of a module's call, as its hooks leave them."""
    for hook in _held(this, _BEFORE):
        said = w.call(hook, [this, tuple(args)], {}, None)
        if said is not None:
            args = list(said) if isinstance(said, tuple) else [said]
    return args


def after(w: Walk, this: Thing | Instance, args: list[Value], found: Value) -> Value:
    """What a module's call gives, as its hooks leave it."""
    for hook in _held(this, _AFTER):
        said = w.call(hook, [this, tuple(args), found], {}, None)
        found = found if said is None else said
    return found
