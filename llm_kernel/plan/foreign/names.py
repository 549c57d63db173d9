"""Which names can be followed from one value to the next: those that only their own function gives a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tree_sitter import Node

from llm_kernel.plan.foreign.changes import changed
from llm_kernel.plan.foreign.dialect import FUNCTIONS
from llm_kernel.plan.foreign.trees import text

__all__ = ["Names"]

_ASSIGNS = frozenset(["assignment_expression", "augmented_assignment_expression", "update_expression"])
_DECLARES = frozenset(["declaration", "parameter_declaration", "variable_declarator"])


class Names:
    """``changing`` are the names that get a second value somewhere, ``followed`` those of them that can be followed.

    ``kinds`` are the declared types of C's variables; one that is declared with two types is not followed.
    """

    def __init__(self, root: Node, *, references: bool) -> None:
        self._references = references
        self.changing = changed(root, references=references)
        self.kinds: dict[str, str] = {}
        self._within: dict[int, frozenset[str]] = {}
        self.followed = self.changing - self._lost(root)

    def within(self, *nodes: Node | None) -> frozenset[str]:
        """The names that get a value inside these nodes."""
        found: frozenset[str] = frozenset()
        for node in nodes:
            if node is None:
                continue
            if node.id not in self._within:
                self._within[node.id] = changed(node, references=self._references)
            found |= self._within[node.id]
        return found

    def _lost(self, root: Node) -> set[str]:
        """The names that are given values from elsewhere: through a pointer, a reference, another function."""
        assigned: defaultdict[str, set[int]] = defaultdict(set)
        declared: defaultdict[str, set[int]] = defaultdict(set)
        lost = set(changed(root, references=self._references, plain=False))
        todo = [(root, root.id)]
        while todo:
            node, owner = todo.pop()
            if node.type in FUNCTIONS:
                owner = node.id
            if node.type in _ASSIGNS:
                place = node.child_by_field_name("left") or node.child_by_field_name("argument")
                assigned[text(place)].add(owner)
            elif node.type in _DECLARES:
                for name, kind in _declared(node):
                    declared[name].add(owner)
                    if self.kinds.setdefault(name, kind) != kind:
                        lost.add(name)
            todo += [(child, owner) for child in node.named_children]
        return lost | {name for name, owners in assigned.items() if not owners <= declared[name]}


def _declared(node: Node) -> Iterator[tuple[str, str]]:
    """The plain variables of a declaration, each with its type; a static one keeps its value, and is none of them."""
    kind = text(node.child_by_field_name("type"))
    static = any(one.type == "storage_class_specifier" and text(one) == "static" for one in node.named_children)
    for one in [*node.children_by_field_name("declarator"), *node.children_by_field_name("name")]:
        inner: Node | None = one
        while inner is not None and inner.type == "init_declarator":
            inner = inner.child_by_field_name("declarator")
        if inner is not None and inner.type == "identifier" and not static:
            yield text(inner), kind
