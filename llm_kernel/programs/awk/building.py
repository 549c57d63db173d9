"""Expressions of awk as functions of nothing, which give a value each time they are called."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TypeAlias

from llm_kernel.programs.awk import tree
from llm_kernel.programs.awk.arrays import Array
from llm_kernel.programs.awk.faults import MistakeError, TroubleError
from llm_kernel.programs.awk.functions import FUNCTIONS, power, quotient, remainder, replaced
from llm_kernel.programs.awk.matching import Pattern
from llm_kernel.programs.awk.runtime import Runtime
from llm_kernel.programs.awk.values import Read, Value, number, true

__all__ = ["Builder", "Made"]

Made: TypeAlias = Callable[[], Value]
Bound: TypeAlias = tuple[Made, Callable[[Value], None]]

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": quotient,
    "%": remainder,
    "^": power,
}
_ORDER: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Builder:
    """``functions`` are the program's own, filled by who builds their statements."""

    def __init__(self, program: tree.Program, runtime: Runtime) -> None:
        self._program, self._runtime = program, runtime
        self.functions: dict[str, Callable[[], Value]] = {}

    def made(self, node: tree.Expression) -> Made:
        """The function of an expression."""
        runtime = self._runtime
        match node:
            case tree.Const(constant):
                return lambda: constant
            case tree.Regex(source):
                pattern, record = self._compiled(source), runtime.record
                return lambda: float(pattern.within(runtime.text(record.text())))
            case tree.Name() | tree.Element() | tree.Field():
                return self._read(node)
            case tree.Assign(op, target, value):
                return self._assign(op, target, value)
            case tree.Choice(test, yes, no):
                asked, first, second = self.made(test), self.made(yes), self.made(no)
                return lambda: first() if true(asked()) else second()
            case tree.Or(left, right):
                one, other = self.made(left), self.made(right)
                return lambda: float(true(one()) or true(other()))
            case tree.And(left, right):
                one, other = self.made(left), self.made(right)
                return lambda: float(true(one()) and true(other()))
            case tree.Have(array, index):
                held, key = self.array(array), self.key(index)
                return lambda: float(held().has(key()))
            case tree.Match(left, right, negated):
                text, marked = self.made(left), self.pattern(right)
                return lambda: float(marked().within(runtime.text(text())) is not negated)
            case tree.Compare(op, left, right):
                one, other, holds, compared = self.made(left), self.made(right), _ORDER[op], runtime.compared
                return lambda: float(holds(compared(one(), other()), 0))
            case tree.Concat(parts):
                return self._concat([self.made(part) for part in parts])
            case tree.Binary(op, left, right):
                one, other, work = self.made(left), self.made(right), _ARITHMETIC[op]
                return lambda: work(number(one()), number(other()))
            case tree.Unary(op, value):
                return self._unary(op, self.made(value))
            case tree.Step(by, target, prefix):
                return self._step(by, target, prefix)
            case tree.Getline():
                return self._getline(node)
            case tree.Call():
                return self._call(node)
            case tree.Builtin():
                return self._builtin(node)

    def _concat(self, parts: Sequence[Made]) -> Made:
        text, bounded = self._runtime.text, self._runtime.bounded
        if len(parts) == 2:
            one, other = parts
            return lambda: bounded(text(one()) + text(other()))
        return lambda: bounded("".join([text(part()) for part in parts]))

    @staticmethod
    def _unary(op: str, value: Made) -> Made:
        if op == "!":
            return lambda: float(not true(value()))
        if op == "-":
            return lambda: -number(value())
        return lambda: number(value())

    # -- places -------------------------------------------------------------------------------------------------

    def array(self, name: tree.Name) -> Callable[[], Array]:
        """What gives an array."""
        runtime = self._runtime
        if name.local < 0:
            array = runtime.arrays[name.name]
            return lambda: array
        at = name.local
        return lambda: runtime.frame[at]  # type: ignore[return-value]

    def key(self, index: Sequence[tree.Expression]) -> Callable[[], str | int]:
        """What gives the name of an array's element."""
        keys, key = [self.made(one) for one in index], self._runtime.key
        if len(keys) == 1:
            [only] = keys
            return lambda: key(only())
        return lambda: self._runtime.keys([one() for one in keys])

    def _read(self, place: tree.Place) -> Made:
        runtime = self._runtime
        match place:
            case tree.Name("NF", -1):
                record = runtime.record
                return lambda: float(record.count)
            case tree.Name(_, at) if at >= 0:
                return lambda: runtime.frame[at]  # type: ignore[return-value]
            case tree.Name(name):
                values, slot = runtime.values, runtime.slot(name)
                return lambda: values[slot]
            case tree.Element(array, index):
                held, key = self.array(array), self.key(index)
                return lambda: held().get(key())
            case tree.Field(tree.Const(float(at_))):
                get = runtime.record.get
                return lambda: get(at_)
            case tree.Field(index):
                get, asked = runtime.record.get, self.made(index)
                return lambda: get(asked())

    def bound(self, place: tree.Place) -> Callable[[], Bound]:
        """What finds a place, with its index worked out, and gives what reads it and what changes it."""
        runtime = self._runtime
        match place:
            case tree.Name("NF", -1):
                record = runtime.record
                pair: Bound = (lambda: float(record.count)), record.resize
            case tree.Name(_, at) if at >= 0:

                def put_local(value: Value) -> None:
                    runtime.frame[at] = value

                pair = self._read(place), put_local
            case tree.Name(name):
                values, slot = runtime.values, runtime.slot(name)

                def put(value: Value) -> None:
                    values[slot] = value

                pair = self._read(place), put
            case tree.Element(array, index):
                held, key = self.array(array), self.key(index)

                def element() -> Bound:
                    there, name = held(), key()
                    return (lambda: there.get(name)), (lambda value: there.put(name, value))

                return element
            case tree.Field(index):
                asked, record, text = self.made(index), runtime.record, runtime.text

                def field() -> Bound:
                    at = asked()
                    return (lambda: record.get(at)), (lambda value: record.put(at, value, text(value)))

                return field
        return lambda: pair

    def _assign(self, op: str, target: tree.Place, value: tree.Expression) -> Made:
        made, find = self.made(value), self.bound(target)
        work = _ARITHMETIC[op] if op else None

        def assign() -> Value:
            get, put = find()
            found = made()
            result = work(number(get()), number(found)) if work else found
            put(result)
            return result

        return assign

    def _step(self, by: float, target: tree.Place, prefix: bool) -> Made:
        find = self.bound(target)

        def step() -> Value:
            get, put = find()
            old = number(get())
            put(old + by)
            return old + by if prefix else old

        return step

    # -- patterns and calls -------------------------------------------------------------------------------------

    def _compiled(self, source: str) -> Pattern:
        try:
            return self._runtime.pattern(source)
        except MistakeError as err:
            raise MistakeError(f"line 1: {err.words}") from err

    def pattern(self, node: tree.Expression) -> Callable[[], Pattern]:
        """What gives the pattern of an expression: written as one, or a text."""
        runtime = self._runtime
        if isinstance(node, tree.Regex):
            found = self._compiled(node.source)
            return lambda: found
        if isinstance(node, tree.Const):
            found = self._compiled(runtime.text(node.value))
            return lambda: found
        made = self.made(node)

        def dynamic() -> Pattern:
            try:
                return runtime.pattern(runtime.text(made()))
            except MistakeError as err:
                raise TroubleError(err.words) from err

        return dynamic

    def _getline(self, node: tree.Getline) -> Made:
        runtime = self._runtime
        find = self.bound(node.target) if node.target else None
        source = self.made(node.source) if node.source else None

        def getline() -> Value:
            if source is None:
                found: str | int | None = runtime.read()
            else:
                found = runtime.getline(runtime.text(source()), command=node.command)
            if not isinstance(found, str):
                return float(found or 0)
            if find:
                find()[1](Read(found))
            else:
                runtime.record.load(found)
            return 1.0

        return getline

    def _call(self, node: tree.Call) -> Made:
        runtime, function = self._runtime, self._program.functions[node.name]
        arrays = [(node.name, param) in self._program.arrays for param in function.params]
        args: list[Callable[[], Value | Array]] = [
            self.array(arg) if is_array and isinstance(arg, tree.Name) else self.made(arg)
            for arg, is_array in zip(node.args, arrays, strict=False)
        ]
        missing = arrays[len(args) :]
        bodies, name = self.functions, node.name

        def call() -> Value:
            runtime.tick()
            frame: list[Value | Array] = [arg() for arg in args]
            frame += [runtime.array() if is_array else None for is_array in missing]
            before, runtime.frame = runtime.frame, frame
            try:
                return bodies[name]()
            finally:
                runtime.frame = before

        return call

    def _builtin(self, node: tree.Builtin) -> Made:
        runtime, name = self._runtime, node.name
        if name in ("sub", "gsub"):
            return self._replacing(node)
        if name == "match":
            return self._matching(node)
        if name == "split":
            return self._splitting(node)
        if name == "length" and node.args and self._is_array(node.args[0]):
            held = self.array(node.args[0])  # type: ignore[arg-type]
            return lambda: float(len(held()))
        args, function = [self.made(arg) for arg in node.args], FUNCTIONS[name]
        return lambda: function(runtime, [arg() for arg in args])

    def _is_array(self, node: tree.Expression) -> bool:
        if not isinstance(node, tree.Name):
            return False
        if node.local < 0:
            return node.name in self._runtime.arrays
        return any((name, node.name) in self._program.arrays for name in self._program.functions)

    def _replacing(self, node: tree.Builtin) -> Made:
        runtime, every = self._runtime, node.name == "gsub"
        marked, by = self.pattern(node.args[0]), self.made(node.args[1])
        target = node.args[2] if len(node.args) > 2 else tree.Field(tree.Const(0.0))
        assert isinstance(target, tree.Name | tree.Element | tree.Field)
        find = self.bound(target)

        def replace() -> Value:
            mark, text = marked(), runtime.text(by())
            get, put = find()
            found, count = replaced(runtime.text(get()), mark, text, every=every)
            if count:
                put(runtime.bounded(found))
            return float(count)

        return replace

    def _matching(self, node: tree.Builtin) -> Made:
        runtime, text, marked = self._runtime, self.made(node.args[0]), self.pattern(node.args[1])
        start, length = runtime.slot("RSTART"), runtime.slot("RLENGTH")

        def find() -> Value:
            said = runtime.text(text())
            found = marked().find(said)
            begin, count = (found[0] + 1, found[1] - found[0]) if found else (0, -1)
            runtime.values[start], runtime.values[length] = float(begin), float(count)
            return float(begin)

        return find

    def _splitting(self, node: tree.Builtin) -> Made:
        runtime = self._runtime
        text, held = self.made(node.args[0]), self.array(node.args[1])  # type: ignore[arg-type]
        mark = node.args[2] if len(node.args) > 2 else tree.Name("FS")
        made = None if isinstance(mark, tree.Regex) else self.made(mark)
        # a space as a pattern is one space, and no word for whatever is blank
        source = mark.source if isinstance(mark, tree.Regex) else ""
        fixed = f"[{source}]" if len(source) == 1 and source.isspace() else source

        def split() -> Value:
            said = runtime.text(text())
            parts = runtime.splitter(runtime.text(made()) if made else fixed)(said)
            held().load(parts)
            return float(len(parts))

        return split
