"""What of a program is left out when Python is asked to optimize it: assertions, and then its documentation."""

from __future__ import annotations

import ast

__all__ = ["shortened"]

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class _Sure(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Pass:
        return ast.copy_location(ast.Pass(), node)


def shortened(tree: ast.Module, optimized: int) -> ast.Module:
    """The program without assertions (1), and without documentation as well (2)."""
    if optimized:
        tree = _Sure().visit(tree)
    if optimized > 1:
        for node in ast.walk(tree):
            if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                node.body[0] = ast.copy_location(ast.Pass(), node.body[0])
    return tree
