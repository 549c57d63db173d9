"""A C program that is computed: its names, its memory, and the machine that goes through its steps one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.body import Body, end
from llm_kernel.plan.foreign.computed.code import AGAIN, BRANCH, CALL, EVAL, JUMP, RETURN, Routine, Variable
from llm_kernel.plan.foreign.computed.console import Console
from llm_kernel.plan.foreign.computed.declaring import Kinds, name_of
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.expressions import Expressions
from llm_kernel.plan.foreign.computed.filling import filled, filling
from llm_kernel.plan.foreign.computed.kinds import CHAR, INT, Array, Function, Kind, Pointer, nothing, single
from llm_kernel.plan.foreign.computed.library import CONSTANTS, Library
from llm_kernel.plan.foreign.computed.memory import Block, Space
from llm_kernel.plan.foreign.computed.operators import Expr
from llm_kernel.plan.foreign.computed.ordering import Order
from llm_kernel.plan.foreign.trees import every, text

__all__ = ["Program"]

_STEPS = 1_000_000
_DEEP = 5_000


class Program:
    """Runs the program of ``root`` on ``console``."""

    def __init__(self, root: Node, console: Console) -> None:
        self.functions = {
            name_of(one.child_by_field_name("declarator")): one
            for one in root.named_children
            if one.type == "function_definition"
        }
        self._console, self._space = console, Space()
        self._library = Library(console, self._space, self.call)
        self._names: dict[str, Variable | None] = {}
        self._constants = Expressions(self)
        self.kinds = Kinds(self._constants.fixed)
        self.order = Order(root, self.functions, *_shared(root))
        self._steps = _STEPS
        names = [name for one in root.named_children for name in _defined(one)]
        if len(set(names)) != len(names):
            raise Unsure("a name that is defined twice")
        for one in root.named_children:
            self._outermost(one)

    def run(self, argv: Sequence[str]) -> int:
        """Call ``main``; the exit status.

        Raises:
            Unsure, Died, Ended: where it comes to no such end.
        """
        main = self._names.get("main")
        routine = main.value[0] if main is not None and isinstance(main.value, tuple) else None
        if not isinstance(routine, Routine):
            raise Unsure("no main")
        words = [(Block(Array(CHAR, len(one) + 1), [*one, 0]), 0) for one in (word.encode() for word in argv)]
        vector = Block(Array(Pointer(CHAR), len(words) + 1), [*words, (None, 0)])
        given = [len(words), (vector, 0)][: len(routine.kind.parameters)]
        if routine.kind not in _MAINS:
            raise Unsure("another main")
        return int(self.call(routine, given)) & 0xFF

    # -- names

    def outer(self, name: str) -> Variable | None:
        """What a name means outside of every function."""
        if name in self._names:
            variable = self._names[name]
            if variable is None:
                raise Unsure(f"the name {name}")
            return variable
        if name in self.kinds.constants:
            return Variable(INT, value=self.kinds.constants[name])
        if name in CONSTANTS:
            kind, value = CONSTANTS[name]
            return Variable(kind, value=value)
        return None

    def library(self, node: Node, name: str, given: list[Expr]) -> Expr:
        """A call of a function of C's library."""
        return self._library.call(node, name, given)

    def _outermost(self, node: Node) -> None:
        try:
            match node.type:
                case "type_definition":
                    self.kinds.alias(node)
                case "declaration" if not _elsewhere(node):
                    self._global(node)
                case "function_definition":
                    self._function(node)
                case "struct_specifier" | "enum_specifier":
                    self.kinds.specified(node)
        except Unsure:
            for one in node.children_by_field_name("declarator"):
                self._names[name_of(one)] = None

    def _function(self, node: Node) -> None:
        declarator = node.child_by_field_name("declarator")
        kind = self.kinds.declared(declarator, self.kinds.base(node))
        while declarator is not None and declarator.type != "function_declarator":
            declarator = declarator.child_by_field_name("declarator")
        if declarator is None or not isinstance(kind, Function):
            raise Unsure("a function of another kind")
        names = [name for name, _ in self.kinds.parameters(declarator)]
        routine = Routine(name_of(declarator), kind, node, names)
        self._names[routine.name] = Variable(kind, value=(routine, 0))

    def _global(self, node: Node) -> None:
        base = self.kinds.base(node)
        for one in node.children_by_field_name("declarator"):
            kind, name = self.kinds.declared(one, base), name_of(one)
            value, old = one.child_by_field_name("value"), self._names.get(name)
            if isinstance(kind, Function) and name in self.functions:
                self._function(self.functions[name])
            elif not isinstance(kind, Function) and (old is None or value is not None):
                self._names[name] = self.lasting(kind, value)

    def lasting(self, kind: Kind, value: Node | None) -> Variable:
        """A variable that lasts as long as the program, and begins with a constant or as nothing."""
        kind = filled(kind, value)
        cells = nothing(kind)
        self._space.take(len(cells))
        if value is not None:
            cells = filling(self._constants, kind, value)([])
        block = Block(kind, cells)
        if self._constants.steps:
            raise Unsure("no constant")
        place = block, 0
        return Variable(kind, place=lambda frame: place)

    # -- steps

    def call(self, routine: Routine, given: Sequence[Any]) -> Any:
        """What a function gives for these arguments."""
        frame = self._entered(routine, list(given))
        steps, at = routine.steps, 0
        above: list[tuple[Routine, list[Any], int, int]] = []
        while True:
            self._steps -= 1
            if self._steps < 0:
                raise Unsure("many steps")
            does, run, more = steps[at]
            at += 1
            if does is EVAL:
                run(frame)
            elif does is BRANCH:
                if not run(frame):
                    at = more
            elif does is AGAIN:
                if run(frame):
                    at = more
            elif does is JUMP:
                at = more
            elif does is CALL:
                called = run(frame)[0]
                if not isinstance(called, Routine) or len(above) > _DEEP:
                    raise Unsure("a call of nothing, or a deep one")
                runs, slot = more
                inner = self._entered(called, [one(frame) for one in runs])
                above.append((routine, frame, at, slot))
                routine, frame, steps, at = called, inner, called.steps, 0
            elif does is RETURN:
                value = run(frame) if run is not None else None
                for slot in routine.boxes:
                    end(frame[slot], self._space)
                if not above:
                    return value
                routine, frame, at, slot = above.pop()
                frame[slot] = value
                steps = routine.steps
            else:
                raise Unsure(more)

    def _entered(self, routine: Routine, given: list[Any]) -> list[Any]:
        """The frame that a call begins with."""
        if not routine.steps:
            Body(self, routine, self._space).lower()
        frame = routine.frame.copy()
        for (slot, boxed, kind), value in zip(routine.opening, given, strict=True):
            frame[slot] = Block(kind, [value] if single(kind) else list(value)) if boxed else value
        return frame


_TEXTS = Pointer(Pointer(CHAR))
_MAINS = (Function(INT, ()), Function(INT, (INT, _TEXTS)), Function(INT, (INT,)))


def _defined(node: Node) -> list[str]:
    """The functions and the file's own variables that a part of a source defines, of which each name has but one."""
    static = any(text(one) == "static" for one in node.named_children)
    if node.type == "function_definition":
        return [name_of(node.child_by_field_name("declarator"))]
    declarators = node.children_by_field_name("declarator") if node.type == "declaration" else []
    return [name_of(one) for one in declarators if one.type == "init_declarator" or (static and "(" not in text(one))]


def _elsewhere(node: Node) -> bool:
    """Whether a declaration only says what is defined in another place."""
    plain = all(one.type != "init_declarator" for one in node.children_by_field_name("declarator"))
    return plain and any(text(one) == "extern" for one in node.named_children)


def _shared(root: Node) -> tuple[frozenset[str], frozenset[str]]:
    """The names that more than one function may change: global and static ones, and those whose address is taken."""
    lasting: set[str] = set()
    pointed: set[str] = set()
    for one in every(root):
        if one.type == "declaration":
            static = any(text(part) == "static" for part in one.named_children)
            if static or (one.parent is not None and one.parent.type == "translation_unit"):
                lasting.update(name_of(each) for each in one.children_by_field_name("declarator"))
        elif one.type == "pointer_expression" and text(one).startswith("&"):
            pointed.update(text(each) for each in every(one) if each.type == "identifier")
    return frozenset(lasting | pointed), frozenset(pointed)
