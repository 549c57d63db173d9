"""Which names of a source get another value after their first, and which others may write through."""

from __future__ import annotations

from tree_sitter import Node

from llm_kernel.plan.foreign.trees import called, every, given, text

__all__ = ["changed", "lent"]

_PLACES = frozenset(["subscript_expression", "field_expression", "member_expression"])
_NAMES = ("identifier", "shorthand_property_identifier_pattern")
_MUTATORS = frozenset(
    """push pop shift unshift splice sort reverse fill copyWithin append push_back pop_back insert erase clear replace
    resize swap assign""".split()
)
_READERS = frozenset(
    ["printf", "fprintf", "puts", "fputs", "strlen", "strcmp", "log", "info", "error", "warn", "write"]
)


def changed(root: Node, *, references: bool, plain: bool = True) -> frozenset[str]:
    """The names that may get another value after their first; ``references``: a function may change its arguments.

    ``plain``: also by an assignment that names nothing but the variable.
    """
    found: set[str] = set()
    for node in every(root):
        match node.type:
            case "assignment_expression" | "augmented_assignment_expression" | "update_expression":
                place = node.child_by_field_name("left") or node.child_by_field_name("argument")
                if plain or place is None or place.type != "identifier":
                    found.update(_bases(place))
            case "pointer_expression" if text(node).startswith("&"):
                found.update(_bases(node.child_by_field_name("argument")))
            case "binary_expression" if text(node.child_by_field_name("operator")) == ">>":
                found.update(_bases(node.child_by_field_name("right")))
            case "call_expression":
                name, owner = called(node)
                if name in _MUTATORS:
                    found.update(_bases(owner))
                if references:
                    found.update(text(one) for one in given(node) if one.type == "identifier")
            case "for_in_statement" if node.child_by_field_name("kind") is None:
                found.update(_bases(node.child_by_field_name("left")))
            case "init_declarator" if text(node.child_by_field_name("declarator")).startswith("&"):
                found.update(_bases(node.child_by_field_name("value")))
            case _:
                pass
    return frozenset(found)


def _bases(place: Node | None) -> list[str]:
    """The names whose value changes where something is put at ``place``."""
    while place is not None and place.type in _PLACES:
        place = place.child_by_field_name("argument") or place.child_by_field_name("object")
    return [text(one) for one in every(place) if one.type in _NAMES] if place is not None else []


def lent(root: Node) -> frozenset[str]:
    """The names that others may write through: whose array or text has another name too, or is handed to a function."""
    found: list[Node | None] = []
    for node in every(root):
        match node.type:
            case "init_declarator" | "variable_declarator" | "pair":
                found.append(node.child_by_field_name("value"))
            case "assignment_expression" | "for_range_loop":
                found.append(node.child_by_field_name("right"))
            case "return_statement" | "array" | "initializer_list":
                found += node.named_children
            case "call_expression" | "new_expression" if called(node)[0] not in _READERS:
                found += given(node)
            case _:
                pass
    return frozenset(text(one) for one in found if one is not None and one.type == "identifier")
