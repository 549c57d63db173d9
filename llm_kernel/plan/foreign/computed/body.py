"""The statements of a C function, lowered to steps. One that is not known is a doubt where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.code import (
    AGAIN,
    BRANCH,
    DOUBT,
    EVAL,
    JUMP,
    RETURN,
    Label,
    Routine,
    Variable,
    linked,
)  # fmt: skip
from llm_kernel.plan.foreign.computed.declaring import name_of
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.expressions import Expressions
from llm_kernel.plan.foreign.computed.filling import filled, filling
from llm_kernel.plan.foreign.computed.kinds import Array, Function, Kind, Struct, Void, single, slots
from llm_kernel.plan.foreign.computed.lowering import Outside, put_in
from llm_kernel.plan.foreign.computed.memory import Block, Space
from llm_kernel.plan.foreign.computed.operators import Frame, Run, converted, truth, value_of
from llm_kernel.plan.foreign.trees import every, text

__all__ = ["Body", "end"]

_GONE = Block(None, [])
_GONE.alive = False


class Body(Expressions):
    """Lowers one function, ``routine``, whose blocks take their room from ``space``."""

    def __init__(self, outside: Outside, routine: Routine, space: Space) -> None:
        super().__init__(outside)
        self._routine, self._space = routine, space
        self._pointed = {
            name_of(one.child_by_field_name("argument")) or text(one.child_by_field_name("argument"))
            for one in every(routine.node)
            if one.type == "pointer_expression" and text(one).startswith("&")
        }
        self._jumps = any(one.type in ("switch_statement", "goto_statement") for one in every(routine.node))
        self._breaks: list[Label] = []
        self._continues: list[Label] = []
        self._labels: dict[str, Label] = {}

    def lower(self) -> None:
        """Make the steps of the function."""
        routine = self._routine
        for name, kind in zip(routine.parameters, routine.kind.parameters, strict=True):
            variable = self._declare(name, kind, settled=True)
            routine.opening.append((variable.slot, variable.boxed, kind))
        self._statement(routine.node.child_by_field_name("body"))
        if isinstance(routine.kind.result, Void) or routine.name == "main":
            self.steps.append((RETURN, lambda frame: 0, None))
        else:
            self.steps.append((RETURN, None, None))
        routine.frame = self.frame
        routine.steps = linked(self.steps)

    def _declare(self, name: str, kind: Kind, *, settled: bool = False) -> Variable:
        boxed = not single(kind) or name in self._pointed
        variable = Variable(kind, self.slot(), boxed, settled=settled)
        if boxed:
            self.frame[variable.slot] = _GONE
            self._routine.boxes.append(variable.slot)
        self.scopes[-1][name] = variable
        return variable

    def _statement(self, node: Node | None) -> None:
        if node is None or node.type == "comment":
            return
        start = len(self.steps)
        depth = len(self.scopes)
        try:
            self._lower(node)
        except Unsure as err:
            del self.steps[start:], self.scopes[depth:]
            self.steps.append((DOUBT, None, str(err)))
            if node.type == "declaration":
                self.scopes[-1].update((name_of(one), None) for one in node.children_by_field_name("declarator"))

    def _lower(self, node: Node) -> None:
        match node.type:
            case "compound_statement":
                self._block(node)
            case "expression_statement":
                self._each(node.named_children)
            case "declaration":
                self._declaration(node)
            case "if_statement":
                self._if(node)
            case "while_statement" | "for_statement" | "do_statement":
                self._loop(node)
            case "switch_statement":
                self._switch(node)
            case "break_statement" if self._breaks:
                self.steps.append((JUMP, None, self._breaks[-1]))
            case "continue_statement" if self._continues:
                self.steps.append((JUMP, None, self._continues[-1]))
            case "return_statement":
                self._return(node)
            case "goto_statement":
                self.steps.append((JUMP, None, self._label(text(node.child_by_field_name("label")))))
            case "labeled_statement":
                self.steps.append(self._label(text(node.child_by_field_name("label"))))
                for one in node.named_children[1:]:
                    self._statement(one)
            case "type_definition":
                self.outside.kinds.alias(node)
            case "struct_specifier" | "enum_specifier":
                self.outside.kinds.specified(node)
            case kind if kind != ";":
                raise Unsure(kind)

    def _label(self, name: str) -> Label:
        return self._labels.setdefault(name, Label())

    def _block(self, node: Node) -> None:
        self.scopes.append({})
        for one in node.named_children:
            self._statement(one)
        self.scopes.pop()

    def _each(self, nodes: list[Node]) -> None:
        for one in nodes:
            if one.type != "comment":
                self.steps.append((EVAL, self.value(one).run, None))

    def _asked(self, node: Node | None) -> Run:
        """Whether a condition holds."""
        if node is not None and node.type == "parenthesized_expression":
            node = node.named_children[0]
        return truth(self.value(node))

    def _if(self, node: Node) -> None:
        other, end = Label(), Label()
        self.steps.append((BRANCH, self._asked(node.child_by_field_name("condition")), other))
        self._statement(node.child_by_field_name("consequence"))
        otherwise = node.child_by_field_name("alternative")
        if otherwise is not None:
            self.steps.append((JUMP, None, end))
        self.steps.append(other)
        for one in otherwise.named_children if otherwise is not None else []:
            self._statement(one)
        self.steps.append(end)

    def _loop(self, node: Node) -> None:
        more, test, stop, body = Label(), Label(), Label(), Label()
        self.scopes.append({})
        first = node.child_by_field_name("initializer")
        if first is not None:
            self._lower(first) if first.type == "declaration" else self._each([first])
        if node.type != "do_statement":
            self.steps.append((JUMP, None, test))
        self.steps.append(body)
        self._breaks.append(stop)
        self._continues.append(more)
        self._statement(node.child_by_field_name("body"))
        self._breaks.pop()
        self._continues.pop()
        self.steps.append(more)
        step = node.child_by_field_name("update")
        if step is not None:
            self._each([step])
        self.steps.append(test)
        condition = node.child_by_field_name("condition")
        asked = self._asked(condition) if condition is not None else None
        self.steps += [(JUMP, None, body) if asked is None else (AGAIN, asked, body), stop]
        self.scopes.pop()

    def _switch(self, node: Node) -> None:
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if condition is None or body is None:
            raise Unsure("a switch")
        value = self.value(condition.named_children[0])
        slot = self.slot()
        self.steps.append(put_in(slot, value.run))
        end = Label()
        cases = [one for one in body.named_children if one.type == "case_statement"]
        labels = [Label() for _ in cases]
        default = end
        for label, one in zip(labels, cases, strict=True):
            said = one.child_by_field_name("value")
            if said is None:
                default = label
                continue
            self.steps.append((BRANCH, _differs(slot, self.fixed(said)), label))
        self.steps.append((JUMP, None, default))
        self._breaks.append(end)
        self.scopes.append({})
        at = 0
        for one in body.named_children:
            if one.type != "case_statement":
                self._statement(one)
                continue
            self.steps.append(labels[at])
            at += 1
            said = one.child_by_field_name("value")
            for inner in one.named_children:
                if inner != said:
                    self._statement(inner)
        self.scopes.pop()
        self._breaks.pop()
        self.steps.append(end)

    def _return(self, node: Node) -> None:
        wanted = self._routine.kind.result
        inner = [one for one in node.named_children if one.type != "comment"]
        if not inner:
            self.steps.append((RETURN, None, None))
        elif isinstance(wanted, Void):
            raise Unsure("a value that is not returned")
        else:
            made = self.expr(inner[0])
            made = made if isinstance(wanted, Struct) and made.kind == wanted else converted(made, wanted)
            self.steps.append((RETURN, made.run, None))

    # -- declarations

    def _declaration(self, node: Node) -> None:
        kinds = self.outside.kinds
        base = kinds.base(node)
        static = any(text(one) == "static" for one in node.named_children if one.type == "storage_class_specifier")
        for one in node.children_by_field_name("declarator"):
            kind, name = kinds.declared(one, base), name_of(one)
            value = one.child_by_field_name("value")
            if isinstance(kind, Function):
                raise Unsure("a declaration inside a function")
            if static:
                self.scopes[-1][name] = self.outside.lasting(kind, value)
                continue
            if value is not None and value.type == "initializer_list":
                self.outside.order.check(value)
            if single(kind):
                self._begin(name, self._declare(name, kind), value)
            else:
                self._declare_many(one, name, kind, value)

    def _begin(self, name: str, variable: Variable, value: Node | None) -> None:
        """Let a variable have its first value, or none; it is itself known in what that is made of."""
        slot, boxed, kind = variable.slot, variable.boxed, variable.kind
        run = self.value(value, kind).run if value is not None else None
        self.scopes[-1][name] = replace(variable, settled=run is not None and not self._jumps)

        def begin(frame: Frame) -> None:
            made = run(frame) if run is not None else None
            frame[slot] = Block(kind, [made]) if boxed else made

        self.steps.append((EVAL, begin, None))

    def _declare_many(self, declarator: Node, name: str, kind: Kind, value: Node | None) -> None:
        """An array or a structure, with what is put into it first."""
        if value is not None and isinstance(kind, Struct) and value.type != "initializer_list":
            run = self.expr(value).run
            self._fill(self._declare(name, kind), run)
            return
        if isinstance(kind, Array) and kind.count is None and value is None:
            self._variable_length(declarator, name, kind)
            return
        kind = filled(kind, value)
        made = filling(self, kind, value) if value is not None else None
        self._fill(self._declare(name, kind), made)

    def _fill(self, variable: Variable, run: Run | None) -> None:
        slot, kind, space = variable.slot, variable.kind, self._space
        count = slots(kind)

        def fill(frame: Frame) -> None:
            space.take(count)
            values = list(run(frame)) if run is not None else [None] * count
            end(frame[slot], space)
            frame[slot] = Block(kind, values)

        self.steps.append((EVAL, fill, None))

    def _variable_length(self, declarator: Node, name: str, kind: Array) -> None:
        size = declarator.child_by_field_name("size")
        length = value_of(self.value(size)).run
        each = slots(kind.of)
        slot, space = self._declare(name, kind).slot, self._space

        def fill(frame: Frame) -> None:
            count = length(frame)
            if not 0 < count <= 1_000_000:
                raise Unsure("an array of that length")
            space.take(count * each)
            end(frame[slot], space)
            frame[slot] = Block(Array(kind.of, count), [None] * (count * each))

        self.steps.append((EVAL, fill, None))


def end(block: Any, space: Space) -> None:
    """Let a block be no longer."""
    if block.alive:
        block.alive = False
        space.left += len(block.cells)


def _differs(slot: int, value: int) -> Run:
    return lambda frame: frame[slot] != value
