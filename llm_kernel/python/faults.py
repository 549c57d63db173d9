"""What CPython says when something fails: the texts that were compared, by version; no other text is known here."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from llm_kernel.python.script import Script, Unsure

__all__ = ["Fault", "suggestion", "wording"]


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the sandbox: ``raised`` by the script itself, at ``node``; ``floats``: a division had a float;
    ``key``: what was last looked up, as ``str`` and ``repr`` show it.
    """

    kind: str
    text: str
    raised: bool = False
    node: ast.AST | None = None
    floats: bool | None = None
    key: tuple[str, str] | None = None
    caught: bool = False


_SAME = {
    "ValueError": (
        r"invalid literal for int\(\) with base \d+: '.*'",
        r"could not convert string to float: '.*'",
        r"not enough values to unpack \(expected \d+, got \d+\)",
        r"substring not found",
        r"list\.remove\(x\): x not in list",
    ),
    "IndexError": (
        r"(list|tuple|string) index out of range",
        r"list assignment index out of range",
        r"pop from empty list",
        r"pop index out of range",
    ),
    "TypeError": (
        r"unsupported operand type\(s\) for [^ ]+: '(?!bytes)\w+' and '(?!bytes)\w+'",
        r"object of type '\w+' has no len\(\)",
        r"'\w+' object is not (iterable|callable|subscriptable)",
        r"can't multiply sequence by non-int of type '\w+'",
        r"list indices must be integers or slices, not \w+",
        r"'<' not supported between instances of '\w+' and '\w+'",
        r"'>' not supported between instances of '\w+' and '\w+'",
        r"'(str|tuple)' object does not support item assignment",
        r"sequence item \d+: expected str instance, \w+ found",
    ),
    "AssertionError": (r"",),
    "JSONDecodeError": (r"Expecting value: line \d+ column \d+ \(char \d+\)", r"Extra data: line \d+ .*"),
}
"""Texts that are the same in every version."""

_OPERATORS = {ast.Div: "division", ast.FloorDiv: "floor", ast.Mod: "modulo"}


def wording(fault: Fault, script: Script, tree: ast.Module) -> str:
    """The last line of a traceback: the exception's name and text.

    Raises:
        Unsure: for a text that was not compared.
    """
    kind, text = fault.kind, fault.text
    if fault.raised:
        return f"{kind}: {text}" if text else kind
    if "\n" in text:
        raise Unsure(f"error: {kind}")
    special = _SPECIAL.get(kind)
    said = special(fault, script, tree) if special else None
    if said is None and any(re.fullmatch(pattern, text) for pattern in _SAME.get(kind, ())):
        said = text
    if said is None:
        raise Unsure(f"error: {kind}: {text}")
    return f"{kind}: {said}" if said else kind


def _zero(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    """A division by zero: CPython before 3.14 names the operation and its type."""
    minor = script.version[1]
    if fault.text != "division by zero":
        return None
    if minor >= 14:
        return fault.text
    if not isinstance(fault.node, ast.BinOp) or fault.floats is None:
        return fault.text if fault.caught and fault.node is None else None
    match _OPERATORS.get(type(fault.node.op)), fault.floats:
        case "division", False:
            return "division by zero"
        case "division", True:
            return "float division by zero"
        case "floor", False:
            return "integer division or modulo by zero"
        case "floor", True:
            return "float floor division by zero" if minor >= 9 else "float divmod()"
        case "modulo", False:
            return "integer modulo by zero" if minor >= 11 else "integer division or modulo by zero"
        case "modulo", True:
            return "float modulo by zero" if minor >= 13 else "float modulo"
    return None


def _key(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    """A missing key, as ``repr`` shows it: the sandbox tells only its text."""
    if isinstance(fault.node, ast.Subscript) and isinstance(fault.node.slice, ast.Constant):
        return repr(fault.node.slice.value)
    text = fault.text[1:-1] if fault.caught and fault.text.startswith("'") else fault.text
    if fault.key and fault.key[0] == text and isinstance(fault.node, ast.Subscript):
        return fault.key[1]
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_ ]*", text)
    own = any(isinstance(node, ast.ClassDef) for node in ast.walk(tree))
    if plain and text not in ("None", "True", "False", "inf", "nan", "Ellipsis") and not own:
        return repr(text)
    return None


def _type(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    minor, text = script.version[1], fault.text
    if found := re.fullmatch(r'can only concatenate str \(not "(\w+)"\) to str', text):
        return text if minor >= 7 else f"must be str, not {found[1]}"
    if re.fullmatch(r'can only concatenate (list|tuple) \(not "\w+"\) to (list|tuple)', text):
        return text
    if found := re.fullmatch(r"cannot unpack non-iterable (\w+) object", text):
        return text if minor >= 7 else f"'{found[1]}' object is not iterable"
    if found := re.fullmatch(r"string indices must be integers, not '(\w+)'", text):
        return text if minor >= 11 else "string indices must be integers"
    if found := re.fullmatch(r"cannot use '\w+' as a (?:dict key|set element) \((unhashable type: '\w+')\)", text):
        return text if minor >= 14 else found[1]
    return None


def _value(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    minor, text = script.version[1], fault.text
    if found := re.fullmatch(r"(too many values to unpack \(expected \d+), got \d+\)", text):
        return text if minor >= 14 else found[1] + ")"
    if found := re.fullmatch(r"(max|min)\(\) (?:iterable argument is empty|arg is an empty sequence)", text):
        return f"{found[1]}() {'iterable argument is empty' if minor >= 12 else 'arg is an empty sequence'}"
    return None


def _name(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    """A name that is not defined; from 3.10 on CPython names a near one, from 3.12 on a module."""
    found = re.fullmatch(r"name '(\w+)' is not defined", fault.text)
    if not found or hasattr(builtins, found[1]):
        return None
    name, minor = found[1], script.version[1]
    if fault.caught or minor < 10:
        return fault.text
    known = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    known |= {(node.asname or node.name) for node in ast.walk(tree) if isinstance(node, ast.alias)}
    if name in known or any(_near(name, other) for other in known):
        return None  # whether the near name is bound by then is not known here
    near = sorted((_distance(name, other), other) for other in _BUILT_IN if _near(name, other))
    if near:
        if len(near) > 1 and near[0][0] == near[1][0]:
            return None
        return f"{fault.text}. Did you mean: '{near[0][1]}'?"
    if minor >= 12 and name in sys.stdlib_module_names:
        return f"{fault.text}. Did you forget to import '{name}'?"
    return fault.text


def _near(name: str, other: str) -> bool:
    return other != name and _distance(name, other) <= (len(name) + len(other) + 3) * _MOVE // 6


def suggestion(name: str, names: Sequence[str]) -> str | None:
    """The name that CPython supposes was meant: the nearest, of equally near ones the first."""
    if len(names) > 750 or len(name) > 40:
        return None
    best: tuple[int, str] | None = None
    for other in names:
        if _near(name, other) and (best is None or _distance(name, other) < best[0]):
            best = _distance(name, other), other
    return best[1] if best else None


_MOVE, _CASE = 2, 1
_BUILT_IN = [name for name in dir(builtins) if name not in ("aiter", "anext", "copyright", "credits", "license")]


def _distance(first: str, second: str) -> int:
    """The edit distance that CPython's suggestions use: a move costs two, a change of case one."""
    row = [column * _MOVE for column in range(len(second) + 1)]
    for number, left in enumerate(first):
        before, row[0] = row[0], (number + 1) * _MOVE
        for column, right in enumerate(second):
            change = 0 if left == right else _CASE if left.lower() == right.lower() else _MOVE
            before, row[column + 1] = (
                row[column + 1],
                min(before + change, row[column] + _MOVE, row[column + 1] + _MOVE),
            )
    return row[-1]


def _attribute(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    found = re.fullmatch(r"'(\w+)' object has no attribute '(\w+)'", fault.text)
    kind = getattr(builtins, found[1], None) if found else None
    if found and found[1] == "NoneType":
        kind = type(None)
    if not found or not isinstance(kind, type) or hasattr(kind, found[2]):
        return None
    if script.version[1] >= 10 and not fault.caught and any(_near(found[2], other) for other in dir(kind)):
        return None
    return fault.text


def _local(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    found = re.fullmatch(r"cannot access local variable '(\w+)' where it is not associated with a value", fault.text)
    if not found:
        return None
    return fault.text if script.version[1] >= 11 else f"local variable '{found[1]}' referenced before assignment"


def _file(fault: Fault, script: Script, tree: ast.Module) -> str | None:
    return fault.text if re.fullmatch(r"\[Errno \d+\] [A-Za-z ]+: '.*'", fault.text) else None


_SPECIAL = {
    "AttributeError": _attribute,
    "FileNotFoundError": _file,
    "IsADirectoryError": _file,
    "KeyError": _key,
    "NameError": _name,
    "NotADirectoryError": _file,
    "TypeError": _type,
    "UnboundLocalError": _local,
    "ValueError": _value,
    "ZeroDivisionError": _zero,
}
