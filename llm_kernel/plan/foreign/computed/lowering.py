"""What lowering a C function has at hand: its scopes, its frame, the steps so far, and what stays while others run."""

from __future__ import annotations

from typing import Any, Protocol

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.code import EVAL, Step, Variable
from llm_kernel.plan.foreign.computed.declaring import Kinds
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import Kind
from llm_kernel.plan.foreign.computed.operators import Expr, Frame, Run, converted, value_of
from llm_kernel.plan.foreign.computed.ordering import Order
from llm_kernel.plan.foreign.trees import every, text

__all__ = ["Lowering", "Outside", "put_in"]


class Outside(Protocol):
    """What a function knows of its program."""

    kinds: Kinds
    order: Order
    functions: dict[str, Node]

    def outer(self, name: str) -> Variable | None:
        """What a name means outside of every function."""

    def lasting(self, kind: Kind, value: Node | None) -> Variable:
        """A variable that lasts as long as the program."""

    def library(self, node: Node, name: str, given: list[Expr]) -> Expr:
        """A call of a function of C's library."""


class Lowering:
    """``steps`` are what is done, ``scopes`` the names from the outermost to the innermost."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.steps: list[Step] = []
        self.scopes: list[dict[str, Variable | None]] = [{}]
        self.frame: list[Any] = []

    def slot(self) -> int:
        """A new slot of the frame."""
        self.frame.append(None)
        return len(self.frame) - 1

    def found(self, name: str) -> Variable:
        """What a name means here."""
        for scope in reversed(self.scopes):
            if name in scope:
                variable = scope[name]
                if variable is None:
                    raise Unsure("a name whose type is not known")
                return variable
        outer = self.outside.outer(name)
        if outer is None:
            raise Unsure(f"the name {name}")
        return outer

    def value(self, node: Node | None, kind: Kind | None = None) -> Expr:
        """An expression whose value is wanted, as one of ``kind``."""
        made = value_of(self.expr(node))
        return made if kind is None else converted(made, kind)

    def expr(self, node: Node | None) -> Expr:
        """An expression as it stands there."""
        raise NotImplementedError

    def _kept(self, expr: Expr, behind: Node | None) -> Expr:
        """A value that stays what it is while what stands ``behind`` it is worked out by steps."""
        if expr.fixed is not None or behind is None or not self._steps(behind):
            return expr
        slot = self.slot()
        self.steps.append(put_in(slot, expr.run))
        return Expr(expr.kind, lambda frame: frame[slot])

    def _steps(self, node: Node) -> bool:
        """Whether working out an expression takes steps of its own: it calls a function of the source, or a comma."""
        return any(
            one.type in ("comma_expression", "call_expression")
            and (one.type == "comma_expression" or not self._of_library(one))
            for one in every(node)
        )

    def _of_library(self, node: Node) -> bool:
        function = node.child_by_field_name("function")
        name = text(function) if function is not None and function.type == "identifier" else ""
        inner = any(name in scope for scope in self.scopes)
        return bool(name) and not inner and self.outside.outer(name) is None

    def _apart(self, node: Node | None) -> tuple[Expr, list[Step]]:
        """A value, and the steps that are done for it."""
        before = len(self.steps)
        made = self.value(node)
        steps = self.steps[before:]
        del self.steps[before:]
        return made, steps


def put_in(slot: int, run: Run) -> Step:
    """The step that keeps a value in a slot of the frame."""

    def put(frame: Frame) -> None:
        frame[slot] = run(frame)

    return EVAL, put, None
