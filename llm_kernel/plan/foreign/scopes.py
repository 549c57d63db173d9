"""The scopes of a JavaScript source: whether each name that it uses is declared where it is used."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from llm_kernel.plan.foreign.dialect import FUNCTIONS
from llm_kernel.plan.foreign.trees import text

__all__ = ["bound"]

_GLOBALS = frozenset(
    """console process require module exports Math JSON Object Array String Number Boolean Date Map Set WeakMap WeakSet
    Symbol Promise Error TypeError RangeError RegExp BigInt parseInt parseFloat isNaN isFinite undefined NaN Infinity
    globalThis Buffer setTimeout setInterval setImmediate clearTimeout clearInterval queueMicrotask structuredClone
    __dirname __filename arguments Intl Reflect Proxy URL performance Float64Array Float32Array Uint8Array Int32Array
    encodeURIComponent decodeURIComponent fetch""".split()
)
_BLOCKS = frozenset(
    ["program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body", "class"]
)
_USED = frozenset(["identifier", "shorthand_property_identifier"])
_DECLARED = frozenset(["identifier", "shorthand_property_identifier_pattern"])
_LEXICAL = frozenset(["lexical_declaration", "class_declaration"])


def bound(root: Node) -> bool:
    """Whether every name is declared around its use, once in a scope, and not used before in the same function."""
    todo: list[tuple[Node, tuple[dict[str, int], ...]]] = [(root, (dict.fromkeys(_GLOBALS, 0),))]
    while todo:
        node, scopes = todo.pop()
        above = node.parent
        if node.type in FUNCTIONS or node.type in _BLOCKS:
            made = _scope(node)
            if made is None:
                return False
            if node.type in FUNCTIONS:  # it runs later: what is around it is there by then
                scopes = tuple(dict.fromkeys(scope, 0) for scope in scopes)
            scopes = (*scopes, made)
        if (
            node.type in _USED
            and above is not None
            and not _declares(above, node)
            and text(above) != f"typeof {text(node)}"
        ):
            start = next((scope[text(node)] for scope in reversed(scopes) if text(node) in scope), None)
            if start is None or node.start_byte < start:
                return False
        todo += [(child, scopes) for child in node.named_children]
    return True


def _scope(node: Node) -> dict[str, int] | None:
    """The names of a scope and from where on they can be used; None where one is declared twice."""
    made: dict[str, int] = {}
    if node.type in FUNCTIONS or node.type == "program":
        made = dict.fromkeys(_variables(node), 0)
        made |= dict.fromkeys(("arguments",) if node.type != "program" else (), 0)
    if node.type in FUNCTIONS or node.type == "class":
        made |= dict.fromkeys(_names(node.child_by_field_name("name")), 0)
        for field in ("parameters", "parameter"):
            made |= dict.fromkeys(_names(node.child_by_field_name(field)), 0)
    if node.type == "catch_clause":
        made |= dict.fromkeys(_names(node.child_by_field_name("parameter")), 0)
    if node.type == "for_in_statement" and node.child_by_field_name("kind") is not None:
        made |= dict.fromkeys(_names(node.child_by_field_name("left")), 0)
    lexical: set[str] = set()
    for child in _direct(node):
        names = [name for one in child.named_children for name in _names(one.child_by_field_name("name") or one)]
        if child.type in ("function_declaration", "generator_function_declaration"):
            made |= dict.fromkeys(_names(child.child_by_field_name("name")), 0)
        elif child.type == "import_statement":
            made |= dict.fromkeys((name for one in child.named_children for name in _names(one)), 0)
        elif child.type in _LEXICAL:
            names = _names(child.child_by_field_name("name")) if child.type == "class_declaration" else names
            if len(set(names)) != len(names) or lexical & set(names) or (made.keys() & set(names)):
                return None
            lexical |= set(names)
            made |= dict.fromkeys(names, child.start_byte)
            for one in child.named_children:  # a value cannot use the name that it is given
                if one.type == "variable_declarator":
                    made |= dict.fromkeys(_names(one.child_by_field_name("name")), one.end_byte)
    return made


def _direct(node: Node) -> Iterator[Node]:
    """The declarations that stand in a scope itself."""
    for child in node.named_children:
        if child.type == "export_statement" or child.type in ("switch_case", "switch_default"):
            yield from child.named_children
        else:
            yield child


def _variables(function: Node) -> Iterator[str]:
    """The names that ``var`` declares anywhere in a function."""
    todo = list(function.named_children)
    while todo:
        node = todo.pop()
        if (
            node.type == "variable_declarator"
            and node.parent is not None
            and node.parent.type == "variable_declaration"
        ):
            yield from _names(node.child_by_field_name("name"))
        if node.type not in FUNCTIONS:
            todo += node.named_children
        elif node.type.endswith("declaration"):
            yield from _names(node.child_by_field_name("name"))


def _names(pattern: Node | None) -> list[str]:
    """The names that a pattern declares."""
    found: list[str] = []
    todo = [pattern] if pattern is not None else []
    while todo:
        node = todo.pop()
        if node.type in _DECLARED:
            found.append(text(node))
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            left = node.child_by_field_name("left")
            todo += [left] if left is not None else []
        elif node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            todo += [value] if value is not None else []
        else:
            todo += node.named_children
    return found


def _declares(above: Node, node: Node) -> bool:
    """Whether a name stands where one is declared."""
    if above.type in ("variable_declarator", "function_declaration", "class_declaration", "function_expression"):
        return above.child_by_field_name("name") == node
    if above.type == "for_in_statement":
        return above.child_by_field_name("left") == node and above.child_by_field_name("kind") is not None
    if above.type == "arrow_function":
        return above.child_by_field_name("parameter") == node
    return above.type in (
        "formal_parameters", "rest_pattern", "array_pattern", "object_pattern", "pair_pattern", "import_specifier",
        "import_clause", "namespace_import", "catch_clause", "assignment_pattern", "object_assignment_pattern",
    )  # fmt: skip
