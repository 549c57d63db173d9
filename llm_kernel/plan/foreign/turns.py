"""The turns of a loop, as a walk goes through them, and what is printed in any order."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Fixed
from llm_kernel.plan.foreign.dialect import Dialect, calls
from llm_kernel.plan.foreign.trees import called, every, text
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop, leaves
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["Rounds", "Turns", "anyhow", "either"]


_TOWARDS = {"<": ("++", "+="), "<=": ("++", "+="), ">": ("--", "-="), ">=": ("--", "-=")}
_GROWING = frozenset(["push", "unshift", "splice"])


class Rounds:
    """The parts of a loop that goes on while a condition holds."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.condition = node.child_by_field_name("condition")
        self.body = node.child_by_field_name("body")
        self.step = node.child_by_field_name("update") or node.child_by_field_name("increment")
        self.body_first = node.type == "do_statement"

    def ends(self, changed: frozenset[str]) -> bool:
        """Whether it surely ends: its step counts a name towards a bound, and neither is ``changed`` by its body."""
        asked = self.condition
        if asked is not None and asked.type == "expression_statement":
            asked = asked.named_children[0]
        if asked is None or self.step is None or asked.type != "binary_expression":
            return False
        left, right = asked.child_by_field_name("left"), asked.child_by_field_name("right")
        signs = _TOWARDS.get(text(asked.child_by_field_name("operator")), ())
        counted = text(self.step.child_by_field_name("argument") or self.step.child_by_field_name("left"))
        counts = self.step.type == "update_expression" or text(self.step.child_by_field_name("right")).isdigit()
        grows = any(calls(one) and called(one)[0] in _GROWING for one in every(self.node))
        still = not {text(one) for one in (every(right) if right is not None else ())} & (changed | {counted})
        return (
            text(left) == counted
            and counted not in changed
            and counts
            and any(sign in text(self.step) for sign in signs)
            and still
            and not (grows and ".length" in text(right))
        )


class Turns:
    """The turns of a loop that were walked one by one; ``goes``: nothing has surely left it yet.

    ``parted``: the last turn may have left it, or gone on to the next, before its end.
    """

    def __init__(self) -> None:
        self.made: list[tuple[Printed, ...]] = []
        self.goes, self.parted = True, False
        self._last: list[Printed] = []

    def take(self, made: list[Printed]) -> None:
        """One turn more."""
        leave = made[-1] if made and isinstance(made[-1], Leave) else None
        self.goes = leave is None or leave.to == "continue"
        if leave is not None and leave.to in ("return", "exit"):
            self._last = made
            return
        self.made.append(tuple(made if leave is None else made[:-1]))
        self.parted = leaves(self.made[-1], "break") or leaves(self.made[-1], "continue")

    def more(self, made: Sequence[Printed]) -> None:
        """What the last turn prints behind its body."""
        self.made[-1] += tuple(made)

    def nodes(self, then: list[Printed], name: str = "", values: Sequence[Fixed | None] = ()) -> list[Printed]:
        """The turns as a loop over ``values`` of ``name``, and what is printed ``then``."""
        told = tuple(values[: len(self.made)]) or (None,) * len(self.made)
        whole = [Loop(len(self.made), name, told, self.made[0], tuple(self.made))] if any(self.made) else []
        return [*whole, *self._last, *then]


def anyhow(dialect: Dialect, root: Node) -> tuple[Printed, ...]:
    """Every line that the source can print, in any order and number."""
    found: dict[tuple[Printed, ...], None] = {}
    for node in every(root):
        said = tuple(one for one in dialect.printed(node, {}) or () if not isinstance(one, Leave))
        if said:
            found[said] = None
        if node.type == "throw_statement":
            found[(Free("stdout", text(node)[:80]),)] = None
    return (Loop(None, "", (), (Choice(tuple(found)),)),) if found else ()


def either(branches: tuple[tuple[Printed, ...], ...]) -> list[Printed]:
    """One of these; where they are all one, just that."""
    distinct = tuple(dict.fromkeys(branches))
    if len(distinct) == 1:
        return list(distinct[0])
    return [Choice(distinct)] if distinct else []
