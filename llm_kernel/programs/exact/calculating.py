"""``bc``: the calculator and its small language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from llm_kernel.programs.exact.decimals import Decimals, TooLargeError
from llm_kernel.programs.exact.formulas import Node, Reader, Wrong
from llm_kernel.programs.options import Options
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["bc"]

_BC = Options(
    "c,compile h i,interactive l,mathlib q,quiet s,standard w,warn v d",
    usage="[options] [file ...]",
    about="An arbitrary precision calculator language.",
    package="bc 1.07.1",
)
_STEPS = 300_000
_OUTPUT = 1_000_000


class _Leave(Exception):  # noqa: N818 - a direction, not a fault
    """``break``, ``continue``, ``return`` or ``quit``."""

    def __init__(self, how: str, value: Decimals = Decimals(0)) -> None:
        self.how, self.value = how, value


@live("bc")
async def bc(call: Call, io: Io) -> int:
    """Calculate what the files and standard input say."""
    parsed = _BC.parse(call)
    if isinstance(parsed, Answer):
        await io.out(parsed.stdout)
        await io.err(parsed.stderr)
        return parsed.status
    machine = _Machine(library="mathlib" in parsed)
    for name in parsed.operands:
        try:
            text = call.machine.files.read(call.path(name)).decode(errors="replace")
        except OSError:
            await io.err(f"File {name} is unavailable.\n")
            return 1
        machine.run(text, name)
    if not machine.over:
        machine.run((await io.read()).decode(errors="replace"), "(standard_in)")
    if machine.out:
        await io.out("".join(machine.out))
    if machine.err:
        await io.err("".join(machine.err))
    return 0


@dataclass(slots=True)
class _Machine:
    library: bool
    names: dict[str, Decimals] = field(default_factory=dict)
    arrays: dict[tuple[str, int], Decimals] = field(default_factory=dict)
    defined: dict[str, tuple[list[str], list[str], list[Node]]] = field(default_factory=dict)
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    over: bool = False
    steps: int = 0
    deep: int = 0
    size: int = 0

    def __post_init__(self) -> None:
        self.names = {"scale": Decimals(20 if self.library else 0), "ibase": Decimals(10), "obase": Decimals(10)}

    @property
    def scale(self) -> int:
        return self.names["scale"].cut(0).value

    def run(self, text: str, source: str) -> None:
        """Read and do one line after the other; a wrong one is told and passed over."""
        reader = Reader(text + ("" if text.endswith("\n") else "\n"))
        while not self.over and not reader.ended:
            try:
                nodes = reader.line()
            except Wrong as wrong:
                self.err.append(f"{source} {reader.row}: {wrong}\n")
                reader.skip()
                continue
            try:
                for node in nodes:
                    self.do(node)
            except _Leave as leave:
                self.over = leave.how == "quit"
            except Wrong as wrong:
                self.err.append(f"Runtime error (func=(main), adr={reader.address}): {wrong}\n")
            except (TooLargeError, RecursionError):
                self.err.append("Out of memory for malloc.\n")
                self.over = True

    def show(self, text: str) -> None:
        """Print, within bounds."""
        self.size += len(text)
        if self.size > _OUTPUT:
            raise TooLargeError
        self.out.append(text)

    def do(self, node: Node) -> None:
        """One statement."""
        self.steps += 1
        if self.steps > _STEPS:
            raise TooLargeError
        match node:
            case ("block", nodes):
                for inner in nodes:
                    self.do(inner)
            case ("show", inner):
                self.show(_folded(self.value(inner).text(self.names["obase"].cut(0).value)) + "\n")
            case ("drop", inner):
                self.value(inner)
            case ("string", text):
                self.show(text)
            case ("print", parts):
                for part in parts:
                    if part[0] == "string":
                        self.show(part[1].replace("\\n", "\n").replace("\\t", "\t").replace("\\q", '"'))
                    else:
                        self.show(self.value(part).text(self.names["obase"].cut(0).value))
            case ("if", test, then, other):
                if self.value(test).value:
                    self.do(then)
                elif other:
                    self.do(other)
            case ("for", first, test, step, body):
                self._loop(first, test, step, body)
            case ("define", name, parameters, local, body):
                self.defined[name] = (parameters, local, body)
            case ("return", inner):
                raise _Leave("return", self.value(inner) if inner else Decimals(0))
            case (how,):
                raise _Leave(how)

    def _loop(self, first: Node | None, test: Node | None, step: Node | None, body: Node) -> None:
        if first:
            self.value(first)
        while test is None or self.value(test).value:
            try:
                self.do(body)
            except _Leave as leave:
                if leave.how == "break":
                    break
                if leave.how != "continue":
                    raise
            if step:
                self.value(step)

    def value(self, node: Node) -> Decimals:
        """An expression."""
        self.steps += 1
        if self.steps > _STEPS:
            raise TooLargeError
        match node:
            case ("number", text):
                return _number(text, self.names["ibase"].cut(0).value)
            case ("name", _) | ("item", _, _):
                return self._get(node)
            case ("set", target, operator, inner):
                value = self.value(inner)
                if operator:
                    value = self._binary(operator, self._get(target), value)
                return self._put(target, value)
            case ("step", target, by, before):
                old = self._get(target)
                new = self._put(target, old.plus(Decimals(by)))
                return old if before else new
            case ("minus", inner):
                return Decimals(0).plus(self.value(inner), -1)
            case ("not", inner):
                return Decimals(int(not self.value(inner).value))
            case ("both", left, right):
                return Decimals(int(bool(self.value(left).value and self.value(right).value)))
            case ("either", left, right):
                return Decimals(int(bool(self.value(left).value or self.value(right).value)))
            case ("binary", operator, left, right):
                return self._binary(operator, self.value(left), self.value(right))
            case ("call", name, arguments):
                return self._call(name, [self.value(argument) for argument in arguments])
        raise AssertionError(node)

    def _key(self, node: Node) -> tuple[str, int]:
        return node[1], self.value(node[2]).cut(0).value

    def _get(self, node: Node) -> Decimals:
        if node[0] == "item":
            return self.arrays.get(self._key(node), Decimals(0))
        return self.names.get(node[1], Decimals(0))

    def _put(self, node: Node, value: Decimals) -> Decimals:
        if node[0] == "item":
            self.arrays[self._key(node)] = value
            return value
        if node[1] in ("ibase", "obase"):
            value = Decimals(max(value.cut(0).value, 2))
            value = Decimals(min(value.value, 16)) if node[1] == "ibase" else value
        self.names[node[1]] = value
        return value

    def _binary(self, operator: str, left: Decimals, right: Decimals) -> Decimals:
        if operator in _COMPARED:
            return Decimals(int(_COMPARED[operator](left.plus(right, -1).value)))
        match operator:
            case "+":
                return left.plus(right)
            case "-":
                return left.plus(right, -1)
            case "*":
                return left.times(right, self.scale)
            case "^":
                return left.power(right.cut(0).value, self.scale)
        if not right.value:
            raise Wrong("Divide by zero" if operator == "/" else "Modulo by zero")
        return left.over(right, self.scale) if operator == "/" else left.rest(right, self.scale)

    def _call(self, name: str, values: list[Decimals]) -> Decimals:
        first = values[0] if values else Decimals(0)
        if name == "sqrt":
            if first.value < 0:
                raise Wrong("Square root of a negative number")
            return first.root(self.scale)
        if name == "length":
            return Decimals(first.length)
        if name == "scale":
            return Decimals(first.scale)
        if name in self.defined:
            return self._defined(name, values)
        if self.library and name in _LIBRARY:
            with localcontext() as context:
                context.prec = self.scale + 25 + first.cut(0).length
                found = _LIBRARY[name](first.decimal())
                return Decimals(int(found.scaleb(self.scale)), self.scale)
        raise Wrong(f"Function {name} not defined.")

    def _defined(self, name: str, values: list[Decimals]) -> Decimals:
        parameters, local, body = self.defined[name]
        self.deep += 1
        if self.deep > 150:
            raise TooLargeError
        kept = {word: self.names.get(word) for word in (*parameters, *local)}
        for word in local:
            self.names[word] = Decimals(0)
        for word, value in zip(parameters, values, strict=False):
            self.names[word] = value
        try:
            for node in body:
                self.do(node)
        except _Leave as leave:
            if leave.how == "return":
                return leave.value
            raise
        finally:
            self.deep -= 1
            for word, old in kept.items():
                self.names.pop(word, None)
                if old is not None:
                    self.names[word] = old
        return Decimals(0)


_COMPARED: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    ">": lambda sign: sign > 0,
    "<=": lambda sign: sign <= 0,
    ">=": lambda sign: sign >= 0,
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
}


def _sine(x: Decimal) -> Decimal:
    turn = 8 * _arctangent(Decimal(1))
    x = x % turn
    total, term, number = Decimal(0), x, 1
    while total + term != total:
        total += term
        number += 2
        term *= -x * x / (number * (number - 1))
    return total


def _arctangent(x: Decimal) -> Decimal:
    halvings = 0
    while abs(x) > Decimal("0.05"):
        x = x / (1 + (1 + x * x).sqrt())
        halvings += 1
    total, power, number = Decimal(0), x, 1
    while total + power / number != total:
        total += power / number
        power *= -x * x
        number += 2
    return total * Decimal(2**halvings)


_LIBRARY: dict[str, Callable[[Decimal], Decimal]] = {
    "s": _sine,
    "c": lambda x: _sine(x + 2 * _arctangent(Decimal(1))),
    "a": _arctangent,
    "l": lambda x: x.ln() if x > 0 else Decimal(-10) ** 21,
    "e": lambda x: x.exp() if x < 10_000 else Decimal(0),
}


def _number(text: str, base: int) -> Decimals:
    whole, _, part = text.partition(".")
    if base == 10 or len(text) == 1:
        digits = [int(digit, 16) for digit in whole + part]
        if base == 10 and len(text) > 1:
            digits = [min(digit, 9) for digit in digits]
        value = 0
        for digit in digits:
            value = value * 10 + digit
        return Decimals(value, len(part))
    value = 0
    for letter in whole + part:
        value = value * base + min(int(letter, 16), base - 1)
    return Decimals(value).over(Decimals(base ** len(part)), len(part)) if part else Decimals(value)


def _folded(text: str) -> str:
    """Lines of at most 69 characters, a backslash at the end of each but the last."""
    pieces = [text[at : at + 68] for at in range(0, len(text), 68)] if len(text) > 69 else [text]
    return "\\\n".join(pieces)
