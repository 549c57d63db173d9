"""What a loop runs over: how many turns, and the value of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llm_kernel.plan.shapes.batches import batch
from llm_kernel.plan.shapes.chance import lose
from llm_kernel.plan.shapes.keras.tensors import examples
from llm_kernel.plan.shapes.module import children
from llm_kernel.plan.shapes.operators import element as row
from llm_kernel.plan.shapes.tensor import Tensor
from llm_kernel.plan.values import (
    LONGEST,
    SPREAD,
    Collated,
    Instance,
    Items,
    Thing,
    Unknown,
    Value,
    kind_of,
    known,
    spread,
)  # fmt: skip
from llm_kernel.plan.walk import Raised, Walk

_ELEMENTS = {"tensor": "tensor", "ints": "ints", "bools": "bools", "str": "str", "shape": "int"}


def iterate(w: Walk, value: Value) -> Items:
    """The turns of ``for ... in value``."""
    match value:
        case Items():
            return value
        case Thing(kind="bar" | "chain"):
            return iterate(w, value.attrs["inner"])
        case Thing(kind="counter"):
            return _counting(w, value)
        case Thing(kind="file"):
            text = value.attrs["text"]
            return listed(text.splitlines(keepends=True)) if isinstance(text, str) else Items(None, _a_line)
        case Thing(kind="loader"):
            turns = value.attrs.get("size")
            lose(w)  # every pass draws a seed for its workers
            return _batches(value, turns if isinstance(turns, int) else None)
        case Thing(kind="pipeline"):
            return examples(value)
        case Thing(kind="dataset"):
            size = value.attrs.get("size")
            return Items(size if isinstance(size, int) else None, lambda turn: Unknown("tensor"))
        case Thing(kind="module"):
            return listed(list(children(value).values()))
        case Tensor(shape=(count, *_)):
            return Items(count, lambda turn: row(value, turn))
        case Unknown():
            if value.among:
                return Items(None, lambda turn: Unknown(_ELEMENTS.get(value.kind, "any")))
            each = Unknown(_ELEMENTS.get(value.kind, "str" if value.origin == "builtins.open()" else "any"))
            return Items(value.size, lambda turn: each)
        case Instance():
            return _instance(w, value)
    if isinstance(value, (set, frozenset)):
        return _set(value)
    if isinstance(value, (list, tuple, str, range, dict, bytes)):
        return listed(value)
    if known(value):
        raise Raised("TypeError", f"'{type(value).__name__}' object is not iterable")
    return Items(None, lambda turn: Unknown())


def _batches(loader: Thing, count: int | None) -> Items:
    """What a loader gives: all its batches are alike but the last."""
    first = batch(loader, None)
    return Items(count, lambda turn: first if turn is None or turn + 1 != count else batch(loader, turn))


def _counting(w: Walk, value: Thing) -> Items:
    """``itertools.count``; how far a loop takes it, nobody notes."""
    now, step = value.attrs["now"], value.attrs["step"]
    w.state.put(value.attrs, "now", Unknown("int"))
    if not isinstance(now, int) or not isinstance(step, int):
        return Items(None, lambda turn: Unknown("int"), endless=True)
    later = Unknown("int", low=now + 1 if step > 0 else None)
    return Items(None, lambda turn: later if turn is None else now + step * turn, endless=True)


def _a_line(turn: int | None) -> Value:
    return Unknown("str")


def _instance(w: Walk, value: Instance) -> Items:
    method = w.attribute(value, "__iter__")
    if not isinstance(method, Unknown):
        found = w.call(method, [], {}, None)
        if found is not value:
            return iterate(w, found)
    return Items(None, lambda turn: Unknown())


def _set(value: set[Any] | frozenset[Any]) -> Items:
    """The order of strings in a set differs from run to run; that of small numbers does not."""
    if not spread(value) and all(isinstance(each, int) for each in value):
        return listed(value)
    kinds = {kind_of(each) for each in value if each is not SPREAD}
    element = Unknown(kinds.pop() if len(kinds) == 1 else "any", among=_sorted(value) if 0 < len(value) <= 4 else ())
    return Items(None if spread(value) else len(value), lambda turn: element)


def _sorted(value: set[Any] | frozenset[Any]) -> tuple[Any, ...]:
    """In an order that is the same in every run, since requests are made of it."""
    return tuple(sorted(value, key=repr))


def listed(value: Any) -> Items:
    """The turns over a container whose values are known at least in number."""
    if spread(value):
        kinds = {kind_of(each) for each in value if each is not SPREAD}
        element = Unknown(kinds.pop() if len(kinds) == 1 else "any")
        return Items(None, lambda turn: element)
    held = value if isinstance(value, (list, tuple, str, range)) else list(value)
    kinds = {"int"} if isinstance(held, range) else {kind_of(each) for each in held[:50]}
    later = Unknown(kinds.pop() if len(kinds) == 1 else "any", low=1 if isinstance(held, range) and held and
                    min(held[0], held[-1]) >= 0 and held.step > 0 else None)  # fmt: skip
    return Items(len(held), lambda turn: later if turn is None or turn >= len(held) else held[turn])


def lengthen(w: Walk, held: list[Any], more: Sequence[Any]) -> None:
    """Add values to the end of a list; of one that grows without end nobody knows what it holds."""
    w.state.touch(held)
    if len(held) + len(more) <= LONGEST:
        held.extend(more)
    else:
        held[:] = [SPREAD]


def counted(items: Items, start: Value) -> Items:
    """``enumerate``."""
    low = start + 1 if isinstance(start, int) else None

    def at(turn: int | None) -> Value:
        number = start + turn if isinstance(start, int) and turn is not None else Unknown("int", low=low)
        return (number, items.at(turn))

    return Items(items.count, at, endless=items.endless)


def zipped(many: list[Items]) -> Items:
    """``zip``."""
    counts = [each.count for each in many if not each.endless]
    least = min((count for count in counts if count is not None), default=0)
    sure = bool(counts) and None not in counts
    return Items(least if sure else None, lambda turn: tuple(each.at(turn) for each in many), endless=not counts)


def unpack(w: Walk, value: Value, wanted: int | None = None) -> list[Value]:
    """The values of an iterable as a list, holding SPREAD where their number is unknown."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Unknown) and value.shape is not None and value.kind == "shape":
        return list(value.shape)
    if isinstance(value, Collated) and wanted is not None:
        return [Unknown(size=value.rows)] * wanted
    if isinstance(value, Unknown) and wanted is not None and value.size is None:
        return [Unknown(_ELEMENTS.get(value.kind, "any"), value.origin and value.origin + "[]")] * wanted
    items = iterate(w, value)
    if items.count is None or items.count > 20000:
        return [SPREAD] if wanted is None else [items.at(None)] * wanted
    return [items.at(turn) for turn in range(items.count)]
