"""Statements of awk as functions of nothing, and a whole program from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from llm_kernel.programs.awk import tree
from llm_kernel.programs.awk.building import Builder
from llm_kernel.programs.awk.faults import TroubleError
from llm_kernel.programs.awk.formats import formatted
from llm_kernel.programs.awk.runtime import Runtime
from llm_kernel.programs.awk.values import Value, integer, number, true

__all__ = ["Play"]

Act: TypeAlias = Callable[[], str]
"""Does something; what it gives is ``break``, ``continue``, ``return`` or, where all goes on, nothing."""


class _Next(Exception):  # noqa: N818 - a direction, not a fault
    """The next record; ``whole``: of the next file."""

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole


class _Exit(Exception):  # noqa: N818 - a direction, not a fault
    """The end of the program."""


class Play:
    """A program that is run once."""

    def __init__(self, program: tree.Program, runtime: Runtime) -> None:
        self._runtime, self._builder = runtime, Builder(program, runtime)
        self._result: Value = None
        self._status = 0
        for function in program.functions.values():
            self._builder.functions[function.name] = self._function(function)
        self._begin = [self._act(block) for block in program.begin]
        self._rules = [self._rule(rule) for rule in program.rules]
        self._end = [self._act(block) for block in program.end]

    def run(self) -> int:
        """The program's status, when all is done."""
        try:
            try:
                for act in self._begin:
                    act()
                if self._rules or self._end:
                    self._records()
            except _Exit:
                pass
            try:
                for act in self._end:
                    act()
            except _Exit:
                pass
        except RecursionError as err:
            raise TroubleError("function call nesting too deep for eval stack", placed=False) from err
        return self._status

    def _records(self) -> None:
        runtime, rules = self._runtime, self._rules
        while (text := runtime.read()) is not None:
            runtime.record.load(text)
            try:
                for rule in rules:
                    rule()
            except _Next as direction:
                if direction.whole:
                    runtime.leave()

    def _function(self, function: tree.Function) -> Callable[[], Value]:
        body = self._act(function.body)

        def run() -> Value:
            self._result = None
            result = self._result if body() == "return" else None
            self._result = None
            return result

        return run

    def _rule(self, rule: tree.Rule) -> Act:
        act = self._act(rule.body or tree.Print((), formatted=False))
        if rule.pattern is None:
            return act
        holds = self._builder.made(rule.pattern)
        if rule.last is None:
            return lambda: act() if true(holds()) else ""
        ends, inside = self._builder.made(rule.last), False

        def ranged() -> str:
            nonlocal inside
            if inside or true(holds()):
                inside = not true(ends())
                return act()
            return ""

        return ranged

    # -- statements ---------------------------------------------------------------------------------------------

    def _act(self, node: tree.Statement) -> Act:
        made = self._builder.made
        match node:
            case tree.Simple(value):
                work = made(value)

                def simple() -> str:
                    work()
                    return ""

                return simple
            case tree.Print():
                return self._print(node)
            case tree.Block(body):
                return self._block([self._act(one) for one in body])
            case tree.If(test, yes, no):
                asked, first, second = made(test), self._act(yes), self._act(no) if no else _nothing
                return lambda: first() if true(asked()) else second()
            case tree.While(test, body):
                return self._loop(None, test, None, body)
            case tree.For(first, test, step, body):
                return self._loop(first, test, step, body)
            case tree.Do(body, test):
                return self._loop(None, test, None, body, tested=False)
            case tree.Each():
                return self._each(node)
            case tree.Jump(how):
                return self._jump(how)
            case tree.Leave():
                return self._leave(node)
            case tree.Delete():
                return self._delete(node)

    @staticmethod
    def _block(acts: list[Act]) -> Act:
        if len(acts) == 1:
            return acts[0]

        def block() -> str:
            for act in acts:
                if how := act():
                    return how
            return ""

        return block

    def _loop(
        self,
        first: tree.Expression | None,
        test: tree.Expression | None,
        step: tree.Expression | None,
        body: tree.Statement,
        *,
        tested: bool = True,
    ) -> Act:
        made, runtime = self._builder.made, self._runtime
        begin, asked, on = (made(one or tree.Const(1.0)) for one in (first, test, step))
        act = self._act(body)

        def loop() -> str:
            begin()
            holds = not tested or true(asked())
            while holds:
                runtime.tick()
                how = act()
                if how == "break":
                    break
                if how == "return":
                    return how
                on()
                holds = true(asked())
            return ""

        return loop

    def _each(self, node: tree.Each) -> Act:
        held, act, runtime = self._builder.array(node.array), self._act(node.body), self._runtime
        find = self._builder.bound(node.name)

        def each() -> str:
            for name in held().names():
                runtime.tick()
                find()[1](name)
                how = act()
                if how == "break":
                    break
                if how == "return":
                    return how
            return ""

        return each

    @staticmethod
    def _jump(how: str) -> Act:
        if how in ("break", "continue"):
            return lambda: how

        def jump() -> str:
            raise _Next(whole=how == "nextfile")

        return jump

    def _leave(self, node: tree.Leave) -> Act:
        value = self._builder.made(node.value) if node.value else None

        def leave() -> str:
            if node.how == "return":
                self._result = value() if value else None
                return "return"
            if value:
                self._status = integer(number(value()), (1 << 31) - 1) & 255
            raise _Exit

        return leave

    def _delete(self, node: tree.Delete) -> Act:
        held = self._builder.array(node.array)
        key = self._builder.key(node.index) if node.index else None

        def delete() -> str:
            if key:
                held().remove(key())
            else:
                held().clear()
            return ""

        return delete

    def _print(self, node: tree.Print) -> Act:
        runtime, args = self._runtime, [self._builder.made(arg) for arg in node.args]
        target = self._builder.made(node.target) if node.target else None

        def plain() -> str:
            ends = runtime.text(runtime.special("ORS"))
            if not args:
                return runtime.text(runtime.record.text()) + ends
            return runtime.text(runtime.special("OFS")).join([runtime.shown(arg()) for arg in args]) + ends

        def formed() -> str:
            form, *rest = [arg() for arg in args]
            try:
                return formatted(runtime.text(form), rest, runtime.dialect, "printf", runtime.text)
            except TroubleError as err:
                runtime.streams.write(err.said)
                raise

        said = formed if node.formatted else plain

        def show() -> str:
            text = said()
            if target:
                runtime.streams.writing(runtime.text(target()), node.to)(text)
            else:
                runtime.streams.write(text)
            return ""

        return show


def _nothing() -> str:
    return ""
