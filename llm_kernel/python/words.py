"""What an error says in the wanted version: this interpreter's words, turned into that one's where both are known."""

from __future__ import annotations

import ast
import re
import sys

from llm_kernel.python.faults import Fault, wording
from llm_kernel.python.script import Script, Unsure

__all__ = ["gate", "slotted", "worded"]

_HERE = sys.version_info[:2]

_ZEROES: dict[str, tuple[type[ast.operator], bool]] = {
    "division by zero": (ast.Div, False),
    "float division by zero": (ast.Div, True),
    "integer division or modulo by zero": (ast.FloorDiv, False),
    "float floor division by zero": (ast.FloorDiv, True),
    "integer modulo by zero": (ast.Mod, False),
    "float modulo": (ast.Mod, True),
    "float modulo by zero": (ast.Mod, True),
}
"""What 3.11 to 3.13 say of a division by zero, and of which one."""

_ALIKE: dict[str, tuple[str, ...]] = {
    "ValueError": (
        r"time data '.*' does not match format '.*'",
        r"unconverted data remains: .*",
        r"invalid literal for int\(\) with base \d+: '.*'",
        r"year -?\d+ is out of range",
        r".* is not in list",
        r"day is out of range for month",
        r"month must be in 1\.\.12",
        r"factorial\(\) not defined for negative values",
        r"math domain error",
        r"substring not found",
        r"tuple\.index\(x\): x not in tuple",
        r"I/O operation on closed file\.",
        r"int\(\) base must be >= 2 and <= 36, or 0",
        r"chr\(\) arg not in range\(0x110000\)",
        r"empty separator",
        r"negative shift count",
        r"Unknown format code '.' for object of type '\w+'",
        r"complex\(\) arg is a malformed string",
    ),
    "IndexError": (
        r"pop from an empty deque",
        r"pop from empty list",
        r"list index out of range",
        r"bytearray index out of range",
    ),
    "TypeError": (
        r"[\w<>]+\(\) takes (?:from )?\d+ (?:to \d+ )?positional arguments? but \d+ (?:was|were) given",
        r"[\w<>]+\(\) missing \d+ required positional arguments?: .*",
        r"\w+\(\) missing \d+ required keyword-only arguments?: .*",
        r"[\w<>]+\(\) got an unexpected keyword argument '\w+'",
        r"\w+\(\) got multiple values for argument '\w+'",
        r"'\w+' object is not (?:iterable|callable|subscriptable)",
        r"'\w+' object does not support item assignment",
        r"'(?:<|>|<=|>=)' not supported between instances of '\w+' and '\w+'",
        r"unsupported operand type\(s\) for [^ ]+: '\w+' and '\w+'",
        r"object of type '\w+' has no len\(\)",
        r"unhashable type: '\w+'",
        r"bad operand type for (?:unary [-+~]|abs\(\)): '\w+'",
        r"type \w+ doesn't define __round__ method",
        r"ord\(\) expected a character, but string of length \d+ found",
        r"unsupported operand type\(s\) for \*\* or pow\(\): '\w+' and '\w+'",
        r"'\w+' object cannot be interpreted as an integer",
        r"can only join an iterable",
        r"cannot convert dictionary update sequence element #\d+ to a sequence",
        r"argument of type '\w+' is not iterable",
        r"'\w+' object is not an iterator",
        r"can't concat \w+ to bytes",
        r"not enough arguments for format string",
        r"not all arguments converted during string formatting",
    ),
    "ModuleNotFoundError": (r"No module named '[\w.]+'",),
    "UnicodeDecodeError": (r"'[\w-]+' codec can't decode bytes? [0x\da-f-]+ in position \d+(?:-\d+)?: [\w ()]+",),
    "UnicodeEncodeError": (r"'[\w-]+' codec can't encode character '[^']*' in position \d+: [\w ()]+",),
    "EOFError": (r"EOF when reading a line",),
    "RuntimeError": (r"threads can only be started once", r"release unlocked lock"),
    "StopIteration": (r"",),
    "RecursionError": (r"maximum recursion depth exceeded(?: in comparison)?",),
    "KeyError": (r"[\s\S]*",),
    "JSONDecodeError": (
        r"Expecting value: line \d+ column \d+ \(char \d+\)",
        r"Extra data: line \d+ column \d+ \(char \d+\)",
        r"Expecting ',' delimiter: line \d+ column \d+ \(char \d+\)",
        r"Expecting ':' delimiter: line \d+ column \d+ \(char \d+\)",
    ),
    "OverflowError": (r"math range error",),
    "FrozenInstanceError": (r"cannot assign to field '\w+'",),
    "InvalidOperation": (r"\[<class 'decimal\.\w+'>\]",),
    "DivisionByZero": (r"\[<class 'decimal\.DivisionByZero'>\]",),
    "SystemExit": (r"\d+",),
    "IntegrityError": (r"(?:UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: [\w., ]+)?",),
    "OperationalError": (
        r"no such (?:table|column|function): [\w.]+",
        r"table \w+ already exists",
        r"table \w+ has no column named \w+",
        r'near "[^"]*": syntax error',
        r"incomplete input",
    ),
    "ProgrammingError": (r"Cannot operate on a closed database\.",),
    "CalledProcessError": (r"Command [\s\S]* returned non-zero exit status \d+\.",),
}
"""Texts that are the same in every version."""

_BETWEEN: dict[str, tuple[tuple[str, int, int], ...]] = {
    "TypeError": (
        (r"Can't instantiate abstract class \w+ with abstract methods \w+, [\w, ]+", 6, 12),
        (r"Can't instantiate abstract class \w+ with abstract method \w+", 9, 12),
    ),
    "JSONDecodeError": (
        (r"Expecting property name enclosed in double quotes: line \d+ column \d+ \(char \d+\)", 6, 13),
    ),
    "error": (
        (r"missing \), unterminated subpattern at position \d+", 6, 13),
        (r"unterminated character set at position \d+", 6, 13),
        (r"nothing to repeat at position \d+", 6, 13),
    ),
}
"""Texts that are the same from one minor version on, and until another."""

_RENAMED: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "IndexError": (
        (
            r"Replacement index \d+ out of range for positional args tuple",
            8,
            r".+",
            "tuple index out of range",
        ),
    ),
    "TypeError": (
        (r"Object of type \w+ is not JSON serializable", 7, r"type (\w+)", r"type '\1'"),
        (r"%\w format: a real number is required, not \w+", 10, "a real number", "a number"),
        (r"(?:int|float)\(\) argument must be a string.* a real number, not '\w+'", 10, "a real number", "a number"),
        (
            r"isinstance\(\) arg 2 must be a type, a tuple of types, or a union",
            10,
            "a type, a tuple of types, or a union",
            "a type or tuple of types",
        ),
    ),
}
"""Texts that changed: what they are since a minor version, and what of them was something else before."""

_FILES = r"\[Errno \d+\] [A-Za-z ]+: '.*'"
_QUALIFIED = re.compile(r"^(?:[\w<>]+\.)+(?=\w+\(\) (?:takes|missing|got))")
_ARGUMENTS = re.compile(r"(?:[\w<>]+\.)*([\w<>]+)\(\) (?:takes|missing|got)")


def gate(kind: str, text: str, script: Script, tree: ast.Module) -> str:
    """The text of a caught error in the wanted version.

    Raises:
        Unsure: for one that was not compared.
    """
    return worded(kind, text, script, tree, caught=True)


def worded(kind: str, text: str, script: Script, tree: ast.Module, *, caught: bool) -> str:
    """The text of an error in the wanted version; of one that nobody ``caught``, with what it suggests.

    Raises:
        Unsure: for one that was not compared.
    """
    if re.fullmatch(_FILES, text) and kind.endswith(("Error", "Directory")):
        return text
    if "__new__()" in text:
        raise Unsure(f"error: {text}")
    if kind == "TypeError":
        arguments = _ARGUMENTS.match(text)
        if arguments and not _defined(arguments[1], tree):
            raise Unsure("arguments of a function of the library")
        if script.version < (3, 10) <= _HERE:
            text = _QUALIFIED.sub("", text)
        elif _QUALIFIED.match(text):
            if (script.version >= (3, 10)) == (_HERE >= (3, 10)):
                return text
            raise Unsure("name of a method in an error")
    if any(re.fullmatch(pattern, text) for pattern in _ALIKE.get(kind, ())):
        return text
    versions = (script.version, _HERE)
    for pattern, first, until in _BETWEEN.get(kind, ()):
        if re.fullmatch(pattern, text) and all((3, first) <= version < (3, until) for version in versions):
            return text
    for pattern, since, new, old in _RENAMED.get(kind, ()):
        if re.fullmatch(pattern, text) and (3, since) <= _HERE:
            return text if script.version >= (3, since) else re.sub(new, old, text, count=1)
    if kind == "ZeroDivisionError":
        return _zero(text, script, tree)
    if kind == "AttributeError" and re.fullmatch(r"'\w+' object has no attribute '\w+'", text):
        return slotted(text, script)
    said = wording(Fault(kind, text, caught=caught), script, tree)
    return said.partition(": ")[2]


def slotted(text: str, script: Script) -> str:
    """What is said of an attribute that is not there.

    Raises:
        Unsure: where it may be one that cannot be set, of which from 3.13 on more is said.
    """
    if "__slots__" in script.source and (script.version >= (3, 13)) != (_HERE >= (3, 13)):
        raise Unsure("an attribute that cannot be set")
    return text


def _defined(name: str, tree: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.FunctionDef) and node.name == name)
        or (isinstance(node, ast.Lambda) and name == "<lambda>")
        for node in ast.walk(tree)
    )


def _zero(text: str, script: Script, tree: ast.Module) -> str:
    if not (3, 11) <= _HERE < (3, 14) or text not in _ZEROES:
        raise Unsure(f"error: {text}")
    operator, floats = _ZEROES[text]
    zero = ast.Constant(0)
    node = ast.BinOp(zero, operator(), zero)
    fault = Fault("ZeroDivisionError", "division by zero", node=node, floats=floats)
    return wording(fault, script, tree).partition(": ")[2]
