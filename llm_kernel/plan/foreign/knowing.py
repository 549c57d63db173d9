"""What a walk knows of the names of a program, and what assignments make of that."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from llm_kernel.plan.foreign.changes import lent
from llm_kernel.plan.foreign.constants import Env, Fixed, combined, evaluate, fits
from llm_kernel.plan.foreign.dialect import Dialect
from llm_kernel.plan.foreign.names import Names
from llm_kernel.plan.foreign.trees import text

__all__ = ["Knowing"]

_ASSIGNS = frozenset(["assignment_expression", "augmented_assignment_expression", "update_expression"])


class Knowing:
    """Follows the names of ``root`` from value to value."""

    def __init__(self, dialect: Dialect, root: Node, *, references: bool) -> None:
        self._dialect = dialect
        self._names = Names(root, references=references)
        self._lent = lent(root)

    def known(self, name: str, value: Fixed | None, env: dict[str, Fixed]) -> None:
        """Let a name have a value from here on, unless it may get another."""
        env.pop(name, None)
        kept = name not in self._names.changing or name in self._names.followed
        if value is not None and kept and not (isinstance(value, tuple) and name in self._lent):
            env[name] = value

    def _forget(self, env: dict[str, Fixed], *nodes: Node | None) -> None:
        """What gets a value inside these nodes is known no longer."""
        for name in self._names.within(*nodes):
            env.pop(name, None)

    def _follow(self, env: dict[str, Fixed], inner: Env, node: Node | None) -> None:
        """Take over what a block that was walked with ``inner`` made of the names around it."""
        for name in self._names.within(node) & env.keys():
            if name in inner:
                env[name] = inner[name]
            else:
                del env[name]

    def _effects(self, node: Node, env: dict[str, Fixed]) -> None:
        """Let an expression that was worked out change its names."""
        if node.type in ("comma_expression", "sequence_expression", "parenthesized_expression"):
            for child in node.named_children:
                self._effects(child, env)
            return
        place = node.child_by_field_name("left") or node.child_by_field_name("argument")
        name = text(place)
        if node.type not in _ASSIGNS or place is None or place.type != "identifier" or name not in self._names.followed:
            self._forget(env, node)
            return
        value = self._assigned(node, name, env)
        self._forget(env, node)
        if self._dialect.whole:
            value = fits(self._names.kinds.get(name, ""), value)
        if value is not None:
            env[name] = value

    def _assigned(self, node: Node, name: str, env: Env) -> Fixed | None:
        """The value that an assignment gives its name."""
        if node.type == "update_expression":
            return combined("+" if "++" in text(node) else "-", env.get(name), 1, whole=self._dialect.whole)
        right = node.child_by_field_name("right")
        if self._names.within(right):
            return None
        value = self._value(right, env)
        sign = text(node.child_by_field_name("operator")) or "="
        if sign == "=":
            return value if node.type == "assignment_expression" else None
        return combined(sign[:-1], env.get(name), value, whole=self._dialect.whole)

    def _settled(self, env: Env, names: Iterable[str]) -> Env:
        """What is known whenever it is looked at, while these names change: nobody says before or after which look."""
        lost = set(names)
        return {name: value for name, value in env.items() if name not in lost} if lost else env

    def _value(self, node: Node | None, env: Env) -> Fixed | None:
        return evaluate(node, env, whole=self._dialect.whole)
