"""What an awk program is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "And",
    "Assign",
    "Binary",
    "Block",
    "Builtin",
    "Call",
    "Choice",
    "Compare",
    "Concat",
    "Const",
    "Delete",
    "Do",
    "Each",
    "Element",
    "Expression",
    "Field",
    "For",
    "Function",
    "Getline",
    "Have",
    "If",
    "Jump",
    "Leave",
    "Match",
    "Name",
    "Or",
    "Place",
    "Print",
    "Program",
    "Regex",
    "Rule",
    "Simple",
    "Statement",
    "Step",
    "Unary",
    "While",
]


@dataclass(frozen=True, slots=True)
class Const:
    """A number or a string."""

    value: float | str


@dataclass(frozen=True, slots=True)
class Regex:
    """A pattern, which alone is a question about the record."""

    source: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or an array where only one can stand; ``local`` is its place among a function's, -1 for none."""

    name: str
    local: int = -1


@dataclass(frozen=True, slots=True)
class Element:
    """One of an array, which is created where it is read."""

    array: Name
    index: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """``$index``."""

    index: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """``target = value``; ``op`` is what is done to the old value before."""

    op: str
    target: Place
    value: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """``test ? yes : no``."""

    test: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Or:
    """Either; the second is looked at only where the first does not hold."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class And:
    """Both; the second is looked at only where the first holds."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Have:
    """``(index) in array``."""

    array: Name
    index: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """``left ~ right``, or that it is not so."""

    left: Expression
    right: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values in an order."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Concat:
    """Texts one behind the other."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic."""

    op: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """``!``, ``-`` and ``+``."""

    op: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Step:
    """One more or one less; ``prefix``: the new value is the result."""

    by: float
    target: Place
    prefix: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a program's own function."""

    name: str
    args: tuple[Expression, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Builtin:
    """A call of one of the language's functions."""

    name: str
    args: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Getline:
    """The next record: of the input, of the file ``source``, or of what the command ``source`` writes."""

    target: Place | None
    source: Expression | None = None
    command: bool = False


@dataclass(frozen=True, slots=True)
class Simple:
    """An expression for what it does."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Print:
    """``print`` or ``printf``; ``to`` is ``>``, ``>>``, ``|`` or nothing."""

    args: tuple[Expression, ...]
    formatted: bool
    to: str = ""
    target: Expression | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Statements one after the other."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """One of two."""

    test: Expression
    yes: Statement
    no: Statement | None


@dataclass(frozen=True, slots=True)
class While:
    """Tested before each turn."""

    test: Expression
    body: Statement


@dataclass(frozen=True, slots=True)
class Do:
    """Tested behind each turn."""

    body: Statement
    test: Expression


@dataclass(frozen=True, slots=True)
class For:
    """The loop with three parts."""

    first: Expression | None
    test: Expression | None
    step: Expression | None
    body: Statement


@dataclass(frozen=True, slots=True)
class Each:
    """``for (name in array)``."""

    name: Name
    array: Name
    body: Statement


@dataclass(frozen=True, slots=True)
class Jump:
    """``break``, ``continue``, ``next`` and ``nextfile``."""

    how: str


@dataclass(frozen=True, slots=True)
class Leave:
    """``exit`` and ``return``."""

    how: str
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Delete:
    """An element, or without an index the whole array."""

    array: Name
    index: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the program."""

    name: str
    params: tuple[str, ...]
    body: Statement


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done with the records that a pattern takes, or with those from one to another."""

    pattern: Expression | None
    last: Expression | None
    body: Statement | None


@dataclass(slots=True)
class Program:
    """A whole program; ``kinds`` says of each variable and parameter whether it is an array."""

    begin: list[Statement] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    end: list[Statement] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    arrays: set[tuple[str, str]] = field(default_factory=set)


Place: TypeAlias = Name | Element | Field
Expression: TypeAlias = (
    Const
    | Regex
    | Name
    | Element
    | Field
    | Assign
    | Choice
    | Or
    | And
    | Have
    | Match
    | Compare
    | Concat
    | Binary
    | Unary
    | Step
    | Call
    | Builtin
    | Getline
)
Statement: TypeAlias = Simple | Print | Block | If | While | Do | For | Each | Jump | Leave | Delete
