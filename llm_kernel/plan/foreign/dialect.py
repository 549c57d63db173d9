"""What is particular to a language, and what the trees of all three have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Env, Fixed
from llm_kernel.plan.foreign.trees import text
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["FUNCTIONS", "Dialect", "Open", "calls", "parameters"]

FUNCTIONS = frozenset(
    """function_definition function_declaration generator_function_declaration function_expression arrow_function
    generator_function lambda_expression method_definition""".split()
)
"""The kinds of nodes whose bodies run when they are called."""


class Open(Exception):  # noqa: N818
    """The order of what is printed cannot be told."""


class Dialect(Protocol):
    """What is particular to a language. ``whole``: integers divide to integers."""

    whole: bool

    def printed(self, node: Node, env: Env) -> Sequence[Printed] | None:
        """What an expression prints by itself; None where it is none of those that print."""

    def declared(self, node: Node, env: Env) -> Iterable[tuple[str, Fixed | None]]:
        """The names that a declaration gives a first value, and those values as far as they are known."""

    def risky(self, node: Node, env: Env, walked: frozenset[str]) -> bool:
        """Whether a statement may be the program's last, by a fault outside the functions that are ``walked``."""

    def disorderly(self, node: Node) -> bool:
        """Whether behind this node the order of the source is no longer the order of time."""


def calls(node: Node) -> bool:
    """Whether a node calls a function."""
    return node.type in ("call_expression", "new_expression")


def parameters(function: Node) -> list[str]:
    """The names of a function's parameters, as far as they are simple."""
    declarator: Node | None = function
    while declarator is not None and declarator.child_by_field_name("parameters") is None:
        declarator = declarator.child_by_field_name("declarator")
    held = declarator.child_by_field_name("parameters") if declarator is not None else None
    if held is None:
        single = function.child_by_field_name("parameter")
        return [text(single)] if single is not None else []
    names = []
    for one in held.named_children:
        inner: Node | None = one
        while inner is not None and inner.child_by_field_name("declarator") is not None:
            inner = inner.child_by_field_name("declarator")
        names.append(text(inner) if inner is not None else "")
    return names
