"""What of a source can be heard: which functions print, by themselves or by others, and whether calls name them."""

from __future__ import annotations

from tree_sitter import Node

from llm_kernel.plan.foreign.dialect import Dialect, calls
from llm_kernel.plan.foreign.trees import called, every, text

__all__ = ["Sound"]

_VALUES = frozenset(["arrow_function", "function_expression", "generator_function", "lambda_expression"])
_CLASSES = frozenset(["class_specifier", "struct_specifier", "class_declaration"])
_HOLDERS = frozenset(
    """argument_list assignment_expression array initializer_list init_declarator return_statement pointer_expression
    pair shorthand_property_identifier""".split()
)
"""Where the name of a function stands for its value."""


class Sound:
    """``loud`` are the functions, by name, in which something is printed or the program ended."""

    def __init__(self, dialect: Dialect, functions: dict[str, list[Node]]) -> None:
        self._dialect = dialect
        self._functions = functions
        self.loud = self._sounding()

    def speaks(self, node: Node) -> bool:
        """Whether something inside a node prints, by itself or by what it calls."""
        return any(
            (calls(one) and called(one)[0] in self.loud) or self._dialect.printed(one, {}) is not None
            for one in every(node)
        )

    def hidden(self, root: Node) -> bool:
        """Whether something that prints is called where no call names it: constructors, operators, function values."""
        classes = {text(one.child_by_field_name("name")) for one in every(root) if one.type in _CLASSES}
        if any(name in classes or name.startswith(("~", "operator", "get ", "set ")) for name in self.loud):
            return True
        return any(self._loose(node, above) for node in every(root) if (above := node.parent) is not None)

    def _loose(self, node: Node, above: Node) -> bool:
        if node.type in _VALUES and self.speaks(node):
            handed = above.parent if above.type in ("arguments", "argument_list") else None
            named = above.type == "variable_declarator"
            return not named and (handed is None or called(handed)[0] in self._functions)
        return node.type == "identifier" and text(node) in self.loud and above.type in _HOLDERS

    def _sounding(self) -> frozenset[str]:
        loud = {
            name
            for name, bodies in self._functions.items()
            if any(self._dialect.printed(one, {}) is not None for one in every(*bodies))
        }
        inner = {
            name: {called(one)[0] for one in every(*bodies) if calls(one)} for name, bodies in self._functions.items()
        }
        while more := {name for name, others in inner.items() if name not in loud and others & loud}:
            loud |= more
        return frozenset(loud)
