"""Changes to a program's syntax tree before it is compiled: what the machine's clock and version must answer.

Every node that is put in has the place of the node it stands for, so that tracebacks stay as they are.
"""

from __future__ import annotations

import ast
from typing import TypeVar

__all__ = ["Change"]

_Node = TypeVar("_Node", bound=ast.AST)
_CLOCK = ("now", "today", "utcnow")
_LOOPS = (ast.For, ast.While, ast.FunctionDef)


class Change(ast.NodeTransformer):
    """``gate``: errors are told before the program sees them; ``clock``: the program asks what time it is."""

    def __init__(self, *, gate: bool, clock: bool) -> None:
        self._gate = gate
        self._clock = clock

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Change what is below; count the work of loops and functions where time is asked for."""
        weight = sum(1 for _ in ast.walk(node)) if self._clock and isinstance(node, _LOOPS) else 0
        super().generic_visit(node)
        if weight and isinstance(node, ast.For | ast.While | ast.FunctionDef):
            tick = self._call("_tick_", [ast.Constant(weight)], node.body[0])
            place = 1 if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None else 0
            node.body.insert(place, ast.copy_location(ast.Expr(tick), node.body[0]))
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Note which errors are the program's own."""
        self.generic_visit(node)
        if self._gate and node.exc is not None:
            node.exc = self._call("_said_", [node.exc], node.exc)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Let an error whose words are used pass the gate."""
        self.generic_visit(node)
        used = any(isinstance(part, ast.Name) and part.id == node.name for step in node.body for part in ast.walk(step))
        if self._gate and node.name and used:
            call = self._call("_caught_", [self._at(ast.Name(node.name, ast.Load()), node)], node)
            node.body.insert(0, self._at(ast.Expr(call), node))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Let ``now()`` and ``today()`` tell the machine's time."""
        self.generic_visit(node)
        if self._clock and isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCK and not node.keywords:
            name = self._at(ast.Constant(node.func.attr), node)
            return self._call("_now_", [node.func.value, name, *node.args], node)
        return node

    @staticmethod
    def _at(new: _Node, old: ast.AST) -> _Node:
        return ast.fix_missing_locations(ast.copy_location(new, old))

    def _call(self, name: str, args: list[ast.expr], at: ast.AST) -> ast.Call:
        return self._at(ast.Call(self._at(ast.Name(name, ast.Load()), at), args, []), at)
