"""What Node refuses in a JavaScript source before it runs any of it, though its tree can be read."""

from __future__ import annotations

import re
from itertools import pairwise

from tree_sitter import Node

from llm_kernel.plan.foreign.dialect import FUNCTIONS
from llm_kernel.plan.foreign.trees import every, text

__all__ = ["refused"]

_PLACES = frozenset(["identifier", "member_expression", "subscript_expression"])
_PATTERNS = frozenset(["object_pattern", "array_pattern"])
_LOOPS = frozenset(["for_statement", "for_in_statement", "while_statement", "do_statement"])


def refused(root: Node) -> bool:
    """Whether the source is not JavaScript."""
    return any(_wrong(node) for node in every(root))


def _wrong(node: Node) -> bool:
    match node.type:
        case "string":
            return re.search(r"(?<!\\)\n", text(node)) is not None
        case "arguments":
            signs = [one.type for one in node.children if one.type != "comment"]
            return any(sign == "," and before in (",", "(") for before, sign in pairwise(signs))
        case "update_expression":
            place = _bare(node.child_by_field_name("argument"))
            return place is None or place.type not in _PLACES
        case "call_expression" | "new_expression":
            function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
            return function is not None and function.type == "update_expression"
        case "assignment_expression" | "augmented_assignment_expression":
            place = _bare(node.child_by_field_name("left"))
            return place is None or place.type not in _PLACES | _PATTERNS
        case "variable_declarator":
            fixed = node.parent is not None and text(node.parent).startswith("const")
            return fixed and node.child_by_field_name("value") is None
        case "break_statement" | "continue_statement" if not node.named_children:
            return not _inside(node, _LOOPS | {"switch_statement"} if node.type[0] == "b" else _LOOPS)
        case "throw_statement":
            return node.start_point[0] != node.named_children[0].start_point[0]
    return False


def _bare(place: Node | None) -> Node | None:
    """What stands in parentheses."""
    while place is not None and place.type == "parenthesized_expression":
        place = place.named_children[0]
    return place


def _inside(node: Node, kinds: frozenset[str]) -> bool:
    above = node.parent
    while above is not None and above.type not in FUNCTIONS:
        if above.type in kinds:
            return True
        above = above.parent
    return False
