"""What is known of a value without running the program: all of it, its kind, or nothing.

A Python int, str, list and so on stands for itself. The classes here stand for everything else.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from llm_kernel.plan.counted import Form
from llm_kernel.plan.nodes import Hole, HoleKind

Value: TypeAlias = object
PLAIN = (bool, int, float, str, bytes, type(None))
LONGEST = 100_000
"""The length beyond which nobody holds a text or a list."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value of which at most the kind, the candidates, the length, the shape or a lower bound is known."""

    kind: str = "any"
    origin: str = ""
    among: tuple[Value, ...] = ()
    size: int | None = None
    shape: tuple[int, ...] | None = None
    low: int | None = None

    def told(self, name: str) -> Value:
        """The attribute that this kind of value knows of itself; None where it has no word of it."""
        return None


@dataclass(frozen=True, slots=True)
class Collated(Unknown):
    """A batch of examples of which nobody knows how many parts they have: each part has ``rows`` rows."""

    rows: int = 0


@dataclass(frozen=True, slots=True)
class Leading(Unknown):
    """A shape of which only the first number is known."""

    first: int = 0


@dataclass(frozen=True, slots=True)
class Counted(Unknown):
    """A number of which is known how it hangs on a loop's counter."""

    form: Form = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A string some parts of which are known."""

    parts: tuple[str | Hole, ...]


@dataclass(frozen=True, slots=True)
class Lib:
    """Something in a library, by its dotted name."""

    path: str


@dataclass(eq=False, slots=True)
class Env:
    """Names and their values; ``outer`` is the enclosing function's or the module's.

    ``bound`` gives the names that its code can bind, None for any.
    """

    names: dict[str, Value] = field(default_factory=dict)
    outer: Env | None = None
    module: Env | None = None
    moved: dict[str, Env] = field(default_factory=dict)
    bound: Callable[[], frozenset[str] | None] = frozenset

    @property
    def root(self) -> Env:
        return self.module or self

    def home(self, name: str) -> Env:
        """Where an assignment to this name goes."""
        return self.moved.get(name, self)


@dataclass(eq=False, slots=True)
class Function:
    """A function of the source, with the names around it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    env: Env
    defaults: list[Value]
    named: dict[str, Value]
    owner: Class | None = None
    attrs: dict[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name


@dataclass(eq=False, slots=True)
class Class:
    """A class of the source; ``plain`` says that no decorator or metaclass had a hand in it."""

    name: str
    bases: list[Value]
    attrs: dict[str, Value]
    fields: list[str] | None = None
    plain: bool = False

    def line(self) -> list[Class]:
        """The class and its ancestors in the source, nearest first."""
        found = [self]
        for base in self.bases:
            if isinstance(base, Class):
                found += [each for each in base.line() if each not in found]
        return found

    def foreign(self) -> str:
        """The library class it descends from, or nothing."""
        for each in self.line():
            for base in each.bases:
                if isinstance(base, Lib):
                    return base.path
                if isinstance(base, Unknown):
                    return base.origin or "?"
        return ""


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the source."""

    cls: Class
    attrs: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Bound:
    """A function with its first argument."""

    function: Value
    this: Value


@dataclass(eq=False, slots=True)
class Wrapped:
    """A function marked as static, class method or property."""

    kind: str
    function: Value


@dataclass(eq=False, slots=True)
class Super:
    """``super()``: the class to search behind, and the object."""

    cls: Class
    this: Value


@dataclass(eq=False, slots=True)
class Thing:
    """A library's object whose behaviour matters here: a parser, a loader, a logger ..."""

    kind: str
    attrs: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Method:
    """A method of a known or half-known value, not yet called."""

    this: Value
    name: str


@dataclass(eq=False, slots=True)
class Items:
    """Something to loop over: how many (None: unknown) and the value of each turn; ``at(None)`` is any later one.

    ``times`` says how the number hangs on another loop's counter; ``endless``: there is always another turn.
    """

    count: int | None
    at: Callable[[int | None], Value]
    times: Form | None = None
    endless: bool = False


class Group(dict[str, Value]):
    """A group of parameters, or what a scheduler holds: who asked for a rate asks again when it changes."""

    __slots__ = ()


class Shuffled(list[Value]):
    """A list made of a set: nobody knows the order, but what it holds are ``values``."""

    def __init__(self, held: list[Value], values: set[Value] | frozenset[Value]) -> None:
        super().__init__(held)
        self.values = frozenset(values)


class Spread:
    """Stands inside a list or dict for any number of values nobody knows."""


SPREAD = Spread()
MISSING = object()


def spread(value: Value) -> bool:
    """Whether a container holds an unknown number of values."""
    return isinstance(value, (list, tuple, set, dict)) and SPREAD in value


def known(value: Value, depth: int = 4) -> bool:
    """Whether every bit of the value is known."""
    if isinstance(value, (PLAIN, range)):
        return True
    if depth == 0:
        return False
    if isinstance(value, (list, tuple, set, frozenset)):
        return len(value) <= 20000 and all(known(each, depth - 1) for each in value)
    if isinstance(value, dict):
        return all(known(k, depth - 1) and known(v, depth - 1) for k, v in value.items())
    return False


def kind_of(value: Value) -> str:
    """The kind of a value: bool, int, float, str, shape, time, tensor, ints or bools (tensors of them), or any."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str() | Text():
            return "str"
        case Unknown():
            return value.kind
    return "any"


HOLES: dict[str, HoleKind] = {"int": "int", "float": "float", "str": "str", "shape": "shape", "time": "time"}


def truth(value: Value) -> bool | None:
    """Whether a value is true, where that is decided."""
    match value:
        case Unknown():
            numbers = getattr(value, "numbers", None)
            if numbers is not None and numbers.size == 1:
                return bool(numbers.item())
            if value.low is not None and value.low > 0:
                return True
            if value.among:
                said = {truth(each) for each in value.among}
                return said.pop() if len(said) == 1 else None
            return None
        case Text():
            return True if any(isinstance(part, str) and part for part in value.parts) else None
        case Function() | Class() | Bound() | Lib() | Method() | Wrapped() | Super():
            return True
        case Instance():
            plain = not any("__len__" in each.attrs or "__bool__" in each.attrs for each in value.cls.line())
            return True if plain and not value.cls.foreign() else None
        case Thing(kind="optimizer" | "scheduler"):
            return True
        case Thing() | Items():
            return None if value_size(value) is None else bool(value_size(value))
    if spread(value):
        return None
    return bool(value)


def value_size(value: Value) -> int | None:
    """The length of a half-known value, if that much is known."""
    match value:
        case Unknown():
            return value.size
        case Items():
            return value.count
        case Thing():
            size = value.attrs.get("size")
            return size if isinstance(size, int) else None
    return None


def same(one: Value, other: Value) -> bool:
    """Whether two values are certainly the same."""
    if one is other:
        return True
    if isinstance(one, (*PLAIN, Unknown, Text, Lib)):
        return type(one) is type(other) and (one == other or (one != one and other != other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return False


def join(one: Value, other: Value, *, widen: bool = False) -> Value:
    """What is known of a value that is one or the other."""
    if same(one, other):
        return one
    if one is MISSING or other is MISSING:
        left = other if one is MISSING else one
        stays = isinstance(left, (Unknown, Function, Class, Lib, Thing, Instance)) and not isinstance(left, Counted)
        return left if stays else Unknown(kind_of(left))
    kinds = {kind_of(one), kind_of(other)}
    kind = kinds.pop() if len(kinds) == 1 else "float" if kinds <= {"int", "float", "time", "bool"} else "any"
    if kinds == {"int", "float"} and widen:
        kind = "float"
    if widen:
        return Unknown(kind)
    options: list[Value] = []
    for value in (one, other):
        options += value.among if isinstance(value, Unknown) and value.among else [value]
    distinct = [each for n, each in enumerate(options) if not any(same(each, seen) for seen in options[:n])]
    usable = len(distinct) <= 4 and not any(isinstance(each, (Unknown, list, dict, set)) for each in distinct)
    return Unknown(kind, among=tuple(distinct) if usable else ())
