"""What the expressions of a C, C++ or JavaScript program print, with the functions that they call."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from llm_kernel.plan.foreign.constants import Env, Fixed, fits, truth
from llm_kernel.plan.foreign.dialect import FUNCTIONS, Dialect, Open, calls, parameters
from llm_kernel.plan.foreign.knowing import Knowing
from llm_kernel.plan.foreign.sound import Sound
from llm_kernel.plan.foreign.trees import called, given, text
from llm_kernel.plan.foreign.turns import either
from llm_kernel.plan.nodes import Choice, Free, Leave, Loop
from llm_kernel.plan.nodes import Node as Printed

__all__ = ["SILENT", "Speaking"]

_DEEP = 12
_WORK = 2_500
"""Statements that are looked at, in all."""
SILENT = frozenset(
    """class_declaration class_specifier struct_specifier enum_specifier union_specifier type_definition comment
    preproc_include preproc_def preproc_function_def using_declaration empty_statement template_declaration ;
    alias_declaration""".split()
)
"""What prints nothing where it stands."""


class Speaking(Knowing):
    """``functions`` are the program's own, by the names that they are called by.

    Raises:
        Open: where the order of what is printed cannot be told.
    """

    def __init__(self, dialect: Dialect, root: Node, functions: dict[str, list[Node]], *, references: bool) -> None:
        super().__init__(dialect, root, references=references)
        self._functions = functions
        self._sound = Sound(dialect, functions)
        if self._sound.hidden(root):
            raise Open
        self._active: list[int] = []
        self._work = _WORK
        self.outer: dict[str, Fixed] = {}
        """What every function knows: the values of the file's own names that never change."""
        self.statuses: set[int | None] = set()
        """The exit statuses that it may end with; None for one that is not known."""

    # -- statements

    def run(self, body: Node, env: Env, *, entry: bool = False) -> tuple[Printed, ...]:
        """What a function's body prints; ``entry``: the program ends behind it."""
        raise NotImplementedError

    def _worked(self, node: Node, env: dict[str, Fixed]) -> list[Printed]:
        """What an expression prints while it is worked out; then its names have changed."""
        own = node.child_by_field_name("left") if node.type == "assignment_expression" else None
        late = {text(own)} - self._names.within(node.child_by_field_name("right")) if own is not None else set()
        made = self._expression(node, self._settled(env, self._names.within(node) - late))
        self._effects(node, env)
        return made

    def _expression(self, node: Node, env: Env) -> list[Printed]:
        """What an expression prints while it is worked out."""
        if node.type in FUNCTIONS or node.type in SILENT:
            return []
        if self._dialect.disorderly(node):
            raise Open
        if node.type == "binary_expression" and text(node.child_by_field_name("operator")) in ("&&", "||", "??"):
            first, second = node.child_by_field_name("left"), node.child_by_field_name("right")
            made = self._expression(first, env) if first is not None else []
            more = tuple(self._expression(second, env)) if second is not None else ()
            return [*made, *either((more, ()))] if more else made
        if node.type in ("conditional_expression", "ternary_expression"):
            return self._ternary(node, env)
        printed = self._dialect.printed(node, env)
        if printed is not None:
            parts = given(node) if calls(node) else node.named_children
            inner = [one for child in parts for one in self._expression(child, env)]
            if printed and isinstance(printed[0], Leave):
                self.ends(next(iter(given(node)), None), env)
            elif any(isinstance(one, Free | Choice) for one in printed):
                self.statuses.add(None)
            return [*inner, *printed]
        made = [one for child in node.named_children for one in self._expression(child, env)]
        return [*made, *self._call(node, env)] if calls(node) else made

    def _ternary(self, node: Node, env: Env) -> list[Printed]:
        condition = node.child_by_field_name("condition")
        made = self._expression(condition, env) if condition is not None else []
        ways = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
        told = truth(self._value(condition, env), whole=self._dialect.whole)
        if told is not None:
            ways = [ways[0] if told else ways[1]]
        return made + either(tuple(tuple(self._expression(one, env)) if one is not None else () for one in ways))

    def _call(self, node: Node, env: Env) -> list[Printed]:
        """What a function of the source prints, and those that are handed to one of somebody else's."""
        name, _ = called(node)
        arguments = given(node)
        if name in self._functions:
            if name not in self._sound.loud:
                return []
            values = [self._value(one, env) for one in arguments]
            return either(tuple(self._inside(one, values) for one in self._functions[name]))
        made: list[Printed] = []
        for one in arguments:
            handed = self._functions.get(text(one), []) if one.type == "identifier" else []
            for function in [one] if one.type in FUNCTIONS else handed:
                if turn := self._inside(function, []):
                    made.append(Loop(None, "", (), turn))
        return made

    def _inside(self, function: Node, values: Sequence[Fixed | None]) -> tuple[Printed, ...]:
        if function.id in self._active or len(self._active) > _DEEP:
            raise Open
        body = function.child_by_field_name("body")
        if body is None:
            return ()
        names = parameters(function)
        inner = {name: value for name, value in self.outer.items() if name not in names}
        for name, value in zip(names, values, strict=False):
            self.known(name, fits(self._names.kinds.get(name, ""), value) if self._dialect.whole else value, inner)
        self._active.append(function.id)
        try:
            return self.run(body, inner)
        finally:
            self._active.pop()

    def ends(self, status: Node | None, env: Env) -> None:
        """Note with which status the program may end here."""
        value = self._value(status, env) if status is not None else 0
        named = {"EXIT_SUCCESS": 0, "EXIT_FAILURE": 1}.get(text(status))
        self.statuses.add(named if named is not None else value % 256 if isinstance(value, int) else None)

    @property
    def status(self) -> int | None:
        """The only exit status that the program can have; None where there are several, or it is not known."""
        return next(iter(self.statuses)) if len(self.statuses) == 1 else None
