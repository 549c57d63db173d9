"""Modules as torch sees them: what they hold by name, their parameters, and how they are shown.

A module is a library's layer (a ``Thing`` of this kind) or an object of a class of the source that descends from one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from llm_kernel.plan.shapes.tensor import Tensor, Vague
from llm_kernel.plan.values import Instance, Thing, Value
from llm_kernel.plan.walk import Walk

__all__ = ["LAYER", "Layer", "Modules", "buffers", "children", "is_module", "layer_of", "make", "modules", "parameters",
           "show", "state"]  # fmt: skip

LAYER = "<layer>"
"""The attribute under which a module keeps what it is."""
Forward: TypeAlias = Callable[[Walk, Value, list[Value], dict[str, Value]], Value]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What a library's module is: its class, what stands between its parentheses, and what a call of it gives."""

    name: str
    extra: tuple[str, str]
    """As torch 1 shows it, and as torch 2 does."""
    forward: Forward
    given: tuple[list[Value], dict[str, Value]] | None = None
    """The arguments that it was made with, where they are kept."""


_PLAIN = frozenset({Tensor, Layer, bool, int, float, str, tuple, type(None)})
"""What most attributes of a module are, none of them a module."""


class Modules(list[Value]):
    """A ``ModuleList``: a list whose modules count as held by its owner."""

    __slots__ = ()


class Named(dict[Any, Value]):
    """A ``ModuleDict``: a dict whose modules count as held by its owner."""

    __slots__ = ()


def make(layer: Layer, attrs: dict[str, Value]) -> Thing:
    """A library's module."""
    return Thing("module", {LAYER: layer, **attrs})


def is_module(value: Value) -> bool:
    """Whether torch would register this value as a submodule."""
    match value:
        case Thing(kind="module" | "parallel") | Modules() | Named():
            return True
        case Instance():
            foreign = value.cls.foreign()
            return foreign.startswith("torch.nn.") or foreign.endswith(("LightningModule",))
    return False


def layer_of(value: Value) -> Layer | None:
    """What a library's module is; None for one of the source."""
    found = value.attrs.get(LAYER) if isinstance(value, (Thing, Instance)) else None
    return found if isinstance(found, Layer) else None


def held(module: Value) -> dict[str, Value]:
    """What a module holds, by name."""
    if type(module) is Thing and module.kind == "module":  # most are
        return module.attrs
    match module:
        case Modules():
            return {str(n): each for n, each in enumerate(module)}
        case Named():
            return {str(key): each for key, each in module.items()}
        case Thing(kind="parallel"):
            return {"module": module.attrs["inner"]}
        case Thing() | Instance():
            return module.attrs
    return {}


def children(module: Value) -> dict[str, Value]:
    """The modules that a module holds."""
    inside = held(module)
    if "*" in inside and not isinstance(inside["*"], (Tensor, Thing, Instance)):
        raise Vague
    if _PLAIN.issuperset(map(type, inside.values())):  # a layer that holds none
        return {}
    return {name: each for name, each in inside.items() if type(each) not in _PLAIN and is_module(each)}


def modules(module: Value, prefix: str = "") -> Iterator[tuple[str, Value]]:
    """The module and every one inside it once, with their full names."""
    seen: set[int] = set()
    waiting = [(prefix, module, 0)]
    while waiting:
        path, this, depth = waiting.pop()
        if id(this) in seen:
            continue
        if depth > 40 or len(seen) > 5000:
            raise Vague
        seen.add(id(this))
        yield path, this
        inner = children(this)
        if inner:
            waiting += reversed([(f"{path}.{name}" if path else name, each, depth + 1) for name, each in inner.items()])


def _tensors(module: Value, role: str) -> Iterator[tuple[str, Tensor]]:
    seen: set[int] = set()
    for prefix, each in modules(module):
        if not complete(each):
            raise Vague
        for name, value in _kept(each):
            if value.role == role and id(value) not in seen:
                seen.add(id(value))
                yield (f"{prefix}.{name}" if prefix else name), value


def _kept(module: Value) -> list[tuple[str, Tensor]]:
    """The tensors that a module holds itself."""
    return [(name, each) for name, each in held(module).items() if isinstance(each, Tensor)]


def complete(module: Value) -> bool:
    """Whether everything that a module holds is known."""
    return not (isinstance(module, (Thing, Instance)) and module.attrs.get("<open>") is True)


def parameters(module: Value) -> list[tuple[str, Tensor]]:
    """Every parameter with its full name, shared ones once."""
    return list(_tensors(module, "param"))


def buffers(module: Value) -> list[tuple[str, Tensor]]:
    """Every buffer with its full name."""
    return list(_tensors(module, "buffer"))


def state(module: Value) -> dict[str, Value]:
    """``state_dict()``: parameters and buffers, module by module."""
    found: dict[str, Value] = {}
    for prefix, each in modules(module):
        tensors = _kept(each)
        for role in ("param", "buffer") if tensors else ():
            found.update(
                (f"{prefix}.{name}" if prefix else name, value) for name, value in tensors if value.role == role
            )
    return found


def show(module: Value, folded: bool, own: Callable[[Instance], str]) -> str:
    """What ``print`` shows; ``folded`` as torch 2 does, where equal neighbours in a list stand once.

    ``own`` asks an object of the source what stands between its parentheses.
    """
    return _show(module, folded, own, 0)


def _show(module: Value, folded: bool, own: Callable[[Instance], str], depth: int) -> str:
    if depth > 40 or not complete(module):
        raise Vague
    layer = layer_of(module)
    text = layer.extra[folded] if layer is not None else ""
    if isinstance(module, Instance):
        text = own(module) or text
    inner = [(name, _show(each, folded, own, depth + 1)) for name, each in _shown_children(module)]
    lines = _folded(inner) if folded and isinstance(module, Modules) else [f"({name}): {each}" for name, each in inner]
    head = _name(module) + "("
    if not lines:
        return head + text + ")"
    rows = "\n".join([*([text] if text else []), *lines]).replace("\n", "\n  ")
    return f"{head}\n  {rows}\n)"


def _shown_children(module: Value) -> list[tuple[str, Value]]:
    """A module that stands under two names is shown under both."""
    return list(children(module).items())


def _name(module: Value) -> str:
    match module:
        case Modules():
            return "ModuleList"
        case Named():
            return "ModuleDict"
        case Thing(kind="parallel"):
            return str(module.attrs.get("name", "DataParallel"))
        case Instance():
            return module.cls.name
    layer = layer_of(module)
    return layer.name if layer is not None else "?"


def _folded(inner: list[tuple[str, str]]) -> list[str]:
    """Equal neighbours of a list stand once, with how many they are."""
    runs: list[tuple[int, int, str]] = []
    for n, (_, text) in enumerate(inner):
        if runs and runs[-1][2] == text:
            runs[-1] = (runs[-1][0], n, text)
        else:
            runs.append((n, n, text))
    return [
        f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
        for first, last, text in runs
    ]
