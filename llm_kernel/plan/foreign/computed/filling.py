"""What an array or a structure begins with: the values between its braces, each in its slot, the rest zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import Array, Int, Kind, Struct, nothing, single, slots
from llm_kernel.plan.foreign.computed.literals import letters
from llm_kernel.plan.foreign.computed.operators import Frame, Run
from llm_kernel.plan.foreign.trees import text

if TYPE_CHECKING:
    from llm_kernel.plan.foreign.computed.expressions import Expressions

__all__ = ["filled", "filling"]


def filled(kind: Kind, value: Node | None) -> Kind:
    """The type of what begins with ``value``, which says how long an array is whose declarator does not."""
    if not isinstance(kind, Array) or kind.count is not None:
        return kind
    if value is None:
        raise Unsure("an array without a length")
    said = letters(value)
    if said is not None:
        return Array(kind.of, len(said))
    items = _items(value)
    if any(one.type == "initializer_pair" for one in items) or not items:
        raise Unsure("an array without a length")
    texts = isinstance(kind.of, Array) and all(letters(one) for one in items)
    if not single(kind.of) and not texts and any(one.type != "initializer_list" for one in items):
        raise Unsure("braces that are left out")
    return Array(kind.of, len(items))


def filling(function: Expressions, kind: Kind, value: Node) -> Run:
    """What gives the slots of a value that begins so."""
    parts: list[tuple[int, Run, bool]] = []
    _collect(function, kind, value, 0, parts)
    empty = nothing(kind)

    def fill(frame: Frame) -> list[Any]:
        cells = list(empty)
        for at, run, several in parts:
            made = run(frame)
            if several:
                cells[at : at + len(made)] = made
            else:
                cells[at] = made
        return cells

    return fill


def _items(value: Node) -> list[Node]:
    if value.type != "initializer_list":
        raise Unsure("an array that begins otherwise")
    return [one for one in value.named_children if one.type != "comment"]


def _collect(function: Expressions, kind: Kind, value: Node, at: int, parts: list[tuple[int, Run, bool]]) -> None:
    said = letters(value) if isinstance(kind, Array) and isinstance(kind.of, Int) and kind.of.bytes_ == 1 else None
    if said is not None and isinstance(kind, Array):
        held = said[: kind.count]
        parts.append((at, lambda frame: held, True))
        return
    if single(kind):
        if value.type == "initializer_list":
            (value,) = _items(value) if len(_items(value)) == 1 else [value]
        parts.append((at, function.value(value, kind).run, False))
        return
    if isinstance(kind, Struct) and value.type != "initializer_list":
        made = function.expr(value)
        if made.kind != kind:
            raise Unsure("a structure that begins otherwise")
        parts.append((at, made.run, True))
        return
    items = _items(value)
    _spread(function, kind, items, at, parts)
    if items:
        raise Unsure("too many values")


def _spread(function: Expressions, kind: Kind, items: list[Node], at: int, parts: list[tuple[int, Run, bool]]) -> None:
    """Take from ``items`` as many as an array or a structure holds; one inside it may have no braces of its own."""
    number = 0
    while items and number < _count(kind):
        one = items[0]
        if one.type == "initializer_pair":
            number = _designated(function, kind, one)
            inner = one.child_by_field_name("value")
            if inner is None:
                raise Unsure("a designator")
            one = items[0] = inner
        part, start = _part(kind, number)
        letter = isinstance(part, Array) and one.type == "string_literal" and slots(part.of) == 1
        if single(part) or one.type == "initializer_list" or letter or (isinstance(part, Struct) and _whole(one)):
            _collect(function, part, items.pop(0), at + start, parts)
        else:
            _spread(function, part, items, at + start, parts)
        number += 1


def _whole(value: Node) -> bool:
    """Whether an expression may stand for a structure."""
    return value.type in (
        "identifier",
        "call_expression",
        "subscript_expression",
        "pointer_expression",
        "field_expression",
    )


def _count(kind: Kind) -> int:
    if isinstance(kind, Struct):
        return len(kind.fields)
    return kind.count or 0 if isinstance(kind, Array) else 0


def _part(kind: Kind, number: int) -> tuple[Kind, int]:
    """The type of one of the values of an array or a structure, and the slot that it begins at."""
    if isinstance(kind, Array) and kind.count is not None and number < kind.count:
        return kind.of, number * slots(kind.of)
    if isinstance(kind, Struct) and number < len(kind.fields):
        return list(kind.fields.values())[number]
    raise Unsure("too many values")


def _designated(function: Expressions, kind: Kind, pair: Node) -> int:
    designators = pair.children_by_field_name("designator")
    inside = designators[0].named_children if len(designators) == 1 else []
    if len(inside) != 1:
        raise Unsure("a designator")
    if isinstance(kind, Struct) and designators[0].type == "field_designator":
        names = list(kind.fields)
        if text(inside[0]) not in names:
            raise Unsure("a designator")
        return names.index(text(inside[0]))
    return function.fixed(inside[0])
