"""Every node of a source's tree, as often as they are looked through: ``ast.walk`` without its detours."""

from __future__ import annotations

import ast

__all__ = ["every"]

_PLAIN = frozenset(
    {"id", "attr", "arg", "name", "asname", "module", "level", "ctx", "op", "ops", "kind", "simple", "is_async",
     "conversion", "type_comment", "lineno", "tag", "rest", "kwd_attrs"}
)  # fmt: skip
"""Fields in which no node with a place of its own lies."""


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each kind of node in which others lie."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        bare = issubclass(kind, (ast.Constant, ast.Global, ast.Nonlocal))
        plain = _PLAIN - {"name"} if issubclass(kind, _TYPED) else _PLAIN
        found = self[kind] = () if bare else tuple(name for name in kind._fields if name not in plain)
        return found


_TYPED = tuple(getattr(ast, name) for name in ("TypeAlias",) if hasattr(ast, name))
"""Kinds whose name is a node."""
_FIELDS = _Fields()


def every(tree: ast.AST) -> list[ast.AST]:
    """The node and all inside it, the outer before the inner, but for operators and contexts."""
    found = [tree]
    for node in found:
        for name in _FIELDS[type(node)]:
            value = getattr(node, name, None)
            if type(value) is list:
                found += [each for each in value if each is not None]
            elif value is not None:
                found.append(value)
    return found
