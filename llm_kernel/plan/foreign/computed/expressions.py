"""The expressions of a C function: each becomes what gives its value in a frame; calls become steps before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from tree_sitter import Node

from llm_kernel.plan.foreign.computed.code import BRANCH, CALL, EVAL, JUMP, Label
from llm_kernel.plan.foreign.computed.doubt import Unsure
from llm_kernel.plan.foreign.computed.kinds import (
    CHAR,
    INT,
    NULL,
    ULONG,
    Array,
    Float,
    Function,
    Int,
    Kind,
    Pointer,
    Struct,
    single,
    size,
    slots,
)  # fmt: skip
from llm_kernel.plan.foreign.computed.literals import letters, literal
from llm_kernel.plan.foreign.computed.lowering import Lowering, put_in
from llm_kernel.plan.foreign.computed.memory import Block, read
from llm_kernel.plan.foreign.computed.operators import (
    Expr,
    Frame,
    Run,
    combined,
    constant,
    converted,
    negated,
    truth,
    value_of,
)  # fmt: skip
from llm_kernel.plan.foreign.computed.places import held, pointed, read_slice, stored
from llm_kernel.plan.foreign.trees import called, given, text

__all__ = ["Expressions"]


class Expressions(Lowering):
    """Lowers expressions."""

    def expr(self, node: Node | None) -> Expr:
        """An expression as it stands there."""
        if node is None:
            raise Unsure("nothing")
        self.outside.order.check(node)
        match node.type:
            case "number_literal" | "char_literal" | "true" | "false" | "null":
                return literal(node)
            case "string_literal" | "concatenated_string":
                return self._text(node)
            case "parenthesized_expression":
                return self.expr(node.named_children[0])
            case "identifier":
                return self._name(text(node))
            case "binary_expression":
                return self._binary(node)
            case "unary_expression":
                return negated(_sign(node), self.expr(node.child_by_field_name("argument")))
            case "assignment_expression":
                return self._assignment(node)
            case "update_expression":
                return self._update(node)
            case "conditional_expression":
                return self._conditional(node)
            case "comma_expression":
                self.steps.append((EVAL, self.value(node.child_by_field_name("left")).run, None))
                return self.value(node.child_by_field_name("right"))
            case "subscript_expression":
                sides = [node.child_by_field_name(one) for one in ("argument", "index")]
                return pointed(combined("+", self.value(sides[0]), self.value(sides[1])))
            case "pointer_expression" if _sign(node) == "*":
                return pointed(self.value(node.child_by_field_name("argument")))
            case "pointer_expression":
                return self._address(node)
            case "field_expression":
                return self._field(node)
            case "cast_expression":
                return self._cast(node)
            case "sizeof_expression":
                return self._size(node)
            case "call_expression":
                return self._call(node)
            case kind:
                raise Unsure(kind)

    def fixed(self, node: Node) -> int:
        """A constant of the source."""
        before = len(self.steps)
        value = self.value(node).fixed
        if not isinstance(value, int) or len(self.steps) != before:
            raise Unsure("no constant")
        return value

    def _text(self, node: Node) -> Expr:
        cells = letters(node)
        if cells is None:
            raise Unsure("a text of another kind")
        kind = Array(CHAR, len(cells))
        place = Block(kind, cells, fixed=True), 0
        return Expr(kind, lambda frame: cells, place=lambda frame: place)

    def _name(self, name: str) -> Expr:
        variable = self.found(name)
        if variable.place is not None:
            return held(variable.kind, variable.place)
        slot = variable.slot
        if slot < 0:
            return constant(variable.kind, variable.value)
        if variable.boxed:
            return held(variable.kind, lambda frame: (frame[slot], 0))

        if variable.settled:
            return Expr(variable.kind, itemgetter(slot), local=slot)

        def look(frame: Frame) -> Any:
            value = frame[slot]
            if value is None:
                raise Unsure("a value that was never set")
            return value

        return Expr(variable.kind, look, local=slot)

    def _binary(self, node: Node) -> Expr:
        sign = _sign(node)
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if sign not in ("&&", "||"):
            one = self.value(left)
            one = self._kept(one, right)
            return combined(sign, one, self.value(right))
        first = truth(self.value(left))
        if right is None or not self._steps(right):
            second = truth(self.value(right))
            if sign == "&&":
                return Expr(INT, lambda frame: 1 if first(frame) and second(frame) else 0)
            return Expr(INT, lambda frame: 1 if first(frame) or second(frame) else 0)
        result, end = self.slot(), Label()
        self.steps += [put_in(result, _one_or_none(first)), (BRANCH, _taken(result, sign == "&&"), end)]
        second = truth(self.value(right))
        self.steps += [put_in(result, _one_or_none(second)), end]
        return Expr(INT, lambda frame: frame[result])

    def _assignment(self, node: Node) -> Expr:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = _sign(node)[:-1]
        if sign and right is not None and self._steps(right) and left is not None and left.type != "identifier":
            raise Unsure("a call in a place that changes")
        target = self.expr(left)
        kind = target.kind
        if isinstance(kind, Struct) and not sign:
            return self._copied(target, self.expr(right))
        if not single(kind):
            raise Unsure("an assignment")
        made = combined(sign, target, self.value(right)) if sign else self.value(right)
        return stored(target, converted(made, kind).run)

    def _copied(self, target: Expr, source: Expr) -> Expr:
        if target.kind != source.kind or target.place is None:
            raise Unsure("an assignment")
        place, run = target.place, source.run

        def copy(frame: Frame) -> Any:
            values = run(frame)
            block, at = place(frame)
            read_slice(block, at, len(values))
            block.cells[at : at + len(values)] = values
            return values

        return Expr(target.kind, copy)

    def _update(self, node: Node) -> Expr:
        target = self.expr(node.child_by_field_name("argument"))
        step = combined("+" if _sign(node) == "++" else "-", target, constant(INT, 1))
        run = converted(step, target.kind).run
        made = stored(target, run)
        if node.children[0].type in ("++", "--"):
            return made
        before, change = target.run, made.run

        def update(frame: Frame) -> Any:
            value = before(frame)
            change(frame)
            return value

        return Expr(target.kind, update)

    def _conditional(self, node: Node) -> Expr:
        ways = [node.child_by_field_name(one) for one in ("consequence", "alternative")]
        condition = truth(self.value(node.child_by_field_name("condition")))
        (one, first), (two, second) = (self._apart(way) for way in ways)
        kind = _common(one, two)
        one, two = converted(one, kind), converted(two, kind)
        if not first and not second:
            yes, no = one.run, two.run
            return Expr(kind, lambda frame: yes(frame) if condition(frame) else no(frame))
        result, other, end = self.slot(), Label(), Label()
        self.steps += [(BRANCH, condition, other), *first, put_in(result, one.run), (JUMP, None, end)]
        self.steps += [other, *second, put_in(result, two.run), end]
        return Expr(kind, lambda frame: frame[result])

    def _address(self, node: Node) -> Expr:
        target = self.expr(node.child_by_field_name("argument"))
        if isinstance(target.kind, Function):
            return value_of(target)
        if target.place is None:
            raise Unsure("the address of no place")
        return Expr(Pointer(target.kind), target.place)

    def _field(self, node: Node) -> Expr:
        owner = self.expr(node.child_by_field_name("argument"))
        if any(one.type == "->" for one in node.children):
            owner = pointed(value_of(owner))
        named = text(node.child_by_field_name("field"))
        if not isinstance(owner.kind, Struct) or named not in owner.kind.fields:
            raise Unsure("a member")
        kind, by = owner.kind.fields[named]
        if owner.place is None:
            run, end = owner.run, by + slots(kind)
            if not single(kind):
                return Expr(kind, lambda frame: run(frame)[by:end])
            return Expr(kind, lambda frame: _known(run(frame)[by]))
        place = owner.place

        def at(frame: Frame) -> tuple[Any, int]:
            block, start = place(frame)
            if block is None:
                read((None, start))  # which is the end of the program
            return block, start + by

        return held(kind, at)

    def _cast(self, node: Node) -> Expr:
        descriptor = node.child_by_field_name("type")
        if descriptor is None:
            raise Unsure("a cast")
        return converted(self.expr(node.child_by_field_name("value")), self.outside.kinds.of(descriptor))

    def _size(self, node: Node) -> Expr:
        descriptor, value = node.child_by_field_name("type"), node.child_by_field_name("value")
        named = text(descriptor or value).strip("() ")
        if any(named in scope for scope in self.scopes):
            return constant(ULONG, size(self._name(named).kind))
        if descriptor is not None or self.outside.kinds.known(named):
            kind = self.outside.kinds.of(descriptor) if descriptor is not None else self.outside.kinds.named(named)
            return constant(ULONG, size(kind))
        before = len(self.steps)
        kind = self.expr(value).kind
        del self.steps[before:]
        return constant(ULONG, size(kind))

    def _call(self, node: Node) -> Expr:
        function = node.child_by_field_name("function")
        arguments = given(node)
        if self._of_library(node):
            return self.outside.library(node, called(node)[0], self._arguments(arguments, [None] * len(arguments)))
        target = self.value(function)
        kind = target.kind.to if isinstance(target.kind, Pointer) else target.kind
        if not isinstance(kind, Function) or len(kind.parameters) != len(arguments):
            raise Unsure("a call")
        values = self._arguments(arguments, kind.parameters)
        result = self.slot()
        self.steps.append((CALL, target.run, (tuple(one.run for one in values), result)))
        return Expr(kind.result, lambda frame: frame[result])

    def _arguments(self, nodes: Sequence[Node], kinds: Sequence[Kind | None]) -> list[Expr]:
        values = []
        for at, (node, kind) in enumerate(zip(nodes, kinds, strict=True)):
            later = next((one for one in nodes[at + 1 :] if self._steps(one)), None)
            values.append(self._kept(self.value(node, kind), later))
        return values


def _common(one: Expr, two: Expr) -> Kind:
    if isinstance(one.kind, Pointer) or isinstance(two.kind, Pointer):
        kind = one.kind if isinstance(one.kind, Pointer) and one.fixed != NULL else two.kind
        other = two.kind if kind is one.kind else one.kind
        if other != kind and not (one.fixed in (NULL, 0) or two.fixed in (NULL, 0)):
            raise Unsure("different types")
        return kind
    if isinstance(one.kind, Int | Float) and isinstance(two.kind, Int | Float):
        return combined("+", constant(one.kind, 0), constant(two.kind, 0)).kind
    if one.kind != two.kind:
        raise Unsure("different types")
    return one.kind


def _one_or_none(run: Run) -> Run:
    return lambda frame: 1 if run(frame) else 0


def _taken(slot: int, wanted: bool) -> Callable[[Frame], bool]:
    return lambda frame: bool(frame[slot]) == wanted


def _known(value: Any) -> Any:
    if value is None:
        raise Unsure("a value that was never set")
    return value


def _sign(node: Node) -> str:
    return text(node.child_by_field_name("operator"))
